//! `tanist ack`
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Printer;
use crate::{Outcome, daemon};
use serde_json::json;

/// Say that you have seen how the last operation of a validator ended: it ends the cool-down, and the
/// hold after an operation that failed or could not be proven.
#[derive(Debug, clap::Args)]
pub(crate) struct Ack {
    /// Validator
    name: String,
}

pub(crate) fn run(ack: &Ack, global: &Global, printer: Printer) -> Outcome {
    let name = &ack.name;
    daemon::ask(global, async |client| {
        client.acknowledge(name).await.map_err(|error| daemon::failure(&error).validator(name))?;
        printer.result("ack", json!({ "acknowledged": name }), || format!("acknowledged: {name}"));
        Ok(Exit::Ok)
    })
}
