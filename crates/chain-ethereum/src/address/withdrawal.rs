//! Where the stake of a validator goes.
use super::error::AddressError;
use super::execution::ExecutionAddress;
use crate::hexadecimal;
use std::fmt;

/// The 32 bytes in a validator's record. Source: consensus-specs, "Withdrawal prefixes".
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum WithdrawalCredentials {
    /// 0x00: the end of the hash of a BLS key; has to be changed before anything is paid out.
    Bls([u8; 31]),
    /// 0x01: an account; what exceeds 32 ETH is paid out.
    Execution(ExecutionAddress),
    /// 0x02: an account; up to 2048 ETH stay and earn.
    Compounding(ExecutionAddress),
}

impl WithdrawalCredentials {
    /// Reads the 32 bytes.
    ///
    /// # Errors
    /// The type is unknown, or its padding is not zero.
    pub fn new(bytes: [u8; 32]) -> Result<Self, AddressError> {
        let [first, rest @ ..] = bytes;
        let [padding @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = rest;
        let [_, _, _, _, _, _, _, _, _, _, _, address @ ..] = rest;
        let address = ExecutionAddress::new(address);
        match first {
            0 => Ok(Self::Bls(rest)),
            1 | 2 if padding != [0; 11] => Err(AddressError::WithdrawalPadding(first)),
            1 => Ok(Self::Execution(address)),
            2 => Ok(Self::Compounding(address)),
            _ => Err(AddressError::WithdrawalType),
        }
    }

    /// First byte.
    pub const fn prefix(&self) -> u8 {
        match self {
            Self::Bls(_) => 0,
            Self::Execution(_) => 1,
            Self::Compounding(_) => 2,
        }
    }

    /// Name of the type, snake case.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bls(_) => "bls",
            Self::Execution(_) => "execution",
            Self::Compounding(_) => "compounding",
        }
    }

    /// The account, where there is one.
    pub const fn address(&self) -> Option<ExecutionAddress> {
        match self {
            Self::Bls(_) => None,
            Self::Execution(address) | Self::Compounding(address) => Some(*address),
        }
    }

    /// The 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (end, rest): (&[u8], usize) = match self {
            Self::Bls(end) => (end, 1),
            Self::Execution(address) | Self::Compounding(address) => (address.as_bytes(), 12),
        };
        bytes.iter_mut().skip(rest).zip(end).for_each(|(to, from)| *to = *from);
        let [first, ..] = &mut bytes;
        *first = self.prefix();
        bytes
    }
}

impl fmt::Display for WithdrawalCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal::prefixed(&self.to_bytes()))
    }
}
