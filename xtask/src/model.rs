//! The protocol model.
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let repository = Repository::find()?;
    let build = ["build", "--release", "--package", "tanist-model", "--bin", "tanist-model"];
    let program = Call::cargo(&repository).args(build).build()?.program("tanist-model")?;
    Call::new(&repository, program).args(arguments).run()
}
