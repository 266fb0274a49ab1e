//! Runs every example to its end and looks at what it prints.
#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};

/// An example, built by cargo together with this test.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let built: PathBuf = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples").join(name);
    assert!(built.exists(), "{} is missing: `cargo build --package tanist-examples --examples`", built.display());
    Command::new(built)
}

fn printed(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}: {text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn a_chain_of_its_own_fails_over_with_one_transaction() {
    let text = printed(&example("custom_chain").output().unwrap());
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("`{needle}` is missing in\n{text}"));
    assert!(at("down: quorum") < at("failover ann -> bob"), "{text}");
    assert!(at("failover ann -> bob") < at("closed"), "{text}");
    assert!(text.contains("bob keeps the light; transactions sent: 1"), "{text}");
}

#[test]
fn the_example_of_a_chain_has_fewer_than_150_lines() {
    let lines = include_str!("../custom_chain.rs").lines().count();
    assert!(lines < 150, "{lines} lines");
}

#[test]
fn a_signer_that_hangs_is_fenced_before_the_other_starts_and_never_are_two_alive() {
    let text = printed(&example("shared_key").output().unwrap());
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("`{needle}` is missing in\n{text}"));
    assert!(at("failover node_a -> node_b") < at("step 2: done"), "{text}");
    assert!(at("step 2: done") < at("intended  step 3"), "fenced before the other is started: {text}");
    assert!(at("intended  step 3") < at("completed"), "{text}");
    assert!(text.contains("signed first by Some(\"node_a\"), last by Some(\"node_b\")"), "{text}");
    assert!(text.contains("two alive at once: false"), "{text}");
}

#[test]
fn an_own_program_prints_verdicts_and_what_it_cannot_see_is_unknown() {
    let text = printed(&example("embed").output().unwrap());
    let verdicts: Vec<_> = text.lines().filter_map(|line| line.split([' ', ':']).nth(1)).collect();
    assert_eq!(
        verdicts,
        ["healthy", "healthy", "healthy", "unknown", "degraded", "degraded", "down", "down"],
        "{text}"
    );
}

#[test]
fn an_own_program_watches_a_configured_validator_and_silent_endpoints_are_never_down() {
    // A port on which nobody listens any more.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tanist.toml");
    let config = include_str!("observe.toml").replace("127.0.0.1:1", &closed.to_string());
    std::fs::File::create(&file).and_then(|mut file| std::io::Write::write_all(&mut file, config.as_bytes())).unwrap();
    let text = printed(&example("embed").arg(&file).arg("3").output().unwrap());
    let verdicts = text.lines().filter(|line| line.starts_with("radix_main ")).collect::<Vec<_>>();
    assert_eq!(verdicts.len(), 3, "{text}");
    assert!(verdicts.iter().all(|line| line.starts_with("radix_main unknown: ")), "{text}");
    assert!(text.contains("gateway"), "{text}");
}

/// The first block of `language` in the README.
fn block(language: &str, beginning: &str) -> String {
    let readme = include_str!("../../README.md");
    let open = format!("```{language}\n");
    let mut blocks = readme.split(&open).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.find(|block| block.contains(beginning)).unwrap_or_else(|| panic!("no {language} block")).to_owned()
}

#[test]
fn the_code_in_the_readme_is_the_examples_own() {
    let example = include_str!("../embed.rs");
    let compiled: Vec<_> = example.lines().map(str::trim).collect();
    for line in block("rust", "Registry").lines().map(str::trim) {
        assert!(compiled.contains(&line), "`{line}` is not in embed.rs");
    }
}

#[test]
fn the_configuration_in_the_readme_can_be_watched() {
    let text = block("console", "<<'EOF'");
    let (_, config) = text.split_once("<<'EOF'\n").unwrap();
    let (config, _) = config.split_once("\nEOF").unwrap();
    let address = "validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95yd3ncs09";
    let keys = [
        "02c3de592fb85bc9dc414ef726e0aedbc9ecd57b05f16313a1c04be7d3ad340f87",
        "0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    ];
    let config = config.replace("validator_rdx1…", address).replace("02…", keys[0]).replace("03…", keys[1]);
    // No round is asked for: assembling contacts nobody.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tanist.toml");
    std::fs::File::create(&file).and_then(|mut file| std::io::Write::write_all(&mut file, config.as_bytes())).unwrap();
    printed(&example("embed").arg(&file).arg("0").output().unwrap());
}
