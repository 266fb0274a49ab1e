//! Wallet keys: one pair to spend, one to see, and subaddresses.
//!
//! Secrets are numbers below the order of the group, little-endian, and not clamped as those of
//! Ed25519 are. Source: oxen-core `cryptonote_basic/account.cpp`, `device/device_default.cpp`.
use super::private_hex::encode;
use crate::address::{Address, Kind};
use crate::keccak::keccak256;
use crate::network::Network;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use std::fmt;
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// The keys of a wallet. Wiped on drop; never printed.
pub struct WalletKeys {
    spend: Zeroizing<Scalar>,
    view: Zeroizing<Scalar>,
    spend_public: EdwardsPoint,
    canonical: bool,
}

impl WalletKeys {
    /// The keys of a seed. The spend key is the seed, less as many times the order as fit; the view
    /// key is its hash.
    ///
    /// # Errors
    /// [`KeyError::Seed`] where nothing is left of the seed.
    pub fn of_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let spend = Zeroizing::new(Scalar::from_bytes_mod_order(*seed));
        let hash = Zeroizing::new(keccak256(&[spend.as_bytes()]));
        let view = Zeroizing::new(Scalar::from_bytes_mod_order(*hash));
        if *spend == Scalar::ZERO || *view == Scalar::ZERO {
            return Err(KeyError::Seed("it stands for no key: its number is a multiple of the order of the group"));
        }
        let spend_public = EdwardsPoint::mul_base(&spend);
        let canonical = spend.as_bytes() == seed;
        Ok(Self { spend, view, spend_public, canonical })
    }

    /// Whether the seed is the spend key. If not, wallets show other words for the same keys.
    pub const fn seed_is_canonical(&self) -> bool {
        self.canonical
    }

    /// Keys of subaddress `index` of `account`. The one at (0, 0) is the wallet itself.
    pub fn subwallet(&self, account: u32, index: u32) -> Subwallet {
        let (spend, spend_public) = if (account, index) == (0, 0) {
            (self.spend.clone(), self.spend_public)
        } else {
            let tweak = self.tweak(account, index);
            (Zeroizing::new(*self.spend + *tweak), self.spend_public + EdwardsPoint::mul_base(&tweak))
        };
        let primary = (account, index) == (0, 0);
        let (view, view_public) = if primary {
            (self.view.clone(), EdwardsPoint::mul_base(&self.view))
        } else {
            (Zeroizing::new(*self.view * *spend), spend_public * *self.view)
        };
        Subwallet {
            spend,
            view,
            spend_public: spend_public.compress().to_bytes(),
            view_public: view_public.compress().to_bytes(),
            kind: if primary { Kind::Standard } else { Kind::Subaddress },
        }
    }

    fn tweak(&self, account: u32, index: u32) -> Zeroizing<Scalar> {
        let parts: [&[u8]; 4] = [b"SubAddr\0", self.view.as_bytes(), &account.to_le_bytes(), &index.to_le_bytes()];
        let hash = Zeroizing::new(keccak256(&parts));
        Zeroizing::new(Scalar::from_bytes_mod_order(*hash))
    }
}

impl fmt::Debug for WalletKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WalletKeys(of {})", hex::encode(self.spend_public.compress().as_bytes()))
    }
}

/// The keys behind one address: each secret times the base point is the public key beside it.
pub struct Subwallet {
    spend: Zeroizing<Scalar>,
    view: Zeroizing<Scalar>,
    spend_public: [u8; 32],
    view_public: [u8; 32],
    kind: Kind,
}

impl Subwallet {
    /// Its address.
    ///
    /// # Errors
    /// [`KeyError::Barren`] is not expected: both keys are points by construction.
    pub fn address(&self, network: Network) -> Result<Address, KeyError> {
        Address::new(network, self.kind, self.spend_public, self.view_public)
            .map_err(|_| KeyError::Barren("the subaddress".to_owned()))
    }

    /// Secret spend key, 64 hex digits.
    pub fn spend_secret(&self) -> Secret {
        encode(self.spend.as_bytes())
    }

    /// Secret view key, 64 hex digits.
    pub fn view_secret(&self) -> Secret {
        encode(self.view.as_bytes())
    }
}

impl fmt::Debug for Subwallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subwallet(of {})", hex::encode(self.spend_public))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_belongs_to_the_public_key_beside_it() {
        let wallet = WalletKeys::of_seed(&[0x5a; 32]).unwrap();
        for (account, index) in [(0, 0), (0, 1), (1, 0), (u32::MAX, u32::MAX)] {
            let keys = wallet.subwallet(account, index);
            let of = |secret: &Scalar| EdwardsPoint::mul_base(secret).compress().to_bytes();
            assert_eq!(of(&keys.spend), keys.spend_public, "{account}/{index}");
            assert_eq!(of(&keys.view), keys.view_public, "{account}/{index}");
        }
    }

    #[test]
    fn a_seed_that_is_a_multiple_of_the_order_is_no_key() {
        let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
        let order: [u8; 32] = hex::decode(order).unwrap().try_into().unwrap();
        for seed in [[0; 32], order] {
            assert!(matches!(WalletKeys::of_seed(&seed), Err(KeyError::Seed(_))));
        }
        assert!(WalletKeys::of_seed(&[1; 32]).is_err() || !WalletKeys::of_seed(&[0xff; 32]).unwrap().canonical);
    }

    #[test]
    fn no_debug_text_shows_a_secret() {
        let wallet = WalletKeys::of_seed(&[5; 32]).unwrap();
        let keys = wallet.subwallet(0, 0);
        let text = format!("{wallet:?} {keys:?}");
        assert!(!text.contains(keys.spend_secret().expose()) && !text.contains(keys.view_secret().expose()));
    }
}
