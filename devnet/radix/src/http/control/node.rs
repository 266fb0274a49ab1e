//! Changes of a node.

use super::{Answer, Refusal, parsed};
use crate::http::Request;
use crate::sight::Lag;
use crate::world::World;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sync {
    #[serde(default)]
    sync_ms: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Partition {
    #[serde(default)]
    age_ms: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LagBy {
    versions: Option<u64>,
    ms: Option<i64>,
}

pub(super) fn change(world: &mut World, name: &str, verb: &str, request: &Request, now_ms: i64) -> Answer {
    if world.node(name).is_none() {
        return Err(Refusal(404, format!("there is no node {name}: node_a, node_b and node_c exist")));
    }
    match verb {
        "stop" => {
            let ours = world.ours().to_owned();
            if let Some(node) = world.nodes.iter_mut().find(|node| node.name == name) {
                node.stop(&world.chain, &ours, now_ms);
            }
        }
        "start" => {
            let Sync { sync_ms } = parsed(request)?;
            if let Some(node) = world.node_mut(name) {
                node.start(now_ms, sync_ms);
            }
        }
        "lag" => {
            let lag = match parsed(request)? {
                LagBy { versions: Some(versions), ms: None } => Some(Lag::Versions(versions)),
                LagBy { versions: None, ms: Some(ms) } => Some(Lag::Millis(ms)),
                LagBy { versions: None, ms: None } => None,
                LagBy { .. } => return Err(Refusal(400, "name either versions or ms".to_owned())),
            };
            if let Some(node) = world.node_mut(name) {
                node.sight.set_lag(lag);
            }
        }
        "partition" => {
            let Partition { age_ms } = parsed(request)?;
            world.partition(name, now_ms, age_ms);
        }
        "heal" => {
            let Sync { sync_ms } = parsed(request)?;
            world.heal(name, now_ms, sync_ms);
        }
        "configure" => configure(world, name, &parsed(request)?)?,
        other => {
            return Err(Refusal(
                404,
                format!("unknown verb {other:?}: stop, start, lag, partition, heal and configure exist"),
            ));
        }
    }
    Ok(super::view::node(world, name, now_ms))
}

/// `validator` (`"ours"`, an address or null), `key` (hex), `key_of` (another node), `network` (id or name),
/// `version`, `protocol_version`; what is not named stays.
fn configure(world: &mut World, name: &str, wanted: &Value) -> Result<(), Refusal> {
    let members = wanted.as_object().ok_or_else(|| Refusal(400, "an object is needed".to_owned()))?;
    let text = |member: &str, value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| Refusal(400, format!("{member} must be a text")))
    };
    for (member, value) in members {
        match member.as_str() {
            "validator" => {
                let validator = match value {
                    Value::Null => None,
                    value => Some(match text(member, value)?.as_str() {
                        "ours" => world.ours().to_owned(),
                        address if world.chain.ledger().parse(address).is_some() => address.to_owned(),
                        address => return Err(Refusal(400, format!("{address:?} is no address of this network"))),
                    }),
                };
                change_node(world, name, |node| node.validator = validator);
            }
            "key" => {
                let key = text(member, value)?;
                if hex::decode(&key).is_ok_and(|bytes| bytes.len() != 33) {
                    return Err(Refusal(400, format!("{key:?} is not a key: 33 bytes in hex are needed")));
                }
                change_node(world, name, |node| node.key = key);
            }
            "key_of" => {
                let other = text(member, value)?;
                let key = world.node(&other).map(|node| node.key.clone());
                let key = key.ok_or_else(|| Refusal(404, format!("there is no node {other}")))?;
                change_node(world, name, |node| node.key = key);
            }
            "network" => {
                let network = crate::network::by_text(&text(member, value)?)
                    .ok_or_else(|| Refusal(400, format!("{value} is no network")))?;
                change_node(world, name, |node| node.network = network);
            }
            "version" => {
                let version = text(member, value)?;
                change_node(world, name, |node| node.version = version);
            }
            "protocol_version" => {
                let version = text(member, value)?;
                change_node(world, name, |node| node.protocol_version = version);
            }
            other => return Err(Refusal(400, format!("unknown member {other:?}"))),
        }
    }
    Ok(())
}

fn change_node(world: &mut World, name: &str, change: impl FnOnce(&mut crate::node::Node)) {
    if let Some(node) = world.node_mut(name) {
        change(node);
    }
}
