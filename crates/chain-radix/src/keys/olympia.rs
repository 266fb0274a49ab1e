//! The path of accounts that were made on Olympia.
use super::cap26::COIN;
use watchdog_core::keys::path::{Component, DerivationPath};

/// `m/44'/1022'/0'/0/{index}'`: the last step is hardened, the one before it is not, and the
/// network is not part of it. `None` where the index is 2^31 or more.
pub fn olympia_path(index: u32) -> Option<DerivationPath> {
    let (hard, soft) = (Component::hardened, Component::normal);
    [hard(44), hard(COIN), hard(0), soft(0), hard(index)].into_iter().collect()
}
