//! A node's Core API.

mod state;
mod transaction;

use super::{Reply, Request};
use crate::chain::Snapshot;
use crate::ledger::Ledger;
use crate::node::Node;
use crate::world::World;
use serde_json::{Value, json};
use std::sync::Arc;

/// What every endpoint works with.
struct Call<'a> {
    world: &'a mut World,
    node: &'a str,
    body: Value,
    now_ms: i64,
}

/// An error answer.
struct Failure {
    status: u16,
    kind: &'static str,
    message: String,
    details: Option<Value>,
}

type Answer = Result<Value, Failure>;

impl Failure {
    fn basic(status: u16, message: impl Into<String>) -> Self {
        Self { status, kind: "Basic", message: message.into(), details: None }
    }

    fn reply(self) -> Reply {
        let mut body = json!({ "error_type": self.kind, "code": self.status, "message": self.message });
        if let (Some(details), Some(members)) = (self.details, body.as_object_mut()) {
            members.insert("details".to_owned(), super::render::without_nulls(details));
        }
        Reply::json(self.status, &body)
    }
}

const ROUTES: [&str; 9] = [
    "/core/status/network-status",
    "/core/state/consensus-manager",
    "/core/state/validator",
    "/core/lts/transaction/construction",
    "/core/lts/transaction/submit",
    "/core/lts/transaction/status",
    "/core/transaction/preview",
    "/core/transaction/submit",
    "/core/transaction/status",
];

pub(super) fn answer(world: &mut World, node: &str, request: &Request, now_ms: i64) -> Reply {
    if !ROUTES.contains(&request.path.as_str()) {
        return Reply::empty(404);
    }
    if request.method != "POST" {
        let mut reply = Reply::empty(405);
        reply.headers.push(("allow", "POST".to_owned()));
        return reply;
    }
    if !request.is_json() {
        return Reply::text(400, "text/plain; charset=utf-8", "Expected request with `Content-Type: application/json`");
    }
    let Some(body @ Value::Object(_)) = request.json() else {
        return Failure::basic(400, "Failed to parse the request body as JSON").reply();
    };
    let Some(actual) = world.node(node).map(|node| node.network.logical_name.clone()) else {
        return Reply::empty(500);
    };
    match body.get("network").and_then(Value::as_str) {
        None => {
            return Failure::basic(
                400,
                "Failed to deserialize the JSON body into the target type: missing field `network`",
            )
            .reply();
        }
        Some(named) if named != actual => {
            return Failure::basic(400, format!("Invalid network - the network is actually: {actual}")).reply();
        }
        Some(_) => {}
    }
    let mut call = Call { world, node, body, now_ms };
    let answer = match request.path.as_str() {
        "/core/status/network-status" => call.network_status(),
        "/core/state/consensus-manager" => call.consensus_manager(),
        "/core/state/validator" => call.validator(),
        "/core/lts/transaction/construction" => call.construction(),
        "/core/lts/transaction/submit" => call.submit("LtsTransactionSubmit"),
        "/core/lts/transaction/status" => call.transaction_status(true),
        "/core/transaction/preview" => call.preview(),
        "/core/transaction/submit" => call.submit("TransactionSubmit"),
        _ => call.transaction_status(false),
    };
    match answer {
        Ok(body) => Reply::json(200, &super::render::without_nulls(body)),
        Err(failure) => failure.reply(),
    }
}

impl Call<'_> {
    fn node(&self) -> Result<&Node, Failure> {
        self.world.node(self.node).ok_or_else(|| Failure::basic(500, "the node is gone"))
    }

    /// What the node sees.
    fn snapshot(&self) -> Result<Arc<Snapshot>, Failure> {
        Ok(self.node()?.look(&self.world.chain, self.world.ours(), self.now_ms))
    }

    /// The ledger that the node runs transactions on: its own when it is cut off.
    fn ledger(&self) -> Result<&Ledger, Failure> {
        Ok(self.node()?.island.as_ref().map_or(self.world.chain.ledger(), |island| &island.ledger))
    }

    fn text(&self, member: &str) -> Result<&str, Failure> {
        self.body.get(member).and_then(Value::as_str).ok_or_else(|| {
            Failure::basic(
                400,
                format!("Failed to deserialize the JSON body into the target type: missing field `{member}`"),
            )
        })
    }
}
