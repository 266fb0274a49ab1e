//! Randomness of the operating system.
use watchdog_core::keys::{Entropy, KeyError};

/// The system's generator of random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemRandom;

impl Entropy for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), KeyError> {
        getrandom::fill(bytes).map_err(|_| KeyError::Entropy)
    }
}
