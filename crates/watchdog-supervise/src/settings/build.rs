//! From settings to parts.
use super::{LadderSettings, LocalSettings, RungSettings, SidecarSettings};
use crate::authority::{AuthorityStore, StoreError};
use crate::doubt::Doubt;
use crate::fence::Fence;
use crate::forced_command::ForcedCommand;
use crate::hook::Hook;
use crate::ladder::{Ladder, Rung};
use crate::lapse::Lapse;
use crate::local_node::LocalNode;
use crate::node::Node;
use crate::order::Target;
use crate::process::{ProcessSettings, ProcessSigner};
use crate::sidecar::{BadTimes, SidecarTimes};
use crate::signer::Signer;
use crate::statement::OperatorStatement;
use crate::step::FenceStep;
use crate::unit::{ServiceStop, UnitSettings, UnitSigner};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::lease::Lease;

/// Time between two looks at a unit, each of which runs a program.
const UNIT_TICK: Duration = Duration::from_millis(500);

/// What a configuration cannot say by itself.
pub trait Parts {
    /// The lease of a node; `None` where no shared lease store is configured.
    fn lease(&self, target: &Target) -> Option<Arc<dyn Lease>>;

    /// The command line, up to the number of the supervisor, that comes to
    /// [`stage`](crate::process::stage()).
    fn stage(&self) -> Vec<String>;
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A value is wrong.
    #[error("`{key}`: {reason}")]
    Value {
        /// Key below the table, dotted.
        key: String,
        /// What it must be.
        reason: String,
    },
    /// The directory of a node's memory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The signer cannot be supervised.
    #[error(transparent)]
    Signer(#[from] Doubt),
}

fn value(key: impl Into<String>, reason: impl Into<String>) -> SettingsError {
    SettingsError::Value { key: key.into(), reason: reason.into() }
}

impl LadderSettings {
    /// The node that it is for.
    pub fn target(&self) -> Target {
        Target { validator: self.validator.clone(), node: self.node.clone() }
    }

    /// Checks all that can be checked without touching anything.
    pub fn check(&self) -> Result<(), SettingsError> {
        let (mut named, all): (Vec<_>, Vec<_>) = (self.order.iter().collect(), self.rung.keys().collect());
        named.sort();
        if named.is_empty() || named != all {
            let list = all.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(value("order", format!("name each rung once; there are: {list}")));
        }
        self.rung.iter().try_for_each(|(name, rung)| rung.check().map_err(|error| error.below(&format!("rung.{name}"))))
    }

    /// The ladder.
    pub fn build(&self, parts: &dyn Parts) -> Result<Ladder, SettingsError> {
        self.check()?;
        let target = self.target();
        let rungs = self.order.iter().filter_map(|name| Some((name, self.rung.get(name)?)));
        let rungs = rungs.map(|(name, rung)| {
            let fence = rung.build(&target, parts).map_err(|error| error.below(&format!("rung.{name}")))?;
            Ok(Rung { name: name.clone(), limit: rung.limit(), fence })
        });
        Ok(Ladder::new(rungs.collect::<Result<_, SettingsError>>()?))
    }
}

impl LadderSettings {
    /// The step of a plan that climbs the ladder.
    pub fn step(&self, parts: &dyn Parts) -> Result<FenceStep, SettingsError> {
        Ok(FenceStep::new(self.target(), self.build(parts)?, self.within.0))
    }
}

impl SettingsError {
    fn below(self, table: &str) -> Self {
        match self {
            Self::Value { key, reason } => Self::Value { key: format!("{table}.{key}"), reason },
            other => other,
        }
    }
}

impl RungSettings {
    /// Time for one command and for one reading.
    pub fn limit(&self) -> Duration {
        let usual = if self.lapse.is_some() { Duration::from_mins(2) } else { Duration::from_secs(15) };
        self.limit.map_or(usual, |limit| limit.0)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let kinds = [
            self.forced_command.is_some(),
            self.service.is_some(),
            self.local.is_some(),
            self.hook.is_some(),
            self.lapse.is_some(),
            self.statement.is_some(),
        ];
        if kinds.iter().filter(|is_given| **is_given).count() != 1 {
            let kinds = "forced_command, service, local, hook, lapse, statement";
            return Err(value("limit", format!("beside it, give exactly one of: {kinds}")));
        }
        if self.limit().is_zero() {
            return Err(value("limit", "more than 0 s"));
        }
        if let Some(ssh) = &self.forced_command {
            ssh.check().map_err(|(key, reason)| value(format!("forced_command.{key}"), reason))?;
        }
        if let Some(service) = &self.service {
            service.unit.check().map_err(|(key, reason)| value(format!("service.unit.{key}"), reason))?;
            let ssh = service.ssh.as_ref().map_or(Ok(()), crate::ssh::SshSettings::check);
            ssh.map_err(|(key, reason)| value(format!("service.ssh.{key}"), reason))?;
        }
        if let Some(local) = &self.local {
            signer_check(local.process.as_ref(), local.unit.as_ref()).map_err(|error| error.below("local"))?;
        }
        match &self.hook {
            Some(hook) if hook.command.is_empty() => Err(value("hook.command", "program and arguments")),
            _ => Ok(()),
        }
    }

    fn build(&self, target: &Target, parts: &dyn Parts) -> Result<Box<dyn Fence>, SettingsError> {
        if let Some(ssh) = &self.forced_command {
            return Ok(Box::new(ForcedCommand::new(ssh.clone())));
        }
        if let Some(service) = &self.service {
            let signer = UnitSigner::new(service.unit.clone(), service.ssh.clone());
            return Ok(Box::new(ServiceStop::new(signer, service.grace.0)));
        }
        if let Some(local) = &self.local {
            return Ok(Box::new(LocalNode::new(local.node(target, parts)?)));
        }
        if let Some(hook) = &self.hook {
            return Ok(Box::new(Hook::new(hook.clone())));
        }
        if let Some(lapse) = &self.lapse {
            let lease =
                parts.lease(target).ok_or_else(|| value("lapse", "needs a shared store: set `[lease.etcd]`"))?;
            return Ok(Box::new(Lapse::new(lease, lapse.watchdog)));
        }
        Ok(Box::new(OperatorStatement::awaited()))
    }
}

impl LocalSettings {
    fn node(&self, target: &Target, parts: &dyn Parts) -> Result<Node, SettingsError> {
        let store = AuthorityStore::open(&self.state, target.clone())?;
        let signer = signer(self.process.as_ref(), self.unit.as_ref(), &store, parts.stage());
        Ok(Node::new(store, signer, self.grace.0, false))
    }
}

impl SidecarSettings {
    /// The node that it is for.
    pub fn target(&self) -> Target {
        Target { validator: self.validator.clone(), node: self.node.clone() }
    }

    /// The times.
    pub fn times(&self) -> SidecarTimes {
        let usual = SidecarTimes::of(self.ttl.0);
        SidecarTimes {
            renew_every: self.renew_every.map_or(usual.renew_every, |every| every.0),
            grace: self.grace.map_or(usual.grace, |grace| grace.0),
            tick: if self.unit.is_some() { UNIT_TICK } else { usual.tick },
            ..usual
        }
    }

    /// Checks all that can be checked without touching anything.
    pub fn check(&self) -> Result<(), SettingsError> {
        signer_check(self.process.as_ref(), self.unit.as_ref())?;
        self.times().check().map_err(|error: BadTimes| value("ttl", error.to_string()))
    }

    /// The memory of this node.
    pub fn store(&self) -> Result<AuthorityStore, SettingsError> {
        Ok(AuthorityStore::open(Path::new(&self.state), self.target())?)
    }

    /// The signer, for a process that does nothing but supervise it.
    pub fn supervised(&self, store: &AuthorityStore, stage: Vec<String>) -> Result<Arc<dyn Signer>, SettingsError> {
        match (&self.process, &self.unit) {
            (Some(process), _) => Ok(Arc::new(ProcessSigner::new(process.clone(), store, stage).adopting()?)),
            (None, unit) => Ok(signer(None, unit.as_ref(), store, stage)),
        }
    }

    /// The node's side of a fence.
    pub fn node(&self, stage: Vec<String>) -> Result<Node, SettingsError> {
        let store = self.store()?;
        let signer = signer(self.process.as_ref(), self.unit.as_ref(), &store, stage);
        Ok(Node::new(store, signer, self.times().grace, true))
    }
}

fn signer_check(process: Option<&ProcessSettings>, unit: Option<&UnitSettings>) -> Result<(), SettingsError> {
    match (process, unit) {
        (Some(process), None) if process.command.is_empty() => Err(value("process.command", "program and arguments")),
        (Some(process), None) if process.environment.contains_key(crate::process::MARK) => {
            Err(value("process.environment", format!("{} is set by the sidecar itself", crate::process::MARK)))
        }
        (Some(_), None) => Ok(()),
        (None, Some(unit)) => unit.check().map_err(|(key, reason)| value(format!("unit.{key}"), reason)),
        _ => Err(value("process", "give exactly one of: process, unit")),
    }
}

/// The signer as settings that were checked name it.
fn signer(
    process: Option<&ProcessSettings>,
    unit: Option<&UnitSettings>,
    store: &AuthorityStore,
    stage: Vec<String>,
) -> Arc<dyn Signer> {
    match (process, unit) {
        (None, Some(unit)) => Arc::new(UnitSigner::new(unit.clone(), None)),
        (process, _) => Arc::new(ProcessSigner::new(process.cloned().unwrap_or_default(), store, stage)),
    }
}
