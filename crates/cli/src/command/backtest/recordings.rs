//! Where recorded observations and journal entries come from.
use super::lines::Lines;
use super::pages::{Pages, Refused};
use super::unread::Unread;
use crate::args::Global;
use crate::command::journal;
use crate::exit::Exit;
use crate::failure::Failure;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, stdin};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;
use watchdog_core::backtest::Line;
use watchdog_core::clock::{SystemClock, Timestamp};
use watchdog_core::id::ValidatorName;
use watchdog_core::journal::Entry;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::recording::store::{ObservationStore, RecordingError, Stream};

/// How a file of the store that journals are kept in begins.
const STORE: &[u8] = b"redb";

/// Recorded observations of a stretch of time, and what a journal says beside them. Not read yet.
pub(super) struct Recordings {
    observations: Kind,
    journal: Option<Kind>,
    within: Range<Timestamp>,
}

enum Kind {
    Store(ObservationStore, PathBuf),
    Lines(Lines<Box<dyn BufRead>>, String),
    Entries(Vec<Entry>),
    Pages(Box<Pages>),
}

/// A store is not read.
enum Unopened {
    /// Another process has it, or this user may not open it.
    OutOfReach(Box<Failure>),
    /// For any other reason.
    Failed(Box<Failure>),
}

impl Recordings {
    /// Those of `name`, or of all validators, in the daemon's own store at `path`; from the daemon where it has
    /// the store, or only it may open it.
    pub(super) fn kept(
        path: &Path,
        within: Range<Timestamp>,
        name: Option<&ValidatorName>,
        global: &Global,
    ) -> Result<Self, Box<Failure>> {
        let error = match Self::open(path, &within) {
            Err(Unopened::OutOfReach(failure)) => failure,
            Err(Unopened::Failed(failure)) => return Err(failure),
            Ok(opened) => return Ok(opened),
        };
        match Pages::new(name, within.start, global) {
            Ok(pages) => Ok(Self { observations: Kind::Pages(Box::new(pages)), journal: None, within }),
            Err(Refused::Failed(failure)) => Err(failure),
            Err(Refused::Elsewhere) => Err(error),
        }
    }

    /// Those in the store at `path`.
    pub(super) fn store(path: &Path, within: Range<Timestamp>) -> Result<Self, Box<Failure>> {
        Self::open(path, &within).map_err(|(Unopened::OutOfReach(failure) | Unopened::Failed(failure))| failure)
    }

    fn open(path: &Path, within: &Range<Timestamp>) -> Result<Self, Unopened> {
        let is_there = path.try_exists().map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => {
                let message = format!("{} may not be opened by this user", path.display());
                Unopened::OutOfReach(denied(message).caused_by(&error))
            }
            _ => Unopened::Failed(unreadable(path, &error)),
        })?;
        if !is_there {
            let missing = format!("there are no observations at {}", path.display());
            let hint =
                "`tanist run` keeps them unless `observations.keep` says no; name another file with --store or --from";
            return Err(Unopened::Failed(Failure::new(Exit::NotFound, "no_observations", missing).hint(hint)));
        }
        let store = ObservationStore::open_existing(path).map_err(|error| {
            let is_out_of_reach = error.is_held() || error.is_denied();
            let failure = failure(&error);
            if is_out_of_reach { Unopened::OutOfReach(failure) } else { Unopened::Failed(failure) }
        })?;
        Ok(Self { observations: Kind::Store(store, path.to_owned()), journal: None, within: within.clone() })
    }

    /// Those in the file at `path`, or in standard input.
    pub(super) fn lines(path: &Path, within: Range<Timestamp>) -> Result<Self, Box<Failure>> {
        Ok(Self { observations: Kind::lines(path)?, journal: None, within })
    }

    /// With the journal at `path`: a file that no daemon holds, or an export.
    pub(super) fn beside(self, path: &Path) -> Result<Self, Box<Failure>> {
        let is_store = !is_input(path) && begins_as_store(path).map_err(|error| unreadable(path, &error))?;
        let journal = if is_store {
            let entries = RedbJournal::verify(path, Arc::new(SystemClock::new()));
            Kind::Entries(entries.map_err(|error| journal::failure(&error, path))?)
        } else {
            Kind::lines(path)?
        };
        Ok(Self { journal: Some(journal), ..self })
    }

    /// For messages.
    pub(super) fn place(&self) -> String {
        match &self.observations {
            Kind::Store(_, path) => path.display().to_string(),
            Kind::Lines(_, place) => place.clone(),
            Kind::Entries(_) => "a journal".to_owned(),
            Kind::Pages(pages) => pages.place(),
        }
    }

    /// What `work` makes of all of them, and what was left out. Entries of a journal come whenever they
    /// were written.
    pub(super) fn read<T>(
        self,
        work: impl FnOnce(&mut dyn Iterator<Item = Line>) -> T,
    ) -> Result<(T, Unread), Box<Failure>> {
        let Self { mut observations, mut journal, within } = self;
        let mut observed = observations.open(&within);
        let mut journaled = journal.as_mut().map(|journal| journal.open(&within));
        let is_meant = |line: &Line| match line {
            Line::Observed(recorded) => within.contains(&recorded.at),
            Line::Journaled(_) => true,
        };
        let made = work(&mut observed.by_ref().chain(journaled.iter_mut().flatten()).filter(is_meant));
        let unread = observed.finish()?;
        let beside = journaled.map_or_else(|| Ok(Unread::default()), Reading::finish)?;
        Ok((made, unread.and(beside)))
    }
}

impl Kind {
    fn lines(path: &Path) -> Result<Self, Box<Failure>> {
        let (reader, place): (Box<dyn BufRead>, _) = if is_input(path) {
            (Box::new(stdin().lock()), "standard input".to_owned())
        } else {
            let file = File::open(path).map_err(|error| unreadable(path, &error))?;
            (Box::new(BufReader::new(file)), path.display().to_string())
        };
        Ok(Self::Lines(Lines::new(reader, place.clone()), place))
    }

    fn open(&mut self, within: &Range<Timestamp>) -> Reading<'_> {
        match self {
            Self::Store(store, _) => Reading::Store(store.stream(within.start, within.end)),
            Self::Lines(lines, _) => Reading::Lines(lines),
            Self::Entries(entries) => Reading::Entries(std::mem::take(entries).into_iter()),
            Self::Pages(pages) => Reading::Pages(pages),
        }
    }
}

/// One of them while it is read.
enum Reading<'a> {
    Store(Stream<'a>),
    Lines(&'a mut Lines<Box<dyn BufRead>>),
    Entries(vec::IntoIter<Entry>),
    Pages(&'a mut Pages),
}

impl Iterator for Reading<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        match self {
            Self::Store(stream) => stream.next().map(Line::Observed),
            Self::Lines(lines) => lines.next(),
            Self::Pages(pages) => pages.next().map(Line::Observed),
            Self::Entries(entries) => entries.next().map(Line::Journaled),
        }
    }
}

impl Reading<'_> {
    /// What was left out.
    fn finish(self) -> Result<Unread, Box<Failure>> {
        match self {
            Self::Store(stream) => {
                let damaged_parts = stream.finish().map_err(|error| failure(&error))?;
                Ok(Unread { damaged_parts, ..Unread::default() })
            }
            Self::Lines(lines) => lines.finish(),
            Self::Pages(pages) => pages.finish(),
            Self::Entries(_) => Ok(Unread::default()),
        }
    }
}

/// Whether standard input is named.
pub(super) fn is_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn begins_as_store(path: &Path) -> io::Result<bool> {
    let mut head = Vec::with_capacity(STORE.len());
    File::open(path)?.take(STORE.len() as u64).read_to_end(&mut head)?;
    Ok(head == STORE)
}

fn unreadable(path: &Path, error: &io::Error) -> Box<Failure> {
    Failure::new(Exit::NotFound, "unreadable", format!("{} cannot be read", path.display())).caused_by(error)
}

fn denied(message: String) -> Box<Failure> {
    Failure::new(Exit::Denied, "denied", message)
        .hint("call it as the service's user, or start the daemon: it answers for the store that it keeps")
}

fn failure(error: &RecordingError) -> Box<Failure> {
    let message = error.to_string();
    if error.is_held() {
        return Failure::new(Exit::Locked, "locked", message)
            .hint("the configured daemon is asked for the ones that it keeps, and none answers: name its socket with --socket, or stop whoever holds the store");
    }
    if error.is_denied() {
        return denied(message);
    }
    Failure::new(Exit::Storage, "storage", message)
        .hint("name a store of observations; a journal is none. The daemon puts a damaged one aside and begins anew")
}
