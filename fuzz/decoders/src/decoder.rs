//! The one list of decoders.
use crate::form::{self, Form};
use chain_algorand::Algorand;
use chain_decred::Decred;
use chain_ethereum::Ethereum;
use chain_oxen::Oxen;
use chain_radix::Radix;
use watchdog_core::chain::Offline;

/// What became of an input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It was decoded.
    Accepted,
    /// It was refused with an error.
    Refused,
}

impl Outcome {
    /// Accepted where either is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::Accepted { self } else { other }
    }
}

/// A decoder over any bytes.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    /// Chain, or `core`, `engine`, `node`.
    pub chain: &'static str,
    /// What it decodes.
    pub form: Form,
    run: fn(&[u8]) -> Outcome,
}

impl Decoder {
    pub(crate) const fn new(chain: &'static str, form: Form, run: fn(&[u8]) -> Outcome) -> Self {
        Self { chain, form, run }
    }

    /// Chain and form, as fuzz targets are named: `radix_address`.
    pub fn name(&self) -> String {
        format!("{}_{}", self.chain, self.form.name())
    }

    /// Decodes `input`.
    ///
    /// # Panics
    /// Where the decoder breaks a promise.
    pub fn run(&self, input: &[u8]) -> Outcome {
        (self.run)(input)
    }
}

/// All of them.
pub fn decoders() -> Vec<Decoder> {
    let core = |form, run| Decoder { chain: "core", form, run };
    let mut all = vec![core(Form::Path, form::path), core(Form::Mnemonic, form::phrase), core(Form::Seed, form::seed)];
    let engine = [Form::Journal, Form::Checkpoint, Form::Config, Form::Settings, Form::Api, Form::Windows];
    let nodes = [Form::Request, Form::Answer, Form::Holder, Form::Memory];
    all.extend(engine.map(|form| Decoder::new("engine", form, form.of::<Radix>())));
    all.extend(nodes.map(|form| Decoder::new("node", form, form.of::<Radix>())));
    all.extend(of::<Radix>(&[]));
    all.extend(of::<Algorand>(&[Form::ExtendedKey, Form::Tool]));
    all.extend(of::<Decred>(&[Form::ExtendedKey, Form::Wif, Form::Tool]));
    all.extend(of::<Ethereum>(&[Form::Keystore, Form::Tool]));
    all.extend(of::<Oxen>(&[Form::KeyFile, Form::Tool]));
    all
}

/// The decoder of this name.
pub fn decoder(name: &str) -> Option<Decoder> {
    decoders().into_iter().find(|decoder| decoder.name() == name)
}

fn of<C: Offline>(further: &[Form]) -> Vec<Decoder> {
    let every = [Form::Address, Form::Inspection, Form::Mnemonic, Form::Seed];
    every.iter().chain(further).map(|form| Decoder::new(C::NAME, *form, form.of::<C>())).collect()
}
