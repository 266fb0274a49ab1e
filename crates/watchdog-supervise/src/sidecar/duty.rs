//! What a sidecar does at each tick. Pure.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use super::times::SidecarTimes;
use std::time::Duration;
use watchdog_core::clock::Uptime;

/// Pause before a signer that ended by itself is started again.
const RESTART: Duration = Duration::from_secs(2);

/// What is known at one tick. What could not be found out counts as the worse.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The node's clock.
    pub now: Uptime,
    /// Token of the lease; `None` where none is held.
    pub term: Option<u64>,
    /// When the lease lapses; `None` where none is held.
    pub until: Option<Uptime>,
    /// The authority was granted for this term, and the term was published.
    pub is_granted: bool,
    /// The watchdog device is active, or none is wanted.
    pub is_guarded: bool,
    /// Nothing is there of the signer.
    pub is_absent: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Act {
    /// Nothing: all is as it should be, or what was begun takes its time.
    Nothing,
    /// The signer is started.
    Start,
    /// It is asked to end.
    Ask,
    /// It is killed.
    Kill,
}

/// What a sidecar remembers from tick to tick.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Duty {
    times: SidecarTimes,
    /// Since when the signer was told to end. It is not taken back: it ends, whatever comes.
    asked: Option<Uptime>,
    started: Option<Uptime>,
    /// The term in which the signer was allowed to run last.
    allowed: Option<u64>,
}

impl Duty {
    /// Nothing was looked at yet.
    pub fn new(times: SidecarTimes) -> Self {
        Self { times, asked: None, started: None, allowed: None }
    }

    /// Judges one look. Called at every tick, in the order of their moments.
    pub fn decide(&mut self, view: &View) -> Act {
        let is_valid = view.until.is_some_and(|until| view.now < self.times.stop_at(until));
        let may_sign = is_valid && view.is_granted && view.is_guarded;
        if may_sign && self.asked.is_none() {
            self.allowed = view.term;
        }
        if view.is_absent {
            self.asked = None;
            return if may_sign { self.start(view.now) } else { Act::Nothing };
        }
        if may_sign && self.asked.is_none() {
            return Act::Nothing;
        }
        let asked = *self.asked.get_or_insert(view.now);
        // What ran in a term that is over, or was left by somebody else, has no time to finish.
        let is_late =
            !self.is_in_its_term(view) || view.until.is_none_or(|until| view.now >= self.times.kill_at(until));
        match () {
            () if is_late || view.now >= asked.after(self.times.grace) => Act::Kill,
            () if asked == view.now => Act::Ask,
            () => Act::Nothing,
        }
    }

    /// Whether the watchdog device may be fed: nothing signs, or what signs has a valid lease.
    pub fn may_feed(&self, view: &View) -> bool {
        view.is_absent || (self.is_in_its_term(view) && view.until.is_some_and(|until| view.now < until))
    }

    fn is_in_its_term(&self, view: &View) -> bool {
        view.term.is_some() && view.term == self.allowed
    }

    fn start(&mut self, now: Uptime) -> Act {
        if self.started.is_some_and(|started| now < started.after(RESTART)) {
            return Act::Nothing;
        }
        self.started = Some(now);
        Act::Start
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> Uptime {
        Uptime(Duration::from_millis(ms))
    }

    fn view(now: u64, until: u64) -> View {
        View {
            now: at(now),
            term: Some(1),
            until: Some(at(until)),
            is_granted: true,
            is_guarded: true,
            is_absent: false,
        }
    }

    fn duty() -> Duty {
        Duty::new(SidecarTimes { grace: Duration::from_secs(3), ..SidecarTimes::of(Duration::from_secs(15)) })
    }

    #[test]
    fn a_signer_starts_only_with_lease_grant_and_guard() {
        let absent = View { is_absent: true, ..view(0, 15_000) };
        assert_eq!(duty().decide(&absent), Act::Start);
        let without = [
            View { term: None, until: None, ..absent },
            View { is_granted: false, ..absent },
            View { is_guarded: false, ..absent },
            View { now: at(15_000), ..absent },
        ];
        for view in without {
            assert_eq!(duty().decide(&view), Act::Nothing, "{view:?}");
        }
    }

    #[test]
    fn a_lease_that_is_not_renewed_stops_the_signer_before_it_lapses() {
        let (mut duty, until) = (duty(), 15_000);
        let acts: Vec<_> = (0..until).step_by(100).map(|now| (now, duty.decide(&view(now, until)))).collect();
        let first = |wanted| acts.iter().find(|(_, act)| *act == wanted).map(|(now, _)| *now).unwrap();
        assert!(first(Act::Ask) + 3000 <= first(Act::Kill), "the signer has its grace");
        assert!(first(Act::Kill) + 500 <= until, "and is killed half a second before the end, at the latest");
    }

    #[test]
    fn after_a_pause_beyond_the_lease_the_signer_is_killed_at_the_first_tick() {
        let mut duty = duty();
        assert_eq!(duty.decide(&view(0, 15_000)), Act::Nothing);
        assert_eq!(duty.decide(&view(60_000, 15_000)), Act::Kill);
    }

    #[test]
    fn a_signer_of_a_term_that_is_over_is_killed_at_once_though_a_new_one_has_begun() {
        let mut duty = duty();
        assert_eq!(duty.decide(&view(0, 15_000)), Act::Nothing);
        let next = View { term: Some(2), is_granted: false, ..view(60_000, 75_000) };
        assert!(!duty.may_feed(&next));
        assert_eq!(duty.decide(&next), Act::Kill);
    }

    #[test]
    fn what_somebody_else_left_running_is_killed_at_once() {
        assert_eq!(duty().decide(&View { is_granted: false, ..view(0, 15_000) }), Act::Kill);
    }

    #[test]
    fn a_signer_that_was_told_to_end_ends_even_where_it_might_go_on() {
        let mut duty = duty();
        assert_eq!(duty.decide(&view(0, 15_000)), Act::Nothing);
        assert_eq!(duty.decide(&View { is_granted: false, ..view(0, 15_000) }), Act::Ask);
        assert_eq!(duty.decide(&view(100, 15_000)), Act::Nothing);
        assert_eq!(duty.decide(&view(3000, 15_000)), Act::Kill);
        assert_eq!(duty.decide(&View { is_absent: true, ..view(3100, 15_000) }), Act::Start);
    }

    #[test]
    fn a_signer_that_keeps_ending_is_not_started_at_every_tick() {
        let mut duty = duty();
        let starts = (0..10_000)
            .step_by(100)
            .filter(|now| duty.decide(&View { is_absent: true, ..view(*now, 60_000) }) == Act::Start);
        assert_eq!(starts.count(), 5);
    }

    proptest! {
        #[test]
        fn nothing_starts_and_nothing_is_left_in_peace_without_a_valid_lease(
            looks in prop::collection::vec((0_u64..5000, 0_u64..20_000, 0_u64..2, any::<[bool; 4]>()), 1..60),
        ) {
            let (mut duty, mut now, mut token, mut allowed) = (duty(), 0, 1, None);
            for (step, until, terms, [held, is_granted, is_guarded, is_absent]) in looks {
                now += step;
                // Tokens only grow.
                token += terms;
                let (term, until_at) = (held.then_some(token), held.then(|| at(until)));
                let view = View { now: at(now), term, until: until_at, is_granted, is_guarded, is_absent };
                let act = duty.decide(&view);
                let is_valid = held && now < until;
                let may_sign = is_valid && is_granted && is_guarded;
                if act == Act::Start {
                    prop_assert!(may_sign && is_absent);
                }
                if may_sign {
                    allowed = term;
                }
                if !is_absent && !is_valid {
                    prop_assert_eq!(act, Act::Kill);
                    prop_assert!(!duty.may_feed(&view));
                }
                if !is_absent && !may_sign && term != allowed {
                    prop_assert_eq!(act, Act::Kill);
                }
                if !is_absent && !may_sign {
                    prop_assert_ne!(act, Act::Start);
                }
            }
        }
    }
}
