//! Exchanges with gateways and nodes: what the product's clients make of every answer, and what the
//! scenarios mean.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]
use crate::canned::Canned;
use chain_radix::address::ValidatorAddress;
use chain_radix::client::core::CoreClient;
use chain_radix::client::error::{ApiError, Refused};
use chain_radix::client::gateway::{GatewayClient, KeyJson, PreviewFlags, PreviewRequest, ValidatorState};
use chain_radix::client::{PrometheusClient, SystemClient, prometheus};
use chain_radix::evidence::{RadixEvidence, Standing};
use chain_radix::probe::{Freshness, RoundsProbe, UptimeProbe};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::clock::Timestamp;
use watchdog_core::cx::Cx;
use watchdog_core::probe::{Duties, Evidence, HealthProbe, Performance, ProbeError};
use watchdog_testkit::clock::ManualClock;
use watchdog_testkit::vectors::{Reader, Tally};

pub(crate) const READERS: &[Reader] = &[
    Reader { path: "gateway/entity_details.json", check: plain },
    Reader { path: "gateway/errors.json", check: plain },
    Reader { path: "gateway/failover_story.json", check: story },
    Reader { path: "gateway/stale.json", check: stale },
    Reader { path: "gateway/status.json", check: plain },
    Reader { path: "gateway/transaction_success.json", check: plain },
    Reader { path: "gateway/transaction_trouble.json", check: plain },
    Reader { path: "gateway/uptime_healthy.json", check: healthy },
    Reader { path: "gateway/uptime_inactive.json", check: inactive },
    Reader { path: "gateway/uptime_outage.json", check: outage },
    Reader { path: "gateway/uptime_window_traps.json", check: traps },
    Reader { path: "gateway/validators_list.json", check: validators },
    Reader { path: "node/core_api.json", check: plain },
    Reader { path: "node/prometheus.json", check: metrics },
    Reader { path: "node/system_api.json", check: plain },
];

type Outcome = Result<(), String>;

const UPTIME: &str = "/statistics/validators/uptime";
/// The rule of the product where a file does not say which clock it was read by.
const STALE: Duration = Duration::from_mins(1);

/// A request and what was answered.
struct Exchange<'a> {
    method: &'a str,
    path: &'a str,
    request: Value,
    response: &'a Value,
    clock: Option<Timestamp>,
}

impl<'a> Exchange<'a> {
    fn of(value: &'a Value) -> Result<Self, String> {
        let text =
            |pointer: &str| value.pointer(pointer).and_then(Value::as_str).ok_or(format!("{pointer} is missing"));
        Ok(Self {
            method: text("/request/method")?,
            path: text("/request/path")?,
            request: value.pointer("/request/body").cloned().unwrap_or(Value::Null),
            response: value.get("response").ok_or("response is missing")?,
            clock: value.get("client_clock_utc").and_then(Value::as_str).and_then(Timestamp::parse),
        })
    }

    fn status(&self) -> u64 {
        self.response["status"].as_u64().unwrap_or_default()
    }

    fn body(&self) -> &Value {
        &self.response["body"]
    }

    fn is_uptime(&self) -> bool {
        self.path == UPTIME && self.status() == 200
    }

    /// Five seconds after the ledger time of the answer, where the file names no clock.
    fn clock(&self) -> Timestamp {
        let ledger = || self.body()["ledger_state"]["proposer_round_timestamp"].as_str().and_then(Timestamp::parse);
        self.clock.or_else(|| ledger().map(|at| at.after(Duration::from_secs(5)))).unwrap_or(Timestamp(0))
    }
}

fn exchanges(document: &Value) -> Result<Vec<Exchange<'_>>, String> {
    let list = document.get("exchanges").and_then(Value::as_array).ok_or("the file has no array `exchanges`")?;
    list.iter().map(Exchange::of).collect()
}

/// Runs `check` on a server, on a runtime of its own.
fn on_server<F: Future<Output = T>, T>(check: impl FnOnce(Canned) -> F) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async { check(Canned::start().await).await })
}

/// Every exchange by itself.
fn plain(document: &Value, tally: &mut Tally) {
    for (place, outcome) in each(document).into_iter().enumerate() {
        tally.note(&format!("exchanges[{place}]"), outcome);
    }
}

fn each(document: &Value) -> Vec<Outcome> {
    let list = document.get("exchanges").and_then(Value::as_array).cloned().unwrap_or_default();
    on_server(async |server| {
        let mut outcomes = Vec::new();
        for value in &list {
            outcomes.push(match Exchange::of(value) {
                Ok(exchange) => one(&server, &exchange).await,
                Err(error) => Err(error),
            });
        }
        outcomes
    })
}

/// A 200 parses, and all that is made of it is in the JSON; any other status is of its class.
async fn one(server: &Canned, exchange: &Exchange<'_>) -> Outcome {
    server.say(exchange.response)?;
    match (exchange.status(), call(server, exchange).await?) {
        (200, Ok(parsed)) => {
            let made = parsed.as_object().map_or(0, serde_json::Map::len);
            if made == 0 && !parsed.is_null() {
                return Err("nothing of the answer is used".to_owned());
            }
            if parsed.is_null() { Ok(()) } else { within(&parsed, exchange.body(), "") }
        }
        (200, Err(error)) => Err(format!("200 was not read: {}", error.line())),
        (status, Ok(_)) => Err(format!("{status} was taken for success")),
        (status, Err(error)) => classed(status, exchange, &error),
    }
}

/// What the client of the path makes of the answer, as JSON.
async fn call(server: &Canned, exchange: &Exchange<'_>) -> Result<Result<Value, ApiError>, String> {
    let (gateway, system) = (GatewayClient::new(server.endpoint("")), SystemClient::new(server.endpoint("")));
    let request = &exchange.request;
    let text = |field: &str| request.get(field).and_then(Value::as_str).unwrap_or_default();
    let core = CoreClient::new(server.endpoint("core"), text("network"));
    let payload = hex::decode(text("notarized_transaction_hex")).map_err(|e| e.to_string())?;
    let first = |field: &str| request[field][0].as_str().unwrap_or_default().to_owned();
    Ok(match (exchange.method, exchange.path) {
        ("POST", "/status/gateway-status") => json(gateway.status().await),
        ("POST", "/status/network-configuration") => json(gateway.network().await),
        ("POST", UPTIME) => match request.pointer("/at_ledger_state/epoch").and_then(Value::as_u64) {
            Some(epoch) => json(gateway.uptime_at(&first("validator_addresses"), epoch).await),
            None => json(gateway.uptime(&first("validator_addresses")).await),
        },
        ("POST", "/state/entity/details") => json(gateway.entities(&[first("addresses")]).await),
        ("POST", "/state/validators/list") => json(gateway.validators(None).await),
        ("POST", "/transaction/construction") => json(gateway.construction().await),
        ("POST", "/transaction/preview") => json(gateway.preview(&preview(request)?).await),
        ("POST", "/transaction/submit") => json(gateway.submit(&payload).await),
        ("POST", "/transaction/status") => json(gateway.transaction(text("intent_hash")).await),
        ("POST", "/core/status/network-status") => json(core.network_status().await),
        ("POST", "/core/state/consensus-manager") => json(core.consensus_manager().await),
        ("POST", "/core/state/validator") => json(core.validator(text("validator_address")).await),
        ("POST", "/core/lts/transaction/construction") => json(core.construction().await),
        ("POST", "/core/transaction/preview") => json(core.preview(&preview(request)?).await),
        ("POST", "/core/transaction/submit") => json(core.submit(&payload).await),
        ("POST", "/core/transaction/status") => json(core.transaction(text("intent_hash")).await),
        ("GET", "/system/health") => json(system.health().await),
        ("GET", "/system/identity") => json(system.identity().await),
        ("GET", "/system/version") => json(system.version().await),
        ("GET", "/system/network-sync-status") => json(system.sync_status().await),
        ("GET", "/system/peers") => json(system.peers().await),
        ("GET", "/prometheus/metrics") => {
            PrometheusClient::new(server.endpoint("")).metrics().await.map(|_| Value::Null)
        }
        (_, path) if exchange.status() == 200 => return Err(format!("no client asks {path}")),
        ("GET", path) => server.endpoint("").get::<Value>(path).await,
        (_, path) => server.endpoint("").post::<Value>(path, request).await,
    })
}

fn json<T: Serialize>(answer: Result<T, ApiError>) -> Result<Value, ApiError> {
    answer.map(|parsed| serde_json::to_value(parsed).unwrap())
}

fn preview(request: &Value) -> Result<PreviewRequest, String> {
    let field = |name: &str| request.get(name).cloned().unwrap_or(Value::Null);
    Ok(PreviewRequest {
        manifest: field("manifest").as_str().ok_or("manifest is missing")?.to_owned(),
        start_epoch_inclusive: field("start_epoch_inclusive").as_u64().unwrap_or_default(),
        end_epoch_exclusive: field("end_epoch_exclusive").as_u64().unwrap_or_default(),
        notary_public_key: KeyJson::deserialize(field("notary_public_key")).map_err(|e| e.to_string())?,
        notary_is_signatory: field("notary_is_signatory").as_bool().unwrap_or_default(),
        signer_public_keys: Vec::new(),
        nonce: u32::try_from(field("nonce").as_u64().unwrap_or_default()).map_err(|e| e.to_string())?,
        tip_percentage: 0,
        flags: PreviewFlags::default(),
    })
}

/// Whether everything in `used` is in `given`, with the same value. Null, empty and absent are one.
fn within(used: &Value, given: &Value, at: &str) -> Outcome {
    match (used, given) {
        (Value::Null, Value::Null) => Ok(()),
        (Value::Object(used), Value::Object(given)) => used.iter().try_for_each(|(name, value)| {
            within(value, given.get(name).unwrap_or(&Value::Null), &format!("{at}/{name}"))
        }),
        (Value::Array(used), Value::Null) if used.is_empty() => Ok(()),
        (Value::String(used), Value::Null) if used.is_empty() => Ok(()),
        (Value::Array(used), Value::Array(given)) if used.len() == given.len() => used
            .iter()
            .zip(given)
            .enumerate()
            .try_for_each(|(k, (used, given))| within(used, given, &format!("{at}/{k}"))),
        (used, given) if used == given => Ok(()),
        (Value::String(used), Value::String(given)) if is_same_time(used, given) => Ok(()),
        (used, given) => Err(format!("{at} is {given}, the client made {used} of it")),
    }
}

fn is_same_time(one: &str, two: &str) -> bool {
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    read(one).is_some() && read(one) == read(two)
}

/// Whether an error is of the class that status and `details.type` say.
fn classed(status: u64, exchange: &Exchange<'_>, error: &ApiError) -> Outcome {
    let (body, wrong) = (exchange.body(), format!("{status} was taken for: {}", error.line()));
    let details = &body["details"];
    let is = |fits: bool| if fits { Ok(()) } else { Err(wrong.clone()) };
    let refused = |why: Refused| is(matches!(error, ApiError::Refused { why: found, .. } if *found == why));
    match details["type"].as_str() {
        _ if status == 429 => {
            let wait = exchange.response.pointer("/headers/retry-after").and_then(Value::as_str);
            let wait = wait.and_then(|text| text.parse().ok()).map(Duration::from_secs);
            is(matches!(error, ApiError::Busy(found) if *found == wait))
        }
        Some("NotSyncedUpError") => {
            let behind = details["current_sync_delay_seconds"].as_u64().map(Duration::from_secs);
            is(matches!(error, ApiError::Behind(found) if Some(*found) == behind))
        }
        Some("InternalServerError") => {
            let named = details["exception"].as_str();
            is(matches!(error, ApiError::Unavailable { exception, .. } if exception.as_deref() == named))
        }
        Some("InvalidRequestError") => refused(Refused::Request),
        Some("InvalidEntityError") => refused(Refused::Entity),
        Some("InvalidTransactionError") => refused(Refused::Transaction),
        Some("EntityNotFoundError") => refused(Refused::EntityNotFound),
        Some("TransactionNotFoundError") => refused(Refused::TransactionNotFound),
        Some("PriorityThresholdNotMet") => refused(Refused::MempoolFull),
        Some("IntentAlreadyCommitted") => {
            let at = &details["committed_as"];
            let state_version = at["state_version"].as_u64().ok_or("state_version is missing")?;
            let is_same_transaction = at["is_same_transaction"].as_bool().ok_or("is_same_transaction is missing")?;
            refused(Refused::Committed { state_version, is_same_transaction })
        }
        Some("Rejected") => {
            let Some(Refused::Rejected(found)) = error.refusal() else { return Err(wrong) };
            let flag = |name: &str, found: bool| is(details[name] == json!(found));
            flag("is_fresh", found.is_fresh)?;
            flag("is_payload_rejection_permanent", found.is_payload_rejection_permanent)?;
            flag("is_intent_rejection_permanent", found.is_intent_rejection_permanent)?;
            is(details["error_message"] == json!(found.error_message))?;
            is(details["invalid_from_epoch"].as_u64() == found.invalid_from_epoch)
        }
        Some(unknown) => Err(format!("nobody knows the error {unknown}")),
        None if status >= 500 => is(matches!(error, ApiError::Unavailable { exception: None, .. })),
        None => refused(Refused::Plain),
    }
}

/// Polls of one gateway, in their order, through the product's probe.
struct Polls<'a> {
    server: &'a Canned,
    probe: UptimeProbe,
    clock: ManualClock,
}

impl<'a> Polls<'a> {
    fn new(server: &'a Canned, exchange: &Exchange<'_>) -> Result<Self, String> {
        let address = exchange.request["validator_addresses"][0].as_str().unwrap_or_default();
        let address: ValidatorAddress = address.parse().map_err(|e| format!("{address}: {e}"))?;
        let network = exchange.body()["ledger_state"]["network"].as_str().unwrap_or("mainnet").to_owned();
        let freshness = Freshness { limit: STALE };
        let probe = UptimeProbe::new(GatewayClient::new(server.endpoint("")), address, &network, freshness);
        Ok(Self { server, probe, clock: ManualClock::new() })
    }

    async fn poll(&self, exchange: &Exchange<'_>) -> Result<Result<RadixEvidence, ProbeError>, String> {
        self.server.say(exchange.response)?;
        self.clock.set_wall(exchange.clock());
        let cx = Cx::root(Arc::new(self.clock.clone()), tokio_util::sync::CancellationToken::new());
        Ok(self.probe.observe(&cx).await)
    }
}

/// Evidence of all uptime polls of a file, in their order.
async fn polled(server: &Canned, list: &[Exchange<'_>]) -> Result<Vec<RadixEvidence>, String> {
    let uptimes: Vec<_> = list.iter().filter(|exchange| exchange.is_uptime()).collect();
    let Some(first) = uptimes.first() else { return Ok(Vec::new()) };
    let polls = Polls::new(server, first)?;
    let mut evidence = Vec::new();
    for exchange in uptimes {
        evidence.push(polls.poll(exchange).await?.map_err(|e| e.to_string())?);
    }
    Ok(evidence)
}

fn counts(exchange: &Exchange<'_>) -> Duties {
    let item = &exchange.body()["validators"]["items"][0];
    let count = |field: &str| item[field].as_u64().unwrap_or_default();
    Duties { made: count("proposals_made"), missed: count("proposals_missed") }
}

fn total(evidence: &[RadixEvidence]) -> Duties {
    evidence.iter().map(Evidence::duties).fold(Duties::default(), Duties::plus)
}

/// The plain check, and with the last exchange what the scenario as a whole means.
fn scenario(
    document: &Value,
    tally: &mut Tally,
    name: &str,
    check: impl AsyncFnOnce(&Canned, &[Exchange<'_>]) -> Outcome,
) {
    let mut outcomes = each(document);
    let whole = match exchanges(document) {
        Ok(list) => on_server(async |server| check(&server, &list).await),
        Err(error) => Err(error),
    };
    if let (Some(last), Err(why)) = (outcomes.last_mut(), whole) {
        *last = last.clone().and(Err(format!("{name}: {why}")));
    }
    for (place, outcome) in outcomes.into_iter().enumerate() {
        tally.note(&format!("exchanges[{place}]"), outcome);
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// No decision may rest on any of these answers.
fn stale(document: &Value, tally: &mut Tally) {
    scenario(document, tally, "a gateway behind the ledger has no vote", async |server, list| {
        for exchange in list {
            let blind = match (exchange.status(), exchange.path) {
                (200, UPTIME) => Polls::new(server, exchange)?.poll(exchange).await?.err(),
                (200, _) => {
                    let at = exchange.body()["ledger_state"]["proposer_round_timestamp"].as_str();
                    let at = at.and_then(Timestamp::parse).ok_or("no ledger time")?;
                    Freshness { limit: STALE }.check("gateway", exchange.clock(), at).err()
                }
                _ => {
                    server.say(exchange.response)?;
                    call(server, exchange).await?.err().map(|error| error.blind("gateway"))
                }
            };
            ensure(matches!(blind, Some(ProbeError::Stale { .. } | ProbeError::Unreachable { .. })), || {
                format!("{} is taken for {blind:?}", exchange.path)
            })?;
        }
        Ok(())
    });
}

fn healthy(document: &Value, tally: &mut Tally) {
    scenario(document, tally, "a healthy validator never fails", async |server, list| {
        let evidence = polled(server, list).await?;
        let (first, last) = (list.first().ok_or("empty")?, list.last().ok_or("empty")?);
        let made = counts(last).made - counts(first).made;
        ensure(total(&evidence) == Duties { made, missed: 0 }, || format!("{:?} of {made}", total(&evidence)))?;
        ensure(evidence.iter().all(|e| matches!(e.performance(), Performance::Performing | Performance::Idle)), || {
            "it was taken for one that fails".to_owned()
        })
    });
}

fn outage(document: &Value, tally: &mut Tally) {
    let expected = document["expected"].clone();
    scenario(document, tally, "an outage shows epoch by epoch, once each has ended", async |server, list| {
        let evidence = polled(server, list).await?;
        let missed: Vec<_> = evidence.iter().filter(|e| e.duties().missed > 0).collect();
        let per_epoch: Vec<_> = missed.iter().map(|e| e.duties().missed).collect();
        ensure(expected["per_epoch_missed"] == json!(per_epoch), || format!("missed {per_epoch:?}"))?;
        let first = missed.first().and_then(|e| e.epoch);
        ensure(expected["earliest_epoch_visible"].as_u64() == first, || format!("first seen in {first:?}"))?;
        let before = expected["first_epoch_with_misses"].as_u64().map(|epoch| epoch + 1);
        ensure(before == first, || format!("seen in {first:?}, missed from {before:?} on"))
    });
}

/// Never in a set, unknown, no validator, back after a pause: idle, and never a miss.
fn inactive(document: &Value, tally: &mut Tally) {
    scenario(document, tally, "outside of the set nothing is due", async |server, list| {
        for exchange in list.iter().filter(|exchange| exchange.is_uptime()) {
            let address = exchange.request["validator_addresses"][0].as_str().unwrap_or_default();
            if address.parse::<ValidatorAddress>().is_err() {
                // The product asks for validators only: its settings take no other address.
                continue;
            }
            let evidence = Polls::new(server, exchange)?.poll(exchange).await?.map_err(|e| e.to_string())?;
            ensure(evidence.performance() == Performance::Idle, || format!("taken for {evidence}"))?;
            let item = &exchange.body()["validators"]["items"][0];
            let never = item["epochs_active_in"].as_u64().unwrap_or_default() == 0;
            ensure(evidence.is_inactive() == never, || format!("standing is {:?}", evidence.standing))?;
        }
        for exchange in list.iter().filter(|exchange| exchange.path == "/state/validators/list") {
            for listed in exchange.body()["validators"]["items"].as_array().into_iter().flatten() {
                let state = ValidatorState::deserialize(&listed["state"]).map_err(|e| e.to_string())?;
                let active = listed["active_in_epoch"].is_object();
                ensure(state.is_registered || !active, || "a validator in the set is not registered".to_owned())?;
            }
        }
        Ok(())
    });
}

/// Totals over a life, given for a window: never a miss.
fn traps(document: &Value, tally: &mut Tally) {
    scenario(document, tally, "lifetime totals are never taken for misses", async |server, list| {
        let evidence = polled(server, list).await?;
        ensure(evidence.len() > 1, || "fewer than two polls".to_owned())?;
        ensure(total(&evidence).missed == 0, || format!("{:?}", total(&evidence)))
    });
}

/// The component's key changes at once, that of the set with the next epoch.
fn validators(document: &Value, tally: &mut Tally) {
    scenario(document, tally, "the set takes the key over at the next epoch", async |_, list| keys_follow(list));
}

fn keys_follow(story: &[Exchange<'_>]) -> Outcome {
    let pages: Vec<_> = story.iter().filter(|exchange| exchange.path == "/state/validators/list").collect();
    let of = |exchange: &&Exchange<'_>, pointer: &str| exchange.body().pointer(pointer).cloned().unwrap_or(Value::Null);
    let (state, set) =
        ("/validators/items/0/state/public_key/key_hex", "/validators/items/0/active_in_epoch/key/key_hex");
    let (Some(first), Some(last)) = (pages.first(), pages.last()) else { return Err("no list".to_owned()) };
    ensure(of(first, state) != of(first, set), || "the change does not wait".to_owned())?;
    ensure(of(last, state) == of(last, set) && of(first, state) == of(last, state), || {
        "the change did not come".to_owned()
    })
}

fn metrics(document: &Value, tally: &mut Tally) {
    let expected = document["expected"].clone();
    scenario(document, tally, "rounds of a validator, however they were missed", async |server, list| {
        let validator = expected["validator"].as_str().unwrap_or_default().to_owned();
        let address: ValidatorAddress = validator.parse().map_err(|e| format!("{validator}: {e}"))?;
        for exchange in list.iter().filter(|exchange| exchange.status() == 200) {
            let text = exchange.response["body_text"].as_str().unwrap_or_default();
            let read = prometheus::parse(text).map_err(|e| e.line())?;
            let found = read.rounds.get(&validator).copied().unwrap_or_default();
            ensure(json!([found.made, found.missed]) == json!([expected["successful"], expected["missed"]]), || {
                format!("{found:?}")
            })?;
            // Counters of a process that is new to us are no duties yet.
            server.say(exchange.response)?;
            let client = PrometheusClient::new(server.endpoint("prometheus/metrics"));
            let probe = RoundsProbe::new(client, address, Freshness { limit: STALE });
            let clock = ManualClock::at(read.proposer_time.after(Duration::from_secs(1)));
            let cx = Cx::root(Arc::new(clock), tokio_util::sync::CancellationToken::new());
            let evidence = probe.observe(&cx).await.map_err(|e| e.to_string())?;
            ensure(evidence.performance() == Performance::Idle, || format!("taken for {evidence}"))?;
            ensure(evidence.position() == read.state_version, || format!("at {}", evidence.position()))?;
        }
        Ok(())
    });
}

/// A whole failover: misses while the primary is dead, the key change, and then the backup's work.
fn story(document: &Value, tally: &mut Tally) {
    scenario(document, tally, "a failover as a watchdog sees it", async |server, list| {
        let evidence = polled(server, list).await?;
        let submitted = list.iter().position(|e| e.path == "/transaction/submit").ok_or("nothing is submitted")?;
        let before = list.iter().take(submitted).filter(|e| e.is_uptime()).count();
        let (dead, after) = evidence.split_at(before);
        ensure(total(dead).made == 0 && total(dead).missed > 0, || format!("before: {:?}", total(dead)))?;
        let last = after.last().ok_or("nothing is seen after the key change")?;
        ensure(last.performance() == Performance::Performing, || format!("at the end: {last}"))?;
        ensure(matches!(last.standing, Standing::Active { .. }), || format!("at the end: {:?}", last.standing))?;
        keys_follow(list)
    });
}
