//! A sample of every key file of every chain, through the binary.
mod algorand;
mod decred;
mod ethereum;
mod oxen;
mod radix;

use crate::world::{Ran, World};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Looks at some cases of one file.
pub(crate) struct Sample {
    /// Name of the file, without its ending.
    file: &'static str,
    check: fn(&Bench, &Value),
}

/// A folder of its own, and the binary in it.
pub(crate) struct Bench(World);

fn folder(chain: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../chain-{chain}/tests/vectors"))
}

/// Files of `chain` that hold no keys are none of this.
fn run(chain: &str, samples: &[Sample], without_keys: &[&str]) {
    let names = fs::read_dir(folder(chain)).unwrap().map(|entry| entry.unwrap().path());
    let names = names.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let there: BTreeSet<_> = names.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let known = samples.iter().map(|sample| sample.file).chain(without_keys.iter().copied());
    assert_eq!(there, known.map(str::to_owned).collect(), "every file of {chain} has its sample");
    for Sample { file, check } in samples {
        let document = fs::read(folder(chain).join(format!("{file}.json"))).unwrap();
        check(&Bench(World::new()), &serde_json::from_slice(&document).unwrap());
    }
}

/// First, middle and last of the cases that `fits`.
fn some(document: &Value, fits: impl Fn(&Value) -> bool) -> Vec<&Value> {
    let all: Vec<_> = document["cases"].as_array().unwrap().iter().filter(|case| fits(case)).collect();
    assert!(!all.is_empty(), "no case fits");
    let places = BTreeSet::from([0, all.len() / 2, all.len() - 1]);
    places.into_iter().map(|place| all[place]).collect()
}

/// What the case says under this name.
fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("`{field}` is no text in {case}"))
}

impl Bench {
    fn keys(&self, arguments: &[&str], input: &str) -> Ran {
        World::run_with(self.0.command(&[&["keys"], arguments, &["--json"]].concat()), input)
    }

    /// A file that only its owner can read; its name.
    fn file<'a>(&self, name: &'a str, content: impl AsRef<[u8]>) -> &'a str {
        self.0.file(name, content, 0o600);
        name
    }

    /// The document of a command that succeeds.
    fn found(&self, arguments: &[&str], input: &str) -> Value {
        let ran = self.keys(arguments, input);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.json()
    }

    /// A command that is refused, without repeating what it was given in secret.
    fn refused(&self, exit: i32, codes: &[&str], arguments: &[&str], input: &str) {
        let ran = self.keys(arguments, input);
        let code = ran.json()["error"]["code"].as_str().unwrap().to_owned();
        assert_eq!(ran.code, Some(exit), "{arguments:?}: {ran:?}");
        assert!(codes.contains(&&*code), "{arguments:?}: {ran:?}");
        assert!(input.is_empty() || !ran.all().contains(input), "{arguments:?}: {ran:?}");
    }
}

/// Fields of the document against what the case says they are.
#[track_caller]
fn agree(document: &Value, fields: &[(&str, &Value)]) {
    for (field, expected) in fields {
        assert_eq!(&document[*field], *expected, "{field} of {document}");
    }
}

#[test]
fn a_sample_of_radix_holds() {
    run("radix", radix::SAMPLES, &["payload_negative", "transactions"]);
}

#[test]
fn a_sample_of_algorand_holds() {
    run("algorand", algorand::SAMPLES, &[]);
}

#[test]
fn a_sample_of_ethereum_holds() {
    run("ethereum", ethereum::SAMPLES, &[]);
}

#[test]
fn a_sample_of_decred_holds() {
    run("decred", decred::SAMPLES, &["pgp_word_list"]);
}

#[test]
fn a_sample_of_oxen_holds() {
    run("oxen", oxen::SAMPLES, &[]);
}
