//! What a journal keeps: entries and checkpoints as stores hand them back.
use crate::decoder::Outcome;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use watchdog_core::action::{Kind, PlanRequest, Receipt};
use watchdog_core::clock::{BootId, BootTime, Timestamp, Uptime};
use watchdog_core::config::{ActLimits, TextDuration};
use watchdog_core::fence::Strength;
use watchdog_core::gates::Limits;
use watchdog_core::id::{Epoch, InstanceId, NodeName, SagaId, StepIndex, ValidatorName};
use watchdog_core::journal::fleet::Fleet;
use watchdog_core::journal::standing::{Moment, Standing};
use watchdog_core::journal::timeline::Timeline;
use watchdog_core::journal::{Checkpoint, Entry, FORMAT, JournalError, Outcome as Ended, Record, sealed};
use watchdog_core::payload::Payload;
use watchdog_core::plan::Plan;
use watchdog_core::policy::{Measure, Reason, Verdict};

/// Lines, an entry each: whatever is read is written as it was read, and folds or is refused, and then
/// every gate says something.
pub(crate) fn entries(input: &[u8]) -> Outcome {
    let (mut outcome, mut timeline, mut fleet) = (Outcome::Refused, Timeline::default(), Fleet::default());
    let mut standings = BTreeMap::<ValidatorName, Standing>::new();
    for line in input.split(|byte| *byte == b'\n') {
        let Some(entry) = entry(line) else { continue };
        outcome = Outcome::Accepted;
        let now = timeline.advance(&entry);
        fleet.apply(&entry, &now);
        let Some(validator) = &entry.validator else { continue };
        let standing = standings.entry(validator.clone()).or_default();
        let before = standing.clone();
        if standing.apply_at(&entry, now.clone()).is_err() {
            // A journal that contradicts itself is not read on.
            *standing = before;
        }
        look(standing, &now);
    }
    let checkpoint = Checkpoint { v: FORMAT, seq: 1, token: 1, timeline, fleet, standings };
    same_again("a checkpoint", &checkpoint, sealed::checkpoint(&checkpoint), sealed::read_checkpoint);
    outcome
}

/// A checkpoint.
pub(crate) fn checkpoint(input: &[u8]) -> Outcome {
    refuse_damage(input, sealed::read_checkpoint);
    match sealed::read_checkpoint(&seal(input)) {
        Err(error) => refused(&error),
        Ok(checkpoint) => {
            same_again("a checkpoint", &checkpoint, sealed::checkpoint(&checkpoint), sealed::read_checkpoint);
            for standing in checkpoint.standings.values() {
                look(standing, &moment(1));
                let condensed = standing.condensed(2);
                assert!(condensed.finished().len() <= 4, "a condensed standing is none");
            }
            Outcome::Accepted
        }
    }
}

fn entry(line: &[u8]) -> Option<Entry> {
    let seq = serde_json::from_slice::<Value>(line).ok().and_then(|value| value.get("seq")?.as_u64()).unwrap_or(1);
    refuse_damage(line, |value| sealed::read_entry(seq, value));
    match sealed::read_entry(seq, &seal(line)) {
        Ok(entry) => {
            assert_eq!(entry.seq, seq, "an entry stands at the wrong place");
            assert!(entry.v <= FORMAT, "an entry of a newer format is read");
            same_again("an entry", &entry, sealed::entry(&entry), |value| sealed::read_entry(seq, value));
            Some(entry)
        }
        Err(error) => {
            refused(&error);
            None
        }
    }
}

/// As stores keep it: with its checksum before it.
fn seal(payload: &[u8]) -> Vec<u8> {
    [&crc32fast::hash(payload).to_le_bytes(), payload].concat()
}

/// Without its checksum, or with another one, nothing is read.
fn refuse_damage<T>(payload: &[u8], read: impl Fn(&[u8]) -> Result<T, JournalError>) {
    let mut sealed = seal(payload);
    if let Some(first) = sealed.first_mut() {
        *first ^= 1;
    }
    assert!(read(&sealed).is_err(), "a value with the wrong checksum is read");
}

fn refused(error: &JournalError) -> Outcome {
    assert!(matches!(error, JournalError::Damaged { .. } | JournalError::Newer { .. }), "another error: {error}");
    assert!(!error.to_string().is_empty(), "an error without a text");
    Outcome::Refused
}

fn same_again<T: Serialize>(
    what: &str,
    value: &T,
    written: Result<Vec<u8>, JournalError>,
    read: impl Fn(&[u8]) -> Result<T, JournalError>,
) {
    let again = written.and_then(|written| read(&written));
    let again = again.unwrap_or_else(|error| panic!("{what} that was read cannot be written and read again: {error}"));
    let json = |value: &T| rounded(serde_json::to_value(value).unwrap_or_default());
    assert_eq!(json(&again), json(value), "{what} changes when it is written and read again");
}

/// `value` with fractions as precise as they are read: their last bit may change on the way.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            Value::String(format!("{:.12e}", number.as_f64().unwrap_or_default()))
        }
        Value::Array(elements) => elements.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, rounded(value))).collect(),
        other => other,
    }
}

/// Everything that is asked of a standing.
fn look(standing: &Standing, now: &Moment) {
    let domains = [(0, Duration::ZERO), (2, Duration::from_secs(1)), (u32::MAX, Duration::MAX)];
    for (most, time) in domains {
        let act =
            ActLimits { per_day: most, per_week: most, failback_hold: TextDuration(time), ..ActLimits::default() };
        let limits = Limits { act, cooldown: time, period: time };
        let gates = limits.gates(standing, now);
        for gate in &gates {
            assert!(serde_json::to_string(gate).is_ok_and(|text| !text.contains("null")), "a gate without its numbers");
            let told = |text: &String| !text.is_empty();
            assert!(
                gate.closed.as_ref().is_none_or(|r| told(&r.code) && told(&r.message) && told(&r.hint)),
                "a gate is closed and does not say why"
            );
        }
        assert_eq!(limits.admit(standing, now).is_ok(), gates.iter().all(|gate| gate.closed.is_none()));
        for node in [node("node_a"), node("node_b")] {
            limits.admit_target(standing, &node, now).ok();
        }
    }
    assert!(standing.changes().count() <= 64, "a standing remembers without bound");
    let (_, _, _) = (standing.counts_on_time(now), standing.keyed("key"), standing.blocked());
    if let Some(account) = standing.current() {
        let (_, _, _) = (account.saga.next(), account.saga.phase(), account.saga.may_cancel());
    }
}

fn moment(seconds: u64) -> Moment {
    let up = Uptime(Duration::from_secs(seconds));
    Moment { at: Timestamp(1), boot: BootTime { boot: BootId("a".to_owned()), up }, lived: up.0 }
}

#[allow(clippy::expect_used, reason = "names in this file are names")]
fn node(name: &str) -> NodeName {
    NodeName::new(name).expect("a name")
}

/// Whole failovers, and everything that stands between them.
pub(crate) fn stories() -> Vec<Vec<u8>> {
    let told: Vec<_> = [failover(), undone(), watching()].iter().map(|records| lines(records)).collect();
    told.into_iter().map(|lines| lines.join("\n").into_bytes()).collect()
}

/// The checkpoints after them.
pub(crate) fn checkpoints() -> Vec<Vec<u8>> {
    let one = |records: &[Record]| {
        let (mut timeline, mut fleet, mut standing) = (Timeline::default(), Fleet::default(), Standing::default());
        for line in lines(records) {
            let Ok(entry) = serde_json::from_str::<Entry>(&line) else { continue };
            let now = timeline.advance(&entry);
            fleet.apply(&entry, &now);
            standing.apply_at(&entry, now).ok();
        }
        let standings = ValidatorName::new("main").map(|name| (name, standing)).into_iter().collect();
        serde_json::to_vec(&Checkpoint { v: FORMAT, seq: 40, token: 3, timeline, fleet, standings }).unwrap_or_default()
    };
    let half = failover();
    vec![one(&failover()), one(&undone()), one(&watching()), one(half.get(..6).unwrap_or_default())]
}

fn lines(records: &[Record]) -> Vec<String> {
    let line = |(place, record): (u64, &Record)| {
        let up = Uptime(Duration::from_secs(place * 7));
        let is_own = matches!(record, Record::Started { .. } | Record::Leased {} | Record::Elapsed {})
            || matches!(record, Record::Correlated { .. } | Record::Released { .. });
        let entry = Entry {
            v: FORMAT,
            seq: place,
            token: 3,
            instance: InstanceId([7; 16]),
            at: Timestamp(1_790_000_000_000 + place),
            boot: BootTime { boot: BootId("5f0c".to_owned()), up },
            validator: ValidatorName::new("main").filter(|_| !is_own),
            record: record.clone(),
        };
        serde_json::to_string(&entry).unwrap_or_default()
    };
    (1..).zip(records).map(line).collect()
}

const SAGA: SagaId = SagaId(1);

fn judged(verdict: Verdict) -> Record {
    let part = Reason::of("missed_in_window", Measure::Ratio(0.5), Measure::Number(1.25));
    let reason = Reason { parts: vec![part], ..Reason::of("missed", Measure::Count(4), Measure::Position(7)) };
    Record::Judged { verdict, reason }
}

fn begun() -> Vec<Record> {
    let limit = Duration::from_secs(30);
    let plan = Plan::ready(json!("see"), limit).prepare(json!({ "copy": [1] }), limit);
    let plan = plan.fence(json!("stop"), Strength::Proves, limit).activate(json!("start"), limit);
    let plan = plan.map(|plan| plan.verify(json!("look"), limit).build());
    let request =
        PlanRequest { kind: Kind::Failover, from: node("node_a"), to: Some(node("node_b")), cause: None, stated: None };
    let (by, key) = (Some("alice (uid 1000)".to_owned()), Some("key".to_owned()));
    let planned = plan.map(|plan| Record::Planned { saga: SAGA, request, plan, by, key });
    let adopted = Record::Adopted { signer: Some(node("node_a")), note: "the chain names it".to_owned() };
    [Record::Started { version: "1.0.0".to_owned() }, Record::Leased {}, adopted, judged(Verdict::Down)]
        .into_iter()
        .chain(planned)
        .collect()
}

fn sent(step: u16, seq: u64) -> Record {
    let epoch = Epoch { token: 3, seq };
    Record::Intended { saga: SAGA, step: StepIndex(step), attempt: 1, epoch, payload: Payload::new("7f00ff") }
}

fn done(step: u16) -> Record {
    Record::Done { saga: SAGA, step: StepIndex(step), attempt: 1, receipt: Receipt(json!({ "exit": 0 })) }
}

fn failover() -> Vec<Record> {
    let steps = (0..5).flat_map(|step| [sent(step, u64::from(step) + 1), done(step)]);
    let closed = Record::Closed { saga: SAGA, outcome: Ended::Completed, reason: None };
    begun().into_iter().chain(steps).chain([closed, judged(Verdict::Healthy)]).collect()
}

fn undone() -> Vec<Record> {
    let refused =
        Record::Refused { saga: SAGA, step: StepIndex(2), attempt: 1, reason: "no answer".to_owned(), is_final: true };
    let undoing = |step, seq| Record::Undoing { saga: SAGA, step: StepIndex(step), epoch: Epoch { token: 3, seq } };
    let undone = |step| Record::Undone { saga: SAGA, step: StepIndex(step) };
    let tail = [
        sent(0, 1),
        done(0),
        sent(1, 2),
        Record::Resumed { saga: SAGA },
        done(1),
        sent(2, 3),
        Record::Expired { saga: SAGA, step: StepIndex(2), attempt: 1 },
        refused,
        undoing(2, 4),
        undone(2),
        undoing(1, 5),
        undone(1),
        Record::Closed { saga: SAGA, outcome: Ended::Reverted, reason: None },
        Record::Cancelled { saga: SAGA, by: "alice".to_owned() },
    ];
    begun().into_iter().chain(tail).collect()
}

fn watching() -> Vec<Record> {
    let by = || "alice (uid 1000)".to_owned();
    vec![
        Record::Started { version: "1.0.0".to_owned() },
        Record::Leased {},
        judged(Verdict::Unknown),
        Record::Paused { lasts: Some(Duration::from_hours(2)), reason: "upgrade".to_owned(), by: by() },
        Record::Unpaused { by: by() },
        judged(Verdict::Down),
        Record::Correlated { down: ValidatorName::new("main").into_iter().collect(), watched: 3 },
        Record::Released { by: by() },
        judged(Verdict::Degraded),
        Record::Acknowledged { by: by() },
        Record::Adopted { signer: None, note: "nobody".to_owned() },
        Record::Elapsed {},
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stories_to_begin_with_are_read_line_by_line_and_hold_every_record() {
        let mut kinds = std::collections::BTreeSet::new();
        for story in stories() {
            assert_eq!(entries(&story), Outcome::Accepted);
            for line in String::from_utf8(story).unwrap().lines() {
                let entry = entry(line.as_bytes()).unwrap();
                kinds.insert(serde_json::to_value(&entry).unwrap()["record"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(kinds.len(), 20, "{kinds:?}");
        for one in checkpoints() {
            assert_eq!(checkpoint(&one), Outcome::Accepted);
        }
    }

    #[test]
    #[should_panic(expected = "changes when it is written and read again")]
    fn a_value_that_changes_on_its_way_is_a_fault() {
        same_again("a value", &1, Ok(Vec::new()), |_| Ok(2));
    }
}
