//! Scripts that ask for signatures of some of several keys.
use super::{op, push};
use crate::algorithm::Algorithm;
use crate::keys::PublicKey;

/// Most keys: what one operation can count.
const MOST: usize = 16;

/// A script that `required` of `keys` can sign, 1 to 16. The order of keys is part of the script,
/// and so of its address. Source: dcrd, `stdscript.MultiSigScriptV0`.
///
/// # Errors
/// Numbers that do not fit, or a key that is not ECDSA.
pub fn multisig(required: u8, keys: &[PublicKey]) -> Result<Vec<u8>, ScriptError> {
    let count = u8::try_from(keys.len()).ok().filter(|_| (1..=MOST).contains(&keys.len()));
    let count = count.filter(|count| (1..=*count).contains(&required));
    let count = count.ok_or(ScriptError::Counts { required, keys: keys.len() })?;
    if keys.iter().any(|key| key.algorithm() != Algorithm::Ecdsa) {
        return Err(ScriptError::Algorithm);
    }
    let mut script = vec![op::ZERO + required];
    script.extend(keys.iter().flat_map(push));
    script.extend([op::ZERO + count, op::CHECK_MULTISIG]);
    Ok(script)
}

/// The script of a pool's ticket, 71 bytes: either key votes. The pool's key comes first.
///
/// # Errors
/// [`ScriptError::Algorithm`].
pub fn ticket(pool: PublicKey, user: PublicKey) -> Result<Vec<u8>, ScriptError> {
    multisig(1, &[pool, user])
}

/// A script that cannot be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// More signatures than keys, none, or too many keys.
    #[error(
        "{required} signatures of {keys} keys cannot be asked for: give 1 to 16 keys and at most as many signatures"
    )]
    Counts {
        /// Signatures asked for.
        required: u8,
        /// Keys given.
        keys: usize,
    },
    /// A key that multisig scripts do not take.
    #[error("only ECDSA keys can be in a multisig script")]
    Algorithm,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::PrivateKey;

    fn key(algorithm: Algorithm, byte: u8) -> PublicKey {
        PrivateKey::new(algorithm, &[byte; 32]).unwrap().public_key()
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let keys = [key(Algorithm::Ecdsa, 1); 17];
        for (required, count) in [(0, 1), (0, 0), (1, 0), (3, 2), (1, 17)] {
            let error = ScriptError::Counts { required, keys: count };
            assert_eq!(multisig(required, &keys[..count]), Err(error));
        }
        assert_eq!(multisig(16, &keys[..16]).map(|script| script.len()), Ok(3 + 16 * 34));
    }

    #[test]
    fn the_ticket_of_a_pool_takes_ecdsa_keys_alone_and_keeps_their_order() {
        let (pool, user) = (key(Algorithm::Ecdsa, 1), key(Algorithm::Ecdsa, 2));
        let script = ticket(pool, user).unwrap();
        assert_eq!(hex::encode(&script), format!("5121{pool}21{user}52ae"));
        assert_eq!(script.len(), 71);
        for other in [Algorithm::Ed25519, Algorithm::Schnorr] {
            assert_eq!(ticket(pool, key(other, 2)), Err(ScriptError::Algorithm));
        }
    }
}
