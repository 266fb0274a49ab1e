//! Bytes as this chain writes them: `0x` and lower-case hex.
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// `0x` and two digits for each byte.
pub(crate) fn prefixed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// As [`prefixed`], in one buffer that is wiped.
pub(crate) fn secret(bytes: &[u8]) -> Secret {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    for nibble in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        text.extend(char::from_digit(nibble.into(), 16));
    }
    Secret::new(text)
}

/// Exactly `N` bytes from hex of either case, with or without `0x`.
pub(crate) fn exactly<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes).ok()?;
    Some(bytes)
}

/// As [`exactly`], white space around it allowed, in a buffer that is wiped.
pub(crate) fn secret_bytes<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let text = text.trim();
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), bytes.as_mut_slice()).ok()?;
    Some(bytes)
}
