//! `multisig`: the script and address of a pool's tickets.
use super::{address, argument, facts, named, refused, same_network};
use crate::address::{Address, AddressError, Payload};
use crate::hash::hash160;
use crate::keys::PublicKey;
use crate::network::Network;
use crate::script;
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const POOL: &str = "pool-key";
const USER: &str = "user-key";

const ARGUMENTS: [Argument; 2] = [
    argument(POOL, "The pool's key: a P2PK address (Dk…) or 66 hex digits", ArgumentKind::Text),
    argument(USER, "The user's key: a P2PK address (Dk…) or 66 hex digits", ArgumentKind::Text),
];

pub(super) const TOOL: Tool = Tool {
    name: "multisig",
    about: "Script and P2SH address of a pool's tickets: either key votes, the pool's comes first",
    arguments: &ARGUMENTS,
    run,
};

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let (pool, of_pool) = key(inputs, POOL)?;
    let (user, of_user) = key(inputs, USER)?;
    if let (Some(pool), Some(user)) = (of_pool, of_user) {
        same_network(user, pool)?;
    }
    let network = named(inputs)?.or(of_pool).or(of_user).unwrap_or(Network::Mainnet);
    let script = script::ticket(pool, user).map_err(|e| refused(USER, &e))?;
    let p2sh = Address::of_script(network, &script);
    let voting_rights = script::voting_rights(&p2sh).unwrap_or_default();
    let facts = facts([
        ("network", network.name().into()),
        ("redeem_script", hex::encode(&script).into()),
        ("script_hash160", hex::encode(hash160(&script)).into()),
        ("p2sh_address", p2sh.to_string().into()),
        ("payment_script", hex::encode(script::payment(&p2sh)).into()),
        ("voting_rights_script", hex::encode(voting_rights).into()),
        ("pool_public_key", pool.to_string().into()),
        ("pool_pubkey_address", Address::of_key(network, pool).to_string().into()),
        ("user_public_key", user.to_string().into()),
        ("user_pubkey_address", Address::of_key(network, user).to_string().into()),
    ]);
    Ok(Answer { facts, ..Answer::default() })
}

/// A key, and its network where the text names one.
fn key(inputs: &Inputs, argument: &'static str) -> Result<(PublicKey, Option<Network>), KeyError> {
    let text = inputs.text(argument)?;
    if text.len() == 66 {
        return text.parse().map(|key| (key, None)).map_err(|e: crate::keys::InvalidKey| refused(argument, &e));
    }
    let address = address(inputs, argument)?;
    match address.payload() {
        Payload::PublicKey(key) => Ok((key, Some(address.network()))),
        _ => Err(refused(argument, &AddressError::Kind { expected: "a P2PK address (Dk…, Tk…, Sk…)" })),
    }
}
