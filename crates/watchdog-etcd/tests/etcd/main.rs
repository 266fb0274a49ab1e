//! The lease and journal in etcd against a real etcd: Debian's `etcd-server`, started here on loopback.
#![allow(clippy::disallowed_methods, reason = "a real server runs by the real clock")]
mod cluster;
mod conformance;
mod faults;
mod secured;
