//! Many observations in few bytes.
use super::Recorded;
use super::compact::{Damaged, Reader, encode};
use crate::clock::{BootId, Timestamp};
use crate::id::{Origin, ValidatorName};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Packs observations as they come: each is told as the difference to the one before of its source.
#[derive(Debug, Default)]
pub(super) struct Packer {
    packed: Packed,
    head: Value,
    by_source: BTreeMap<(ValidatorName, String), Value>,
}

/// Observations, packed.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// What [`unpack`] reads.
    pub(super) bytes: Vec<u8>,
    /// How many they are.
    pub(super) count: usize,
    /// The newest moment among them.
    pub(super) newest: Option<Timestamp>,
}

impl Packer {
    pub(super) fn push(&mut self, observation: &Recorded) {
        let Recorded { validator, source, origin, at, up_ms, boot, seen } = observation;
        let Packed { bytes, count, newest } = &mut self.packed;
        let head = json!({ "v": validator, "s": source, "o": origin, "a": at, "u": up_ms, "b": boot });
        encode(&head, &self.head, bytes);
        self.head = head;
        let seen = serde_json::to_value(seen).unwrap_or_default();
        let before = self.by_source.entry((validator.clone(), source.clone())).or_insert(Value::Null);
        encode(&seen, before, bytes);
        if !seen.is_null() {
            *before = seen;
        }
        *count = count.saturating_add(1);
        *newest = (*newest).max(Some(*at));
    }

    pub(super) const fn packed(&self) -> &Packed {
        &self.packed
    }

    pub(super) fn finish(self) -> Packed {
        self.packed
    }
}

/// Many observations in few bytes: each is told as the difference to the one before of its source.
pub fn pack(observations: &[Recorded]) -> Vec<u8> {
    packed(observations).bytes
}

pub(super) fn packed(observations: &[Recorded]) -> Packed {
    let mut packer = Packer::default();
    for observation in observations {
        packer.push(observation);
    }
    packer.finish()
}

/// What [`pack`] was given.
///
/// # Errors
/// [`Damaged`] where the bytes are not those that it gave.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Recorded>, Damaged> {
    #[derive(Deserialize)]
    struct Head {
        v: ValidatorName,
        s: String,
        o: Origin,
        a: Timestamp,
        u: u64,
        b: BootId,
    }

    let mut reader = Reader::new(bytes);
    let (mut newest, mut by_source) = (Value::Null, BTreeMap::new());
    let mut observations = Vec::new();
    while !reader.is_at_end() {
        let wrong = |_| Damaged { at: observations.len() };
        newest = reader.value(&newest)?;
        let Head { v, s, o, a, u, b } = Head::deserialize(&newest).map_err(wrong)?;
        let before = by_source.entry((v.clone(), s.clone())).or_insert(Value::Null);
        let told = reader.value(before)?;
        let seen = Option::<super::Seen>::deserialize(&told).map_err(wrong)?;
        if !told.is_null() {
            *before = told;
        }
        observations.push(Recorded { validator: v, source: s, origin: o, at: a, up_ms: u, boot: b, seen });
    }
    Ok(observations)
}
