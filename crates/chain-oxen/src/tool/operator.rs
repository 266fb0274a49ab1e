//! The operator's Ethereum address.
use super::secret;
use crate::keys::operator_address;
use watchdog_core::keys::tool::{Answer, Argument, Count, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const KEY: Argument = secret("private-key", "the operator's private key (secp256k1), 64 hex digits", Count::One);

pub(super) const TOOL: Tool =
    Tool { name: "operator-address", about: "Ethereum address of an operator's private key", arguments: &[KEY], run };

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let address = operator_address(inputs.secret(KEY.name)?)?;
    let facts = [("address".to_owned(), address.to_string().into())].into_iter().collect();
    Ok(Answer { facts, ..Answer::default() })
}
