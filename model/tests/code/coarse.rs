//! The model in the words of the specification follows from the one in the words of the saga.
use std::collections::{BTreeSet, HashSet};
use tanist_model::course::{Course, Phase};
use tanist_model::script::{Script, Stage, Standing, Turn};

/// Every change of a failover: what it was and what it became, in the specification's words.
fn changes<S: Script>(name: fn(S) -> &'static str) -> BTreeSet<(&'static str, &'static str)> {
    let (mut seen, mut waiting, mut changes) = (HashSet::new(), vec![S::begun()], BTreeSet::new());
    while let Some(script) = waiting.pop() {
        if !seen.insert(script) {
            continue;
        }
        let mut follow = |before: S, standing: Standing<S>| {
            let became = match standing {
                Standing::Open(next) => {
                    waiting.push(next);
                    name(next)
                }
                Standing::Moved => "Moved",
                Standing::Unmoved => "Unmoved",
                Standing::Stuck => "Stuck",
            };
            if name(before) != became {
                changes.insert((name(before), became));
            }
        };
        follow(script, Standing::Open(script.resumed()));
        if let Some(retracted) = script.retracted(false) {
            follow(script, Standing::Open(retracted));
        }
        match script.turn() {
            Turn::Prove => follow(script, Standing::Open(script.proven())),
            Turn::Close => follow(script, script.closed()),
            Turn::Wait => {}
            Turn::Send(command) => {
                let sent = script.intended(command).unwrap_or(script);
                follow(script, Standing::Open(sent));
                follow(sent, sent.acknowledged(command));
            }
        }
    }
    changes
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Intent => "Intent",
        Stage::Fenced => "Fenced",
        Stage::Activating => "Activating",
        Stage::Reverting => "Reverting",
    }
}

/// The saga's state in the specification's words. A failover that was cancelled and has nothing to take back is
/// reverting as well: the specification's model takes back all the same.
fn course(course: Course<3>) -> &'static str {
    match course.phase() {
        Phase::Planned | Phase::Proven | Phase::Fencing if course.is_cancelled() => "Reverting",
        Phase::Planned | Phase::Proven | Phase::Fencing => "Intent",
        Phase::Fenced => "Fenced",
        Phase::Activating | Phase::Effective => "Activating",
        Phase::Reverting => "Reverting",
        Phase::Closed(_) => "Closed",
    }
}

#[test]
fn the_saga_changes_as_the_specification_says_and_looks_again_at_a_fence_after_a_take_over() {
    let (specified, mut kept) = (changes(stage), changes(course));
    assert!(kept.remove(&("Fenced", "Intent")), "a successor looks again at the fence");
    assert!(kept.remove(&("Reverting", "Stuck")), "who cannot take back asks for a person");
    assert_eq!(specified, kept);
    assert_eq!(specified.len(), 6, "{specified:?}");
}
