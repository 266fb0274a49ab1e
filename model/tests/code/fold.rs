//! What the fold makes of a record, and what the model makes of it.
use crate::pair::{Pair, index, intended, refused};
use tanist_model::course::{Class, Course, Part, Word};
use watchdog_core::id::Epoch;
use watchdog_core::journal::Record;
use watchdog_core::payload::Payload;

use Part::{Activate, Fence, Prepare, Ready, Verify};

/// Walks through every state of both and compares them: the fold takes every word that the model takes, and no other.
fn walk<const N: usize>(class: Class, parts: [Part; N]) {
    let states = Pair::open(class, parts).reachable();
    let (mut words, mut others) = (0, 0);
    for pair in &states {
        if let Some(difference) = pair.difference() {
            panic!("{difference}\n{}", pair.shown());
        }
        for word in Course::<N>::alphabet() {
            if pair.course.after(word).is_some() {
                words += 1;
                refuses_what_is_almost_the_same(pair, word);
            } else {
                others += 1;
                refuses(pair, &pair.record(word));
            }
        }
    }
    let steps: Vec<_> = parts.iter().map(|part| format!("{part:?}")).collect();
    println!("{class:?} {}: {} states, {words} transitions, {others} others refused", steps.join(" "), states.len());
    assert!(states.len() > 100, "only {} states were found", states.len());
}

/// A record that the state asks for, but with an old epoch, another attempt or other bytes.
fn refuses_what_is_almost_the_same<const N: usize>(pair: &Pair<N>, word: Word) {
    let (old, new) = (pair.saga.epoch(), pair.saga.epoch().next(1));
    let mut wrong = Vec::new();
    match word {
        Word::Intended(step) => {
            let attempt = pair.progress(step).attempt();
            wrong.push(intended(step, attempt + 2, new, Payload::empty()));
            wrong.push(intended(step, attempt, new, Payload::new("other")));
            wrong.push(intended(step, attempt + 1, old, Payload::empty()));
            if old.token > 0 {
                wrong.push(intended(step, attempt + 1, Epoch { token: old.token - 1, seq: new.seq }, Payload::empty()));
            }
        }
        Word::Repeated(step) => {
            let (attempt, payload) = (pair.progress(step).attempt(), pair.progress(step).payload().clone());
            wrong.push(intended(step, attempt, new, Payload::new("other")));
            wrong.push(intended(step, attempt + 1, new, payload.clone()));
            wrong.push(intended(step, attempt, old, payload));
        }
        Word::Unprepared(step) => {
            let attempt = pair.progress(step).attempt();
            wrong.push(refused(step, attempt + 2, false));
            wrong.push(refused(step, attempt + 1, true));
        }
        Word::Undoing(step) => {
            wrong.push(Record::Undoing { saga: pair.saga.id(), step: index(step), epoch: old });
        }
        Word::Done(step) => {
            let attempt = pair.progress(step).attempt() + 1;
            wrong.push(Record::Expired { saga: pair.saga.id(), step: index(step), attempt });
        }
        _ => {}
    }
    for record in &wrong {
        refuses(pair, record);
    }
}

fn refuses<const N: usize>(pair: &Pair<N>, record: &Record) {
    assert!(pair.saga.clone().after(record).is_err(), "the fold takes {record:?}\n{}", pair.shown());
}

#[test]
fn the_fold_of_a_fenced_failover_is_the_models() {
    walk(Class::SharedKey, [Ready, Fence, Activate]);
}

#[test]
fn the_fold_of_a_failover_by_transaction_is_the_models() {
    walk(Class::Pointer, [Ready, Activate, Verify]);
}

#[test]
fn the_fold_of_a_rotation_is_the_models() {
    walk(Class::Rotating, [Ready, Activate, Verify]);
}

#[test]
fn the_fold_of_a_parallel_start_is_the_models() {
    walk(Class::Idempotent, [Ready, Activate, Verify]);
}

#[test]
fn the_fold_of_a_failover_with_preparation_is_the_models() {
    walk(Class::Pointer, [Ready, Prepare, Activate]);
}
