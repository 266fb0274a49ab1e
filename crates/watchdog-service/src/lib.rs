//! What every running watchdog needs whatever the chain: the control API.
//!
//! [`control::server`] answers on a Unix socket in the words of `watchdog-core`'s status;
//! [`control::client`] asks there, for the command line and for other programs.
pub mod control;
