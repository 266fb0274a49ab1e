//! What every test of this crate needs.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::SystemClock;
use watchdog_core::cx::Cx;
use watchdog_core::id::{Epoch, NodeName, ValidatorName};
use watchdog_supervise::order::{Order, Target};

pub(crate) fn cx() -> Cx {
    Cx::root(Arc::new(SystemClock::new()), CancellationToken::new()).within(Duration::from_secs(30))
}

pub(crate) fn target() -> Target {
    Target { validator: ValidatorName::new("main").unwrap(), node: NodeName::new("node_a").unwrap() }
}

pub(crate) fn order(token: u64, seq: u64) -> Order {
    Order { target: target(), epoch: Epoch { token, seq } }
}

/// A program of this text.
pub(crate) fn script(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Waits, at most half a minute, until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Processes whose environment names `text`, ended ones left out.
pub(crate) fn marked(text: &str) -> Vec<i32> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let names = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(text)
    };
    pids.filter(names).filter(|pid| is_alive(*pid)).collect()
}

pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Numbers that processes wrote into a file, one a line.
pub(crate) fn pids(path: &Path) -> Vec<i32> {
    fs::read_to_string(path).unwrap_or_default().lines().filter_map(|line| line.trim().parse().ok()).collect()
}
