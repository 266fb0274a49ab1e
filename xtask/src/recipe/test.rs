//! All tests.
use crate::call::{Built, Call, Target};
use crate::failure::Failure;
use crate::peer::{ETCD, GDB, NEXTEST, Peer, SSHD, STRACE};
use crate::repository::{NO_DEVNET_SOURCES, Repository};
use crate::summary::Summary;
use std::path::PathBuf;

/// Tests of the whole system from the outside; they start processes and so run one at a time.
const WHOLE_SYSTEM: &str = "tanist-tests";

/// What every build and run of tests has in common. One set of packages and features, so that nothing is built twice;
/// `crash-points` does nothing unless `TANIST_CRASH_AT` is set.
const COMMON: [&str; 3] = ["--workspace", "--features", "tanist/crash-points"];

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let repository = Repository::find()?;
    let has_nextest = NEXTEST.is_there(&repository);
    let devnet = build_devnet(&repository)?;
    let built = Call::cargo(&repository).arg("build").args(COMMON).args(["--bins", "--tests", "--examples"]).build()?;
    let runner = Runner { repository: &repository, has_nextest, tanist: built.program("tanist")?, devnet };
    if !arguments.is_empty() {
        return runner.selected(arguments);
    }
    let mut summary = Summary::default();
    runner.workspace(&built, &mut summary);
    summary.note("doctests", Call::cargo(&repository).args(["test", "--doc"]).args(COMMON).run());
    match &runner.devnet {
        Some(_) => summary.note("devnet/radix", runner.devnet_workspace()),
        None => summary.skip("devnet/radix", NO_DEVNET_SOURCES),
    }
    let peers = [&ETCD, &SSHD, &GDB, &STRACE].map(|peer| runner.told(peer));
    println!("\npeers: {}; {}; {}", runner.nextest(), runner.network(), peers.join("; "));
    summary.end("test")
}

/// The local network, where its sources can be had. Absent sources are a matter of the machine; a build that fails is
/// a failure.
fn build_devnet(repository: &Repository) -> Result<Option<PathBuf>, Failure> {
    if !repository.has_devnet_sources() {
        eprintln!("local Radix network absent: {NO_DEVNET_SOURCES}");
        return Ok(None);
    }
    repository.build_devnet().map(Some)
}

struct Runner<'a> {
    repository: &'a Repository,
    has_nextest: bool,
    tanist: PathBuf,
    devnet: Option<PathBuf>,
}

impl Runner<'_> {
    /// A call that tells the tests where the programs are. Tests that need the network and find no `TANIST_DEVNET`
    /// say so and pass.
    fn call(&self, arguments: &[&str]) -> Call {
        let call = Call::cargo(self.repository).args(arguments).env("TANIST_BIN", &self.tanist);
        match &self.devnet {
            Some(devnet) => call.env("TANIST_DEVNET", devnet),
            None => call,
        }
    }

    fn workspace(&self, built: &Built, summary: &mut Summary) {
        if self.has_nextest {
            summary.note("workspace", self.call(&["nextest", "run"]).args(COMMON).run());
            return;
        }
        let (whole, parts): (Vec<&Target>, Vec<&Target>) =
            built.tests.iter().partition(|target| target.package == WHOLE_SYSTEM);
        let parts = named(&parts);
        let call = self.call(&["test", "--no-fail-fast"]).args(COMMON).args(["--lib", "--bins"]).args(parts);
        summary.note("workspace", call.run());
        if !whole.is_empty() {
            let call = self.call(&["test", "--no-fail-fast"]).args(COMMON).args(named(&whole));
            summary.note("whole system", call.args(["--", "--test-threads=1"]).run());
        }
    }

    fn selected(&self, arguments: &[String]) -> Result<(), Failure> {
        let runner: &[&str] = if self.has_nextest { &["nextest", "run"] } else { &["test"] };
        let names_package = arguments.iter().take_while(|argument| *argument != "--").any(|argument| {
            argument.starts_with("-p") || argument.starts_with("--package") || argument.starts_with("--workspace")
        });
        let call = self.call(runner);
        let call = if names_package { call } else { call.args(COMMON) };
        call.args(arguments).run()
    }

    fn devnet_workspace(&self) -> Result<(), Failure> {
        let runner: &[&str] = if self.has_nextest { &["nextest", "run"] } else { &["test"] };
        self.call(runner).args(["--locked", "--manifest-path"]).arg(self.repository.devnet_manifest()).run()
    }

    fn nextest(&self) -> &'static str {
        if self.has_nextest { "cargo-nextest ran" } else { "cargo-nextest absent (`cargo test` ran in its place)" }
    }

    fn told(&self, peer: &Peer) -> String {
        if peer.is_there(self.repository) {
            format!("{} ran", peer.name)
        } else {
            format!("{} absent ({} did not run)", peer.name, peer.purpose)
        }
    }

    fn network(&self) -> &'static str {
        if self.devnet.is_some() {
            "local Radix network ran"
        } else {
            "local Radix network absent (tests that need it did not run)"
        }
    }
}

/// `--test NAME` for every target.
fn named(targets: &[&Target]) -> Vec<String> {
    targets.iter().flat_map(|target| ["--test".to_owned(), target.name.clone()]).collect()
}
