//! `tanist journal`
use super::layers;
use crate::Outcome;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::Settings;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use watchdog_core::clock::SystemClock;
use watchdog_core::event::Event;
use watchdog_core::journal::standing::Standing;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Entry, JournalError};
use watchdog_service::control::document;

/// Read a journal file that no daemon holds. Payloads are shown by length and digest only.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Journal {
    /// Check every entry, and that they follow from each other
    Verify(File),
    /// Print the entries for people
    Show(File),
    /// Print the entries as JSON, one a line
    Export(File),
}

/// The file to read.
#[derive(Debug, clap::Args)]
pub(crate) struct File {
    /// Journal file; that of the configuration where absent
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn run(journal: &Journal, global: &Global, printer: Printer) -> Outcome {
    let (Journal::Verify(file) | Journal::Show(file) | Journal::Export(file)) = journal;
    let path = match &file.file {
        Some(path) => path.clone(),
        None => Settings::read(&layers(global)?)?.journal.path,
    };
    let entries = RedbJournal::verify(&path, Arc::new(SystemClock::new())).map_err(|error| failure(&error, &path))?;
    match journal {
        Journal::Verify(_) => verify(&entries, &path, printer)?,
        Journal::Show(_) => show(&entries, printer),
        Journal::Export(_) => export(&entries, printer),
    }
    Ok(Exit::Ok)
}

/// A journal that cannot be used, as the failure of a command.
pub(crate) fn failure(error: &JournalError, path: &Path) -> Box<Failure> {
    let place = path.display();
    match error {
        JournalError::Locked { .. } => Failure::new(Exit::Locked, "locked", format!("journal {place} is held by another process"))
            .hint("one instance at a time: stop the other one, or give this one a journal of its own; `tanist events` reads a running one's"),
        JournalError::Newer { .. } => Failure::new(Exit::Storage, "journal_newer", error.to_string())
            .at(place.to_string())
            .hint("use the newer program, or restore a backup of the older journal"),
        JournalError::Damaged { .. } => Failure::new(Exit::Storage, "journal_damaged", error.to_string())
            .at(place.to_string())
            .hint("keep the file for analysis, find out from the chain which node signs, then restore a backup or start with a new journal"),
        _ => Failure::new(Exit::Storage, "storage", format!("journal {place} cannot be used"))
            .caused_by(error)
            .hint("check the directory, its owner and permissions, and the space left on the disk"),
    }
}

fn verify(entries: &[Entry], path: &Path, printer: Printer) -> Result<(), Box<Failure>> {
    let mut standings: BTreeMap<_, Standing> = BTreeMap::new();
    // What an entry after a gap follows from is not in this file.
    let missing = missing(entries);
    for entry in entries.iter().filter(|_| missing == 0) {
        let Some(validator) = &entry.validator else { continue };
        standings.entry(validator.clone()).or_default().apply(entry).map_err(|error| {
            let place = format!("entry {}", entry.seq);
            failure(&JournalError::Damaged { place, reason: error.to_string() }, path)
        })?;
    }
    let open: Vec<_> = standings
        .iter()
        .filter(|(_, standing)| standing.current().is_some())
        .map(|(name, _)| name.to_string())
        .collect();
    let newest = entries.last().map(|entry| entry.at.to_string());
    let facts = json!({ "path": path.display().to_string(), "entries": entries.len(), "missing": missing, "newest_at": newest, "open_operations_of": open });
    printer.result("journal-verify", facts, || {
        let mut text = format!("{} is intact: {} entries", path.display(), entries.len());
        if let Some(newest) = &newest {
            write!(text, ", the newest of {newest}").ok();
        }
        if missing > 0 {
            write!(text, "\n{missing} entries are missing: the shared journal had replaced them by a checkpoint before this instance read them").ok();
        }
        for name in &open {
            write!(text, "\nan operation of {name} is open: the daemon takes it up at its next start").ok();
        }
        text
    });
    Ok(())
}

/// Entries that are not there: a copy of a shared journal may have gaps.
fn missing(entries: &[Entry]) -> u64 {
    let newest = entries.last().map_or(0, |entry| entry.seq);
    newest.saturating_sub(u64::try_from(entries.len()).unwrap_or(u64::MAX))
}

fn show(entries: &[Entry], printer: Printer) {
    if printer.json {
        export(entries, printer);
        return;
    }
    for entry in entries {
        let event = Event::from(entry);
        let validator = event.validator.as_ref().map_or("-", |name| name.as_str());
        printer.text(&line(event.seq, &event.at.to_string(), validator, &event.event, &event.summary));
    }
}

fn export(entries: &[Entry], printer: Printer) {
    for entry in entries {
        printer.document(&document::event(&Event::from(entry)));
    }
}

/// One event for people.
pub(crate) fn line(seq: u64, at: &str, validator: &str, event: &str, summary: &str) -> String {
    format!("{seq:>6}  {at}  {validator:<16}  {event:<12}  {summary}")
}
