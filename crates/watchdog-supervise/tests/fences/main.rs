//! Fences against what they are for.
