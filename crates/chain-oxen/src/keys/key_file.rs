//! Key files of a service node, as they are on disk.
//!
//! A file is raw bytes, or text: hex, `0x` before it if wanted, at most one newline behind it.
//! Source: oxen-core `cryptonote_core.cpp`, `init_key`.
use super::{Ed25519Key, ServiceNodeKey};
use crate::bls;
use watchdog_core::keys::{KeyError, KeyFile};
use zeroize::Zeroizing;

/// Which key file it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyFileKind {
    /// `key_ed25519`: 64 bytes, the node's identity.
    Ed25519,
    /// `key_bls`: 32 bytes, what the rewards contract knows the node by.
    Bls,
    /// `key`: 32 bytes, the identity of nodes that are older than `key_ed25519`; not used from hard
    /// fork 21.
    Legacy,
}

impl KeyFileKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Ed25519, Self::Bls, Self::Legacy];

    /// Name of the file in oxend's data directory.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "key_ed25519",
            Self::Bls => "key_bls",
            Self::Legacy => "key",
        }
    }

    /// The kind of a file of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.file_name() == name)
    }

    /// The kind of a file: by its name, else by its length where only one kind has it.
    ///
    /// # Errors
    /// [`KeyError::Key`] where two kinds have that length, [`KeyError::Unrecognised`] where none has.
    pub fn of(file: &KeyFile) -> Result<Self, KeyError> {
        if let Some(kind) = Self::named(&file.name) {
            return Ok(kind);
        }
        if read::<32>(&file.bytes).is_some() {
            return Err(KeyError::Key(
                "32 bytes can be `key` or `key_bls`, and its file name says neither: give it under its own name (`key_ed25519`, `key_bls` or `key`)",
            ));
        }
        if read::<64>(&file.bytes).is_some() {
            return Ok(Self::Ed25519);
        }
        let known = "a service node's key file is called `key_ed25519`, `key_bls` or `key`";
        Err(KeyError::Unrecognised(known.to_owned()))
    }

    /// Reads the content of a file of this kind.
    ///
    /// # Errors
    /// [`KeyError::Key`] where it is damaged, [`KeyError::Mismatch`] where its two halves do not
    /// belong together.
    pub fn open(self, content: &[u8]) -> Result<ServiceNodeKey, KeyError> {
        match self {
            Self::Ed25519 => {
                let bytes = read(content).ok_or(KeyError::Key("`key_ed25519` must be 64 bytes, raw or as hex text"))?;
                Ed25519Key::of_keypair(&bytes).map(ServiceNodeKey::Ed25519)
            }
            Self::Bls => {
                let bytes = read(content).ok_or(KeyError::Key("`key_bls` must be 32 bytes, raw or as hex text"))?;
                let key = bls::SecretKey::from_be_bytes(&bytes);
                let key = key.ok_or(KeyError::Key("`key_bls` stands for zero, which is no key"))?;
                Ok(ServiceNodeKey::Bls { key, bytes })
            }
            Self::Legacy => {
                let bytes = read(content).ok_or(KeyError::Key("`key` must be 32 bytes, raw or as hex text"))?;
                ServiceNodeKey::legacy(&bytes)
            }
        }
    }
}

/// These many bytes, raw or as text.
fn read<const N: usize>(content: &[u8]) -> Option<Zeroizing<[u8; N]>> {
    let is_hex = |text: &[u8]| text.iter().all(u8::is_ascii_hexdigit);
    if let Ok(raw) = <&[u8; N]>::try_from(content) {
        // 64 hex digits are the text of 32 bytes; no key is ever made of such bytes by chance.
        return (!is_hex(content)).then(|| Zeroizing::new(*raw));
    }
    let text = content.strip_suffix(b"\n").unwrap_or(content);
    let text = text.strip_prefix(b"0x").unwrap_or(text);
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(text, bytes.as_mut_slice()).ok().map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, content: &[u8]) -> Result<KeyFileKind, KeyError> {
        KeyFileKind::of(&KeyFile { name: name.to_owned(), bytes: Zeroizing::new(content.to_vec()) })
    }

    #[test]
    fn the_name_decides_and_without_one_only_a_length_that_is_unique() {
        for known in KeyFileKind::ALL {
            assert_eq!(kind(known.file_name(), &[]), Ok(known));
        }
        assert_eq!(kind("", &[7; 64]), Ok(KeyFileKind::Ed25519));
        assert_eq!(kind("backup", "5a".repeat(64).as_bytes()), Ok(KeyFileKind::Ed25519));
        for content in [vec![7; 32], "5a".repeat(32).into_bytes(), format!("0x{}\n", "5a".repeat(32)).into_bytes()] {
            let error = kind("key.old", &content).unwrap_err();
            assert!(matches!(error, KeyError::Key(_)));
            for known in KeyFileKind::ALL {
                assert!(error.to_string().contains(&format!("`{}`", known.file_name())), "{error}");
            }
        }
        assert!(matches!(kind("", &[7; 33]), Err(KeyError::Unrecognised(_))));
    }

    #[test]
    fn a_file_is_raw_or_hex_with_a_little_around_it() {
        let text = "5a".repeat(32);
        for good in [text.clone(), format!("{text}\n"), format!("0x{text}"), format!("0x{text}\n")] {
            assert_eq!(read::<32>(good.as_bytes()).map(|b| *b), Some([0x5a; 32]), "{good:?}");
        }
        assert_eq!(read::<32>(&[0x81; 32]).map(|b| *b), Some([0x81; 32]));
        for bad in
            [format!("{text}\r\n"), format!("{text}\n\n"), format!(" {text}"), format!("0X{text}"), text[..63].into()]
        {
            assert!(read::<32>(bad.as_bytes()).is_none(), "{bad:?}");
        }
        assert!(read::<64>(text.as_bytes()).is_none());
    }
}
