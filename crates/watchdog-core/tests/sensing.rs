//! A round of asking: who is waited for, and what becomes of answers that come late.
#![allow(missing_docs, clippy::unwrap_used)]
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::Clock;
use watchdog_core::cx::Cx;
use watchdog_core::id::{Origin, ValidatorName};
use watchdog_core::policy::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use watchdog_core::probe::{Duties, Evidence, HealthProbe, ProbeError, Source};
use watchdog_core::unit::{Sensed, Unit};
use watchdog_core::window::{Views, Window};
use watchdog_testkit::clock::PausedClock;
use watchdog_testkit::fake::{FakeAction, FakeChain, Reading};

const PATIENCE: Duration = Duration::from_millis(900);
const AT_ONCE: Duration = Duration::ZERO;
const NEVER: Duration = Duration::from_hours(1);

/// Answers after these times, one after the other, then at once.
struct Delayed(Mutex<VecDeque<Duration>>);

#[async_trait]
impl HealthProbe for Delayed {
    type Evidence = Reading;

    async fn observe(&self, cx: &Cx) -> Result<Reading, ProbeError> {
        let delay = self.0.lock().unwrap().pop_front().unwrap_or_default();
        cx.sleep_until(cx.clock().uptime().after(delay)).await?;
        Ok(Reading { round: 1, duties: Duties::default(), others: Duties::default() })
    }
}

/// Counts all evidence that there is.
struct Counts;

impl ThresholdPolicy<Reading> for Counts {
    fn span(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn judge(&self, views: &Views<'_, Reading>, _: &Context) -> Decision {
        let seen = views.iter().flat_map(Window::evidence).map(Evidence::position).count();
        Decision::new(Verdict::Unknown, Reason::of("seen", Measure::Count(0), Measure::Count(seen as u64)))
    }
}

/// A quick source, and one with these delays.
struct Stage {
    unit: Unit,
    clock: PausedClock,
    cx: Cx,
}

impl Stage {
    fn new(delays: &[Duration]) -> Self {
        let clock = PausedClock::new();
        let source = |name: &str, delays: &[Duration]| Source {
            name: name.to_owned(),
            origin: Origin::new(name).unwrap(),
            probe: Arc::new(Delayed(Mutex::new(delays.iter().copied().collect()))),
        };
        let sources = vec![source("slow", delays), source("quick", &[])];
        let unit = Unit::new(ValidatorName::new("v").unwrap(), sources, Counts, FakeAction(FakeChain::new(1)));
        let cx = Cx::root(Arc::new(clock.clone()), CancellationToken::new());
        Self { unit, clock, cx }
    }

    async fn round(&mut self) -> (Sensed, Duration) {
        let began = self.clock.uptime();
        let sensed = self.unit.sensor.sense(&self.cx.within(PATIENCE)).await;
        (sensed, self.clock.uptime().since(began))
    }

    async fn pass(&self, time: Duration) {
        self.clock.sleep_until(self.clock.uptime().after(time)).await;
    }
}

fn seen(sensed: &Sensed) -> u64 {
    match sensed.decision.reason.measured {
        Measure::Count(count) => count,
        _ => 0,
    }
}

const SOON: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn a_source_that_fell_silent_holds_up_one_round_and_no_more() {
    let mut stage = Stage::new(&[AT_ONCE, NEVER, NEVER, NEVER]);
    assert!(stage.round().await.1 < SOON);
    let (_, took) = stage.round().await;
    assert!(took >= PATIENCE, "{took:?}: it answered the last time, so it is waited for");
    for _ in 0..5 {
        let (sensed, took) = stage.round().await;
        assert!(took < SOON, "{took:?}: it was silent the last time");
        assert_eq!(sensed.readings().len(), 2, "what it said last is still told");
        stage.pass(Duration::from_millis(300)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_late_counts_in_the_next_round_as_of_when_it_was_asked_for() {
    let mut stage = Stage::new(&[NEVER, Duration::from_millis(500), Duration::from_millis(200)]);
    assert_eq!(seen(&stage.round().await.0), 1);
    let (asked, wall) = (stage.clock.uptime(), stage.clock.now());
    let (sensed, took) = stage.round().await;
    assert!(took < SOON);
    assert_eq!(seen(&sensed), 2, "the slow source owes an answer");
    stage.pass(Duration::from_millis(600)).await;
    let (sensed, took) = stage.round().await;
    assert_eq!(seen(&sensed), 5, "three of the quick source, the late answer, and a new one");
    assert!(took >= Duration::from_millis(200), "{took:?}: it answers again, so it is waited for again");
    assert!(stage.clock.uptime().since(asked) > Duration::from_millis(600));
    assert!(sensed.readings().into_iter().all(|reading| reading.at > wall));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_owes_an_answer_is_not_asked_again_before_its_time_is_up() {
    let mut stage = Stage::new(&[NEVER, NEVER]);
    stage.round().await;
    // Nothing else is left in its list, so a second question would be answered at once.
    for _ in 0..3 {
        stage.round().await;
    }
    let (sensed, _) = stage.round().await;
    assert_eq!(seen(&sensed), 5, "only the quick source was heard");
    stage.pass(PATIENCE).await;
    assert_eq!(seen(&stage.round().await.0), 7, "its time was up, and it was asked again");
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_before_everything_was_forgotten_is_never_heard() {
    let mut stage = Stage::new(&[NEVER, Duration::from_millis(500)]);
    stage.round().await;
    stage.round().await;
    stage.unit.sensor.forget();
    stage.pass(Duration::from_millis(600)).await;
    let (sensed, _) = stage.round().await;
    assert_eq!(seen(&sensed), 2, "one new answer of each source");
}
