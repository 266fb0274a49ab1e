//! What ran, what failed, what was absent: the last lines of a recipe.
use crate::failure::Failure;

/// Collects the ends of a recipe's parts, so that one failure does not hide the next.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    parts: Vec<(String, Ended)>,
}

#[derive(Debug)]
enum Ended {
    Well,
    Badly(String),
    Skipped(String),
}

impl Summary {
    /// Notes how `part` ended.
    pub(crate) fn note(&mut self, part: &str, result: Result<(), Failure>) {
        let ended = match result {
            Ok(()) => Ended::Well,
            Err(failure) => {
                eprintln!("{failure}");
                Ended::Badly(failure.message().to_owned())
            }
        };
        self.parts.push((part.to_owned(), ended));
    }

    /// Notes that `part` did not run.
    pub(crate) fn skip(&mut self, part: &str, why: impl Into<String>) {
        self.parts.push((part.to_owned(), Ended::Skipped(why.into())));
    }

    /// One line a part.
    pub(crate) fn text(&self) -> String {
        let width = self.parts.iter().map(|(part, _)| part.len()).max().unwrap_or_default();
        let line = |(part, ended): &(String, Ended)| match ended {
            Ended::Well => format!("  {part:width$}  ok\n"),
            Ended::Badly(why) => format!("  {part:width$}  FAILED  {}\n", why.lines().next().unwrap_or_default()),
            Ended::Skipped(why) => format!("  {part:width$}  skipped: {why}\n"),
        };
        self.parts.iter().map(line).collect()
    }

    /// Prints them; a failure where any part failed.
    pub(crate) fn end(self, recipe: &str) -> Result<(), Failure> {
        print!("\n{recipe}:\n{}", self.text());
        let failed = self.parts.iter().filter(|(_, ended)| matches!(ended, Ended::Badly(_))).count();
        match failed {
            0 => Ok(()),
            1 => Err(Failure::new(format!("1 part of `cargo xtask {recipe}` failed"))),
            several => Err(Failure::new(format!("{several} parts of `cargo xtask {recipe}` failed"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_part_is_named_and_fails_nothing_while_a_failed_one_does() {
        let mut summary = Summary::default();
        summary.note("fmt", Ok(()));
        summary.skip("typos", "typos is not installed");
        assert_eq!(summary.text(), "  fmt    ok\n  typos  skipped: typos is not installed\n");
        assert!(summary.end("check").is_ok());
        let mut summary = Summary::default();
        summary.note("fmt", Err(Failure::new("`cargo fmt` ended with 1")));
        assert!(summary.end("check").is_err());
    }
}
