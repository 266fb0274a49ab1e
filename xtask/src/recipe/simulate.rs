//! The simulation.
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let repository = Repository::find()?;
    let build = ["build", "--release", "--package", "tanist-simulation", "--bin", "tanist-simulation"];
    let program = Call::cargo(&repository).args(build).build()?.program("tanist-simulation")?;
    Call::new(&repository, program).args(arguments).run()
}
