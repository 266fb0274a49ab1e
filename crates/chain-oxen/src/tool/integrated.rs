//! Addresses with a payment id in them.
use super::{bytes, refused, text};
use crate::address::{Address, AddressError};
use watchdog_core::keys::tool::{Answer, Argument, Count, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const ADDRESS: Argument = text("address", "the wallet's primary address", Count::One);

const PAYMENT_ID: Argument = text("payment-id", "payment id, 16 hex digits", Count::One);

pub(super) const TOOL: Tool = Tool {
    name: "integrated-address",
    about: "Put a payment id into a wallet's primary address",
    arguments: &[ADDRESS, PAYMENT_ID],
    run,
};

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let address: Address =
        inputs.text(ADDRESS.name)?.parse().map_err(|e: AddressError| refused(ADDRESS.name, e.to_string()))?;
    let integrated = address
        .with_payment_id(bytes(inputs, PAYMENT_ID.name)?)
        .ok_or_else(|| refused(ADDRESS.name, "a subaddress takes no payment id: give the primary address"))?;
    let facts = [("address".to_owned(), integrated.to_string().into())].into_iter().collect();
    Ok(Answer { facts, ..Answer::default() })
}
