//! `Pointer` and `Rotating`.
use super::{breaks, safe};
use crate::book::{Pointer, Windows};
use crate::desk::Writing;
use crate::on_ledger::{Book, Expiry, OnLedger};
use crate::row::{Expected, Row};

/// A row: its name, what is changed, and what must come of it.
type Line<B> = (&'static str, fn(&mut OnLedger<B>), Expected);

pub(super) fn rows() -> Vec<Row> {
    let pointers = pointer().into_iter().map(|line| row("Pointer", OnLedger::sound(Pointer::SOUND, 2), line));
    let windows = rotating().into_iter().map(|line| row("Rotating", OnLedger::sound(Windows::SOUND, 1), line));
    pointers.chain(windows).collect()
}

fn row<B: Book>(group: &'static str, mut model: OnLedger<B>, (name, change, expected): Line<B>) -> Row {
    change(&mut model);
    Row::new(group, name, model, expected)
}

fn pointer() -> Vec<Line<Pointer>> {
    let mut lines: Vec<Line<Pointer>> = vec![
        ("full protocol", |_| {}, safe(4_878_958)),
        ("completed at commit instead of at effect", |m| m.completes_at_effect = false, breaks(QUIET, 8)),
        ("the ledger changes the key within an epoch", |m| m.book = Pointer::HASTY, breaks(KEY, 5)),
        ("taken back after the point of no return", |m| m.return_is_barred = false, breaks(QUIET, 5)),
        ("silence taken as a refusal for good", |m| m.refusal_is_seen = false, breaks(QUIET, 6)),
    ];
    lines.extend(payloads(breaks(QUIET, 10)));
    lines
}

fn rotating() -> Vec<Line<Windows>> {
    let mut lines: Vec<Line<Windows>> = vec![
        ("full protocol", |_| {}, safe(180_834)),
        ("overlap treated as harmless", |m| m.book = Windows::OVERLAPPING, breaks(KEY, 6)),
        ("old key withdrawn before the new one is valid", |m| m.retires_after_effect = false, breaks(LASTS, 7)),
        ("completed at commit instead of at validity", |m| m.completes_at_effect = false, breaks(QUIET, 8)),
    ];
    lines.extend(payloads(breaks(LANDED, 11)));
    lines
}

const KEY: &str = "one key per epoch";
const TWINS: &str = "one payload per attempt";
const FLYING: &str = "one payload may land";
const LANDED: &str = "one payload lands per failover";
const QUIET: &str = "the journal names the signer";
const LASTS: &str = "the old key lasts until the new one is valid";

/// Faults with payloads, the same for both classes but for what comes of a wrong expiry: where the ledger names one
/// key, the saga ends as failed before a second payload lands.
fn payloads<B: Book>(wrong_expiry: Expected) -> Vec<Line<B>> {
    vec![
        ("new payload before the old one is over", |m| m.expiry = Expiry::Absent, breaks(FLYING, 7)),
        ("expiry by our own clock, with a view that is behind", |m| m.expiry = Expiry::ByOwnClock, wrong_expiry),
        ("a retry signs anew", |m| m.retry_sends_stored = false, breaks(TWINS, 5)),
        ("payload sent before it is durable", |m| m.write_ahead = false, breaks(TWINS, 8)),
        (
            "journal append not conditional on the lease",
            |m| m.writing = Writing { is_conditional: false, ..Writing::SOUND },
            breaks(TWINS, 8),
        ),
        (
            "private journal per instance",
            |m| (m.writing, m.failovers_max) = (Writing { is_shared: false, ..Writing::SOUND }, 2),
            breaks(FLYING, 9),
        ),
    ]
}
