//! Randomness, lent by the caller.
use super::KeyError;
use std::fmt;

/// Where random bytes come from. The core draws none by itself.
pub trait Entropy {
    /// Fills `bytes` with uniform random bytes, fit for private keys.
    ///
    /// # Errors
    /// [`KeyError::Entropy`]: the source has none.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), KeyError>;
}

impl fmt::Debug for dyn Entropy + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}
