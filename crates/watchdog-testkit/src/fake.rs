//! A chain that does what a test says: one pointer on a ledger, or one key on two nodes; sources that see what
//! they are told.
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use watchdog_core::action::{
    Effect, FailoverAction, Kind, PlanError, PlanRequest, Proposal, Receipt, Refusal, Signer, StepError, Stragglers,
};
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::fence::statement::Statement;
use watchdog_core::guard::Permit;
use watchdog_core::id::{Epoch, NodeName, Origin, ValidatorName};
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::policy::in_window::{InWindow, Within};
use watchdog_core::policy::network::{NetworkGuard, OwnShare};
use watchdog_core::policy::quorum::Quorum;
use watchdog_core::probe::{Duties, Evidence, HealthProbe, Performance, ProbeError, Source};
use watchdog_core::unit::Unit;

/// What one reading says.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Reading {
    /// Rounds so far.
    pub round: u64,
    /// Duties since the reading before.
    pub duties: Duties,
    /// Everybody else's.
    pub others: Duties,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "round {}: {} made, {} missed", self.round, self.duties.made, self.duties.missed)
    }
}

impl Evidence for Reading {
    fn performance(&self) -> Performance {
        match (self.duties.made, self.duties.missed) {
            (0, 0) => Performance::Idle,
            (_, 0) => Performance::Performing,
            (0, _) => Performance::Failing,
            _ => Performance::Impaired,
        }
    }

    fn position(&self) -> u64 {
        self.round
    }

    fn duties(&self) -> Duties {
        self.duties
    }

    fn others(&self) -> Option<Duties> {
        Some(self.others)
    }
}

/// How a source behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Manner {
    /// Says what is.
    Honest,
    /// Says that every duty was missed.
    Liar,
    /// Answers with the same old round for ever.
    Stuck,
    /// Does not answer.
    Silent,
}

/// The world that a test steers.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own for a test to throw")]
#[derive(Debug)]
pub struct World {
    /// Whether the node that signs does its duties.
    pub performs: bool,
    /// Whether everybody else does.
    pub others_perform: bool,
    /// Whether rounds advance.
    pub moves: bool,
    /// Whether the validator has any duty.
    pub has_duties: bool,
    /// How each source behaves.
    pub manners: Vec<Manner>,
    /// Who signs by the ledger.
    pub signer: String,
    /// What keeps the backup from taking over.
    pub refusal: Option<Refusal>,
    /// Whether the ledger drops what is submitted.
    pub drops: bool,
    /// Whether the ledger refuses what is submitted, for good.
    pub refuses: bool,
    /// Whether answers to submissions get lost.
    pub loses_answers: bool,
    /// What the fence of either node is worth, where both have one key; `None` where the ledger names the signer.
    pub fence: Option<Strength>,
    /// Whether a node can neither be fenced nor given back what was taken: nobody hears it.
    pub is_cut_off: bool,
    /// How long the making of a plan takes.
    pub planning: Duration,
    /// How long it takes to read who signs.
    pub looking: Duration,
    /// How many read it just now.
    pub lookers: usize,
    /// Whether a plan is made without a look at who signs.
    pub plans_blindly: bool,
    /// Plans that were begun to be made.
    pub plannings: usize,
    /// Payloads submitted, in order, repeats included.
    pub submitted: Vec<Vec<u8>>,
    round: u64,
}

/// A fake chain with nodes `a` and `b`. Clones are one chain.
#[derive(Clone, Debug)]
pub struct FakeChain(Arc<Mutex<World>>);

impl FakeChain {
    /// All is well, `a` signs, and there are as many sources as said.
    pub fn new(sources: usize) -> Self {
        Self(Arc::new(Mutex::new(World {
            performs: true,
            others_perform: true,
            moves: true,
            has_duties: true,
            manners: vec![Manner::Honest; sources],
            signer: "a".into(),
            refusal: None,
            drops: false,
            refuses: false,
            loses_answers: false,
            fence: None,
            is_cut_off: false,
            planning: Duration::ZERO,
            looking: Duration::ZERO,
            lookers: 0,
            plans_blindly: false,
            plannings: 0,
            submitted: Vec::new(),
            round: 0,
        })))
    }

    /// The world, to look at and to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A unit on this chain that asks every second: down after four of six duties missed, three of
    /// them in a row, seen by two origins while the network is well.
    pub fn unit(&self, name: ValidatorName) -> Unit {
        let count = self.world().manners.len();
        let sources = (0..count).filter_map(|index| {
            let origin = Origin::new(&format!("origin-{index}"))?;
            let probe = Arc::new(FakeProbe { chain: self.clone(), index });
            Some(Source { name: format!("source {index}"), origin, probe })
        });
        let (fresh, span) = (Duration::from_secs(5), Duration::from_mins(1));
        let rule = InWindow { missed: 4, of: 6, in_a_row: 3, min_due: 0, within: Within::Time(span), fresh, span };
        let quorum = Quorum { need: NonZeroUsize::MIN.saturating_add(1), skew: 10, policy: rule };
        let policy = NetworkGuard {
            others_missed: 0.2,
            own: OwnShare::ANY,
            span: Duration::from_secs(10),
            fresh,
            policy: quorum,
        };
        let mut unit = Unit::new(name, sources.collect(), policy, FakeAction(self.clone()));
        (unit.period, unit.patience) = (Duration::from_secs(1), Duration::from_millis(900));
        unit
    }
}

struct FakeProbe {
    chain: FakeChain,
    index: usize,
}

#[async_trait]
impl HealthProbe for FakeProbe {
    type Evidence = Reading;

    async fn observe(&self, cx: &Cx) -> Result<Reading, ProbeError> {
        let (manner, reading) = {
            let mut world = self.chain.world();
            if self.index == 0 && world.moves {
                world.round += 1;
            }
            let one = |made| if made { Duties { made: 1, missed: 0 } } else { Duties { made: 0, missed: 1 } };
            let active = world.moves && world.has_duties;
            let duties = if active { one(world.performs) } else { Duties::default() };
            let others = if world.moves { one(world.others_perform) } else { Duties::default() };
            let manner = world.manners.get(self.index).copied().unwrap_or(Manner::Silent);
            (manner, Reading { round: world.round, duties, others })
        };
        match manner {
            Manner::Honest => Ok(reading),
            Manner::Liar => Ok(Reading { duties: Duties { made: 0, missed: 9 }, ..reading }),
            Manner::Stuck => Ok(Reading { round: 0, duties: Duties { made: 0, missed: 9 }, ..reading }),
            Manner::Silent => {
                Err(cx.bound(std::future::pending::<ProbeError>()).await.unwrap_or_else(ProbeError::from))
            }
        }
    }
}

/// A step of the fake chain.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Step {
    /// The backup can take over.
    Check,
    /// The node that signs is fenced, or a person has stated that it is.
    Stop(Option<Statement>),
    /// The pointer moves.
    Move,
    /// The backup signs.
    Confirm,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Check => "check that the other node is ready",
            Self::Stop(None) => "fence the node that signs",
            Self::Stop(Some(_)) => "rest on what was stated about the node that signs",
            Self::Move => "move the pointer to the other node",
            Self::Confirm => "see the other node sign",
        })
    }
}

/// Moves the pointer of a [`FakeChain`].
#[derive(Clone, Debug)]
pub struct FakeAction(pub FakeChain);

impl FakeAction {
    fn node(name: &str) -> Option<NodeName> {
        NodeName::new(name)
    }
}

#[async_trait]
impl FailoverAction for FakeAction {
    type Step = Step;

    fn authority(&self) -> Authority {
        if self.0.world().fence.is_some() { Authority::SharedKey } else { Authority::Pointer }
    }

    fn stragglers(&self) -> Stragglers {
        Stragglers::Refused
    }

    fn nodes(&self) -> Vec<NodeName> {
        ["a", "b"].into_iter().filter_map(Self::node).collect()
    }

    fn fence_strength(&self, _: &NodeName) -> Option<Strength> {
        self.0.world().fence
    }

    async fn signer(&self, cx: &Cx) -> Result<Signer, ProbeError> {
        let takes = {
            let mut world = self.0.world();
            world.lookers += 1;
            world.looking
        };
        if !takes.is_zero() {
            cx.sleep_until(cx.clock().uptime().after(takes)).await.map_err(ProbeError::from)?;
        }
        let mut world = self.0.world();
        world.lookers -= 1;
        let known = self.nodes().into_iter().find(|node| node.as_str() == world.signer);
        Ok(known.map_or_else(|| Signer::Stranger(world.signer.clone()), Signer::Node))
    }

    async fn plan(&self, request: &PlanRequest, cx: &Cx) -> Result<Proposal<Step>, PlanError> {
        let takes = {
            let mut world = self.0.world();
            world.plannings += 1;
            world.planning
        };
        if !takes.is_zero() {
            cx.sleep_until(cx.clock().uptime().after(takes)).await.map_err(ProbeError::from)?;
        }
        let world = self.0.world();
        if let Some(refusal) = world.refusal.clone().filter(|_| request.kind != Kind::LastResort) {
            return Err(PlanError::Refused(vec![refusal]));
        }
        if !world.plans_blindly && world.signer != request.from.as_str() {
            let message = format!("the ledger names `{}`, not `{}`", world.signer, request.from);
            return Err(PlanError::Refused(vec![Refusal::new("ledger_key_changed", message, "look again")]));
        }
        let to = request.to.clone().or_else(|| self.nodes().into_iter().find(|node| *node != request.from));
        let (s, long) = (Duration::from_secs(5), Duration::from_mins(2));
        let ready = Plan::ready(Step::Check, s);
        let active = match world.fence {
            Some(strength) => {
                let strength = if request.stated.is_some() { Strength::Proves } else { strength };
                ready.fence(Step::Stop(request.stated.as_deref().cloned()), strength, s).activate(Step::Move, long)?
            }
            None => ready.move_pointer(Step::Move, long),
        };
        Ok(Proposal { to, plan: active.verify(Step::Confirm, long).build() })
    }

    async fn prepare(&self, step: &Step, attempt: u32, _: &Cx) -> Result<Payload, StepError> {
        let to = if self.0.world().signer == "a" { "b" } else { "a" };
        Ok(match step {
            Step::Move => Payload::new(format!("{to} {attempt}")),
            Step::Check | Step::Stop(_) | Step::Confirm => Payload::empty(),
        })
    }

    async fn perform(&self, step: &Step, payload: &Payload, _: Permit, _: &Cx) -> Result<Receipt, StepError> {
        let mut world = self.0.world();
        match step {
            Step::Check => match world.refusal.clone() {
                Some(refusal) => Err(StepError::Refuse(refusal.message.into())),
                None => Ok(Receipt("ready".into())),
            },
            Step::Stop(None) if world.is_cut_off => Err(StepError::Unknown("no answer from the node".into())),
            Step::Stop(_) => Ok(Receipt("fenced".into())),
            Step::Move => {
                world.submitted.push(payload.bytes().to_vec());
                let text = String::from_utf8_lossy(payload.bytes()).into_owned();
                if let Some((to, _)) = text.split_once(' ').filter(|_| !world.drops && !world.refuses) {
                    to.clone_into(&mut world.signer);
                    world.performs = true;
                    if !world.loses_answers {
                        return Ok(Receipt("committed".into()));
                    }
                }
                Err(StepError::Unknown("no answer".into()))
            }
            Step::Confirm => Ok(Receipt("signs".into())),
        }
    }

    async fn inspect(&self, step: &Step, payload: &Payload, _: Epoch, _: &Cx) -> Result<Effect, StepError> {
        let world = self.0.world();
        let text = String::from_utf8_lossy(payload.bytes()).into_owned();
        Ok(match step {
            Step::Move if world.refuses && world.submitted.iter().any(|sent| sent == payload.bytes()) => {
                Effect::Refused("the ledger refused it".into())
            }
            Step::Move if text.split_once(' ').is_some_and(|(to, _)| to == world.signer) => {
                Effect::Done(Receipt("committed".into()))
            }
            Step::Move => Effect::None(format!("the pointer names `{}`", world.signer)),
            Step::Stop(None) if world.is_cut_off => Effect::None(format!("`{}` may sign", world.signer)),
            Step::Check | Step::Stop(_) | Step::Confirm => Effect::Done(Receipt("seen".into())),
        })
    }

    async fn undo(&self, step: &Step, _: Permit, _: &Cx) -> Result<(), StepError> {
        match step {
            Step::Stop(None) if self.0.world().is_cut_off => Err(StepError::Unknown("no answer from the node".into())),
            _ => Ok(()),
        }
    }
}
