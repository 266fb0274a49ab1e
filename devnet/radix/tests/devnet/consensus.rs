use crate::harness::Net;
use serde_json::{Value, json};

#[test]
fn the_engine_ends_the_epoch_and_counts_every_round_of_it() {
    let net = Net::manual();
    let epoch = net.epoch();
    net.rounds(20);
    let consensus = net.consensus("node_c");
    let sum = |name: &str| -> u64 {
        let counts = &consensus["current_proposal_statistic"]["value"][name];
        counts.as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum()
    };
    assert_eq!(consensus["state"]["value"]["round"], 20);
    assert_eq!((sum("completed"), sum("missed")), (20, 0));
    net.rounds(5);
    let consensus = net.consensus("node_c");
    assert_eq!(consensus["state"]["value"]["epoch"], epoch + 1);
    assert_eq!(consensus["state"]["value"]["round"], 0);
    assert_eq!(consensus["at_ledger_state"]["header_summary"]["epoch_round"], json!({ "epoch": epoch, "round": 25 }));
    assert_eq!(consensus["current_proposal_statistic"]["value"]["completed"], json!([0, 0, 0, 0]));
    let status = net.core("node_c", "/status/network-status", json!({})).json();
    assert_eq!(status["current_epoch_round"], json!({ "epoch": epoch, "round": 25 }));
    net.rounds(1);
    let status = net.gateway("/status/gateway-status", json!({})).json();
    assert_eq!(status["ledger_state"]["epoch"], epoch + 1);
    assert_eq!(status["ledger_state"]["round"], 1);
}

#[test]
fn a_new_key_signs_from_the_next_epoch_on() {
    let net = Net::manual();
    net.rounds(3);
    net.control("/update-key", json!({ "node": "node_b" }));
    net.rounds(2);
    let validator =
        net.core("node_c", "/state/validator", json!({ "validator_address": net.text("validator_address") }));
    assert_eq!(validator.json()["state"]["value"]["public_key"]["key_hex"], net.key("node_b"));
    assert_eq!(net.seat().unwrap().0, net.key("node_a"), "the running epoch keeps the old key");
    let first = net.epoch();
    net.epochs(1);
    assert_eq!(net.seat().unwrap().0, net.key("node_b"));
    net.epochs(1);
    let record = net.record();
    assert_eq!(record["epochs"][first.to_string()]["voters"], json!(["node_a"]));
    assert_eq!(record["epochs"][(first + 1).to_string()]["voters"], json!(["node_b"]));
    assert_eq!(record["violated"], false);
    let missed = record["timeline"].as_array().unwrap().iter().filter(|turn| turn["made"] == false).count();
    assert_eq!(missed, 0, "a planned change costs no proposal");
}

#[test]
fn a_stopped_node_misses_by_gap_and_by_fallback_in_the_engines_statistics() {
    let net = Net::manual();
    net.control("/nodes/node_a/stop", json!({}));
    net.rounds(24);
    let (_, made, missed) = net.seat().unwrap();
    assert_eq!(made, 0);
    let record = net.record();
    let ours: Vec<&Value> = record["timeline"].as_array().unwrap().iter().filter(|turn| turn["ours"] == true).collect();
    assert_eq!(u64::try_from(ours.len()).unwrap(), missed, "the record and the engine count the same misses");
    for resolution in ["MissedByGap", "MissedByFallback"] {
        assert!(ours.iter().any(|turn| turn["resolution"] == resolution), "no {resolution} in {ours:?}");
    }
    net.epochs(1);
    assert_eq!(record["epochs"][(net.epoch() - 1).to_string()]["voters"], json!([]));
}

#[test]
fn an_unregistered_validator_leaves_the_set_at_the_next_epoch_and_comes_back() {
    let net = Net::manual();
    net.control("/owner", json!({ "act": "unregister" }));
    net.rounds(2);
    assert!(net.seat().is_some());
    net.epochs(1);
    assert!(net.seat().is_none());
    let details = net.gateway("/state/entity/details", json!({ "addresses": [net.text("validator_address")] })).json();
    let state = &details["items"][0]["details"]["state"];
    assert_eq!(state["is_registered"], false);
    assert!(state.get("sorted_key").is_none());
    net.control("/owner", json!({ "act": "register" }));
    net.epochs(1);
    assert!(net.seat().is_some());
}

#[test]
fn two_nodes_with_one_key_are_a_violation_that_stays_in_the_record() {
    let net = Net::manual();
    net.rounds(2);
    assert_eq!(net.record()["violated"], false);
    net.control("/nodes/node_b/configure", json!({ "key_of": "node_a" }));
    net.rounds(2);
    net.control("/nodes/node_b/stop", json!({}));
    net.epochs(1);
    let record = net.record();
    assert_eq!(record["violated"], true);
    assert_eq!(record["violations"].as_array().unwrap().len(), 1);
    assert_eq!(record["violations"][0]["nodes"], json!(["node_a", "node_b"]));
}

#[test]
fn one_key_used_by_two_nodes_after_each_other_in_one_epoch_is_a_violation_too() {
    let net = Net::manual();
    net.rounds(2);
    net.control("/nodes/node_a/stop", json!({}));
    net.control("/nodes/node_b/configure", json!({ "key_of": "node_a" }));
    net.rounds(2);
    assert_eq!(net.record()["violated"], true);
}

#[test]
fn epochs_can_be_a_matter_of_time() {
    let settings = radix_devnet::settings::Settings { epoch_ms: Some(1), ..radix_devnet::settings::Settings::manual() };
    let net = Net::start(settings);
    let epoch = net.epoch();
    net.rounds(8);
    assert!(net.epoch() > epoch, "at least one round per validator, then the time decides");
    let condition = &net.consensus("node_a")["config"]["value"]["epoch_change_condition"];
    assert_eq!(condition["min_round_count"], 4);
}
