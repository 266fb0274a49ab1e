//! Which records the executor writes, and which the model says may be written.
use crate::pair::{ID, LIMIT, Pair};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::HashSet;
use std::hash::Hash;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tanist_model::course::{Class, Course, Move, Part, Word, Writer};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::{Effect, PlanError, PlanRequest, Proposal, Receipt, Signer, StepError, Stragglers};
use watchdog_core::clock::Clock;
use watchdog_core::cx::Cx;
use watchdog_core::executor::Executor;
use watchdog_core::guard::{Guard, Permit};
use watchdog_core::id::{Epoch, NodeName, ValidatorName};
use watchdog_core::journal::{Durable, Entry, Journal, JournalError, Record};
use watchdog_core::lease::Held;
use watchdog_core::payload::Payload;
use watchdog_core::policy::Verdict;
use watchdog_core::probe::ProbeError;
use watchdog_core::unit::Actor;
use watchdog_testkit::clock::PausedClock;

use Part::{Activate, Fence, Ready, Verify};

/// How the world answers a command.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Done,
    Retry,
    Unknown,
    Refuse,
}

/// What a look shows.
#[derive(Clone, Copy, Debug)]
enum Sight {
    None,
    Pending,
    Expired,
    Refused,
    Done,
    Blind,
}

/// A world that always answers the same.
#[derive(Clone, Copy, Debug)]
struct Script {
    is_prepared: bool,
    reply: Reply,
    sight: Sight,
}

const SIGHTS: [Sight; 6] = [Sight::None, Sight::Pending, Sight::Expired, Sight::Refused, Sight::Done, Sight::Blind];

/// Every world in which the first record can differ: a command that is sent is a record already.
fn before_a_reply() -> Vec<Script> {
    let sights = SIGHTS.map(|sight| Script { is_prepared: true, reply: Reply::Done, sight });
    let unprepared = Script { is_prepared: false, reply: Reply::Done, sight: Sight::None };
    sights.into_iter().chain([unprepared]).collect()
}

/// Every world in which the record after a command can differ: what is seen counts where the reply says nothing.
fn after_a_command() -> Vec<Script> {
    let clear = [Reply::Done, Reply::Refuse].map(|reply| Script { is_prepared: true, reply, sight: Sight::None });
    let unclear = [Reply::Retry, Reply::Unknown];
    let unclear = unclear.into_iter().flat_map(|reply| SIGHTS.map(|sight| Script { is_prepared: true, reply, sight }));
    clear.into_iter().chain(unclear).collect()
}

fn error(reply: Reply) -> Result<(), StepError> {
    match reply {
        Reply::Done => Ok(()),
        Reply::Retry => Err(StepError::Retry("busy".into())),
        Reply::Unknown => Err(StepError::Unknown("no answer".into())),
        Reply::Refuse => Err(StepError::Refuse("no".into())),
    }
}

#[async_trait]
impl Actor for Script {
    fn stragglers(&self) -> Stragglers {
        Stragglers::Refused
    }

    fn nodes(&self) -> Vec<NodeName> {
        Vec::new()
    }

    async fn signer(&self, _: &Cx) -> Result<Signer, ProbeError> {
        panic!("an executor asks for no signer")
    }

    async fn plan(&self, _: &PlanRequest, _: &Cx) -> Result<Proposal<Value>, PlanError> {
        panic!("an executor plans nothing")
    }

    fn describe(&self, step: &Value) -> String {
        step.to_string()
    }

    async fn prepare(&self, step: &Value, attempt: u32, _: &Cx) -> Result<Payload, StepError> {
        let reply = if self.is_prepared { Reply::Done } else { Reply::Refuse };
        error(reply).map(|()| Payload::new(format!("{step} {attempt}")))
    }

    async fn perform(&self, _: &Value, _: &Payload, _: Permit, _: &Cx) -> Result<Receipt, StepError> {
        error(self.reply).map(|()| Receipt(Value::Null))
    }

    async fn inspect(&self, _: &Value, _: &Payload, _: Epoch, _: &Cx) -> Result<Effect, StepError> {
        Ok(match self.sight {
            Sight::None => Effect::None("nothing".into()),
            Sight::Pending => Effect::Pending,
            Sight::Expired => Effect::Expired,
            Sight::Refused => Effect::Refused("no".into()),
            Sight::Done => Effect::Done(Receipt(Value::Null)),
            Sight::Blind => return Err(StepError::Unknown("no answer".into())),
        })
    }

    async fn undo(&self, _: &Value, _: Permit, _: &Cx) -> Result<(), StepError> {
        error(self.reply)
    }
}

/// A journal that fails after so many records, which ends the run there.
#[derive(Debug, Default)]
struct Short {
    left: AtomicUsize,
    records: Mutex<Vec<Record>>,
}

#[async_trait]
impl Journal for Short {
    async fn append(&self, _: Held, _: Option<&ValidatorName>, records: &[Record]) -> Result<Durable, JournalError> {
        let has_room = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if !has_room {
            return Err(io::Error::other("full").into());
        }
        self.records.lock().unwrap().extend_from_slice(records);
        Ok(Durable::confirmed(Vec::new()))
    }

    async fn replay(&self, _: u64) -> Result<Vec<Entry>, JournalError> {
        Ok(Vec::new())
    }
}

/// How a run begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start {
    /// The process goes on with its own saga.
    Goes,
    /// The same, and an operator wants it taken back.
    Cancelled,
    /// The process takes over, and the validator is still down.
    TakesOver,
    /// The process takes over, and nothing is known of the validator.
    TakesOverUnsure,
}

struct Bench {
    runtime: Runtime,
    validator: ValidatorName,
}

impl Bench {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        Self { runtime, validator: ValidatorName::new("main").unwrap() }
    }

    /// The first records, up to `most`, that the executor writes.
    fn run<const N: usize>(&self, pair: &Pair<N>, script: Script, start: Start, most: usize) -> Vec<Record> {
        self.runtime.block_on(async {
            let clock = PausedClock::new();
            let held = Held::new(1, clock.uptime(), Duration::from_hours(24));
            let (_renewals, newest) = watch::channel(Some(held));
            let guard = Guard::new(newest, LIMIT).unwrap();
            let by = (start == Start::Cancelled).then(|| "ops".to_owned());
            let (_wish, cancel) = watch::channel(by);
            let journal = Short { left: AtomicUsize::new(most), records: Mutex::default() };
            let (validator, actor) = (&self.validator, &script);
            let executor = Executor { validator, actor, journal: &journal, guard: &guard, cancel: &cancel };
            let (mut saga, cx) = (pair.saga.clone(), Cx::root(Arc::new(clock), CancellationToken::new()));
            // How it ends decides nothing here: nearly every run ends where the journal is full.
            drop(match start {
                Start::Goes | Start::Cancelled => executor.run(&mut saga, &cx).await,
                Start::TakesOver => executor.resume(&mut saga, Verdict::Down, &cx).await,
                Start::TakesOverUnsure => executor.resume(&mut saga, Verdict::Unknown, &cx).await,
            });
            journal.records.into_inner().unwrap()
        })
    }

    /// The words that it writes first, over all worlds.
    fn first<const N: usize>(&self, pair: &Pair<N>, start: Start) -> HashSet<Word> {
        let runs = before_a_reply().into_iter().flat_map(|script| self.run(pair, script, start, 1));
        runs.map(|record| pair.word(&record)).collect()
    }

    /// The words that it writes after having written `command` and sent it.
    fn second<const N: usize>(&self, pair: &Pair<N>, command: Word) -> HashSet<Word> {
        let after = pair.after(command).unwrap();
        let mut words = HashSet::new();
        for script in after_a_command() {
            let records = self.run(pair, script, Start::Goes, 2);
            if let [first, second] = records.as_slice()
                && pair.word(first) == command
            {
                words.insert(after.word(second));
            }
        }
        words
    }
}

/// What the executor looks at: of the step that is asked for how often a command was sent, of the others only what
/// became of them.
fn view<const N: usize>(course: &Course<N>) -> impl Eq + Hash + use<N> {
    let asked = match course.next() {
        Move::Perform(step) | Move::Inspect(step) | Move::Undo(step) => Some(usize::from(step)),
        Move::Close(_) | Move::Rest(_) => None,
    };
    let steps = course.tracks().iter().enumerate();
    let steps = steps.map(|(index, t)| (t.fate, t.attempts, if asked == Some(index) { t.commands } else { 0 }));
    (steps.collect::<Vec<_>>(), course.next(), course.is_cancelled(), course.end())
}

fn is_command(word: Word) -> bool {
    matches!(word, Word::Intended(_) | Word::Repeated(_) | Word::Undoing(_))
}

/// Runs the executor in every state of the model, in every world.
fn drive<const N: usize>(class: Class, parts: [Part; N]) {
    let bench = Bench::new();
    let (mut seen, mut states, mut commands) = (HashSet::new(), 0, 0);
    for pair in Pair::open(class, parts).reachable() {
        if !seen.insert(view(&pair.course)) {
            continue;
        }
        states += 1;
        let shown = || pair.shown();
        let mut holder: HashSet<_> = pair.course.words(Writer::Holder).collect();
        let may_cancel = holder.remove(&Word::Cancelled);
        assert_eq!(bench.first(&pair, Start::Goes), holder, "{}", shown());

        let cancelled = if may_cancel { &HashSet::from([Word::Cancelled]) } else { &holder };
        assert_eq!(bench.first(&pair, Start::Cancelled), *cancelled, "{}", shown());

        let mut successor = bench.first(&pair, Start::TakesOver);
        successor.extend(bench.first(&pair, Start::TakesOverUnsure));
        assert_eq!(successor, pair.course.words(Writer::Successor).collect(), "{}", shown());

        for command in holder.into_iter().filter(|word| is_command(*word)) {
            commands += 1;
            let after = pair.after(command).unwrap().course;
            let written = bench.second(&pair, command);
            let must: HashSet<_> = after.words(Writer::Sender).collect();
            let may: HashSet<_> = after.words(Writer::Holder).chain(must.iter().copied()).collect();
            assert!(written.is_subset(&may), "after {command:?} {written:?} is not in {may:?}\n{}", shown());
            assert!(must.is_subset(&written), "after {command:?} {must:?} is not in {written:?}\n{}", shown());
        }
    }
    println!("{class:?}: {states} states, {commands} commands");
    assert!(states > 100 && commands > 100, "{states} states, {commands} commands of saga {ID:?}");
}

#[test]
fn the_executor_writes_in_every_state_of_a_fenced_failover_what_the_model_has_and_nothing_else() {
    drive(Class::SharedKey, [Ready, Fence, Activate]);
}

#[test]
fn the_executor_writes_in_every_state_of_a_failover_by_transaction_what_the_model_has_and_nothing_else() {
    drive(Class::Pointer, [Ready, Activate, Verify]);
}
