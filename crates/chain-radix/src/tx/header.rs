//! When and by whom a transaction may be committed.
use super::decode::DecodeError;
use super::epoch::Epoch;
use super::sbor::{self, Reader, put_bytes};
use super::value::decode_bool;
use crate::keys::PublicKey;
use crate::network::Network;

/// Kind of the header and number of its fields.
const START: [u8; 2] = [sbor::TUPLE, 7];

/// Header of a transaction of the first version.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// The only network that takes it.
    pub network: Network,
    /// First epoch in which it can commit.
    pub start_epoch: Epoch,
    /// First epoch in which it can no longer commit.
    ///
    /// Half-open: valid in `[start_epoch, end_epoch)`. Once the ledger has reached it, an absent
    /// transaction is absent for good. At most 8640 epochs after the start.
    pub end_epoch: Epoch,
    /// Tells intents apart that are otherwise the same. A gateway previews none with 0.
    pub nonce: u32,
    /// Key that signs last.
    pub notary: PublicKey,
    /// Whether the notary's signature counts as one of the signers'.
    pub notary_is_signatory: bool,
    /// Paid on top of the fee, in percent.
    pub tip_percentage: u16,
}

impl Header {
    /// The header with its kind, as a transaction carries and hashes it.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = START.to_vec();
        out.extend([sbor::U8, self.network.id()]);
        for epoch in [self.start_epoch, self.end_epoch] {
            out.push(sbor::U64);
            out.extend(epoch.0.to_le_bytes());
        }
        out.push(sbor::U32);
        out.extend(self.nonce.to_le_bytes());
        out.extend([sbor::ENUM, curve_variant(&self.notary), 1]);
        put_bytes(&mut out, self.notary.as_bytes());
        out.extend([sbor::BOOL, u8::from(self.notary_is_signatory), sbor::U16]);
        out.extend(self.tip_percentage.to_le_bytes());
        out
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.exact(&START, "a header of seven fields")?;
        reader.exact(&[sbor::U8], "the number of a network")?;
        let network = Network::new(reader.byte("the number of a network")?);
        let start_epoch = decode_epoch(reader)?;
        let end_epoch = decode_epoch(reader)?;
        reader.exact(&[sbor::U32], "a nonce")?;
        let nonce = u32::from_le_bytes(reader.array("a nonce")?);
        let notary = decode_key(reader)?;
        reader.exact(&[sbor::BOOL], "whether the notary is a signatory")?;
        let notary_is_signatory = decode_bool(reader)?;
        reader.exact(&[sbor::U16], "a tip percentage")?;
        let tip_percentage = u16::from_le_bytes(reader.array("a tip percentage")?);
        Ok(Self { network, start_epoch, end_epoch, nonce, notary, notary_is_signatory, tip_percentage })
    }
}

/// Number of a key's or signature's curve.
pub(super) const fn curve_variant(key: &PublicKey) -> u8 {
    match key {
        PublicKey::Secp256k1(_) => 0,
        PublicKey::Ed25519(_) => 1,
    }
}

fn decode_epoch(reader: &mut Reader<'_>) -> Result<Epoch, DecodeError> {
    reader.exact(&[sbor::U64], "an epoch")?;
    reader.array("an epoch").map(|bytes| Epoch(u64::from_le_bytes(bytes)))
}

fn decode_key(reader: &mut Reader<'_>) -> Result<PublicKey, DecodeError> {
    reader.exact(&[sbor::ENUM], "the notary's key")?;
    let error = reader.error("a key of a known curve");
    match reader.array("the notary's key")? {
        [0, 1] => reader.bytes("33 bytes of a key").map(PublicKey::Secp256k1),
        [1, 1] => reader.bytes("32 bytes of a key").map(PublicKey::Ed25519),
        _ => Err(error),
    }
}
