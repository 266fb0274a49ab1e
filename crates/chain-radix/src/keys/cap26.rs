//! CAP-26: the path of every key that Babylon wallets make.
use crate::network::Network;
use watchdog_core::keys::path::{Component, DerivationPath};

/// Coin type of Radix. Source: SLIP-0044.
pub(super) const COIN: u32 = 1022;

/// What a key belongs to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Entity {
    /// 525: holds assets.
    #[default]
    Account,
    /// 618: logs in.
    Persona,
}

impl Entity {
    const fn number(self) -> u32 {
        match self {
            Self::Account => 525,
            Self::Persona => 618,
        }
    }
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeyKind {
    /// 1460: signs transactions; the address is made of this one.
    #[default]
    TransactionSigning,
    /// 1678: signs logins.
    AuthenticationSigning,
    /// 1391: encrypts messages.
    MessageEncryption,
}

impl KeyKind {
    const fn number(self) -> u32 {
        match self {
            Self::TransactionSigning => 1460,
            Self::AuthenticationSigning => 1678,
            Self::MessageEncryption => 1391,
        }
    }
}

/// `m/44'/1022'/{network}'/{entity}'/{kind}'/{index}'`. The network is part of the path, so keys
/// differ from network to network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cap26Path {
    /// Network of the account.
    pub network: Network,
    /// Account or persona.
    pub entity: Entity,
    /// What the key is for.
    pub kind: KeyKind,
    /// Below 2^31; from 2^30 on it is the space that wallets show as securified.
    pub index: u32,
}

impl Cap26Path {
    /// The path of the account key at `index`.
    pub const fn account(network: Network, index: u32) -> Self {
        Self { network, entity: Entity::Account, kind: KeyKind::TransactionSigning, index }
    }

    /// The steps; `None` where the index is 2^31 or more.
    pub fn path(&self) -> Option<DerivationPath> {
        let network = u32::from(self.network.id());
        let steps = [44, COIN, network, self.entity.number(), self.kind.number(), self.index];
        steps.into_iter().map(Component::hardened).collect()
    }

    /// Reads steps of this form.
    ///
    /// # Errors
    /// What does not fit.
    pub fn of(path: &DerivationPath) -> Result<Self, &'static str> {
        let steps: Vec<_> = path.components().iter().filter(|s| s.is_hardened()).map(|s| s.index()).collect();
        if steps.len() != path.components().len() {
            return Err("every component must be hardened (`'`)");
        }
        let [purpose, coin, network, entity, kind, index] = steps.as_slice() else {
            return Err("it must have six components: m/44'/1022'/network'/entity'/kind'/index'");
        };
        if (*purpose, *coin) != (44, COIN) {
            return Err("it must start with m/44'/1022'");
        }
        let network = u8::try_from(*network).map_err(|_| "the network is a number up to 255")?;
        let entity = match entity {
            525 => Entity::Account,
            618 => Entity::Persona,
            _ => return Err("the entity is 525 (account) or 618 (persona)"),
        };
        let kind = match kind {
            1460 => KeyKind::TransactionSigning,
            1678 => KeyKind::AuthenticationSigning,
            1391 => KeyKind::MessageEncryption,
            _ => return Err("the key kind is 1460 (transactions), 1678 (authentication) or 1391 (messages)"),
        };
        Ok(Self { network: Network::new(network), entity, kind, index: *index })
    }
}
