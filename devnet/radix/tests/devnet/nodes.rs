use crate::harness::{Net, Plan};
use radix_devnet::settings::Settings;
use serde_json::json;

fn series(metrics: &str, name: &str) -> Option<f64> {
    let line = metrics.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn rounds(net: &Net, node: &str, resolution: &str) -> Option<f64> {
    let leader = net.text("validator_address");
    let name = format!(
        "rn_ledger_consensus_rounds_committed{{leader_component_address=\"{leader}\",round_resolution=\"{resolution}\"}}"
    );
    series(&net.metrics(node), &name)
}

#[test]
fn a_stopped_node_answers_nothing_and_its_counters_restart() {
    let net = Net::manual();
    net.rounds(20);
    assert!(rounds(&net, "node_a", "Successful").unwrap() >= 4.0);
    net.control("/nodes/node_a/stop", json!({}));
    let health = format!("{}/system/health", net.ready["nodes"]["node_a"]["system"].as_str().unwrap());
    assert!(net.raw("GET", &health, "", "").is_err());
    assert!(net.raw("POST", &net.core_url("node_a", "/status/network-status"), "", "{}").is_err());
    net.rounds(30);
    let missed = rounds(&net, "node_b", "MissedByGap").unwrap() + rounds(&net, "node_b", "MissedByFallback").unwrap();
    assert!(missed >= 5.0, "every node sees everybody's misses: {missed}");
    net.control("/nodes/node_a/start", json!({}));
    net.rounds(1);
    let counted = ["Successful", "MissedByGap"].map(|kind| rounds(&net, "node_a", kind).unwrap_or_default());
    assert!(counted[0] + counted[1] >= 1.0, "it counts the old rounds it catches up on");
    assert!(rounds(&net, "node_a", "Successful").unwrap_or_default() < rounds(&net, "node_b", "Successful").unwrap());
    assert_eq!(net.system("node_a", "/system/health")["status"], "UP");
}

#[test]
fn own_misses_show_in_health_and_metrics_of_the_signing_node_alone() {
    let net = Net::manual();
    net.control("/nodes/node_a/lag", json!({ "versions": 1 }));
    net.rounds(24);
    net.control("/nodes/node_a/lag", json!({}));
    let missed = net.system("node_a", "/system/health")["recent_self_proposal_miss_statistic"]["missed_count"].clone();
    assert!(missed.as_u64().unwrap() >= 5);
    assert_eq!(net.system("node_b", "/system/health")["recent_self_proposal_miss_statistic"]["missed_count"], 0);
    let metrics = net.metrics("node_a");
    assert_eq!(series(&metrics, "rn_ledger_overall_health_factor"), Some(0.0));
    assert_eq!(series(&metrics, "rn_ledger_recent_self_proposal_miss_count"), missed.as_f64());
    assert_eq!(series(&net.metrics("node_b"), "rn_ledger_overall_health_factor"), Some(1.0));
    assert!(metrics.ends_with("nodeinfo{health=\"UP\",} 0.0\n\n"));
    assert!(metrics.contains("\n# HELP Special metric used to convey information"));
}

#[test]
fn a_lagging_node_sees_the_past_and_does_not_vote() {
    let net = Net::manual();
    net.rounds(20);
    net.control("/nodes/node_b/lag", json!({ "versions": 10 }));
    let sync = net.system("node_b", "/system/network-sync-status")["sync_status"].clone();
    assert_eq!(sync["target_state_version"].as_u64().unwrap() - sync["current_state_version"].as_u64().unwrap(), 10);
    assert_eq!(net.consensus("node_b")["state"]["value"]["round"], 10);
    assert_eq!(net.consensus("node_a")["state"]["value"]["round"], 20);
    net.control("/update-key", json!({ "node": "node_b" }));
    net.epochs(2);
    let record = net.record();
    assert_eq!(record["epochs"][(net.epoch() - 1).to_string()]["voters"], json!([]));
    net.control("/nodes/node_b/lag", json!({}));
    net.rounds(2);
    assert_eq!(net.record()["epochs"][net.epoch().to_string()]["voters"], json!(["node_b"]));
    net.control("/nodes/node_b/lag", json!({ "ms": 3_600_000 }));
    assert_eq!(net.system("node_b", "/system/health")["status"], "UP", "genesis itself is fresh");
}

#[test]
fn a_partitioned_node_keeps_its_view_goes_out_of_sync_and_keeps_its_submissions_to_itself() {
    let net = Net::manual();
    net.rounds(5);
    net.control("/nodes/node_b/partition", json!({ "age_ms": 61_000 }));
    net.rounds(10);
    assert_eq!(net.system("node_b", "/system/health")["status"], "OUT_OF_SYNC");
    assert_eq!(net.consensus("node_b")["state"]["value"]["round"], 5);
    let sync = net.system("node_b", "/system/network-sync-status")["sync_status"].clone();
    assert_eq!(sync["target_state_version"], sync["current_state_version"], "a cut-off node knows of no target");
    assert_eq!(net.system("node_b", "/system/peers")["peers"], json!([]));
    let signed = net.update_key("node_b", Plan::default());
    assert_eq!(net.core_submit("node_b", &signed, false).json(), json!({ "duplicate": false }));
    net.rounds(3);
    assert_eq!(net.core_status("node_b", &signed)["intent_status"], "InMempool");
    assert_eq!(net.core_status("node_a", &signed)["intent_status"], "NotSeen");
    net.control("/nodes/node_b/heal", json!({}));
    net.rounds(2);
    assert_eq!(net.core_status("node_a", &signed)["intent_status"], "CommittedSuccess");
    assert_eq!(net.system("node_b", "/system/health")["status"], "UP");
}

#[test]
fn a_partitioned_primary_neither_votes_nor_comes_back_as_a_second_signer() {
    let net = Net::manual();
    net.rounds(2);
    net.control("/nodes/node_a/partition", json!({}));
    net.control("/update-key", json!({ "node": "node_b" }));
    net.epochs(2);
    net.control("/nodes/node_a/heal", json!({}));
    net.epochs(1);
    let record = net.record();
    assert_eq!(record["violated"], false);
    assert_eq!(record["epochs"][(net.epoch() - 1).to_string()]["voters"], json!(["node_b"]));
    assert_eq!(net.system("node_a", "/system/identity")["consensus_status"], "NOT_VALIDATING_IN_CURRENT_EPOCH");
    assert_eq!(net.system("node_b", "/system/identity")["consensus_status"], "VALIDATING_IN_CURRENT_EPOCH");
}

#[test]
fn a_node_that_starts_again_is_syncing_until_it_has_caught_up() {
    let net = Net::manual();
    net.rounds(2);
    net.control("/nodes/node_b/stop", json!({}));
    net.epochs(2);
    net.control("/nodes/node_b/start", json!({ "sync_ms": 600_000 }));
    assert_eq!(net.system("node_b", "/system/health")["status"], "SYNCING");
    let sync = net.system("node_b", "/system/network-sync-status")["sync_status"].clone();
    assert!(sync["current_state_version"].as_u64() < sync["target_state_version"].as_u64());
}

#[test]
fn misconfigured_nodes_say_so_and_do_not_vote() {
    let net = Net::manual();
    let identity = |node: &str| net.system(node, "/system/identity");
    assert_eq!(identity("node_a")["consensus_status"], "VALIDATING_IN_CURRENT_EPOCH");
    assert_eq!(identity("node_b")["consensus_status"], "NOT_VALIDATING_IN_CURRENT_EPOCH");
    assert_eq!(identity("node_c")["consensus_status"], "NOT_CONFIGURED_AS_VALIDATOR");
    assert!(identity("node_c").get("validator_address").is_none());
    assert_eq!(identity("node_c")["validator_name"].as_str().unwrap().len(), 10);
    net.control("/nodes/node_b/configure", json!({ "validator": null }));
    assert_eq!(identity("node_b")["consensus_status"], "NOT_CONFIGURED_AS_VALIDATOR");
    net.control("/update-key", json!({ "node": "node_b" }));
    net.epochs(2);
    assert_eq!(net.record()["epochs"][(net.epoch() - 1).to_string()]["voters"], json!([]), "the validator is lost");
    net.control(
        "/nodes/node_b/configure",
        json!({ "validator": "ours", "network": "stokenet", "protocol_version": "bottlenose" }),
    );
    assert!(identity("node_b")["node_address"].as_str().unwrap().starts_with("node_tdx_2_1"));
    assert!(identity("node_b")["validator_address"].as_str().unwrap().starts_with("validator_tdx_2_1"));
    let refused = net.core("node_b", "/status/network-status", json!({}));
    assert_eq!(refused.json()["message"], "Invalid network - the network is actually: stokenet");
    assert_eq!(net.system("node_b", "/system/health")["current_protocol_version"], "bottlenose");
    net.control("/nodes/node_b/configure", json!({ "network": "localnet", "key": net.key("node_c") }));
    assert_eq!(identity("node_b")["public_key_hex"], net.key("node_c"));
    net.rounds(3);
    assert_eq!(net.record()["violated"], false);
    let refused = net.post(&format!("{}/nodes/node_x/stop", net.text("control")), &json!({}));
    assert_eq!(refused.status, 404);
}

#[test]
fn the_network_moves_by_itself_and_health_turns_when_it_halts() {
    let settings = Settings { round_ms: 5, miss_ms: 5, out_of_sync_after_ms: 150, ..Settings::default() };
    let net = Net::start(settings);
    let before = net.state()["state_version"].as_u64().unwrap();
    wait(200);
    assert!(net.state()["state_version"].as_u64().unwrap() > before);
    net.control("/halt", json!({}));
    let halted = net.state()["state_version"].clone();
    wait(250);
    assert_eq!(net.state()["state_version"], halted);
    assert_eq!(net.system("node_a", "/system/health")["status"], "OUT_OF_SYNC");
    let refused = net.post(&format!("{}/advance", net.text("control")), &json!({ "rounds": 1 }));
    assert_eq!(refused.status, 409);
    net.control("/resume", json!({}));
    wait(150);
    assert!(net.state()["state_version"].as_u64() > halted.as_u64());
    net.control("/speed", json!({ "manual": true }));
    wait(50);
    let still = net.state()["state_version"].clone();
    wait(100);
    assert_eq!(net.state()["state_version"], still);
}

/// Real time, because this one test is about real time.
#[allow(clippy::disallowed_methods)]
fn wait(ms: u64) {
    std::thread::sleep(std::time::Duration::from_millis(ms));
}
