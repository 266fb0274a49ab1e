//! The form of code and documents.
use crate::call::Call;
use crate::failure::Failure;
use crate::peer::{DENY, HACK, Peer, TYPOS};
use crate::repository::{NO_DEVNET_SOURCES, Repository};
use crate::summary::Summary;

/// Features of the program that add one chain each.
const CHAINS: [&str; 5] = ["algorand", "decred", "ethereum", "oxen", "radix"];

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    super::none(arguments)?;
    let repository = Repository::find()?;
    let cargo = |arguments: &[&str]| Call::cargo(&repository).args(arguments);
    let mut summary = Summary::default();
    summary.note("fmt", cargo(&["fmt", "--all", "--check"]).run());
    let clippy = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"];
    summary.note("clippy", cargo(&clippy).run());
    for chain in CHAINS {
        let alone = ["clippy", "--package", "tanist", "--no-default-features", "--features", chain];
        summary.note(&format!("{chain} alone"), cargo(&alone).args(["--", "--deny", "warnings"]).run());
    }
    let docs = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "--deny warnings");
    summary.note("docs", docs.run());

    let mut optional = |peer: &Peer, call: Call| {
        if peer.is_there(&repository) {
            summary.note(peer.name, call.run());
        } else {
            summary.skip(peer.name, format!("not installed ({}): {}", peer.purpose, peer.install));
        }
    };
    optional(&DENY, cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"]));
    optional(&TYPOS, Call::new(&repository, "typos"));
    optional(&HACK, cargo(&["hack", "check", "--workspace", "--feature-powerset"]));

    if repository.has_devnet_sources() {
        let manifest = repository.devnet_manifest();
        summary.note("devnet fmt", cargo(&["fmt", "--check", "--manifest-path"]).arg(&manifest).run());
        let clippy = cargo(&["clippy", "--locked", "--all-targets", "--manifest-path"]).arg(&manifest);
        summary.note("devnet clippy", clippy.args(["--", "--deny", "warnings"]).run());
    } else {
        summary.skip("devnet", NO_DEVNET_SOURCES);
    }
    summary.end("check")
}
