//! Where typed chain parts become one kind of thing for the engine.
use crate::action::{Effect, FailoverAction, PlanError, PlanRequest, Proposal, Receipt, Signer, StepError, Stragglers};
use crate::backtest::{self, Judged, Timing};
use crate::causes;
use crate::clock::{Timestamp, Uptime};
use crate::config::ActLimits;
use crate::cx::Cx;
use crate::guard::Permit;
use crate::id::{Epoch, NodeName, Origin, ValidatorName};
use crate::payload::Payload;
use crate::policy::{Context, Decision, ThresholdPolicy, Verdict};
use crate::probe::{Evidence, HealthProbe, Observation, Performance, ProbeError, Source};
use crate::recording::{Facts, Recorded};
use crate::window::{Views, Window};
use async_trait::async_trait;
use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};

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
    /// What the policy would have made of `recorded`; see [`backtest`](backtest::backtest). Leaves what
    /// was really seen alone.
    fn backtest(&self, recorded: &mut dyn Iterator<Item = Recorded>, timing: &Timing) -> Judged;
    /// Forgets every observation: after a clock jump or a long stop, old and new ones must not be
    /// judged together.
    fn forget(&mut self);
}

/// One round of asking and what was made of it.
#[derive(Clone, Debug, Serialize)]
pub struct Sensed {
    /// When the judgement was made.
    pub at: Timestamp,
    /// The judgement with its reason.
    pub decision: Decision,
    /// What each source said last, in the order of the config.
    pub readings: Vec<Reading>,
}

/// What one source said, for people and scripts.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// Name of the source.
    pub source: String,
    /// Failure domain of the source.
    pub origin: Origin,
    /// When it was asked.
    pub at: Timestamp,
    /// The same since boot.
    #[serde(skip)]
    pub asked: Uptime,
    /// The part of the evidence that every chain can answer.
    #[serde(skip)]
    pub facts: Option<Facts>,
    /// How long the answer took.
    #[serde(rename = "took_seconds", serialize_with = "seconds")]
    pub took: Duration,
    /// Chain position of the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// How the validator performs by this evidence alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance: Option<Performance>,
    /// The evidence in one line, or why there is none.
    pub line: String,
    /// The evidence with all its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Value>,
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

struct TypedSensor<E, T> {
    sources: Vec<Source<E>>,
    windows: Vec<Window<E>>,
    newest: Vec<Option<Reading>>,
    policy: T,
    before: Verdict,
    judged: Option<Context>,
    asked: JoinSet<(usize, Observation<E>, Duration)>,
    owing: BTreeMap<usize, Id>,
}

/// How long a round waits for sources that failed the last time, once all others have answered. Most
/// failures come at once; a host that is gone says nothing until its time is up, and the primary is
/// gone just when seconds count.
const GRACE: Duration = Duration::from_millis(5);

impl<E: Evidence, T: ThresholdPolicy<E>> TypedSensor<E, T> {
    /// Asks every source that owes no answer. Says which are worth waiting for: those that answered
    /// the last time, or were never asked.
    fn ask(&mut self, cx: &Cx) -> BTreeSet<usize> {
        let mut awaited = BTreeSet::new();
        for (index, (source, window)) in self.sources.iter().zip(&self.windows).enumerate() {
            if !self.owing.contains_key(&index) {
                let (probe, cx) = (source.probe.clone(), cx.clone());
                let task = self.asked.spawn(async move {
                    let observation = observe(&*probe, &cx).await;
                    let took = cx.clock().uptime().since(observation.at);
                    (index, observation, took)
                });
                self.owing.insert(index, task.id());
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
                self.owing.remove(&index);
                let (source, window) = self.sources.get(index).zip(self.windows.get_mut(index))?;
                if let Some(newest) = self.newest.get_mut(index) {
                    *newest = Some(reading(source, &observation, took));
                }
                window.push(observation);
                Some(index)
            }
            Err(error) => {
                let index = self.owing.iter().find(|(_, id)| **id == error.id()).map(|(index, _)| *index)?;
                self.owing.remove(&index);
                tracing::error!(source = self.sources.get(index).map(|source| &*source.name), %error, "a probe ended abnormally");
                Some(index)
            }
        }
    }
}

#[async_trait]
impl<E: Evidence, T: ThresholdPolicy<E>> Sensor for TypedSensor<E, T> {
    async fn sense(&mut self, cx: &Cx) -> Sensed {
        while let Some(late) = self.asked.try_join_next() {
            self.take(late);
        }
        let mut awaited = self.ask(cx);
        while !awaited.is_empty() {
            let Some(ended) = self.asked.join_next().await else { break };
            if let Some(index) = self.take(ended) {
                awaited.remove(&index);
            }
        }
        let end = cx.clock().uptime().after(GRACE);
        while !self.owing.is_empty() {
            let ended = tokio::select! {
                biased;
                ended = self.asked.join_next() => ended,
                _ = cx.sleep_until(end) => None,
            };
            let Some(ended) = ended else { break };
            self.take(ended);
        }
        let context = Context::at(cx.clock().uptime(), self.before);
        let decision = self.policy.judge(&Views::of(&self.windows), &context);
        (self.before, self.judged) = (decision.verdict, Some(context));
        // Of the right size at once: it is kept until the next round.
        let mut readings = Vec::with_capacity(self.newest.len());
        readings.extend(self.newest.iter().flatten().cloned());
        Sensed { at: cx.clock().now(), decision, readings }
    }

    fn explain(&self) -> Option<Decision> {
        // No window changes between two rounds, so the same context gives the same decision.
        let context = Context { explain: true, ..self.judged? };
        Some(self.policy.judge(&Views::of(&self.windows), &context))
    }

    fn backtest(&self, recorded: &mut dyn Iterator<Item = Recorded>, timing: &Timing) -> Judged {
        backtest::recorded(recorded, &self.policy, timing)
    }

    fn forget(&mut self) {
        // With the answers that are still owed: they were asked for before.
        self.asked = JoinSet::new();
        self.owing.clear();
        self.newest.iter_mut().for_each(|reading| *reading = None);
        self.windows.iter_mut().for_each(Window::clear);
        self.sources.iter().for_each(|source| source.probe.forget());
        (self.before, self.judged) = (Verdict::Unknown, None);
    }
}

async fn observe<E: Evidence>(probe: &dyn HealthProbe<Evidence = E>, cx: &Cx) -> Observation<E> {
    let (at, wall) = (cx.clock().uptime(), cx.clock().now());
    let outcome = cx.bound(probe.observe(cx)).await.unwrap_or_else(|late| Err(ProbeError::from(late)));
    Observation { at, wall, outcome }
}

fn reading<E: Evidence>(source: &Source<E>, observation: &Observation<E>, took: Duration) -> Reading {
    let evidence = observation.outcome.as_ref().ok();
    Reading {
        source: source.name.clone(),
        origin: source.origin.clone(),
        at: observation.wall,
        asked: observation.at,
        facts: evidence.map(Facts::of),
        took,
        position: evidence.map(Evidence::position),
        performance: evidence.map(Evidence::performance),
        line: observation.outcome.as_ref().map_or_else(|error| causes::line(error), ToString::to_string),
        evidence: evidence.and_then(|e| serde_json::to_value(e).ok()),
    }
}

/// An action whose steps are JSON values. Implemented for every [`FailoverAction`].
#[async_trait]
pub trait Actor: Send + Sync {
    /// See [`FailoverAction::stragglers`].
    fn stragglers(&self) -> Stragglers;
    /// See [`FailoverAction::nodes`].
    fn nodes(&self) -> Vec<NodeName>;
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
        let windows = sources.iter().map(|s| Window::new(s.origin.clone(), policy.span())).collect();
        let newest = sources.iter().map(|_| None).collect();
        let (asked, owing, before) = (JoinSet::new(), BTreeMap::new(), Verdict::Unknown);
        let sensor = TypedSensor { sources, windows, newest, policy, before, judged: None, asked, owing };
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

    /// What would have happened with this unit's policy and times, had its sources seen `recorded`.
    /// `act`: how freely it acts; `failover`: time from a decision until the new node signs.
    pub fn backtest(
        &self,
        recorded: &mut dyn Iterator<Item = Recorded>,
        act: &ActLimits,
        failover: Duration,
    ) -> Judged {
        let timing = Timing { period: self.period, act: act.clone(), cooldown: self.cooldown, failover };
        self.sensor.backtest(recorded, &timing)
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unit").field("name", &self.name).finish_non_exhaustive()
    }
}
