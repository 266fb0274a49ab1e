//! From the text of a configuration to the plan of a chain, by the fences that it was lent.
use crate::world::target;
use async_trait::async_trait;
use figment::Figment;
use figment::providers::{Format, Toml};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::action::{
    Effect, FailoverAction, Kind, PlanError, PlanRequest, Proposal, Receipt, Refusal, Signer, StepError, Stragglers,
};
use watchdog_core::chain::{AssembleError, Assembly, Chain, Env, Offline};
use watchdog_core::clock::SystemClock;
use watchdog_core::config::Mode;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::fence::statement::Statement;
use watchdog_core::guard::Permit;
use watchdog_core::id::{Epoch, NodeName, ValidatorName};
use watchdog_core::lease::Lease;
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan, Role};
use watchdog_core::policy::consecutive::ConsecutiveFailures;
use watchdog_core::probe::{Evidence, Performance, ProbeError};
use watchdog_core::registry::Registry;
use watchdog_core::secret::Unread;
use watchdog_core::unit::{Actor, Unit};
use watchdog_supervise::fences::{Fences, Unusable};
use watchdog_supervise::order::Target;
use watchdog_supervise::settings::{LadderSettings, Parts};
use watchdog_supervise::step::FenceStep;

/// A chain of which two nodes have one key.
struct Twin;

#[derive(Debug, Deserialize, JsonSchema)]
struct Settings {
    nodes: Vec<NodeName>,
}

impl Offline for Twin {
    const NAME: &'static str = "twin";
}

impl Chain for Twin {
    type Settings = Settings;
    type Error = Infallible;

    fn assemble(
        name: ValidatorName,
        _: Mode,
        settings: Settings,
        env: &Env,
    ) -> Result<Assembly, AssembleError<Infallible>> {
        let action = Keys { validator: name.clone(), nodes: settings.nodes, fences: Fences::lent(env) };
        let policy = ConsecutiveFailures { tolerated: 5, interval: Duration::from_secs(1) };
        let unit = Unit::new::<Nothing, _, _>(name, Vec::new(), policy, action);
        Ok(Assembly { units: vec![unit], ..Assembly::default() })
    }
}

/// What nobody ever sees.
#[derive(Debug, Serialize)]
struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }
}

impl Evidence for Nothing {
    fn performance(&self) -> Performance {
        Performance::Idle
    }

    fn position(&self) -> u64 {
        0
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
enum Step {
    Check,
    Fence(NodeName, Option<Statement>),
    Start,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

struct Keys {
    validator: ValidatorName,
    nodes: Vec<NodeName>,
    fences: Fences,
}

impl Keys {
    fn at(&self, node: &NodeName) -> Target {
        Target { validator: self.validator.clone(), node: node.clone() }
    }

    fn fence(&self, node: &NodeName, stated: Option<&Statement>) -> Result<FenceStep, Refusal> {
        self.fences.of(&self.at(node), stated)
    }
}

#[async_trait]
impl FailoverAction for Keys {
    type Step = Step;

    fn authority(&self) -> Authority {
        Authority::SharedKey
    }

    fn stragglers(&self) -> Stragglers {
        self.fences.stragglers(&self.validator)
    }

    fn nodes(&self) -> Vec<NodeName> {
        self.nodes.clone()
    }

    fn fence_strength(&self, node: &NodeName) -> Option<Strength> {
        Some(self.fences.strength(&self.at(node)))
    }

    async fn signer(&self, _: &Cx) -> Result<Signer, ProbeError> {
        Ok(Signer::Nobody)
    }

    async fn plan(&self, request: &PlanRequest, _: &Cx) -> Result<Proposal<Step>, PlanError> {
        let limit = Duration::from_secs(5);
        let (from, stated) = (request.from.clone(), request.stated.as_deref().cloned());
        let fence = self.fence(&from, stated.as_ref())?;
        let plan = fence.plan_after(Plan::ready(Step::Check, limit), Step::Fence(from, stated));
        Ok(Proposal { to: request.to.clone(), plan: plan.activate(Step::Start, limit)?.build() })
    }

    async fn prepare(&self, _: &Step, _: u32, _: &Cx) -> Result<Payload, StepError> {
        Ok(Payload::empty())
    }

    async fn perform(&self, step: &Step, _: &Payload, permit: Permit, cx: &Cx) -> Result<Receipt, StepError> {
        match step {
            Step::Fence(node, stated) => self.fence(node, stated.as_ref())?.perform(permit, cx).await,
            _ => Ok(Receipt(step.to_string().into())),
        }
    }

    async fn inspect(&self, step: &Step, _: &Payload, epoch: Epoch, cx: &Cx) -> Result<Effect, StepError> {
        match step {
            Step::Fence(node, stated) => self.fence(node, stated.as_ref())?.inspect(epoch, cx).await,
            _ => Ok(Effect::None("it is not done".into())),
        }
    }

    async fn undo(&self, step: &Step, permit: Permit, cx: &Cx) -> Result<(), StepError> {
        match step {
            Step::Fence(node, stated) => self.fence(node, stated.as_ref())?.undo(permit, cx).await,
            _ => Ok(()),
        }
    }
}

/// What a configuration without a lease store adds.
struct Alone;

impl Parts for Alone {
    fn lease(&self, _: &Target) -> Option<Arc<dyn Lease>> {
        None
    }

    fn stage(&self) -> Vec<String> {
        Vec::new()
    }
}

const VALIDATOR: &str = "[validator.main]\nchain = \"twin\"\nnodes = [\"node_a\", \"node_b\"]\n";

/// A ladder of `node` of one rung.
fn table(name: &str, node: &str, rung: &str) -> String {
    format!(
        "[fence.{name}]\nvalidator = \"main\"\nnode = \"{node}\"\norder = [\"only\"]\nwithin = \"30s\"\nrung.only = {rung}\n"
    )
}

const PROVES: &str = "{ limit = \"7s\", hook = { command = [\"/bin/false\"], strength = \"proves\" } }";

fn fences(text: &str) -> Result<Fences, Unusable> {
    let config = Figment::from(Toml::string(text));
    let tables: BTreeMap<String, LadderSettings> =
        if config.contains("fence") { config.extract_inner("fence").unwrap() } else { BTreeMap::new() };
    Fences::build(&tables, &Alone)
}

fn env() -> Env {
    Env::new(Arc::new(SystemClock::new()), Arc::new(Unread))
}

/// The chain's action, of a configuration with these fences.
fn assembled(fences_of: &str, env: &Env) -> Arc<dyn Actor> {
    let config = Figment::from(Toml::string(&format!("{VALIDATOR}{fences_of}")));
    let mut assembled = Registry::default().with::<Twin>().assemble(&config, Mode::Act, env).unwrap();
    assembled.remove(0).parts.units.remove(0).actor
}

fn lent(text: &str) -> Arc<dyn Actor> {
    assembled(text, &env().lending(fences(text).unwrap()))
}

async fn plan(actor: &dyn Actor) -> Result<Proposal<serde_json::Value>, PlanError> {
    plan_stated(actor, None).await
}

async fn plan_stated(actor: &dyn Actor, stated: Option<Statement>) -> Result<Proposal<serde_json::Value>, PlanError> {
    let to = NodeName::new("node_b");
    let request =
        PlanRequest { kind: Kind::Failover, from: target().node, to, cause: None, stated: stated.map(Box::new) };
    actor.plan(&request, &crate::world::cx()).await
}

#[tokio::test]
async fn a_configured_ladder_that_proves_is_the_fence_of_the_plan() {
    let actor = lent(&table("main_a", "node_a", PROVES));
    let Proposal { plan, .. } = plan(&*actor).await.unwrap();
    let fences: Vec<_> = plan.steps().iter().filter(|step| step.role == Role::Fence).collect();
    assert_eq!(fences.len(), 1);
    assert_eq!((fences[0].strength, fences[0].limit), (Some(Strength::Proves), Duration::from_secs(30)));
    assert_eq!(actor.stragglers(), Stragglers::Within(Duration::from_secs(7)), "a hook knows no epochs");
    let worth = |node: &str| actor.fence_strength(&NodeName::new(node).unwrap());
    assert_eq!([worth("node_a"), worth("node_b")], [Some(Strength::Proves), Some(Strength::None)]);
}

#[tokio::test]
async fn without_a_ladder_of_that_node_the_plan_is_refused_and_the_table_named() {
    let others = [
        String::new(),
        table("main_b", "node_b", PROVES),
        table("else_a", "node_a", PROVES).replace("\"main\"", "\"other\""),
    ];
    for text in others {
        let Err(PlanError::Refused(refusals)) = plan(&*lent(&text)).await else { panic!("a plan: {text}") };
        assert_eq!(refusals[0].code, "no_fence", "{text}");
        for named in ["[fence.<name>]", "validator = \"main\"", "node = \"node_a\""] {
            assert!(refusals[0].hint.contains(named), "{}", refusals[0].hint);
        }
    }
}

#[tokio::test]
async fn a_configured_ladder_that_does_not_prove_is_no_plan() {
    let weak = table("main_a", "node_a", "{ hook = { command = [\"/bin/false\"] } }");
    let Err(PlanError::Refused(refusals)) = plan(&*lent(&weak)).await else { panic!("a plan") };
    assert_eq!(refusals[0].code, "fence_too_weak");
}

#[tokio::test]
async fn what_a_person_has_stated_is_in_the_plan_and_proves_where_the_ladder_awaits_it() {
    let (Target { validator, node }, clock) = (target(), SystemClock::new());
    let stated = Statement::new("ops", "node_a powered off", (validator, node), "node_a", &clock).unwrap();
    let awaiting = lent(&table("main_a", "node_a", "{ statement = {} }"));
    let Err(PlanError::Refused(refusals)) = plan(&*awaiting).await else { panic!("a plan") };
    assert_eq!(refusals[0].code, "fence_too_weak", "nobody has said anything");
    let Proposal { plan, .. } = plan_stated(&*awaiting, Some(stated.clone())).await.unwrap();
    assert_eq!(plan.steps()[1].strength, Some(Strength::Proves));
    assert_eq!(plan.steps()[1].step["Fence"][1]["text"], "node_a powered off");
    let proving = lent(&table("main_a", "node_a", PROVES));
    let Err(PlanError::Refused(refusals)) = plan_stated(&*proving, Some(stated)).await else { panic!("a plan") };
    assert_eq!(refusals[0].code, "statement_not_awaited");
}

#[tokio::test]
async fn where_only_the_form_is_looked_at_nothing_is_lent_and_the_chain_is_assembled_all_the_same() {
    let actor = assembled(&table("main_a", "node_a", PROVES), &env());
    let Err(PlanError::Refused(refusals)) = plan(&*actor).await else { panic!("a plan") };
    assert_eq!(refusals[0].code, "no_fence");
    assert_eq!(actor.stragglers(), Stragglers::Refused, "no command of a fence is ever sent");
}

#[test]
fn a_ladder_that_cannot_be_built_names_its_table_and_key() {
    let lapse = fences(&table("main_a", "node_a", "{ lapse = {} }")).unwrap_err();
    assert_eq!(
        watchdog_core::causes::line(&lapse),
        "fence `main_a` cannot be used: `rung.only.lapse`: needs a shared store: set `[lease.etcd]`"
    );
    let twice = fences(&(table("main_a", "node_a", PROVES) + &table("other", "node_a", PROVES))).unwrap_err();
    assert_eq!(twice.name, "other");
    assert!(watchdog_core::causes::line(&twice).contains("`node`: main/node_a has a ladder already"), "{twice:?}");
}
