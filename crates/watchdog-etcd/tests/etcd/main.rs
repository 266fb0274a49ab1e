//! The lease and journal in etcd against a real etcd: Debian's `etcd-server`, started here on loopback.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "a real server runs by the real clock")]
mod cluster;
mod conformance;
mod failed;
mod faults;
mod front;
mod secured;
