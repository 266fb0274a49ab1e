//! Hex of secrets.
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Exactly these many bytes of hex; `None` for anything else.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(text, bytes.as_mut_slice()).ok().map(|()| bytes)
}

/// The hex of secret bytes.
pub(super) fn encode(bytes: &[u8]) -> Secret {
    Secret::new(hex::encode(bytes))
}
