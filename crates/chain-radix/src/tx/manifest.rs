//! What a transaction does, step by step.
use super::decode::DecodeError;
use super::instruction::Instruction;
use super::sbor::{self, Reader, put_size};
use crate::network::Network;

/// Start of a manifest that stands alone: its version, then three fields.
const ALONE: [u8; 7] = [sbor::PREFIX, sbor::ENUM, 0, 1, sbor::TUPLE, 3, sbor::ARRAY];

/// End of a manifest that stands alone: no blobs, no names.
const NOTHING_ELSE: [u8; 7] = [sbor::MAP, sbor::ARRAY, sbor::ARRAY, 0, sbor::ENUM, 0, 0];

/// Instructions in order. Without blobs: ours need none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Manifest {
    /// The instructions.
    pub instructions: Vec<Instruction>,
}

impl Manifest {
    /// The text that people read and `/transaction/preview` takes.
    pub fn text(&self, network: Network) -> String {
        let mut popped = 0;
        self.instructions.iter().map(|i| i.text(network, &mut popped)).collect()
    }

    /// The payload of a manifest that stands alone, not part of a transaction.
    pub fn payload(&self) -> Vec<u8> {
        let mut out = ALONE.to_vec();
        self.put_elements(&mut out);
        out.extend(NOTHING_ELSE);
        out
    }

    /// Reads what [`Manifest::payload`] writes.
    ///
    /// # Errors
    /// Where the bytes stop making sense.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        reader.exact(&ALONE, "the start of a manifest")?;
        let manifest = Self::decode_elements(&mut reader)?;
        reader.exact(&NOTHING_ELSE, "no blobs and no names")?;
        reader.end().map(|()| manifest)
    }

    /// The array of instructions with its kind, as a transaction carries and hashes it.
    pub(super) fn array(&self) -> Vec<u8> {
        let mut out = vec![sbor::ARRAY];
        self.put_elements(&mut out);
        out
    }

    pub(super) fn decode_array(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.exact(&[sbor::ARRAY], "the instructions")?;
        Self::decode_elements(reader)
    }

    fn put_elements(&self, out: &mut Vec<u8>) {
        out.push(sbor::ENUM);
        put_size(out, self.instructions.len());
        for instruction in &self.instructions {
            instruction.encode(out);
        }
    }

    fn decode_elements(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.exact(&[sbor::ENUM], "instructions")?;
        let count = reader.count("a number of instructions")?;
        let instructions = (0..count).map(|_| Instruction::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { instructions })
    }
}
