//! Paths of EIP-2334: `m/12381/3600/0/0/0`. Indices reach 2^32 - 1 and nothing is hardened.
use std::fmt;
use std::str::FromStr;

/// First component. Source: EIP-2334, "Purpose".
const PURPOSE: u32 = 12381;

/// Second component, Ether. Source: EIP-2334, "Coin Type".
const COIN: u32 = 3600;

/// Most components that are followed: each costs about a thousand hashes.
const DEEPEST: usize = 255;

/// A path of at least four components below `m/12381/3600`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TreePath(Vec<u32>);

/// What EIP-2334 says that a key at a path is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUse {
    /// `m/12381/3600/i/0`: where the stake goes.
    Withdrawal,
    /// `m/12381/3600/i/0/0`: duties of the validator.
    Signing,
}

impl KeyUse {
    /// Name, lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Withdrawal => "withdrawal",
            Self::Signing => "signing",
        }
    }
}

impl TreePath {
    /// Path of the key that validator `index` signs with.
    pub fn signing(index: u32) -> Self {
        Self(vec![PURPOSE, COIN, index, 0, 0])
    }

    /// Path of the key that the stake of validator `index` goes to.
    pub fn withdrawal(index: u32) -> Self {
        Self(vec![PURPOSE, COIN, index, 0])
    }

    /// Components in order.
    pub fn components(&self) -> &[u32] {
        &self.0
    }

    /// What the key is for; `None` where EIP-2334 does not say.
    pub fn key_use(&self) -> Option<KeyUse> {
        match self.0.as_slice() {
            [_, _, _, 0] => Some(KeyUse::Withdrawal),
            [_, _, _, 0, 0] => Some(KeyUse::Signing),
            _ => None,
        }
    }

    /// This path, if it is that of a key that a validator signs with.
    ///
    /// # Errors
    /// [`TreePathError::NotSigning`].
    pub fn for_signing(self) -> Result<Self, TreePathError> {
        if self.key_use() == Some(KeyUse::Signing) { Ok(self) } else { Err(TreePathError::NotSigning) }
    }

    /// Components that all paths start with.
    pub(super) const fn trunk() -> [u32; 2] {
        [PURPOSE, COIN]
    }

    /// The last component, and those between it and the trunk.
    pub(super) fn below_trunk(&self) -> (u32, &[u32]) {
        match self.0.as_slice() {
            [_, _, rest @ .., last] => (*last, rest),
            _ => (0, &[]),
        }
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.0.iter().try_for_each(|component| write!(f, "/{component}"))
    }
}

impl FromStr for TreePath {
    type Err = TreePathError;

    fn from_str(text: &str) -> Result<Self, TreePathError> {
        if text.is_empty() {
            return Err(TreePathError::Empty);
        }
        let mut components = text.split('/');
        if components.next() != Some("m") {
            return Err(TreePathError::Root);
        }
        let components = components.enumerate().map(|(k, text)| component(k + 1, text));
        let components = components.take(DEEPEST + 1).collect::<Result<Vec<_>, _>>()?;
        match components.as_slice() {
            [first, ..] if *first != PURPOSE => Err(TreePathError::Purpose(*first)),
            [_, second, ..] if *second != COIN => Err(TreePathError::Coin(*second)),
            few if few.len() < 4 => Err(TreePathError::Shallow(few.len())),
            many if many.len() > DEEPEST => Err(TreePathError::Deep),
            _ => Ok(Self(components)),
        }
    }
}

fn component(place: usize, text: &str) -> Result<u32, TreePathError> {
    if text.is_empty() {
        return Err(TreePathError::EmptyComponent(place));
    }
    if text.ends_with(['\'', 'h', 'H']) {
        return Err(TreePathError::Hardened(place));
    }
    let is_canonical = text.bytes().all(|c| c.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if !is_canonical {
        return Err(TreePathError::Number(place));
    }
    text.parse().map_err(|_| TreePathError::Range(place))
}

/// A text is not a path of EIP-2334. Components count from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TreePathError {
    /// Nothing is there.
    #[error("it is empty")]
    Empty,
    /// Does not start with `m`.
    #[error("it must start with `m/`")]
    Root,
    /// Two slashes, or one at the end.
    #[error("component {0} is empty")]
    EmptyComponent(usize),
    /// The tree of EIP-2333 knows no hardened steps.
    #[error("component {0} is marked as hardened, which paths of EIP-2334 never are")]
    Hardened(usize),
    /// Not a plain number.
    #[error("component {0} is not a plain number")]
    Number(usize),
    /// 2^32 or more.
    #[error("component {0} is 4294967296 or more")]
    Range(usize),
    /// The first component is another.
    #[error("it must start with m/12381, not m/{0}")]
    Purpose(u32),
    /// The second component is another.
    #[error("it must start with m/12381/3600, not m/12381/{0}")]
    Coin(u32),
    /// Fewer components than EIP-2334 asks for.
    #[error("it has {0} components, at least 4 are needed: m/12381/3600/index/0")]
    Shallow(usize),
    /// More components than are followed.
    #[error("it has more than 255 components")]
    Deep,
    /// Not the path of a key that validators sign with.
    #[error("a validator signs with the key at m/12381/3600/index/0/0")]
    NotSigning,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named_at_its_place() {
        for (text, error) in [
            ("", TreePathError::Empty),
            ("M/12381/3600/0/0", TreePathError::Root),
            ("m/12381/3600//0", TreePathError::EmptyComponent(3)),
            ("m/12381/3600/0/0/", TreePathError::EmptyComponent(5)),
            ("m/12381/3600/0h/0", TreePathError::Hardened(3)),
            ("m/12381/3600/+1/0", TreePathError::Number(3)),
            ("m/12381/3600/00/0", TreePathError::Number(3)),
            ("m/12381/3600/0/ 0", TreePathError::Number(4)),
            ("m/12381/3600/4294967296/0", TreePathError::Range(3)),
            ("m/44/3600/0/0", TreePathError::Purpose(44)),
            ("m/12381/60/0/0", TreePathError::Coin(60)),
            ("m", TreePathError::Shallow(0)),
            ("m/12381/3600/0", TreePathError::Shallow(3)),
        ] {
            assert_eq!(text.parse::<TreePath>(), Err(error), "{text}");
        }
        let deep = "m/12381/3600".to_owned() + &"/0".repeat(254);
        assert_eq!(deep.parse::<TreePath>(), Err(TreePathError::Deep));
    }

    #[test]
    fn the_use_of_a_key_follows_from_its_path() {
        for (text, key_use) in [
            ("m/12381/3600/7/0", Some(KeyUse::Withdrawal)),
            ("m/12381/3600/7/0/0", Some(KeyUse::Signing)),
            ("m/12381/3600/7/1", None),
            ("m/12381/3600/7/0/1", None),
            ("m/12381/3600/7/0/0/0", None),
        ] {
            let path: TreePath = text.parse().unwrap();
            assert_eq!((path.key_use(), path.to_string().as_str()), (key_use, text));
            assert_eq!(path.for_signing().is_ok(), key_use == Some(KeyUse::Signing));
        }
    }
}
