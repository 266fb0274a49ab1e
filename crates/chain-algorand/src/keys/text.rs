//! Private keys as text and as files.
use super::{ExtendedPrivate, Seed};
use data_encoding::BASE64;
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// What a key file holds.
#[derive(Clone, Debug)]
pub enum KeyText {
    /// The seed of one account.
    Seed(Seed),
    /// A key of a tree of ARC-52.
    Extended(ExtendedPrivate),
}

impl KeyText {
    /// Reads 32 raw bytes; or as text 64 hex digits (a seed), 192 hex digits (an extended private
    /// key) or the base64 of SDKs (a seed and its public key).
    ///
    /// # Errors
    /// [`KeyError::Key`], or [`KeyError::Mismatch`] where seed and public key do not belong
    /// together.
    pub fn read(content: &[u8]) -> Result<Self, KeyError> {
        if let Ok(seed) = <&[u8; 32]>::try_from(content) {
            // Random bytes are never all printable; 32 characters are half a hex seed, or a password.
            let is_text = seed.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
            return if is_text { Err(FORMS) } else { Ok(Self::Seed(Seed::new(seed))) };
        }
        let text = content.trim_ascii();
        match text.len() {
            64 => {
                let mut seed = Zeroizing::new([0; 32]);
                unhex(text, seed.as_mut_slice())?;
                Ok(Self::Seed(Seed::new(&seed)))
            }
            88 => Seed::with_public_key(&*unbase64(text)?).map(Self::Seed),
            128 => Err(KeyError::Key("it is an extended public key or the seed of a phrase: a key file holds neither")),
            192 => {
                let mut key = Zeroizing::new([0; ExtendedPrivate::LEN]);
                unhex(text, key.as_mut_slice())?;
                ExtendedPrivate::new(&key).map(Self::Extended)
            }
            _ if text.iter().any(u8::is_ascii_whitespace) => {
                Err(KeyError::Key("it holds several words: give a mnemonic as a phrase"))
            }
            _ => Err(FORMS),
        }
    }
}

const FORMS: KeyError = KeyError::Key(
    "it must be 32 raw bytes, 64 hex digits, the base64 of 64 bytes, or 192 hex digits for an extended private key",
);

fn unhex(text: &[u8], bytes: &mut [u8]) -> Result<(), KeyError> {
    hex::decode_to_slice(text, bytes).map_err(|_| KeyError::Key("it has a character that is no hex digit"))
}

/// The 64 bytes of 88 characters.
fn unbase64(text: &[u8]) -> Result<Zeroizing<[u8; 64]>, KeyError> {
    // The decoder asks for room for the two bytes that the padding stands for.
    let mut room = Zeroizing::new([0; 66]);
    let length = BASE64.decode_mut(text, room.as_mut_slice()).map_err(|_| KeyError::Key("it is no base64"))?;
    let [bytes @ .., _, _] = &*room;
    if length == bytes.len() { Ok(Zeroizing::new(*bytes)) } else { Err(FORMS) }
}

/// The joined `parts` in hex, in a text that never grows.
pub(super) fn hidden_hex(parts: &[&[u8]]) -> Secret {
    let mut text = String::with_capacity(parts.iter().map(|part| 2 * part.len()).sum());
    for byte in parts.iter().copied().flatten() {
        text.extend([byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(digit.into(), 16)));
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(content: &[u8]) -> [u8; 32] {
        match KeyText::read(content).unwrap() {
            KeyText::Seed(seed) => *seed.as_bytes(),
            KeyText::Extended(_) => panic!("it is an extended key"),
        }
    }

    #[test]
    fn a_seed_is_the_same_raw_in_hex_and_in_the_form_of_the_sdks() {
        let raw = [0xc5; 32];
        let sdk = Seed::new(&raw).to_sdk_text();
        assert_eq!(sdk.expose().len(), 88);
        for content in [&raw[..], b"c5".repeat(32).as_slice(), sdk.expose().as_bytes()] {
            assert_eq!(seed(content), raw);
        }
        assert_eq!(seed(format!("{}\r\n", "C5".repeat(32)).as_bytes()), raw);
    }

    #[test]
    fn whatever_is_no_key_is_refused_with_its_reason() {
        let mut other = Seed::new(&[7; 32]).to_sdk_text().expose().to_owned();
        other.replace_range(..2, "AA");
        assert_eq!(KeyText::read(other.as_bytes()).unwrap_err(), KeyError::Mismatch);
        for (content, why) in [
            (b"".as_slice(), "32 raw bytes"),
            (b"0123456789abcdef0123456789abcdef", "32 raw bytes"),
            (&[0xc5; 33], "32 raw bytes"),
            (&b"x".repeat(64), "no hex digit"),
            (&b"!".repeat(88), "no base64"),
            (&b"A".repeat(88), "32 raw bytes"),
            (&b"ab".repeat(64), "extended public key"),
            (b"abandon abandon", "as a phrase"),
        ] {
            let refusal = KeyText::read(content).unwrap_err().to_string();
            assert!(refusal.contains(why), "{refusal}");
        }
    }
}
