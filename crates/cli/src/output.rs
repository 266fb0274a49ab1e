//! The one printer: the result to standard output, everything else to standard error.
use crate::exit::Exit;
use crate::failure::Failure;
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use watchdog_core::clock::{Clock, SystemClock};

/// When to use colour. `--color` wins over `NO_COLOR`, which wins over `CLICOLOR_FORCE`, which wins
/// over looking at the terminal; `TERM=dumb` has none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Color {
    /// Where the output is a terminal and the environment does not say otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Prints what a command came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    /// Exactly one JSON document on standard output (or one a line for streams), also on failure.
    pub json: bool,
}

/// Style of what went wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Style of what is on the way to go wrong.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// Style of what is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Style of what to do next.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// Style of headings.
pub(crate) const HEAD: Style = Style::new().bold();

#[allow(clippy::unused_self, reason = "whoever holds the printer prints, and nobody else")]
impl Printer {
    /// A printer; the choice of colour holds for the whole process.
    pub(crate) fn new(json: bool, color: Color) -> Self {
        match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        Self { json }
    }

    /// The result: `text` for people, or the document `tanist/<name>/v1` around `result`.
    pub(crate) fn result(self, name: &str, result: impl Serialize, text: impl FnOnce() -> String) {
        if self.json {
            self.document(&json!({
                "schema": format!("tanist/{name}/v1"),
                "at": SystemClock::new().now().to_string(),
                "result": result,
            }));
        } else {
            self.text(&text());
        }
    }

    /// One JSON document on a line of its own, never coloured.
    pub(crate) fn document(self, document: &Value) {
        let mut out = std::io::stdout().lock();
        // A reader that went away (`| head`) wants nothing more.
        writeln!(out, "{}", headed(document)).and_then(|()| out.flush()).ok();
    }

    /// Text as it is, with a newline at its end.
    pub(crate) fn text(self, text: &str) {
        let mut out = anstream::stdout().lock();
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        write!(out, "{text}{end}").and_then(|()| out.flush()).ok();
    }

    /// A remark for people, to standard error; nothing with `--json`.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            writeln!(anstream::stderr().lock(), "{text}").ok();
        }
    }

    /// A failure: `tanist/error/v1` on standard output with `--json`, else text on standard error.
    pub(crate) fn failure(self, failure: &Failure) {
        if self.json {
            self.document(&json!({
                "schema": "tanist/error/v1",
                "at": SystemClock::new().now().to_string(),
                "error": failure.document(),
            }));
        } else {
            write!(anstream::stderr().lock(), "{}", layout(failure)).ok();
        }
    }
}

/// The document as text, what it is and when it was made before the rest.
fn headed(document: &Value) -> String {
    let Some(members) = document.as_object() else { return document.to_string() };
    let head = ["schema", "seq", "at", "instance"];
    let first = head.iter().filter_map(|key| members.get_key_value(*key));
    let rest = members.iter().filter(|(key, _)| !head.contains(&key.as_str()));
    let members: Vec<_> =
        first.chain(rest).map(|(key, value)| format!("{}:{value}", Value::from(key.as_str()))).collect();
    format!("{{{}}}", members.join(","))
}

/// `error: what`, then `at`, `expected`, `caused by:` and `hint:` lines, each indented by two.
pub(crate) fn layout(failure: &Failure) -> String {
    let title = if failure.exit == Exit::Refused { "refused" } else { "error" };
    let mut lines = failure.message.lines();
    let mut text = format!("{BAD}{title}{BAD:#}: {}\n", lines.next().unwrap_or_default());
    for line in lines {
        writeln!(text, "  {line}").ok();
    }
    if let Some(at) = &failure.at {
        writeln!(text, "  at {at}").ok();
    }
    if let Some(expected) = &failure.expected {
        writeln!(text, "  expected {expected}").ok();
    }
    for cause in &failure.causes {
        writeln!(text, "  caused by: {cause}").ok();
    }
    if let Some(hint) = &failure.hint {
        writeln!(text, "  {HINT}hint{HINT:#}: {hint}").ok();
    }
    text
}

/// Rows under headings, columns as wide as their widest cell, two spaces between. Widths are counted
/// without the escape sequences of colours.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<_> = head.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (cell, most) in row.iter().zip(&mut widths) {
            *most = (*most).max(width(cell));
        }
    }
    let mut text = String::new();
    let mut line = |cells: &[String], style: Style| {
        let mut row = String::new();
        for (place, (cell, most)) in cells.iter().zip(&widths).enumerate() {
            let pad = if place + 1 == cells.len() { 0 } else { most.saturating_sub(width(cell)) + 2 };
            write!(row, "{style}{cell}{style:#}{:pad$}", "").ok();
        }
        writeln!(text, "{}", row.trim_end()).ok();
    };
    line(&head.iter().map(ToString::to_string).collect::<Vec<_>>(), HEAD);
    for row in rows {
        line(row, Style::new());
    }
    text
}

fn width(cell: &str) -> usize {
    anstream::adapter::strip_str(cell).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_where_what_would_be_right_and_what_to_do() {
        let failure = Failure::new(Exit::Config, "config_invalid", "unknown key `mised`")
            .at("validator.radix_main.policy (tanist.toml, line 31)")
            .expected("one of: missed, window, cooldown")
            .hint("did you mean `missed`?");
        let text = anstream::adapter::strip_str(&layout(&failure)).to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "error: unknown key `mised`",
                "  at validator.radix_main.policy (tanist.toml, line 31)",
                "  expected one of: missed, window, cooldown",
                "  hint: did you mean `missed`?",
            ]
        );
    }

    #[test]
    fn columns_line_up_whatever_their_colour() {
        let rows = vec![vec![format!("{BAD}a{BAD:#}"), "b".to_owned()], vec!["longer".to_owned(), "c".to_owned()]];
        let text = anstream::adapter::strip_str(&table(&["X", "Y"], &rows)).to_string();
        assert_eq!(text, "X       Y\na       b\nlonger  c\n");
    }
}
