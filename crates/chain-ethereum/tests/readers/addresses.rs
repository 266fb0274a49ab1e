//! EIP-55.
use chain_ethereum::address::{AddressError, EthereumAddresses, ExecutionAddress};
use serde_json::Value;
use watchdog_core::chain::AddressReader;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "eip55.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| match (case.text("kind")?, case.has("error")) {
        ("checksum", false) => encodes(case),
        ("parse", false) => parses(case),
        ("parse", true) => is_refused(case),
        (kind, _) => Err(format!("unknown kind `{kind}`")),
    });
}

fn encodes(case: Case<'_>) -> Result<(), String> {
    let input = case.text("input")?;
    let address: ExecutionAddress = input.parse().map_err(|e| format!("{e}"))?;
    case.equals("checksummed", address.to_string())?;
    case.equals("input", format!("0x{}", hex::encode(address.as_bytes())))?;
    let facts = EthereumAddresses.explain(input, None)?;
    case.equals("checksummed", facts["text"].clone())
}

fn parses(case: Case<'_>) -> Result<(), String> {
    let input = case.text("input")?;
    let read = ExecutionAddress::parse(input).map_err(|e| e.to_string())?;
    case.equals("was_checksummed", read.is_checksummed)?;
    case.equals("address", format!("0x{}", hex::encode(read.address.as_bytes())))?;
    let facts = EthereumAddresses.explain(input, None)?;
    case.equals("was_checksummed", facts["is_checksummed"].clone())
}

fn is_refused(case: Case<'_>) -> Result<(), String> {
    let input = case.text("input")?;
    let class = match ExecutionAddress::parse(input) {
        Ok(read) => return Err(format!("it is read as {}", read.address)),
        Err(AddressError::Checksum) => "bad_checksum",
        Err(AddressError::Length(_)) => "bad_length",
        Err(AddressError::Prefix) => "bad_prefix",
        Err(AddressError::MissingPrefix) => "missing_prefix",
        Err(AddressError::NotHex(_)) => "not_hex",
        Err(error) => return Err(error.to_string()),
    };
    EthereumAddresses.explain(input, None).err().ok_or("it is explained")?;
    case.equals("error", class)
}
