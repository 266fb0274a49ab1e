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

/// What an answer means for those that are still awaited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Enough {
    /// Nothing: they have the time of a request.
    No,
    /// They are waited for a little longer.
    Nearly,
    /// They are not waited for at all.
    Yes,
}

impl Enough {
    /// A little longer, where the answer is one.
    pub(super) const fn nearly(is_answer: bool) -> Self {
        if is_answer { Self::Nearly } else { Self::No }
    }
}

/// Answers of `calls`, in the order in which they came: all of them, or those that came before, or
/// within [`GRACE`] of, the first one that is `enough`. What is under way then is dropped.
pub(super) async fn gather<T, F>(calls: impl IntoIterator<Item = F>, enough: impl Fn(&T) -> Enough, cx: &Cx) -> Vec<T>
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
                    let means = enough(&answer);
                    answers.push(answer);
                    match means {
                        Enough::Yes => return answers,
                        Enough::Nearly if until.is_none() => until = Some(cx.clock().uptime().after(GRACE)),
                        Enough::Nearly | Enough::No => {}
                    }
                }
                Some(Err(_)) => {}
                None => return answers,
            },
            () = late => return answers,
        }
    }
}
