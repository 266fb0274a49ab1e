use crate::harness::Net;
use serde_json::json;

#[test]
fn uptime_moves_only_when_an_epoch_concludes() {
    let net = Net::manual();
    let body = json!({ "validator_addresses": [net.text("validator_address")] });
    let answer = net.gateway("/statistics/validators/uptime", body.clone()).json();
    let item = &answer["validators"]["items"][0];
    assert_eq!(item["epochs_active_in"], 0);
    assert!(item.get("proposals_made").is_none(), "null is absent");
    net.rounds(24);
    assert_eq!(
        net.gateway("/statistics/validators/uptime", body).json()["validators"]["items"][0]["epochs_active_in"],
        0
    );
    net.rounds(1);
    let (made, missed, epochs) = net.uptime(json!({}));
    assert_eq!((missed, epochs), (0, 1), "the row of the concluded epoch is there in the flip already");
    assert!(made >= 6);
}

#[test]
fn the_uptime_window_subtracts_its_first_row_and_falls_back_to_lifetime_totals() {
    let net = Net::manual();
    let first = net.epoch();
    net.epochs(4);
    net.rounds(1);
    let now = net.epoch();
    assert_eq!(now, first + 4);
    let (lifetime, _, epochs) = net.uptime(json!({}));
    assert_eq!(epochs, 4);
    let (_, _, epochs) =
        net.uptime(json!({ "at_ledger_state": { "epoch": now }, "from_ledger_state": { "epoch": now - 3 } }));
    assert_eq!(epochs, 2, "three epochs back cover two");
    let (_, _, epochs) =
        net.uptime(json!({ "at_ledger_state": { "epoch": now - 1 }, "from_ledger_state": { "epoch": now - 3 } }));
    assert_eq!(epochs, 2, "the row of a past epoch counts");
    let trap = net.uptime(json!({ "at_ledger_state": { "epoch": now }, "from_ledger_state": { "epoch": now - 1 } }));
    assert_eq!((trap.0, trap.2), (lifetime, 4), "fewer than two rows in the window: lifetime totals");
    net.control("/owner", json!({ "act": "unregister" }));
    net.epochs(3);
    net.rounds(1);
    let now = net.epoch();
    let trap = net.uptime(json!({ "at_ledger_state": { "epoch": now }, "from_ledger_state": { "epoch": now - 2 } }));
    assert_eq!(trap.2, 5, "it left the set before the window: lifetime totals");
}

#[test]
fn unknown_and_strange_addresses_in_uptime() {
    let net = Net::manual();
    net.epochs(1);
    let account = net.text("owner_account");
    let answer =
        net.gateway("/statistics/validators/uptime", json!({ "validator_addresses": [account, account] })).json();
    let items = answer["validators"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "duplicates collapse");
    assert_eq!(items[0]["epochs_active_in"], 0);
    assert!(items[0].get("proposals_made").is_none());
    let mut unknown = net.ledger().parse(&net.text("validator_address")).unwrap();
    unknown.0[29] ^= 1;
    let unknown = net.ledger().text(&unknown);
    let answer = net.gateway("/statistics/validators/uptime", json!({ "validator_addresses": [unknown] }));
    assert_eq!((answer.status, answer.json()["validators"]["items"].clone()), (200, json!([])));
    for (addresses, path) in [
        (json!([]), "validator_addresses"),
        (json!(["validator_loc1broken"]), "validator_addresses[0]"),
        (json!(["validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95yd3ncs09"]), "validator_addresses[0]"),
    ] {
        let answer = net.gateway("/statistics/validators/uptime", json!({ "validator_addresses": addresses }));
        assert_eq!(answer.status, 400);
        let details = answer.json()["details"].clone();
        assert_eq!(details["type"], "InvalidRequestError");
        assert_eq!(details["validation_errors"][0]["path"], path);
    }
}

#[test]
fn selectors_are_checked() {
    let net = Net::manual();
    net.epochs(1);
    net.rounds(2);
    let epoch = net.epoch();
    let ask = |selector: serde_json::Value| {
        let address = net.text("validator_address");
        net.gateway(
            "/statistics/validators/uptime",
            json!({ "validator_addresses": [address], "at_ledger_state": selector }),
        )
    };
    for (selector, path) in [
        (json!({ "epoch": epoch, "state_version": 5 }), "at_ledger_state.epoch"),
        (json!({ "epoch": 0 }), "at_ledger_state.epoch"),
        (json!({ "epoch": epoch + 1 }), "?"),
        (json!({ "epoch": epoch, "round": 2 }), "?"),
        (json!({ "timestamp": "2999-01-01T00:00:00Z" }), "at_ledger_state.timestamp"),
        (json!({}), "at_ledger_state"),
    ] {
        let answer = ask(selector.clone());
        assert_eq!(answer.status, 400, "{selector}");
        assert_eq!(answer.json()["details"]["validation_errors"][0]["path"], path, "{selector}");
    }
    for selector in [
        json!({ "epoch": epoch, "round": 1 }),
        json!({ "epoch": epoch }),
        json!({ "epoch": null, "state_version": 70 }),
    ] {
        assert_eq!(ask(selector.clone()).status, 200, "{selector}");
    }
    assert_eq!(ask(json!({ "epoch": epoch })).json()["ledger_state"]["round"], 1);
    let at = ask(json!({ "state_version": 70 })).json();
    assert_eq!(at["ledger_state"]["state_version"], 70);
    let timestamp = at["ledger_state"]["proposer_round_timestamp"].clone();
    assert_eq!(ask(json!({ "timestamp": timestamp })).json()["ledger_state"], at["ledger_state"]);
}

#[test]
fn a_stale_gateway_refuses_reads_but_not_everything() {
    let net = Net::manual();
    net.rounds(3);
    net.control("/faults", json!({ "target": "gateway_1", "kind": "stale", "age_ms": 734_000 }));
    net.epochs(1);
    let address = json!([net.text("validator_address")]);
    for (path, body, request_type) in [
        ("/statistics/validators/uptime", json!({ "validator_addresses": address }), "Read"),
        ("/state/entity/details", json!({ "addresses": address }), "Read"),
        ("/transaction/construction", json!({}), "Construction"),
        ("/transaction/status", json!({ "intent_hash": "00".repeat(32) }), "Read"),
        ("/transaction/submit", json!({ "notarized_transaction_hex": "4d220302" }), "Read"),
    ] {
        let answer = net.gateway(path, body);
        assert_eq!(answer.status, 500, "{path}");
        let body = answer.json();
        assert_eq!(body["details"]["type"], "NotSyncedUpError", "{path}");
        assert_eq!(body["details"]["request_type"], request_type, "{path}");
        assert_eq!(body["details"]["max_allowed_sync_delay_seconds"], 30);
        assert!(body["details"]["current_sync_delay_seconds"].as_u64().unwrap() >= 734);
    }
    let status = net.gateway("/status/gateway-status", json!({}));
    assert_eq!((status.status, status.json()["ledger_state"]["round"].clone()), (200, json!(3)));
    let selected = json!({ "validator_addresses": address, "at_ledger_state": { "state_version": 65 } });
    assert_eq!(net.gateway("/statistics/validators/uptime", selected).status, 200, "a selector skips the check");
    let fresh = net.post(&net.gateway_url(2, "/transaction/construction"), &json!({})).json();
    assert_eq!(fresh["ledger_state"]["epoch"], net.epoch() - 1);
    net.raw("DELETE", &format!("{}/faults", net.text("control")), "", "").unwrap();
    assert_eq!(net.gateway("/transaction/construction", json!({})).status, 200);
    net.control("/faults", json!({ "target": "gateway_1", "kind": "stale", "age_ms": 734_000, "refuse": false }));
    assert_eq!(net.gateway("/transaction/construction", json!({})).status, 200, "operators can switch the check off");
}

#[test]
fn entity_details_show_validator_and_account() {
    let net = Net::manual();
    let (validator, account) = (net.text("validator_address"), net.text("owner_account"));
    let body = json!({
        "addresses": [validator, account],
        "aggregation_level": "Vault",
        "opt_ins": { "non_fungible_include_nfids": true },
    });
    let answer = net.gateway("/state/entity/details", body).json();
    let item = |address: &str| {
        let items = answer["items"].as_array().unwrap();
        items.iter().find(|item| item["address"] == address).unwrap().clone()
    };
    let state = item(&validator)["details"]["state"].clone();
    assert_eq!(state["public_key"]["key_hex"], net.key("node_a"));
    assert_eq!(state["sorted_key"]["key_type"], "Sorted");
    let rule = item(&validator)["details"]["role_assignments"]["owner"]["rule"]["access_rule"].clone();
    let badge = rule["proof_rule"]["requirement"]["non_fungible"]["local_id"]["simple_rep"].clone();
    let account = item(&account);
    let vault = account["non_fungible_resources"]["items"][0]["vaults"]["items"][0].clone();
    assert_eq!(vault["items"][0], badge, "the account holds the owner badge");
    assert_eq!(account["fungible_resources"]["items"][0]["vaults"]["items"][0]["amount"], "10000");
    let too_many: Vec<String> = (0..21).map(|_| net.text("owner_account")).collect();
    assert_eq!(net.gateway("/state/entity/details", json!({ "addresses": too_many })).status, 400);
}

#[test]
fn the_validator_list_tells_this_epochs_key_from_the_next() {
    let net = Net::manual();
    net.control("/update-key", json!({ "node": "node_b" }));
    net.rounds(2);
    let list = net.gateway("/state/validators/list", json!({})).json();
    let items = list["validators"]["items"].as_array().unwrap();
    assert_eq!(list["validators"]["total_count"], 4);
    assert!(list["validators"].get("next_cursor").is_none());
    let ours = items.iter().find(|item| item["address"] == net.ready["validator_address"]).unwrap();
    assert_eq!(ours["active_in_epoch"]["key"]["key_hex"], net.key("node_a"));
    assert_eq!(ours["state"]["public_key"]["key_hex"], net.key("node_b"));
    let sum: f64 = items.iter().map(|item| item["active_in_epoch"]["stake_percentage"].as_f64().unwrap()).sum();
    assert!((sum - 100.0).abs() < 1e-6);
    let paged = net.gateway("/state/validators/list", json!({ "cursor": "offset-1000" }));
    assert_eq!(paged.status, 400);
    assert!(paged.body.contains("AtLedgerState.StateVersion is required"));
}

#[test]
fn wrong_paths_methods_and_content_types() {
    let net = Net::manual();
    let url = net.gateway_url(1, "/state/entity/details");
    assert_eq!(net.raw("GET", &url, "", "").unwrap().status, 405);
    assert_eq!(net.raw("POST", &url, "content-type: text/plain\r\n", "{}").unwrap().status, 415);
    assert_eq!(net.gateway("/no/such/path", json!({})).status, 404);
    let broken = net.raw("POST", &url, "content-type: application/json\r\n", "{\"addr").unwrap();
    assert_eq!((broken.status, broken.json()["details"]["type"].clone()), (400, json!("InvalidRequestError")));
    let core = net.core_url("node_a", "/status/network-status");
    assert_eq!(net.raw("GET", &core, "", "").unwrap().status, 405);
    assert_eq!(net.raw("POST", &core, "", "{}").unwrap().status, 400);
    assert_eq!(net.post(&net.core_url("node_a", "/nope"), &json!({})).status, 404);
    let wrong = net.post(&core, &json!({ "network": "mainnet" }));
    assert_eq!(wrong.json()["message"], "Invalid network - the network is actually: localnet");
    let system = net.ready["nodes"]["node_a"]["system"].as_str().unwrap();
    let unknown = net.get(&format!("{system}/system/unknown"));
    assert_eq!((unknown.status, unknown.body.as_str()), (404, "No API route found at this path"));
    assert_eq!(net.raw("POST", &format!("{system}/system/health"), "", "").unwrap().status, 406);
    let mut stranger = net.ledger().parse(&net.text("validator_address")).unwrap();
    stranger.0[29] ^= 1;
    let unknown = json!({ "validator_address": net.ledger().text(&stranger) });
    assert_eq!(net.core("node_a", "/state/validator", unknown).status, 404);
    let account = json!({ "validator_address": net.text("owner_account") });
    assert_eq!(net.core("node_a", "/state/validator", account).status, 400);
}

#[test]
fn any_network_id_works_with_its_own_addresses() {
    for (name, id, prefix) in [("stokenet", 2, "validator_tdx_2_1"), ("34", 34, "validator_tdx_22_1")] {
        let network = radix_devnet::network::by_text(name).unwrap();
        let net =
            Net::start(radix_devnet::settings::Settings { network, ..radix_devnet::settings::Settings::manual() });
        let configuration = net.gateway("/status/network-configuration", json!({})).json();
        assert_eq!(configuration["network_id"], id);
        assert!(net.text("validator_address").starts_with(prefix));
        let signed = net.update_key("node_b", crate::harness::Plan::default());
        assert_eq!(net.submit(1, &signed).status, 200);
        net.rounds(2);
        assert_eq!(net.intent_status(1, &signed), "CommittedSuccess");
    }
}
