//! A sixth chain: what is read, when it counts as down, how it is moved. Then a node dies, and the engine moves it.
//!
//! On Lantern the ledger names one keeper per light, whose node must shine at every height. One transaction names
//! another keeper, so the ledger itself keeps two apart (`Authority::Pointer`).
//! Run it: `cargo run --package tanist-examples --example custom_chain`.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{error::Error, fmt, num::NonZeroUsize, sync::Arc, time::Duration};
use tanist_examples::Stage;
use tokio::sync::Mutex;
use watchdog_core::action::{
    Effect, FailoverAction, PlanError, PlanRequest, Proposal, Receipt, Refusal, Signer, StepError, Stragglers,
};
use watchdog_core::id::{Epoch, NodeName, Origin, ValidatorName};
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::policy::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict, quorum::Quorum};
use watchdog_core::probe::{Evidence, HealthProbe, Performance, ProbeError, Source};
use watchdog_core::{cx::Cx, guard::Permit, payload::Payload, unit::Unit, window::Views};

/// The chain itself, here in memory.
struct Ledger {
    keeper: NodeName,
    dead: Option<NodeName>,
    taken: Vec<Payload>,
}

/// What one look shows.
#[derive(Debug, Serialize)]
struct Shine(u64, bool);
impl fmt::Display for Shine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "height {}: {}", self.0, if self.1 { "light" } else { "dark" })
    }
}
impl Evidence for Shine {
    fn performance(&self) -> Performance {
        if self.1 { Performance::Performing } else { Performance::Failing }
    }
    fn position(&self) -> u64 {
        self.0
    }
}

struct Lookout(Arc<Mutex<Ledger>>);
#[async_trait]
impl HealthProbe for Lookout {
    type Evidence = Shine;
    async fn observe(&self, cx: &Cx) -> Result<Shine, ProbeError> {
        let ledger = self.0.lock().await;
        Ok(Shine(cx.clock().uptime().0.as_secs(), ledger.dead.as_ref() != Some(&ledger.keeper)))
    }
}

/// Down after so many looks in the dark, one after the other; says nothing about what it cannot see.
struct Dark(u64);
impl ThresholdPolicy<Shine> for Dark {
    fn span(&self) -> Duration {
        Duration::from_secs(10)
    }
    fn judge(&self, views: &Views<'_, Shine>, context: &Context) -> Decision {
        let window = views.only().filter(|w| w.is_fresh(context.now, Duration::from_secs(2)));
        let dark = window.map(|w| w.evidence().take_while(|shine| !shine.1).count() as u64);
        let verdict = dark.map_or(Verdict::Unknown, |n| if n >= self.0 { Verdict::Down } else { Verdict::Healthy });
        Decision::new(verdict, Reason::of("dark", Measure::Count(self.0), Measure::Count(dark.unwrap_or(0))))
    }
}

/// What is journaled before it is done; never a secret.
#[derive(Debug, Deserialize, Serialize)]
enum Step {
    See(NodeName),
    Name(NodeName),
}
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::See(node) => write!(f, "see that {node} shines"),
            Self::Name(node) => write!(f, "name {node} keeper"),
        }
    }
}

struct Hand(Arc<Mutex<Ledger>>);
#[async_trait]
impl FailoverAction for Hand {
    type Step = Step;
    fn authority(&self) -> Authority {
        Authority::Pointer
    }
    fn stragglers(&self) -> Stragglers {
        Stragglers::Refused // the ledger takes a transaction at most once
    }
    fn nodes(&self) -> Vec<NodeName> {
        ["ann", "bob"].into_iter().filter_map(NodeName::new).collect()
    }
    async fn signer(&self, _: &Cx) -> Result<Signer, ProbeError> {
        Ok(Signer::Node(self.0.lock().await.keeper.clone()))
    }
    async fn plan(&self, request: &PlanRequest, _: &Cx) -> Result<Proposal<Step>, PlanError> {
        let to = request.to.clone().or_else(|| self.nodes().into_iter().find(|node| *node != request.from));
        let none = || PlanError::Refused(vec![Refusal::new("no_backup", "there is no other node", "add one")]);
        let (to, limit) = (to.ok_or_else(none)?, Duration::from_secs(5));
        let plan = Plan::ready(Step::See(to.clone()), limit).move_pointer(Step::Name(to.clone()), limit);
        Ok(Proposal { to: Some(to.clone()), plan: plan.verify(Step::See(to), limit).build() })
    }
    async fn prepare(&self, step: &Step, attempt: u32, _: &Cx) -> Result<Payload, StepError> {
        Ok(Payload::new(format!("{step}, attempt {attempt}"))) // elsewhere: a signed transaction
    }
    async fn perform(&self, step: &Step, payload: &Payload, _: Permit, _: &Cx) -> Result<Receipt, StepError> {
        let mut ledger = self.0.lock().await;
        if matches!(step, Step::See(node) if ledger.dead.as_ref() == Some(node)) {
            return Err(StepError::Refuse("its node is dead".into()));
        }
        if let (Step::Name(node), false) = (step, ledger.taken.contains(payload)) {
            ledger.keeper.clone_from(node);
            ledger.taken.push(payload.clone());
        }
        Ok(Receipt(step.to_string().into()))
    }
    async fn inspect(&self, step: &Step, payload: &Payload, _: Epoch, _: &Cx) -> Result<Effect, StepError> {
        let done = !matches!(step, Step::Name(_)) || self.0.lock().await.taken.contains(payload);
        Ok(if done { Effect::Done(Receipt(step.to_string().into())) } else { Effect::None("not taken".into()) })
    }
    async fn undo(&self, _: &Step, _: Permit, _: &Cx) -> Result<(), StepError> {
        Ok(()) // nothing before the transaction changes anything
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (ann, light) = (NodeName::new("ann").ok_or("a name")?, ValidatorName::new("light").ok_or("a name")?);
    let ledger = Arc::new(Mutex::new(Ledger { keeper: ann.clone(), dead: None, taken: Vec::new() }));
    let probe = || Arc::new(Lookout(ledger.clone()));
    let lookout = |from: &str| Some(Source { name: from.to_owned(), origin: Origin::new(from)?, probe: probe() });
    let sources = ["north", "south"].into_iter().filter_map(lookout).collect();
    let policy = Quorum { need: NonZeroUsize::MIN.saturating_add(1), skew: 1, policy: Dark(3) };
    let mut unit = Unit::new(light, sources, policy, Hand(ledger.clone()));
    unit.period = Duration::from_millis(50);
    let stage = Stage::open("lantern", unit).await?;
    stage.until(|status| status.signer.as_ref() == Some(&ann)).await?;
    ledger.lock().await.dead = Some(ann);
    stage.until(|status| status.last_operation.is_some()).await?;
    stage.events().await?.iter().for_each(|event| println!("{:<9} {}", event.event, event.summary));
    stage.close().await?;
    let ledger = ledger.lock().await;
    println!("{} keeps the light; transactions sent: {}", ledger.keeper, ledger.taken.len());
    Ok(())
}
