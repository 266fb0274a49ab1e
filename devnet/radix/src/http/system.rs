//! A node's System API.

use super::{Reply, Request};
use crate::node::{Health, Node, TRACKED_TURNS};
use crate::world::World;
use bech32::{ToBase32, Variant};
use serde_json::{Value, json};

pub(super) fn answer(world: &mut World, name: &str, request: &Request, now_ms: i64) -> Reply {
    if let Err(reply) = get_only(
        request,
        &["/system/health", "/system/identity", "/system/version", "/system/network-sync-status", "/system/peers"],
    ) {
        return reply;
    }
    let Some(node) = world.node(name) else { return Reply::empty(500) };
    let body = match request.path.as_str() {
        "/system/health" => health(world, node, now_ms),
        "/system/identity" => identity(world, node, now_ms),
        "/system/version" => json!({ "version": node.version }),
        "/system/network-sync-status" => sync_status(world, node, now_ms),
        _ => peers(world, node),
    };
    Reply::json(200, &body)
}

/// The routes exist and answer GET alone; anything else is plain text.
pub(super) fn get_only(request: &Request, routes: &[&str]) -> Result<(), Reply> {
    if !routes.contains(&request.path.as_str()) {
        return Err(Reply::text(404, "text/plain", "No API route found at this path"));
    }
    if request.method != "GET" {
        let method = &request.method;
        return Err(Reply::text(406, "text/plain", format!("Invalid method {method} for the route at this path")));
    }
    Ok(())
}

fn health(world: &World, node: &Node, now_ms: i64) -> Value {
    let health = node.health(&world.chain, world.ours(), now_ms, world.settings.out_of_sync_after_ms);
    let detail = match health {
        Health::Up => "up to date",
        Health::Syncing => "catching up",
        Health::OutOfSync => "not progressing",
    };
    json!({
        "status": health.text(),
        "detail": detail,
        "recent_self_proposal_miss_statistic": {
            "missed_count": node.recent_misses(),
            "recent_proposals_tracked_count": TRACKED_TURNS,
        },
        "current_protocol_version": node.protocol_version,
        "enacted_protocol_updates": [{ "state_version": 1, "resultant_protocol_version": "babylon" }],
        "pending_protocol_updates": [],
        "unknown_reported_pending_protocol_updates": [],
    })
}

fn identity(world: &World, node: &Node, now_ms: i64) -> Value {
    let address = node_address(node);
    let tail: String = address.chars().skip(address.len().saturating_sub(9)).collect();
    let snapshot = node.look(&world.chain, world.ours(), now_ms);
    let is_validating = node.network.id == world.settings.network.id
        && snapshot
            .consensus
            .set
            .iter()
            .any(|seated| Some(&seated.address) == node.validator.as_ref() && seated.key == node.key);
    let status = match (&node.validator, is_validating) {
        (None, _) => "NOT_CONFIGURED_AS_VALIDATOR",
        (Some(_), true) => "VALIDATING_IN_CURRENT_EPOCH",
        (Some(_), false) => "NOT_VALIDATING_IN_CURRENT_EPOCH",
    };
    let mut body = json!({
        "public_key_hex": node.key,
        "node_address": address,
        "node_uri": format!("radix://{address}@127.0.0.1:30000"),
        "node_name": format!("no...{tail}"),
        "node_id": format!("NodeId[{}]", node.key),
        "consensus_status": status,
        "validator_name": validator_name(world, node),
    });
    if let (Some(validator), Some(members)) = (&node.validator, body.as_object_mut()) {
        members.insert("validator_address".to_owned(), json!(on_network(world, node, validator)));
    }
    body
}

/// The validator's address as this node writes it: on its own network.
fn on_network(world: &World, node: &Node, validator: &str) -> String {
    match world.chain.ledger().parse(validator) {
        Some(id) => radix_common::address::AddressBech32Encoder::new(&node.network)
            .encode(id.as_bytes())
            .unwrap_or_else(|_| validator.to_owned()),
        None => validator.to_owned(),
    }
}

fn validator_name(world: &World, node: &Node) -> String {
    let key = |digits: usize| node.key.chars().take(digits).collect::<String>();
    let id = node.validator.as_ref().and_then(|validator| world.chain.ledger().parse(validator));
    match id {
        Some(id) => {
            let address: String = hex::encode(id.as_bytes()).chars().take(6).collect();
            format!("{address}:{}", key(6))
        }
        None => key(10),
    }
}

fn sync_status(world: &World, node: &Node, now_ms: i64) -> Value {
    let current = node.look(&world.chain, world.ours(), now_ms).state_version;
    let target = if node.sight.is_frozen() { current } else { world.chain.tip().state_version };
    json!({ "sync_status": { "current_state_version": current, "target_state_version": target } })
}

fn peers(world: &World, node: &Node) -> Value {
    let is_alone = node.island.is_some();
    let peers: Vec<Value> = world
        .nodes
        .iter()
        .filter(|peer| !is_alone && peer.name != node.name && peer.is_running && peer.island.is_none())
        .map(|peer| {
            let address = node_address(peer);
            json!({
                "peer_id": address,
                "key_hex": peer.key,
                "channels": [{
                    "type": "OUT",
                    "local_port": 30000,
                    "ip": "127.0.0.1",
                    "uri": format!("radix://{address}@127.0.0.1:30000"),
                    "application_version": { "version": peer.version, "commit": "0000000" },
                }],
            })
        })
        .collect();
    json!({ "peers": peers })
}

/// `node_{suffix}1…`: bech32m of the node's key.
fn node_address(node: &Node) -> String {
    let bytes = hex::decode(&node.key).unwrap_or_default();
    let hrp = format!("node_{}", node.network.hrp_suffix);
    bech32::encode(&hrp, bytes.to_base32(), Variant::Bech32m).unwrap_or_else(|_| node.key.clone())
}
