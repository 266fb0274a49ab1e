//! Against a real network, where the environment names one. Nothing here runs by itself:
//!
//! `TANIST_TEST_RADIX_GATEWAY=https://stokenet.radixdlt.com cargo test -p chain-radix --test testnet -- --ignored --nocapture`
//!
//! | variable | |
//! |---|---|
//! | `TANIST_TEST_RADIX_GATEWAY` | a gateway; everything but the Core API is asked there |
//! | `TANIST_TEST_RADIX_CORE` | Core API of a node of the same network |
//! | `TANIST_TEST_RADIX_NETWORK` | network by name or number; `stokenet` where absent |
//! | `TANIST_TEST_RADIX_VALIDATOR` | a validator; the first of the gateway's list where absent |
//! | `TANIST_TEST_RADIX_OWNER_KEY_FILE` | file with the phrase or the private key (hex) of the account with its owner badge |
//! | `TANIST_TEST_RADIX_NEW_KEY` | with the two above, on any network but the main one: a real `update_key` to this key |
//!
//! Every test prints what ran and what was skipped.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these tests report what ran and what was skipped"
)]
use chain_radix::address::{AccountAddress, ValidatorAddress};
use chain_radix::client::gateway::{IntentStatus, KeyJson, PreviewFlags, PreviewRequest};
use chain_radix::client::{CoreClient, Endpoint, GatewayClient};
use chain_radix::config::OwnerKeySettings;
use chain_radix::keys::{Curve, NodeKey, SigningKey};
use chain_radix::network::Network;
use chain_radix::probe::{CoreProbe, Freshness, UptimeProbe};
use chain_radix::tx::{Authorization, Call, Decimal, Epoch, Header, Intent, Purpose, ValidatorCall, Window, nonce};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::{Clock, SystemClock, Timestamp};
use watchdog_core::cx::Cx;
use watchdog_core::probe::{Evidence, HealthProbe, Performance};
use watchdog_core::secret::Secret;

const FRESH: Freshness = Freshness { limit: Duration::from_mins(1) };

#[allow(clippy::disallowed_methods, reason = "this is where the environment names a network")]
fn named(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        println!("skipped: {variable} is not set");
    }
    value
}

fn endpoint(url: &str) -> Endpoint {
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().build().unwrap();
    Endpoint::new(client, url.parse().unwrap(), None, Duration::from_secs(20))
}

fn network() -> Network {
    named("TANIST_TEST_RADIX_NETWORK").map_or(Network::STOKENET, |name| Network::parse(&name).unwrap())
}

fn gateway() -> Option<GatewayClient> {
    named("TANIST_TEST_RADIX_GATEWAY").map(|url| GatewayClient::new(endpoint(&url)))
}

fn cx() -> Cx {
    Cx::root(Arc::new(SystemClock::new()), CancellationToken::new())
}

async fn validator(gateway: &GatewayClient) -> ValidatorAddress {
    if let Some(address) = named("TANIST_TEST_RADIX_VALIDATOR") {
        return ValidatorAddress::parse_on(&address, network()).unwrap();
    }
    let page = gateway.validators(None).await.unwrap();
    let active = page.validators.items.iter().find(|listed| listed.active_in_epoch.is_some()).unwrap();
    println!("watching {}, the first active one of the list", active.address);
    ValidatorAddress::parse_on(&active.address, network()).unwrap()
}

fn ran(what: &str) {
    println!("ran: {what}");
}

#[tokio::test]
#[ignore = "needs a network: set TANIST_TEST_RADIX_GATEWAY"]
async fn a_gateway_serves_the_network_it_is_asked_for_and_is_fresh() {
    let Some(gateway) = gateway() else { return };
    let answer = gateway.network().await.unwrap();
    assert_eq!((answer.network_id, answer.network_name), (network().id(), network().to_string()));
    let status = gateway.status().await.unwrap();
    let at = status.ledger_state.proposer_round_timestamp;
    let at = Timestamp(u64::try_from(at.as_millisecond()).unwrap());
    FRESH.check(gateway.name(), SystemClock::new().now(), at).unwrap();
    assert!(gateway.construction().await.unwrap().ledger_state.epoch >= status.ledger_state.epoch);
    ran("network id, status, staleness, construction");
}

#[tokio::test]
#[ignore = "needs a network: set TANIST_TEST_RADIX_GATEWAY"]
async fn uptime_is_a_lifetime_total_that_only_grows_and_at_first_is_no_miss() {
    let Some(gateway) = gateway() else { return };
    let validator = validator(&gateway).await;
    let now = gateway.uptime(&validator.to_string()).await.unwrap();
    let before = gateway.uptime_at(&validator.to_string(), now.ledger_state.epoch - 1).await.unwrap();
    let epochs = |answer: &chain_radix::client::gateway::UptimeAnswer| answer.validators.items[0].epochs_active_in;
    assert!(epochs(&now) >= epochs(&before) && epochs(&now) - epochs(&before) <= 2);
    let probe = UptimeProbe::new(gateway, validator, &network().to_string(), FRESH);
    let first = probe.observe(&cx()).await.unwrap();
    assert_eq!(first.performance(), Performance::Idle, "{first}");
    ran("uptime without and with a past epoch, first observation");
}

#[tokio::test]
#[ignore = "needs a network: set TANIST_TEST_RADIX_CORE"]
async fn a_node_shows_the_set_its_proposals_and_the_epoch() {
    let Some(url) = named("TANIST_TEST_RADIX_CORE") else { return };
    let Some(name) = network().name() else { return println!("skipped: the network has no name") };
    let core = CoreClient::new(endpoint(&url), name);
    let manager = core.consensus_manager().await.unwrap();
    let member = manager.current_validator_set.value.validator_set.first().unwrap().address.clone();
    let validator = ValidatorAddress::parse_on(&member, network()).unwrap();
    assert_eq!(core.validator(&member).await.unwrap().address, member);
    assert!(core.construction().await.unwrap().current_epoch >= manager.state.value.epoch);
    core.network_status().await.unwrap();
    let evidence = CoreProbe::new(core, validator, FRESH).observe(&cx()).await.unwrap();
    assert!(evidence.key().is_some() && !evidence.is_inactive(), "{evidence}");
    ran("consensus manager, validator, construction, network status, first observation");
}

#[tokio::test]
#[ignore = "needs a network: set TANIST_TEST_RADIX_GATEWAY"]
async fn a_preview_of_a_stranger_is_answered_and_refused() {
    let Some(gateway) = gateway() else { return };
    let validator = validator(&gateway).await;
    let key = SigningKey::new(Curve::Ed25519, &[7; 32]).unwrap();
    let epoch = gateway.construction().await.unwrap().ledger_state.epoch;
    let account = AccountAddress::preallocated(network(), &key.public_key());
    let call = ValidatorCall {
        account,
        validator,
        authorization: Authorization::Direct,
        lock_fee: Decimal::whole(2),
        call: Call::Unregister,
    };
    let request = PreviewRequest {
        manifest: call.manifest().unwrap().text(network()),
        start_epoch_inclusive: epoch,
        end_epoch_exclusive: epoch + 4,
        notary_public_key: KeyJson {
            key_type: "EddsaEd25519".into(),
            key_hex: hex::encode(key.public_key().as_bytes()),
        },
        notary_is_signatory: true,
        signer_public_keys: Vec::new(),
        nonce: 1,
        tip_percentage: 0,
        flags: PreviewFlags::default(),
    };
    let receipt = gateway.preview(&request).await.unwrap().receipt;
    assert_ne!(receipt.status, chain_radix::client::gateway::PreviewStatus::Succeeded);
    ran("preview of an account that holds nothing");
}

#[tokio::test]
#[ignore = "sends a transaction: set TANIST_TEST_RADIX_OWNER_KEY_FILE, _VALIDATOR and _NEW_KEY"]
async fn a_real_update_key_commits_and_shows_in_the_component() {
    let (Some(gateway), Some(address), Some(file), Some(new_key)) = (
        gateway(),
        named("TANIST_TEST_RADIX_VALIDATOR"),
        named("TANIST_TEST_RADIX_OWNER_KEY_FILE"),
        named("TANIST_TEST_RADIX_NEW_KEY"),
    ) else {
        return;
    };
    assert_ne!(network(), Network::MAINNET, "no test sends anything on the main network");
    let validator = ValidatorAddress::parse_on(&address, network()).unwrap();
    let secret = Secret::new(std::fs::read_to_string(file).unwrap());
    let settings: OwnerKeySettings = serde_json::from_str(r#"{ "secret": { "env": "TANIST_TEST" } }"#).unwrap();
    let key = settings.key(network(), &secret, None).unwrap();
    let new_key: NodeKey = new_key.parse().unwrap();
    let account = AccountAddress::preallocated(network(), &key.public_key());
    let call = Call::UpdateKey(new_key);
    let manifest =
        ValidatorCall { account, validator, authorization: Authorization::Direct, lock_fee: Decimal::whole(2), call };
    let epoch = gateway.construction().await.unwrap().ledger_state.epoch;
    let window = Window::at(Epoch(epoch));
    let mut signed = None;
    for counter in 0..8 {
        let Some(nonce) = nonce(&Purpose::Other(call), validator, window, counter) else { continue };
        let header = Header {
            network: network(),
            start_epoch: window.start,
            end_epoch: window.end,
            nonce,
            notary: key.public_key(),
            notary_is_signatory: true,
            tip_percentage: 0,
        };
        let intent = Intent { header, manifest: manifest.manifest().unwrap() };
        let known = gateway.transaction(&intent.hash().to_string()).await.unwrap().intent_status;
        if known == IntentStatus::Unknown {
            signed = Some(intent.sign(&key).unwrap());
            break;
        }
    }
    let signed = signed.expect("eight runs within four epochs are enough");
    let id = signed.hashes.intent.to_string();
    println!("submitting {id}");
    gateway.submit(&signed.bytes).await.unwrap();
    let clock = SystemClock::new();
    for _ in 0..60 {
        match gateway.transaction(&id).await.unwrap().intent_status {
            IntentStatus::CommittedSuccess => break,
            IntentStatus::CommittedFailure | IntentStatus::PermanentlyRejected => panic!("{id} failed"),
            _ => clock.sleep_until(clock.uptime().after(Duration::from_secs(2))).await,
        }
    }
    let entity = gateway.entities(&[validator.to_string()]).await.unwrap();
    let state = entity.items[0].details.as_ref().unwrap().validator().unwrap();
    assert_eq!(state.public_key.key_hex, new_key.to_string());
    ran("a real update_key");
}
