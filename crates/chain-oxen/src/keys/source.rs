//! Opened material: what its branches are.
use super::{SERVICE_NODE, SESSION, ServiceNodeKey, SessionAccount, WALLET, WalletKeys};
use crate::network::Network;
use std::collections::BTreeMap;
use watchdog_core::keys::{Branch, DerivedKey, KeyError, KeyPath, KeySource, Scheme};
use watchdog_core::secret::Secret;

/// An opened source.
#[derive(Debug)]
pub(super) enum Opened {
    Wallet { keys: WalletKeys, network: Network, phrase: Option<Secret> },
    Session { account: SessionAccount, phrase: Option<Secret> },
    ServiceNode(ServiceNodeKey),
}

impl KeySource for Opened {
    fn scheme(&self) -> Scheme {
        match self {
            Self::Wallet { .. } => WALLET,
            Self::Session { .. } => SESSION,
            Self::ServiceNode(_) => SERVICE_NODE,
        }
    }

    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let branch = self.branch(path)?;
        match self {
            Self::Wallet { keys, network, phrase } => wallet(keys, *network, phrase.as_ref(), branch),
            Self::Session { account, phrase } => Ok(session(account, phrase.as_ref())),
            Self::ServiceNode(key) => Ok(key.derived()),
        }
    }
}

impl Opened {
    /// The branch, if the scheme has all levels that it names.
    fn branch(&self, path: &KeyPath) -> Result<Branch, KeyError> {
        let scheme = self.scheme().0;
        let branch = match path {
            KeyPath::Standard(branch) => *branch,
            KeyPath::Full(path) => {
                let reason = match self {
                    Self::Wallet { .. } => "its keys have no path: give an account and an index",
                    _ => "its key has no path: leave it out",
                };
                return Err(KeyError::Path { path: path.clone(), scheme, reason: reason.to_owned() });
            }
        };
        let is_wallet = matches!(self, Self::Wallet { .. });
        let refused = [
            ("role", branch.role.is_some()),
            ("change", branch.change.is_some()),
            ("account", branch.account.is_some() && !is_wallet),
            ("index", branch.index != 0 && !is_wallet),
        ];
        match refused.into_iter().find(|(_, refused)| *refused) {
            Some((level, _)) => Err(KeyError::Level { scheme, level }),
            None => Ok(branch),
        }
    }
}

fn wallet(
    keys: &WalletKeys,
    network: Network,
    phrase: Option<&Secret>,
    branch: Branch,
) -> Result<DerivedKey, KeyError> {
    let part = keys.subwallet(branch.account.unwrap_or(0), branch.index);
    let address = part.address(network)?;
    let mut private = BTreeMap::from([("view_key", part.view_secret())]);
    private.extend(phrase.map(|phrase| ("mnemonic", phrase.clone())));
    Ok(DerivedKey {
        public_key: hex::encode(address.spend_key()),
        address: Some(address.to_string()),
        extra: BTreeMap::from([
            ("kind", address.kind().name().into()),
            ("seed_is_canonical", keys.seed_is_canonical().into()),
            ("view_public_key", hex::encode(address.view_key()).into()),
        ]),
        secret: Some(part.spend_secret()),
        private,
        ..DerivedKey::default()
    })
}

fn session(account: &SessionAccount, phrase: Option<&Secret>) -> DerivedKey {
    let key = account.key();
    let mut private = key.private();
    private.extend(phrase.map(|phrase| ("mnemonic", phrase.clone())));
    DerivedKey {
        public_key: hex::encode(key.public()),
        address: Some(account.id().to_string()),
        extra: BTreeMap::from([("x25519_public_key", hex::encode(key.x25519_public()).into())]),
        secret: Some(key.keypair_hex()),
        private,
        ..DerivedKey::default()
    }
}
