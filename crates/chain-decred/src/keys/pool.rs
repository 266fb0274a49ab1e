//! Keys that a voting pool makes for its users from an account's extended public key.
use super::extended::ExtendedKey;
use super::public::PublicKey;
use crate::address::Address;
use watchdog_core::keys::KeyError;
use watchdog_core::keys::path::Component;

/// Branch of the addresses that are handed out.
const EXTERNAL: u32 = 0;

/// What belongs to one user. Of the voting wallet's account it is the pool's key of the user's
/// tickets, of the cold wallet's account the address that the user's fees go to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PoolKey {
    /// The key.
    pub public_key: PublicKey,
    /// Address of the key's hash.
    pub address: Address,
    /// Address of the key itself.
    pub pubkey_address: Address,
}

/// Key of `user` (from 1, the number of the pool's database) below an account: `account / 0 / user`.
///
/// # Errors
/// [`KeyError::Key`] where `account` is not an account's key (depth 3); [`KeyError::Index`] from
/// 2^31 on; [`KeyError::Barren`].
pub fn pool_key(account: &ExtendedKey, user: u32) -> Result<PoolKey, KeyError> {
    if account.depth() != 3 {
        return Err(KeyError::Key("the extended key is not that of an account, which is of depth 3"));
    }
    let steps = [Component::normal(EXTERNAL), Component::normal(user)];
    let steps: Option<Vec<_>> = steps.into_iter().collect();
    let path = steps.ok_or(KeyError::Index(user))?.into_iter().collect();
    let public_key = account.public().derive(&path)?.public_key()?;
    Ok(PoolKey {
        public_key,
        address: Address::of_key_hash(account.network(), &public_key),
        pubkey_address: Address::of_key(account.network(), public_key),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;

    #[test]
    fn only_an_account_has_users() {
        let root = ExtendedKey::root(Network::Mainnet, &[7; 32]).unwrap();
        let account = root.derive(&"m/44'/42'/0'".parse().unwrap()).unwrap();
        assert_eq!(pool_key(&account, 5), pool_key(&account.public(), 5));
        assert_eq!(pool_key(&account, 1 << 31), Err(KeyError::Index(1 << 31)));
        assert!(matches!(pool_key(&root, 5), Err(KeyError::Key(_))));
    }
}
