//! `tanist fence`
pub(super) mod ladders;
mod state;
mod test;

use crate::Outcome;
use crate::args::Global;
use crate::output::Printer;

/// Rehearse the fences that keep a node from signing, or stand in for them.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Fence {
    /// Walk every fence up to its effect, and change nothing
    Test(test::Test),
    /// State that a node cannot sign any more, after you have seen to it
    State(state::State),
}

pub(crate) fn run(fence: &Fence, global: &Global, printer: Printer) -> Outcome {
    match fence {
        Fence::Test(test) => test::run(test, global, printer),
        Fence::State(state) => state::run(state, global, printer),
    }
}
