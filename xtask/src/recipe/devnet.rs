//! The local Radix network.
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let repository = Repository::find()?;
    let devnet = repository.build_devnet()?;
    eprintln!("Ctrl-C ends the network; devnet/radix/README.md lists its control API");
    Call::new(&repository, devnet).args(arguments).run()
}
