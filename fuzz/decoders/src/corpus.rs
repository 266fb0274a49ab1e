//! What is known to be right, and what is known to be wrong: the vectors of the chains, and what the program itself
//! writes.
use crate::cost::is_cheap;
use crate::decoder::Decoder;
use crate::form::Form;
use crate::random::Random;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Longest text that is taken from a vector, bytes.
const LONGEST: usize = 16 * 1024;
/// Separator between a tool's arguments.
const RECORD: u8 = 0x1e;

/// Inputs to begin with.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    inputs: Vec<Vec<u8>>,
    accepted: Vec<usize>,
}

impl Corpus {
    /// These inputs.
    pub fn new(inputs: Vec<Vec<u8>>) -> Self {
        Self { inputs, accepted: Vec::new() }
    }

    /// What the vectors below `top`, the repository, hold for `decoder`.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn of(decoder: &Decoder, top: &Path) -> Result<Self, String> {
        if let Some(inputs) = decoder.form.own_inputs(top)? {
            return Ok(Self::new(inputs));
        }
        let chain = if decoder.chain == "core" { "radix" } else { decoder.chain };
        let folder = top.join("crates").join(format!("chain-{chain}")).join("tests/vectors");
        let mut corpus = Self::default();
        for path in documents(&folder)? {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let document = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            corpus.take(&document, decoder.form);
        }
        if decoder.form == Form::Path {
            corpus.add(b"m/44'/1022'/1'/525'/1460'/0'".to_vec());
        }
        corpus.inputs.sort_unstable();
        corpus.inputs.dedup();
        Ok(corpus)
    }

    /// All of them, in a fixed order.
    pub fn inputs(&self) -> &[Vec<u8>] {
        &self.inputs
    }

    /// Notes that the decoder accepts the input at this place: it is taken more often from now on.
    pub(crate) fn accept(&mut self, place: usize) {
        self.accepted.push(place);
    }

    /// One of them: mostly one that is accepted.
    pub(crate) fn pick(&self, random: &mut Random) -> &[u8] {
        let accepted = random.one_of(&self.accepted).and_then(|place| self.inputs.get(*place));
        let any = random.one_of(&self.inputs);
        let picked = if random.below(4) == 0 { any } else { accepted.or(any) };
        picked.map_or(&[], Vec::as_slice)
    }

    fn take(&mut self, value: &Value, form: Form) {
        match value {
            Value::Object(fields) => {
                self.take_fields(fields, form);
                fields.values().for_each(|value| self.take(value, form));
            }
            Value::Array(elements) => elements.iter().for_each(|value| self.take(value, form)),
            Value::String(text) if text.len() <= LONGEST => self.take_text(text, form),
            _ => {}
        }
    }

    fn take_text(&mut self, text: &str, form: Form) {
        let raw = hex::decode(text).ok();
        match form {
            Form::Keystore | Form::Tool => {}
            Form::Inspection | Form::KeyFile => {
                self.add(headed("", text.as_bytes()));
                if let Some(raw) = raw {
                    self.add(headed("", &raw));
                }
            }
            _ => self.add(text.as_bytes().to_vec()),
        }
    }

    /// What several fields of one case make together.
    fn take_fields(&mut self, fields: &Map<String, Value>, form: Form) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let texts = || fields.values().filter_map(Value::as_str);
        match form {
            Form::Inspection | Form::KeyFile => {
                let Some(name) = text("file") else { return };
                for content in texts() {
                    self.add(headed(name, content.as_bytes()));
                    if let Ok(raw) = hex::decode(content) {
                        self.add(headed(name, &raw));
                    }
                }
            }
            Form::Keystore => {
                let keystores = fields.values().filter(|value| is_cheap(value));
                for keystore in keystores {
                    self.add(headed(text("password").unwrap_or_default(), keystore.to_string().as_bytes()));
                }
            }
            Form::Tool => {
                let joined: Vec<_> = texts().collect::<Vec<_>>().join("\u{1e}").into_bytes();
                if joined.contains(&RECORD) && joined.len() <= LONGEST {
                    (0..8).for_each(|tool| self.add([&[tool], joined.as_slice()].concat()));
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, input: Vec<u8>) {
        self.inputs.push(input);
    }
}

fn headed(head: &str, content: &[u8]) -> Vec<u8> {
    [head.as_bytes(), b"\n", content].concat()
}

/// JSON files below `folder`, in order; none where it is absent.
fn documents(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop().filter(|folder| folder.is_dir()) {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
