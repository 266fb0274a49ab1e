//! Opt-in tests of a chain crate against real endpoints.
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;

/// Chains whose crate has `tests/testnet.rs`.
const CHAINS: [&str; 1] = ["radix"];

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let (chain, rest) = match arguments {
        [flag, chain, rest @ ..] if flag == "--chain" => (chain.as_str(), rest),
        [joined, rest @ ..] if joined.starts_with("--chain=") => (joined.trim_start_matches("--chain="), rest),
        _ => return Err(Failure::usage("which chain? `cargo xtask testnet --chain radix`")),
    };
    if !CHAINS.contains(&chain) {
        return Err(Failure::usage(format!(
            "there are no testnet tests of `{chain}`; there are: {}",
            CHAINS.join(", ")
        )));
    }
    let repository = Repository::find()?;
    let package = format!("chain-{chain}");
    // The tests are ignored in ordinary runs; here each runs or says that it was skipped, and why.
    let call = Call::cargo(&repository).args(["test", "--package", &package, "--test", "testnet", "--"]);
    call.args(["--ignored", "--nocapture", "--test-threads=1"]).args(rest).run()
}
