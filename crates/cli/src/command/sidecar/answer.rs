//! `tanist sidecar answer`
use super::{configured, stage_command};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::{Outcome, environment};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::SystemClock;
use watchdog_core::cx::Cx;
use watchdog_supervise::settings::SettingsError;
use watchdog_supervise::wire::{NotARequest, Request};

/// Longest time for one request besides the grace of the signer: an engine has given up by then.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn run(global: &Global, printer: Printer) -> Outcome {
    let request: Request =
        environment::text("SSH_ORIGINAL_COMMAND").unwrap_or_default().parse().map_err(|error: NotARequest| {
            Failure::new(Exit::Usage, "usage", error.to_string())
                .hint("an engine sends it; nothing else runs with this key")
        })?;
    let (_, sidecar) = configured(global)?;
    let node = sidecar.node(stage_command()).map_err(|error| unusable(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Error, "runtime", "no runtime can be started").caused_by(&error))?;
    let limit = global.timeout.map_or(sidecar.times().grace.saturating_add(LIMIT), |limit| limit.0);
    let cx = Cx::root(Arc::new(SystemClock::new()), CancellationToken::new()).within(limit);
    let answer = runtime.block_on(async { cx.bound(node.answer(&request, &cx)).await });
    let answer = answer.map_err(|interrupted| {
        Failure::new(Exit::Unknown, "fence_unproven", "the effect of the request is not established")
            .caused_by(&interrupted)
    })?;
    printer.document(&serde_json::to_value(&answer).unwrap_or_default());
    Ok(match answer.exit_status(&request) {
        0 => Exit::Ok,
        4 => Exit::Refused,
        _ => Exit::Unknown,
    })
}

/// Settings that cannot be used on this host, as the failure of a command.
pub(super) fn unusable(error: &SettingsError) -> Box<Failure> {
    let exit = if matches!(error, SettingsError::Store(_)) { Exit::Storage } else { Exit::Config };
    let code = if exit == Exit::Storage { "storage" } else { "config_invalid" };
    Failure::new(exit, code, "this node cannot be supervised").caused_by(error)
}
