//! Hostile inputs for every decoder.
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let repository = Repository::find()?;
    Call::cargo(&repository).args(["run", "--package", "tanist-decoders", "--"]).args(arguments).run()
}
