//! Where typed chain parts become one kind of thing for the engine.
pub(crate) mod told;

pub use told::Reading;

use crate::action::{Effect, FailoverAction, PlanError, PlanRequest, Proposal, Receipt, Signer, StepError, Stragglers};
use crate::backtest::{self, Judged, Line, Trial};
use crate::clock::{Timestamp, Uptime};
use crate::config::ActLimits;
use crate::cx::Cx;
use crate::fence::Strength;
use crate::gates::Limits;
use crate::guard::Permit;
use crate::id::{Epoch, NodeName, ValidatorName};
use crate::payload::Payload;
use crate::policy::{Context, Decision, ThresholdPolicy, Verdict};
use crate::probe::{Evidence, HealthProbe, Observation, ProbeError, Source};
use crate::window::{Views, Window};
use async_trait::async_trait;
use serde::de::{Deserialize, DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use told::Told;

/// Sources and policy of one validator, their evidence type hidden.
#[async_trait]
pub trait Sensor: Send {
    /// Asks all sources at the same time, and judges. A source that failed the last time holds up
    /// nobody: it is judged without, is not asked again before its time is up, and its late answer
    /// counts in the next round, as of the moment at which it was asked. May be dropped at any await
    /// point: then nothing was judged.
    async fn sense(&mut self, cx: &Cx) -> Sensed;
    /// The newest judgement made once more, with every value that it was made from; `None` before the
    /// first one.
    fn explain(&self) -> Option<Decision>;
    /// What the policy would have made of `lines`; see [`backtest`](backtest::backtest). Leaves what
    /// was really seen alone.
    fn backtest(&self, lines: &mut dyn Iterator<Item = Line>, trial: &Trial) -> Judged;
    /// Forgets every observation: after a clock jump or a long stop, old and new ones must not be
    /// judged together.
    fn forget(&mut self);
}

/// One round of asking and what was made of it.
#[derive(Debug)]
pub struct Sensed {
    /// When the judgement was made.
    pub at: Timestamp,
    /// The judgement with its reason.
    pub decision: Decision,
    /// What each source said last, in the order of the config; `None` where it was not heard yet.
    pub(crate) told: Box<[Option<Told>]>,
}

impl Sensed {
    /// What each source said last, in the order of the config, put into words.
    pub fn readings(&self) -> Vec<Reading> {
        self.told.iter().flatten().map(Told::reading).collect()
    }
}

struct TypedSensor<E, T> {
    vantages: Box<[Vantage<E>]>,
    policy: T,
    judged: Option<Judgement>,
    /// Who was asked and owes an answer: between two rounds nobody, nearly always.
    asked: Option<JoinSet<(usize, Observation<E>, Duration)>>,
}

/// When the windows were judged last, and what came of it.
#[derive(Clone, Copy)]
struct Judgement {
    now: Uptime,
    before: Verdict,
    verdict: Verdict,
}

/// One source with what it said lately.
struct Vantage<E> {
    source: Arc<Source<E>>,
    window: Window<E>,
    /// How long its newest answer took.
    took: Duration,
    /// The task that asks it, while it owes an answer.
    owing: Option<Id>,
}

/// How long a round waits for sources that failed the last time, once all others have answered. Most
/// failures come at once; a host that is gone says nothing until its time is up, and the primary is
/// gone just when seconds count.
const GRACE: Duration = Duration::from_millis(5);

impl<E: Evidence> Vantage<E> {
    fn new(source: Source<E>, span: Duration) -> Self {
        let window = Window::new(source.origin.clone(), span);
        Self { source: Arc::new(source), window, took: Duration::ZERO, owing: None }
    }

    fn told(&self) -> Option<Told> {
        let (source, said) = (self.source.clone(), self.window.last()?.clone());
        Some(Told { source, said, took: self.took })
    }
}

impl<E: Evidence, T: ThresholdPolicy<E>> TypedSensor<E, T> {
    /// Asks every source that owes no answer. Says which are worth waiting for: those that answered
    /// the last time, or were never asked.
    fn ask(&mut self, cx: &Cx) -> BTreeSet<usize> {
        let asked = self.asked.get_or_insert_default();
        let mut awaited = BTreeSet::new();
        for (index, Vantage { source, window, owing, .. }) in self.vantages.iter_mut().enumerate() {
            if owing.is_none() {
                let (probe, cx) = (source.probe.clone(), cx.clone());
                let task = asked.spawn(async move {
                    let observation = observe(&*probe, &cx).await;
                    let took = cx.clock().uptime().since(observation.at);
                    (index, observation, took)
                });
                *owing = Some(task.id());
            }
            if window.observations().next().is_none_or(|last| last.outcome.is_ok()) {
                awaited.insert(index);
            }
        }
        awaited
    }

    /// Takes in the end of one task; says whose it was.
    fn take(&mut self, ended: Result<(usize, Observation<E>, Duration), JoinError>) -> Option<usize> {
        match ended {
            Ok((index, observation, took)) => {
                let vantage = self.vantages.get_mut(index)?;
                vantage.window.push(observation);
                (vantage.took, vantage.owing) = (took, None);
                Some(index)
            }
            Err(error) => {
                let (index, vantage) =
                    self.vantages.iter_mut().enumerate().find(|(_, vantage)| vantage.owing == Some(error.id()))?;
                vantage.owing = None;
                tracing::error!(source = vantage.source.name, %error, "a probe ended abnormally");
                Some(index)
            }
        }
    }

    /// The next task that ends; `None` where none runs.
    async fn next(&mut self) -> Option<Result<(usize, Observation<E>, Duration), JoinError>> {
        self.asked.as_mut()?.join_next().await
    }

    fn views(&self) -> Views<'_, E> {
        Views::of(self.vantages.iter().map(|vantage| &vantage.window))
    }
}

#[async_trait]
impl<E: Evidence, T: ThresholdPolicy<E>> Sensor for TypedSensor<E, T> {
    async fn sense(&mut self, cx: &Cx) -> Sensed {
        while let Some(late) = self.asked.as_mut().and_then(JoinSet::try_join_next) {
            self.take(late);
        }
        let mut awaited = self.ask(cx);
        while !awaited.is_empty() {
            let Some(ended) = self.next().await else { break };
            if let Some(index) = self.take(ended) {
                awaited.remove(&index);
            }
        }
        let end = cx.clock().uptime().after(GRACE);
        while self.vantages.iter().any(|vantage| vantage.owing.is_some()) {
            let ended = tokio::select! {
                biased;
                ended = self.next() => ended,
                _ = cx.sleep_until(end) => None,
            };
            let Some(ended) = ended else { break };
            self.take(ended);
        }
        self.asked.take_if(|asked| asked.is_empty());
        let before = self.judged.map_or(Verdict::Unknown, |judged| judged.verdict);
        let now = cx.clock().uptime();
        let decision = self.policy.judge(&self.views(), &Context::at(now, before));
        self.judged = Some(Judgement { now, before, verdict: decision.verdict });
        Sensed { at: cx.clock().now(), decision, told: self.vantages.iter().map(Vantage::told).collect() }
    }

    fn explain(&self) -> Option<Decision> {
        // No window changes between two rounds, so the same context gives the same decision.
        let Judgement { now, before, .. } = self.judged?;
        let context = Context { explain: true, ..Context::at(now, before) };
        Some(self.policy.judge(&self.views(), &context))
    }

    fn backtest(&self, lines: &mut dyn Iterator<Item = Line>, trial: &Trial) -> Judged {
        backtest::recorded(lines, &self.policy, trial)
    }

    fn forget(&mut self) {
        // With the answers that are still owed: they were asked for before.
        self.asked = None;
        for vantage in &mut self.vantages {
            vantage.owing = None;
            vantage.window.clear();
            vantage.source.probe.forget();
        }
        self.judged = None;
    }
}

async fn observe<E: Evidence>(probe: &dyn HealthProbe<Evidence = E>, cx: &Cx) -> Observation<E> {
    let (at, wall) = (cx.clock().uptime(), cx.clock().now());
    let outcome = cx.bound(probe.observe(cx)).await.unwrap_or_else(|late| Err(ProbeError::from(late)));
    Observation::new(at, wall, outcome)
}

/// An action whose steps are JSON values. Implemented for every [`FailoverAction`].
#[async_trait]
pub trait Actor: Send + Sync {
    /// See [`FailoverAction::stragglers`].
    fn stragglers(&self) -> Stragglers;
    /// See [`FailoverAction::nodes`].
    fn nodes(&self) -> Vec<NodeName>;
    /// See [`FailoverAction::fence_strength`].
    fn fence_strength(&self, node: &NodeName) -> Option<Strength> {
        let _ = node;
        None
    }
    /// See [`FailoverAction::signer`].
    async fn signer(&self, cx: &Cx) -> Result<Signer, ProbeError>;
    /// See [`FailoverAction::plan`].
    async fn plan(&self, request: &PlanRequest, cx: &Cx) -> Result<Proposal<Value>, PlanError>;
    /// A step as [`FailoverAction::Step`] displays it; its JSON where it cannot be read.
    fn describe(&self, step: &Value) -> String;
    /// See [`FailoverAction::prepare`].
    async fn prepare(&self, step: &Value, attempt: u32, cx: &Cx) -> Result<Payload, StepError>;
    /// See [`FailoverAction::perform`].
    async fn perform(&self, step: &Value, payload: &Payload, permit: Permit, cx: &Cx) -> Result<Receipt, StepError>;
    /// See [`FailoverAction::inspect`].
    async fn inspect(&self, step: &Value, payload: &Payload, epoch: Epoch, cx: &Cx) -> Result<Effect, StepError>;
    /// See [`FailoverAction::undo`].
    async fn undo(&self, step: &Value, permit: Permit, cx: &Cx) -> Result<(), StepError>;
}

#[async_trait]
impl<A: FailoverAction> Actor for A {
    fn stragglers(&self) -> Stragglers {
        FailoverAction::stragglers(self)
    }

    fn nodes(&self) -> Vec<NodeName> {
        FailoverAction::nodes(self)
    }

    fn fence_strength(&self, node: &NodeName) -> Option<Strength> {
        FailoverAction::fence_strength(self, node)
    }

    async fn signer(&self, cx: &Cx) -> Result<Signer, ProbeError> {
        FailoverAction::signer(self, cx).await
    }

    async fn plan(&self, request: &PlanRequest, cx: &Cx) -> Result<Proposal<Value>, PlanError> {
        let Proposal { to, plan } = FailoverAction::plan(self, request, cx).await?;
        if plan.authority() != self.authority() {
            return Err(PlanError::WrongAuthority { needed: self.authority(), built: plan.authority() });
        }
        let plan = plan.try_map(|step| serde_json::to_value(step)).map_err(PlanError::Step)?;
        Ok(Proposal { to, plan })
    }

    fn describe(&self, step: &Value) -> String {
        A::Step::deserialize(step).map_or_else(|_| step.to_string(), |step| step.to_string())
    }

    async fn prepare(&self, step: &Value, attempt: u32, cx: &Cx) -> Result<Payload, StepError> {
        FailoverAction::prepare(self, &typed(step)?, attempt, cx).await
    }

    async fn perform(&self, step: &Value, payload: &Payload, permit: Permit, cx: &Cx) -> Result<Receipt, StepError> {
        FailoverAction::perform(self, &typed(step)?, payload, permit, cx).await
    }

    async fn inspect(&self, step: &Value, payload: &Payload, epoch: Epoch, cx: &Cx) -> Result<Effect, StepError> {
        FailoverAction::inspect(self, &typed(step)?, payload, epoch, cx).await
    }

    async fn undo(&self, step: &Value, permit: Permit, cx: &Cx) -> Result<(), StepError> {
        FailoverAction::undo(self, &typed(step)?, permit, cx).await
    }
}

fn typed<S: DeserializeOwned>(step: &Value) -> Result<S, StepError> {
    S::deserialize(step).map_err(|e| StepError::Refuse(e.into()))
}

/// One watched validator.
pub struct Unit {
    /// Its name in the config.
    pub name: ValidatorName,
    /// Observes and judges.
    pub sensor: Box<dyn Sensor>,
    /// Fails over.
    pub actor: Arc<dyn Actor>,
    /// Time from the end of one failover to the next automatic one; acknowledging ends it.
    pub cooldown: Duration,
    /// How long a validator must be down with no successor before it is taken out of duty
    /// ([`Kind::LastResort`](crate::action::Kind::LastResort)); `None`: never.
    pub last_resort: Option<Duration>,
    /// Time from one round of asking to the next.
    pub period: Duration,
    /// Time granted to every source in one round.
    pub patience: Duration,
}

impl Unit {
    /// Ties sources to the policy that reads their evidence and to the action that follows. A round
    /// every 5 s with 4 s of patience, and 30 minutes of cool-down; set the fields to change that.
    pub fn new<E, T, A>(name: ValidatorName, sources: Vec<Source<E>>, policy: T, action: A) -> Self
    where
        E: Evidence,
        T: ThresholdPolicy<E>,
        A: FailoverAction,
    {
        let vantages = sources.into_iter().map(|source| Vantage::new(source, policy.span())).collect();
        let sensor = TypedSensor { vantages, policy, judged: None, asked: None };
        Self {
            name,
            sensor: Box::new(sensor),
            actor: Arc::new(action),
            cooldown: Duration::from_mins(30),
            last_resort: None,
            period: Duration::from_secs(5),
            patience: Duration::from_secs(4),
        }
    }

    /// A trial of this unit's policy and times that acts as freely as `act` says, and in which a new node
    /// signs `failover` after the decision. For [`Sensor::backtest`].
    pub fn trial(&self, act: &ActLimits, failover: Duration) -> Trial {
        let (validator, nodes) = (self.name.clone(), self.actor.nodes());
        let limits = Limits { act: act.clone(), cooldown: self.cooldown, period: self.period };
        Trial { validator, nodes, limits, beside: BTreeSet::new(), failover }
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unit").field("name", &self.name).finish_non_exhaustive()
    }
}
