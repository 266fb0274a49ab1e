//! Observations that a running daemon keeps, asked for page by page.
use super::unread::Unread;
use crate::args::Global;
use crate::daemon::{self, Connection};
use crate::failure::Failure;
use std::collections::VecDeque;
use std::vec;
use watchdog_core::clock::Timestamp;
use watchdog_core::id::ValidatorName;
use watchdog_core::recording::Recorded;
use watchdog_service::control::client::ClientError;

/// Observations from a moment on. It ends where the daemon does not answer any more;
/// [`finish`](Self::finish) says whether it did.
#[derive(Debug)]
pub(super) struct Pages {
    connection: Connection,
    since: Timestamp,
    /// Whose are still to be asked for, each after a position.
    waiting: VecDeque<(String, u64)>,
    page: vec::IntoIter<Recorded>,
    damaged: u64,
    failed: Option<Box<Failure>>,
}

impl Pages {
    /// Those of `name`, or of all validators that are watched.
    ///
    /// # Errors
    /// Where no daemon answers, or none that keeps them.
    pub(super) fn new(name: Option<&ValidatorName>, since: Timestamp, global: &Global) -> Result<Self, Refused> {
        let connection = Connection::new(global).map_err(Refused::Failed)?;
        let names: Vec<_> = if let Some(name) = name {
            vec![name.to_string()]
        } else {
            let status = connection.ask(async |client| client.status().await)?;
            status.result.validators.into_iter().map(|validator| validator.name).collect()
        };
        let waiting = names.into_iter().map(|name| (name, 0)).collect();
        let page = Vec::new().into_iter();
        let mut pages = Self { connection, since, waiting, page, damaged: 0, failed: None };
        pages.turn()?;
        Ok(pages)
    }

    /// For messages.
    pub(super) fn place(&self) -> String {
        format!("the daemon at {}", self.connection.socket().display())
    }

    /// What was left out.
    ///
    /// # Errors
    /// Why it ended before the end.
    pub(super) fn finish(&mut self) -> Result<Unread, Box<Failure>> {
        let unread = Unread { damaged_parts: self.damaged, ..Unread::default() };
        self.failed.take().map_or(Ok(unread), Err)
    }

    /// Asks for the next page; `false` where there is none.
    fn turn(&mut self) -> Result<bool, ClientError> {
        let Some((name, after)) = self.waiting.pop_front() else { return Ok(false) };
        let page = self.connection.ask(async |client| client.observations(&name, after, self.since).await)?;
        self.damaged = self.damaged.saturating_add(page.damaged_parts);
        self.page = page.observations.into_iter();
        // One that leads back would be asked for without end.
        if let Some(next) = page.next.filter(|next| *next > after) {
            self.waiting.push_front((name, next));
        }
        Ok(true)
    }
}

impl Iterator for Pages {
    type Item = Recorded;

    fn next(&mut self) -> Option<Recorded> {
        loop {
            if let Some(recorded) = self.page.next() {
                return Some(recorded);
            }
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.failed = Some(daemon::failure(&error));
                    self.waiting.clear();
                    return None;
                }
            }
        }
    }
}

/// Why a daemon was asked in vain.
#[derive(Debug)]
pub(super) enum Refused {
    /// None answers, or it keeps no observations: whoever has the store is another one.
    Elsewhere,
    /// It says no, or nothing that is understood.
    Failed(Box<Failure>),
}

impl From<ClientError> for Refused {
    fn from(error: ClientError) -> Self {
        let failure = daemon::failure(&error);
        match &error {
            ClientError::Unreachable { .. } if failure.code == "unreachable" => Self::Elsewhere,
            ClientError::Refused(problem) if problem.code == "not_recorded" => Self::Elsewhere,
            _ => Self::Failed(failure),
        }
    }
}
