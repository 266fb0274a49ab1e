//! Arguments of method calls.
use super::decimal::Decimal;
use super::decode::DecodeError;
use super::sbor::{self, Reader, put_bytes, put_size, put_sized};
use crate::address::local_id::Name;
use crate::address::{Address, LocalId, NodeId};
use crate::network::Network;
use std::fmt::Write;

/// One argument, of the types that our calls have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A text.
    Text(String),
    /// An amount.
    Decimal(Decimal),
    /// Bytes, such as a key.
    Bytes(Vec<u8>),
    /// An address; its entity is known.
    Address(NodeId),
    /// Items of a resource.
    LocalIds(Vec<LocalId>),
    /// The proof made by the k-th `POP_FROM_AUTH_ZONE`, from 0.
    Proof(u32),
}

impl Value {
    /// Appends kind and content.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bool(value) => out.extend([sbor::BOOL, u8::from(*value)]),
            Self::Text(text) => {
                out.push(sbor::STRING);
                put_sized(out, text.as_bytes());
            }
            Self::Decimal(decimal) => {
                out.push(sbor::DECIMAL);
                out.extend(decimal.to_bytes());
            }
            Self::Bytes(bytes) => put_bytes(out, bytes),
            Self::Address(node_id) => put_address(out, *node_id),
            Self::LocalIds(ids) => {
                out.extend([sbor::ARRAY, sbor::LOCAL_ID]);
                put_size(out, ids.len());
                for id in ids {
                    put_local_id(out, id);
                }
            }
            Self::Proof(index) => {
                out.push(sbor::PROOF);
                out.extend(index.to_le_bytes());
            }
        }
    }

    /// Reads kind and content.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let error = reader.error("an argument of a known type");
        match reader.byte("an argument")? {
            sbor::BOOL => decode_bool(reader).map(Self::Bool),
            sbor::STRING => decode_text(reader).map(Self::Text),
            sbor::DECIMAL => {
                let error = reader.error("a decimal within range");
                Decimal::from_bytes(&reader.array("a decimal")?).map(Self::Decimal).ok_or(error)
            }
            sbor::ADDRESS => decode_address(reader).map(Self::Address),
            sbor::PROOF => reader.array("the number of a proof").map(|b| Self::Proof(u32::from_le_bytes(b))),
            sbor::ARRAY => match reader.byte("the kind of an array")? {
                sbor::U8 => reader.sized("bytes").map(|bytes| Self::Bytes(bytes.to_vec())),
                sbor::LOCAL_ID => {
                    let count = reader.count("a number of local ids")?;
                    (0..count).map(|_| decode_local_id(reader)).collect::<Result<_, _>>().map(Self::LocalIds)
                }
                _ => Err(error),
            },
            _ => Err(error),
        }
    }

    /// The text of a manifest, for people; `indent` stands before every further line.
    pub(super) fn text(&self, network: Network, indent: &str) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Text(text) => quoted(text),
            Self::Decimal(decimal) => format!("Decimal(\"{decimal}\")"),
            Self::Bytes(bytes) => format!("Bytes(\"{}\")", hex::encode(bytes)),
            Self::Address(node_id) => format!("Address(\"{}\")", Address::known(network, *node_id)),
            Self::LocalIds(ids) if ids.is_empty() => "Array<NonFungibleLocalId>()".to_owned(),
            Self::LocalIds(ids) => {
                let mut text = "Array<NonFungibleLocalId>(".to_owned();
                for (k, id) in ids.iter().enumerate() {
                    let comma = if k == 0 { "" } else { "," };
                    // Writing to a text cannot fail.
                    let _infallible = write!(text, "{comma}\n{indent}    NonFungibleLocalId(\"{id}\")");
                }
                text + "\n" + indent + ")"
            }
            Self::Proof(index) => format!("Proof(\"{}\")", proof_name(*index)),
        }
    }
}

/// Names are not part of a transaction; the first proof is called `p`, the next `p2`.
pub(super) fn proof_name(index: u32) -> String {
    if index == 0 { "p".to_owned() } else { format!("p{}", u64::from(index) + 1) }
}

/// A text in quotes, with the escapes of JSON, which manifests share.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

pub(super) fn put_address(out: &mut Vec<u8>, node_id: NodeId) {
    out.extend([sbor::ADDRESS, 0]);
    out.extend(node_id.as_bytes());
}

/// What follows the kind of an address.
pub(super) fn decode_address(reader: &mut Reader<'_>) -> Result<NodeId, DecodeError> {
    reader.exact(&[0], "a static address")?;
    let error = reader.error("the address of a known entity");
    let node_id = NodeId::new(reader.array("30 bytes of an address")?);
    if node_id.entity().is_some() { Ok(node_id) } else { Err(error) }
}

/// What follows the kind of a text.
pub(super) fn decode_text(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let error = reader.error("a text in UTF-8");
    String::from_utf8(reader.sized("a text")?.to_vec()).map_err(|_| error)
}

/// What follows the kind of a bool.
pub(super) fn decode_bool(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    let error = reader.error("0 or 1");
    match reader.byte("0 or 1")? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(error),
    }
}

fn put_local_id(out: &mut Vec<u8>, id: &LocalId) {
    match id {
        LocalId::Name(name) => {
            out.push(0);
            put_sized(out, name.as_str().as_bytes());
        }
        LocalId::Integer(number) => {
            out.push(1);
            out.extend(number.to_be_bytes());
        }
        LocalId::Bytes(bytes) => {
            out.push(2);
            put_sized(out, bytes);
        }
        LocalId::Ruid(bytes) => {
            out.push(3);
            out.extend(bytes);
        }
    }
}

fn decode_local_id(reader: &mut Reader<'_>) -> Result<LocalId, DecodeError> {
    let error = reader.error("a local id");
    match reader.byte("a local id")? {
        0 => Name::new(decode_text(reader)?).map(LocalId::Name).ok_or(error),
        1 => reader.array("a number of eight bytes").map(|b| LocalId::Integer(u64::from_be_bytes(b))),
        2 => LocalId::bytes(reader.sized("bytes of a local id")?.to_vec()).ok_or(error),
        3 => reader.array("32 bytes of a local id").map(LocalId::Ruid),
        _ => Err(error),
    }
}
