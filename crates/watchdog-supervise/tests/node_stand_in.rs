//! A node for tests.
fn main() {}
