//! Reading a validator from one source, as differences, and only while the source is fresh.
//!
//! Each probe remembers what it read last and subtracts it. Whatever makes a difference
//! meaningless (a counter that went back, a restarted process, an unseen stretch) begins anew
//! without one: it costs time, and can never look like a miss.
pub mod core;
pub mod gateway;
pub mod head;
pub mod prometheus;
pub mod system;

pub use self::core::CoreProbe;
pub use gateway::UptimeProbe;
pub use head::{Freshness, Head};
pub use prometheus::RoundsProbe;
pub use system::HealthProbe;
