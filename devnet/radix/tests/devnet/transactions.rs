use crate::harness::{Net, Plan};
use radix_devnet::settings::Settings;
use serde_json::{Value, json};

#[test]
fn a_submitted_key_change_is_pending_then_committed_and_cannot_come_twice() {
    let net = Net::manual();
    net.rounds(1);
    let signed = net.update_key("node_b", Plan::default());
    assert_eq!(net.intent_status(1, &signed), "Unknown");
    assert_eq!(net.submit(1, &signed).json(), json!({ "duplicate": false }));
    let pending = net.status(1, &signed);
    assert_eq!((&pending["intent_status"], &pending["status"]), (&json!("Pending"), &json!("Pending")));
    assert_eq!(pending["permanently_rejects_at_epoch"], net.epoch() + 8);
    assert_eq!(pending["known_payloads"][0]["handling_status"], "HandlingSubmission");
    assert!(pending.get("committed_state_version").is_none());
    assert_eq!(net.intent_status(2, &signed), "Unknown", "the other gateway never saw it");
    assert_eq!(net.core_status("node_b", &signed)["intent_status"], "InMempool");
    assert_eq!(net.submit(1, &signed).json(), json!({ "duplicate": true }));
    assert_eq!(net.core_submit("node_b", &signed, false).json(), json!({ "duplicate": true }));
    net.rounds(2);
    let done = net.status(1, &signed);
    assert_eq!(done["intent_status"], "CommittedSuccess");
    assert_eq!(done["known_payloads"].as_array().unwrap().len(), 1);
    assert_eq!(net.intent_status(2, &signed), "CommittedSuccess", "the ledger shows it everywhere");
    let version = done["committed_state_version"].clone();
    let core = net.core_status("node_b", &signed);
    assert_eq!(
        (&core["intent_status"], &core["known_payloads"][0]["state_version"]),
        (&json!("CommittedSuccess"), &version)
    );
    let lts = net.core("node_b", "/lts/transaction/status", json!({ "intent_hash": signed.intent })).json();
    assert_eq!(lts["committed_state_version"], version);
    let again = net.core_submit("node_b", &signed, false);
    assert_eq!((again.status, again.json()["details"]["type"].clone()), (400, json!("IntentAlreadyCommitted")));
    assert_eq!(again.json()["details"]["committed_as"]["is_same_transaction"], true);
    let record = net.record();
    let intent = record["intents"].as_object().unwrap().values().next().unwrap().clone();
    assert_eq!(intent["payloads"], json!([signed.payload]));
    assert_eq!(intent["committed"]["failure"], Value::Null);
    net.epochs(1);
    assert_eq!(net.seat().unwrap().0, net.key("node_b"));
}

#[test]
fn a_temporarily_rejected_transaction_can_still_commit_after_a_top_up() {
    let net = Net::manual();
    net.control("/owner", json!({ "act": "drain", "xrd": "0.5" }));
    net.rounds(2);
    assert_eq!(net.state()["owner"]["xrd"], "0.5");
    let signed = net.update_key("node_b", Plan::default());
    assert_eq!(net.submit(1, &signed).status, 200, "a temporary rejection is a receipt too");
    let likely = net.status(1, &signed);
    assert_eq!(likely["intent_status"], "LikelyButNotCertainRejection");
    assert_eq!(likely["status"], "Pending");
    assert_eq!(likely["known_payloads"][0]["payload_status"], "TemporarilyRejected");
    assert!(likely["error_message"].as_str().unwrap().contains("LockFeeInsufficientBalance"), "{likely}");
    let core = net.core_submit("node_b", &signed, false);
    let details = core.json()["details"].clone();
    assert_eq!((core.status, &details["type"], &details["is_fresh"]), (400, &json!("Rejected"), &json!(false)));
    assert_eq!(details["is_intent_rejection_permanent"], false);
    assert!(details["retry_from_timestamp"]["unix_timestamp_ms"].is_number());
    assert_eq!(core.json()["error_type"], "TransactionSubmit");
    let lts = net.core("node_b", "/lts/transaction/submit", json!({ "notarized_transaction_hex": signed.hex }));
    assert_eq!(lts.json()["error_type"], "LtsTransactionSubmit");
    assert_eq!(net.core_status("node_b", &signed)["intent_status"], "FateUncertainButLikelyRejection");
    net.control("/owner", json!({ "act": "fund", "xrd": "100" }));
    net.rounds(2);
    assert_eq!(
        net.core_submit("node_b", &signed, false).json()["details"]["is_fresh"],
        false,
        "the old verdict is repeated"
    );
    assert_eq!(net.core_submit("node_b", &signed, true).json(), json!({ "duplicate": false }));
    net.rounds(2);
    assert_eq!(net.intent_status(1, &signed), "CommittedSuccess");
}

#[test]
fn gateways_hand_rejected_payloads_in_again_by_themselves() {
    let net = Net::start(Settings { rejection_retry_ms: 1, resubmit_ms: 1, ..Settings::manual() });
    net.control("/owner", json!({ "act": "drain", "xrd": "0" }));
    net.rounds(2);
    let signed = net.update_key("node_b", Plan::default());
    net.submit(1, &signed);
    assert_eq!(net.intent_status(1, &signed), "LikelyButNotCertainRejection");
    net.control("/owner", json!({ "act": "fund", "xrd": "100" }));
    net.rounds(4);
    assert_eq!(net.intent_status(1, &signed), "CommittedSuccess");
}

#[test]
fn a_missing_badge_commits_as_a_failure_and_costs_the_fee() {
    let net = Net::manual();
    net.control("/owner", json!({ "act": "move_badge" }));
    net.rounds(2);
    assert_eq!(net.state()["owner"]["holds_badge"], false);
    let signed = net.update_key("node_b", Plan::default());
    net.submit(1, &signed);
    net.rounds(2);
    let status = net.status(1, &signed);
    assert_eq!(status["intent_status"], "CommittedFailure");
    assert!(status["error_message"].as_str().unwrap().contains("MissingId"), "{status}");
    let left: f64 = net.state()["owner"]["xrd"].as_str().unwrap().parse().unwrap();
    assert!((0.05..0.5).contains(&(10_000.0 - left)), "{left}");
    net.control("/owner", json!({ "act": "return_badge" }));
    net.rounds(2);
    assert_eq!(net.state()["owner"]["holds_badge"], true);
    assert_eq!(net.core_submit("node_a", &signed, true).json()["details"]["type"], "IntentAlreadyCommitted");
}

#[test]
fn an_unexecuted_transaction_expires_by_epoch() {
    let net = Net::manual();
    net.control("/mempool", json!({ "mode": "hold" }));
    let signed = net.update_key("node_b", Plan { epochs: 2, ..Plan::default() });
    net.submit(1, &signed);
    net.epochs(1);
    net.rounds(1);
    assert_eq!(net.intent_status(1, &signed), "Pending");
    net.epochs(1);
    net.rounds(1);
    let status = net.status(1, &signed);
    assert_eq!((&status["intent_status"], &status["status"]), (&json!("PermanentlyRejected"), &json!("Rejected")));
    assert!(status.get("permanently_rejects_at_epoch").is_none());
    assert_eq!(net.intent_status(2, &signed), "Unknown", "a gateway that never saw it says Unknown for ever");
    net.control("/mempool", json!({ "mode": "run" }));
    net.rounds(2);
    assert_eq!(net.core_status("node_b", &signed)["intent_status"], "PermanentRejection");
    let refused = net.core_submit("node_b", &signed, true);
    assert_eq!(refused.json()["details"]["is_intent_rejection_permanent"], true);
    let gateway = net.submit(2, &signed);
    assert_eq!((gateway.status, gateway.json()["details"]["type"].clone()), (400, json!("InvalidTransactionError")));
    assert_eq!(net.seat().unwrap().0, net.key("node_a"));
}

#[test]
fn static_failures_and_early_transactions_are_told_apart() {
    let net = Net::manual();
    let refused = |hex: &str| net.gateway("/transaction/submit", json!({ "notarized_transaction_hex": hex }));
    assert_eq!(refused("4d22").json()["details"]["exception"], "UnknownException");
    assert_eq!(refused("4d2203022122").json()["message"], "Expected notarized transaction");
    let empty = net.update_key("node_b", Plan { epochs: 0, ..Plan::default() });
    let answer = refused(&empty.hex);
    assert!(answer.json()["message"].as_str().unwrap().contains("InvalidEpochRange"), "{}", answer.body);
    let details = net.core_submit("node_a", &empty, false).json()["details"].clone();
    assert_eq!(
        (&details["is_payload_rejection_permanent"], &details["is_intent_rejection_permanent"]),
        (&json!(true), &json!(true))
    );
    let good = net.update_key("node_b", Plan::default());
    let mut forged = good.hex.clone();
    forged.replace_range(forged.len() - 2.., if good.hex.ends_with("00") { "01" } else { "00" });
    let forged = crate::harness::Signed { hex: forged, intent: String::new(), payload: String::new() };
    let details = net.core_submit("node_a", &forged, false).json()["details"].clone();
    assert_eq!(
        (&details["is_payload_rejection_permanent"], &details["is_intent_rejection_permanent"]),
        (&json!(true), &json!(false))
    );
    let early = net.update_key("node_b", Plan { first_epoch: 2, ..Plan::default() });
    assert!(refused(&early.hex).body.contains("not yet close enough"));
    let details = net.core_submit("node_a", &early, false).json()["details"].clone();
    assert_eq!(details["retry_from_epoch"], net.epoch() + 2);
    assert_eq!(details["is_intent_rejection_permanent"], false);
    let tomorrow = net.update_key("node_b", Plan { first_epoch: 1, nonce: 9, ..Plan::default() });
    assert_eq!(net.submit(1, &tomorrow).status, 200);
    assert_eq!(net.intent_status(1, &tomorrow), "LikelyButNotCertainRejection");
}

#[test]
fn a_mempool_can_be_full_forgetful_or_unwilling() {
    let net = Net::manual();
    net.control("/mempool", json!({ "mode": "full", "tip": 5 }));
    let signed = net.update_key("node_b", Plan::default());
    let details = net.core_submit("node_a", &signed, false).json()["details"].clone();
    assert_eq!(
        (&details["type"], &details["min_tip_percentage_required"]),
        (&json!("PriorityThresholdNotMet"), &json!(5))
    );
    assert_eq!(details["min_tip_proportion_required"], "0.05");
    assert_eq!(net.submit(1, &signed).status, 200);
    assert!(net.status(1, &signed)["known_payloads"][0]["submission_error"].is_string());
    net.control("/mempool", json!({ "mode": "reject", "message": "SuccessButFeeLoanNotRepaid" }));
    let other = net.update_key("node_b", Plan { nonce: 8, ..Plan::default() });
    net.submit(2, &other);
    assert_eq!(net.status(2, &other)["error_message"], "SuccessButFeeLoanNotRepaid");
    net.control("/mempool", json!({ "mode": "drop" }));
    let third = net.update_key("node_b", Plan { nonce: 9, ..Plan::default() });
    assert_eq!(net.submit(2, &third).status, 200);
    net.rounds(3);
    assert_eq!(net.core_status("node_a", &third)["intent_status"], "FateUncertain");
    assert_eq!(net.intent_status(2, &third), "Pending");
    let paying = net.update_key("node_b", Plan { nonce: 10, tip: 6, ..Plan::default() });
    net.control("/mempool", json!({ "mode": "full", "tip": 5 }));
    assert_eq!(net.core_submit("node_a", &paying, false).status, 200);
}

#[test]
fn a_fee_lock_that_is_too_low_is_rejected_by_the_engine() {
    let net = Net::manual();
    let signed = net.update_key("node_b", Plan { lock_fee: "0.1", ..Plan::default() });
    net.submit(1, &signed);
    let status = net.status(1, &signed);
    assert_eq!(status["intent_status"], "LikelyButNotCertainRejection", "{status}");
}

fn preview(net: &Net, manifest: &str) -> Value {
    json!({
        "manifest": manifest,
        "start_epoch_inclusive": net.epoch(),
        "end_epoch_exclusive": net.epoch() + 8,
        "notary_public_key": { "key_type": "EddsaEd25519", "key_hex": net.text("owner_public_key_hex") },
        "notary_is_signatory": true,
        "signer_public_keys": [],
        "nonce": 7,
        "tip_percentage": 0,
        "flags": { "use_free_credit": false, "assume_all_signature_proofs": false, "skip_epoch_check": false },
    })
}

#[test]
fn a_preview_runs_on_the_engine_and_changes_nothing() {
    let net = Net::manual();
    let manifest = net.manifest_text("node_b", "2");
    let ask = |body: Value| net.gateway("/transaction/preview", body);
    let answer = ask(preview(&net, &manifest)).json();
    assert_eq!(answer["receipt"]["status"], "Succeeded", "{answer}");
    assert_eq!(answer["encoded_receipt"], "");
    assert!(answer["receipt"].get("error_message").is_none());
    let fees = &answer["receipt"]["fee_summary"];
    let cost = |name: &str| fees[name].as_str().unwrap().parse::<f64>().unwrap();
    let total = cost("xrd_total_execution_cost") + cost("xrd_total_finalization_cost") + cost("xrd_total_storage_cost");
    assert!((0.25..0.35).contains(&total), "{fees}");
    for (member, value) in [
        ("nonce", json!(0)),
        ("tip_percentage", json!(256)),
        ("flags", Value::Null),
        ("signer_public_keys", Value::Null),
        ("manifest", json!("CALL_METHOD nonsense")),
    ] {
        let mut body = preview(&net, &manifest);
        body[member] = value;
        assert_eq!(ask(body).status, 400, "{member}");
    }
    let mut early = preview(&net, &manifest);
    early["start_epoch_inclusive"] = json!(net.epoch() + 3);
    assert_eq!(ask(early).json()["receipt"]["status"], "Rejected");
    let minimal = net.core(
        "node_b",
        "/transaction/preview",
        json!({ "manifest": manifest, "flags": { "assume_all_signature_proofs": true } }),
    );
    assert_eq!(minimal.json()["receipt"]["status"], "Succeeded", "{}", minimal.body);
    net.control("/owner", json!({ "act": "move_badge" }));
    net.rounds(2);
    let answer = ask(preview(&net, &manifest)).json();
    assert_eq!(answer["receipt"]["status"], "Failed");
    assert!(answer["receipt"]["error_message"].is_string());
    net.control("/owner", json!({ "act": "drain", "xrd": "0.1" }));
    net.rounds(2);
    assert_eq!(ask(preview(&net, &manifest)).json()["receipt"]["status"], "Rejected");
    net.epochs(1);
    assert_eq!(net.seat().unwrap().0, net.key("node_a"));
}

#[test]
fn several_payloads_of_one_intent_are_seen_in_the_record() {
    let net = Net::manual();
    let signed = net.update_key("node_b", Plan::default());
    net.submit(1, &signed);
    net.submit(2, &signed);
    net.core_submit("node_b", &signed, false);
    net.rounds(2);
    let record = net.record();
    let intents = record["intents"].as_object().unwrap();
    assert_eq!(intents.len(), 1);
    let intent = intents.values().next().unwrap();
    assert_eq!(intent["payloads"].as_array().unwrap().len(), 1);
    let through: Vec<&str> =
        intent["arrivals"].as_array().unwrap().iter().map(|arrival| arrival["through"].as_str().unwrap()).collect();
    assert_eq!(through, ["gateway_1", "gateway_2", "node_b", "ledger"]);
}
