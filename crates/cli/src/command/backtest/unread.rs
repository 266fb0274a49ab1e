//! What could not be read, counted.
use crate::output::WARN;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// What was left out of a backtest, or read with a reservation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Unread {
    /// Parts of a store that are damaged.
    pub(super) damaged_parts: u64,
    /// Lines that are damaged.
    pub(super) damaged_lines: u64,
    /// Lines that are neither an observation nor an event of a journal.
    pub(super) foreign_lines: u64,
    /// The first of those lines, with its place.
    pub(super) first_line: Option<String>,
    /// Entries of a journal that name no boot.
    pub(super) undated: u64,
}

impl Unread {
    /// All of `self` and `other`.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            damaged_parts: self.damaged_parts.saturating_add(other.damaged_parts),
            damaged_lines: self.damaged_lines.saturating_add(other.damaged_lines),
            foreign_lines: self.foreign_lines.saturating_add(other.foreign_lines),
            first_line: self.first_line.or(other.first_line),
            undated: self.undated.saturating_add(other.undated),
        }
    }

    /// For scripts.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let fields = json!({
            "damaged_parts": self.damaged_parts,
            "damaged_lines": self.damaged_lines,
            "foreign_lines": self.foreign_lines,
            "first_unread_line": self.first_line,
            "entries_without_boot": self.undated,
        });
        if let Value::Object(fields) = fields { fields } else { Map::new() }
    }

    /// Lines that were left out, in words; `None` where none was.
    pub(super) fn lines(&self) -> Option<String> {
        let (damaged, foreign) = (self.damaged_lines, self.foreign_lines);
        let counts = match (damaged, foreign) {
            (0, 0) => return None,
            (_, 0) => format!("{damaged} damaged lines"),
            (0, _) => format!("{foreign} foreign lines"),
            _ => format!("{damaged} damaged and {foreign} foreign lines"),
        };
        let first = self.first_line.as_deref().map_or_else(String::new, |first| format!(", the first is {first}"));
        Some(format!("{counts} were left out{first}"))
    }

    /// For people, one line each.
    pub(super) fn tell(&self, text: &mut String) {
        if self.damaged_parts > 0 {
            writeln!(text, "{WARN}damaged:{WARN:#} {} parts of the store were left out", self.damaged_parts).ok();
        }
        if let Some(lines) = self.lines() {
            writeln!(text, "{WARN}unread:{WARN:#} {lines}").ok();
        }
        if self.undated > 0 {
            let undated = self.undated;
            writeln!(
                text,
                "{WARN}no boot:{WARN:#} {undated} entries of the journal count by the wall clock, within one process"
            )
            .ok();
        }
    }
}
