//! What each chain's key work is called with. Every phrase and key here is a throw-away one.
pub(crate) mod radix;
