//! Key work that only this chain knows.
mod contract;
mod integrated;
mod operator;
mod prove;
mod seed;
mod verify;

use watchdog_core::keys::tool::{Argument, ArgumentKind, Count, Tool};
use watchdog_core::keys::{KeyError, tool::Inputs};

/// All tools, in the order that help shows.
pub(crate) static ALL: &[Tool] = &[prove::TOOL, verify::TOOL, operator::TOOL, seed::TOOL, integrated::TOOL];

const fn text(name: &'static str, about: &'static str, count: Count) -> Argument {
    Argument { name, about, kind: ArgumentKind::Text, count }
}

const fn secret(name: &'static str, about: &'static str, count: Count) -> Argument {
    Argument { name, about, kind: ArgumentKind::SecretFile, count }
}

fn refused(argument: &'static str, reason: impl Into<String>) -> KeyError {
    KeyError::Argument { argument, reason: reason.into() }
}

/// Public bytes in hex, `0x` before them if wanted.
fn bytes<const N: usize>(inputs: &Inputs, argument: &'static str) -> Result<[u8; N], KeyError> {
    let text = inputs.text(argument)?;
    let text = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| refused(argument, format!("it must be {} hex digits", 2 * N)))?;
    Ok(bytes)
}
