//! Reading the configuration anew while the service runs.
use super::watched::{self, Networks};
use crate::args::Global;
use crate::command::layers;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use async_trait::async_trait;
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;
use watchdog_core::clock::Clock;
use watchdog_core::engine::{Handle, Watched};
use watchdog_core::id::InstanceId;
use watchdog_service::control::problem::Problem;
use watchdog_service::control::problem::StatusCode;
use watchdog_service::control::server::Configuration;

/// Puts a changed configuration in force as a whole, or refuses it.
#[derive(Debug)]
pub(super) struct Reloader {
    handle: Handle,
    /// What cannot change while the service runs; held while a reload is under way.
    fixed: Mutex<Fixed>,
    networks: std::sync::Mutex<Networks>,
    global: Global,
    instance: InstanceId,
    clock: Arc<dyn Clock>,
}

/// Settings that are read at the start only.
#[derive(Debug)]
struct Fixed(Vec<(&'static str, String)>);

impl Fixed {
    fn of(settings: &Settings) -> Self {
        let group = settings.api.group.as_ref().map_or("", |group| group.0.as_str());
        Self(vec![
            ("instance", settings.instance()),
            ("journal.path", settings.journal.path.display().to_string()),
            ("observations", format!("{:?}", settings.observations)),
            ("lease", format!("{:?}", settings.lease)),
            ("log.format", format!("{:?}", settings.log.format)),
            ("api.socket", settings.api.socket.display().to_string()),
            ("api.group", group.to_owned()),
        ])
    }

    /// Keys that differ.
    fn against(&self, other: &Self) -> Vec<&'static str> {
        self.0.iter().zip(&other.0).filter(|(old, new)| old.1 != new.1).map(|(old, _)| old.0).collect()
    }
}

impl Reloader {
    pub(super) fn new(
        handle: Handle,
        settings: &Settings,
        networks: Networks,
        global: Global,
        instance: InstanceId,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (fixed, networks) = (Mutex::new(Fixed::of(settings)), networks.into());
        Self { handle, fixed, networks, global, instance, clock }
    }
}

#[async_trait]
impl Configuration for Reloader {
    fn network(&self, validator: &str) -> Option<String> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner).get(validator).cloned()
    }

    async fn reload(&self) -> Result<Vec<String>, Problem> {
        let fixed = self.fixed.lock().await;
        let (global, clock, instance) = (self.global.clone(), self.clock.clone(), self.instance);
        // Reading secrets may take a while, and must not hold up the engine.
        let read = tokio::task::spawn_blocking(move || read(&global, instance, clock)).await;
        let (settings, (watched, networks)) = match read {
            Ok(Ok(read)) => read,
            Ok(Err(failure)) => return Err(problem(&failure)),
            Err(error) => return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "error", error.to_string())),
        };
        let frozen = fixed.against(&Fixed::of(&settings));
        if !frozen.is_empty() {
            let what = format!("{} cannot change while the service runs", frozen.join(", "));
            return Err(Problem::new(StatusCode::CONFLICT, "restart_required", what)
                .hint("restart the service, or take the change back"));
        }
        let changes = self.handle.reload(watched).await?;
        *self.networks.lock().unwrap_or_else(PoisonError::into_inner) = networks;
        Ok(changes)
    }
}

type Read = (Settings, (Vec<Watched>, Networks));

fn read(global: &Global, instance: InstanceId, clock: Arc<dyn Clock>) -> Result<Read, Box<Failure>> {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    let watched = watched::of(&layers, &settings, instance, clock)?;
    Ok((settings, watched))
}

fn problem(failure: &Failure) -> Problem {
    let status = match failure.exit {
        Exit::Config | Exit::Secret => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut problem = Problem::new(status, failure.code.clone(), failure.message.clone());
    problem.at.clone_from(&failure.at);
    problem.expected.clone_from(&failure.expected);
    problem.hint.clone_from(&failure.hint);
    problem.validator.clone_from(&failure.validator);
    problem.causes.clone_from(&failure.causes);
    problem
}
