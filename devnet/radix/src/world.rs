//! Consensus, nodes, gateways, mempool and record, moved forward round by round.

mod owner;
mod round;
mod submit;

pub use owner::{Holder, OwnerAct};
pub use round::{Others, RoundStalled};

use crate::chain::Chain;
use crate::fault::{Faults, Kind, Server};
use crate::gateway::Gateway;
use crate::keys;
use crate::leaders::LeaderSchedule;
use crate::ledger::{Genesis, Seat};
use crate::mempool::Mempool;
use crate::node::{Island, Node};
use crate::record::Record;
use crate::settings::Settings;
use crate::sight::Fork;
use radix_common::crypto::{Ed25519PrivateKey, Secp256k1PublicKey};
use radix_common::math::Decimal;
use radix_common::prelude::ComponentAddress;
use radix_engine_interface::prelude::{ConsensusManagerConfig, EpochChangeCondition};

/// Names of the simulated nodes.
pub const NODES: [&str; 3] = ["node_a", "node_b", "node_c"];

/// The engine did not come up as expected.
#[derive(Debug, thiserror::Error)]
#[error("genesis went wrong: {0}")]
pub struct GenesisFailed(String);

/// The whole devnet without its servers.
#[derive(Debug)]
pub struct World {
    /// What it was started with.
    pub settings: Settings,
    /// Ledger and history.
    pub chain: Chain,
    /// `node_a`, `node_b`, `node_c`.
    pub nodes: Vec<Node>,
    /// The gateways.
    pub gateways: Vec<Gateway>,
    /// The mempool that all reachable nodes share.
    pub mempool: Mempool,
    /// Faults in force.
    pub faults: Faults,
    /// The devnet's own record.
    pub record: Record,
    /// Which other validators miss their turns.
    pub others: Others,
    /// No round happens at all.
    pub is_halted: bool,
    /// Number of requests answered, for trace ids.
    pub requests: u64,
    ours: String,
    our_component: ComponentAddress,
    owner: Holder,
    stranger: Holder,
    schedule: (u64, LeaderSchedule),
    next_round: u64,
    gaps: Vec<usize>,
    nonce: u32,
}

impl World {
    /// Runs genesis. `now_ms` becomes its proposer time.
    pub fn new(settings: Settings, now_ms: i64) -> Result<Self, GenesisFailed> {
        let owner = Holder::new(keys::owner_key(settings.network.id, 0));
        let stranger = Holder::new(keys::owner_key(settings.network.id, 1));
        let node_keys: Vec<Secp256k1PublicKey> =
            NODES.iter().map(|name| keys::node_key(name, settings.seed).public_key()).collect();
        let first_key = node_keys.first().copied().ok_or_else(|| GenesisFailed("there are no nodes".to_owned()))?;
        let genesis = Genesis {
            network: settings.network.clone(),
            epoch: settings.genesis_epoch,
            start_ms: now_ms,
            config: consensus_config(&settings),
            seats: seats(&settings, first_key, owner.account, stranger.account),
            staker: stranger.account,
            balances: vec![
                (owner.account, Decimal::from(settings.owner_xrd)),
                (stranger.account, Decimal::from(1_000_000)),
            ],
        };
        let ledger = genesis.bootstrap();
        let our_place = genesis.seats.iter().position(|seat| seat.key == first_key).unwrap_or_default();
        let our_component = *ledger
            .validators()
            .get(our_place)
            .ok_or_else(|| GenesisFailed("our validator is not in the store".to_owned()))?;
        let ours = ledger.text(our_component.as_node_id());
        let tracked = [*owner.account.as_node_id(), *stranger.account.as_node_id()];
        let chain = Chain::new(ledger, tracked)
            .ok_or_else(|| GenesisFailed("the store holds no consensus manager".to_owned()))?;
        let nodes = NODES
            .iter()
            .zip(&node_keys)
            .map(|(name, key)| {
                let validator = (*name != "node_c").then(|| ours.clone());
                Node::new(name, hex::encode(key.0), validator, settings.network.clone())
            })
            .collect();
        let gateways = (1..=settings.gateways).map(|number| Gateway::new(format!("gateway_{number}"))).collect();
        let consensus = std::sync::Arc::clone(&chain.tip().consensus);
        let stakes = consensus.set.iter().map(|seated| seated.stake).collect();
        Ok(Self {
            mempool: Mempool::new(settings.rejection_retry_ms),
            schedule: (consensus.epoch, LeaderSchedule::new(consensus.epoch, stakes)),
            next_round: consensus.round + 1,
            record: Record::new(ours.clone()),
            faults: Faults::default(),
            others: Others::default(),
            is_halted: false,
            requests: 0,
            gaps: Vec::new(),
            nonce: 0,
            settings,
            chain,
            nodes,
            gateways,
            ours,
            our_component,
            owner,
            stranger,
        })
    }

    /// Address of our validator.
    pub fn ours(&self) -> &str {
        &self.ours
    }

    /// The account that holds the owner badge at genesis.
    pub fn owner(&self) -> &Holder {
        &self.owner
    }

    /// An account that belongs to somebody else.
    pub fn stranger(&self) -> &Holder {
        &self.stranger
    }

    /// Text of an account address.
    pub fn account_text(&self, holder: &Holder) -> String {
        self.chain.ledger().text(holder.account.as_node_id())
    }

    /// A node by name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// A node by name, to be changed.
    pub fn node_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.nodes.iter_mut().find(|node| node.name == name)
    }

    /// Cuts a node off from everything: it keeps the state it has, made to look `age_ms` older.
    pub fn partition(&mut self, name: &str, now_ms: i64, age_ms: i64) -> bool {
        let retry_ms = self.settings.rejection_retry_ms;
        let Some(node) = self.nodes.iter_mut().find(|node| node.name == name) else { return false };
        node.sight.freeze(&self.chain, now_ms, age_ms);
        node.island
            .get_or_insert_with(|| Island { ledger: self.chain.ledger().clone(), mempool: Mempool::new(retry_ms) });
        true
    }

    /// Ends partition and lag of a node; it catches up within `sync_ms` and passes on what it got meanwhile.
    pub fn heal(&mut self, name: &str, now_ms: i64, sync_ms: i64) -> bool {
        let Some(node) = self.nodes.iter_mut().find(|node| node.name == name) else { return false };
        node.sight.set_lag(None);
        node.sight.thaw(now_ms, sync_ms);
        if let Some(island) = node.island.take() {
            self.mempool.absorb(island.mempool);
        }
        true
    }

    /// Puts a fault in force. Faults of a view change the view of every server meant at once.
    pub fn add_fault(&mut self, fault: crate::fault::Fault, now_ms: i64) -> u64 {
        self.apply_to_views(&fault.target, &fault.kind, true, now_ms);
        self.faults.add(fault)
    }

    /// Ends one fault or all; the number of faults that ended.
    pub fn remove_faults(&mut self, id: Option<u64>, now_ms: i64) -> usize {
        let ended = self.faults.remove(id);
        for fault in &ended {
            self.apply_to_views(&fault.target, &fault.kind, false, now_ms);
        }
        ended.len()
    }

    fn apply_to_views(&mut self, target: &str, kind: &Kind, begins: bool, now_ms: i64) {
        let chain = &self.chain;
        for gateway in &mut self.gateways {
            let server = Server { name: gateway.name.clone(), part: None };
            if !server.is_meant_by(target) {
                continue;
            }
            match kind {
                Kind::Stale { refuse, age_ms } if begins => {
                    gateway.sight.freeze(chain, now_ms, *age_ms);
                    gateway.refuses_stale = *refuse;
                }
                Kind::Stale { .. } => {
                    gateway.sight.thaw(now_ms, 0);
                    gateway.refuses_stale = true;
                }
                Kind::Fork { epoch_shift, key } => {
                    gateway.sight.set_fork(begins.then(|| Fork { epoch_shift: *epoch_shift, key: key.clone() }));
                }
                _ => {}
            }
        }
        for node in &mut self.nodes {
            let is_meant = ["core", "system", "prometheus"]
                .iter()
                .any(|part| Server { name: node.name.clone(), part: Some(part) }.is_meant_by(target));
            if !is_meant {
                continue;
            }
            match kind {
                Kind::Stale { age_ms, .. } if begins => node.sight.freeze(chain, now_ms, *age_ms),
                Kind::Stale { .. } if node.island.is_none() => node.sight.thaw(now_ms, 0),
                Kind::Fork { epoch_shift, key } => {
                    node.sight.set_fork(begins.then(|| Fork { epoch_shift: *epoch_shift, key: key.clone() }));
                }
                _ => {}
            }
        }
    }
}

fn consensus_config(settings: &Settings) -> ConsensusManagerConfig {
    let condition = match settings.epoch_ms {
        Some(target) => EpochChangeCondition {
            min_round_count: settings.validators as u64,
            max_round_count: settings.epoch_rounds.saturating_mul(40),
            target_duration_millis: target,
        },
        None => EpochChangeCondition {
            min_round_count: settings.epoch_rounds,
            max_round_count: settings.epoch_rounds,
            target_duration_millis: settings.epoch_rounds.saturating_mul(settings.round_ms),
        },
    };
    ConsensusManagerConfig::mainnet_genesis().with_epoch_change_condition(condition)
}

/// Stakes fall from one validator to the next; ours is the second, every other belongs to the stranger.
fn seats(
    settings: &Settings,
    ours: Secp256k1PublicKey,
    owner: ComponentAddress,
    stranger: ComponentAddress,
) -> Vec<Seat> {
    (0..settings.validators.max(4))
        .map(|place| {
            let stake = Decimal::from(1_000_000_u32.saturating_sub(u32::try_from(place).unwrap_or(0) * 5_000));
            if place == 1 {
                Seat { key: ours, stake, owner }
            } else {
                let key = keys::node_key(&format!("other_{place}"), settings.seed).public_key();
                Seat { key, stake, owner: stranger }
            }
        })
        .collect()
}

/// Makes the private key of the owner available to the ready line.
pub fn owner_secret(network_id: u8) -> Ed25519PrivateKey {
    keys::owner_key(network_id, 0)
}
