//! Finding everything that belongs to a signer.
use super::proc_fs::{Stat, all, is_marked};
use crate::invocation;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use watchdog_core::clock::BootId;

/// One process of one boot.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Identity {
    pub pid: u32,
    pub start: u64,
}

impl Identity {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Stat::of(pid).map(|stat| Self { pid, start: stat.start })
    }

    fn is_in(self, all: &BTreeMap<u32, Stat>) -> bool {
        all.get(&self.pid).is_some_and(|stat| stat.start == self.start)
    }
}

/// What was noted when a signer was started, for whoever looks for it later.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Leader {
    pub boot: BootId,
    /// First process of the signer, leader of its session.
    pub first: Identity,
    /// The process that started it, where that adopts orphans: every child of it is the signer's.
    pub adopter: Option<Identity>,
}

/// Everything alive that belongs to the signer: processes that bear its mark, its session, children
/// that its adopter took in, and all descendants of these. Never this process itself.
pub(super) fn find(mark: &str, leader: Option<&Leader>) -> io::Result<Vec<Stat>> {
    let all = all()?;
    let own = std::process::id();
    let is_root = |stat: &Stat| {
        let noted =
            leader.is_some_and(|leader| is_in_session(stat, leader, &all) || is_adopted(stat, leader, &all, own));
        stat.pid != own && (noted || is_marked(stat.pid, mark))
    };
    let mut found: BTreeSet<u32> = all.values().filter(|stat| is_root(stat)).map(|stat| stat.pid).collect();
    loop {
        let is_child = |stat: &&Stat| stat.pid != own && !found.contains(&stat.pid) && found.contains(&stat.parent);
        let children: Vec<_> = all.values().filter(is_child).map(|stat| stat.pid).collect();
        if children.is_empty() {
            break;
        }
        found.extend(children);
    }
    Ok(found.iter().filter_map(|pid| all.get(pid)).filter(|stat| !stat.is_ended).copied().collect())
}

/// The number of a session stays taken while anybody is in it, so it still means the signer's unless
/// another process has become its leader.
fn is_in_session(stat: &Stat, leader: &Leader, all: &BTreeMap<u32, Stat>) -> bool {
    let first = leader.first;
    // Before it has made its session, the first process is known by itself.
    first == Identity { pid: stat.pid, start: stat.start }
        || stat.session == first.pid && (first.is_in(all) || !all.contains_key(&first.pid))
}

fn is_adopted(stat: &Stat, leader: &Leader, all: &BTreeMap<u32, Stat>, own: u32) -> bool {
    let Some(adopter) = leader.adopter else { return false };
    let is_helper = adopter.pid == own && invocation::is_running(stat.pid);
    stat.parent == adopter.pid && adopter.is_in(all) && !is_helper
}
