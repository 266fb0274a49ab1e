//! bech32 and bech32m, strictly.
use super::error::AddressError;
use crate::network::Network;
use bech32::primitives::decode::{CharError, CheckedHrpstring, CheckedHrpstringError, UncheckedHrpstringError};
use bech32::{Bech32, Bech32m, Checksum, Hrp};
use std::fmt;

/// Prefix and bytes of a bech32m text.
pub(super) fn decode_m(text: &str) -> Result<(String, Vec<u8>), AddressError> {
    decode::<Bech32m, Bech32>(text, "bech32m", "bech32")
}

/// Prefix and bytes of a bech32 text, the older form.
pub(super) fn decode_old(text: &str) -> Result<(String, Vec<u8>), AddressError> {
    decode::<Bech32, Bech32m>(text, "bech32", "bech32m")
}

fn decode<C: Checksum, Other: Checksum>(
    text: &str,
    expected: &'static str,
    found: &'static str,
) -> Result<(String, Vec<u8>), AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if !text.contains('1') {
        return Err(AddressError::Separator);
    }
    let decoded = CheckedHrpstring::new::<C>(text).map_err(|e| match e {
        CheckedHrpstringError::Parse(UncheckedHrpstringError::Char(e)) => match e {
            CharError::MixedCase => AddressError::MixedCase,
            CharError::InvalidChar(c) => AddressError::Character(c),
            _ => AddressError::Separator,
        },
        CheckedHrpstringError::Parse(_) => AddressError::Prefix(text.split('1').next().unwrap_or_default().to_owned()),
        _ if CheckedHrpstring::new::<Other>(text).is_ok() => AddressError::Variant { found, expected },
        _ => AddressError::Checksum,
    })?;
    let hrp = decoded.hrp();
    let bytes: Vec<u8> = decoded.byte_iter().collect();
    // Whatever comes back must be what was given: bits after the last byte would be lost.
    match bech32::encode_lower::<C>(hrp, &bytes) {
        Ok(again) if again == text.to_ascii_lowercase() => Ok((hrp.to_lowercase(), bytes)),
        _ => Err(AddressError::Padding),
    }
}

/// `bytes`, if they are as many as needed.
pub(super) fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], AddressError> {
    bytes.try_into().map_err(|_| AddressError::Length { found: bytes.len(), expected: N })
}

/// Writes the bech32m text of `bytes` under the prefix `{kind}_{suffix of network}`.
pub(super) fn write_m(f: &mut fmt::Formatter<'_>, kind: &str, network: Network, bytes: &[u8]) -> fmt::Result {
    write::<Bech32m>(f, &format!("{kind}_{}", network.suffix()), bytes)
}

/// Writes the bech32 text of `bytes` under the prefix `hrp`.
pub(super) fn write_old(f: &mut fmt::Formatter<'_>, hrp: &str, bytes: &[u8]) -> fmt::Result {
    write::<Bech32>(f, hrp, bytes)
}

fn write<C: Checksum>(f: &mut fmt::Formatter<'_>, hrp: &str, bytes: &[u8]) -> fmt::Result {
    let hrp = Hrp::parse(hrp).map_err(|_| fmt::Error)?;
    bech32::encode_lower_to_fmt::<C, _>(f, hrp, bytes).map_err(|_| fmt::Error)
}
