//! The driver for a stable toolchain: what is known, then what is nearly right, from a seed.
use crate::corpus::Corpus;
use crate::decoder::{Decoder, Outcome};
use crate::form::Form;
use crate::mutation::mutated;
use crate::random::Random;
use std::any::Any;
use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use watchdog_core::clock::{Clock, SystemClock, Uptime};

/// How often the input in hand is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// When to stop.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most mutated inputs.
    pub runs: u64,
    /// Longest time, known inputs included.
    pub time: Duration,
    /// File that the input in hand is kept in, for a fault that ends the process.
    pub in_hand: Option<PathBuf>,
}

/// What was run.
#[derive(Clone, Debug)]
pub struct Report {
    /// Inputs.
    pub runs: u64,
    /// Inputs that were accepted.
    pub accepted: u64,
    /// Longest time of one input.
    pub slowest: Duration,
    /// The first fault; nothing is run after it.
    pub fault: Option<Fault>,
}

/// An input that broke a promise.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The input.
    pub input: Vec<u8>,
    /// What happened.
    pub message: String,
}

/// Longest time that one input may take; generous, for a build without optimisation on a busy machine. Tools stretch
/// passwords.
pub(crate) const fn patience(form: Form) -> Duration {
    Duration::from_secs(if matches!(form, Form::Tool) { 60 } else { 10 })
}

/// Runs `decoder` on all of `corpus`, then on inputs made from it and `seed`. The same seed gives the same inputs.
///
/// An input that takes too long ends the process with 1 after it was printed: a decoder that does not come back cannot
/// be stopped.
pub fn drive(decoder: &Decoder, mut corpus: Corpus, seed: u64, limits: &Limits) -> Report {
    let clock = SystemClock::new();
    let in_hand = Mutex::new(None);
    let (going, ended) = channel::<()>();
    std::thread::scope(|scope| {
        let in_hand = &in_hand;
        scope.spawn(move || watch(in_hand, patience(decoder.form), &ended, |input| end(decoder, input)));
        let mut run = Run { decoder, limits, clock: &clock, began: clock.uptime(), in_hand, report: Report::new() };
        let mut random = Random::new(seed, &decoder.name());
        let (count, first) = (corpus.inputs().len(), random.below(corpus.inputs().len()));
        for place in (first..count).chain(0..first) {
            if run.is_half_over() {
                break;
            }
            if run.one(&corpus.inputs()[place]) == Some(Outcome::Accepted) {
                corpus.accept(place);
            }
        }
        let most = run.report.runs.saturating_add(limits.runs);
        while run.report.runs < most && run.goes_on() {
            run.one(&mutated(&corpus, &mut random));
        }
        drop(going);
        run.report
    })
}

impl Report {
    const fn new() -> Self {
        Self { runs: 0, accepted: 0, slowest: Duration::ZERO, fault: None }
    }
}

type InHand = Mutex<Option<(Uptime, Vec<u8>)>>;

struct Run<'a> {
    decoder: &'a Decoder,
    limits: &'a Limits,
    clock: &'a SystemClock,
    began: Uptime,
    in_hand: &'a InHand,
    report: Report,
}

impl Run<'_> {
    fn goes_on(&self) -> bool {
        self.report.fault.is_none() && self.clock.uptime().since(self.began) < self.limits.time
    }

    /// Known inputs leave half of the time to those made from them.
    fn is_half_over(&self) -> bool {
        self.clock.uptime().since(self.began) > self.limits.time / 2
    }

    /// `None` where nothing is run any more.
    fn one(&mut self, input: &[u8]) -> Option<Outcome> {
        if !self.goes_on() {
            return None;
        }
        self.keep(input);
        let began = self.clock.uptime();
        *self.in_hand.lock().unwrap_or_else(PoisonError::into_inner) = Some((began, input.to_vec()));
        let outcome = catch_unwind(AssertUnwindSafe(|| self.decoder.run(input)));
        *self.in_hand.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.report.slowest = self.report.slowest.max(self.clock.uptime().since(began));
        self.report.runs += 1;
        match outcome {
            Ok(outcome) => {
                self.report.accepted += u64::from(outcome == Outcome::Accepted);
                Some(outcome)
            }
            Err(panic) => {
                self.report.fault = Some(Fault { input: input.to_vec(), message: said(&*panic) });
                None
            }
        }
    }

    fn keep(&self, input: &[u8]) {
        if let Some(path) = &self.limits.in_hand {
            File::create(path).and_then(|mut file| file.write_all(input)).ok();
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_else(|| "a panic".to_owned())
}

/// Calls `late` where an input takes longer than `patience`.
fn watch(in_hand: &InHand, patience: Duration, ended: &Receiver<()>, late: impl Fn(&[u8])) {
    let clock = SystemClock::new();
    while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        let in_hand = in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((began, input)) = &*in_hand
            && clock.uptime().since(*began) > patience
        {
            late(input);
        }
    }
}

#[allow(clippy::exit, reason = "a thread that does not come back can only be ended with its process")]
fn end(decoder: &Decoder, input: &[u8]) -> ! {
    let seconds = patience(decoder.form).as_secs();
    eprintln!("FAULT: {} takes more than {seconds} s for the input {}", decoder.name(), hex::encode(input));
    std::process::exit(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    const LIMITS: Limits = Limits { runs: 2000, time: Duration::MAX, in_hand: None };

    fn corpus() -> Corpus {
        Corpus::new(vec![b"one two three".to_vec(), b"m/44'/7".to_vec()])
    }

    #[test]
    fn a_panic_is_a_fault_and_its_input_is_told() {
        let decoder = Decoder::new("test", Form::Path, |input| {
            assert!(!input.contains(&b'w'), "a letter that it does not take");
            Outcome::Refused
        });
        let fault = drive(&decoder, corpus(), 1, &LIMITS).fault.unwrap();
        assert!(fault.input.contains(&b'w'));
        assert_eq!(fault.message, "a letter that it does not take");
    }

    #[test]
    fn the_same_seed_gives_the_same_inputs_and_another_seed_others() {
        static SUM: AtomicU64 = AtomicU64::new(0);
        let decoder = Decoder::new("test", Form::Path, |input| {
            let sum = input.iter().fold(SUM.load(Ordering::Relaxed), |sum, byte| sum.rotate_left(5) ^ u64::from(*byte));
            SUM.store(sum, Ordering::Relaxed);
            Outcome::Accepted
        });
        let sum = |seed| {
            SUM.store(0, Ordering::Relaxed);
            let report = drive(&decoder, corpus(), seed, &LIMITS);
            assert_eq!((report.runs, report.accepted), (2002, 2002));
            SUM.load(Ordering::Relaxed)
        };
        assert_eq!(sum(7), sum(7));
        assert_ne!(sum(7), sum(8));
    }

    #[test]
    fn known_inputs_leave_half_of_the_time_to_others_and_the_time_is_an_end() {
        let decoder = Decoder::new("test", Form::Path, |input| {
            if input.len() == 4 {
                std::thread::sleep(Duration::from_millis(5));
            }
            Outcome::Refused
        });
        let slow = Corpus::new((0..10_000_u32).map(|number| number.to_le_bytes().to_vec()).collect());
        let limits = Limits { runs: u64::MAX, time: Duration::from_millis(200), in_hand: None };
        let (clock, began) = (SystemClock::new(), SystemClock::new().uptime());
        let report = drive(&decoder, slow, 1, &limits);
        assert!(clock.uptime().since(began) < Duration::from_secs(5));
        assert!((21..10_000).contains(&report.runs), "{} inputs", report.runs);
    }

    #[test]
    fn an_input_that_takes_too_long_is_noticed_while_it_runs() {
        let in_hand = Mutex::new(Some((SystemClock::new().uptime(), b"slow".to_vec())));
        let (end, ended) = channel();
        let end = Mutex::new(Some(end));
        watch(&in_hand, Duration::from_millis(10), &ended, |input| {
            assert_eq!(input, b"slow");
            end.lock().unwrap().take();
        });
        assert!(end.lock().unwrap().is_none());
    }
}
