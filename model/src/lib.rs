//! The failover protocol as models that are checked exhaustively.
pub mod book;
pub mod course;
pub mod desk;
pub mod on_ledger;
pub mod parallel;
pub mod row;
pub mod rows;
pub mod script;
pub mod shared_key;
pub mod sidecar;
