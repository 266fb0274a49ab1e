//! A saga of the program beside the saga of the model, and the records that stand for the model's words.
use serde_json::Value;
use std::collections::{HashSet, VecDeque};
use std::time::Duration;
use tanist_model::course::{Class, Course, Fate, Limits, Move, Outcome, Part, Phase, Word};
use watchdog_core::action::{Kind, PlanRequest, Receipt};
use watchdog_core::fence::Strength;
use watchdog_core::id::{Epoch, NodeName, SagaId, StepIndex};
use watchdog_core::journal::{Outcome as Ended, Record};
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan, Role};
use watchdog_core::saga::{ATTEMPTS, Mark, Next, Phase as Stand, Progress, SENDS, Saga};

pub(crate) const ID: SagaId = SagaId(1);
pub(crate) const LIMIT: Duration = Duration::from_secs(1);

fn limits() -> Limits {
    Limits { attempts: u8::try_from(ATTEMPTS).unwrap(), commands: u8::try_from(SENDS).unwrap() }
}

/// Two sagas that shall be the same.
#[derive(Clone, Debug)]
pub(crate) struct Pair<const N: usize> {
    pub(crate) saga: Saga,
    pub(crate) course: Course<N>,
}

impl<const N: usize> Pair<N> {
    pub(crate) fn open(class: Class, parts: [Part; N]) -> Self {
        let request = PlanRequest {
            kind: Kind::Failover,
            from: NodeName::new("a").unwrap(),
            to: None,
            cause: None,
            stated: None,
        };
        let plan = plan(class, &parts);
        let record = Record::Planned { saga: ID, request, plan, by: None, key: None };
        Self { saga: Saga::open(&record).unwrap(), course: Course::new(class, parts, limits()) }
    }

    pub(crate) fn progress(&self, step: u8) -> &Progress {
        self.saga.parts().nth(usize::from(step)).unwrap().1
    }

    /// The record that `word` stands for, here.
    pub(crate) fn record(&self, word: Word) -> Record {
        let epoch = self.saga.epoch().next(1);
        match word {
            Word::Cancelled => Record::Cancelled { saga: ID, by: "ops".into() },
            Word::Resumed => Record::Resumed { saga: ID },
            Word::Intended(step) => {
                let attempt = self.progress(step).attempt() + 1;
                intended(step, attempt, epoch, Payload::new(format!("{step} {attempt}")))
            }
            Word::Repeated(step) => {
                let progress = self.progress(step);
                intended(step, progress.attempt(), epoch, progress.payload().clone())
            }
            Word::Done(step) => {
                let (attempt, receipt) = (self.progress(step).attempt(), Receipt(Value::Null));
                Record::Done { saga: ID, step: index(step), attempt, receipt }
            }
            Word::Unprepared(step) => refused(step, self.progress(step).attempt() + 1, false),
            Word::Refused(step) => refused(step, self.progress(step).attempt(), false),
            Word::RefusedForGood(step) => refused(step, self.progress(step).attempt(), true),
            Word::Expired(step) => {
                Record::Expired { saga: ID, step: index(step), attempt: self.progress(step).attempt() }
            }
            Word::Undoing(step) => Record::Undoing { saga: ID, step: index(step), epoch },
            Word::Undone(step) => Record::Undone { saga: ID, step: index(step) },
            Word::Closed(outcome) => Record::Closed { saga: ID, outcome: ended(outcome), reason: None },
        }
    }

    /// The word that `record` stands for, here.
    pub(crate) fn word(&self, record: &Record) -> Word {
        let small = |step: StepIndex| u8::try_from(step.0).unwrap();
        let is_next = |step: StepIndex, attempt| self.progress(small(step)).attempt() + 1 == attempt;
        match *record {
            Record::Cancelled { .. } => Word::Cancelled,
            Record::Resumed { .. } => Word::Resumed,
            Record::Intended { step, attempt, .. } if is_next(step, attempt) => Word::Intended(small(step)),
            Record::Intended { step, .. } => Word::Repeated(small(step)),
            Record::Done { step, .. } => Word::Done(small(step)),
            Record::Refused { step, attempt, .. } if is_next(step, attempt) => Word::Unprepared(small(step)),
            Record::Refused { step, is_final: true, .. } => Word::RefusedForGood(small(step)),
            Record::Refused { step, .. } => Word::Refused(small(step)),
            Record::Expired { step, .. } => Word::Expired(small(step)),
            Record::Undoing { step, .. } => Word::Undoing(small(step)),
            Record::Undone { step, .. } => Word::Undone(small(step)),
            Record::Closed { outcome, .. } => {
                let all = [Outcome::Completed, Outcome::Reverted, Outcome::Aborted, Outcome::Failed, Outcome::Blocked];
                Word::Closed(all.into_iter().find(|one| ended(*one) == outcome).unwrap())
            }
            _ => panic!("a saga has no record like {record:?}"),
        }
    }

    /// Both after `word`; `None` where the model does not take it.
    ///
    /// # Panics
    /// Where the model takes it and the fold does not.
    pub(crate) fn after(&self, word: Word) -> Option<Self> {
        let course = self.course.after(word)?;
        let record = self.record(word);
        let Ok(saga) = self.saga.clone().after(&record) else {
            panic!("the model goes on with {word:?}, the fold refuses {record:?}\n{}", self.shown());
        };
        Some(Self { saga, course })
    }

    /// Where they differ.
    pub(crate) fn difference(&self) -> Option<String> {
        let steps = || self.saga.parts().zip(self.course.tracks());
        for ((_, progress), track) in steps() {
            let is_same = progress.mark() == mark(track.fate)
                && progress.attempt().min(ATTEMPTS) == u32::from(track.attempts)
                && progress.sends().min(SENDS) == u32::from(track.commands);
            if !is_same {
                return Some(format!("{progress:?} is not {track:?}"));
            }
        }
        let (next, moved) = (self.saga.next(), self.course.next());
        let (phase, stands) = (self.saga.phase(), self.course.phase());
        if next != asks(moved) {
            return Some(format!("the saga asks for {next:?}, the model for {moved:?}"));
        }
        if phase != stand(stands) {
            return Some(format!("the saga is {phase:?}, the model {stands:?}"));
        }
        let is_same = self.saga.is_cancelled() == self.course.is_cancelled();
        (!is_same).then(|| "only one of them is cancelled".to_owned())
    }

    /// Every reachable state of both.
    ///
    /// The model counts attempts and commands up to the limit. The saga counts on, so states with one more of each are
    /// looked at as well, and no more follow from those.
    pub(crate) fn reachable(self) -> Vec<Self> {
        let (mut seen, mut waiting, mut all) = (HashSet::new(), VecDeque::from([self]), Vec::new());
        while let Some(pair) = waiting.pop_front() {
            let counts: Vec<_> = pair.saga.parts().map(|(_, p)| (p.attempt(), p.sends().min(SENDS + 1))).collect();
            let is_beyond = counts.iter().any(|(attempts, _)| *attempts > ATTEMPTS + 1);
            if is_beyond || !seen.insert((pair.course, counts)) {
                continue;
            }
            waiting.extend(Course::<N>::alphabet().filter_map(|word| pair.after(word)));
            all.push(pair);
        }
        all
    }

    pub(crate) fn shown(&self) -> String {
        let parts: Vec<_> = self.saga.parts().map(|(step, progress)| format!("{:?} {progress:?}", step.role)).collect();
        format!("saga: {}, cancelled: {}\nmodel: {:?}", parts.join(", "), self.saga.is_cancelled(), self.course)
    }
}

fn plan(class: Class, parts: &[Part]) -> Plan<Value> {
    let step = |part: &Part| Value::from(format!("{part:?}"));
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Ready | Part::Activate => {}
            Part::Prepare | Part::Fence => before.push(part),
            Part::Verify => after.push(step(part)),
        }
    }
    let open = Plan::ready(step(&Part::Ready), LIMIT);
    let activate = step(&Part::Activate);
    let active = match class {
        Class::SharedKey => {
            let (open, rest) = match before.as_slice() {
                [Part::Prepare, rest @ ..] => (open.prepare(step(&Part::Prepare), LIMIT), rest),
                rest => (open, rest),
            };
            let fenced = open.fence(step(&Part::Fence), Strength::Proves, LIMIT);
            let fenced = rest.iter().skip(1).fold(fenced, |plan, part| match part {
                Part::Fence => plan.fence(step(part), Strength::Proves, LIMIT),
                _ => plan.prepare(step(part), LIMIT),
            });
            fenced.activate(activate, LIMIT).unwrap()
        }
        other => {
            let open = before.iter().fold(open, |plan, part| plan.prepare(step(part), LIMIT));
            match other {
                Class::Pointer => open.move_pointer(activate, LIMIT),
                Class::Rotating => open.rotate(activate, LIMIT),
                _ => open.activate_parallel(activate, LIMIT),
            }
        }
    };
    let plan = after.into_iter().fold(active, |plan, step| plan.verify(step, LIMIT)).build();
    let roles: Vec<_> = plan.steps().iter().map(|step| step.role).collect();
    assert_eq!(roles, parts.iter().map(|part| role(*part)).collect::<Vec<_>>());
    assert_eq!(plan.authority(), authority(class));
    plan
}

fn role(part: Part) -> Role {
    match part {
        Part::Ready => Role::Ready,
        Part::Prepare => Role::Prepare,
        Part::Fence => Role::Fence,
        Part::Activate => Role::Activate,
        Part::Verify => Role::Verify,
    }
}

fn authority(class: Class) -> Authority {
    match class {
        Class::Pointer => Authority::Pointer,
        Class::SharedKey => Authority::SharedKey,
        Class::Rotating => Authority::Rotating,
        Class::Idempotent => Authority::Idempotent,
    }
}

fn mark(fate: Fate) -> Mark {
    match fate {
        Fate::Untouched => Mark::Untouched,
        Fate::Open => Mark::Intended,
        Fate::Done => Mark::Done,
        Fate::Refused { .. } => Mark::Refused,
        Fate::Expired => Mark::Expired,
        Fate::TakingBack => Mark::Undoing,
        Fate::TakenBack => Mark::Undone,
    }
}

fn ended(outcome: Outcome) -> Ended {
    match outcome {
        Outcome::Completed => Ended::Completed,
        Outcome::Reverted => Ended::Reverted,
        Outcome::Aborted => Ended::Aborted,
        Outcome::Failed => Ended::Failed,
        Outcome::Blocked => Ended::Blocked,
    }
}

fn asks(moved: Move) -> Next {
    match moved {
        Move::Perform(step) => Next::Perform(index(step)),
        Move::Inspect(step) => Next::Inspect(index(step)),
        Move::Undo(step) => Next::Undo(index(step)),
        Move::Close(outcome) => Next::Close(ended(outcome)),
        Move::Rest(outcome) => Next::Finished(ended(outcome)),
    }
}

fn stand(phase: Phase) -> Stand {
    match phase {
        Phase::Planned => Stand::Planned,
        Phase::Proven => Stand::Proven,
        Phase::Fencing => Stand::Fencing,
        Phase::Fenced => Stand::Fenced,
        Phase::Activating => Stand::Activating,
        Phase::Effective => Stand::Effective,
        Phase::Reverting => Stand::Reverting,
        Phase::Closed(outcome) => Stand::Closed(ended(outcome)),
    }
}

pub(crate) fn index(step: u8) -> StepIndex {
    StepIndex(u16::from(step))
}

pub(crate) fn intended(step: u8, attempt: u32, epoch: Epoch, payload: Payload) -> Record {
    Record::Intended { saga: ID, step: index(step), attempt, epoch, payload }
}

pub(crate) fn refused(step: u8, attempt: u32, is_final: bool) -> Record {
    Record::Refused { saga: ID, step: index(step), attempt, reason: "no".into(), is_final }
}
