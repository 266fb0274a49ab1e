//! What is wrong with a configuration, told with its place and the way out.
use crate::layers::Layers;
use crate::words::nearest;
use figment::error::{Actual, Kind};
use std::error::Error;
use std::fmt;
use watchdog_core::causes;
use watchdog_core::config::CORE_KEYS;
use watchdog_core::registry::ConfigError;
use watchdog_core::secret::SecretError;

/// What is wrong: what, where, what would have been right, and what to do next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// What it is about.
    pub about: About,
    /// What is wrong, lower case, without full stop.
    pub message: String,
    /// The key, where it is about one; empty for the top level.
    pub key: Option<String>,
    /// Where: the key with file and line, or the place in a file alone.
    pub at: Option<String>,
    /// What would have been right.
    pub expected: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// The validator that it is about.
    pub validator: Option<String>,
    /// Causes, outermost first.
    pub causes: Vec<String>,
}

/// What a problem is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    /// What the configuration says.
    Configuration,
    /// A secret that it refers to.
    Secret,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Error for Problem {}

impl Problem {
    /// A problem with its first line.
    pub fn new(message: impl Into<String>) -> Box<Self> {
        let (about, message) = (About::Configuration, message.into());
        let (key, at, expected, hint, validator) = Default::default();
        Box::new(Self { about, message, key, at, expected, hint, validator, causes: Vec::new() })
    }

    /// A secret that cannot be used.
    pub fn secret(error: &SecretError) -> Box<Self> {
        let problem = Box::new(Self { about: About::Secret, ..*Self::new(error.to_string()) }).causes_of(error);
        match error {
            SecretError::Unreadable { .. } => {
                problem.hint("create it, or correct the reference; `tanist config explain` shows the forms")
            }
            SecretError::Open { path, .. } => problem.hint(format!("chmod 600 {}", path.display())),
            _ => problem,
        }
    }

    /// With the place.
    #[must_use]
    pub fn at(mut self: Box<Self>, place: impl Into<String>) -> Box<Self> {
        self.at = Some(place.into());
        self
    }

    /// With what would have been right.
    #[must_use]
    pub fn expected(mut self: Box<Self>, what: impl Into<String>) -> Box<Self> {
        self.expected = Some(what.into());
        self
    }

    /// With the next step.
    #[must_use]
    pub fn hint(mut self: Box<Self>, step: impl Into<String>) -> Box<Self> {
        self.hint = Some(step.into());
        self
    }

    /// About this validator.
    #[must_use]
    pub fn validator(mut self: Box<Self>, name: impl fmt::Display) -> Box<Self> {
        self.validator = Some(name.to_string());
        self
    }

    /// With `cause` and the causes below it.
    #[must_use]
    pub fn caused_by(mut self: Box<Self>, cause: &(dyn Error + 'static)) -> Box<Self> {
        causes::add(&mut self.causes, &self.message, cause);
        self
    }

    /// With the causes below `error`, which itself is already the message.
    #[must_use]
    pub fn causes_of(self: Box<Self>, error: &(dyn Error + 'static)) -> Box<Self> {
        match error.source() {
            Some(source) => self.caused_by(source),
            None => self,
        }
    }

    fn about_key(mut self: Box<Self>, key: &str) -> Box<Self> {
        self.key = Some(key.to_owned());
        self
    }
}

/// The variants of a secret reference, as serde names them.
const REFERENCES: [&str; 4] = ["file", "credential", "env", "command"];

/// A configuration that is wrong at `key`.
pub fn invalid(message: String, key: &str, layers: &Layers) -> Box<Problem> {
    Problem::new(message).at(layers.describe(key)).about_key(key)
}

/// What `error` says of the configuration that was read as `layers`.
pub fn failure(error: &ConfigError, layers: &Layers) -> Box<Problem> {
    match error {
        ConfigError::Value { key, kind, .. } => value(key, kind, layers),
        ConfigError::UnknownChain { validator, chain, known } => {
            let failure = invalid(format!("unknown chain `{chain}`"), &format!("validator.{validator}.chain"), layers)
                .expected(format!("one of: {known}"))
                .validator(validator);
            did_you_mean(failure, chain, known.split(", "))
        }
        ConfigError::OnlyOffline { validator, chain, known } => {
            let message = format!("this build has key commands for chain `{chain}`, but cannot watch it");
            invalid(message, &format!("validator.{validator}.chain"), layers)
                .expected(format!("one of: {known}"))
                .validator(validator)
        }
        ConfigError::Name(name) => {
            invalid(format!("`{name}` is not a name for a validator"), &format!("validator.{name}"), layers)
                .expected("a lower-case letter, then up to 31 lower-case letters, digits and `_`")
        }
        ConfigError::Settings { validator, source } => {
            let message = source.to_string();
            let table = format!("validator.{validator}");
            let key = named_key(&message, &table, layers).unwrap_or(table);
            let hint = format!("`tanist config explain {key}` says what it takes");
            invalid(message, &key, layers).causes_of(source.as_ref()).hint(hint).validator(validator)
        }
        ConfigError::Secret { validator, source } => {
            let table = format!("validator.{validator}");
            Problem::secret(source).at(layers.describe(&table)).about_key(&table).validator(validator)
        }
        other => Problem::new(other.to_string()).causes_of(other),
    }
}

/// The key below `table` that `message` names between backticks or at its start, where it is set.
fn named_key(message: &str, table: &str, layers: &Layers) -> Option<String> {
    let first = message.split([' ', ':']).next();
    let quoted = message.split('`').skip(1).step_by(2);
    let is_key = |word: &&str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.".contains(&b))
    };
    first
        .into_iter()
        .chain(quoted)
        .filter(is_key)
        .map(|word| format!("{table}.{word}"))
        .find(|key| layers.locate(key).is_some())
}

fn value(key: &str, kind: &Kind, layers: &Layers) -> Box<Problem> {
    let at = |message: String| invalid(message, key, layers);
    let below = |leaf: &str| if key.is_empty() { leaf.to_owned() } else { format!("{key}.{leaf}") };
    match kind {
        Kind::UnknownField(field, known) => {
            // The path leads to the table or to the key in it, depending on who noticed.
            let table = key.strip_suffix(field.as_str()).map_or(key, |table| table.trim_end_matches('.'));
            let full = if table.is_empty() { field.clone() } else { format!("{table}.{field}") };
            unknown_key(table, &full, field, known, layers)
        }
        Kind::MissingField(field) => at(format!("missing key `{field}`"))
            .hint(format!("`tanist config explain {}` says what it takes", below(field))),
        Kind::UnknownVariant(_, known) if **known == REFERENCES => inline_secret(key, layers),
        Kind::UnknownVariant(found, known) => {
            let failure = at(format!("unknown value `{found}`")).expected(format!("one of: {}", known.join(", ")));
            did_you_mean(failure, found, known.iter().copied())
        }
        Kind::InvalidType(found, wanted) => at(format!("wrong type: found {}", name(found))).expected(plain(wanted)),
        Kind::InvalidValue(found, wanted) => {
            at(format!("value not allowed: found {}", name(found))).expected(plain(wanted))
        }
        Kind::InvalidLength(found, wanted) => {
            at(format!("wrong number of entries: found {found}")).expected(plain(wanted))
        }
        Kind::DuplicateField(field) => at(format!("key `{field}` is set twice")),
        Kind::Message(text) => at(text.clone()),
        Kind::ISizeOutOfRange(_) | Kind::USizeOutOfRange(_) => at("number out of range".to_owned()),
        Kind::Unsupported(found) | Kind::UnsupportedKey(found, _) => {
            at(format!("{} is not possible here", name(found)))
        }
    }
    .hint_unless_set(format!("`tanist config explain {key}` says what it takes"), key)
}

fn unknown_key(key: &str, full: &str, field: &str, known: &[&'static str], layers: &Layers) -> Box<Problem> {
    let is_validator = key.strip_prefix("validator.").is_some_and(|name| !name.contains('.'));
    let core: &[&str] = if is_validator { &CORE_KEYS } else { &[] };
    let known: Vec<&str> = core.iter().chain(known).copied().collect();
    let place = match layers.locate(full) {
        Some(place) if key.is_empty() => format!("top level ({place})"),
        Some(place) => format!("{key} ({place})"),
        None => layers.describe(key),
    };
    let failure = Problem::new(format!("unknown key `{field}`")).at(place).about_key(full);
    let failure = if known.is_empty() {
        failure.expected("no key here")
    } else {
        failure.expected(format!("one of: {}", known.join(", ")))
    };
    did_you_mean(failure, field, known)
}

/// A secret that stands in the file itself. What was found is not repeated.
fn inline_secret(key: &str, layers: &Layers) -> Box<Problem> {
    invalid("a secret is given by reference, never inline".to_owned(), key, layers)
        .expected("one of: { file = \"/path\" }, { credential = \"name\" }, { env = \"NAME\" }, { command = [\"program\", \"argument\"] }")
        .hint("take the secret out of the configuration, and replace it if the file was shared")
}

fn did_you_mean<'a>(failure: Box<Problem>, given: &str, known: impl IntoIterator<Item = &'a str>) -> Box<Problem> {
    match nearest(given, known) {
        Some(word) => failure.hint(format!("did you mean `{word}`?")),
        None => failure,
    }
}

/// What kind of value was found. The value itself may be anything, a secret included.
fn name(found: &Actual) -> &'static str {
    match found {
        Actual::Bool(_) => "a boolean",
        Actual::Unsigned(_) | Actual::Signed(_) => "an integer",
        Actual::Float(_) => "a number with a fraction",
        Actual::Char(_) | Actual::Str(_) => "a text",
        Actual::Seq => "a list",
        Actual::Map => "a table",
        _ => "something else",
    }
}

/// serde's words for what it wanted, without the names of our types.
fn plain(wanted: &str) -> String {
    match wanted.split_once(' ') {
        Some(("struct", _)) => "a table".to_owned(),
        Some(("enum", _)) => "one of the words listed by `tanist config explain`".to_owned(),
        _ => match wanted {
            "a string" | "a borrowed string" | "string" | "path string" => "a text in quotes".to_owned(),
            "a map" | "map" => "a table".to_owned(),
            "a sequence" | "sequence" => "a list".to_owned(),
            "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, zero or more".to_owned(),
            "a boolean" | "bool" => "true or false".to_owned(),
            other => other.to_owned(),
        },
    }
}

trait HintUnlessSet {
    fn hint_unless_set(self, hint: String, key: &str) -> Self;
}

impl HintUnlessSet for Box<Problem> {
    fn hint_unless_set(mut self, hint: String, key: &str) -> Self {
        if self.hint.is_none() && !key.is_empty() {
            self.hint = Some(hint);
        }
        self
    }
}
