//! Tells the linker to keep the code together that runs.
//!
//! The program is large, and both `tanist keys` and a service with nothing to do run a small part of it that would
//! lie scattered. The kernel maps at least 64 KiB around whatever is touched, so both would pay for most of the
//! program.
use std::env;
use std::path::Path;

/// Functions of both; written by `cargo xtask layout`.
const LAYOUT: &str = "layout.ld";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LAYOUT}");
    if let Some(folder) = env::var_os("CARGO_MANIFEST_DIR")
        && is("PROFILE", "release")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && linker_is_usual()
    {
        println!("cargo::rustc-link-arg-bins=-T");
        println!("cargo::rustc-link-arg-bins={}", Path::new(&folder).join(LAYOUT).display());
    }
}

/// Whether a C compiler links, by GNU ld or LLD. Both read the layout; others, such as mold, refuse it.
fn linker_is_usual() -> bool {
    let flags = env::var_os("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let chosen = ["linker=", "linker-flavor", "fuse-ld", "link-self-contained"];
    let flags = flags.to_string_lossy();
    env::var_os("RUSTC_LINKER").is_none() && !chosen.iter().any(|choice| flags.contains(choice))
}

fn is(variable: &str, value: &str) -> bool {
    env::var_os(variable).is_some_and(|found| found == value)
}
