//! A Radix network in a few fields: two gateways, nodes `a` and `b`, one ledger. Its time is that of
//! a test's clock, one round a second.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]
use chain_radix::tx::Notarized;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const VALIDATOR: &str = "validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95yd3ncs09";
pub(crate) const OTHER: &str = "validator_rdx1sw5zkx2h6hp6k0js6dqaaxpz4580awncmm0rlzv7ufcf97cukjegy8";
pub(crate) const ACCOUNT: &str = "account_rdx12xml6ua3f5lkq79a2ql680na83z3z3wswr6xrpy7z4yxy3lx4j2026";
/// A throw-away key of the test vectors.
pub(crate) const OWNER_KEY: &str = "20274383e167c54386aad86a40b484593fa49c0140753823109af284093c4118";
pub(crate) const KEY_A: &str = "025fb0f5e60b616ceb0dffda8c76cc580b22bacc6b9bde3ca0a487b6688f332767";
pub(crate) const KEY_B: &str = "02c3de592fb85bc9dc414ef726e0aedbc9ecd57b05f16313a1c04be7d3ad340f87";
pub(crate) const KEY_X: &str = "0282403e1ae258fcbcbda46b2576e294dd53fe1c726af1c2f6db91b2e32d923df4";
const OTHER_KEY: &str = "0233cac414dacf8281ed2f30b79986324e2f63564ef66aa1736647f364ad36fbb4";
const XRD: &str = "resource_rdx1tknxxxxxxxxxradxrdxxxxxxxxx009923554798xxxxxxxxxradxrd";
const BADGE: &str = "resource_rdx1nfxxxxxxxxxxvdrwnrxxxxxxxxx004365253834xxxxxxxxxvdrwnr";
const BADGE_ID: &str = "[8361508c284bc2aa0795a1d28ae8f37146b701bd7390575697425eb2d08d]";

/// Rounds of an epoch.
pub(crate) const EPOCH: u64 = 20;
/// One round in so many is the validator's.
const TURN: u64 = 4;

/// How a source answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Manner {
    /// As it is.
    Honest,
    /// 502 with HTML.
    Html,
    /// Half of the body.
    Truncated,
    /// 429.
    Busy,
    /// So many seconds old, and willing.
    Old(u64),
    /// Every miss and every other key there is, whatever happens.
    Liar,
    /// Takes a transaction, and answers with a 502.
    AnswerLost,
}

/// What becomes of submissions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mempool {
    /// They commit with the next round.
    Runs,
    /// They stay in it.
    Holds,
    /// They are lost.
    Drops,
    /// Rejected for now.
    RejectsNow(String),
    /// Rejected for good.
    RejectsForGood(String),
    /// They commit with the next round, and fail.
    Fails(String),
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) key: String,
    pub(crate) validator: Option<String>,
    pub(crate) suffix: String,
    pub(crate) is_running: bool,
    pub(crate) health: String,
    /// State versions that it is behind.
    pub(crate) lag: u64,
    pub(crate) manner: Manner,
    /// Rounds counted since its process began: made, missed, and others' made.
    pub(crate) counted: (u64, u64, u64),
}

/// A transaction that was handed in.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) signed: Notarized,
    /// Status in the words of the Core API.
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) at: Option<u64>,
}

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch that a test sets by itself")]
pub(crate) struct World {
    /// Wall time in milliseconds.
    pub(crate) now: u64,
    pub(crate) epoch: u64,
    pub(crate) round: u64,
    pub(crate) version: u64,
    /// Time of the newest round.
    pub(crate) ledger_time: u64,
    pub(crate) is_halted: bool,
    pub(crate) others_miss: bool,
    pub(crate) set_key: Option<String>,
    pub(crate) component_key: String,
    pub(crate) is_registered: bool,
    /// Whether the validator is ever due.
    pub(crate) has_turns: bool,
    /// Proposals of this epoch: own made, own missed, others' made, others' missed.
    pub(crate) epoch_counts: (u64, u64, u64, u64),
    /// Of all concluded epochs: made, missed, epochs.
    pub(crate) totals: (u64, u64, u64),
    pub(crate) xrd: String,
    pub(crate) has_badge: bool,
    pub(crate) preview: String,
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) gateways: BTreeMap<String, Manner>,
    pub(crate) mempool: Mempool,
    pub(crate) known: BTreeMap<String, Known>,
    /// Everything handed in, in order: who took it, and the bytes.
    pub(crate) submitted: Vec<(String, Vec<u8>)>,
    /// Keys that proposed, by epoch.
    pub(crate) proposed: BTreeMap<u64, Vec<String>>,
}

impl World {
    pub(crate) fn new(now: u64) -> Self {
        let node = |key: &str| Node {
            key: key.into(),
            validator: Some(VALIDATOR.into()),
            suffix: "rdx".into(),
            is_running: true,
            health: "UP".into(),
            lag: 0,
            manner: Manner::Honest,
            counted: (0, 0, 0),
        };
        Self {
            now,
            epoch: 1002,
            round: 0,
            version: 50_000,
            ledger_time: now,
            is_halted: false,
            others_miss: false,
            set_key: Some(KEY_A.into()),
            component_key: KEY_A.into(),
            is_registered: true,
            has_turns: true,
            epoch_counts: (0, 0, 0, 0),
            totals: (500, 3, 200),
            xrd: "100".into(),
            has_badge: true,
            preview: "Succeeded".into(),
            nodes: [("a", KEY_A), ("b", KEY_B)].map(|(name, key)| (name.to_owned(), node(key))).into(),
            gateways: ["g1", "g2"].map(|name| (name.to_owned(), Manner::Honest)).into(),
            mempool: Mempool::Runs,
            known: BTreeMap::new(),
            submitted: Vec::new(),
            proposed: BTreeMap::new(),
        }
    }

    pub(crate) fn node(&mut self, name: &str) -> &mut Node {
        self.nodes.get_mut(name).unwrap()
    }

    /// Lets the network run up to `now`, a round a second.
    pub(crate) fn run_to(&mut self, now: u64) {
        while self.now + 1000 <= now {
            self.now += 1000;
            if !self.is_halted {
                self.one_round();
            }
        }
        self.now = now;
    }

    fn one_round(&mut self) {
        (self.round, self.version, self.ledger_time) = (self.round + 1, self.version + 3, self.now);
        let ours = self.has_turns && self.set_key.is_some() && self.round % TURN == 1;
        if ours {
            let key = self.set_key.clone().unwrap();
            let votes =
                |node: &Node| node.is_running && node.key == key && node.validator.as_deref() == Some(VALIDATOR);
            let made = self.nodes.values().any(|node| votes(node) && node.lag == 0);
            if made {
                self.proposed.entry(self.epoch).or_default().push(key);
                self.epoch_counts.0 += 1;
            } else {
                self.epoch_counts.1 += 1;
            }
            self.nodes.values_mut().for_each(|node| if made { node.counted.0 += 1 } else { node.counted.1 += 1 });
        } else if self.others_miss {
            self.epoch_counts.3 += 1;
        } else {
            self.epoch_counts.2 += 1;
            self.nodes.values_mut().for_each(|node| node.counted.2 += 1);
        }
        self.commit();
        if self.round >= EPOCH {
            self.next_epoch();
        }
    }

    fn next_epoch(&mut self) {
        if self.set_key.is_some() {
            let (made, missed, ..) = self.epoch_counts;
            self.totals = (self.totals.0 + made, self.totals.1 + missed, self.totals.2 + 1);
        }
        (self.epoch, self.round, self.epoch_counts) = (self.epoch + 1, 0, (0, 0, 0, 0));
        self.set_key = self.is_registered.then(|| self.component_key.clone());
        let epoch = self.epoch;
        for known in self.known.values_mut().filter(|known| !known.status.starts_with("Committed")) {
            if known.signed.header().end_epoch.0 <= epoch {
                (known.status, known.reason) =
                    ("PermanentRejection".into(), Some("TransactionEpochNoLongerValid".into()));
            }
        }
    }

    fn commit(&mut self) {
        let (version, mut keys, mut leaves) = (self.version, None, false);
        for known in self.known.values_mut().filter(|known| known.status == "InMempool") {
            match &self.mempool {
                Mempool::Runs => {
                    (known.status, known.at) = ("CommittedSuccess".into(), Some(version));
                    let intent = &known.signed.transaction.intent;
                    let text = intent.manifest.text(intent.header.network);
                    leaves |= text.contains("\"unregister\"");
                    let key = text.split("Bytes(\"").nth(1).and_then(|rest| rest.get(..66));
                    keys = key.filter(|_| text.contains("\"update_key\"")).map(str::to_owned).or(keys);
                }
                Mempool::Fails(reason) => {
                    (known.status, known.at) = ("CommittedFailure".into(), Some(version));
                    known.reason = Some(reason.clone());
                }
                _ => {}
            }
        }
        if let Some(key) = keys {
            self.component_key = key;
        }
        self.is_registered &= !leaves;
    }

    /// Answer to a request: status and body.
    pub(crate) fn answer(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let (source, path) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
        let path = format!("/{path}");
        if self.gateways.contains_key(source) {
            return self.at_gateway(source, &path, body);
        }
        match path.strip_prefix("/core") {
            Some(path) => self.at_core(source, path, body),
            None => self.at_system(source, &path),
        }
    }

    pub(crate) fn manner(&self, source: &str) -> Manner {
        let node = self.nodes.get(source).map(|node| if node.is_running { node.manner.clone() } else { Manner::Html });
        node.or_else(|| self.gateways.get(source).cloned()).unwrap_or(Manner::Honest)
    }

    fn age(manner: &Manner) -> u64 {
        if let Manner::Old(seconds) = manner { *seconds } else { 0 }
    }

    fn ledger_state(&self, source: &str) -> Value {
        let manner = self.manner(source);
        let at = watchdog_core::clock::Timestamp(self.ledger_time - Self::age(&manner) * 1000);
        json!({
            "network": "mainnet", "state_version": self.version - Self::age(&manner),
            "proposer_round_timestamp": at.to_string(), "epoch": self.epoch, "round": self.round.max(1),
        })
    }

    fn state_of(&self, manner: &Manner) -> Value {
        let key = if *manner == Manner::Liar { KEY_X } else { &self.component_key };
        json!({ "public_key": { "key_type": "EcdsaSecp256k1", "key_hex": key }, "is_registered": self.is_registered })
    }

    fn at_gateway(&mut self, source: &str, path: &str, body: &Value) -> (u16, Value) {
        let (manner, ledger_state) = (self.manner(source), self.ledger_state(source));
        let (made, missed, epochs) = self.totals;
        let missed = if manner == Manner::Liar { missed + self.now / 1000 % 1_000_000 * 4 } else { missed };
        let answer = match path {
            "/statistics/validators/uptime" => json!({ "ledger_state": ledger_state, "validators": { "items": [
                { "address": VALIDATOR, "proposals_made": made, "proposals_missed": missed, "epochs_active_in": epochs },
            ] } }),
            "/state/entity/details" => {
                let badges = json!({ "resource_address": BADGE, "vaults": { "items": [
                    { "vault_address": "v", "total_count": 1, "items": [BADGE_ID] } ] } });
                let badges = if self.has_badge { vec![badges] } else { Vec::new() };
                json!({ "ledger_state": ledger_state, "items": [
                    { "address": VALIDATOR, "details": { "type": "Component", "blueprint_name": "Validator", "state": self.state_of(&manner) } },
                    { "address": ACCOUNT,
                      "fungible_resources": { "items": [ { "resource_address": XRD, "vaults": { "items": [ { "vault_address": "v", "amount": self.xrd } ] } } ] },
                      "non_fungible_resources": { "items": badges } },
                ] })
            }
            "/transaction/construction" => json!({ "ledger_state": ledger_state }),
            "/transaction/preview" => self.previewed(),
            "/transaction/submit" => return self.submit(source, body),
            "/transaction/status" => self.status_at_gateway(body, &ledger_state),
            _ => return (404, json!({ "message": format!("no {path}") })),
        };
        (200, answer)
    }

    fn previewed(&self) -> Value {
        json!({ "receipt": { "status": self.preview, "error_message": (self.preview != "Succeeded").then_some("AuthError(Unauthorized)"),
            "fee_summary": { "xrd_total_execution_cost": "0.2", "xrd_total_finalization_cost": "0.03", "xrd_total_storage_cost": "0.05",
                "xrd_total_royalty_cost": "0", "xrd_total_tipping_cost": "0" } } })
    }

    fn submit(&mut self, source: &str, body: &Value) -> (u16, Value) {
        let bytes = hex::decode(body["notarized_transaction_hex"].as_str().unwrap()).unwrap();
        self.submitted.push((source.to_owned(), bytes.clone()));
        let is_gateway = self.gateways.contains_key(source);
        let Ok(signed) = Notarized::from_bytes(&bytes) else {
            return (400, json!({ "message": "bad", "details": { "type": "InvalidTransactionError" } }));
        };
        let rejected = |reason: &str, is_final: bool| {
            (
                400,
                json!({ "error_type": "TransactionSubmit", "code": 400, "message": "rejected", "details": {
                "type": "Rejected", "error_message": reason, "is_fresh": true,
                "is_payload_rejection_permanent": is_final, "is_intent_rejection_permanent": is_final } }),
            )
        };
        let (id, end) = (signed.hashes.intent.to_string(), signed.header().end_epoch.0);
        if end <= self.epoch && is_gateway {
            return (400, json!({ "message": "over", "details": { "type": "InvalidTransactionError" } }));
        }
        if end <= self.epoch {
            return rejected("TransactionEpochNoLongerValid", true);
        }
        let duplicate = self.known.contains_key(&id);
        let known = self.known.entry(id).or_insert(Known { signed, status: "NotSeen".into(), reason: None, at: None });
        if known.status.starts_with("Committed") {
            return (200, json!({ "duplicate": true }));
        }
        let (status, reason) = match &self.mempool {
            Mempool::Drops => ("NotSeen", None),
            Mempool::RejectsNow(reason) => ("FateUncertainButLikelyRejection", Some(reason.clone())),
            Mempool::RejectsForGood(reason) => ("PermanentRejection", Some(reason.clone())),
            Mempool::Runs | Mempool::Holds | Mempool::Fails(_) => ("InMempool", None),
        };
        (known.status, known.reason) = (status.to_owned(), reason.clone());
        match (&self.mempool, reason) {
            (Mempool::RejectsForGood(_), Some(_)) if is_gateway => {
                (400, json!({ "message": "rejected", "details": { "type": "InvalidTransactionError" } }))
            }
            (mempool, Some(reason)) if !is_gateway => rejected(&reason, matches!(mempool, Mempool::RejectsForGood(_))),
            _ => (200, json!({ "duplicate": duplicate })),
        }
    }

    fn status_at_gateway(&self, body: &Value, ledger_state: &Value) -> Value {
        let known = self.known.get(body["intent_hash"].as_str().unwrap());
        let status = match known.map(|known| known.status.as_str()) {
            None | Some("NotSeen") => "Unknown",
            Some("InMempool") => "Pending",
            Some("FateUncertainButLikelyRejection") => "LikelyButNotCertainRejection",
            Some("PermanentRejection") => "PermanentlyRejected",
            Some(committed) => committed,
        };
        json!({ "ledger_state": ledger_state, "intent_status": status, "error_message": known.and_then(|k| k.reason.clone()),
            "committed_state_version": known.and_then(|k| k.at), "known_payloads": [] })
    }

    fn at_core(&mut self, name: &str, path: &str, body: &Value) -> (u16, Value) {
        if body["network"] != "mainnet" || self.nodes[name].suffix != "rdx" {
            return (400, json!({ "error_type": "Basic", "code": 400, "message": "Invalid network" }));
        }
        let node = &self.nodes[name];
        let age = Self::age(&node.manner);
        let time = json!({ "unix_timestamp_ms": self.ledger_time - age * 1000, "date_time": "" });
        let at = json!({ "state_version": self.version - node.lag - age, "header_summary": {
            "epoch_round": { "epoch": self.epoch, "round": self.round }, "proposer_timestamp": time } });
        let answer = match path {
            "/state/consensus-manager" => {
                let (made, missed, others_made, others_missed) = self.epoch_counts;
                let mut set = vec![
                    json!({ "address": OTHER, "key": { "key_type": "EcdsaSecp256k1", "key_hex": OTHER_KEY }, "stake": "19000000" }),
                ];
                let (mut completed, mut gone) = (vec![others_made], vec![others_missed]);
                if let Some(key) = &self.set_key {
                    set.push(json!({ "address": VALIDATOR, "key": { "key_type": "EcdsaSecp256k1", "key_hex": key }, "stake": "11200000.25" }));
                    completed.push(made);
                    gone.push(missed);
                }
                json!({ "at_ledger_state": at,
                    "config": { "value": { "epoch_change_condition": { "min_round_count": 8, "max_round_count": 20, "target_duration_millis": EPOCH * 1000 } } },
                    "state": { "value": { "epoch": self.epoch, "round": self.round, "effective_epoch_start": time } },
                    "current_proposal_statistic": { "value": { "completed": completed, "missed": gone } },
                    "current_validator_set": { "value": { "validator_set": set } } })
            }
            "/state/validator" => {
                json!({ "at_ledger_state": at, "address": VALIDATOR, "state": { "value": self.state_of(&node.manner) } })
            }
            "/lts/transaction/construction" => json!({ "current_epoch": self.epoch, "ledger_clock": time }),
            "/transaction/preview" => self.previewed(),
            "/transaction/submit" => return self.submit(name, body),
            "/transaction/status" => {
                let known = self.known.get(body["intent_hash"].as_str().unwrap());
                let payload = known.map(
                    |k| json!({ "payload_hash": "", "status": "", "state_version": k.at, "error_message": k.reason }),
                );
                json!({ "intent_status": known.map_or("NotSeen", |k| k.status.as_str()), "known_payloads": payload.into_iter().collect::<Vec<_>>() })
            }
            _ => return (404, json!({ "error_type": "Basic", "code": 404, "message": "no" })),
        };
        (200, answer)
    }

    fn at_system(&self, name: &str, path: &str) -> (u16, Value) {
        let node = &self.nodes[name];
        let key: chain_radix::keys::NodeKey = node.key.parse().unwrap();
        let network = chain_radix::network::Network::with_suffix(&node.suffix).unwrap();
        let status = match &node.validator {
            None => "NOT_CONFIGURED_AS_VALIDATOR",
            Some(validator) if validator == VALIDATOR && self.set_key.as_ref() == Some(&node.key) => {
                "VALIDATING_IN_CURRENT_EPOCH"
            }
            Some(_) => "NOT_VALIDATING_IN_CURRENT_EPOCH",
        };
        let answer = match path {
            "/system/health" => json!({ "status": node.health, "detail": "", "current_protocol_version": "cuttlefish",
                "recent_self_proposal_miss_statistic": { "missed_count": 0, "recent_proposals_tracked_count": 100 } }),
            "/system/identity" => {
                json!({ "public_key_hex": node.key, "validator_address": node.validator, "consensus_status": status,
                "node_address": chain_radix::address::NodeAddress { network, key }.to_string() })
            }
            "/system/network-sync-status" => json!({ "sync_status": {
                "current_state_version": self.version - node.lag, "target_state_version": self.version } }),
            _ => return (404, Value::Null),
        };
        (200, answer)
    }

    pub(crate) fn metrics(&self, name: &str) -> String {
        let node = &self.nodes[name];
        let (made, missed, others) = node.counted;
        let line = |leader: &str, kind: &str, count: u64| {
            format!(
                "rn_ledger_consensus_rounds_committed{{leader_component_address=\"{leader}\",round_resolution=\"{kind}\",}} {count}.0\n"
            )
        };
        let at = (self.ledger_time - Self::age(&node.manner) * 1000) / 1000;
        [
            line(VALIDATOR, "Successful", made),
            line(VALIDATOR, "MissedByGap", missed),
            line(OTHER, "Successful", others),
            format!(
                "rn_ledger_state_version {}\nrn_ledger_last_update_proposer_epoch_second {at}\n",
                self.version - node.lag
            ),
        ]
        .concat()
    }
}
