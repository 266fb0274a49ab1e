//! An error in one line.
use std::error::Error;

/// The error and its causes, outermost first, joined by colons.
pub fn line(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<_> = std::iter::successors(Some(error), |e| (*e).source()).map(ToString::to_string).collect();
    causes.join(": ")
}

/// `text` in one line of at most `most` bytes; where something was cut off, it ends with `…`.
pub fn bounded(text: &str, most: usize) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() > most {
        line.truncate(line.floor_char_boundary(most.saturating_sub('…'.len_utf8())));
        line.push('…');
    }
    line
}

/// Adds `cause` and the causes below it to `told`, outermost first, which begins below `first`. Some errors repeat their
/// source in their own line; once is enough.
pub fn add(told: &mut Vec<String>, first: &str, cause: &(dyn Error + 'static)) {
    for error in std::iter::successors(Some(cause), |error| (*error).source()) {
        let text = error.to_string();
        let above = told.last().map_or(first, String::as_str);
        if !above.contains(&text) {
            told.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::ProbeError;

    #[test]
    fn every_cause_is_named_once_outermost_first() {
        let source = std::io::Error::other("connection refused").into();
        let error = ProbeError::Unreachable { endpoint: "gateway".into(), source };
        assert_eq!(line(&error), "gateway did not answer: connection refused");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters_and_says_so() {
        assert_eq!(bounded("two\nlines", 9), "two lines");
        assert_eq!(bounded("two lines", 8), "two l…");
        assert_eq!(bounded("ééé", 6), "ééé");
        assert_eq!(bounded("ééé!", 6), "é…");
    }

    #[test]
    fn a_cause_that_was_told_with_what_it_caused_is_not_told_again() {
        let source = std::io::Error::other("connection refused").into();
        let error = ProbeError::Unreachable { endpoint: "gateway".into(), source };
        let mut told = Vec::new();
        add(&mut told, "the signer is unknown", &error);
        assert_eq!(told, ["gateway did not answer", "connection refused"]);
        let mut told = Vec::new();
        add(&mut told, "gateway did not answer: connection refused", &error);
        assert!(told.is_empty(), "{told:?}");
    }
}
