//! `tanist fence`
mod parts;
mod test;

use crate::Outcome;
use crate::args::Global;
use crate::output::Printer;

/// Rehearse the fences that keep a node from signing.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Fence {
    /// Walk every fence up to its effect, and change nothing
    Test(test::Test),
}

pub(crate) fn run(fence: &Fence, global: &Global, printer: Printer) -> Outcome {
    match fence {
        Fence::Test(test) => test::run(test, global, printer),
    }
}
