//! The Gateway API.

mod failure;
mod selector;
mod state;
mod transaction;

use super::render::{ledger_state, without_nulls};
use super::{Reply, Request};
use crate::chain::Snapshot;
use crate::world::World;
use failure::Failure;
use radix_common::constants as known;
use serde_json::{Value, json};
use std::sync::Arc;

/// What every endpoint works with.
struct Call<'a> {
    world: &'a mut World,
    gateway: usize,
    body: Value,
    now_ms: i64,
}

type Answer = Result<Value, Failure>;

const ROUTES: [&str; 9] = [
    "/status/gateway-status",
    "/status/network-configuration",
    "/statistics/validators/uptime",
    "/state/entity/details",
    "/state/validators/list",
    "/transaction/construction",
    "/transaction/preview",
    "/transaction/submit",
    "/transaction/status",
];

pub(super) fn answer(world: &mut World, gateway: usize, request: &Request, now_ms: i64) -> Reply {
    world.requests += 1;
    let trace_id =
        format!("00-{:032x}-{:016x}-00", u128::from(world.requests) << 64 | 0x7261_6469_7864_6576, world.requests);
    if !ROUTES.contains(&request.path.as_str()) {
        return Reply::empty(404);
    }
    if request.method != "POST" {
        let mut reply = Reply::empty(405);
        reply.headers.push(("allow", "POST".to_owned()));
        return reply;
    }
    let ignores_body = request.path.starts_with("/status/") || request.path == "/transaction/construction";
    let needs_no_type = ignores_body && request.body.is_empty();
    if !request.is_json() && !needs_no_type {
        let body = json!({
            "type": "https://tools.ietf.org/html/rfc9110#section-15.5.16",
            "title": "Unsupported Media Type",
            "status": 415,
            "traceId": trace_id,
        });
        let mut reply = Reply::json(415, &body);
        reply.headers = vec![("content-type", "application/problem+json; charset=utf-8".to_owned())];
        return reply;
    }
    let body = match request.json() {
        Some(body @ Value::Object(_)) => body,
        _ if ignores_body => json!({}),
        _ => return Failure::invalid("", "A non-empty request body is required.").reply(&trace_id),
    };
    let mut call = Call { world, gateway, body, now_ms };
    let answer = match request.path.as_str() {
        "/status/gateway-status" => Ok(call.status()),
        "/status/network-configuration" => Ok(call.network_configuration()),
        "/statistics/validators/uptime" => call.uptime(),
        "/state/entity/details" => call.entity_details(),
        "/state/validators/list" => call.validators_list(),
        "/transaction/construction" => call.construction(),
        "/transaction/preview" => call.preview(),
        "/transaction/submit" => call.submit(),
        _ => call.transaction_status(),
    };
    match answer {
        Ok(body) => Reply::json(200, &without_nulls(body)),
        Err(failure) => failure.reply(&trace_id),
    }
}

impl Call<'_> {
    /// The newest state of this gateway's view.
    fn tip(&self) -> Arc<Snapshot> {
        match self.world.gateways.get(self.gateway) {
            Some(gateway) => gateway.sight.look(&self.world.chain, self.world.ours(), self.now_ms),
            None => self.world.chain.tip(),
        }
    }

    fn ledger_state(&self, snapshot: &Snapshot) -> Value {
        ledger_state(self.world, snapshot)
    }

    /// The tip, unless it is too old to be shown.
    fn fresh_tip(&self, request_type: &'static str) -> Result<Arc<Snapshot>, Failure> {
        let tip = self.tip();
        let refuses = self.world.gateways.get(self.gateway).is_none_or(|gateway| gateway.refuses_stale);
        let delay_ms = self.now_ms - tip.timestamp_ms;
        let allowed_ms = self.world.settings.refuse_after_ms;
        if refuses && delay_ms > allowed_ms {
            return Err(Failure::not_synced(request_type, delay_ms, allowed_ms));
        }
        Ok(tip)
    }

    fn status(&self) -> Value {
        let tip = self.tip();
        json!({
            "ledger_state": self.ledger_state(&tip),
            "release_info": {
                "release_version": "1.10.6",
                "open_api_schema_version": "v1.10.6",
                "image_tag": "v1.10.6",
            },
        })
    }

    fn network_configuration(&self) -> Value {
        let ledger = self.world.chain.ledger();
        let address = |node: &radix_common::prelude::NodeId| ledger.text(node);
        json!({
            "network_id": ledger.network().id,
            "network_name": ledger.network().logical_name,
            "well_known_addresses": {
                "xrd": address(known::XRD.as_node_id()),
                "secp256k1_signature_virtual_badge": address(known::SECP256K1_SIGNATURE_RESOURCE.as_node_id()),
                "ed25519_signature_virtual_badge": address(known::ED25519_SIGNATURE_RESOURCE.as_node_id()),
                "package_of_direct_caller_virtual_badge":
                    address(known::PACKAGE_OF_DIRECT_CALLER_RESOURCE.as_node_id()),
                "global_caller_virtual_badge": address(known::GLOBAL_CALLER_RESOURCE.as_node_id()),
                "system_transaction_badge": address(known::SYSTEM_EXECUTION_RESOURCE.as_node_id()),
                "package_owner_badge": address(known::PACKAGE_OWNER_BADGE.as_node_id()),
                "validator_owner_badge": address(known::VALIDATOR_OWNER_BADGE.as_node_id()),
                "account_owner_badge": address(known::ACCOUNT_OWNER_BADGE.as_node_id()),
                "identity_owner_badge": address(known::IDENTITY_OWNER_BADGE.as_node_id()),
                "package_package": address(known::PACKAGE_PACKAGE.as_node_id()),
                "resource_package": address(known::RESOURCE_PACKAGE.as_node_id()),
                "account_package": address(known::ACCOUNT_PACKAGE.as_node_id()),
                "identity_package": address(known::IDENTITY_PACKAGE.as_node_id()),
                "consensus_manager_package": address(known::CONSENSUS_MANAGER_PACKAGE.as_node_id()),
                "access_controller_package": address(known::ACCESS_CONTROLLER_PACKAGE.as_node_id()),
                "transaction_processor_package": address(known::TRANSACTION_PROCESSOR_PACKAGE.as_node_id()),
                "metadata_module_package": address(known::METADATA_MODULE_PACKAGE.as_node_id()),
                "royalty_module_package": address(known::ROYALTY_MODULE_PACKAGE.as_node_id()),
                "role_assignment_module_package": address(known::ROLE_ASSIGNMENT_MODULE_PACKAGE.as_node_id()),
                "genesis_helper_package": address(known::GENESIS_HELPER_PACKAGE.as_node_id()),
                "faucet_package": address(known::FAUCET_PACKAGE.as_node_id()),
                "pool_package": address(known::POOL_PACKAGE.as_node_id()),
                "transaction_tracker_package": address(known::TRANSACTION_TRACKER_PACKAGE.as_node_id()),
                "locker_package": address(known::LOCKER_PACKAGE.as_node_id()),
                "consensus_manager": address(known::CONSENSUS_MANAGER.as_node_id()),
                "genesis_helper": address(known::GENESIS_HELPER.as_node_id()),
                "faucet": address(known::FAUCET.as_node_id()),
                "transaction_tracker": address(known::TRANSACTION_TRACKER.as_node_id()),
            },
        })
    }
}
