//! What really happened, beside what would have, for people.
use crate::output::{BAD, GOOD, HEAD, WARN};
use std::fmt::Write;
use std::time::Duration;
use watchdog_core::backtest::past::JournalRead;
use watchdog_core::backtest::real::{Real, Would};
use watchdog_core::config::TextDuration;
use watchdog_core::id::{NodeName, ValidatorName};

/// What was read of the journal.
pub(super) fn head(read: &JournalRead, validator: &ValidatorName, text: &mut String) {
    let JournalRead { entries, about, from, to, missing, contradicting, torn } = read;
    write!(text, "journal: {entries} entries, {about} of them about {validator}").ok();
    if let Some((from, to)) = from.zip(*to) {
        write!(text, ", {from} to {to}").ok();
    }
    text.push('\n');
    let mut warn = |count: u64, what: &str| {
        if count > 0 {
            writeln!(text, "{WARN}journal:{WARN:#} {count} {what}").ok();
        }
    };
    warn(*missing, "entries between them are missing");
    warn(*contradicting, "entries are of another journal, and were left out");
    warn(*torn, "entries belong to operations that are not whole, and were left out");
}

/// Each operation that really began.
pub(super) fn list(reals: &[Real], text: &mut String) {
    writeln!(text, "{HEAD}operations that really began:{HEAD:#} {}", reals.len()).ok();
    for real in reals {
        let Real { operation, at, kind, from, to, by, outcome, would, .. } = real;
        let to = to.as_ref().map_or("nobody", NodeName::as_str);
        let outcome = outcome.map_or_else(|| "no end is told".to_owned(), |outcome| outcome.to_string());
        write!(text, "  {at}  {operation}  {kind} {from} -> {to}, {outcome}").ok();
        if let Some(by) = by {
            write!(text, ", ordered by {by}").ok();
        }
        if let Some(instead) = instead(would) {
            write!(text, "  {instead}").ok();
        }
        text.push('\n');
    }
}

fn instead(would: &Would) -> Option<String> {
    Some(match would {
        Would::Ordered => return None,
        Would::Begin { later_seconds, .. } => {
            let apart = TextDuration(Duration::try_from_secs_f64(later_seconds.abs()).unwrap_or_default());
            match *later_seconds {
                0.0 => format!("{GOOD}would have begun then{GOOD:#}"),
                later if later < 0.0 => format!("{GOOD}would have begun {apart} earlier{GOOD:#}"),
                _ => format!("{WARN}would have begun {apart} later{WARN:#}"),
            }
        }
        Would::NotBegin { verdict, refused, begun } => {
            let why = match (begun, refused.as_ref().and_then(|gate| gate.closed.as_ref())) {
                (Some(begun), _) => format!("one had begun at {begun}"),
                (None, Some(closed)) => format!("{}: {}", closed.code, closed.message),
                (None, None) => format!("the verdict was {verdict}"),
            };
            format!("{BAD}would not have begun{BAD:#}: {why}")
        }
        Would::Unseen => format!("{WARN}nothing was recorded then{WARN:#}"),
    })
}
