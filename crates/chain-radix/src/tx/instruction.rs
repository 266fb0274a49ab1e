//! Steps of a manifest.
use super::decode::DecodeError;
use super::sbor::{self, Reader, put_size, put_sized};
use super::value::{Value, decode_address, decode_text, proof_name, put_address, quoted};
use crate::address::{Address, EntityType, NodeId};
use crate::network::Network;

/// Number of `CALL_METHOD` and of its fields.
const CALL_METHOD: [u8; 2] = [0x41, 3];

/// Number of `POP_FROM_AUTH_ZONE` and of its fields.
const POP_FROM_AUTH_ZONE: [u8; 2] = [0x10, 0];

/// One step, of those that our transactions have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Instruction {
    /// Calls a method of a component.
    CallMethod {
        /// The component; its entity is global.
        address: NodeId,
        /// The method.
        method: String,
        /// Its arguments.
        arguments: Vec<Value>,
    },
    /// Takes the last proof that is in force, so that it can be handed over.
    PopFromAuthZone,
}

impl Instruction {
    /// A call of `method` of `address`.
    pub fn call(address: impl Into<Address>, method: &str, arguments: Vec<Value>) -> Self {
        Self::CallMethod { address: address.into().node_id(), method: method.to_owned(), arguments }
    }

    /// Appends the element of the instruction array.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::CallMethod { address, method, arguments } => {
                out.extend(CALL_METHOD);
                put_address(out, *address);
                out.push(sbor::STRING);
                put_sized(out, method.as_bytes());
                out.push(sbor::TUPLE);
                put_size(out, arguments.len());
                for argument in arguments {
                    argument.encode(out);
                }
            }
            Self::PopFromAuthZone => out.extend(POP_FROM_AUTH_ZONE),
        }
    }

    /// Reads an element of the instruction array.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let error = reader.error("CALL_METHOD or POP_FROM_AUTH_ZONE");
        match reader.array("an instruction")? {
            CALL_METHOD => {
                reader.exact(&[sbor::ADDRESS], "the address of a component")?;
                let error = reader.error("the address of a global entity");
                let address = decode_address(reader)?;
                if !address.entity().is_some_and(EntityType::is_global) {
                    return Err(error);
                }
                reader.exact(&[sbor::STRING], "the name of a method")?;
                let method = decode_text(reader)?;
                reader.exact(&[sbor::TUPLE], "arguments")?;
                let count = reader.count("a number of arguments")?;
                let arguments = (0..count).map(|_| Value::decode(reader)).collect::<Result<_, _>>()?;
                Ok(Self::CallMethod { address, method, arguments })
            }
            POP_FROM_AUTH_ZONE => Ok(Self::PopFromAuthZone),
            _ => Err(error),
        }
    }

    /// The text of a manifest, for people. `popped` counts the proofs taken so far.
    pub(super) fn text(&self, network: Network, popped: &mut u32) -> String {
        const INDENT: &str = "    ";
        let mut lines = Vec::new();
        match self {
            Self::CallMethod { address, method, arguments } => {
                lines.push("CALL_METHOD".to_owned());
                lines.push(format!("{INDENT}{}", Value::Address(*address).text(network, INDENT)));
                lines.push(format!("{INDENT}{}", quoted(method)));
                lines.extend(arguments.iter().map(|a| format!("{INDENT}{}", a.text(network, INDENT))));
            }
            Self::PopFromAuthZone => {
                lines.push("POP_FROM_AUTH_ZONE".to_owned());
                lines.push(format!("{INDENT}Proof(\"{}\")", proof_name(*popped)));
                *popped = popped.saturating_add(1);
            }
        }
        lines.push(";\n".to_owned());
        lines.join("\n")
    }
}
