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
}
