//! The HTTP interfaces of a Radix network: the Gateway, and a node's own Core, System and
//! Prometheus endpoints.
//!
//! Wire types and calls, nothing else: what an answer means for a validator is said in
//! [`crate::probe`] and [`crate::action`]. Every type ignores fields that it does not know, takes
//! an absent field and `null` for the same, and is strict about what it uses.
pub mod core;
pub mod error;
pub mod gateway;
pub mod http;
pub mod prometheus;
pub mod system;

pub use self::core::CoreClient;
pub use error::{ApiError, Refused};
pub use gateway::GatewayClient;
pub use http::Endpoint;
pub use prometheus::PrometheusClient;
pub use system::SystemClient;
