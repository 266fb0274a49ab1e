//! The failover protocol as models that are checked exhaustively with `stateright`: every reachable state, or the
//! shortest way to a state that breaks a rule.
//!
//! [`rows::rows`] is the table. For every class of authority it holds the whole protocol, which must be safe in every
//! state with everything reachable that shall be, and the same with one rule broken, which must be found. A row says how
//! many states there are and how many steps a fault takes, so a change of a model never goes unnoticed.
//!
//! - [`course`]: one saga, as a statement of its own. `tests/code` walks through all of its states beside the program's
//!   fold and executor: same records, same states, both ways. The models of all classes keep their journal in it.
//! - [`desk`]: two instances, the lease that they compete for, the journal.
//! - [`shared_key`]: two nodes with one key, and messages that are late, lost and out of order. Its journal is
//!   [`script::Stage`], the words of the specification's section 13, or [`course::Course`].
//! - [`on_ledger`] with [`book`]: classes `Pointer` and `Rotating`, payloads with windows, views that are behind.
//! - [`parallel`]: class `Idempotent`.
//! - [`sidecar`]: the self-fencing lease, with clocks, a sidecar that hangs and the machine's watchdog. `tests/code/lease`
//!   walks through it beside what decides in the program's sidecar and in the engine's wait.
//!
//! Bounded are: two instances and two nodes, two or three terms of the lease, the commands of a term, two failovers, one
//! crash, one restart, two messages under way, six epochs. An instance looks at a node by asking again, for which it
//! gets the same answer. What a process holds in memory is gone when it crashes or learns that it lost the lease.
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
