//! Waiting for other processes.
use std::fmt::Debug;
use std::time::Duration;

/// Looks at real processes every 50 ms until `look` finds something.
///
/// # Panics
/// After `seconds`, with what was waited for.
#[allow(clippy::disallowed_methods, reason = "other processes have their own clock; this one only waits for them")]
pub async fn until<T>(what: impl Debug, seconds: u64, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = std::time::Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(seconds), "waited {seconds} s in vain for {what:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Lets real processes run for so long.
#[allow(
    clippy::disallowed_methods,
    reason = "that something does not happen in other processes can only be waited for"
)]
pub async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
