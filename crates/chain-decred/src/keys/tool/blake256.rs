//! `blake256`: digests of a file.
use super::{argument, facts};
use crate::hash::{blake256, double_blake256, hash160};
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const FILE: &str = "file";

const ARGUMENTS: [Argument; 1] = [argument(FILE, "The file, every byte of it", ArgumentKind::File)];

pub(super) const TOOL: Tool = Tool {
    name: "blake256",
    about: "BLAKE-256 of a file, of that digest again, and RIPEMD-160 of it",
    arguments: &ARGUMENTS,
    run,
};

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let data = inputs.file(FILE)?;
    let facts = facts([
        ("bytes", data.len().into()),
        ("blake256", hex::encode(blake256(data)).into()),
        ("double_blake256", hex::encode(double_blake256(data)).into()),
        ("hash160", hex::encode(hash160(data)).into()),
    ]);
    Ok(Answer { facts, ..Answer::default() })
}
