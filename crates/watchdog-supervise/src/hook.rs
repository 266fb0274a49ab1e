//! Programs of the operator: machine controllers, power strips, clouds.
use crate::doubt::{Doubt, FenceError};
use crate::fence::{Evidence, Fence, Rehearsal};
use crate::invocation::Invocation;
use crate::order::{Order, Target};
use crate::wire;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use watchdog_core::config::Text;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::id::{Epoch, NodeName, ValidatorName};

/// Name and version of what a hook reads.
pub const SCHEMA: &str = "tanist/fence-hook/v1";

/// A program that can take the power, or whatever else a node needs, away.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HookSettings {
    /// Program and arguments; no shell, no secret: a program that needs one reads it from a file of its own.
    pub command: Vec<String>,
    /// Its whole environment; `PATH` has a default. No secret.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub environment: BTreeMap<String, Text>,
    /// What its success is worth. `proves` only where it reads the state from the controller itself, and
    /// "off" keeps the node off: it must not start by itself when the power is back.
    #[serde(default)]
    pub strength: Strength,
}

/// Such a program as a fence. It is run once for each request:
///
/// ```text
/// standard input   {"schema":"tanist/fence-hook/v1","request":"fence","rehearsal":false,
///                   "validator":"main","node":"node_a","epoch":{"token":7,"seq":3}}
/// standard output  {"state":"off"}
/// ```
///
/// `request` is `fence`, `verify` (read and change nothing), `rehearse` (the same, with `rehearsal`
/// true) or `lift`; `state` is `off`, `on` or `unknown`. Only exit status 0 and `off`, answered by
/// `fence` and again by `verify`, count.
#[derive(Clone, Debug)]
pub struct Hook {
    settings: HookSettings,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Power {
    Off,
    On,
    Unknown,
}

#[derive(Debug, Deserialize, Serialize)]
struct Said {
    state: Power,
    /// Repeated by a hook that wants its answer bound to the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validator: Option<ValidatorName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<NodeName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<Epoch>,
}

impl Hook {
    /// The program of `settings`.
    pub fn new(settings: HookSettings) -> Self {
        Self { settings }
    }

    async fn ask(&self, request: &str, target: &Target, epoch: Option<Epoch>, cx: &Cx) -> Result<Said, Doubt> {
        let question = json!({
            "schema": SCHEMA, "request": request, "rehearsal": request == "rehearse",
            "validator": target.validator, "node": target.node, "epoch": epoch,
        });
        let mut invocation = Invocation::new(self.settings.command.clone());
        let environment = self.settings.environment.iter().map(|(name, Text(value))| (name.clone(), value.clone()));
        invocation.environment.extend(environment);
        invocation.input = format!("{question}\n").into_bytes();
        let said: Said = wire::line(&invocation.run(cx).await?.succeeded()?)?;
        let is_elsewhere = said.validator.as_ref().is_some_and(|name| *name != target.validator)
            || said.node.as_ref().is_some_and(|name| *name != target.node)
            || (said.epoch.is_some() && said.epoch != epoch);
        if is_elsewhere { Err(Doubt::Elsewhere("it names another node or epoch".to_owned())) } else { Ok(said) }
    }

    async fn off(&self, request: &str, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        match self.ask(request, &order.target, Some(order.epoch), cx).await?.state {
            Power::Off => Ok(Evidence(json!({ "state": Power::Off, "epoch": order.epoch }))),
            Power::On => Err(Doubt::StillThere("the hook says `on`".to_owned()).into()),
            Power::Unknown => Err(Doubt::StillThere("the hook does not know the state".to_owned()).into()),
        }
    }
}

#[async_trait]
impl Fence for Hook {
    fn strength(&self) -> Strength {
        self.settings.strength
    }

    async fn fence(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        self.off("fence", order, cx).await
    }

    async fn verify(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        self.off("verify", order, cx).await
    }

    async fn rehearse(&self, target: &Target, cx: &Cx) -> Result<Rehearsal, FenceError> {
        let said = self.ask("rehearse", target, None, cx).await?;
        let (found, lacking) = match said.state {
            Power::On => ("the hook answers: on", vec![]),
            Power::Off => ("the hook answers: off", vec![]),
            Power::Unknown => {
                let reason = "the hook cannot read the state of the node: a fence by it would prove nothing";
                ("the hook answers: unknown", vec![reason.to_owned()])
            }
        };
        Ok(Rehearsal { found: found.to_owned(), lacking })
    }

    async fn lift(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let said = self.ask("lift", &order.target, Some(order.epoch), cx).await?;
        match said.state {
            Power::On => Ok(Evidence(json!({ "state": Power::On, "epoch": order.epoch }))),
            Power::Off | Power::Unknown => Err(Doubt::Weak("the hook does not say `on`".to_owned()).into()),
        }
    }
}
