//! Opened material, and the branches of it.
use super::extended::ExtendedKey;
use super::private::PrivateKey;
use super::public::PublicKey;
use super::wif::Wif;
use crate::address::Address;
use crate::network::Network;
use std::collections::BTreeMap;
use watchdog_core::keys::path::{Component, DerivationPath, PathError};
use watchdog_core::keys::{Branch, DerivedKey, KeyError, KeyPath, KeySource, Role, Scheme};
use watchdog_core::secret::Secret;

/// First step of every path. Source: BIP-44.
const PURPOSE: u32 = 44;

/// Depth of an account's key.
const ACCOUNT_DEPTH: u8 = 3;

/// The account that stands for keys that were imported one by one.
const IMPORTED: u32 = (1 << 31) - 1;

/// Where branches begin.
#[derive(Debug)]
pub(super) enum Start {
    /// The root of a seed.
    Root(ExtendedKey),
    /// A key further down, of which nothing above is known.
    Below(ExtendedKey),
    /// One key without branches.
    Single(Wif),
}

impl Start {
    /// An extended key; a private one of depth 0 is the root of a seed.
    pub(super) fn of(key: ExtendedKey) -> Self {
        if key.depth() == 0 && key.is_private() { Self::Root(key) } else { Self::Below(key) }
    }
}

/// An opened source.
#[derive(Debug)]
pub(super) struct Opened {
    scheme: Scheme,
    coin: u32,
    start: Start,
}

impl Opened {
    pub(super) const fn new(scheme: Scheme, coin: u32, start: Start) -> Self {
        Self { scheme, coin, start }
    }

    fn refused(&self, path: &str, reason: &str) -> KeyError {
        KeyError::Path { path: path.to_owned(), scheme: self.scheme.0, reason: reason.to_owned() }
    }

    fn level(&self, level: &'static str) -> KeyError {
        KeyError::Level { scheme: self.scheme.0, level }
    }

    fn parsed(&self, text: &str) -> Result<DerivationPath, KeyError> {
        text.parse().map_err(|e: PathError| self.refused(text, &e.to_string()))
    }

    /// `m/44'/coin'/account'/change/index`, or a full path as far as it goes along this one.
    fn full_path(&self, path: &KeyPath) -> Result<DerivationPath, KeyError> {
        let hardened = |index| Component::hardened(index).ok_or(KeyError::Index(index));
        match path {
            KeyPath::Standard(branch) => {
                let account = branch.account.unwrap_or(0);
                if account == IMPORTED {
                    let path = format!("m/{PURPOSE}'/{}'/{IMPORTED}'", self.coin);
                    return Err(self.refused(&path, "this account stands for imported keys, which have no path"));
                }
                let above = [hardened(PURPOSE)?, hardened(self.coin)?, hardened(account)?];
                Ok(above.into_iter().chain(self.branch(branch)?).collect())
            }
            KeyPath::Full(text) => {
                let path = self.parsed(text)?;
                self.begins_right(text, &path)?;
                Ok(path)
            }
        }
    }

    fn begins_right(&self, text: &str, path: &DerivationPath) -> Result<(), KeyError> {
        let expected = [Component::hardened(PURPOSE), Component::hardened(self.coin)];
        if path.components().iter().zip(expected).any(|(step, expected)| Some(*step) != expected) {
            let reason = format!("it must start with m/{PURPOSE}'/{}' on this network", self.coin);
            return Err(self.refused(text, &reason));
        }
        match path.components().get(2) {
            Some(account) if !account.is_hardened() => {
                Err(self.refused(text, "its account step must be hardened, as in `0'`"))
            }
            _ => Ok(()),
        }
    }

    /// The last two steps.
    fn branch(&self, branch: &Branch) -> Result<[Component; 2], KeyError> {
        let normal = |index| Component::normal(index).ok_or(KeyError::Index(index));
        if branch.role == Some(Role::Persona) {
            return Err(self.level("persona"));
        }
        Ok([normal(branch.change.unwrap_or(0))?, normal(branch.index)?])
    }

    fn of_root(&self, root: &ExtendedKey, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let path = self.full_path(path)?;
        let (key, account) = walk(root, &path)?;
        derived(&path, &key, account.as_ref())
    }

    fn of_key(&self, key: &ExtendedKey, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let is_account = key.depth() == ACCOUNT_DEPTH;
        let path = match path {
            KeyPath::Standard(Branch { account: Some(_), .. }) => return Err(self.level("account")),
            KeyPath::Standard(branch) if is_account => self.branch(branch)?.into_iter().collect(),
            KeyPath::Standard(_) => {
                let reason = format!("the key is of depth {}, that of an account is of 3: give --path", key.depth());
                return Err(self.refused("m/change/index", &reason));
            }
            KeyPath::Full(text) => self.parsed(text)?,
        };
        derived(&path, &key.derive(&path)?, is_account.then_some(key))
    }

    fn single(&self, wif: &Wif, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let whole = match path {
            KeyPath::Standard(branch) => *branch == Branch::default(),
            KeyPath::Full(text) => text == "m",
        };
        if !whole {
            let text = match path {
                KeyPath::Full(text) => text.clone(),
                KeyPath::Standard(branch) => format!("index {}", branch.index),
            };
            return Err(self.refused(&text, "a private key in text is one key: leave path and index out"));
        }
        let mut key = of_public(wif.network, &wif.key.public_key());
        add_private(&mut key, wif.network, wif.key.clone());
        Ok(key)
    }
}

impl KeySource for Opened {
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        match &self.start {
            Start::Root(root) => self.of_root(root, path),
            Start::Below(key) => self.of_key(key, path),
            Start::Single(wif) => self.single(wif, path),
        }
    }
}

/// The key at `path` below a root, and the account's on the way.
///
/// A wallet makes its first account when it is created, in one go from the seed. For every later
/// one it reads back the key of the coin that it wrote down then, whose leading zeros are no longer
/// lost. Source: dcrwallet, `udb`, `createAddressManager` and `Manager.NewAccount`.
fn walk(root: &ExtendedKey, path: &DerivationPath) -> Result<(ExtendedKey, Option<ExtendedKey>), KeyError> {
    let Some((above, [account, below @ ..])) = path.components().split_at_checked(2) else {
        return Ok((root.derive(path)?, None));
    };
    let barren = |_| KeyError::Barren(path.to_string());
    let coin = root.derive(&above.iter().copied().collect()).map_err(barren)?;
    let coin = if account.index() == 0 { coin } else { coin.written() };
    let account = coin.derive(&[*account].into_iter().collect()).map_err(barren)?;
    Ok((account.derive(&below.iter().copied().collect())?, Some(account)))
}

fn derived(path: &DerivationPath, key: &ExtendedKey, account: Option<&ExtendedKey>) -> Result<DerivedKey, KeyError> {
    let mut derived = of_public(key.network(), &key.public_key()?);
    derived.path = Some(path.to_string());
    derived.extra.insert("extended_public_key", key.to_public_text().into());
    derived.extra.extend(account.map(|account| ("account_extended_public_key", account.to_public_text().into())));
    if let Some(private) = key.private_key() {
        add_private(&mut derived, key.network(), private);
        let account = account.and_then(ExtendedKey::to_private_text);
        derived.private.extend(key.to_private_text().map(|text| ("extended_private_key", text)));
        derived.private.extend(account.map(|text| ("account_extended_private_key", text)));
    }
    Ok(derived)
}

fn of_public(network: Network, public: &PublicKey) -> DerivedKey {
    DerivedKey {
        public_key: public.to_string(),
        address: Some(Address::of_key_hash(network, public).to_string()),
        extra: BTreeMap::from([
            ("algorithm", public.algorithm().name().into()),
            ("pubkey_address", Address::of_key(network, *public).to_string().into()),
        ]),
        ..DerivedKey::default()
    }
}

fn add_private(derived: &mut DerivedKey, network: Network, key: PrivateKey) {
    derived.secret = Some(key.to_hex());
    derived.private.insert("wif", wif_text(network, key));
}

fn wif_text(network: Network, key: PrivateKey) -> Secret {
    Wif { network, key }.to_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its key at `m/44'/42'` starts with a zero byte.
    const SHORT: &str = "0163b98626a63acfed7b3866acf5fac50d80c1a7a496f12f8ca9db1802ed35cd";

    /// Source of the keys: the same rule in Python, with a curve of its own.
    #[test]
    fn accounts_after_the_first_come_from_the_coin_key_that_was_written_down() {
        let root = ExtendedKey::root(Network::Mainnet, &hex::decode(SHORT).unwrap()).unwrap();
        let coin = root.derive(&"m/44'/42'".parse().unwrap()).unwrap();
        assert_eq!(coin.private_key().unwrap().as_bytes()[0], 0);
        for (account, expected) in [
            (0, "03887b72c40f26c1018629be50e2c9abd4faf1d2acfc3e94d1fa124b5d91f2bd36"),
            (1, "02481903a7efbf0aecf8d1ff27d6b765577a9c6959f6f1498b76cc4272670ea72d"),
            (7, "02b90dd83abadc3976a7bd48a14745ab49bdebc3fffec1032fd2e3da5ae3278ba0"),
        ] {
            let (key, _) = walk(&root, &format!("m/44'/42'/{account}'/0/5").parse().unwrap()).unwrap();
            assert_eq!(key.public_key().unwrap().to_string(), expected, "{account}");
        }
        let in_one_go = coin.derive(&"m/1'/0/5".parse().unwrap()).unwrap().public_key().unwrap();
        assert_eq!(in_one_go.to_string(), "02cf0dcafd8e1d5937725b1961ac0150fbd445beb157586c9f716167c54f5b9340");
    }
}
