//! Logging in to a running supervisor.
use super::error::LegacyError;
use super::keyed_hash::keyed;
use watchdog_core::secret::Secret;

/// Purpose of the answer.
const AUTH: &str = "VALIDATOR SUPERVISOR RPC AUTH";

/// The answer to `challenge`, in hex, of the user with this key. Both are hashed as the text that
/// they are, hex digits and not the bytes that these stand for.
///
/// # Errors
/// [`LegacyError::Malformed`]: the key is empty or longer than 64 characters.
pub fn response(challenge: &str, user_key: &Secret) -> Result<String, LegacyError> {
    let hash = keyed(user_key.expose().as_bytes(), AUTH, challenge.as_bytes());
    let hash = hash.ok_or(LegacyError::Malformed("the user's key is empty or longer than 64 characters"))?;
    Ok(hex::encode(hash.as_slice()))
}
