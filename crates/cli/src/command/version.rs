//! `tanist version`
use crate::chains;
use crate::exit::Exit;
use crate::output::Printer;
use serde_json::json;

/// Print the version and what was built in.
#[derive(Debug, clap::Args)]
pub(crate) struct Version {}

/// Version of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(printer: Printer) -> Exit {
    let registry = chains::registry();
    let chains: Vec<_> = registry.names().collect();
    printer.result("version", json!({ "version": VERSION, "chains": chains }), || {
        format!("tanist {VERSION}\nchains: {}", chains.join(", "))
    });
    Exit::Ok
}
