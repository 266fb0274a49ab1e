//! Rounds of faults for real processes.
use crate::call::Call;
use crate::failure::Failure;
use crate::peer::ETCD;
use crate::repository::{NO_DEVNET_SOURCES, Repository};
use std::hash::{BuildHasher, RandomState};

/// Rounds where nobody says how many.
const ROUNDS: u64 = 100;
/// The test that they are, in `tests/several`.
const TEST: &str = "whatever_fails_there_is_one_signer_and_an_end";
/// What it prints where a peer is absent, and passes.
const SKIPPED: &str = "SKIPPED: ";

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let asked = Asked::of(arguments)?;
    let repository = Repository::find()?;
    // Said before anything is built, which takes minutes.
    ETCD.needed(&repository)?;
    if !repository.has_devnet_sources() {
        let message = format!("the local Radix network cannot be built: {NO_DEVNET_SOURCES}");
        return Err(Failure::new(message).hint("connect to the internet, or vendor the sources, and try again"));
    }
    let (devnet, tanist) = (repository.build_devnet()?, repository.build_tanist()?);
    let Asked { rounds, seed } = asked;
    let call = Call::cargo(&repository).args(["test", "--package", "tanist-tests", "--test", "several"]);
    let call = call.args(["--", "--exact", "--nocapture", TEST]);
    let call = call.env("TANIST_DEVNET", devnet).env("TANIST_BIN", tanist);
    let call = call.env("TANIST_SEED", seed.to_string()).env("TANIST_ROUNDS", rounds.to_string());
    println!("soak: {rounds} rounds from seed {seed}");
    let mut told = Told::default();
    let ended = call.follow(|line| {
        println!("{line}");
        told.note(line);
    });
    told.end(&asked, ended)?;
    println!("\nsoak: {rounds} rounds from seed {seed}: one signer and an end in each");
    Ok(())
}

/// What was asked for.
#[derive(Debug, Eq, PartialEq)]
struct Asked {
    rounds: u64,
    seed: u64,
}

impl Asked {
    fn of(arguments: &[String]) -> Result<Self, Failure> {
        let mut asked = Self { rounds: ROUNDS, seed: RandomState::new().hash_one(ROUNDS) };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let place = match word.as_str() {
                "--rounds" => &mut asked.rounds,
                "--seed" => &mut asked.seed,
                _ => return Err(Failure::usage(format!("a soak takes `--rounds N` and `--seed S`, not `{word}`"))),
            };
            let value = words.next().ok_or_else(|| Failure::usage(format!("{word} needs a number")))?;
            *place = value.parse().map_err(|_| Failure::usage(format!("{word}: `{value}` is not a number")))?;
        }
        if asked.rounds == 0 { Err(Failure::usage("a soak has at least one round")) } else { Ok(asked) }
    }
}

/// What the test said of itself.
#[derive(Debug, Default)]
struct Told {
    /// The round that was begun last.
    round: Option<u64>,
    absent: Option<String>,
}

impl Told {
    fn note(&mut self, line: &str) {
        if let Some((_, why)) = line.split_once(SKIPPED) {
            self.absent = Some(why.to_owned());
        }
        let round = line.strip_prefix("round ").and_then(|rest| rest.split_once(" of seed "));
        self.round = round.and_then(|(round, _)| round.parse().ok()).or(self.round);
    }

    fn end(self, asked: &Asked, ended: Result<(), Failure>) -> Result<(), Failure> {
        let Asked { rounds, seed } = asked;
        match (ended, self.absent, self.round) {
            (Ok(()), Some(why), _) => Err(Failure::new(format!("nothing was shown: {why}"))),
            (Ok(()), None, Some(round)) if round + 1 == *rounds => Ok(()),
            (Ok(()), None, _) => Err(Failure::new(format!("not every one of the {rounds} rounds was run"))),
            (Err(_), _, Some(round)) => {
                let again = format!("the same again: `cargo xtask soak --rounds {} --seed {seed}`", round + 1);
                Err(Failure::new(format!("round {round} of seed {seed} failed")).hint(again))
            }
            (Err(failure), _, None) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Result<Asked, Failure> {
        Asked::of(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_soak_has_a_hundred_rounds_and_another_seed_each_time_unless_told() {
        let (one, other) = (asked(&[]).unwrap(), asked(&[]).unwrap());
        assert_eq!(one.rounds, 100);
        assert_ne!(one.seed, other.seed);
        assert_eq!(asked(&["--seed", "7", "--rounds", "3"]).unwrap(), Asked { rounds: 3, seed: 7 });
        for wrong in [&["--rounds"][..], &["--rounds", "many"], &["--rounds", "0"], &["--round", "3"], &["3"]] {
            assert_eq!(asked(wrong).unwrap_err().code(), Failure::USAGE, "{wrong:?}");
        }
    }

    fn ended(lines: &[&str], ended: Result<(), Failure>) -> Result<(), Failure> {
        let mut told = Told::default();
        for line in lines {
            told.note(line);
        }
        told.end(&Asked { rounds: 2, seed: 7 }, ended)
    }

    #[test]
    fn a_round_that_fails_is_named_with_its_seed_and_the_command_that_repeats_it() {
        let lines =
            ["seed 7, 2 rounds", "round 0 of seed 7: KillHolder 1500 ms after the node stopped", "thread panicked"];
        let failure = ended(&lines, Err(Failure::new("`cargo test` ended with 101"))).unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("round 0 of seed 7 failed") && text.contains("soak --rounds 1 --seed 7"), "{text}");
    }

    #[test]
    fn what_was_skipped_or_broken_off_is_no_success() {
        let rounds = ["round 0 of seed 7: None 1 ms after", "round 1 of seed 7: None 2 ms after"];
        assert!(ended(&rounds, Ok(())).is_ok());
        assert!(ended(&rounds[..1], Ok(())).is_err());
        assert!(ended(&[], Ok(())).is_err());
        let absent = "test whatever ... SKIPPED: etcd is absent (Debian: etcd-server)";
        assert!(ended(&[absent], Ok(())).unwrap_err().message().contains("etcd is absent"));
    }
}
