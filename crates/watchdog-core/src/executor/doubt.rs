//! Why it is not known what became of a command, in words that are journaled.
use crate::action::StepError;
use crate::causes;

/// Longest reason that is journaled, bytes: a journal is kept for long, and errors quote others.
const REASON_MAX: usize = 1024;
/// Longest part of it that one error may take, bytes: the newest look and the newest command are both told.
const PART_MAX: usize = 480;

/// What the newest command of a step left open; nothing where all is known, or where an earlier process sent it.
#[derive(Debug, Default)]
pub(super) struct Doubt(Option<String>);

impl Doubt {
    /// A command failed with `error`, and what became of it is open.
    pub(super) fn about(error: &StepError) -> Self {
        Self(Some(error.reason()))
    }

    /// Why a step is given up: no command had an effect, and what was `seen` instead.
    pub(super) fn unseen(&self, seen: &str) -> String {
        self.beside("no effect", seen)
    }

    /// Why nobody knows what became of a step: what the newest `look` came to.
    pub(super) fn unknown(&self, look: &str) -> String {
        self.beside("effect unknown", look)
    }

    /// Why a step was not taken back, where that was tried last.
    pub(super) fn untaken(&self) -> Option<String> {
        self.0.as_ref().map(|error| bounded(&format!("not taken back: {error}")))
    }

    fn beside(&self, what: &str, look: &str) -> String {
        let look = causes::bounded(look, PART_MAX);
        let command = self.0.as_ref().map(|error| causes::bounded(error, PART_MAX)).filter(|error| *error != look);
        match command {
            Some(command) => format!("{what}: {look}; the newest command: {command}"),
            None => format!("{what}: {look}"),
        }
    }
}

/// `reason` as it is journaled.
pub(super) fn bounded(reason: &str) -> String {
    causes::bounded(reason, REASON_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(reason: &str) -> Doubt {
        Doubt::about(&StepError::Unknown(reason.into()))
    }

    #[test]
    fn the_look_and_the_command_are_both_told_and_once_where_they_say_the_same() {
        let doubt = about("no answer");
        assert_eq!(doubt.unseen("it signs"), "no effect: it signs; the newest command: no answer");
        assert_eq!(doubt.unseen("no answer"), "no effect: no answer");
        assert_eq!(doubt.unknown("cut off"), "effect unknown: cut off; the newest command: no answer");
        assert_eq!(Doubt::default().unseen("it signs"), "no effect: it signs");
    }

    #[test]
    fn only_what_was_tried_last_is_a_reason_for_an_end() {
        assert_eq!(about("no answer").untaken().as_deref(), Some("not taken back: no answer"));
        assert_eq!(Doubt::default().untaken(), None);
    }

    #[test]
    fn no_reason_is_longer_than_a_kibibyte_or_leaves_its_line() {
        let long = "a\nb".repeat(4000);
        let doubt = about(&long);
        for reason in [doubt.unseen(&long[1..]), doubt.unknown(&long[1..]), doubt.untaken().unwrap(), bounded(&long)] {
            assert!((900..=REASON_MAX).contains(&reason.len()), "{}", reason.len());
            assert!(!reason.contains('\n') && reason.ends_with('…'), "{reason}");
        }
    }
}
