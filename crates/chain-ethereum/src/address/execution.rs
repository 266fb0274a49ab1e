//! Addresses of accounts, with the checksum of EIP-55.
use super::error::AddressError;
use sha3::{Digest, Keccak256};
use std::fmt;
use std::str::FromStr;

/// Address of an account: 20 bytes. Displayed with its checksum, read with or without.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ExecutionAddress([u8; Self::LEN]);

/// An address, and whether the text that it was read from carried a checksum.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Checksummed {
    /// The address.
    pub address: ExecutionAddress,
    /// False for text in letters of one case, which says nothing about mistyped digits.
    pub is_checksummed: bool,
}

impl ExecutionAddress {
    /// Length in bytes.
    pub const LEN: usize = 20;

    /// Takes any 20 bytes.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Reads an address. Text in small or in capital letters alone is taken as one without checksum;
    /// text without any letter has its checksum in that.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Checksummed, AddressError> {
        let digits = digits(text)?;
        if let Some(place) = digits.bytes().position(|c| !c.is_ascii_hexdigit()) {
            return Err(AddressError::NotHex(place + 3));
        }
        let mut bytes = [0; Self::LEN];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError::NotHex(3))?;
        let address = Self(bytes);
        let has = |is: fn(&u8) -> bool| digits.bytes().any(|c| is(&c));
        let is_checksummed = address.to_string().ends_with(digits);
        let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        if is_mixed && !is_checksummed {
            return Err(AddressError::Checksum);
        }
        Ok(Checksummed { address, is_checksummed })
    }
}

/// What stands after `0x`.
fn digits(text: &str) -> Result<&str, AddressError> {
    let length = text.chars().count();
    match text.strip_prefix("0x") {
        _ if length == 40 && text.bytes().all(|c| c.is_ascii_hexdigit()) => Err(AddressError::MissingPrefix),
        _ if length != 42 => Err(AddressError::Length(length)),
        None => Err(AddressError::Prefix),
        Some(digits) => Ok(digits),
    }
}

impl fmt::Display for ExecutionAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = hex::encode(self.0);
        let hash = Keccak256::digest(&digits);
        f.write_str("0x")?;
        let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.chars().zip(nibbles).try_for_each(|(digit, nibble)| {
            write!(f, "{}", if nibble >= 8 { digit.to_ascii_uppercase() } else { digit })
        })
    }
}

impl fmt::Debug for ExecutionAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExecutionAddress({self})")
    }
}

impl FromStr for ExecutionAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text).map(|read| read.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_own_name() {
        let good = "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        for (text, error) in [
            (good.to_owned(), AddressError::MissingPrefix),
            (format!("0X{good}"), AddressError::Prefix),
            (format!("1x{good}"), AddressError::Prefix),
            (format!("0x{good}0"), AddressError::Length(43)),
            ("0x".to_owned(), AddressError::Length(2)),
            (String::new(), AddressError::Length(0)),
            (format!("0x{}é", "0".repeat(39)), AddressError::NotHex(42)),
            (format!("0x{}", good.replace("5aA", "5AA")), AddressError::Checksum),
        ] {
            assert_eq!(ExecutionAddress::parse(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn an_address_without_letters_is_its_own_checksum() {
        let text = "0x".to_owned() + &"12".repeat(20);
        assert!(ExecutionAddress::parse(&text).unwrap().is_checksummed);
        let text = "0x".to_owned() + &"1a".repeat(20);
        assert!(!ExecutionAddress::parse(&text).unwrap().is_checksummed);
        assert!(!ExecutionAddress::parse(&text.to_uppercase().replace('X', "x")).unwrap().is_checksummed);
    }
}
