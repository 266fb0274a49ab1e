//! Places at which a test ends the process: before and after every durable write and every effect.
//!
//! Without the feature `crash-points` nothing of this is in the program. With it, the points do
//! nothing until `arm` is called.

#[cfg(feature = "crash-points")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Bomb {
        at: u64,
        passed: AtomicU64,
        end: Box<dyn Fn(&str) + Send + Sync>,
    }

    static BOMB: OnceLock<Bomb> = OnceLock::new();

    /// From now on, the `at`-th point reached (from 1) calls `end` with its name; `end` should not
    /// return. Only the first call counts.
    pub fn arm(at: u64, end: impl Fn(&str) + Send + Sync + 'static) {
        let bomb = Bomb { at, passed: AtomicU64::new(0), end: Box::new(end) };
        BOMB.set(bomb).ok();
    }

    /// A place at which a test may end the process. For stores and executors.
    pub fn point(name: &str) {
        let Some(bomb) = BOMB.get() else { return };
        if bomb.passed.fetch_add(1, Ordering::SeqCst).saturating_add(1) == bomb.at {
            (bomb.end)(name);
        }
    }
}

#[cfg(feature = "crash-points")]
pub use armed::{arm, point};

/// A place at which a test may end the process. For stores and executors.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn point(_: &str) {}
