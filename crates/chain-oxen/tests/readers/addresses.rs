//! Wallet addresses in both directions.
use chain_oxen::address::{Address, Kind, explain};
use chain_oxen::network::Network;
use serde_json::Value;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "addresses.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| {
        let network = case.text("network")?;
        let network = Network::parse(network).ok_or_else(|| format!("unknown network `{network}`"))?;
        let parsed = Address::parse_on(case.text("address")?, network);
        match (case.flag("valid")?, parsed) {
            (true, Ok(address)) => decodes(case, address),
            (true, Err(e)) => Err(e.to_string()),
            (false, Ok(_)) => Err("the address is taken".to_owned()),
            (false, Err(e)) if explain(case.text("address")?, Some(network)) == Err(e.clone()) => Ok(()),
            (false, Err(e)) => Err(format!("it is explained otherwise than refused: {e}")),
        }
    });
}

fn decodes(case: Case<'_>, address: Address) -> Result<(), String> {
    let kind = match case.text("kind")? {
        "standard" => Kind::Standard,
        "subaddress" => Kind::Subaddress,
        "integrated" => Kind::Integrated(key(case, "payment_id")?),
        kind => return Err(format!("unknown kind `{kind}`")),
    };
    if kind != address.kind() {
        return Err(format!("it is taken for {:?}", address.kind()));
    }
    case.equals("network", address.network().name())?;
    case.equals("prefix", address.prefix())?;
    let again = Address::new(address.network(), kind, key(case, "spend_public")?, key(case, "view_public")?);
    case.equals("address", again.map_err(|e| e.to_string())?.to_string())?;
    case.equals("address", address.to_string())?;
    let shown = explain(case.text("address")?, Some(address.network())).map_err(|e| e.to_string())?;
    case.equals("spend_public", shown.spend_public_key)?;
    case.equals("view_public", shown.view_public_key)?;
    case.equals_or_absent("payment_id", shown.payment_id)?;
    case.equals("kind", shown.kind)
}

fn key<const N: usize>(case: Case<'_>, field: &str) -> Result<[u8; N], String> {
    let bytes = hex::decode(case.text(field)?).map_err(|e| e.to_string())?;
    bytes.try_into().map_err(|_| format!("`{field}` has another length"))
}
