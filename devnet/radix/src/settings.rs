//! Everything a devnet can be started with.

use radix_common::network::NetworkDefinition;

/// Settings of one devnet.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Network whose id and address suffix it uses.
    pub network: NetworkDefinition,
    /// Length of a successful round in milliseconds.
    pub round_ms: u64,
    /// Length of a missed round in milliseconds.
    pub miss_ms: u64,
    /// Rounds after which an epoch ends.
    pub epoch_rounds: u64,
    /// If set, epochs end after this many milliseconds (at least one round per validator, at most 40 × `epoch_rounds`).
    pub epoch_ms: Option<u64>,
    /// Validators at genesis, at least 4; ours has the second highest stake.
    pub validators: usize,
    /// Seed of all keys but the owner's.
    pub seed: u64,
    /// Number of gateways.
    pub gateways: usize,
    /// Nothing moves by itself.
    pub is_manual: bool,
    /// First TCP port; free ports if absent.
    pub port_base: Option<u16>,
    /// Seconds after which it ends by itself.
    pub max_seconds: u64,
    /// Epoch of genesis; the first live one is the next.
    pub genesis_epoch: u64,
    /// Age of the view at which a gateway refuses reads, in milliseconds.
    pub refuse_after_ms: i64,
    /// Age of the view at which a node says `OUT_OF_SYNC`, in milliseconds.
    pub out_of_sync_after_ms: i64,
    /// How long a node repeats a temporary rejection, in milliseconds.
    pub rejection_retry_ms: i64,
    /// Time to a gateway's first resubmission in milliseconds.
    pub resubmit_ms: i64,
    /// XRD of the owner account.
    pub owner_xrd: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            network: NetworkDefinition::localnet(),
            round_ms: 200,
            miss_ms: 400,
            epoch_rounds: 25,
            epoch_ms: None,
            validators: 4,
            seed: 1,
            gateways: 2,
            is_manual: false,
            port_base: None,
            max_seconds: 3600,
            genesis_epoch: 1000,
            refuse_after_ms: 30_000,
            out_of_sync_after_ms: 60_000,
            rejection_retry_ms: 120_000,
            resubmit_ms: 10_000,
            owner_xrd: 10_000,
        }
    }
}

impl Settings {
    /// Devnet for tests: manual, everything else as usual.
    pub fn manual() -> Self {
        Self { is_manual: true, ..Self::default() }
    }
}
