//! The entries of a real journal, laid beside what was observed.
use crate::clock::{BootId, Timestamp, Uptime};
use crate::id::ValidatorName;
use crate::journal::Entry;
use crate::status::optional_text;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Entries of one journal, in order.
#[derive(Debug, Default)]
pub struct Past {
    waiting: VecDeque<Placed>,
    /// Boots that were gone through.
    gone: Vec<BootId>,
}

/// An entry, and when it was written by the clock of the boot that is gone through.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) entry: Entry,
    pub(super) due: Uptime,
}

/// What was read of a journal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct JournalRead {
    /// Entries.
    pub entries: u64,
    /// Of those, the ones about the validator.
    pub about: u64,
    /// The oldest.
    #[serde(serialize_with = "optional_text")]
    pub from: Option<Timestamp>,
    /// The newest.
    #[serde(serialize_with = "optional_text")]
    pub to: Option<Timestamp>,
    /// Positions between them of which there is no entry.
    pub missing: u64,
    /// Entries with the position of another one, and not the same: those of another journal. Left out.
    pub contradicting: u64,
    /// Entries of operations whose beginning or end is missing. Left out.
    pub torn: u64,
}

impl Past {
    /// Of `entries` in any order, where the same one may come twice.
    pub fn of(entries: impl IntoIterator<Item = Entry>, about: &ValidatorName) -> (Self, JournalRead) {
        let (mut sorted, mut contradicting) = (BTreeMap::<u64, Entry>::new(), 0_u64);
        for entry in entries {
            let other = sorted.get(&entry.seq);
            let is_same =
                |other: &Entry| (other.at, other.instance, other.token) == (entry.at, entry.instance, entry.token);
            match other.map(is_same) {
                Some(true) => {}
                Some(false) => contradicting = contradicting.saturating_add(1),
                None => drop(sorted.insert(entry.seq, entry)),
            }
        }
        let ends = sorted.first_key_value().zip(sorted.last_key_value());
        let span = ends.map_or(0, |((first, _), (last, _))| last.saturating_sub(*first).saturating_add(1));
        let entries = sorted.len() as u64;
        let read = JournalRead {
            entries,
            about: sorted.values().filter(|entry| entry.validator.as_ref() == Some(about)).count() as u64,
            from: ends.map(|((_, first), _)| first.at),
            to: ends.map(|(_, (_, last))| last.at),
            missing: span.saturating_sub(entries),
            contradicting,
            torn: 0,
        };
        let placed = |entry| Placed { entry, due: Uptime(Duration::ZERO) };
        (Self { waiting: sorted.into_values().map(placed).collect(), gone: Vec::new() }, read)
    }

    /// Says when each entry that waits is due in the boot that is gone through from now on, in which
    /// `began` was one moment by both clocks.
    ///
    /// An entry of the same boot stands by the clock of that boot, one of an earlier boot has passed.
    /// Any other stands by the wall clock, but the order of the journal counts for more: never after an
    /// entry of this boot that follows it.
    pub(super) fn place(&mut self, boot: &BootId, began: (Uptime, Timestamp)) {
        let mut latest = Uptime(Duration::MAX);
        for Placed { entry, due } in self.waiting.iter_mut().rev() {
            let is_here = entry.boot.boot == *boot;
            *due = if is_here {
                entry.boot.up
            } else if self.gone.contains(&entry.boot.boot) {
                Uptime(Duration::ZERO)
            } else {
                by_wall(entry.at, began)
            };
            *due = latest.min(*due);
            if is_here {
                latest = *due;
            }
        }
        self.gone.push(boot.clone());
    }

    /// The next entry, where it was written by `now`.
    pub(super) fn next(&mut self, now: Uptime) -> Option<Placed> {
        self.waiting.front().filter(|placed| placed.due <= now)?;
        self.waiting.pop_front()
    }
}

fn by_wall(at: Timestamp, (up, wall): (Uptime, Timestamp)) -> Uptime {
    match at.since(wall) {
        Some(later) => up.after(later),
        None => Uptime(up.0.saturating_sub(at.distance(wall))),
    }
}
