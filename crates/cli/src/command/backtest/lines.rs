//! Observations and journal entries as text, one JSON object a line.
use super::unread::Unread;
use crate::exit::Exit;
use crate::failure::Failure;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::borrow::Cow;
use std::io::{self, BufRead, Read};
use watchdog_core::backtest::Line;
use watchdog_core::event::Event;
use watchdog_core::recording::Recorded;

/// Longest line, bytes. A plan stands in one of a journal.
const LONGEST: u64 = 4 << 20;

/// Reads observations and journal entries line by line. Empty lines are skipped; what is neither is
/// counted. What cannot be read any further ends it.
pub(super) struct Lines<R> {
    reader: R,
    place: String,
    number: u64,
    unread: Unread,
    failed: Option<Box<Failure>>,
}

/// What a line says of itself.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    schema: Option<Cow<'a, str>>,
    boot: Option<IgnoredAny>,
}

/// Why a line says nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Silent {
    /// It was one of ours.
    Damaged,
    /// It is something else.
    Foreign,
}

impl<R: BufRead> Lines<R> {
    /// Of `reader`, called `place` in messages.
    pub(super) fn new(reader: R, place: String) -> Self {
        Self { reader, place, number: 0, unread: Unread::default(), failed: None }
    }

    /// What was not read.
    ///
    /// # Errors
    /// Why it ended before the end.
    pub(super) fn finish(&mut self) -> Result<Unread, Box<Failure>> {
        let unread = std::mem::take(&mut self.unread);
        self.failed.take().map_or(Ok(unread), Err)
    }

    /// The next line that is not empty, without the end of one that is too long.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let mut line = Vec::new();
            self.number = self.number.saturating_add(1);
            let read = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
            if read as u64 == LONGEST && !line.ends_with(b"\n") {
                self.skip()?;
            }
            if read == 0 {
                return Ok(None);
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    /// The rest of a line.
    fn skip(&mut self) -> io::Result<()> {
        let mut rest = Vec::new();
        while self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut rest)? > 0 && !rest.ends_with(b"\n") {
            rest.clear();
        }
        Ok(())
    }

    /// Takes a line in, or counts it.
    fn take(&mut self, line: &[u8]) -> Option<Line> {
        let (read, has_boot) = read(line);
        match read {
            Ok(line) => {
                self.unread.undated = self.unread.undated.saturating_add((!has_boot).into());
                return Some(line);
            }
            Err(Silent::Damaged) => self.unread.damaged_lines = self.unread.damaged_lines.saturating_add(1),
            Err(Silent::Foreign) => self.unread.foreign_lines = self.unread.foreign_lines.saturating_add(1),
        }
        // The line is not quoted: nobody knows what file was named by mistake.
        self.unread.first_line.get_or_insert_with(|| format!("line {} of {}", self.number, self.place));
        None
    }
}

/// What `line` says, and whether it names the boot that its time counts from.
fn read(line: &[u8]) -> (Result<Line, Silent>, bool) {
    let head: Head<'_> = match serde_json::from_slice(line) {
        Ok(head) => head,
        Err(error) if error.is_data() => return (Err(Silent::Foreign), true),
        Err(_) => return (Err(Silent::Damaged), true),
    };
    let observation = || serde_json::from_slice::<Recorded>(line).map(Line::Observed);
    let read = match head.schema.as_deref() {
        Some(schema) if schema.starts_with("tanist/event/") => {
            let document: Result<Value, _> = serde_json::from_slice(line);
            let entry = document.ok().and_then(|document| Event::entry(&document).ok());
            entry.map(Line::Journaled).ok_or(Silent::Damaged)
        }
        Some(schema) if schema.starts_with("tanist/observation/") => observation().map_err(|_| Silent::Damaged),
        Some(_) => Err(Silent::Foreign),
        None => observation().map_err(|_| Silent::Foreign),
    };
    (read, head.boot.is_some())
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        while self.failed.is_none() {
            match self.line() {
                Ok(line) => {
                    let line = line?;
                    if let Some(taken) = self.take(&line) {
                        return Some(taken);
                    }
                }
                Err(error) => {
                    let message = format!("line {} of {} cannot be read", self.number, self.place);
                    self.failed = Some(Failure::new(Exit::Error, "unreadable", message).caused_by(&error));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: &str =
        r#"{"validator":"main","source":"a","origin":"a","at":1800000000000,"up_ms":5,"boot":"b","of_tomorrow":1}"#;
    const EVENT: &str = r#"{"schema":"tanist/event/v1","seq":1,"at":"2027-01-15T08:00:00Z","up_ms":5,"boot":"b","token":1,"instance":"00000000000000000000000000000000","event":"leased","summary":"","details":{},"of_tomorrow":1}"#;

    /// How many observations, how many entries, and what was not read.
    fn read(text: &str) -> (usize, usize, Unread) {
        let mut lines = Lines::new(text.as_bytes(), "it".to_owned());
        let all: Vec<_> = lines.by_ref().collect();
        let observed = all.iter().filter(|line| matches!(line, Line::Observed(_))).count();
        (observed, all.len() - observed, lines.finish().unwrap())
    }

    #[test]
    fn a_line_says_what_it_is() {
        let (observed, journaled, unread) = read(&format!("\n{SEEN}\r\n{EVENT}\n\r\n{SEEN}"));
        assert_eq!((observed, journaled, unread), (2, 1, Unread::default()));
    }

    #[test]
    fn what_is_damaged_or_foreign_is_counted_and_what_follows_is_read() {
        let halved = &EVENT[..EVENT.len() / 2];
        let torn = EVENT.replace("leased", "sung");
        let blind = SEEN.replace(r#"{"validator""#, r#"{"schema":"tanist/observation/v1","v""#);
        let text =
            format!("{SEEN}\n\n{halved}\n{torn}\n{blind}\n{{}}\n7\n{{\"schema\":\"tanist/status/v1\"}}\n{EVENT}");
        let (observed, journaled, unread) = read(&text);
        assert_eq!((observed, journaled, unread.damaged_lines, unread.foreign_lines), (1, 1, 3, 3));
        assert_eq!(unread.first_line.as_deref(), Some("line 3 of it"));
    }

    #[test]
    fn a_line_without_an_end_is_passed_over() {
        let long = "x".repeat(usize::try_from(2 * LONGEST + 7).unwrap());
        let (observed, _, unread) = read(&format!("{long}\n{SEEN}\n{long}"));
        assert_eq!((observed, unread.damaged_lines), (1, 2));
        let spaces = " ".repeat(usize::try_from(LONGEST).unwrap());
        assert_eq!(read(&format!("{spaces}\n{SEEN}")).0, 1);
    }

    #[test]
    fn an_entry_that_names_no_boot_is_told() {
        let undated = EVENT.replace(r#""up_ms":5,"boot":"b","#, "");
        let (_, journaled, unread) = read(&format!("{undated}\n{EVENT}"));
        assert_eq!((journaled, unread.undated), (1 + 1, 1));
    }
}
