use crate::harness::{Net, Plan};
use serde_json::json;

#[test]
fn answers_can_be_replaced_delayed_and_damaged_a_counted_number_of_times() {
    let net = Net::manual();
    let url = net.gateway_url(1, "/status/gateway-status");
    let fault = |body: serde_json::Value| net.control("/faults", body);
    fault(json!({ "target": "gateway_1", "kind": "html", "status": 503, "count": 2 }));
    for _ in 0..2 {
        let answer = net.post(&url, &json!({}));
        assert_eq!(answer.status, 503);
        assert!(answer.body.starts_with("<html>") && answer.headers.contains("text/html"));
    }
    assert_eq!(net.post(&url, &json!({})).status, 200, "used up");
    fault(json!({ "target": "gateways", "kind": "rate_limit", "retry_after": 7, "count": 1 }));
    let answer = net.post(&url, &json!({}));
    assert_eq!((answer.status, answer.body.as_str()), (429, "Too Many Requests"));
    assert!(answer.headers.contains("retry-after: 7"));
    fault(json!({ "target": "gateway_1", "kind": "truncated", "count": 1 }));
    let answer = net.post(&url, &json!({}));
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_err());
    fault(
        json!({ "target": "gateway_1", "kind": "error", "status": 524, "body": { "message": "Request timed out", "code": 524 }, "count": 1 }),
    );
    assert_eq!(net.post(&url, &json!({})).status, 524);
    fault(json!({ "target": "gateway_1", "kind": "dropped", "count": 1 }));
    assert!(net.raw("POST", &url, "content-type: application/json\r\n", "{}").is_err());
    fault(json!({ "target": "gateway_1", "path": "/status", "kind": "slow", "ms": 120, "count": 1 }));
    assert_eq!(net.gateway("/transaction/construction", json!({})).status, 200, "another path is not meant");
    let before = radix_devnet::clock::now_ms();
    assert_eq!(net.post(&url, &json!({})).status, 200);
    assert!(radix_devnet::clock::now_ms() - before >= 120);
    assert_eq!(net.state()["faults"], json!([]));
}

#[test]
fn faults_of_one_part_of_a_node_leave_the_others_alone() {
    let net = Net::manual();
    let id = net.control("/faults", json!({ "target": "node_b/core", "kind": "html" }))["id"].clone();
    assert_eq!(net.core("node_b", "/status/network-status", json!({})).status, 502);
    assert_eq!(net.system("node_b", "/system/health")["status"], "UP");
    assert_eq!(net.core("node_a", "/status/network-status", json!({})).status, 200);
    net.raw("DELETE", &format!("{}/faults/{id}", net.text("control")), "", "").unwrap();
    assert_eq!(net.core("node_b", "/status/network-status", json!({})).status, 200);
    net.control("/faults", json!({ "target": "nodes", "path": "/system", "kind": "html" }));
    let system = format!("{}/system/health", net.ready["nodes"]["node_c"]["system"].as_str().unwrap());
    assert_eq!(net.get(&system).status, 502);
}

#[test]
fn a_lost_answer_does_not_undo_the_submission() {
    let net = Net::manual();
    net.control(
        "/faults",
        json!({ "target": "gateway_1", "path": "/transaction/submit", "kind": "answer_lost", "count": 1 }),
    );
    let signed = net.update_key("node_b", Plan::default());
    let url = net.gateway_url(1, "/transaction/submit");
    let body = json!({ "notarized_transaction_hex": signed.hex }).to_string();
    assert!(net.raw("POST", &url, "content-type: application/json\r\n", &body).is_err());
    assert_eq!(net.intent_status(1, &signed), "Pending");
    net.rounds(2);
    assert_eq!(net.intent_status(1, &signed), "CommittedSuccess");
}

#[test]
fn a_lying_gateway_and_a_forked_one_differ_from_the_others() {
    let net = Net::manual();
    net.epochs(2);
    net.rounds(1);
    let honest = net.uptime(json!({}));
    net.control(
        "/faults",
        json!({
            "target": "gateway_1", "path": "/statistics", "kind": "lie",
            "set": { "/validators/items/0/proposals_missed": 4000, "/ledger_state/extra": true },
        }),
    );
    assert_eq!(net.uptime(json!({})), (honest.0, 4000, honest.2));
    net.control(
        "/faults",
        json!({ "target": "gateway_2", "kind": "fork", "epoch_shift": 1, "key": net.key("node_c") }),
    );
    let ask = |number: usize, path: &str, body| net.post(&net.gateway_url(number, path), &body).json();
    let epoch = |number| ask(number, "/status/gateway-status", json!({}))["ledger_state"]["epoch"].as_u64().unwrap();
    assert_eq!(epoch(2), epoch(1) + 1);
    let key = |number| {
        let details = ask(number, "/state/entity/details", json!({ "addresses": [net.text("validator_address")] }));
        details["items"][0]["details"]["state"]["public_key"]["key_hex"].clone()
    };
    assert_eq!((key(1), key(2)), (json!(net.key("node_a")), json!(net.key("node_c"))));
    net.raw("DELETE", &format!("{}/faults", net.text("control")), "", "").unwrap();
    assert_eq!((epoch(2), key(2)), (epoch(1), json!(net.key("node_a"))));
}

#[test]
fn other_validators_can_miss_too() {
    let net = Net::manual();
    net.control("/others/miss", json!({ "validators": 2, "turns": 6 }));
    net.rounds(25);
    let record = net.record();
    let missed: Vec<&serde_json::Value> =
        record["timeline"].as_array().unwrap().iter().filter(|turn| turn["made"] == false).collect();
    assert_eq!(missed.len(), 6);
    assert!(missed.iter().all(|turn| turn["ours"] == false));
    net.control("/others/miss", json!({ "validators": 3 }));
    net.epochs(1);
    let consensus = net.consensus("node_a");
    assert_eq!(consensus["current_proposal_statistic"]["value"]["completed"].as_array().unwrap().len(), 4);
}

#[test]
fn a_key_changed_by_somebody_else_leaves_both_nodes_without_a_vote() {
    let net = Net::manual();
    net.control("/update-key", json!({}));
    net.epochs(2);
    let (key, made, _) = net.seat().unwrap();
    assert_eq!(made, 0);
    assert!(key != net.key("node_a") && key != net.key("node_b"));
}

#[test]
fn misspelt_faults_and_routes_are_refused() {
    let net = Net::manual();
    let control = net.text("control");
    for (path, body) in [
        ("/faults", json!({ "target": "gateway_1", "kind": "explode" })),
        ("/faults", json!({ "kind": "html" })),
        ("/advance", json!({ "round": 1 })),
        ("/owner", json!({ "act": "drain" })),
        ("/update-key", json!({ "key": "02" })),
        ("/mempool", json!({ "mode": "slow" })),
        ("/nodes/node_a/configure", json!({ "kay": 1 })),
    ] {
        let answer = net.post(&format!("{control}{path}"), &body);
        assert_eq!(answer.status, 400, "{path} {body}");
        assert!(answer.json()["error"].is_string());
    }
    assert_eq!(net.post(&format!("{control}/nope"), &json!({})).status, 404);
}
