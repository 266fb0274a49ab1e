//! A running devnet: world, servers, ticker.

use crate::clock;
use crate::http::{Shared, Site, serve};
use crate::keys::OWNER_PHRASE;
use crate::settings::Settings;
use crate::world::{GenesisFailed, NODES, RoundStalled, World, owner_secret};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The devnet could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFailed {
    /// Genesis went wrong.
    #[error(transparent)]
    Genesis(#[from] GenesisFailed),
    /// A port could not be opened.
    #[error("127.0.0.1:{port} cannot be opened: {source}; choose another --port-base, or none for free ports")]
    Port {
        /// The port, 0 = a free one.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
}

/// How a devnet ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// One signer throughout.
    Clean,
    /// Two nodes counted for one validator in one epoch.
    Violated,
}

/// A running devnet.
#[derive(Debug)]
pub struct Devnet {
    shared: Arc<Shared>,
    ready: Value,
    tasks: Vec<JoinHandle<()>>,
}

impl Devnet {
    /// Runs genesis, opens all ports and lets the network go.
    pub async fn start(settings: Settings) -> Result<Self, StartFailed> {
        let port_base = settings.port_base;
        let world = tokio::task::block_in_place(|| World::new(settings, clock::now_ms()))?;
        let mut sites = vec![Site::Control];
        sites.extend((0..world.gateways.len()).map(Site::Gateway));
        for name in NODES {
            sites.extend([
                Site::System(name.to_owned()),
                Site::Core(name.to_owned()),
                Site::Prometheus(name.to_owned()),
            ]);
        }
        let mut listeners = Vec::new();
        for (offset, site) in sites.into_iter().enumerate() {
            let port = port_base.map_or(0, |base| base.saturating_add(u16::try_from(offset).unwrap_or(u16::MAX)));
            let listener =
                TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| StartFailed::Port { port, source })?;
            let bound = listener.local_addr().map_err(|source| StartFailed::Port { port, source })?.port();
            listeners.push((site, bound, listener));
        }
        let ports: Vec<(Site, u16)> = listeners.iter().map(|(site, port, _)| (site.clone(), *port)).collect();
        let ready = ready_line(&world, &ports);
        let shared = Shared::new(world);
        let mut tasks: Vec<JoinHandle<()>> = listeners
            .into_iter()
            .map(|(site, _, listener)| tokio::spawn(serve(Arc::clone(&shared), site, listener)))
            .collect();
        tasks.push(tokio::spawn(tick(Arc::clone(&shared))));
        Ok(Self { shared, ready, tasks })
    }

    /// What clients need: addresses, keys, ports. Printed once as one line of JSON.
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// The state behind the servers.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Ends all servers and says what the record holds.
    pub async fn stop(self) -> Ended {
        self.shared.end();
        for task in self.tasks {
            task.await.ok();
        }
        if self.shared.world().record.violated { Ended::Violated } else { Ended::Clean }
    }
}

/// One round after another at the set speed.
async fn tick(shared: Arc<Shared>) {
    let mut changes = shared.pace_changes();
    let mut was_made = true;
    loop {
        let pace = *changes.borrow_and_update();
        let wait_ms = if was_made { pace.round_ms } else { pace.miss_ms };
        tokio::select! {
            () = shared.ended() => return,
            _ = changes.changed() => continue,
            () = clock::wait_ms(wait_ms) => {}
        }
        if pace.manual {
            continue;
        }
        match tokio::task::block_in_place(|| shared.world().step(clock::now_ms())) {
            Ok(made) => was_made = made,
            Err(RoundStalled::Halted) => {}
            Err(error) => {
                eprintln!("radix-devnet: {error}");
                shared.end();
                return;
            }
        }
    }
}

fn ready_line(world: &World, ports: &[(Site, u16)]) -> Value {
    let url = |wanted: &Site, path: &str| {
        let port = ports.iter().find(|(site, _)| site == wanted).map_or(0, |(_, port)| *port);
        format!("http://127.0.0.1:{port}{path}")
    };
    let network = &world.settings.network;
    let tip = world.chain.tip();
    let signing = tip.consensus.set.iter().find(|seated| seated.address == world.ours()).map(|seated| &seated.key);
    let nodes: serde_json::Map<String, Value> = world
        .nodes
        .iter()
        .map(|node| {
            let shown = json!({
                "public_key": node.key,
                "system": url(&Site::System(node.name.clone()), ""),
                "core": url(&Site::Core(node.name.clone()), "/core"),
                "prometheus": url(&Site::Prometheus(node.name.clone()), "/prometheus/metrics"),
                "key_holder": Some(&node.key) == signing,
            });
            (node.name.clone(), shown)
        })
        .collect();
    json!({
        "schema": "radix-devnet/ready/v1",
        "network": network.logical_name,
        "network_id": network.id,
        "validator_address": world.ours(),
        "owner_account": world.account_text(world.owner()),
        "owner_public_key_hex": world.owner().public_key(),
        "owner_private_key_hex": hex::encode(owner_secret(network.id).to_bytes()),
        "owner_key_curve": "ed25519",
        "owner_mnemonic": OWNER_PHRASE,
        "epoch": tip.consensus.epoch,
        "control": url(&Site::Control, ""),
        "gateways": (0..world.gateways.len()).map(|index| url(&Site::Gateway(index), "")).collect::<Vec<_>>(),
        "nodes": nodes,
    })
}
