//! Letters to a task, of which there are few: while none waits, it takes no memory of its own.
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Letters that wait for the one task that takes them.
pub(super) struct Mailbox<T> {
    letters: Mutex<Letters<T>>,
    news: Notify,
}

struct Letters<T> {
    waiting: VecDeque<T>,
    is_open: bool,
}

/// The task that takes them; its end closes the mailbox and throws away what waits.
pub(super) struct Opened<'a, T>(&'a Mailbox<T>);

impl<T> Mailbox<T> {
    /// Letters can be put in before the task begins to take them.
    pub(super) fn new() -> Self {
        Self { letters: Mutex::new(Letters { waiting: VecDeque::new(), is_open: true }), news: Notify::new() }
    }

    fn letters(&self) -> MutexGuard<'_, Letters<T>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a letter. `false` where nobody takes any more.
    pub(super) fn put(&self, letter: T) -> bool {
        let is_open = {
            let mut letters = self.letters();
            if letters.is_open {
                letters.waiting.push_back(letter);
            }
            letters.is_open
        };
        self.news.notify_one();
        is_open
    }

    /// Begins to take them.
    pub(super) fn open(&self) -> Opened<'_, T> {
        Opened(self)
    }
}

impl<T> Opened<'_, T> {
    /// The oldest letter, once there is one. May be dropped at any await point without loss.
    pub(super) async fn next(&self) -> T {
        loop {
            let oldest = self.0.letters().waiting.pop_front();
            match oldest {
                Some(letter) => return letter,
                None => self.0.news.notified().await,
            }
        }
    }
}

impl<T> Drop for Opened<'_, T> {
    fn drop(&mut self) {
        let mut letters = self.0.letters();
        letters.is_open = false;
        letters.waiting = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn letters_are_taken_in_their_order_and_none_is_lost_with_a_wait_that_was_given_up() {
        let mailbox = Mailbox::new();
        assert!(mailbox.put(1), "before anybody takes them");
        let opened = mailbox.open();
        assert_eq!(opened.next().await, 1);
        tokio::select! {
            biased;
            _ = opened.next() => panic!("there is none"),
            () = std::future::ready(()) => {}
        }
        assert!(mailbox.put(2) && mailbox.put(3));
        assert_eq!((opened.next().await, opened.next().await), (2, 3));
    }

    #[tokio::test]
    async fn nothing_is_left_for_a_task_that_ended() {
        let mailbox = Mailbox::new();
        let (letter, answer) = tokio::sync::oneshot::channel::<()>();
        mailbox.put(letter);
        drop(mailbox.open());
        assert!(answer.await.is_err(), "who waits for an answer hears that there will be none");
        assert!(!mailbox.put(tokio::sync::oneshot::channel().0));
    }
}
