//! What the kernel says about processes.
use std::collections::BTreeMap;
use std::fs;
use std::io;

/// One process, as of one look. `start` tells two processes with one number apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stat {
    pub pid: u32,
    pub parent: u32,
    pub session: u32,
    /// Clock ticks after boot.
    pub start: u64,
    /// Whether it has ended and only its status is left.
    pub is_ended: bool,
}

impl Stat {
    /// The process with this number now; `None` where there is none.
    pub(super) fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Source: proc(5), `/proc/[pid]/stat`. The name in parentheses may hold anything.
    fn parse(line: &str) -> Option<Self> {
        let (head, rest) = line.rsplit_once(')')?;
        let pid = head.split_once(' ')?.0.parse().ok()?;
        let fields: Vec<_> = rest.split_ascii_whitespace().collect();
        // Numbered from 3, the state, as the manual does.
        let field = |number: usize| fields.get(number.checked_sub(3)?).copied();
        let threads: u64 = field(20)?.parse().ok()?;
        // A leader that ended before its other threads looks ended and is not.
        let is_ended = matches!(field(3)?, "Z" | "X" | "x") && threads <= 1;
        let (parent, session) = (field(4)?.parse().ok()?, field(6)?.parse().ok()?);
        Some(Self { pid, parent, session, start: field(22)?.parse().ok()?, is_ended })
    }
}

/// All processes that this user may see.
pub(super) fn all() -> io::Result<BTreeMap<u32, Stat>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let pid = name.to_str().and_then(|name| name.parse().ok());
        if let Some(stat) = pid.and_then(Stat::of) {
            found.insert(stat.pid, stat);
        }
    }
    Ok(found)
}

/// Whether the environment with which `pid` was started holds `variable` (`NAME=value`).
pub(super) fn is_marked(pid: u32, variable: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_fields_does_not_confuse() {
        let line = "42 (a) R 1 (b) S 7 42 40 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 900 0 0";
        let stat = Stat { pid: 42, parent: 7, session: 40, start: 900, is_ended: false };
        assert_eq!(Stat::parse(line), Some(stat));
    }

    #[test]
    fn a_process_whose_first_thread_alone_has_ended_has_not_ended() {
        let line = |threads| format!("42 (a) Z 7 42 40 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 {threads} 0 900 0 0");
        assert!(Stat::parse(&line(1)).unwrap().is_ended);
        assert!(!Stat::parse(&line(2)).unwrap().is_ended);
    }

    #[test]
    fn this_process_is_found_among_all() {
        let own = std::process::id();
        assert_eq!(all().unwrap().get(&own).map(|stat| stat.start), Stat::of(own).map(|stat| stat.start));
    }
}
