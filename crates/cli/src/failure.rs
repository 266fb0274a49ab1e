//! What a command that did not succeed says.
use crate::exit::Exit;
use serde::Serialize;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use watchdog_core::causes;
use watchdog_settings::problem::{About, Problem};

/// A command did not succeed: what happened, to what, and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// Stable name for scripts, lower snake case.
    pub code: Cow<'static, str>,
    /// What happened, lower case, without full stop. May span lines; all but the first are indented.
    pub message: String,
    /// Where: a key with file and line, a path, an entry.
    pub at: Option<String>,
    /// What would have been right.
    pub expected: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// The validator that it is about.
    pub validator: Option<String>,
    /// The operation that it is about.
    pub operation: Option<String>,
    /// Causes, outermost first.
    pub causes: Vec<String>,
}

impl Failure {
    /// A failure with its first line.
    pub(crate) fn new(exit: Exit, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            exit,
            code: code.into(),
            message: message.into(),
            at: None,
            expected: None,
            hint: None,
            validator: None,
            operation: None,
            causes: Vec::new(),
        })
    }

    /// With the place.
    #[must_use]
    pub(crate) fn at(mut self: Box<Self>, place: impl Into<String>) -> Box<Self> {
        self.at = Some(place.into());
        self
    }

    /// With what would have been right.
    #[must_use]
    pub(crate) fn expected(mut self: Box<Self>, what: impl Into<String>) -> Box<Self> {
        self.expected = Some(what.into());
        self
    }

    /// With the next step.
    #[must_use]
    pub(crate) fn hint(mut self: Box<Self>, step: impl Into<String>) -> Box<Self> {
        self.hint = Some(step.into());
        self
    }

    /// About this validator.
    #[must_use]
    pub(crate) fn validator(mut self: Box<Self>, name: impl fmt::Display) -> Box<Self> {
        self.validator = Some(name.to_string());
        self
    }

    /// About this operation.
    #[must_use]
    pub(crate) fn operation(mut self: Box<Self>, id: impl fmt::Display) -> Box<Self> {
        self.operation = Some(id.to_string());
        self
    }

    /// With `cause` and the causes below it.
    #[must_use]
    pub(crate) fn caused_by(mut self: Box<Self>, cause: &(dyn Error + 'static)) -> Box<Self> {
        causes::add(&mut self.causes, &self.message, cause);
        self
    }

    /// With the causes below `error`, which itself is already the message.
    #[must_use]
    pub(crate) fn causes_of(self: Box<Self>, error: &(dyn Error + 'static)) -> Box<Self> {
        match error.source() {
            Some(source) => self.caused_by(source),
            None => self,
        }
    }

    /// The `error` member of `tanist/error/v1`.
    pub(crate) fn document(&self) -> ErrorDocument<'_> {
        ErrorDocument {
            code: &self.code,
            exit: self.exit.code(),
            message: &self.message,
            at: self.at.as_deref(),
            expected: self.expected.as_deref(),
            hint: self.hint.as_deref(),
            validator: self.validator.as_deref(),
            operation: self.operation.as_deref(),
            retryable: self.exit.is_retryable(),
            causes: &self.causes,
        }
    }
}

/// Of whatever is wrong with the configuration.
impl From<Box<Problem>> for Box<Failure> {
    fn from(problem: Box<Problem>) -> Self {
        let (exit, code) = match problem.about {
            About::Configuration => (Exit::Config, "config_invalid"),
            About::Secret => (Exit::Secret, "secret_invalid"),
        };
        let Problem { message, at, expected, hint, validator, causes, .. } = *problem;
        Self::new(Failure { at, expected, hint, validator, causes, ..*Failure::new(exit, code, message) })
    }
}

/// `error` of a `tanist/error/v1` document.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorDocument<'a> {
    code: &'a str,
    exit: u8,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validator: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    retryable: bool,
    causes: &'a [String],
}
