//! Addresses in both directions, and owner badges.
use chain_radix::address::{Address, AddressError, NodeId, ValidatorAddress, explain};
use chain_radix::network::Network;
use serde_json::Value;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "addresses.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| {
        let text = case.text("address")?;
        let parsed = Address::parse(text);
        case.find("oracle_rejects").map_or(Ok(()), |_| case.equals("oracle_rejects", parsed.is_err()))?;
        let expected = case.find("expected").map(|_| case.text("expected")).transpose()?;
        match (expected, parsed) {
            (None, Ok(address)) => decodes(case, address),
            (None | Some("error_when_a_validator_is_required" | "error_when_network_differs"), Err(e)) => {
                Err(e.to_string())
            }
            (Some("error"), Err(_)) => match explain(text, None) {
                Ok(explanation) => Err(format!("explained as {explanation:?}")),
                Err(_) => Ok(()),
            },
            (Some("error"), Ok(_)) => Err("the address is taken".to_owned()),
            (Some("error_when_a_validator_is_required"), Ok(_)) => match text.parse::<ValidatorAddress>() {
                Err(AddressError::Kind { .. }) => Ok(()),
                other => Err(format!("{other:?}")),
            },
            (Some("error_when_network_differs"), Ok(address)) => {
                let configured = Network::new(case.number("configured_network_id")?);
                match Address::parse_on(text, configured) {
                    Err(AddressError::Network { found, configured: named }) if named == configured => {
                        case_network(address, found)
                    }
                    other => Err(format!("{other:?}")),
                }
            }
            (Some(expected), _) => Err(format!("unknown expectation `{expected}`")),
        }
    });
}

fn case_network(address: Address, found: Network) -> Result<(), String> {
    if address.network() == found { Ok(()) } else { Err(format!("it is named as an address of {found}")) }
}

fn decodes(case: Case<'_>, address: Address) -> Result<(), String> {
    case.equals("network_id", address.network().id())?;
    case.equals("entity_type", address.entity().name())?;
    case.equals("node_id_hex", address.node_id().to_string())?;
    case.equals("address", address.to_string())?;
    let bytes = hex::decode(case.text("node_id_hex")?).map_err(|e| e.to_string())?;
    let node_id = NodeId::new(bytes.try_into().map_err(|_| "a node id has 30 bytes".to_owned())?);
    let encoded = Address::new(Network::new(case.number("network_id")?), node_id).map_err(|e| e.to_string())?;
    case.equals("address", encoded.to_string())?;
    let badge = ValidatorAddress::try_from(address).ok().map(|validator| validator.owner_badge());
    case.equals_or_absent("owner_badge_resource", badge.as_ref().map(|badge| badge.resource.to_string()))?;
    case.equals_or_absent("owner_badge_local_id", badge.as_ref().map(|badge| badge.local_id.to_string()))
}
