//! What a node shows of itself in the lease store, in the one text that a lease has room for.
use crate::order::Target;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use watchdog_core::id::{NodeName, ValidatorName};

/// The holder of a node's lease: `VALIDATOR/NODE lease_ms=N [watchdog_ms=N]`. Whoever waits for the lapse
/// counts with these times, so that they need not be configured twice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// Whose node.
    pub target: Target,
    /// Time to live of its lease.
    pub lease: Duration,
    /// Time after which its watchdog device, confirmed active, resets its machine.
    pub device: Option<Duration>,
}

/// A text that no sidecar wrote.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the holder of a node's lease")]
pub struct NotAHolder;

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lease_ms={}", self.target, self.lease.as_millis())?;
        match self.device {
            Some(device) => write!(f, " watchdog_ms={}", device.as_millis()),
            None => Ok(()),
        }
    }
}

impl FromStr for Holder {
    type Err = NotAHolder;

    fn from_str(text: &str) -> Result<Self, NotAHolder> {
        let parse = || {
            let mut words = text.split(' ');
            let (validator, node) = words.next()?.split_once('/')?;
            let target = Target { validator: ValidatorName::new(validator)?, node: NodeName::new(node)? };
            let millis = |word: &str, key: &str| {
                Some(Duration::from_millis(word.strip_prefix(key)?.strip_prefix("_ms=")?.parse().ok()?))
            };
            let lease = millis(words.next()?, "lease")?;
            let device = match words.next() {
                Some(word) => Some(millis(word, "watchdog")?),
                None => None,
            };
            words.next().is_none().then_some(Self { target, lease, device })
        };
        parse().ok_or(NotAHolder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_reads_back_as_it_was_written() {
        let target = Target { validator: ValidatorName::new("main").unwrap(), node: NodeName::new("node_a").unwrap() };
        for device in [None, Some(Duration::from_secs(10))] {
            let holder = Holder { target: target.clone(), lease: Duration::from_secs(15), device };
            assert_eq!(holder.to_string().parse(), Ok(holder));
        }
        for text in ["", "host-1", "main/node_a", "main/node_a lease_ms=x", "main/node_a lease_ms=1 watchdog_ms=2 more"]
        {
            assert_eq!(text.parse::<Holder>(), Err(NotAHolder), "{text}");
        }
    }
}
