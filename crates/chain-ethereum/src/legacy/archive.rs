//! Encrypted backups: keystores with their passwords, and slashing protection.
//!
//! nonce (24 bytes), tag (16), then encrypted: seconds since 1970 (u32, little-endian) and a tar.xz.
use super::error::LegacyError;
use super::root_key::BackupKey;
use super::secret_box;
use liblzma::bufread::XzDecoder;
use liblzma::stream::Stream;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, ErrorKind, Read};
use tar::{Entry, EntryType};
use zeroize::Zeroizing;

/// Most bytes that come out of an archive, headers included.
const UNPACKED_MAX: u64 = 256 << 20;

/// Most memory that the decompressor takes: the strongest preset needs 65 MiB.
const DECODER_MAX: u64 = 128 << 20;

/// The file of slashing protection (EIP-3076).
const PROTECTION: &str = "slashing-protection.json";

/// An opened archive. Its files hold secrets and are wiped on drop.
pub struct Archive {
    /// When it was made, seconds since 1970, by the clock of the machine that made it.
    pub timestamp: u32,
    /// Content by path: `slashing-protection.json`, `validators/0x…/keystore.json` and
    /// `validators/0x…/password.txt`, and no others.
    pub files: BTreeMap<String, Zeroizing<Vec<u8>>>,
}

impl Archive {
    /// Opens an archive in memory; nothing is written.
    ///
    /// # Errors
    /// [`LegacyError::Truncated`], [`LegacyError::Authentication`], then [`LegacyError::TooLarge`] or
    /// [`LegacyError::Malformed`] for what only the holder of the key can have made.
    pub fn open(key: &BackupKey, archive: &[u8]) -> Result<Self, LegacyError> {
        let (nonce, rest) = archive.split_first_chunk().ok_or(LegacyError::Truncated)?;
        let (tag, cipher_text) = rest.split_first_chunk().ok_or(LegacyError::Truncated)?;
        let content = secret_box::open(key.as_bytes(), nonce, tag, cipher_text).ok_or(LegacyError::Authentication)?;
        let (timestamp, packed) = content.split_first_chunk().ok_or(LegacyError::Truncated)?;
        Ok(Self { timestamp: u32::from_le_bytes(*timestamp), files: unpack(packed, UNPACKED_MAX)? })
    }

    /// Files that a whole backup has and this one does not.
    pub fn missing(&self) -> Vec<String> {
        let folders: BTreeSet<_> = self.files.keys().filter_map(|path| path.rsplit_once('/')).map(|(f, _)| f).collect();
        let of = |folder: &str| ["keystore.json", "password.txt"].map(|name| format!("{folder}/{name}"));
        let expected = folders.into_iter().flat_map(of).chain([PROTECTION.to_owned()]);
        expected.filter(|path| !self.files.contains_key(path)).collect()
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<_> = self.files.keys().collect();
        f.debug_struct("Archive").field("timestamp", &self.timestamp).field("files", &files).finish()
    }
}

/// Files of a tar.xz that comes to at most `limit` bytes.
fn unpack(packed: &[u8], limit: u64) -> Result<BTreeMap<String, Zeroizing<Vec<u8>>>, LegacyError> {
    let stream = Stream::new_stream_decoder(DECODER_MAX, 0).map_err(|_| LegacyError::Memory)?;
    let bounded = Bounded { inner: XzDecoder::new_stream(packed, stream), left: limit };
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(bounded).entries().map_err(|error| broken(&error))? {
        let mut entry = entry.map_err(|error| broken(&error))?;
        let path = path(&entry)?;
        match entry.header().entry_type() {
            EntryType::Directory if is_folder(&path) => {}
            EntryType::Regular if is_file(&path) => {
                let content = content(&mut entry, limit)?;
                if files.insert(path, content).is_some() {
                    return Err(LegacyError::Malformed("the archive holds a file twice"));
                }
            }
            _ => {
                return Err(LegacyError::Malformed(
                    "the archive holds something that the supervisor does not put there",
                ));
            }
        }
    }
    Ok(files)
}

fn path<R: Read>(entry: &Entry<'_, R>) -> Result<String, LegacyError> {
    let path = String::from_utf8(entry.path_bytes().into_owned());
    let path = path.map_err(|_| LegacyError::Malformed("the archive holds a file whose name is no text"))?;
    let path = path.strip_prefix("./").unwrap_or(&path);
    Ok(path.strip_suffix('/').unwrap_or(path).to_owned())
}

/// Whole content, in one buffer of the right size.
fn content<R: Read>(entry: &mut Entry<'_, R>, limit: u64) -> Result<Zeroizing<Vec<u8>>, LegacyError> {
    let size = usize::try_from(entry.size()).ok().filter(|_| entry.size() <= limit).ok_or(LegacyError::TooLarge)?;
    let mut content = Zeroizing::new(vec![0; size]);
    entry.read_exact(&mut content).map_err(|error| broken(&error))?;
    Ok(content)
}

fn broken(error: &io::Error) -> LegacyError {
    if error.kind() == ErrorKind::FileTooLarge {
        LegacyError::TooLarge
    } else {
        LegacyError::Malformed("the archive holds no readable tar.xz")
    }
}

/// `0x` and the 96 hex digits of a public key.
fn is_validator(name: &str) -> bool {
    let digits = name.strip_prefix("0x").unwrap_or_default();
    digits.len() == 96 && digits.bytes().all(|c| c.is_ascii_hexdigit())
}

fn is_folder(path: &str) -> bool {
    matches!(path, "" | "." | "validators") || path.strip_prefix("validators/").is_some_and(is_validator)
}

fn is_file(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return path == PROTECTION };
    matches!(name, "keystore.json" | "password.txt") && folder.strip_prefix("validators/").is_some_and(is_validator)
}

/// Fails once more than `left` bytes were read.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or(ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liblzma::write::XzEncoder;
    use std::io::Write;
    use tar::{Builder, Header};

    fn packed(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for (path, kind, content) in entries {
            let mut header = Header::new_ustar();
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            // Written as it is: the library itself would refuse names that lead outside.
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            tar.append(&header, *content).unwrap();
        }
        compressed(&tar.into_inner().unwrap())
    }

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = XzEncoder::new(Vec::new(), 0);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn only_the_files_that_the_supervisor_writes_come_out() {
        let (file, folder) = (EntryType::Regular, EntryType::Directory);
        let good =
            packed(&[("./", folder, b""), ("validators/", folder, b""), ("./slashing-protection.json", file, b"{}")]);
        let files = unpack(&good, UNPACKED_MAX).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["slashing-protection.json"]);
        for (path, kind) in [
            ("/slashing-protection.json", file),
            ("../slashing-protection.json", file),
            ("validators/../slashing-protection.json", file),
            ("validators/0xab/keystore.json", file),
            ("extra.txt", file),
            ("elsewhere/", folder),
            ("slashing-protection.json", EntryType::Symlink),
            ("slashing-protection.json", EntryType::Link),
        ] {
            assert!(
                matches!(unpack(&packed(&[(path, kind, b"")]), UNPACKED_MAX), Err(LegacyError::Malformed(_))),
                "{path}"
            );
        }
        let twice = packed(&[("slashing-protection.json", file, b"1"), ("./slashing-protection.json", file, b"2")]);
        assert_eq!(unpack(&twice, UNPACKED_MAX).unwrap_err(), LegacyError::Malformed("the archive holds a file twice"));
    }

    #[test]
    fn what_unpacks_to_more_than_the_limit_is_refused() {
        let bomb = packed(&[("slashing-protection.json", EntryType::Regular, &vec![0; 100_000])]);
        assert!(bomb.len() < 1000);
        assert_eq!(unpack(&bomb, 99_999).unwrap_err(), LegacyError::TooLarge);
        assert_eq!(unpack(&bomb, 100_000).unwrap_err(), LegacyError::TooLarge);
        assert!(unpack(&bomb, 200_000).is_ok());
    }

    #[test]
    fn a_size_in_a_header_alone_takes_no_memory() {
        let mut header = Header::new_ustar();
        header.set_path("slashing-protection.json").unwrap();
        header.set_size(1 << 40);
        header.set_cksum();
        assert_eq!(unpack(&compressed(header.as_bytes()), UNPACKED_MAX).unwrap_err(), LegacyError::TooLarge);
        header.set_size(1 << 20);
        header.set_cksum();
        assert!(matches!(unpack(&compressed(header.as_bytes()), UNPACKED_MAX), Err(LegacyError::Malformed(_))));
    }

    #[test]
    fn a_backup_with_gaps_says_what_is_missing() {
        let folder = "validators/0x".to_owned() + &"ab".repeat(48);
        let files = BTreeMap::from([(format!("{folder}/keystore.json"), Zeroizing::new(Vec::new()))]);
        let archive = Archive { timestamp: 0, files };
        assert_eq!(archive.missing(), [format!("{folder}/password.txt"), PROTECTION.to_owned()]);
    }
}
