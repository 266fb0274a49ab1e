//! Where recorded observations come from.
use super::lines::Lines;
use crate::exit::Exit;
use crate::failure::Failure;
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::ops::Range;
use std::path::{Path, PathBuf};
use watchdog_core::clock::Timestamp;
use watchdog_core::recording::Recorded;
use watchdog_core::recording::store::{ObservationStore, RecordingError};

/// Recorded observations of a stretch of time, not read yet.
pub(super) struct Recordings {
    kind: Kind,
    within: Range<Timestamp>,
}

enum Kind {
    Store(ObservationStore, PathBuf),
    Lines(Lines<Box<dyn BufRead>>),
}

impl Recordings {
    /// Those in the store at `path`.
    pub(super) fn store(path: &Path, within: Range<Timestamp>) -> Result<Self, Box<Failure>> {
        if !path.exists() {
            let missing = format!("there are no observations at {}", path.display());
            let hint =
                "`tanist run` keeps them unless `observations.keep` says no; name another file with --store or --from";
            return Err(Failure::new(Exit::NotFound, "no_observations", missing).hint(hint));
        }
        let store = ObservationStore::open_existing(path).map_err(|error| failure(&error))?;
        Ok(Self { kind: Kind::Store(store, path.to_owned()), within })
    }

    /// Those in the file at `path`, or in standard input.
    pub(super) fn lines(path: &Path, within: Range<Timestamp>) -> Result<Self, Box<Failure>> {
        let (reader, place): (Box<dyn BufRead>, _) = if path == Path::new("-") {
            (Box::new(stdin().lock()), "standard input".to_owned())
        } else {
            let unreadable = |error| {
                let failure = Failure::new(Exit::NotFound, "unreadable", format!("{} cannot be read", path.display()));
                failure.caused_by(&error)
            };
            (Box::new(BufReader::new(File::open(path).map_err(unreadable)?)), path.display().to_string())
        };
        Ok(Self { kind: Kind::Lines(Lines::new(reader, place)), within })
    }

    /// For messages.
    pub(super) fn place(&self) -> String {
        match &self.kind {
            Kind::Store(_, path) => path.display().to_string(),
            Kind::Lines(lines) => lines.place().to_owned(),
        }
    }

    /// What `work` makes of all of them, and how many parts were left out because they are damaged.
    pub(super) fn read<T>(
        self,
        work: impl FnOnce(&mut dyn Iterator<Item = Recorded>) -> T,
    ) -> Result<(T, u64), Box<Failure>> {
        let within = self.within;
        match self.kind {
            Kind::Store(store, _) => {
                let mut stream = store.stream(within.start, within.end);
                let made = work(&mut stream);
                Ok((made, stream.finish().map_err(|error| failure(&error))?))
            }
            Kind::Lines(mut lines) => {
                let made = work(&mut lines.by_ref().filter(|recorded| within.contains(&recorded.at)));
                lines.finish()?;
                Ok((made, 0))
            }
        }
    }
}

fn failure(error: &RecordingError) -> Box<Failure> {
    let message = error.to_string();
    if error.is_held() {
        return Failure::new(Exit::Locked, "locked", message)
            .hint("stop the daemon that keeps them for as long as this takes: `tanist backtest --export` copies them into a file that `--from` reads");
    }
    Failure::new(Exit::Storage, "storage", message)
        .hint("name a store of observations; a journal is none. The daemon puts a damaged one aside and begins anew")
}
