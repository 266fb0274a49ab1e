//! `tanist release`
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Printer;
use crate::{Outcome, daemon};
use serde_json::json;

/// Let the watchdog act by itself again after too many validators turned down together. Look first for
/// what they have in common: whoever is still down is acted upon at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {}

pub(crate) fn run(_: &Release, global: &Global, printer: Printer) -> Outcome {
    daemon::ask(global, async |client| {
        let answer = client.release().await.map_err(|error| daemon::failure(&error))?;
        let told = answer.document.pointer("/result/released").cloned().unwrap_or_default();
        printer.result("release", json!({ "released": told }), || match answer.result.released {
            Some(hold) => format!("released: {}", hold.down.join(", ")),
            None => "nothing was held".to_owned(),
        });
        Ok(Exit::Ok)
    })
}
