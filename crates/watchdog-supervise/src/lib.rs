//! Keeping a signer from signing, and proving it.
//!
//! On the side of the engine, a [`Ladder`](ladder::Ladder) tries [fences](fence::Fence) in order until
//! one proves that a node cannot sign:
//!
//! | fence | how | worth |
//! |---|---|---|
//! | [`ForcedCommand`](forced_command::ForcedCommand) | the node's own command behind an SSH key | proves |
//! | [`ServiceStop`](unit::ServiceStop) | stop and mask by the service manager, here or over SSH | proves |
//! | [`LocalNode`](local_node::LocalNode) | the process group of a signer on this host | proves |
//! | [`Hook`](hook::Hook) | the operator's program: machine controller, cloud | as declared |
//! | [`Lapse`](lapse::Lapse) | the node's own lease, waited out | proves with a watchdog device |
//! | [`OperatorStatement`](statement::OperatorStatement) | a person has said so | proves once given |
//!
//! [`Fences`](fences::Fences) are the ladders of all nodes, as the running program lends them to chains.
//!
//! On the side of the node, [`Node`](node::Node) obeys commands that are newer than all it remembers in its
//! [`AuthorityStore`](authority::AuthorityStore), and the [`Sidecar`](sidecar::Sidecar) lets the signer run
//! only while the node's own lease is valid.
//!
//! Whatever is ambiguous proves nothing: an answer that is late, cut off, about another node or epoch, or
//! missing is [`NotProven`](doubt::FenceError::NotProven), and so is an exit status without the answer.
//!
//! ```
//! use watchdog_core::plan::Authority;
//! use watchdog_supervise::ladder::admits;
//! use watchdog_core::fence::Strength;
//!
//! assert!(admits([Strength::Likely, Strength::Proves], Authority::SharedKey).is_ok());
//! assert!(admits([Strength::Likely], Authority::SharedKey).is_err());
//! assert!(admits([], Authority::Pointer).is_ok());
//! ```
pub mod authority;
pub mod doubt;
pub mod fence;
pub mod fences;
pub mod forced_command;
pub mod hook;
mod invocation;
pub mod ladder;
pub mod lapse;
pub mod local_node;
pub mod node;
pub mod order;
pub mod process;
pub mod settings;
pub mod sidecar;
pub mod signer;
pub mod ssh;
pub mod statement;
pub mod step;
pub mod unit;
pub mod wire;
