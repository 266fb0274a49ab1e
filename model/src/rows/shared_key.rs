//! `SharedKey`: the rows of section 13 of the specification, and the same with the saga's own records.
use super::{breaks, safe};
use crate::course::Course;
use crate::desk::Writing;
use crate::row::{Expected, Row};
use crate::script::{Script, Stage};
use crate::shared_key::{Numbering, SharedKey};

/// One rule changed.
type Change<S> = fn(&mut SharedKey<S>);

/// A row: its name, what is changed, and what must come of it in the words of the specification and of the saga.
type Line<S> = (&'static str, Change<S>, Expected, Expected);

pub(super) fn rows() -> Vec<Row> {
    let specified = table::<Stage>()
        .into_iter()
        .map(|(name, change, expected, _)| Row::new("SharedKey, section 13", name, with(change), expected));
    let kept = table::<Course<3>>().into_iter().map(|(name, change, _, expected)| {
        let mut model = with(change);
        if name == RETRY {
            // The saga sends nothing to take back what it never sent, so this takes two commands more.
            model.commands_max = 5;
        }
        Row::new(SAGA, name, model, expected)
    });
    specified.chain(kept).chain(numbers()).collect()
}

/// Faults that only the saga's own records can show.
fn numbers() -> [Row; 2] {
    let anew: Change<Course<3>> = |m| {
        (m.numbering, m.terms_max, m.commands_max) = (Numbering::AnewEachFailover, 1, 5);
    };
    let refused = breaks("the newest command is never refused", 13);
    [
        Row::new(SAGA, "command numbers start over: the new command is taken for an old one", with(anew), refused),
        Row::new(SAGA, "command numbers start over: an old answer is taken for a new one", with(anew), breaks(ONE, 16)),
    ]
}

fn with<S: Script>(change: Change<S>) -> SharedKey<S> {
    let mut model = SharedKey::sound();
    change(&mut model);
    model
}

const RETRY: &str = "drained at grant only, the holder may give up waiting";
const SAGA: &str = "SharedKey, saga";
const ONE: &str = "one signer";

fn table<S: Script>() -> Vec<Line<S>> {
    let two = |steps| breaks(ONE, steps);
    vec![
        ("full protocol", |_| {}, safe(1_200_778), safe(2_905_246)),
        (
            "full protocol, 3 lease terms, 2 commands per term",
            |m| (m.terms_max, m.commands_max) = (3, 2),
            safe(2_786_354),
            safe(10_574_478),
        ),
        (
            "targets without epoch check, every command resolved first, a new holder drains",
            |m| (m.nodes_compare_epochs, m.one_command_at_a_time, m.grant_drains) = (false, true, true),
            safe(317_686),
            safe(738_098),
        ),
        ("targets without epoch check, no draining", |m| m.nodes_compare_epochs = false, two(16), two(21)),
        (RETRY, |m| (m.nodes_compare_epochs, m.grant_drains) = (false, true), two(18), two(20)),
        ("epoch = lease token only", |m| m.numbering = Numbering::TokenAlone, two(13), two(16)),
        (
            "journal append not conditional on the lease",
            |m| m.writing = Writing { is_conditional: false, ..Writing::SOUND },
            two(12),
            two(13),
        ),
        ("`Start` sent before `Activating` is durable", |m| m.write_ahead = false, two(12), two(13)),
        (
            "private journal per instance",
            |m| m.writing = Writing { is_shared: false, ..Writing::SOUND },
            two(13),
            two(17),
        ),
        ("revert allowed after the point of no return", |m| m.return_is_barred = false, two(10), two(11)),
        ("fence not reboot-safe", |m| m.fence_survives_restart = false, two(8), two(9)),
        ("“unreachable” accepted as fenced", |m| m.fence_is_acknowledged = false, two(6), two(7)),
    ]
}
