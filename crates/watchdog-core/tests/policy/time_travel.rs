//! Clocks that jump, machines that restart, hosts that take over: time is never taken for longer than
//! it was, so nothing that waits for it ends early.
use crate::history::{History, limits, minutes, node, validator};
use proptest::prelude::*;
use std::time::Duration;
use watchdog_core::gates::{Gate, Limits};
use watchdog_core::journal::{Outcome, Record};

#[derive(Clone, Debug)]
enum Event {
    Pass(u64),
    Reboot(u64),
    TakeOver,
    WallJumps(i64),
    FailOver,
    Nothing,
}

fn event() -> impl Strategy<Value = Event> {
    let year = 366 * 24 * 3_600_000_i64;
    prop_oneof![
        4 => (0..20 * 60_u64).prop_map(Event::Pass),
        1 => (0..3 * 24 * 60_u64).prop_map(Event::Reboot),
        1 => Just(Event::TakeOver),
        2 => (-year..year).prop_map(Event::WallJumps),
        3 => Just(Event::FailOver),
        2 => Just(Event::Nothing),
    ]
}

fn closed_gates(limits: &Limits, history: &History) -> Vec<&'static str> {
    let gates = limits.gates(&history.standing(), &history.moment());
    gates.into_iter().filter(|gate| gate.closed.is_some()).map(|gate: Gate| gate.name).collect()
}

proptest! {
    #[test]
    fn time_never_frees_a_budget_a_cool_down_or_a_node_early(events in proptest::collection::vec(event(), 1..60)) {
        let limits = Limits { cooldown: minutes(30), ..limits() };
        let mut history = History::default();
        let mut ended: Vec<Duration> = Vec::new();
        for event in events {
            match event {
                Event::Pass(time) => history.pass(minutes(time)),
                Event::Reboot(off) => history.reboot(minutes(off)),
                Event::TakeOver => history.host = 1 - history.host,
                Event::WallJumps(by) => history.wall_off = by,
                Event::FailOver => {
                    history.fail_over("a", "b", None, Outcome::Completed);
                    ended.push(history.now);
                }
                Event::Nothing => history.write(None, Record::Elapsed {}),
            }
            let within = |hours| ended.iter().filter(|at| history.now - **at < Duration::from_hours(hours)).count();
            let closed = closed_gates(&limits, &history);
            prop_assert!(closed.contains(&"budget_per_day") || within(24) < 2);
            prop_assert!(closed.contains(&"budget_per_week") || within(7 * 24) < 3);
            let last = ended.last().map(|at| history.now - *at);
            prop_assert!(closed.contains(&"cooldown_left") || last.is_none_or(|passed| passed >= minutes(30)));
            let target = limits.admit_target(&history.standing(), &node("a"), &history.moment());
            prop_assert!(target.is_err() || last.is_none_or(|passed| passed >= Duration::from_hours(24)));
        }
    }

    #[test]
    fn no_stretch_since_an_entry_is_taken_for_longer_than_it_was(events in proptest::collection::vec(event(), 1..60)) {
        let mut history = History::default();
        let mut written = Vec::new();
        for event in events {
            match event {
                Event::Pass(time) => history.pass(minutes(time)),
                Event::Reboot(off) => history.reboot(minutes(off)),
                Event::TakeOver => history.host = 1 - history.host,
                Event::WallJumps(by) => history.wall_off = by,
                Event::FailOver | Event::Nothing => {
                    history.write(None, Record::Elapsed {});
                    written.push((history.now, history.moment()));
                }
            }
            for (at, earlier) in &written {
                prop_assert!(history.moment().since(earlier) <= history.now - *at);
            }
        }
    }

    #[test]
    fn within_one_boot_time_is_exact_whatever_the_wall_clock_says(steps in proptest::collection::vec((0..9999_u64, any::<i32>()), 1..20)) {
        let mut history = History::default();
        history.write(None, Record::Elapsed {});
        let (began, at) = (history.moment(), history.now);
        for (time, jump) in steps {
            history.pass(minutes(time));
            history.wall_off = i64::from(jump) * 1000;
            prop_assert_eq!(history.moment().since(&began), history.now - at);
            history.write(None, Record::Elapsed {});
        }
    }
}

#[test]
fn a_pause_lasts_as_long_as_it_was_asked_for_in_spite_of_restarts_and_jumps() {
    let mut history = History::default();
    let lasts = Some(minutes(60));
    let main = validator("main");
    history.write(Some(&main), Record::Paused { lasts, reason: "work".into(), by: "tester".into() });
    history.wall_off = 365 * 24 * 3_600_000;
    history.reboot(minutes(10));
    assert_eq!(closed_gates(&limits(), &history), ["paused"]);
    history.write(None, Record::Started { version: "0".into() });
    history.pass(minutes(59));
    assert_eq!(closed_gates(&limits(), &history), ["paused"]);
    history.pass(minutes(1));
    assert!(closed_gates(&limits(), &history).is_empty(), "the time off did not count");
}

#[test]
fn time_is_written_down_only_while_something_counts_on_it() {
    let mut history = History::default();
    assert!(!history.standing().counts_on_time(&history.moment()));
    history.fail_over("a", "b", None, Outcome::Completed);
    history.pass(Duration::from_hours(31 * 24) - Duration::from_nanos(1));
    assert!(history.standing().counts_on_time(&history.moment()));
    history.pass(Duration::from_nanos(1));
    assert!(!history.standing().counts_on_time(&history.moment()));
}
