//! Operators' addresses.
use crate::secret;
use chain_oxen::address::EvmAddress;
use chain_oxen::keys::operator_address;
use serde_json::Value;
use watchdog_testkit::vectors::{Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "eth_addresses.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| {
        let parsed = case.text("address")?.parse::<EvmAddress>();
        let address = match (case.flag("valid")?, parsed) {
            (false, Err(_)) => return Ok(()),
            (false, Ok(_)) => return Err("the address is taken".to_owned()),
            (true, parsed) => parsed.map_err(|e| e.to_string())?,
        };
        if case.has("canonical") {
            return case.equals("canonical", address.to_string());
        }
        case.equals("address", address.to_string())?;
        let derived = operator_address(&secret(case.text("secret")?)).map_err(|e| e.to_string())?;
        case.equals("address", derived.to_string())
    });
}
