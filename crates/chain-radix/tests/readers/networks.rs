//! Networks and what every network has from its start.
use chain_radix::address::{Address, HashId, HashKind, NodeId};
use chain_radix::network::Network;
use serde_json::Value;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "networks.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| {
        let network = Network::new(case.number("network_id")?);
        case.equals("logical_name", network.name())?;
        let by_name = Network::parse(case.text("logical_name")?).map_err(|e| e.to_string())?;
        case.equals("network_id", by_name.id())?;
        case.equals("hrp_suffix", network.suffix())?;
        let by_suffix = Network::with_suffix(case.text("hrp_suffix")?).ok_or("no network has this suffix")?;
        case.equals("network_id", by_suffix.id())?;
        prefixes(case, network)?;
        case.equals("xrd", network.xrd().to_string())?;
        case.equals("validator_owner_badge", network.validator_owner_badge().to_string())?;
        case.equals("consensus_manager", network.consensus_manager().to_string())?;
        case.equals("faucet", network.faucet().to_string())
    });
}

/// Compared as they stand before the bytes of a real address.
fn prefixes(case: Case<'_>, network: Network) -> Result<(), String> {
    let address = |byte: u8| {
        let mut bytes = [7; NodeId::LEN];
        bytes[0] = byte;
        Address::new(network, NodeId::new(bytes)).map(|address| address.to_string()).map_err(|e| e.to_string())
    };
    let id = HashId { kind: HashKind::Intent, network, hash: [7; 32] };
    for (field, text) in
        [("validator_hrp", address(0x83)?), ("account_hrp", address(0x51)?), ("txid_hrp", id.to_string())]
    {
        case.equals(field, text.rsplit_once('1').map(|(prefix, _)| prefix))?;
    }
    Ok(())
}
