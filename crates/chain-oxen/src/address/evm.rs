//! Addresses of the EVM chain: of operators, and of contracts.
use super::AddressError;
use crate::keccak::keccak256;
use k256::SecretKey;
use k256::elliptic_curve::sec1::ToSec1Point;
use std::fmt;
use std::str::FromStr;

/// An Ethereum address.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct EvmAddress([u8; 20]);

impl EvmAddress {
    /// The address of these bytes.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The address of a private key (secp256k1): the end of the hash of its public key.
    pub fn of_key(key: &SecretKey) -> Self {
        let point = key.public_key().to_sec1_point(false);
        let hash = keccak256(&[point.as_bytes().get(1..).unwrap_or_default()]);
        let mut bytes = [0; 20];
        bytes.iter_mut().zip(hash.iter().skip(12)).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl FromStr for EvmAddress {
    type Err = AddressError;

    /// Takes `0x` and 40 hex digits: all small, all capital, or as EIP-55 says.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix("0x").ok_or(AddressError::EvmForm)?;
        let mut bytes = [0; 20];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError::EvmForm)?;
        let address = Self(bytes);
        let mixed = digits.bytes().any(|c| c.is_ascii_uppercase()) && digits.bytes().any(|c| c.is_ascii_lowercase());
        if mixed && address.to_string() != text { Err(AddressError::EvmChecksum) } else { Ok(address) }
    }
}

impl fmt::Display for EvmAddress {
    /// With the capital letters of EIP-55.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = hex::encode(self.0);
        let hash = hex::encode(keccak256(&[digits.as_bytes()]));
        f.write_str("0x")?;
        for (digit, hash) in digits.chars().zip(hash.chars()) {
            write!(f, "{}", if hash >= '8' { digit.to_ascii_uppercase() } else { digit })?;
        }
        Ok(())
    }
}

impl fmt::Debug for EvmAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EvmAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: EIP-55, "Test Cases".
    #[test]
    fn capital_letters_are_those_of_eip_55_and_a_wrong_one_is_refused() {
        for text in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            assert_eq!(text.parse::<EvmAddress>().unwrap().to_string(), text);
        }
        let wrong = "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert_eq!(wrong.parse::<EvmAddress>(), Err(AddressError::EvmChecksum));
    }
}
