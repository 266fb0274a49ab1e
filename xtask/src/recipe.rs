//! The one list of recipes.
mod bench;
mod check;
mod devnet;
mod fuzz;
mod layout;
mod mutants;
mod peers;
mod schema;
mod simulate;
mod soak;
mod test;
mod testnet;

use crate::demo;
use crate::failure::Failure;
use crate::model;
use std::fmt::Write;

/// Something that can be done with the repository.
pub(crate) struct Recipe {
    /// What it is called by.
    pub(crate) name: &'static str,
    /// Its arguments.
    pub(crate) usage: &'static str,
    /// What it does; the first line is shown in the list.
    pub(crate) about: &'static str,
    /// Does it.
    pub(crate) run: fn(&[String]) -> Result<(), Failure>,
}

/// All of them, the two that a newcomer needs first.
pub(crate) const RECIPES: [Recipe; 14] = [
    Recipe {
        name: "demo",
        usage: "[--keep]",
        about: "Show a failover on a local Radix network: the primary node stops, the backup takes over\n\n\
                Builds everything, starts the network and `tanist run`, stops the primary node, prints what happened \
                when, and ends with 0 only if the network's own record confirms one signer throughout. Files are in \
                target/demo.\n\n--keep  leave network and watchdog running until Ctrl-C",
        run: demo::run,
    },
    Recipe {
        name: "test",
        usage: "[ARGUMENT...]",
        about: "Run all tests: workspace, doctests, local Radix network\n\n\
                Uses cargo-nextest where it is installed and `cargo test` elsewhere. The program is built with the \
                feature `crash-points`, which does nothing unless TANIST_CRASH_AT is set and is absent from release \
                builds.\n\nWith arguments only the test runner runs, and gets them: `cargo xtask test -p chain-radix`.",
        run: test::run,
    },
    Recipe {
        name: "check",
        usage: "",
        about: "Check form: fmt, clippy, docs; deny, typos and feature subsets where those tools are installed",
        run: check::run,
    },
    Recipe {
        name: "testnet",
        usage: "--chain radix [ARGUMENT...]",
        about: "Run a chain's opt-in tests against endpoints named by environment variables\n\n\
                Nothing is contacted but what the variables name; a test whose variables are absent says that it was \
                skipped. The variables are listed at the head of crates/chain-radix/tests/testnet.rs.",
        run: testnet::run,
    },
    Recipe {
        name: "bench",
        usage: "[ARGUMENT...]",
        about: "Measure the figures of docs/benchmarks.md on the release build; arguments name some of them\n\n\
                A target that is missed is said and fails nothing: a busy machine is no fault of the program. Takes \
                about three minutes after the build.",
        run: bench::run,
    },
    Recipe {
        name: "fuzz",
        usage: "[--runs N | --time SECONDS] [--seed S] [--corpus FOLDER] [DECODER...]",
        about: "Feed every decoder of hostile input with what is nearly right, from a seed\n\n\
                Key work, journal, configuration with its layers, control API, what nodes say, observations. Begins with \
                the vectors of the chains and what the program writes itself, then changes them. Fails where a decoder \
                panics, takes too long for one input, or quotes a secret in an error. The same seed gives the same inputs. Needs a stable \
                toolchain only; with a nightly one and cargo-fuzz the same decoders run under libFuzzer, from the \
                inputs that --corpus writes: `cargo +nightly fuzz run radix_address`.\n\n\
                --runs    changed inputs for each decoder, 10000 unless told\n\
                --time    seconds for all of them, in place of a number of inputs\n\
                --seed    1 unless told\n\
                --corpus  run nothing, write the inputs to begin with below this folder (fuzz/corpus)",
        run: fuzz::run,
    },
    Recipe {
        name: "model",
        usage: "[PART...]",
        about: "Check the protocol model exhaustively: every row with its result, states, depth and time\n\n\
                Ends with 0 only if every row is as expected, to the number of states and steps. An argument names rows \
                by a part of their class or variant. Takes about three minutes after the build, on two cores, and 2 GiB.",
        run: model::run,
    },
    Recipe {
        name: "mutants",
        usage: "[--etcd] [--shard K/N] [ARGUMENT...]",
        about: "Plant faults in policies, leases, plans and the saga, one at a time, and expect the tests to find each\n\n\
                Uses cargo-mutants as .cargo/mutants.toml says, on a copy of the repository. Ends with 0 only if every \
                fault was found; those that change no behaviour are left out there, with reasons. Takes some seconds \
                for each of about 560 faults. What became of each is in target/mutants; other arguments go to \
                cargo-mutants.\n\n\
                --etcd   instead in the lease and the shared journal in etcd, as .cargo/mutants-etcd.toml says: about \
                140 faults, half a minute each; target/mutants-etcd\n\
                --shard  only part K of N, counted from 0",
        run: mutants::run,
    },
    Recipe {
        name: "simulate",
        usage: "[--runs N] [--seed S] [--threads N] [--trace] [--turmoil-one-in N] [--sabotage FAULT] [--keep-going] [--l4 [--hours N]]",
        about: "Run the whole system from seeds under the fault matrix, and say what happened\n\n\
                Real engines, a store of lease and journal, nodes, a chain and operators on a simulated network, disk \
                and clock. Fails with the seed of a run in which a rule of the safety model did not hold; the same \
                command with that seed, `--runs 1` and `--trace` shows it step by step.\n\n\
                --runs            runs, 2000 unless told\n\
                --seed            of the first run; a random one unless told, and printed\n\
                --threads         2 unless told; changes no run\n\
                --trace           do the one run of the seed, and print every step\n\
                --turmoil-one-in  turmoil carries the messages of one run in so many, 40 unless told, 0 for none\n\
                --sabotage        plant a fault that the oracle must find; without a name, says which there are\n\
                --keep-going      do all runs, also after one that failed\n\
                --l4              let only the policies judge a healthy validator through noisy probes\n\
                --hours           of noise, 1000000 unless told",
        run: simulate::run,
    },
    Recipe {
        name: "soak",
        usage: "[--rounds N] [--seed S]",
        about: "Throw faults at two real watchdogs on a real etcd and the local Radix network, round after round\n\n\
                In each round the node that signs stops, and a watchdog dies or stands still, the store restarts or \
                cannot be reached or answers late, or the disks are full. Fails where two nodes sign or a failover has no \
                end, with the round and its seed. Builds what it needs; etcd must be installed. 100 rounds take about a \
                quarter of an hour after the build; the ordinary tests do 10.\n\n\
                --rounds  100 unless told\n\
                --seed    a random one unless told, and printed",
        run: soak::run,
    },
    Recipe {
        name: "layout",
        usage: "",
        about: "Write crates/cli/layout.ld anew: what `tanist keys derive` and an idle `tanist run` come through, for \
                the linker to keep together\n\n\
                Builds the release program and runs both under valgrind, some two minutes after the builds. Worth doing \
                when `cargo xtask bench derive idle` shows that they take more memory than before.",
        run: layout::run,
    },
    Recipe {
        name: "devnet",
        usage: "[OPTION...]",
        about: "Start the local Radix network to play with; options go to it (--help lists them)",
        run: devnet::run,
    },
    Recipe { name: "schema", usage: "", about: "Write config/schema.json anew from the types", run: schema::run },
    Recipe { name: "peers", usage: "", about: "Say which optional tools are installed", run: peers::run },
];

/// What `cargo xtask --help` prints.
pub(crate) fn overview() -> String {
    let mut text = "Usage: cargo xtask RECIPE [ARGUMENT...]\n\nRecipes:\n".to_owned();
    for recipe in &RECIPES {
        let first = recipe.about.lines().next().unwrap_or_default();
        writeln!(text, "  {:<8} {first}", recipe.name).ok();
    }
    text.push_str("\n`cargo xtask RECIPE --help` says more.\n");
    text
}

/// A recipe that takes no arguments got some.
fn none(arguments: &[String]) -> Result<(), Failure> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(Failure::usage(format!("this recipe takes no argument, not `{argument}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_named_once_and_listed_with_one_line_each() {
        let mut names: Vec<_> = RECIPES.iter().map(|recipe| recipe.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RECIPES.len());
        let listed = overview().lines().filter(|line| line.starts_with("  ")).count();
        assert_eq!(listed, RECIPES.len());
    }
}
