//! Failover watchdog core: observe a validator, decide, and move signing to a backup exactly once.
//!
//! Read in the order of the data:
//!
//! | step | modules |
//! |---|---|
//! | see | [`probe`] asks one source, [`window`] keeps what it said |
//! | judge | [`policy`]: pure, three-valued, and with a reason for every verdict |
//! | decide | [`gates`] say whether to act at all; [`action`] says what would be done, as a [`plan`] in an order that cannot be wrong |
//! | do | [`saga`] is a pure fold that says what comes next; [`executor`] does it, with a permit that only [`guard`] makes |
//! | remember | [`journal`]: everything durable is derived from it |
//! | run | [`unit`](mod@unit) is where a chain's types end; [`engine`] watches many of them under one [`lease`] |
//!
//! A chain crate implements [`probe::HealthProbe`], [`action::FailoverAction`] and [`chain::Chain`],
//! and knows neither the journal nor other chains. The core knows no chain, HTTP client or process.
//!
//! Judging is a plain function of what was seen, so it can be tried without anything running:
//!
//! ```
//! use std::{fmt, time::Duration};
//! use watchdog_core::clock::{Timestamp, Uptime};
//! use watchdog_core::id::Origin;
//! use watchdog_core::policy::consecutive::ConsecutiveFailures;
//! use watchdog_core::policy::{Context, ThresholdPolicy, Verdict};
//! use watchdog_core::probe::{Evidence, Observation, Performance};
//! use watchdog_core::window::{Views, Window};
//!
//! #[derive(Debug, serde::Serialize)]
//! struct Missed(u64);
//!
//! impl fmt::Display for Missed {
//!     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
//!         write!(f, "slot {} was missed", self.0)
//!     }
//! }
//!
//! impl Evidence for Missed {
//!     fn performance(&self) -> Performance {
//!         Performance::Failing
//!     }
//!
//!     fn position(&self) -> u64 {
//!         self.0
//!     }
//! }
//!
//! let mut window = Window::new(Origin::new("node-b").unwrap(), Duration::from_secs(60));
//! for slot in 0..3 {
//!     let at = Uptime(Duration::from_secs(slot));
//!     window.push(Observation::new(at, Timestamp(0), Ok(Missed(slot))));
//! }
//! let policy = ConsecutiveFailures { tolerated: 2, interval: Duration::from_secs(1) };
//! let context = Context::at(Uptime(Duration::from_secs(3)), Verdict::Unknown);
//! let decision = policy.judge(&Views::of([&window]), &context);
//! assert_eq!(decision.verdict, Verdict::Down);
//! assert_eq!(decision.reason.to_string(), "consecutive_failures 3 (limit 2)");
//! ```
pub mod action;
pub mod backtest;
pub mod causes;
pub mod chain;
pub mod clock;
pub mod composer;
pub mod config;
pub mod crash;
pub mod cx;
pub mod engine;
pub mod event;
pub mod executor;
pub mod fence;
pub mod gap;
pub mod gates;
pub mod guard;
pub mod id;
pub mod journal;
#[cfg(feature = "keys")]
pub mod keys;
pub mod lease;
pub mod payload;
pub mod plan;
pub mod policy;
pub mod probe;
pub mod reconcile;
pub mod recording;
#[cfg(feature = "registry")]
pub mod registry;
pub mod saga;
pub mod secret;
pub mod service;
pub mod status;
pub mod unit;
pub mod window;
