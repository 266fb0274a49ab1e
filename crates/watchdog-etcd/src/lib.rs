//! Lease and shared journal in etcd: several watchdogs on several hosts, of which one acts.
//!
//! [`EtcdLease`] grants the right to act; its token is the revision at which the lease's key was
//! made, which grows over the whole life of the cluster. [`EtcdJournal`] appends only in transactions
//! that compare this revision, so that a holder that has lost the lease without knowing it writes
//! nothing. Both speak to etcd's JSON gateway (API v3, etcd 3.4 and later).
//!
//! ```text
//! PREFIX/lease            holder's name, bound to the etcd lease; its creation revision is the token
//! PREFIX/heartbeat        the holder's newest sign of life
//! PREFIX/head             position of the newest entry
//! PREFIX/entry/<20 digits>  one entry each, crc32c and JSON
//! PREFIX/trimmed          position of the checkpoint
//! PREFIX/checkpoint       what the entries up to there came to
//! ```
mod client;
mod journal;
mod keys;
mod lease;
mod settings;
mod wire;

pub use client::{Access, Etcd, EtcdError};
pub use journal::EtcdJournal;
pub use lease::EtcdLease;
pub use settings::{EtcdSettings, SettingsError, TlsSettings};
