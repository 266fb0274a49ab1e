//! Observations as text, one JSON object a line.
use crate::exit::Exit;
use crate::failure::Failure;
use serde_json::Value;
use std::io::{BufRead, Read};
use watchdog_core::recording::Recorded;

/// Longest line, bytes.
const LONGEST: u64 = 1 << 20;

/// Reads observations line by line, until one is none. Empty lines are skipped.
pub(super) struct Lines<R> {
    reader: R,
    place: String,
    number: u64,
    failed: Option<Box<Failure>>,
}

impl<R: BufRead> Lines<R> {
    /// Of `reader`, called `place` in messages.
    pub(super) fn new(reader: R, place: String) -> Self {
        Self { reader, place, number: 0, failed: None }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Why it ended before the end.
    pub(super) fn finish(self) -> Result<(), Box<Failure>> {
        self.failed.map_or(Ok(()), Err)
    }

    fn line(&mut self) -> Result<Option<Recorded>, Box<Failure>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            self.number = self.number.saturating_add(1);
            let read = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut line);
            match read {
                Ok(0) => return Ok(None),
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => break,
                Err(error) => return Err(self.refused("cannot be read").caused_by(&error)),
            }
        }
        if line.len() as u64 == LONGEST && !line.ends_with(b"\n") {
            return Err(self.refused("is longer than an observation can be"));
        }
        serde_json::from_slice(&line).map(Some).map_err(|error| self.strange(&line, &error))
    }

    fn refused(&self, why: &str) -> Box<Failure> {
        let Self { place, number, .. } = self;
        Failure::new(Exit::Usage, "no_observation", format!("line {number} of {place} {why}"))
            .hint("`tanist backtest --export` writes observations as --from reads them; a store is read with --store")
    }

    /// The line is not quoted: nobody knows what file was named by mistake.
    fn strange(&self, line: &[u8], error: &serde_json::Error) -> Box<Failure> {
        let document: Option<Value> = serde_json::from_slice(line).ok();
        let schema = document.as_ref().and_then(|document| document.get("schema")).and_then(Value::as_str);
        match (schema, document.is_some()) {
            (Some(schema), _) if schema.starts_with("tanist/event/") => {
                self.refused("is an event of a journal, and the journal holds no observations")
            }
            (_, true) => self.refused("is no observation: a field is missing or of another type"),
            _ => self.refused(&format!("is not JSON (column {})", error.column())),
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Recorded;

    fn next(&mut self) -> Option<Recorded> {
        if self.failed.is_some() {
            return None;
        }
        self.line().unwrap_or_else(|failure| {
            self.failed = Some(failure);
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        r#"{"validator":"main","source":"a","origin":"a","at":1800000000000,"up_ms":5,"boot":"b","of_tomorrow":1}"#;

    fn read(text: &str) -> (usize, Option<String>) {
        let mut lines = Lines::new(text.as_bytes(), "it".to_owned());
        let count = lines.by_ref().count();
        (count, lines.finish().err().map(|failure| failure.message))
    }

    #[test]
    fn empty_lines_are_skipped_and_counted() {
        assert_eq!(read(&format!("\n{LINE}\n\r\n{LINE}")), (2, None));
        assert_eq!(read(&format!("{LINE}\n\n{{}}\n{LINE}")).1.unwrap().split(" of ").next(), Some("line 3"));
    }

    #[test]
    fn an_event_of_a_journal_is_told_from_any_other_line() {
        let event = r#"{"schema":"tanist/event/v1","seq":1}"#;
        let (count, message) = read(&format!("{LINE}\n{event}"));
        assert_eq!((count, message.unwrap().contains("the journal holds no observations")), (1, true));
    }

    #[test]
    fn what_is_no_observation_is_never_quoted() {
        let long = "hunter2".repeat(200_000);
        for text in [r#"{"validator":"hunter2"}"#, r#"{"validator":["hunter2"]}"#, "hunter2", &long] {
            let (count, message) = read(text);
            let message = message.unwrap();
            assert!(count == 0 && message.starts_with("line 1 of it is ") && !message.contains("hunter2"), "{message}");
        }
    }
}
