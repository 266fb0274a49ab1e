//! Key work that only one chain knows: a multisig script, a proof of possession, an old backup.
//!
//! A tool is a pure function with named arguments. The program that offers it reads the files,
//! prints the facts and writes what is secret to where it was asked for; it knows nothing of what
//! the tool does.
use super::{Entropy, KeyError, Network};
use crate::secret::Secret;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// One tool of a chain.
#[derive(Clone, Copy)]
pub struct Tool {
    /// Name, kebab case, unique within the chain: `multisig`.
    pub name: &'static str,
    /// What it does, one line without a full stop.
    pub about: &'static str,
    /// What it takes, in the order that help shows.
    pub arguments: &'static [Argument],
    /// Does it.
    pub run: fn(&Inputs, &mut dyn Entropy) -> Result<Answer, KeyError>,
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One argument of a tool.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Name, kebab case: `pool-key` is given as `--pool-key VALUE`.
    pub name: &'static str,
    /// What it means, one line without a full stop.
    pub about: &'static str,
    /// What it holds.
    pub kind: ArgumentKind,
    /// How often it is given.
    pub count: Count,
}

/// What an argument holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ArgumentKind {
    /// A public text, on the command line.
    Text,
    /// A file whose content anybody may see.
    File,
    /// A file that nobody else may read; one trailing newline of it is removed.
    SecretFile,
}

/// How often an argument is given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Count {
    /// Exactly once.
    One,
    /// At most once.
    Optional,
    /// Once or more; the order is kept.
    Many,
}

/// What a tool is called with.
#[derive(Debug, Default)]
pub struct Inputs {
    network: Option<Network>,
    texts: BTreeMap<&'static str, Vec<String>>,
    files: BTreeMap<&'static str, Vec<Vec<u8>>>,
    secrets: BTreeMap<&'static str, Vec<Secret>>,
}

impl Inputs {
    /// Nothing given yet.
    pub fn new(network: Option<Network>) -> Self {
        Self { network, ..Self::default() }
    }

    /// One more [`ArgumentKind::Text`].
    #[must_use]
    pub fn with_text(mut self, argument: &'static str, value: impl Into<String>) -> Self {
        self.texts.entry(argument).or_default().push(value.into());
        self
    }

    /// One more [`ArgumentKind::File`].
    #[must_use]
    pub fn with_file(mut self, argument: &'static str, content: Vec<u8>) -> Self {
        self.files.entry(argument).or_default().push(content);
        self
    }

    /// One more [`ArgumentKind::SecretFile`].
    #[must_use]
    pub fn with_secret(mut self, argument: &'static str, content: Secret) -> Self {
        self.secrets.entry(argument).or_default().push(content);
        self
    }

    /// The network, where one was named.
    pub const fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// Every text of this argument, in order.
    pub fn texts(&self, argument: &str) -> &[String] {
        self.texts.get(argument).map_or(&[], Vec::as_slice)
    }

    /// The first text of this argument.
    ///
    /// # Errors
    /// [`KeyError::Argument`]: it was not given.
    pub fn text(&self, argument: &'static str) -> Result<&str, KeyError> {
        self.texts(argument).first().map(String::as_str).ok_or_else(|| missing(argument))
    }

    /// Content of the first file of this argument.
    ///
    /// # Errors
    /// [`KeyError::Argument`]: it was not given.
    pub fn file(&self, argument: &'static str) -> Result<&[u8], KeyError> {
        self.files.get(argument).and_then(|all| all.first()).map(Vec::as_slice).ok_or_else(|| missing(argument))
    }

    /// Content of the first secret file of this argument.
    ///
    /// # Errors
    /// [`KeyError::Argument`]: it was not given.
    pub fn secret(&self, argument: &'static str) -> Result<&Secret, KeyError> {
        self.secrets.get(argument).and_then(|all| all.first()).ok_or_else(|| missing(argument))
    }

    /// Whether this argument was given at all.
    pub fn has(&self, argument: &str) -> bool {
        self.texts.contains_key(argument) || self.files.contains_key(argument) || self.secrets.contains_key(argument)
    }
}

fn missing(argument: &'static str) -> KeyError {
    KeyError::Argument { argument, reason: "it is needed".to_owned() }
}

/// What a tool found or made.
#[derive(Debug, Default)]
pub struct Answer {
    /// Public facts, printed.
    pub facts: Map<String, Value>,
    /// Private texts by name; they leave only where a private key may.
    pub private: BTreeMap<&'static str, Secret>,
    /// Files to be written below a new folder that only its owner can read, by their path in it:
    /// plain names, joined by `/`.
    pub files: BTreeMap<String, Zeroizing<Vec<u8>>>,
}
