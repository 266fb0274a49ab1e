//! A chain of every class, with every fault.
use crate::fuse::{Failure, Fuse, Point};
use crate::store::Store;
use crate::world::{Command, NEVER, STRAGGLE, World, validity};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use watchdog_core::action::{
    Effect, FailoverAction, PlanError, PlanRequest, Proposal, Receipt, Signer, StepError, Stragglers,
};
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::guard::Permit;
use watchdog_core::id::{Epoch, InstanceId, NodeName};
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::policy::Verdict;
use watchdog_core::probe::ProbeError;

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Step {
    Check,
    Stop,
    Move,
    Activate,
    Confirm,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What becomes of answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    Prompt,
    /// The command arrives, its answer does not.
    Lost,
    /// The first command of every step and undo arrives late; meanwhile nobody knows.
    Late,
}

/// How long the activation's payload is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Validity {
    Endless,
    /// Ten seconds, and the network loses this many payloads.
    Lost(u32),
}

/// One combination of faults.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) class: Authority,
    pub(crate) stragglers: Stragglers,
    /// This step is refused, from life number `.1` on.
    pub(crate) refuse: Option<(Step, u8)>,
    pub(crate) answer: Answer,
    pub(crate) validity: Validity,
    /// Whether a command under way survives the death of its sender.
    pub(crate) orphans_arrive: bool,
    /// Whether a fenced primary comes back while no watchdog lives.
    pub(crate) primary_returns: bool,
    /// On fresh evidence, after a restart.
    pub(crate) verdict: Verdict,
}

impl Case {
    /// Whether errors are told as well: where nothing else makes them.
    pub(crate) fn fails(&self) -> bool {
        self.refuse.is_none() && self.answer == Answer::Prompt
    }
}

pub(crate) struct Fake {
    pub(crate) case: Case,
    number: u8,
    world: Arc<Mutex<World>>,
    store: Arc<Mutex<Store>>,
    fuse: Arc<Fuse>,
}

/// The name of the instance that lives its `number`-th life.
pub(crate) fn instance(number: u8) -> InstanceId {
    InstanceId([number; 16])
}

fn told(failure: Failure) -> StepError {
    let reason = "by the fuse".into();
    match failure {
        Failure::Retry => StepError::Retry(reason),
        Failure::Refuse => StepError::Refuse(reason),
        Failure::Unknown | Failure::Unsettled | Failure::Io => StepError::Unknown(reason),
    }
}

impl Fake {
    pub(crate) fn new(
        case: Case,
        number: u8,
        world: Arc<Mutex<World>>,
        store: Arc<Mutex<Store>>,
        fuse: Arc<Fuse>,
    ) -> Self {
        Self { case, number, world, store, fuse }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// The oracle on the way out: no command without lease, none without intent, none while nobody knows what is
    /// written.
    fn watch(&self, epoch: Epoch) {
        let store = self.store.lock().unwrap();
        if epoch.token != store.token {
            self.world().violations.push(format!("command under token {} while {} holds", epoch.token, store.token));
        }
        if !store.holds_intent(epoch) {
            self.world().violations.push(format!("command {epoch:?} without intent"));
        }
        if !store.has_read_on(instance(self.number)) {
            self.world().violations.push(format!("command {epoch:?} after a write that failed"));
        }
    }

    /// Sends, and waits for the answer as the case has it. The process can stop while the command
    /// is under way, and when it has arrived; or be told something else there.
    async fn command(&self, command: Command, payload: &Payload, epoch: Epoch) -> Result<(), StepError> {
        self.watch(epoch);
        let is_first = !self.world().is_known(command, payload);
        let late = self.case.answer == Answer::Late && is_first;
        let due = if self.world().checks_epochs { NEVER } else { self.world().now + STRAGGLE };
        let dropped = command == Command::Activate && self.is_dropped(payload);
        let id = self.world().send(command, payload, epoch, due, dropped);
        if let Some(failure) = self.fuse.pass(Point::Sent).await {
            if failure != Failure::Unknown || !self.case.orphans_arrive {
                self.world().cancel(id);
            }
            return Err(told(failure));
        }
        if !late {
            self.world().arrive(id);
        }
        if let Some(failure) = self.fuse.pass(Point::Arrived).await {
            return Err(told(failure));
        }
        if late || self.case.answer == Answer::Lost { Err(StepError::Unknown("no answer".into())) } else { Ok(()) }
    }

    fn is_dropped(&self, payload: &Payload) -> bool {
        let Validity::Lost(count) = self.case.validity else { return false };
        let attempt = payload.bytes().first().map_or(0, |digit| u32::from(digit - b'0'));
        attempt <= count
    }
}

#[async_trait]
impl FailoverAction for Fake {
    type Step = Step;

    fn authority(&self) -> Authority {
        self.case.class
    }

    fn stragglers(&self) -> Stragglers {
        self.case.stragglers
    }

    fn nodes(&self) -> Vec<NodeName> {
        ["a", "b"].into_iter().filter_map(NodeName::new).collect()
    }

    async fn signer(&self, _: &Cx) -> Result<Signer, ProbeError> {
        let world = self.world();
        let signing = self.nodes().into_iter().zip([world.primary, world.backup]);
        let mut signers: Vec<_> = signing.filter_map(|(node, signs)| signs.then_some(node)).collect();
        Ok(match signers.len() {
            0 => Signer::Nobody,
            1 => Signer::Node(signers.remove(0)),
            _ => Signer::Several(signers),
        })
    }

    async fn plan(&self, _: &PlanRequest, _: &Cx) -> Result<Proposal<Step>, PlanError> {
        let s = Duration::from_secs(30);
        let plan = Plan::ready(Step::Check, s);
        let plan = match self.case.class {
            Authority::SharedKey => {
                plan.fence(Step::Stop, Strength::Proves, s).prepare(Step::Move, s).activate(Step::Activate, s)?
            }
            Authority::Pointer => plan.prepare(Step::Move, s).move_pointer(Step::Activate, s),
            Authority::Rotating => plan.prepare(Step::Move, s).rotate(Step::Activate, s),
            Authority::Idempotent => plan.activate_parallel(Step::Activate, s),
        };
        Ok(Proposal { to: NodeName::new("b"), plan: plan.verify(Step::Confirm, s).build() })
    }

    async fn prepare(&self, step: &Step, attempt: u32, _: &Cx) -> Result<Payload, StepError> {
        let now = self.world().now.as_secs();
        let nonce = self.store.lock().unwrap().entries.len();
        Ok(match (step, self.case.validity) {
            (Step::Activate, Validity::Lost(_)) => {
                Payload::new(format!("{attempt}-{nonce}-{}!{}", self.number, now + 10))
            }
            (Step::Activate, Validity::Endless) => Payload::new(format!("{attempt}-{nonce}-{}", self.number)),
            _ => Payload::new(format!("{step} {attempt}")),
        })
    }

    async fn perform(&self, step: &Step, payload: &Payload, permit: Permit, _: &Cx) -> Result<Receipt, StepError> {
        if self.case.refuse.is_some_and(|(refused, from)| refused == *step && self.number >= from) {
            self.watch(permit.epoch());
            return Err(StepError::Refuse("by test".into()));
        }
        let command = match step {
            Step::Stop => Command::StopPrimary,
            Step::Activate => Command::Activate,
            Step::Check | Step::Move | Step::Confirm => Command::Other,
        };
        self.command(command, payload, permit.epoch()).await?;
        let world = self.world();
        match step {
            Step::Activate if !world.backup => Err(StepError::Unknown("accepted, not final".into())),
            Step::Stop if world.primary => Err(StepError::Unknown("still signs".into())),
            _ => Ok(Receipt(serde_json::Value::Null)),
        }
    }

    async fn inspect(&self, step: &Step, payload: &Payload, _: Epoch, _: &Cx) -> Result<Effect, StepError> {
        let world = self.world();
        let done = match step {
            Step::Stop => !world.primary,
            Step::Activate => world.backup && world.is_applied(payload),
            Step::Check | Step::Move | Step::Confirm => world.has_arrived(payload),
        };
        let is_accepted = *step == Step::Activate
            && (world.is_applied(payload) || world.is_known(Command::Activate, payload) && self.is_dropped(payload));
        Ok(match () {
            () if done => Effect::Done(Receipt(serde_json::Value::Null)),
            () if validity(payload) <= world.now => Effect::Expired,
            () if is_accepted => Effect::Pending,
            () => Effect::None("not there".into()),
        })
    }

    async fn undo(&self, step: &Step, permit: Permit, _: &Cx) -> Result<(), StepError> {
        let command = if *step == Step::Stop { Command::StartPrimary } else { Command::Other };
        self.command(command, &Payload::new("undo"), permit.epoch()).await.or_else(|unknown| {
            let told = self.case.answer == Answer::Lost && (command == Command::Other || self.world().primary);
            if told { Ok(()) } else { Err(unknown) }
        })
    }
}
