//! Asking several at once, without waiting for the slowest.
use std::pin::Pin;
use std::time::Duration;
use tokio::task::JoinSet;
use watchdog_core::cx::Cx;

/// How long the others are waited for once an answer came that is enough. Seconds count here: a
/// host that is dead answers nothing until its request times out.
pub(super) const GRACE: Duration = Duration::from_millis(250);

/// A call among others of another kind that give the same.
pub(super) type Call<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Answers of `calls`, in the order in which they came: all of them, or those that came within
/// [`GRACE`] of the first one that is `enough`. What is under way then is dropped.
pub(super) async fn gather<T, F>(calls: impl IntoIterator<Item = F>, enough: impl Fn(&T) -> bool, cx: &Cx) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut asked: JoinSet<T> = calls.into_iter().collect();
    let (mut answers, mut until) = (Vec::new(), None);
    loop {
        let late = async {
            if let Some(at) = until {
                cx.sleep_until(at).await.ok();
            } else {
                cx.cancelled().await;
            }
        };
        tokio::select! {
            biased;
            answer = asked.join_next() => match answer {
                Some(Ok(answer)) => {
                    if until.is_none() && enough(&answer) {
                        until = Some(cx.clock().uptime().after(GRACE));
                    }
                    answers.push(answer);
                }
                Some(Err(_)) => {}
                None => return answers,
            },
            () = late => return answers,
        }
    }
}
