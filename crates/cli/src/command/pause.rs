//! `tanist pause` and `tanist resume`
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::duration;
use crate::{Outcome, daemon};
use serde_json::json;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::config::TextDuration;
use watchdog_service::control::client::Client;
use watchdog_service::control::view::PauseBody;

/// Stop automatic action. Watching, alerts and manual commands go on.
#[derive(Debug, clap::Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    whom: Whom,
    /// For how long; until somebody resumes where absent
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    lasts: Option<TextDuration>,
    /// Why, for the journal and for whoever looks at the status
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Allow automatic action again.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    whom: Whom,
}

/// Whose.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// Validator
    name: Option<String>,
    /// All validators
    #[arg(long)]
    all: bool,
}

impl Whom {
    async fn names(&self, client: &Client) -> Result<Vec<String>, Box<Failure>> {
        if let Some(name) = &self.name {
            return Ok(vec![name.clone()]);
        }
        let answer = client.status().await.map_err(|error| daemon::failure(&error))?;
        Ok(answer.result.validators.into_iter().map(|one| one.name).collect())
    }
}

pub(crate) fn pause(pause: &Pause, global: &Global, printer: Printer) -> Outcome {
    let until = pause.lasts.map(|lasts| SystemClock::new().now().after(lasts.0).to_string());
    let body = PauseBody { until: until.clone(), reason: pause.reason.clone() };
    daemon::ask(global, async |client| {
        let names = pause.whom.names(&client).await?;
        for name in &names {
            client.pause(name, &body).await.map_err(|error| daemon::failure(&error).validator(name))?;
        }
        printer.result("pause", json!({ "paused": names, "until": until, "reason": pause.reason }), || {
            let until =
                until.as_deref().map_or_else(|| "until somebody resumes".to_owned(), |until| format!("until {until}"));
            format!("paused {until}: {}", names.join(", "))
        });
        Ok(Exit::Ok)
    })
}

pub(crate) fn resume(resume: &Resume, global: &Global, printer: Printer) -> Outcome {
    daemon::ask(global, async |client| {
        let names = resume.whom.names(&client).await?;
        for name in &names {
            client.resume(name).await.map_err(|error| daemon::failure(&error).validator(name))?;
        }
        printer.result("resume", json!({ "resumed": names }), || {
            format!("automatic action is allowed again: {}", names.join(", "))
        });
        Ok(Exit::Ok)
    })
}
