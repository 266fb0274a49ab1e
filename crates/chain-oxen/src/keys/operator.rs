//! The operator's key on the EVM chain.
use super::private_hex;
use crate::address::EvmAddress;
use k256::SecretKey;
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;

/// Address of a private key (secp256k1): 64 hex digits, `0x` before them if wanted.
///
/// # Errors
/// [`KeyError::Key`]: it is none.
pub fn operator_address(key: &Secret) -> Result<EvmAddress, KeyError> {
    let text = key.expose().trim();
    let bytes = private_hex::decode::<32>(text.strip_prefix("0x").unwrap_or(text));
    let bytes = bytes.ok_or(KeyError::Key("the operator's private key must be 64 hex digits"))?;
    let key = SecretKey::from_slice(bytes.as_slice());
    let key = key.map_err(|_| KeyError::Key("the operator's private key is no number that secp256k1 takes"))?;
    Ok(EvmAddress::of_key(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_the_curve_are_private_keys() {
        let one = format!("0x{:064x}", 1);
        let address = operator_address(&Secret::new(one)).unwrap().to_string();
        assert_eq!(address, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
        for bad in ["00".repeat(32), "ff".repeat(32), "zz".repeat(32), "5a".repeat(31), String::new()] {
            assert!(matches!(operator_address(&Secret::new(bad)), Err(KeyError::Key(_))));
        }
    }
}
