//! Values as stores keep them: `crc32c ‖ payload`, little-endian, the payload JSON.
//!
//! Stores do not notice every flipped bit by themselves, so each value is checked on every read.
use crate::journal::{Checkpoint, Entry, FORMAT, JournalError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `payload` with its checksum before it.
pub(crate) fn seal(payload: &[u8]) -> Vec<u8> {
    let mut value = crc32fast::hash(payload).to_le_bytes().to_vec();
    value.extend_from_slice(payload);
    value
}

/// The payload; `None` where its checksum does not match.
pub(crate) fn open(value: &[u8]) -> Option<&[u8]> {
    let (crc, payload) = value.split_first_chunk::<4>()?;
    (crc32fast::hash(payload) == u32::from_le_bytes(*crc)).then_some(payload)
}

/// An entry, sealed.
///
/// # Errors
/// [`JournalError::Io`]: it has no JSON form.
pub fn entry(entry: &Entry) -> Result<Vec<u8>, JournalError> {
    written(entry)
}

/// A checkpoint, sealed.
///
/// # Errors
/// [`JournalError::Io`]: it has no JSON form.
pub fn checkpoint(checkpoint: &Checkpoint) -> Result<Vec<u8>, JournalError> {
    written(checkpoint)
}

/// The entry at position `seq`.
///
/// # Errors
/// [`JournalError::Damaged`], [`JournalError::Newer`].
pub fn read_entry(seq: u64, value: &[u8]) -> Result<Entry, JournalError> {
    let place = || format!("entry {seq}");
    let entry: Entry = read(value, |entry: &Entry| entry.v, &place)?;
    if entry.seq == seq { Ok(entry) } else { Err(damaged(place(), "it stands at the wrong place")) }
}

/// A checkpoint.
///
/// # Errors
/// [`JournalError::Damaged`], [`JournalError::Newer`].
pub fn read_checkpoint(value: &[u8]) -> Result<Checkpoint, JournalError> {
    read(value, |checkpoint: &Checkpoint| checkpoint.v, &|| "the checkpoint".to_owned())
}

#[derive(Deserialize)]
struct Version {
    v: u16,
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(value).map(|json| seal(&json)).map_err(|error| JournalError::Io(error.into()))
}

fn read<T: DeserializeOwned>(
    value: &[u8],
    version: impl Fn(&T) -> u16,
    place: &dyn Fn() -> String,
) -> Result<T, JournalError> {
    let payload = open(value).ok_or_else(|| damaged(place(), "its checksum does not match"))?;
    // What cannot be read may be newer than this program, and what can be read may be as well.
    let (read, found) = match serde_json::from_slice::<T>(payload) {
        Ok(read) => {
            let found = version(&read);
            (Ok(read), Some(found))
        }
        Err(error) => (Err(error), serde_json::from_slice::<Version>(payload).ok().map(|version| version.v)),
    };
    match found {
        Some(found) if found > FORMAT => Err(JournalError::Newer { found, known: FORMAT }),
        _ => read.map_err(|error| damaged(place(), &error.to_string())),
    }
}

fn damaged(place: String, reason: &str) -> JournalError {
    JournalError::Damaged { place, reason: reason.to_owned() }
}
