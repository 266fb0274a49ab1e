//! `voting-address` and `fee-address`: what a pool makes for a user from extended public keys.
use super::{argument, checked, facts, refused};
use crate::keys::{ExtendedKey, pool_key};
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};
use watchdog_core::secret::Secret;

const ACCOUNT: &str = "extended-public-key";
const USER: &str = "user";

const ARGUMENTS: [Argument; 2] = [
    argument(ACCOUNT, "Extended public key of the account (dpub…)", ArgumentKind::Text),
    argument(USER, "Number of the user in the pool's database, from 1", ArgumentKind::Text),
];

pub(super) const VOTING: Tool = Tool {
    name: "voting-address",
    about: "The pool's key for a user's tickets, from the voting wallet's extended public key",
    arguments: &ARGUMENTS,
    run,
};

pub(super) const FEE: Tool = Tool {
    name: "fee-address",
    about: "Where a user's fees go, from the cold wallet's extended public key",
    arguments: &ARGUMENTS,
    run,
};

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let account = account(inputs)?;
    let user = user(inputs.text(USER)?)?;
    let key = pool_key(&account, user)?;
    let facts = facts([
        ("network", account.network().name().into()),
        ("user", user.into()),
        ("path", format!("m/0/{user}").into()),
        ("public_key", key.public_key.to_string().into()),
        ("address", key.address.to_string().into()),
        ("pubkey_address", key.pubkey_address.to_string().into()),
    ]);
    Ok(Answer { facts, ..Answer::default() })
}

fn account(inputs: &Inputs) -> Result<ExtendedKey, KeyError> {
    let key = ExtendedKey::parse(&Secret::new(inputs.text(ACCOUNT)?.to_owned()))?;
    if key.is_private() {
        let reason = "this key is private and was on a command line: give the public one, and move what it holds";
        return Err(refused(ACCOUNT, &reason));
    }
    checked(inputs, key.network()).map(|_| key)
}

fn user(text: &str) -> Result<u32, KeyError> {
    let user = text.parse::<u32>().ok().filter(|user| user.to_string() == text);
    user.ok_or_else(|| refused(USER, &"it is not a plain number"))
}
