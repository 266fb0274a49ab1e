//! An error in one line.
use std::error::Error;

/// The error and its causes, outermost first, joined by colons.
pub fn line(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<_> = std::iter::successors(Some(error), |e| (*e).source()).map(ToString::to_string).collect();
    causes.join(": ")
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
}
