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
    eprintln!("$ cargo test --package {package} --test testnet -- --ignored");
    let (text, result) = call.args(["--ignored", "--nocapture", "--test-threads=1"]).args(rest).told()?;
    print!("{text}");
    println!("\ntestnet --chain {chain}:");
    for (test, what) in told(&text) {
        println!("  {test}: {what}");
    }
    result
}

/// Every test with what became of it, by what it printed between its name and the next one's.
fn told(text: &str) -> Vec<(&str, String)> {
    let mut tests: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")) {
            Some((name, first)) => tests.push((name, vec![first])),
            None => tests.last_mut().into_iter().for_each(|(_, lines)| lines.push(line)),
        }
    }
    let became = |lines: &[&str]| {
        let reason = lines.iter().find_map(|line| line.strip_prefix("skipped: "));
        match reason {
            _ if lines.contains(&"FAILED") => "FAILED".to_owned(),
            Some(reason) if !lines.iter().any(|line| line.starts_with("ran: ")) => format!("skipped ({reason})"),
            _ => "ran".to_owned(),
        }
    };
    tests.iter().map(|(test, lines)| (*test, became(lines))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_was_skipped_is_not_said_to_have_run() {
        let text = "running 3 tests\ntest a ... skipped: X is not set\nok\ntest b ... skipped: Y is not set\nran: b\nok\n\
                    test c ... FAILED\n";
        let became: Vec<_> = told(text).into_iter().map(|(test, what)| format!("{test} {what}")).collect();
        assert_eq!(became, ["a skipped (X is not set)", "b ran", "c FAILED"]);
    }
}
