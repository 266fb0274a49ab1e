//! Which optional tools are there.
use crate::failure::Failure;
use crate::peer::PEERS;
use crate::repository::Repository;

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    super::none(arguments)?;
    let repository = Repository::find()?;
    println!("Everything but a Rust toolchain and a C compiler is optional:");
    for peer in PEERS {
        if peer.is_there(&repository) {
            println!("  {:<14} present  {}", peer.name, peer.purpose);
        } else {
            println!("  {:<14} absent   {}; to have it: {}", peer.name, peer.purpose, peer.install);
        }
    }
    let sources = if repository.has_devnet_sources() { "present" } else { "absent " };
    println!(
        "  {:<14} {sources}  sources of the local Radix network (fetched by cargo when it is built)",
        "radix-engine"
    );
    Ok(())
}
