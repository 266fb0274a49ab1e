//! Extended keys: a key and the chain code that its children come from.
mod private;
mod public;

pub use private::ExtendedPrivate;
pub(super) use private::times_base;
pub use public::ExtendedPublic;

use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;

const NO_HEX: KeyError = KeyError::Key("an extended key is hex, it has a character that is no hex digit");

/// An extended key of either kind, told apart by its length.
#[derive(Clone, Debug)]
pub enum ExtendedKey {
    /// 192 hex digits.
    Private(ExtendedPrivate),
    /// 128 hex digits.
    Public(ExtendedPublic),
}

impl ExtendedKey {
    /// Reads either, white space around it allowed.
    ///
    /// # Errors
    /// [`KeyError::Key`].
    pub fn from_hex(text: &Secret) -> Result<Self, KeyError> {
        let public = text.expose().trim();
        match public.len() {
            192 => ExtendedPrivate::from_hex(text).map(Self::Private),
            128 => ExtendedPublic::from_hex(public).map(Self::Public),
            _ => Err(KeyError::Key("an extended key has 192 hex digits if private, 128 if public")),
        }
    }

    /// The public half.
    pub fn public(&self) -> ExtendedPublic {
        match self {
            Self::Private(key) => key.public(),
            Self::Public(key) => *key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        ExtendedKey::from_hex(&Secret::new(text.to_owned())).unwrap_err().to_string()
    }

    #[test]
    fn a_refusal_names_length_digit_scalar_or_point() {
        for (text, why) in [
            (String::new(), "192 hex digits if private"),
            ("0".repeat(191), "192 hex digits if private"),
            ("zz".repeat(96), "no hex digit"),
            ("zz".repeat(64), "no hex digit"),
            ("00".repeat(96), "no scalar"),
            ("ff".repeat(96), "no scalar"),
            ("02".repeat(64), "no public key"),
        ] {
            assert!(refusal(&text).contains(why), "{text}: {}", refusal(&text));
        }
        assert!(ExtendedKey::from_hex(&Secret::new("40".repeat(96))).is_ok());
    }

    #[test]
    fn the_debug_form_of_a_private_key_is_silent() {
        let key = ExtendedPrivate::new(&[0x40; 96]).unwrap();
        assert_eq!(format!("{key:?}"), "ExtendedPrivate(..)");
        assert_eq!(key.to_hex().expose(), "40".repeat(96));
    }
}
