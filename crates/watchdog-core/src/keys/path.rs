//! Derivation paths: `m/44'/1022'/1'/525'/1460'/0'`.
use std::fmt;
use std::str::FromStr;

/// Deepest path: BIP-32 counts depth in one byte.
const DEEPEST: usize = 255;

/// First index that is no longer one of a component: 2^31.
const HARDENED: u32 = 1 << 31;

/// One step of a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Component {
    index: u32,
    hardened: bool,
}

impl Component {
    /// A hardened step; `None` from 2^31 on.
    pub const fn hardened(index: u32) -> Option<Self> {
        if index < HARDENED { Some(Self { index, hardened: true }) } else { None }
    }

    /// A step that public keys can take too; `None` from 2^31 on.
    pub const fn normal(index: u32) -> Option<Self> {
        if index < HARDENED { Some(Self { index, hardened: false }) } else { None }
    }

    /// The number as written, below 2^31.
    pub const fn index(self) -> u32 {
        self.index
    }

    /// Whether it is marked with `'`.
    pub const fn is_hardened(self) -> bool {
        self.hardened
    }

    /// The number as it is hashed: 2^31 is added where hardened.
    pub const fn number(self) -> u32 {
        if self.hardened { self.index | HARDENED } else { self.index }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.index, if self.hardened { "'" } else { "" })
    }
}

/// A whole path from the root `m`. Hardened steps are marked with `'` or `H`; printed with `'`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DerivationPath(Vec<Component>);

impl DerivationPath {
    /// Steps in order.
    pub fn components(&self) -> &[Component] {
        &self.0
    }
}

impl FromIterator<Component> for DerivationPath {
    fn from_iter<I: IntoIterator<Item = Component>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for DerivationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.0.iter().try_for_each(|step| write!(f, "/{step}"))
    }
}

impl FromStr for DerivationPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut steps = text.split('/');
        if steps.next() != Some("m") {
            return Err(PathError::Root);
        }
        let steps = steps.enumerate().map(|(k, step)| component(k + 1, step)).collect::<Result<Vec<_>, _>>()?;
        if steps.len() > DEEPEST { Err(PathError::Depth(steps.len())) } else { Ok(Self(steps)) }
    }
}

fn component(place: usize, text: &str) -> Result<Component, PathError> {
    let (digits, hardened) = match text.strip_suffix(['\'', 'H']) {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let canonical = !digits.is_empty()
        && digits.bytes().all(|c| c.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'));
    if !canonical {
        return Err(PathError::Number(place));
    }
    let index = digits.parse::<u32>().ok().filter(|i| *i < HARDENED).ok_or(PathError::Range(place))?;
    Ok(Component { index, hardened })
}

/// A text is not a derivation path. Components count from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Does not start with `m`.
    #[error("it must start with `m/`")]
    Root,
    /// Not a plain number.
    #[error("component {0} is not a number with an optional `'` or `H`")]
    Number(usize),
    /// 2^31 or more.
    #[error("component {0} is 2147483648 or more")]
    Range(usize),
    /// More than 255 components.
    #[error("it has {0} components, at most 255 are possible")]
    Depth(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_marks_mean_hardened_and_one_is_printed() {
        let path: DerivationPath = "m/44H/1022'/0".parse().unwrap();
        assert_eq!(path.to_string(), "m/44'/1022'/0");
        assert_eq!(path.components()[0].number(), (1 << 31) + 44);
        assert_eq!(path.components()[2].number(), 0);
        assert_eq!("m".parse::<DerivationPath>().unwrap().components(), []);
    }

    #[test]
    fn anything_that_reads_two_ways_is_refused_at_its_place() {
        for (text, error) in [
            ("44'/0'", PathError::Root),
            ("", PathError::Root),
            ("M/0", PathError::Root),
            ("m/", PathError::Number(1)),
            ("m/0//1", PathError::Number(2)),
            ("m/00", PathError::Number(1)),
            ("m/+1", PathError::Number(1)),
            ("m/1''", PathError::Number(1)),
            ("m/1h", PathError::Number(1)),
            ("m/ 1", PathError::Number(1)),
            ("m/0/2147483648", PathError::Range(2)),
            ("m/99999999999999999999", PathError::Range(1)),
        ] {
            assert_eq!(text.parse::<DerivationPath>(), Err(error), "{text}");
        }
        let deep = "m".to_owned() + &"/0".repeat(256);
        assert_eq!(deep.parse::<DerivationPath>(), Err(PathError::Depth(256)));
    }
}
