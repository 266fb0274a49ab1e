//! Command line of tanist.
fn main() {}
