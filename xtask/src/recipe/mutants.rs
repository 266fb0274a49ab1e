//! Mutation testing.
use crate::call::Call;
use crate::failure::Failure;
use crate::peer::MUTANTS;
use crate::repository::Repository;

/// Where the tool writes what became of each fault, below `target`.
const OUTPUT: &str = "mutants";

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let repository = Repository::find()?;
    MUTANTS.needed(&repository)?;
    // Which modules, tests and profile, and what is left out and why, is in `.cargo/mutants.toml`.
    let call = Call::cargo(&repository).args(["mutants", "--package", "watchdog-core", "--output"]);
    call.arg(repository.made().join(OUTPUT)).args(arguments).run()
}
