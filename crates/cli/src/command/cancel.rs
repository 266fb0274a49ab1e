//! `tanist cancel`
use super::status::{deliver, operation_line};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Printer;
use crate::{Outcome, daemon};

/// Take an operation back, before its point of no return.
#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    /// Operation, as `status` and `events` name it
    operation: String,
}

pub(crate) fn run(cancel: &Cancel, global: &Global, printer: Printer) -> Outcome {
    daemon::ask(global, async |client| {
        let answer = client.cancel(&cancel.operation).await;
        let answer = answer.map_err(|error| daemon::failure(&error).operation(&cancel.operation))?;
        deliver(printer, &answer.document, || format!("being taken back: {}", operation_line(&answer.result)));
        Ok(Exit::Ok)
    })
}
