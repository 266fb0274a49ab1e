//! The laws of three-valued logic.
use proptest::prelude::*;
use std::num::NonZeroUsize;
use watchdog_core::policy::Verdict::{self, Degraded, Down, Healthy, Unknown};
use watchdog_core::policy::kleene::{at_least, not};

const ALL: [Verdict; 4] = [Healthy, Degraded, Unknown, Down];

fn of(need: usize, verdicts: &[Verdict]) -> Verdict {
    at_least(NonZeroUsize::new(need).unwrap(), verdicts)
}

fn and(a: Verdict, b: Verdict) -> Verdict {
    of(2, &[a, b])
}

fn or(a: Verdict, b: Verdict) -> Verdict {
    of(1, &[a, b])
}

/// The truth of "it is down": `Degraded` is a kind of no.
fn truth(verdict: Verdict) -> Verdict {
    if verdict == Degraded { Healthy } else { verdict }
}

fn pairs() -> impl Iterator<Item = (Verdict, Verdict)> {
    ALL.into_iter().flat_map(|a| ALL.map(|b| (a, b)))
}

#[test]
fn and_and_or_are_commutative_and_associative() {
    for (a, b) in pairs() {
        assert_eq!((and(a, b), or(a, b)), (and(b, a), or(b, a)), "{a} {b}");
        for c in ALL {
            assert_eq!(truth(and(a, and(b, c))), truth(and(and(a, b), c)), "{a} {b} {c}");
            assert_eq!(truth(or(a, or(b, c))), truth(or(or(a, b), c)), "{a} {b} {c}");
            assert_eq!(truth(and(a, and(b, c))), truth(of(3, &[a, b, c])), "{a} {b} {c}");
            assert_eq!(truth(or(a, or(b, c))), truth(of(1, &[a, b, c])), "{a} {b} {c}");
        }
    }
}

#[test]
fn and_and_or_absorb_and_distribute() {
    for (a, b) in pairs() {
        assert_eq!((truth(and(a, or(a, b))), truth(or(a, and(a, b)))), (truth(a), truth(a)), "{a} {b}");
        for c in ALL {
            assert_eq!(truth(and(a, or(b, c))), truth(or(and(a, b), and(a, c))), "{a} {b} {c}");
            assert_eq!(truth(or(a, and(b, c))), truth(and(or(a, b), or(a, c))), "{a} {b} {c}");
        }
    }
}

#[test]
fn not_twice_changes_nothing_that_can_be_turned() {
    for verdict in [Healthy, Unknown, Down] {
        assert_eq!(not(not(verdict)), verdict);
    }
    assert_eq!(not(Degraded), Unknown);
}

fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    proptest::collection::vec(proptest::sample::select(&ALL[..]), 1..9)
}

fn certain() -> impl Strategy<Value = Vec<Verdict>> {
    proptest::collection::vec(proptest::sample::select(&[Healthy, Unknown, Down][..]), 1..9)
}

fn count(kind: Verdict, verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| **verdict == kind).count()
}

proptest! {
    #[test]
    fn the_order_of_votes_does_not_matter(need in 1..10_usize, (votes, mixed) in verdicts().prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle()))) {
        prop_assert_eq!(of(need, &votes), of(need, &mixed));
    }

    #[test]
    fn k_of_n_keeps_its_bounds(need in 1..10_usize, votes in verdicts()) {
        let (down, unknown) = (count(Down, &votes), count(Unknown, &votes));
        let expected = match () {
            () if votes.len() < need => Unknown,
            () if down >= need => Down,
            () if down + unknown < need => Healthy,
            () => Unknown,
        };
        prop_assert_eq!(truth(of(need, &votes)), expected);
    }

    #[test]
    fn knowing_more_never_takes_back_what_was_known(need in 1..10_usize, votes in verdicts(), place: prop::sample::Index, told in proptest::sample::select(&ALL[..])) {
        let place = place.index(votes.len());
        let mut more = votes.clone();
        more[place] = if votes[place] == Unknown { told } else { votes[place] };
        let before = truth(of(need, &votes));
        prop_assert!(before == Unknown || before == truth(of(need, &more)), "{votes:?} to {more:?}");
    }

    #[test]
    fn unknown_never_contributes_to_down(need in 1..10_usize, votes in verdicts()) {
        let without: Vec<_> = votes.iter().map(|v| if *v == Unknown { Healthy } else { *v }).collect();
        prop_assert_eq!(of(need, &votes) == Down, of(need, &without) == Down);
    }

    #[test]
    fn degraded_never_contributes_to_down(need in 1..10_usize, votes in verdicts()) {
        let without: Vec<_> = votes.iter().copied().map(truth).collect();
        prop_assert_eq!(truth(of(need, &votes)), truth(of(need, &without)));
    }

    #[test]
    fn a_larger_quorum_is_never_easier_to_reach(need in 1..9_usize, votes in verdicts()) {
        prop_assert!(of(need + 1, &votes) != Down || of(need, &votes) == Down);
    }

    #[test]
    fn de_morgan_holds_for_every_quorum(need in 1..9_usize, votes in certain()) {
        prop_assume!(need <= votes.len());
        let turned: Vec<_> = votes.iter().copied().map(not).collect();
        let other = votes.len() - need + 1;
        prop_assert_eq!(not(truth(of(need, &votes))), truth(of(other, &turned)));
    }

    #[test]
    fn degraded_is_shown_only_where_some_vote_is_bad(need in 1..10_usize, votes in verdicts()) {
        let bad = count(Down, &votes) + count(Degraded, &votes) > 0;
        let verdict = of(need, &votes);
        prop_assert!(verdict != Degraded || bad);
        prop_assert!(verdict != Healthy || !bad);
    }
}
