//! What the control API shows.

use super::{Answer, Refusal};
use crate::http::Pace;
use crate::ledger::VaultContent;
use crate::world::World;
use radix_common::constants::{VALIDATOR_OWNER_BADGE, XRD};
use serde_json::{Value, json};

/// `GET /state`.
pub(super) fn state(world: &World, pace: Pace, now_ms: i64) -> Value {
    let tip = world.chain.tip();
    let consensus = &tip.consensus;
    let seated = consensus.set.iter().position(|seated| seated.address == world.ours());
    let validator = tip.validators.iter().find(|validator| validator.address == world.ours());
    let nodes: serde_json::Map<String, Value> =
        world.nodes.iter().map(|other| (other.name.clone(), node(world, &other.name, now_ms))).collect();
    let gateways: serde_json::Map<String, Value> = world
        .gateways
        .iter()
        .map(|gateway| {
            let seen = gateway.sight.look(&world.chain, world.ours(), now_ms);
            let shown = json!({
                "state_version": seen.state_version,
                "epoch": seen.epoch,
                "current": gateway.sight.is_current(now_ms),
                "refuses_stale": gateway.refuses_stale,
            });
            (gateway.name.clone(), shown)
        })
        .collect();
    let owner = world.account_text(world.owner());
    let holdings = tip.accounts.get(&owner);
    let text = |node: &radix_common::prelude::NodeId| world.chain.ledger().text(node);
    let badge = text(VALIDATOR_OWNER_BADGE.as_node_id());
    let holds_badge = holdings.is_some_and(|held| {
        held.0
            .iter()
            .any(|vault| vault.resource == badge && matches!(&vault.content, VaultContent::Ids(ids) if !ids.is_empty()))
    });
    json!({
        "network": world.settings.network.logical_name,
        "network_id": world.settings.network.id,
        "now_ms": now_ms,
        "state_version": tip.state_version,
        "proposer_ms": tip.timestamp_ms,
        "epoch": consensus.epoch,
        "round": consensus.round,
        "epoch_rounds": consensus.config.epoch_change_condition.max_round_count,
        "halted": world.is_halted,
        "pace": pace,
        "others_miss": { "validators": world.others.validators, "turns": world.others.turns },
        "mempool": { "mode": format!("{:?}", world.mempool.mode), "waiting": world.mempool.waiting() },
        "validator": {
            "address": world.ours(),
            "place_in_set": seated,
            "key_in_epoch": seated.and_then(|place| consensus.set.get(place)).map(|seated| seated.key.clone()),
            "key_from_next_epoch": validator.map(|validator| validator.key.clone()),
            "registered": validator.map(|validator| validator.registered),
            "completed": seated.and_then(|place| consensus.completed.get(place)),
            "missed": seated.and_then(|place| consensus.missed.get(place)),
        },
        "owner": {
            "account": owner,
            "xrd": holdings.map(|held| held.amount(&text(XRD.as_node_id())).to_string()),
            "holds_badge": holds_badge,
        },
        "nodes": nodes,
        "gateways": gateways,
        "faults": world.faults.list(),
        "violated": world.record.violated,
    })
}

/// One node in [`state`].
pub(super) fn node(world: &World, name: &str, now_ms: i64) -> Value {
    let Some(node) = world.node(name) else { return Value::Null };
    let seen = node.look(&world.chain, world.ours(), now_ms);
    let consensus = &world.chain.tip().consensus;
    let key = consensus.set.iter().find(|seated| seated.address == world.ours()).map(|seated| seated.key.as_str());
    let counts = key.is_some_and(|key| node.counts_for(world.ours(), key, &world.settings.network, now_ms));
    let health = node.health(&world.chain, world.ours(), now_ms, world.settings.out_of_sync_after_ms);
    json!({
        "running": node.is_running,
        "key": node.key,
        "validator": node.validator,
        "network": node.network.logical_name,
        "partitioned": node.island.is_some(),
        "current": node.sight.is_current(now_ms),
        "state_version": seen.state_version,
        "epoch": seen.epoch,
        "health": health.text(),
        "recent_misses": node.recent_misses(),
        "key_holder": key == Some(node.key.as_str()),
        "counts": counts,
    })
}

/// `GET /record`, with `?timeline_from=N` to leave out older turns.
pub(super) fn record(world: &World, query: Option<&str>) -> Answer {
    let from: usize = match query.and_then(|query| query.strip_prefix("timeline_from=")) {
        None if query.is_some_and(|query| !query.is_empty()) => {
            return Err(Refusal(400, "only ?timeline_from=N is understood".to_owned()));
        }
        None => 0,
        Some(number) => {
            number.parse().map_err(|_| Refusal(400, format!("timeline_from needs a number, not {number:?}")))?
        }
    };
    let mut record = serde_json::to_value(&world.record)
        .map_err(|error| Refusal(500, format!("the record cannot be written: {error}")))?;
    if let Some(members) = record.as_object_mut() {
        let timeline = world.record.timeline.get(from..).unwrap_or_default();
        members.insert("timeline".to_owned(), json!(timeline));
        members.insert("timeline_from".to_owned(), json!(from));
        for (intent, committed) in world.chain.commits() {
            let Some(entry) =
                members.get_mut("intents").and_then(|intents| intents.get_mut(intent)).and_then(Value::as_object_mut)
            else {
                continue;
            };
            entry.insert(
                "committed".to_owned(),
                json!({
                    "state_version": committed.state_version,
                    "epoch": committed.epoch,
                    "payload_hash": committed.payload,
                    "failure": committed.failure,
                }),
            );
        }
    }
    Ok(record)
}
