//! Addresses in both directions.
use chain_algorand::address::{Address, AddressError, explain};
use serde_json::Value;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "addresses.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| if case.flag("valid")? { decodes(case) } else { is_refused(case) });
}

fn decodes(case: Case<'_>) -> Result<(), String> {
    let bytes = hex::decode(case.text("public_key_hex")?).map_err(|e| e.to_string())?;
    let encoded = Address::new(bytes.try_into().map_err(|_| "an address has 32 bytes".to_owned())?);
    case.equals("address", encoded.to_string())?;
    case.equals("checksum_hex", hex::encode(encoded.checksum()))?;
    let decoded: Address = case.text("address")?.parse().map_err(|e: AddressError| e.to_string())?;
    if decoded != encoded {
        return Err(format!("it is read as {decoded}"));
    }
    if case.has("app_id") {
        let app_id = case.text("app_id")?.parse().map_err(|e| format!("{e}"))?;
        case.equals("address", Address::of_application(app_id).to_string())?;
        let explained = explain(case.text("app_id")?).map_err(|e| e.to_string())?;
        case.equals("address", explained.get("text").cloned())?;
    }
    Ok(())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let text = case.text("address")?;
    let name = match text.parse::<Address>() {
        Ok(address) => return Err(format!("it is taken as {address}")),
        Err(AddressError::Empty | AddressError::Length(_)) => "length",
        Err(AddressError::Case(_) | AddressError::Character { .. } | AddressError::NonCanonical(_)) => "encoding",
        Err(AddressError::Checksum) => "checksum",
        Err(error) => return Err(format!("it is refused for another reason: {error}")),
    };
    case.equals("error", name)?;
    explain(text).map_or(Ok(()), |explained| Err(format!("it is explained as {explained}")))
}
