//! A chain without a network: duties are done or missed by order, and every step takes no time. What is
//! measured on it is the engine alone.
use crate::Outcome;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchdog_core::action::{
    Effect, FailoverAction, PlanError, PlanRequest, Proposal, Receipt, Signer, StepError, Stragglers,
};
use watchdog_core::clock::{Clock, Uptime};
use watchdog_core::config::{ActLimits, Mode};
use watchdog_core::cx::Cx;
use watchdog_core::engine::Watched;
use watchdog_core::fence::Strength;
use watchdog_core::guard::Permit;
use watchdog_core::id::{Epoch, NodeName, Origin, ValidatorName};
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::policy::ThresholdPolicy;
use watchdog_core::policy::consecutive::ConsecutiveFailures;
use watchdog_core::policy::quorum::Quorum;
use watchdog_core::probe::{Evidence, HealthProbe, Performance, ProbeError, Source};
use watchdog_core::unit::Unit;

/// Node that signs at first.
pub(crate) const PRIMARY: &str = "node_a";
/// The other one.
pub(crate) const BACKUP: &str = "node_b";
/// Readings in a row without a duty done that are tolerated.
pub(crate) const TOLERATED: usize = 3;
const LIMIT: Duration = Duration::from_secs(10);

/// The chain and its two nodes.
#[derive(Debug)]
pub(crate) struct World {
    clock: Arc<dyn Clock>,
    is_failing: AtomicBool,
    asked: AtomicU64,
    marks: Mutex<Vec<Mark>>,
}

/// What was asked or done, and when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Mark {
    /// What.
    pub(crate) what: What,
    /// When it was asked for; an answer is given at once.
    pub(crate) at: Uptime,
}

/// What was asked or done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// A reading that showed a missed duty.
    Missed,
    /// The backup was asked whether it can take over.
    See,
    /// The old signer was stopped.
    Stop,
    /// The new one was started.
    Start,
    /// The new one was seen to sign.
    Confirm,
}

impl World {
    /// A chain on which every duty is done.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, is_failing: AtomicBool::new(false), asked: AtomicU64::new(0), marks: Mutex::default() })
    }

    /// From now on every duty is missed.
    pub(crate) fn fail(&self) {
        self.is_failing.store(true, Ordering::Relaxed);
    }

    /// Everything asked and done since the first missed duty, in its order.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        self.kept().clone()
    }

    /// How many readings were asked for so far.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// One of its validators in mode `act`, its one source asked every `period`.
    pub(crate) fn watched(self: &Arc<Self>, name: ValidatorName, period: Duration) -> Outcome<Watched> {
        let policy = ConsecutiveFailures { tolerated: u32::try_from(TOLERATED)?, interval: period };
        self.judged(name, 1, policy, period)
    }

    /// One with so many sources, a quorum of which must agree.
    pub(crate) fn watched_by(
        self: &Arc<Self>,
        sources: usize,
        name: ValidatorName,
        period: Duration,
    ) -> Outcome<Watched> {
        // A busy machine is late with a round: what is fresh must outlast that.
        let interval = period.max(Duration::from_millis(20));
        let policy = ConsecutiveFailures { tolerated: u32::try_from(TOLERATED)?, interval };
        let need = NonZeroUsize::new(sources / 2 + 1).ok_or("no sources")?;
        self.judged(name, sources, Quorum { need, skew: u64::MAX, policy }, period)
    }

    fn judged(
        self: &Arc<Self>,
        name: ValidatorName,
        sources: usize,
        policy: impl ThresholdPolicy<Duty>,
        period: Duration,
    ) -> Outcome<Watched> {
        let source = |number: usize| {
            let name = if number == 0 { "synthetic".to_owned() } else { format!("synthetic-{number}") };
            let origin = Origin::new(&name).ok_or("the source's name is none")?;
            Ok(Source { name, origin, probe: Arc::new(Look(self.clone())) })
        };
        let sources = (0..sources).map(source).collect::<Outcome<_>>()?;
        let mut unit = Unit::new(name, sources, policy, Hand(self.clone()));
        unit.period = period;
        Ok(Watched {
            unit,
            chain: "synthetic".to_owned(),
            mode: Mode::Act,
            act: ActLimits::default(),
            services: Vec::new(),
            fingerprint: String::new(),
        })
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Mark>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark(&self, what: What) {
        let at = self.clock.uptime();
        self.kept().push(Mark { what, at });
    }
}

/// One reading.
#[derive(Debug, Serialize)]
pub(crate) struct Duty {
    height: u64,
    is_done: bool,
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "height {}: duty {}", self.height, if self.is_done { "done" } else { "missed" })
    }
}

impl Evidence for Duty {
    fn performance(&self) -> Performance {
        if self.is_done { Performance::Performing } else { Performance::Failing }
    }

    fn position(&self) -> u64 {
        self.height
    }
}

struct Look(Arc<World>);

#[async_trait]
impl HealthProbe for Look {
    type Evidence = Duty;

    async fn observe(&self, cx: &Cx) -> Result<Duty, ProbeError> {
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        let is_done = !self.0.is_failing.load(Ordering::Relaxed);
        if !is_done {
            self.0.mark(What::Missed);
        }
        let height = u64::try_from(cx.clock().uptime().0.as_millis()).unwrap_or(u64::MAX);
        Ok(Duty { height, is_done })
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missed => "miss a duty",
            Self::See => "see that the backup can sign",
            Self::Stop => "stop the old signer",
            Self::Start => "start the new signer",
            Self::Confirm => "see that the new signer signs",
        })
    }
}

/// Two nodes with one key.
struct Hand(Arc<World>);

#[async_trait]
impl FailoverAction for Hand {
    type Step = What;

    fn authority(&self) -> Authority {
        Authority::SharedKey
    }

    fn stragglers(&self) -> Stragglers {
        Stragglers::Refused
    }

    fn nodes(&self) -> Vec<NodeName> {
        [PRIMARY, BACKUP].into_iter().filter_map(NodeName::new).collect()
    }

    fn fence_strength(&self, _: &NodeName) -> Option<Strength> {
        Some(Strength::Proves)
    }

    async fn signer(&self, _: &Cx) -> Result<Signer, ProbeError> {
        let nonsense = || ProbeError::Malformed { endpoint: "synthetic".to_owned(), reason: "no name".to_owned() };
        NodeName::new(PRIMARY).map(Signer::Node).ok_or_else(nonsense)
    }

    async fn plan(&self, _: &PlanRequest, _: &Cx) -> Result<Proposal<What>, PlanError> {
        let plan =
            Plan::ready(What::See, LIMIT).fence(What::Stop, Strength::Proves, LIMIT).activate(What::Start, LIMIT)?;
        Ok(Proposal { to: NodeName::new(BACKUP), plan: plan.verify(What::Confirm, LIMIT).build() })
    }

    async fn prepare(&self, _: &What, _: u32, _: &Cx) -> Result<Payload, StepError> {
        Ok(Payload::default())
    }

    async fn perform(&self, step: &What, _: &Payload, _: Permit, _: &Cx) -> Result<Receipt, StepError> {
        self.0.mark(*step);
        Ok(Receipt(serde_json::Value::Null))
    }

    async fn inspect(&self, step: &What, _: &Payload, _: Epoch, _: &Cx) -> Result<Effect, StepError> {
        let is_done = self.0.kept().iter().any(|mark| mark.what == *step);
        Ok(if is_done { Effect::Done(Receipt(serde_json::Value::Null)) } else { Effect::None("it is not done".into()) })
    }

    async fn undo(&self, _: &What, _: Permit, _: &Cx) -> Result<(), StepError> {
        Ok(())
    }
}
