//! Networks by number or name.

use radix_common::network::NetworkDefinition;

/// Names that the node gives to ids whose definition the engine crates do not carry.
const NAMED: [(u8, &str); 14] = [
    (3, "releasenet"),
    (4, "rcnet"),
    (5, "milestonenet"),
    (6, "devopsnet"),
    (7, "sandpitnet"),
    (32, "gilganet"),
    (33, "enkinet"),
    (34, "hammunet"),
    (35, "nergalnet"),
    (36, "mardunet"),
    (37, "dumunet"),
    (240, "localnet"),
    (241, "inttestnet"),
    (242, "simulator"),
];

/// The definition of a network id. Unknown ids get the suffix `tdx_{id in lower hex}_`, as the node builds them.
pub fn by_id(id: u8) -> NetworkDefinition {
    match id {
        1 => NetworkDefinition::mainnet(),
        2 => NetworkDefinition::stokenet(),
        10 => NetworkDefinition::adapanet(),
        11 => NetworkDefinition::nebunet(),
        12 => NetworkDefinition::kisharnet(),
        13 => NetworkDefinition::ansharnet(),
        14 => NetworkDefinition::zabanet(),
        240 => NetworkDefinition::localnet(),
        241 => NetworkDefinition { id, logical_name: "inttestnet".into(), hrp_suffix: "test".into() },
        242 => NetworkDefinition::simulator(),
        _ => {
            let name = NAMED.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
            NetworkDefinition {
                id,
                logical_name: name.map_or_else(|| format!("network{id}"), str::to_owned).into(),
                hrp_suffix: format!("tdx_{id:x}_").into(),
            }
        }
    }
}

/// A network named by its logical name or by its decimal id. `None` if it is neither.
pub fn by_text(text: &str) -> Option<NetworkDefinition> {
    if let Ok(id) = text.parse::<u8>() {
        return Some(by_id(id));
    }
    (0..=u8::MAX).map(by_id).find(|network| network.logical_name == text)
}
