//! Two nodes with one key, and what can go wrong with them. They compare epochs.
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use watchdog_core::action::{
    Effect, FailoverAction, PlanError, PlanRequest, Proposal, Receipt, Refusal, Signer, StepError, Stragglers,
};
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::guard::Permit;
use watchdog_core::id::{Epoch, NodeName, Origin, ValidatorName};
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::policy::consecutive::ConsecutiveFailures;
use watchdog_core::probe::{Evidence, HealthProbe, Performance, ProbeError, Source};
use watchdog_core::unit::Unit;

/// Time from one look to the next.
const PERIOD: Duration = Duration::from_secs(2);
/// Time for all but the activation: soon over, so that a fence that fails has failed when the model looks.
const SOON: Duration = Duration::from_secs(16);
/// Time for the activation: it hangs until the model lets it go on.
const LATE: Duration = Duration::from_hours(24 * 1000);

/// What becomes of commands to the nodes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Trouble {
    /// All are obeyed.
    #[default]
    None,
    /// Those that fence are lost.
    Fence,
    /// Those to the old node are lost.
    OldNode,
    /// Those that start the new node hang.
    Start,
}

#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own for a transition to throw")]
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) is_healthy: [bool; 2],
    pub(crate) is_silent: bool,
    pub(crate) is_ready: bool,
    pub(crate) trouble: Trouble,
    /// Something that every plan takes into account.
    pub(crate) recipe: bool,
    /// Who can sign.
    able: [bool; 2],
    newest: [Epoch; 2],
    hanging: Option<(usize, Epoch)>,
    /// Whether anybody ever saw two signers.
    pub(crate) has_seen_two: bool,
}

/// Clones are one pair of nodes.
#[derive(Clone, Debug)]
pub(crate) struct Nodes(Arc<Mutex<World>>);

pub(crate) fn name(node: usize) -> NodeName {
    NodeName::new(["a", "b"][node]).unwrap()
}

fn number(node: &NodeName) -> usize {
    usize::from(node.as_str() == "b")
}

impl World {
    pub(crate) fn signer(&self) -> Option<usize> {
        self.able.iter().position(|able| *able)
    }

    /// A person moves the key by hand.
    pub(crate) fn set_signer(&mut self, signer: Option<usize>) {
        self.able = [signer == Some(0), signer == Some(1)];
    }

    fn obeys(&mut self, node: usize, epoch: Epoch, able: bool) -> bool {
        if epoch < self.newest[node] {
            return false;
        }
        (self.newest[node], self.able[node]) = (epoch, able);
        self.has_seen_two |= self.able == [true, true];
        true
    }

    /// What hangs arrives.
    pub(crate) fn let_go(&mut self) {
        self.trouble = Trouble::None;
        if let Some((node, epoch)) = self.hanging.take() {
            self.obeys(node, epoch, true);
        }
    }
}

impl Nodes {
    /// Both are well, and the first one signs.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(World {
            is_healthy: [true, true],
            is_silent: false,
            is_ready: true,
            trouble: Trouble::None,
            recipe: false,
            able: [true, false],
            newest: [Epoch::default(); 2],
            hanging: None,
            has_seen_two: false,
        })))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub(crate) fn unit(&self, validator: ValidatorName, cooldown: Duration) -> Unit {
        let probe = Arc::new(Look(self.clone()));
        let source = Source { name: "look".into(), origin: Origin::new("look").unwrap(), probe };
        let policy = ConsecutiveFailures { tolerated: 0, interval: PERIOD };
        let mut unit = Unit::new(validator, vec![source], policy, self.clone());
        (unit.period, unit.patience, unit.cooldown) = (PERIOD, PERIOD / 2, cooldown);
        unit
    }
}

#[derive(Debug, Serialize)]
struct Duty {
    at: u64,
    is_done: bool,
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_done { "done" } else { "missed" })
    }
}

impl Evidence for Duty {
    fn performance(&self) -> Performance {
        if self.is_done { Performance::Performing } else { Performance::Failing }
    }

    fn position(&self) -> u64 {
        self.at
    }
}

struct Look(Nodes);

#[async_trait]
impl HealthProbe for Look {
    type Evidence = Duty;

    async fn observe(&self, cx: &Cx) -> Result<Duty, ProbeError> {
        let world = self.0.world();
        if world.is_silent {
            return Err(ProbeError::Unreachable { endpoint: "look".into(), source: "no route".into() });
        }
        let is_done = world.signer().is_some_and(|signer| world.is_healthy[signer]);
        Ok(Duty { at: cx.clock().uptime().0.as_secs(), is_done })
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Step {
    Check { recipe: bool },
    Stop(NodeName),
    Start(NodeName),
    Confirm,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

fn lost() -> StepError {
    StepError::Unknown("no answer".into())
}

#[async_trait]
impl FailoverAction for Nodes {
    type Step = Step;

    fn authority(&self) -> Authority {
        Authority::SharedKey
    }

    fn stragglers(&self) -> Stragglers {
        Stragglers::Refused
    }

    fn nodes(&self) -> Vec<NodeName> {
        vec![name(0), name(1)]
    }

    fn fence_strength(&self, _: &NodeName) -> Option<Strength> {
        Some(Strength::Proves)
    }

    async fn signer(&self, _: &Cx) -> Result<Signer, ProbeError> {
        Ok(self.world().signer().map_or(Signer::Nobody, |signer| Signer::Node(name(signer))))
    }

    async fn plan(&self, request: &PlanRequest, _: &Cx) -> Result<Proposal<Step>, PlanError> {
        let world = self.world();
        let from = number(&request.from);
        let refused = |code: &str| Err(PlanError::Refused(vec![Refusal::new(code, code, "look")]));
        if world.signer() != Some(from) {
            return refused("signer_changed");
        }
        if !world.is_ready {
            return refused("backup_not_ready");
        }
        let to = name(1 - from);
        let plan = Plan::ready(Step::Check { recipe: world.recipe }, SOON).fence(
            Step::Stop(name(from)),
            Strength::Proves,
            SOON,
        );
        let plan = plan.activate(Step::Start(to.clone()), LATE)?.verify(Step::Confirm, SOON);
        Ok(Proposal { to: Some(to), plan: plan.build() })
    }

    async fn prepare(&self, step: &Step, attempt: u32, _: &Cx) -> Result<Payload, StepError> {
        Ok(Payload::new(format!("{step} {attempt}")))
    }

    async fn perform(&self, step: &Step, _: &Payload, permit: Permit, _: &Cx) -> Result<Receipt, StepError> {
        let mut world = self.world();
        let is_obeyed = match (step, world.trouble) {
            (Step::Stop(_), Trouble::Fence | Trouble::OldNode) => return Err(lost()),
            (Step::Start(to), Trouble::Start) => {
                world.hanging = Some((number(to), permit.epoch()));
                return Err(lost());
            }
            (Step::Stop(from), _) => world.obeys(number(from), permit.epoch(), false),
            (Step::Start(to), _) => world.obeys(number(to), permit.epoch(), true),
            (Step::Check { .. } | Step::Confirm, _) => true,
        };
        if is_obeyed { Ok(Receipt("obeyed".into())) } else { Err(StepError::Refuse("stale".into())) }
    }

    async fn inspect(&self, step: &Step, _: &Payload, _: Epoch, _: &Cx) -> Result<Effect, StepError> {
        let world = self.world();
        let is_done = match step {
            Step::Stop(from) => !world.able[number(from)],
            Step::Start(to) => world.able[number(to)],
            Step::Check { .. } | Step::Confirm => true,
        };
        Ok(match is_done {
            true => Effect::Done(Receipt("seen".into())),
            false if world.hanging.is_some() => Effect::Pending,
            false => Effect::None("not there".into()),
        })
    }

    async fn undo(&self, step: &Step, permit: Permit, _: &Cx) -> Result<(), StepError> {
        let mut world = self.world();
        let Step::Stop(from) = step else { return Ok(()) };
        if world.trouble == Trouble::OldNode {
            return Err(lost());
        }
        if world.obeys(number(from), permit.epoch(), true) { Ok(()) } else { Err(StepError::Refuse("stale".into())) }
    }
}
