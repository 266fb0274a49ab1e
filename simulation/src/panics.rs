//! Panics on this thread: a runtime catches those of its tasks, and nothing may hide one.
use std::cell::Cell;
use std::panic;
use std::sync::Once;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Counts panics from now on.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            COUNT.with(|count| count.set(count.get() + 1));
            before(info);
        }));
    });
}

/// Panics on this thread so far.
pub(crate) fn count() -> u64 {
    COUNT.with(Cell::get)
}
