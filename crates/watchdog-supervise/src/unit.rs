//! A signer as a systemd unit.
mod state;

use crate::doubt::{Doubt, FenceError};
use crate::fence::{Evidence, Fence, Rehearsal};
use crate::invocation::Invocation;
use crate::order::{Order, Target};
use crate::signer::{Force, Presence, Signer, put_out};
use crate::ssh::SshSettings;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use state::{PROPERTIES, UnitState};
use std::path::PathBuf;
use std::time::Duration;
use watchdog_core::config::Text;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;

/// A signer that the service manager runs.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UnitSettings {
    /// The unit, such as `lighthouse-vc.service`. Its file must not lie in /etc/systemd/system, where
    /// it could not be masked.
    #[schemars(with = "String", extend("examples" = ["lighthouse-vc.service"]))]
    pub unit: Text,
    /// The systemctl program.
    #[serde(default = "UnitSettings::default_systemctl")]
    pub systemctl: PathBuf,
}

impl UnitSettings {
    fn default_systemctl() -> PathBuf {
        PathBuf::from("/usr/bin/systemctl")
    }

    /// Checks what the form of the values does not: key and reason where something is wrong. Both words
    /// may pass through a shell on another host.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-@/".contains(&b));
        let unit = self.unit.0.as_str();
        let is_unit = unit.ends_with(".service") && unit.len() > 8 && !unit.contains('/') && !unit.starts_with('-');
        let systemctl = self.systemctl.to_str().unwrap_or_default();
        match () {
            () if !is_unit || !is_word(unit) => Err(("unit", "the name of a `.service` unit".to_owned())),
            () if !systemctl.starts_with('/') || !is_word(systemctl) => {
                Err(("systemctl", "an absolute path of letters, digits, `.`, `_`, `-` and `/`".to_owned()))
            }
            () => Ok(()),
        }
    }
}

/// The signer as a unit, on this host or on another.
#[derive(Clone, Debug)]
pub struct UnitSigner {
    settings: UnitSettings,
    ssh: Option<SshSettings>,
}

impl UnitSigner {
    /// A unit of this host, or of the one behind `ssh`. There, the key's user must be able to manage
    /// units; a key that can run one command only is [`ForcedCommand`](crate::forced_command::ForcedCommand)'s.
    pub fn new(settings: UnitSettings, ssh: Option<SshSettings>) -> Self {
        Self { settings, ssh }
    }

    async fn systemctl(&self, words: &[&str], cx: &Cx) -> Result<Vec<u8>, Doubt> {
        let mut argv = vec![self.settings.systemctl.display().to_string()];
        argv.extend(words.iter().map(ToString::to_string));
        argv.extend(["--".to_owned(), self.settings.unit.0.clone()]);
        let finished = match &self.ssh {
            None => Invocation::new(argv).run(cx).await?,
            // Every word was checked to need no quotes.
            Some(ssh) => ssh.run(&argv.join(" "), cx).await?,
        };
        finished.succeeded()
    }

    async fn state(&self, cx: &Cx) -> Result<UnitState, Doubt> {
        let properties = format!("--property={}", PROPERTIES.join(","));
        UnitState::read(&self.systemctl(&["show", &properties], cx).await?)
    }
}

#[async_trait]
impl Signer for UnitSigner {
    async fn start(&self, cx: &Cx) -> Result<(), Doubt> {
        self.systemctl(&["start", "--no-block"], cx).await.map(drop)
    }

    async fn press(&self, force: Force, cx: &Cx) -> Result<(), Doubt> {
        match force {
            Force::Ask => self.systemctl(&["stop", "--no-block"], cx).await.map(drop),
            Force::Kill => {
                self.systemctl(&["stop", "--no-block"], cx).await?;
                // There may be nothing left to kill, which systemctl calls a failure.
                self.systemctl(&["kill", "--signal=SIGKILL"], cx).await.map(drop).or_else(|doubt| match doubt {
                    Doubt::Status(_) => Ok(()),
                    other => Err(other),
                })
            }
        }
    }

    async fn presence(&self, cx: &Cx) -> Result<Presence, Doubt> {
        let state = self.state(cx).await?;
        Ok(if state.is_absent() { Presence::Absent } else { Presence::Present(state.to_string()) })
    }

    /// Masks the unit: nothing starts it then, no boot, no dependency, no hand without unmasking.
    async fn bar(&self, cx: &Cx) -> Result<(), Doubt> {
        self.systemctl(&["mask"], cx).await.map(drop)
    }

    async fn is_barred(&self, cx: &Cx) -> Result<bool, Doubt> {
        Ok(self.state(cx).await?.is_masked())
    }

    /// Unmasks the unit. One that a boot would start is masked again: it would sign without a grant.
    async fn unbar(&self, cx: &Cx) -> Result<(), Doubt> {
        self.systemctl(&["unmask"], cx).await?;
        let state = self.state(cx).await?;
        if state.starts_at_boot() {
            self.bar(cx).await?;
            let unit = &self.settings.unit.0;
            return Err(Doubt::Weak(format!(
                "{unit} would start at boot without a grant: run `systemctl disable {unit}`"
            )));
        }
        Ok(())
    }
}

/// Stop and mask by the service manager, read again.
///
/// Proves where the reading succeeds. The service manager knows no epochs: a command that arrives late
/// takes effect, so the action that uses it declares its
/// [stragglers](watchdog_core::action::FailoverAction::stragglers).
#[derive(Clone, Debug)]
pub struct ServiceStop {
    signer: UnitSigner,
    grace: Duration,
}

impl ServiceStop {
    /// Stops `signer` with `grace` between asking and killing.
    pub fn new(signer: UnitSigner, grace: Duration) -> Self {
        Self { signer, grace }
    }
}

#[async_trait]
impl Fence for ServiceStop {
    fn strength(&self) -> Strength {
        Strength::Proves
    }

    async fn fence(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        // It is stopped even where it cannot be masked: that is no proof, and better than nothing.
        let barred = self.signer.bar(cx).await;
        put_out(&self.signer, self.grace, cx).await?;
        barred?;
        self.verify(order, cx).await
    }

    async fn verify(&self, _: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let state = self.signer.state(cx).await?;
        match () {
            () if !state.is_absent() => Err(Doubt::StillThere(state.to_string()).into()),
            () if !state.is_masked() => Err(Doubt::StillThere(format!("stopped and not masked: {state}")).into()),
            () => Ok(Evidence(state.document())),
        }
    }

    async fn rehearse(&self, _: &Target, cx: &Cx) -> Result<Rehearsal, FenceError> {
        let state = self.signer.state(cx).await?;
        Ok(Rehearsal { found: state.to_string(), lacking: state.lacking(&self.signer.settings.unit.0) })
    }

    async fn lift(&self, _: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        self.signer.unbar(cx).await?;
        self.signer.start(cx).await?;
        Ok(Evidence(self.signer.state(cx).await?.document()))
    }
}
