//! What the hosts of the fake network say.
use super::{Asked, Shared};
use serde_json::{Value, json};
use std::fmt::Write;

const EPOCH: u64 = 1000;
/// Metrics of a node that are not used, roughly as many as it has.
const OTHER_METRICS: usize = 300;

impl Shared {
    /// Body of the answer to a request of `path`; `None` for an unknown one.
    pub(super) fn body(&self, asked: Asked, path: &str) -> Option<String> {
        if asked == Asked::Gateway {
            return self.gateway(path).map(|body| body.to_string());
        }
        if path == "/prometheus/metrics" {
            return Some(self.metrics());
        }
        let body = match path.strip_prefix("/core") {
            Some(core) => self.core(core),
            None => self.system(asked, path),
        };
        body.map(|body| body.to_string())
    }

    fn state_version(&self) -> u64 {
        50_000_000 + whole(self.elapsed().as_millis() / 40)
    }

    fn round(&self) -> u64 {
        whole(self.elapsed().as_millis() / 500)
    }

    /// Proposals of every other validator so far.
    fn made_by_others(&self) -> u64 {
        1000 + whole(self.elapsed().as_millis() / 100)
    }

    fn proposals(&self) -> (u64, u64) {
        self.duties().at(self.clock.uptime())
    }

    fn gateway(&self, path: &str) -> Option<Value> {
        let identity = &self.identity;
        let at = json!({
            "network": identity.network,
            "state_version": self.state_version(),
            "proposer_round_timestamp": self.wall().to_string(),
            "epoch": EPOCH,
            "round": self.round(),
        });
        Some(match path {
            "/statistics/validators/uptime" => {
                let (made, missed) = self.proposals();
                let own = json!({ "address": identity.validator, "proposals_made": made,
                    "proposals_missed": missed, "epochs_active_in": 10 });
                json!({ "ledger_state": at, "validators": { "items": [own] } })
            }
            "/state/entity/details" => {
                let validator = json!({ "address": identity.validator,
                    "details": { "blueprint_name": "Validator", "state": self.component() } });
                let (resource, id) = &identity.badge;
                let account = json!({ "address": identity.account,
                    "fungible_resources": { "items": [{ "resource_address": identity.xrd,
                        "vaults": { "items": [{ "amount": "10000" }] } }] },
                    "non_fungible_resources": { "items": [{ "resource_address": resource,
                        "vaults": { "items": [{ "total_count": 1, "items": [id] }] } }] } });
                json!({ "ledger_state": at, "items": [validator, account] })
            }
            "/transaction/construction" => json!({ "ledger_state": at }),
            "/transaction/preview" => preview(),
            "/transaction/submit" => json!({ "duplicate": false }),
            "/transaction/status" => {
                json!({ "ledger_state": at, "intent_status": "Unknown", "known_payloads": [] })
            }
            _ => return None,
        })
    }

    fn core(&self, path: &str) -> Option<Value> {
        let now = json!({ "unix_timestamp_ms": self.wall().0 });
        let at = json!({
            "state_version": self.state_version(),
            "header_summary": {
                "epoch_round": { "epoch": EPOCH, "round": self.round() },
                "proposer_timestamp": now,
            },
        });
        Some(match path {
            "/state/consensus-manager" => {
                let (made, missed) = self.proposals();
                let others = self.made_by_others();
                let count = self.identity.others.len();
                let completed: Vec<_> = std::iter::once(made).chain(std::iter::repeat_n(others, count)).collect();
                let missed: Vec<_> = std::iter::once(missed).chain(std::iter::repeat_n(0, count)).collect();
                json!({
                    "at_ledger_state": at,
                    "config": { "value": { "epoch_change_condition":
                        { "min_round_count": 500, "max_round_count": 3000, "target_duration_millis": 300_000 } } },
                    "state": { "value": { "epoch": EPOCH, "round": self.round(), "effective_epoch_start": now } },
                    "current_proposal_statistic": { "value": { "completed": completed, "missed": missed } },
                    "current_validator_set": { "value": { "validator_set": self.set() } },
                })
            }
            "/state/validator" => {
                json!({ "at_ledger_state": at, "address": self.identity.validator, "state": { "value": self.component() } })
            }
            "/lts/transaction/construction" => json!({ "current_epoch": EPOCH, "ledger_clock": now }),
            "/transaction/preview" => preview(),
            "/transaction/submit" => json!({ "duplicate": false }),
            "/transaction/status" => json!({ "intent_status": "NotSeen", "status_description": "" }),
            _ => return None,
        })
    }

    fn system(&self, asked: Asked, path: &str) -> Option<Value> {
        let [(key_a, peer_a), (key_b, peer_b)] = {
            let [key_a, key_b] = &self.identity.node_keys;
            let [peer_a, peer_b] = &self.identity.node_addresses;
            [(key_a, peer_a), (key_b, peer_b)]
        };
        let (key, peer, status) = if asked == Asked::NodeA {
            (key_a, peer_a, "VALIDATING_IN_CURRENT_EPOCH")
        } else {
            (key_b, peer_b, "NOT_VALIDATING_IN_CURRENT_EPOCH")
        };
        Some(match path {
            "/system/health" => json!({ "status": "UP", "current_protocol_version": "dugong",
                "recent_self_proposal_miss_statistic": { "missed_count": 0, "recent_proposals_tracked_count": 100 } }),
            "/system/identity" => json!({ "public_key_hex": key, "node_address": peer,
                "validator_address": self.identity.validator, "consensus_status": status }),
            "/system/network-sync-status" => {
                let version = self.state_version();
                json!({ "sync_status": { "current_state_version": version, "target_state_version": version } })
            }
            _ => return None,
        })
    }

    /// The validator's component: nothing ever commits, so the key stays that of node a.
    fn component(&self) -> Value {
        let [key, _] = &self.identity.node_keys;
        json!({ "public_key": consensus_key(key), "is_registered": true })
    }

    fn set(&self) -> Vec<Value> {
        let [key, _] = &self.identity.node_keys;
        let own = std::iter::once((&self.identity.validator, key));
        let members = own.chain(self.identity.others.iter().map(|(address, key)| (address, key)));
        let member = |(address, key): (&String, &String)| json!({ "address": address, "key": consensus_key(key), "stake": "1000000.5" });
        members.map(member).collect()
    }

    fn metrics(&self) -> String {
        let (made, missed) = self.proposals();
        let (version, ms, others) = (self.state_version(), self.wall().0, self.made_by_others());
        let mut text = format!(
            "rn_ledger_state_version {version}.0\nrn_ledger_last_update_proposer_epoch_second {}.{:03}\n",
            ms / 1000,
            ms % 1000
        );
        let own = std::iter::once((&self.identity.validator, made, missed));
        let rounds = own.chain(self.identity.others.iter().map(|(address, _)| (address, others, 0)));
        for (leader, made, missed) in rounds {
            for (kind, count) in [("Successful", made), ("MissedByFallback", missed), ("MissedByGap", 0)] {
                writeln!(
                    text,
                    "rn_ledger_consensus_rounds_committed{{leader_component_address=\"{leader}\",\
                     round_resolution=\"{kind}\"}} {count}.0"
                )
                .ok();
            }
        }
        for number in 0..OTHER_METRICS {
            writeln!(text, "rn_something_else{{kind=\"{number}\"}} {number}.0").ok();
        }
        text
    }
}

fn consensus_key(hex: &str) -> Value {
    json!({ "key_type": "EcdsaSecp256k1", "key_hex": hex })
}

fn preview() -> Value {
    json!({ "receipt": { "status": "Succeeded", "fee_summary": {
        "xrd_total_execution_cost": "0.2", "xrd_total_finalization_cost": "0.05", "xrd_total_storage_cost": "0.03",
        "xrd_total_royalty_cost": "0", "xrd_total_tipping_cost": "0" } } })
}

fn whole(count: u128) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
