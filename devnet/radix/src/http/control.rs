//! The devnet's own control API.

mod node;
mod view;

use super::{Pace, Reply, Request, Shared};
use crate::fault::Fault;
use crate::mempool::{Mode, Submission};
use crate::world::{Others, OwnerAct, World};
use radix_common::math::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::str::FromStr;
use std::sync::Arc;

/// Rounds that one request may advance at most.
const MOST_ROUNDS: u64 = 1_000_000;

/// Why a request was refused.
struct Refusal(u16, String);

type Answer = Result<Value, Refusal>;

pub(super) fn answer(shared: &Arc<Shared>, request: &Request, now_ms: i64) -> Reply {
    match route(shared, request, now_ms) {
        Ok(body) => Reply::json(200, &body),
        Err(Refusal(status, message)) => Reply::json(status, &json!({ "error": message })),
    }
}

fn route(shared: &Arc<Shared>, request: &Request, now_ms: i64) -> Answer {
    let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["state"]) => Ok(view::state(&shared.world(), shared.pace(), now_ms)),
        ("GET", ["record"]) => view::record(&shared.world(), request.query.as_deref()),
        ("GET", ["faults"]) => Ok(json!({ "faults": shared.world().faults.list() })),
        ("POST", ["faults"]) => {
            let fault: Fault = parsed(request)?;
            let id = shared.world().add_fault(fault, now_ms);
            Ok(json!({ "id": id }))
        }
        ("DELETE", ["faults"]) => Ok(json!({ "ended": shared.world().remove_faults(None, now_ms) })),
        ("DELETE", ["faults", id]) => {
            let id = id.parse().map_err(|_| Refusal(400, format!("{id:?} is not the number of a fault")))?;
            match shared.world().remove_faults(Some(id), now_ms) {
                0 => Err(Refusal(404, format!("there is no fault {id}; it may have been used up"))),
                ended => Ok(json!({ "ended": ended })),
            }
        }
        ("POST", ["nodes", name, verb]) => node::change(&mut shared.world(), name, verb, request, now_ms),
        ("POST", ["advance"]) => advance(shared, parsed(request)?),
        ("POST", ["speed"]) => Ok(speed(shared, parsed(request)?)),
        ("POST", ["halt"]) => {
            shared.world().is_halted = true;
            Ok(json!({ "halted": true }))
        }
        ("POST", ["resume"]) => {
            shared.world().is_halted = false;
            Ok(json!({ "halted": false }))
        }
        ("POST", ["others", "miss"]) => Ok(others(&mut shared.world(), parsed(request)?)),
        ("POST", ["update-key"]) => {
            let mut world = shared.world();
            let act = OwnerAct::UpdateKey(new_key(&world, &parsed(request)?)?);
            acted(&mut world, &act, now_ms)
        }
        ("POST", ["owner"]) => {
            let act = owner_act(&parsed(request)?)?;
            acted(&mut shared.world(), &act, now_ms)
        }
        ("POST", ["mempool"]) => mempool(&mut shared.world(), parsed(request)?),
        ("POST", ["shutdown"]) => {
            shared.end();
            Ok(json!({ "ending": true }))
        }
        _ => Err(Refusal(404, format!("no such route: {} {}; see the README", request.method, request.path))),
    }
}

/// The body as JSON; an empty one counts as `{}`.
fn parsed<T: DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    let body: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
    serde_json::from_slice(body)
        .map_err(|error| Refusal(400, format!("the body is not what {} takes: {error}", request.path)))
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    rounds: Option<u64>,
    epochs: Option<u64>,
}

/// Moves the network on by rounds or epochs, whatever its own speed is.
fn advance(shared: &Shared, wanted: Advance) -> Answer {
    let (mut made, mut missed) = (0_u64, 0_u64);
    let mut world = shared.world();
    let goal = wanted.epochs.map(|epochs| world.chain.tip().consensus.epoch + epochs);
    let most = wanted.rounds.unwrap_or(if goal.is_some() { MOST_ROUNDS } else { 1 });
    while made + missed < most && goal.is_none_or(|goal| world.chain.tip().consensus.epoch < goal) {
        match world.step(crate::clock::now_ms()) {
            Ok(true) => made += 1,
            Ok(false) => missed += 1,
            Err(error) => return Err(Refusal(409, error.to_string())),
        }
    }
    let consensus = Arc::clone(&world.chain.tip().consensus);
    Ok(json!({ "epoch": consensus.epoch, "round": consensus.round, "made": made, "missed": missed }))
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Speed {
    round_ms: Option<u64>,
    miss_ms: Option<u64>,
    manual: Option<bool>,
}

fn speed(shared: &Shared, wanted: Speed) -> Value {
    let now = shared.pace();
    let pace = Pace {
        manual: wanted.manual.unwrap_or(now.manual),
        round_ms: wanted.round_ms.unwrap_or(now.round_ms).max(1),
        miss_ms: wanted.miss_ms.unwrap_or(now.miss_ms).max(1),
    };
    shared.set_pace(pace);
    json!(pace)
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Miss {
    validators: usize,
    turns: Option<u64>,
}

fn others(world: &mut World, wanted: Miss) -> Value {
    world.others = Others { validators: wanted.validators, turns: wanted.turns };
    json!({ "validators": wanted.validators, "turns": wanted.turns })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    node: Option<String>,
    key: Option<String>,
}

fn new_key(world: &World, wanted: &NewKey) -> Result<[u8; 33], Refusal> {
    let hex = match (&wanted.node, &wanted.key) {
        (Some(name), None) => {
            let node = world.node(name).ok_or_else(|| Refusal(404, format!("there is no node {name}")))?;
            node.key.clone()
        }
        (None, Some(key)) => key.clone(),
        (None, None) => hex::encode(crate::keys::node_key("somebody else", world.settings.seed).public_key().0),
        (Some(_), Some(_)) => return Err(Refusal(400, "name either a node or a key".to_owned())),
    };
    hex::decode(&hex)
        .ok()
        .and_then(|bytes| <[u8; 33]>::try_from(bytes).ok())
        .ok_or_else(|| Refusal(400, format!("{hex:?} is not a key: 33 bytes in hex are needed")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    act: String,
    xrd: Option<String>,
}

fn owner_act(wanted: &Owner) -> Result<OwnerAct, Refusal> {
    let xrd = || {
        let text = wanted.xrd.as_deref().unwrap_or_default();
        Decimal::from_str(text).map_err(|_| Refusal(400, format!("{text:?} is not an amount of XRD")))
    };
    match wanted.act.as_str() {
        "register" => Ok(OwnerAct::Register),
        "unregister" => Ok(OwnerAct::Unregister),
        "move_badge" => Ok(OwnerAct::MoveBadge),
        "return_badge" => Ok(OwnerAct::ReturnBadge),
        "drain" => Ok(OwnerAct::Drain(xrd()?)),
        "fund" => Ok(OwnerAct::Fund(xrd()?)),
        other => Err(Refusal(
            400,
            format!("unknown act {other:?}: register, unregister, move_badge, return_badge, drain and fund exist"),
        )),
    }
}

fn acted(world: &mut World, act: &OwnerAct, now_ms: i64) -> Answer {
    match world.act(act, now_ms) {
        (intent, Submission::Accepted | Submission::Duplicate) => Ok(json!({ "intent_hash": intent })),
        (_, refused) => Err(Refusal(409, format!("the mempool did not take it: {refused:?}"))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pool {
    mode: String,
    tip: Option<u16>,
    message: Option<String>,
}

fn mempool(world: &mut World, wanted: Pool) -> Answer {
    world.mempool.mode = match wanted.mode.as_str() {
        "run" => Mode::Run,
        "hold" => Mode::Hold,
        "drop" => Mode::Drop,
        "full" => Mode::Full(wanted.tip.unwrap_or(5)),
        "reject" => Mode::Reject(wanted.message.unwrap_or_else(|| "SuccessButFeeLoanNotRepaid".to_owned())),
        other => return Err(Refusal(400, format!("unknown mode {other:?}: run, hold, drop, full and reject exist"))),
    };
    Ok(json!({ "mode": wanted.mode }))
}
