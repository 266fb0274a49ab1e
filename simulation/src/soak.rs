//! Many runs.
use crate::chance::mix;
use crate::report::{Report, Tally};
use crate::world::{Options, run};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// What many runs came to.
#[derive(Clone, Debug, Default)]
pub struct Soak {
    /// All of them together.
    pub tally: Tally,
    /// The first ones in which a rule did not hold.
    pub failed: Vec<Report>,
}

/// The seed of run number `index` (from 0) of those that begin with `first`: the first one's is
/// `first` itself, and neighbouring first seeds share no run.
fn seed(first: u64, index: u64) -> u64 {
    if index == 0 { first } else { mix(mix(first).wrapping_add(index)) }
}

/// Does `runs` runs from seed `first` on, on `threads` threads; `told` gets the number done now and
/// then. Ends early once some have failed, unless told to go on.
pub fn soak(runs: u64, first: u64, threads: usize, options: &Options, told: &(dyn Fn(u64) + Sync)) -> Soak {
    let (next, done, failing) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let all = Mutex::new(Soak::default());
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                let mut own = Soak::default();
                while !failing.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= runs {
                        break;
                    }
                    let report = run(seed(first, index), options);
                    own.tally.add(&report);
                    if !report.violations.is_empty() {
                        own.failed.push(report);
                        failing.store(!options.goes_on, Ordering::Relaxed);
                    }
                    told(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.tally.join(&own.tally);
                all.failed.extend(own.failed);
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}
