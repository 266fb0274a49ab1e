//! chain-radix
