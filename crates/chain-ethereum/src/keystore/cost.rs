//! What a password is made costly with, and how much of it is allowed.
use super::error::KeystoreError;
use serde_json::{Value, json};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Most memory that scrypt may work through, 128·n·r·p bytes: 1 GiB.
const MEMORY_MAX: u64 = 1 << 30;

/// Most rounds of PBKDF2.
const ROUNDS_MAX: u64 = 1 << 27;

/// Both limits, as text.
pub(super) const LIMIT: &str = "1 GiB for scrypt (128·n·r·p bytes), 134217728 rounds for PBKDF2";

/// Key derivation function and its parameters.
///
/// Any value can be built, so that tests can be fast; [`super::Recipe::draw`] always takes
/// [`Cost::STANDARD`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cost {
    /// scrypt.
    Scrypt {
        /// Cost, a power of two from 2 on.
        n: u64,
        /// Block size, from 1 on.
        r: u64,
        /// Parallelism, from 1 on.
        p: u64,
    },
    /// PBKDF2-HMAC-SHA256.
    Pbkdf2 {
        /// Rounds, from 1 on.
        c: u64,
    },
}

/// How much a cost protects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Strength {
    /// Less than deposit tools accept: n·r·p below 2^20, or c below 2^18.
    Weak,
    /// Enough.
    Sound,
    /// More than is computed here.
    OverLimit,
}

impl Strength {
    /// Name, snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Sound => "sound",
            Self::OverLimit => "over_limit",
        }
    }
}

impl Cost {
    /// What new keystores have: 256 MiB of scrypt. Source: EIP-2335, test vectors and deposit tools.
    pub const STANDARD: Self = Self::Scrypt { n: 1 << 18, r: 8, p: 1 };

    /// How much it protects.
    pub fn strength(&self) -> Strength {
        let is_weak = match *self {
            Self::Scrypt { n, r, p } => n.saturating_mul(r).saturating_mul(p) < 1 << 20,
            Self::Pbkdf2 { c } => c < 1 << 18,
        };
        match self.checked() {
            Err(KeystoreError::TooExpensive { .. }) => Strength::OverLimit,
            _ if is_weak => Strength::Weak,
            _ => Strength::Sound,
        }
    }

    /// Name of the function, as the file has it.
    pub const fn function(&self) -> &'static str {
        match self {
            Self::Scrypt { .. } => "scrypt",
            Self::Pbkdf2 { .. } => "pbkdf2",
        }
    }

    /// Its parameters, under the names that the file has.
    pub fn parameters(&self) -> Value {
        match self {
            Self::Scrypt { n, r, p } => json!({ "n": n, "r": r, "p": p }),
            Self::Pbkdf2 { c } => json!({ "c": c }),
        }
    }

    /// This cost, if the function has such parameters and they are within the limits.
    ///
    /// # Errors
    /// [`KeystoreError::Parameters`], [`KeystoreError::TooExpensive`].
    pub fn checked(self) -> Result<Self, KeystoreError> {
        match self {
            Self::Scrypt { n, r, p } => {
                if !n.is_power_of_two() || n < 2 {
                    return Err(KeystoreError::Parameters("scrypt needs an `n` that is a power of two from 2 on"));
                }
                if r == 0 || p == 0 {
                    return Err(KeystoreError::Parameters("scrypt needs `r` and `p` from 1 on"));
                }
                let bytes = [n, r, p].into_iter().fold(128, u64::saturating_mul);
                if bytes > MEMORY_MAX { Err(KeystoreError::TooExpensive { asked: self.to_string() }) } else { Ok(self) }
            }
            Self::Pbkdf2 { c: 0 } => Err(KeystoreError::Parameters("PBKDF2 needs a `c` from 1 on")),
            Self::Pbkdf2 { c } if c > ROUNDS_MAX => Err(KeystoreError::TooExpensive { asked: self.to_string() }),
            Self::Pbkdf2 { .. } => Ok(self),
        }
    }

    /// The 32-byte key of a password. Costs what it says; call it where that may block.
    pub(super) fn derive(self, password: &[u8], salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        const UNKNOWN: KeystoreError = KeystoreError::Parameters("scrypt does not have these `n`, `r` and `p`");
        let mut key = Zeroizing::new([0; 32]);
        match self.checked()? {
            Self::Scrypt { n, r, p } => {
                let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| UNKNOWN)?;
                let [r, p] = [r, p].map(u32::try_from);
                let params = scrypt::Params::new(log_n, r.map_err(|_| UNKNOWN)?, p.map_err(|_| UNKNOWN)?);
                let params = params.map_err(|_| UNKNOWN)?;
                scrypt::scrypt(password, salt, &params, key.as_mut_slice()).map_err(|_| UNKNOWN)?;
            }
            Self::Pbkdf2 { c } => {
                let rounds = u32::try_from(c).map_err(|_| UNKNOWN)?;
                pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, key.as_mut_slice());
            }
        }
        Ok(key)
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scrypt { n, r, p } => write!(f, "scrypt with n = {n}, r = {r}, p = {p}"),
            Self::Pbkdf2 { c } => write!(f, "PBKDF2 with {c} rounds"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_met_exactly() {
        let scrypt = |n, r, p| Cost::Scrypt { n, r, p };
        for cost in [scrypt(1 << 20, 8, 1), scrypt(1 << 18, 8, 4), scrypt(2, 1 << 22, 1), Cost::Pbkdf2 { c: 1 << 27 }] {
            assert_eq!(cost.checked(), Ok(cost));
        }
        for cost in [
            scrypt(1 << 21, 8, 1),
            scrypt(1 << 18, 8, 5),
            scrypt(1 << 63, 1 << 40, u64::MAX),
            scrypt(2, u64::MAX, 1),
            Cost::Pbkdf2 { c: (1 << 27) + 1 },
        ] {
            assert_eq!(cost.checked(), Err(KeystoreError::TooExpensive { asked: cost.to_string() }));
            assert_eq!(cost.strength(), Strength::OverLimit);
        }
    }

    #[test]
    fn strength_is_judged_as_deposit_tools_do() {
        assert_eq!(Cost::STANDARD.strength(), Strength::Sound);
        assert_eq!(Cost::Scrypt { n: 1 << 17, r: 8, p: 1 }.strength(), Strength::Sound);
        assert_eq!(Cost::Scrypt { n: 1 << 16, r: 8, p: 1 }.strength(), Strength::Weak);
        assert_eq!(Cost::Pbkdf2 { c: 1 << 18 }.strength(), Strength::Sound);
        assert_eq!(Cost::Pbkdf2 { c: (1 << 18) - 1 }.strength(), Strength::Weak);
    }
}
