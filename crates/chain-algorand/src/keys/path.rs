//! Paths of ARC-52: `m/44'/283'/account'/change/index`.
use watchdog_core::keys::path::{Component, DerivationPath, PathError};
use watchdog_core::keys::{Branch, KeyError, Role, Scheme};

/// Registered coin type of Algorand. Source: SLIP-0044.
const ALGORAND: u32 = 283;

/// Coin type of the keys that are identities and no accounts. Source: ARC-52, `KeyContext`.
const IDENTITY: u32 = 0;

/// Levels down to an account's branch of the tree.
pub(super) const ACCOUNT_DEPTH: usize = 3;

/// Levels down to a key.
const KEY_DEPTH: usize = 5;

/// The standard path of a branch: account, change and index are 0 where absent.
///
/// # Errors
/// [`KeyError::Index`], or [`KeyError::Level`] for personas, which the chain does not know.
pub(super) fn standard(branch: &Branch, scheme: Scheme) -> Result<DerivationPath, KeyError> {
    no_persona(branch, scheme)?;
    let hardened = |index| Component::hardened(index).ok_or(KeyError::Index(index));
    let account = [hardened(44)?, hardened(ALGORAND)?, hardened(branch.account.unwrap_or(0))?];
    Ok(account.into_iter().chain(below_account(branch, scheme)?.components().iter().copied()).collect())
}

/// The path of a branch from its account's key on: `m/change/index`.
///
/// # Errors
/// As [`standard`].
pub(super) fn below_account(branch: &Branch, scheme: Scheme) -> Result<DerivationPath, KeyError> {
    no_persona(branch, scheme)?;
    let normal = |index| Component::normal(index).ok_or(KeyError::Index(index));
    Ok([normal(branch.change.unwrap_or(0))?, normal(branch.index)?].into_iter().collect())
}

fn no_persona(branch: &Branch, scheme: Scheme) -> Result<(), KeyError> {
    match branch.role {
        Some(Role::Persona) => Err(KeyError::Level { scheme: scheme.0, level: "persona" }),
        Some(Role::Account) | None => Ok(()),
    }
}

/// Reads any path.
///
/// # Errors
/// [`KeyError::Path`].
pub(super) fn parsed(text: &str, scheme: Scheme) -> Result<DerivationPath, KeyError> {
    text.parse().map_err(|e: PathError| refused(text, scheme, e.to_string()))
}

/// Reads a path of ARC-52 from the root: a key's, or one that leads to it.
///
/// # Errors
/// [`KeyError::Path`]: another purpose or coin type, more levels, or a level hardened that must not
/// be, or the other way round.
pub(super) fn full(text: &str, scheme: Scheme) -> Result<DerivationPath, KeyError> {
    let path = parsed(text, scheme)?;
    let refused = |reason: String| Err(refused(text, scheme, reason));
    if path.components().len() > KEY_DEPTH {
        return refused(format!("it has {} components, a key has {KEY_DEPTH}", path.components().len()));
    }
    for (k, step) in path.components().iter().enumerate() {
        let place = k + 1;
        match (k, step.is_hardened(), step.index()) {
            (0, true, 44) | (1, true, ALGORAND | IDENTITY) | (2, true, _) | (3 | 4, false, _) => {}
            (0, ..) => return refused("component 1 must be 44'".to_owned()),
            (1, ..) => return refused("component 2 must be 283', or 0' for identities".to_owned()),
            (2, ..) => return refused("component 3, the account, must be hardened: mark it with `'`".to_owned()),
            _ => return refused(format!("component {place} must not be hardened: leave out its mark")),
        }
    }
    Ok(path)
}

fn refused(path: &str, scheme: Scheme, reason: String) -> KeyError {
    KeyError::Path { path: path.to_owned(), scheme: scheme.0, reason }
}

/// Whether the path is that of an account's key, and not of an identity or of a level above.
pub(super) fn is_account_key(path: &DerivationPath) -> bool {
    path.components().len() == KEY_DEPTH && path.components().get(1).is_some_and(|coin| coin.index() == ALGORAND)
}

/// The first three levels, where the path has them.
pub(super) fn account(path: &DerivationPath) -> Option<DerivationPath> {
    path.components().get(..ACCOUNT_DEPTH).map(|steps| steps.iter().copied().collect())
}

/// The levels below the account.
pub(super) fn below(path: &DerivationPath) -> DerivationPath {
    path.components().iter().skip(ACCOUNT_DEPTH).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::ARC52_PEIKERT;

    #[test]
    fn account_change_and_index_have_their_levels() {
        let branch = Branch { account: Some(3), change: Some(1), index: 7, role: Some(Role::Account) };
        assert_eq!(standard(&branch, ARC52_PEIKERT).unwrap().to_string(), "m/44'/283'/3'/1/7");
        assert_eq!(below_account(&branch, ARC52_PEIKERT).unwrap().to_string(), "m/1/7");
        let plain = standard(&Branch::default(), ARC52_PEIKERT).unwrap();
        assert_eq!(plain.to_string(), "m/44'/283'/0'/0/0");
        assert!(is_account_key(&plain));
        assert_eq!(account(&plain).unwrap().to_string(), "m/44'/283'/0'");
        assert_eq!(below(&plain).to_string(), "m/0/0");
    }

    #[test]
    fn what_has_no_level_or_is_too_large_is_refused() {
        let refusal = |branch| standard(&branch, ARC52_PEIKERT).unwrap_err();
        let persona = refusal(Branch { role: Some(Role::Persona), ..Branch::default() });
        assert_eq!(persona, KeyError::Level { scheme: "arc52-peikert", level: "persona" });
        let large = 1 << 31;
        assert_eq!(refusal(Branch { account: Some(large), ..Branch::default() }), KeyError::Index(large));
        assert_eq!(refusal(Branch { change: Some(large), ..Branch::default() }), KeyError::Index(large));
        assert_eq!(refusal(Branch { index: large, ..Branch::default() }), KeyError::Index(large));
    }

    #[test]
    fn other_trees_and_wrong_marks_are_refused_at_their_place() {
        for good in ["m", "m/44H", "m/44'/0'/1'/0/5", "m/44'/283'/0'", "m/44'/283'/0'/1/2147483647"] {
            assert!(full(good, ARC52_PEIKERT).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("44'/283'/0'/0/0", "start with `m/`"),
            ("m/45'", "component 1 must be 44'"),
            ("m/44", "component 1 must be 44'"),
            ("m/44'/1815'", "component 2 must be 283'"),
            ("m/44'/283", "component 2 must be 283'"),
            ("m/44'/283'/0", "component 3, the account"),
            ("m/44'/283'/0'/0'", "component 4 must not"),
            ("m/44'/283'/0'/0/0'", "component 5 must not"),
            ("m/44'/283'/0'/0/0/0", "6 components"),
        ] {
            let refusal = full(bad, ARC52_PEIKERT).unwrap_err();
            assert!(refusal.is_request() && refusal.to_string().contains(why), "{refusal}");
        }
    }
}
