//! Optional peers: what is used where it is installed, and named where it is not.
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;

/// A tool that some recipe uses.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Name in summaries.
    pub(crate) name: &'static str,
    /// Program and arguments that tell whether it is there.
    probe: &'static [&'static str],
    /// What it is used for.
    pub(crate) purpose: &'static str,
    /// How to get it.
    pub(crate) install: &'static str,
}

/// Runs tests in parallel processes.
pub(crate) const NEXTEST: Peer = Peer {
    name: "cargo-nextest",
    probe: &["cargo", "nextest", "--version"],
    purpose: "test runner (`cargo test` without it)",
    install: "cargo install --locked cargo-nextest",
};
/// Checks licences, bans and sources of dependencies.
pub(crate) const DENY: Peer = Peer {
    name: "cargo-deny",
    probe: &["cargo", "deny", "--version"],
    purpose: "licences, bans and sources of dependencies",
    install: "cargo install --locked cargo-deny",
};
/// Checks spelling.
pub(crate) const TYPOS: Peer = Peer {
    name: "typos",
    probe: &["typos", "--version"],
    purpose: "spelling",
    install: "cargo install --locked typos-cli",
};
/// Builds every subset of features.
pub(crate) const HACK: Peer = Peer {
    name: "cargo-hack",
    probe: &["cargo", "hack", "--version"],
    purpose: "every subset of features builds",
    install: "cargo install --locked cargo-hack",
};

/// Takes images of processes.
pub(crate) const GDB: Peer = Peer {
    name: "gdb",
    probe: &["gdb", "--version"],
    purpose: "tests that nothing secret is left in memory",
    install: "apt install gdb",
};
/// Shows what a process tells the system.
pub(crate) const STRACE: Peer = Peer {
    name: "strace",
    probe: &["strace", "--version"],
    purpose: "tests that nothing secret is written elsewhere",
    install: "apt install strace",
};
/// Says which functions a program runs.
pub(crate) const VALGRIND: Peer = Peer {
    name: "valgrind",
    probe: &["valgrind", "--version"],
    purpose: "where the code that runs lies in the program (`cargo xtask layout`)",
    install: "apt install valgrind",
};
/// Grants leases to several watchdogs.
pub(crate) const ETCD: Peer = Peer {
    name: "etcd",
    probe: &["etcd", "--version"],
    purpose: "tests of several watchdogs that share a lease and a journal",
    install: "apt install etcd-server",
};
/// Lets a fence in at a node.
pub(crate) const SSHD: Peer = Peer {
    name: "sshd",
    probe: &["test", "-x", "/usr/sbin/sshd"],
    purpose: "tests of fences that go over SSH",
    install: "apt install openssh-server",
};
/// Drives libFuzzer.
pub(crate) const FUZZ: Peer = Peer {
    name: "cargo-fuzz",
    probe: &["cargo", "fuzz", "--version"],
    purpose: "fuzzing guided by coverage, on a nightly toolchain (`cargo xtask fuzz` without it)",
    install: "cargo install --locked cargo-fuzz",
};
/// Plants faults.
pub(crate) const MUTANTS: Peer = Peer {
    name: "cargo-mutants",
    probe: &["cargo", "mutants", "--version"],
    purpose: "whether tests find faults in policies, leases, plans and the saga (`cargo xtask mutants`)",
    install: "cargo install --locked cargo-mutants",
};

/// All of them.
pub(crate) const PEERS: [&Peer; 11] =
    [&NEXTEST, &DENY, &TYPOS, &HACK, &ETCD, &SSHD, &GDB, &STRACE, &VALGRIND, &FUZZ, &MUTANTS];

impl Peer {
    /// Whether it is installed.
    pub(crate) fn is_there(&self, repository: &Repository) -> bool {
        match self.probe {
            ["cargo", rest @ ..] => Call::cargo(repository).args(rest).works(),
            [program, rest @ ..] => Call::new(repository, program).args(rest).works(),
            [] => false,
        }
    }

    /// Fails where it is not installed, and says how it is.
    pub(crate) fn needed(&self, repository: &Repository) -> Result<(), Failure> {
        if self.is_there(repository) {
            return Ok(());
        }
        Err(Failure::new(format!("{} is not installed ({})", self.name, self.purpose)).hint(self.install))
    }
}
