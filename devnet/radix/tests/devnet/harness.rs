//! A devnet in this process, moved by hand, and a client that speaks HTTP over a plain socket.

use radix_common::crypto::{Ed25519PrivateKey, PublicKey};
use radix_common::math::Decimal;
use radix_common::prelude::{ComponentAddress, NonFungibleLocalId};
use radix_common::types::Epoch;
use radix_devnet::devnet::Devnet;
use radix_devnet::ledger::Ledger;
use radix_devnet::network;
use radix_devnet::settings::Settings;
use radix_transactions::builder::{ManifestBuilder, TransactionBuilder};
use radix_transactions::manifest::decompile;
use radix_transactions::model::{TransactionHeaderV1, TransactionManifestV1, TransactionPayload};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::str::FromStr;

pub(crate) struct Net {
    runtime: tokio::runtime::Runtime,
    devnet: Option<Devnet>,
    pub(crate) ready: Value,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// What a transaction of the tests varies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) nonce: u32,
    pub(crate) first_epoch: i64,
    pub(crate) epochs: u64,
    pub(crate) lock_fee: &'static str,
    pub(crate) tip: u16,
}

impl Default for Plan {
    fn default() -> Self {
        Self { nonce: 7, first_epoch: 0, epochs: 8, lock_fee: "2", tip: 0 }
    }
}

/// A signed transaction.
pub(crate) struct Signed {
    pub(crate) hex: String,
    pub(crate) intent: String,
    pub(crate) payload: String,
}

impl Net {
    pub(crate) fn manual() -> Self {
        Self::start(Settings::manual())
    }

    pub(crate) fn start(settings: Settings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let devnet = runtime.block_on(async { tokio::spawn(Devnet::start(settings)).await.unwrap().unwrap() });
        let ready = devnet.ready().clone();
        Self { runtime, devnet: Some(devnet), ready }
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.devnet.as_ref().unwrap().shared().world().chain.ledger().clone()
    }

    pub(crate) fn text(&self, member: &str) -> String {
        self.ready[member].as_str().unwrap().to_owned()
    }

    pub(crate) fn key(&self, node: &str) -> String {
        self.ready["nodes"][node]["public_key"].as_str().unwrap().to_owned()
    }

    pub(crate) fn raw(&self, method: &str, url: &str, headers: &str, body: &str) -> std::io::Result<Response> {
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut stream = TcpStream::connect(host)?;
        let length = body.len();
        write!(
            stream,
            "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "no answer"))?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Ok(Response { status, headers: head.to_lowercase(), body: body.to_owned() })
    }

    pub(crate) fn post(&self, url: &str, body: &Value) -> Response {
        self.raw("POST", url, "content-type: application/json\r\n", &body.to_string()).unwrap()
    }

    pub(crate) fn get(&self, url: &str) -> Response {
        self.raw("GET", url, "", "").unwrap()
    }

    pub(crate) fn gateway_url(&self, number: usize, path: &str) -> String {
        format!("{}{path}", self.ready["gateways"][number - 1].as_str().unwrap())
    }

    /// Asks gateway 1.
    pub(crate) fn gateway(&self, path: &str, body: Value) -> Response {
        self.post(&self.gateway_url(1, path), &body)
    }

    pub(crate) fn core_url(&self, node: &str, path: &str) -> String {
        format!("{}{path}", self.ready["nodes"][node]["core"].as_str().unwrap())
    }

    pub(crate) fn core(&self, node: &str, path: &str, mut body: Value) -> Response {
        body["network"] = self.ready["network"].clone();
        self.post(&self.core_url(node, path), &body)
    }

    pub(crate) fn system(&self, node: &str, path: &str) -> Value {
        let url = format!("{}{path}", self.ready["nodes"][node]["system"].as_str().unwrap());
        self.get(&url).json()
    }

    pub(crate) fn metrics(&self, node: &str) -> String {
        self.get(self.ready["nodes"][node]["prometheus"].as_str().unwrap()).body
    }

    /// Posts to the control API, which must agree.
    pub(crate) fn control(&self, path: &str, body: Value) -> Value {
        let response = self.post(&format!("{}{path}", self.text("control")), &body);
        assert_eq!(response.status, 200, "{path}: {}", response.body);
        response.json()
    }

    pub(crate) fn state(&self) -> Value {
        self.get(&format!("{}/state", self.text("control"))).json()
    }

    pub(crate) fn record(&self) -> Value {
        self.get(&format!("{}/record", self.text("control"))).json()
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.state()["epoch"].as_u64().unwrap()
    }

    pub(crate) fn rounds(&self, rounds: u64) {
        self.control("/advance", json!({ "rounds": rounds }));
    }

    pub(crate) fn epochs(&self, epochs: u64) {
        self.control("/advance", json!({ "epochs": epochs }));
    }

    /// Consensus manager as `node` shows it.
    pub(crate) fn consensus(&self, node: &str) -> Value {
        self.core(node, "/state/consensus-manager", json!({})).json()
    }

    /// Our member of the validator set, with its counters.
    pub(crate) fn seat(&self) -> Option<(String, u64, u64)> {
        let consensus = self.consensus("node_c");
        let set = consensus["current_validator_set"]["value"]["validator_set"].as_array().unwrap();
        let place = set.iter().position(|seated| seated["address"] == self.ready["validator_address"])?;
        let counts = &consensus["current_proposal_statistic"]["value"];
        Some((
            set[place]["key"]["key_hex"].as_str().unwrap().to_owned(),
            counts["completed"][place].as_u64().unwrap(),
            counts["missed"][place].as_u64().unwrap(),
        ))
    }

    /// `update_key` to a node's key, signed by the owner account, as the product's direct form does it.
    pub(crate) fn update_key(&self, node: &str, plan: Plan) -> Signed {
        self.sign(self.update_key_manifest(node, plan.lock_fee), plan)
    }

    pub(crate) fn update_key_manifest(&self, node: &str, lock_fee: &str) -> TransactionManifestV1 {
        let ledger = self.ledger();
        let component = |text: &str| ComponentAddress::try_from(ledger.parse(text).unwrap().as_bytes()).unwrap();
        let account = component(&self.text("owner_account"));
        let validator = component(&self.text("validator_address"));
        let mut key = [0_u8; 33];
        key.copy_from_slice(&hex::decode(self.key(node)).unwrap());
        let badge = NonFungibleLocalId::bytes(validator.as_node_id().as_bytes()).unwrap();
        ManifestBuilder::new()
            .lock_fee(account, Decimal::from_str(lock_fee).unwrap())
            .create_proof_from_account_of_non_fungibles(
                account,
                radix_common::constants::VALIDATOR_OWNER_BADGE,
                [badge],
            )
            .call_method(
                validator,
                "update_key",
                radix_engine_interface::prelude::ValidatorUpdateKeyInput {
                    key: radix_common::crypto::Secp256k1PublicKey(key),
                },
            )
            .build()
    }

    pub(crate) fn manifest_text(&self, node: &str, lock_fee: &str) -> String {
        let network = network::by_text(&self.text("network")).unwrap();
        decompile(&self.update_key_manifest(node, lock_fee), &network).unwrap()
    }

    pub(crate) fn sign(&self, manifest: TransactionManifestV1, plan: Plan) -> Signed {
        let key = Ed25519PrivateKey::from_bytes(&hex::decode(self.text("owner_private_key_hex")).unwrap()).unwrap();
        let start = self.epoch().checked_add_signed(plan.first_epoch).unwrap();
        let transaction = TransactionBuilder::new()
            .header(TransactionHeaderV1 {
                network_id: u8::try_from(self.ready["network_id"].as_u64().unwrap()).unwrap(),
                start_epoch_inclusive: Epoch::of(start),
                end_epoch_exclusive: Epoch::of(start + plan.epochs),
                nonce: plan.nonce,
                notary_public_key: PublicKey::Ed25519(key.public_key()),
                notary_is_signatory: true,
                tip_percentage: plan.tip,
            })
            .manifest(manifest)
            .notarize(&key)
            .build();
        let raw = transaction.to_raw().unwrap().to_vec();
        let hex = hex::encode(&raw);
        match self.ledger().receive(&raw) {
            Ok(received) => Signed { hex, intent: received.intent_text, payload: received.payload },
            Err(_) => Signed { hex, intent: String::new(), payload: String::new() },
        }
    }

    pub(crate) fn submit(&self, number: usize, signed: &Signed) -> Response {
        let url = self.gateway_url(number, "/transaction/submit");
        self.post(&url, &json!({ "notarized_transaction_hex": signed.hex }))
    }

    pub(crate) fn status(&self, number: usize, signed: &Signed) -> Value {
        let url = self.gateway_url(number, "/transaction/status");
        self.post(&url, &json!({ "intent_hash": signed.intent })).json()
    }

    pub(crate) fn intent_status(&self, number: usize, signed: &Signed) -> String {
        self.status(number, signed)["intent_status"].as_str().unwrap().to_owned()
    }

    pub(crate) fn core_submit(&self, node: &str, signed: &Signed, force: bool) -> Response {
        self.core(
            node,
            "/transaction/submit",
            json!({ "notarized_transaction_hex": signed.hex, "force_recalculate": force }),
        )
    }

    pub(crate) fn core_status(&self, node: &str, signed: &Signed) -> Value {
        self.core(node, "/transaction/status", json!({ "intent_hash": signed.intent })).json()
    }

    /// Answer of the uptime endpoint about our validator: (made, missed, epochs).
    pub(crate) fn uptime(&self, selectors: Value) -> (u64, u64, u64) {
        let mut body = json!({ "validator_addresses": [self.text("validator_address")] });
        for (name, value) in selectors.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = self.gateway("/statistics/validators/uptime", body).json();
        let item = &answer["validators"]["items"][0];
        let count = |name: &str| item[name].as_u64().unwrap_or_else(|| panic!("no {name} in {answer}"));
        (count("proposals_made"), count("proposals_missed"), count("epochs_active_in"))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if let Some(devnet) = self.devnet.take() {
            self.runtime.block_on(devnet.stop());
        }
    }
}
