//! What each chain's key work is called with: every kind of material, every door, some refusals. All of it is
//! throw-away material, most of it from the chains' vectors.
pub(crate) mod algorand;
pub(crate) mod decred;
pub(crate) mod ethereum;
pub(crate) mod oxen;
pub(crate) mod radix;
