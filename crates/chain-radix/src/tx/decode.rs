//! Bytes to transactions, strictly: what comes back encodes to the very bytes that were given.
use super::header::Header;
use super::manifest::Manifest;
use super::payload::{INTENT, Intent, IntentSignature, NO_BLOBS, NO_MESSAGE, NOTARIZED, Transaction};
use super::sbor::{self, Reader};
use crate::keys::Signature;

/// Longest payload that the network takes: 1 MiB.
pub const LONGEST: usize = 1 << 20;

/// Bytes are not a transaction of the forms that this crate knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("byte {at} of the payload should start {expected}")]
pub struct DecodeError {
    /// Bytes that made sense.
    pub at: usize,
    /// What should follow.
    pub expected: &'static str,
}

impl Intent {
    /// Reads what [`Intent::payload`] writes.
    ///
    /// # Errors
    /// Where the bytes stop making sense.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = start(payload, &INTENT, "an unsigned transaction intent")?;
        let intent = fields(&mut reader)?;
        reader.end().map(|()| intent)
    }
}

impl Transaction {
    /// Reads a notarized transaction of the first version. Says nothing about its validity: see
    /// [`Transaction::validate`].
    ///
    /// # Errors
    /// Where the bytes stop making sense.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = start(payload, &NOTARIZED, "a notarized transaction of version 1")?;
        let intent = fields(&mut reader)?;
        reader.exact(&[sbor::ARRAY, sbor::ENUM], "intent signatures")?;
        let count = reader.count("a number of intent signatures")?;
        let intent_signatures = (0..count).map(|_| intent_signature(&mut reader)).collect::<Result<_, _>>()?;
        reader.exact(&[sbor::ENUM], "the notary's signature")?;
        let error = reader.error("a signature of a known curve");
        let notary_signature = match reader.array("the notary's signature")? {
            [0, 1, sbor::TUPLE, 1] => Signature::Secp256k1(reader.bytes("65 bytes of a signature")?),
            [1, 1, sbor::TUPLE, 1] => Signature::Ed25519(reader.bytes("64 bytes of a signature")?),
            _ => return Err(error),
        };
        reader.end().map(|()| Self { intent, intent_signatures, notary_signature })
    }
}

fn start<'a>(payload: &'a [u8], start: &[u8], expected: &'static str) -> Result<Reader<'a>, DecodeError> {
    if payload.len() > LONGEST {
        return Err(DecodeError { at: LONGEST, expected: "nothing: payloads end at 1 MiB" });
    }
    let mut reader = Reader::new(payload);
    reader.exact(start, expected)?;
    Ok(reader)
}

fn fields(reader: &mut Reader<'_>) -> Result<Intent, DecodeError> {
    let header = Header::decode(reader)?;
    let manifest = Manifest::decode_array(reader)?;
    reader.exact(&NO_BLOBS, "no blobs")?;
    reader.exact(&NO_MESSAGE, "no message")?;
    Ok(Intent { header, manifest })
}

fn intent_signature(reader: &mut Reader<'_>) -> Result<IntentSignature, DecodeError> {
    let error = reader.error("an intent signature");
    match reader.array("an intent signature")? {
        [0, 1] => {
            reader.exact(&[sbor::TUPLE, 1], "a signature")?;
            Ok(IntentSignature::Secp256k1 { signature: reader.bytes("65 bytes of a signature")? })
        }
        [1, 2] => {
            let public_key = reader.bytes("32 bytes of a key")?;
            reader.exact(&[sbor::TUPLE, 1], "a signature")?;
            Ok(IntentSignature::Ed25519 { public_key, signature: reader.bytes("64 bytes of a signature")? })
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::instruction::Instruction;
    use super::super::value::Value;
    use super::*;
    use crate::address::{EntityType, NodeId};

    fn calling(entity: EntityType) -> Manifest {
        let mut bytes = [7; NodeId::LEN];
        bytes[0] = entity.byte();
        let address = NodeId::new(bytes);
        let arguments = vec![Value::Bool(true), Value::Text("\u{e9}".to_owned())];
        Manifest { instructions: vec![Instruction::CallMethod { address, method: "m".to_owned(), arguments }] }
    }

    #[test]
    fn only_what_stands_for_itself_can_be_called() {
        for entity in EntityType::all() {
            let manifest = calling(entity);
            assert_eq!(Manifest::decode(&manifest.payload()).is_ok(), entity.is_global(), "{entity}");
        }
    }

    #[test]
    fn a_refusal_names_the_byte_and_what_belongs_there() {
        let payload = calling(EntityType::Validator).payload();
        for (replaced, by, expected) in [
            ("0101", "0102", "0 or 1"),
            ("0c02c3a9", "0c02c328", "a text in UTF-8"),
            ("4103", "4203", "CALL_METHOD or POP_FROM_AUTH_ZONE"),
            ("800083", "800183", "a static address"),
            ("800083", "800000", "the address of a known entity"),
            ("0c016d", "0cff016d", "a text"),
            ("2320200022", "2320200122", "no blobs and no names"),
        ] {
            let damaged = hex::encode(&payload).replacen(replaced, by, 1);
            let error = Manifest::decode(&hex::decode(damaged).unwrap()).unwrap_err();
            assert_eq!(error.expected, expected);
            assert!(error.at < payload.len());
        }
        let long = vec![0; LONGEST + 1];
        assert_eq!(Transaction::decode(&long).unwrap_err().expected, "nothing: payloads end at 1 MiB");
    }
}
