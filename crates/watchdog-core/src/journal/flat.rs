//! An entry as it is stored: one flat object, whatever its record holds.
//!
//! A start reads every entry there is, so they are read in one pass: each field once, in any order, straight into
//! its type. What serde makes of an enum within an object keeps every field twice before it knows which it is.
use super::{Entry, Outcome, Record};
use crate::action::{PlanRequest, Receipt};
use crate::clock::{BootTime, Timestamp};
use crate::id::{Epoch, InstanceId, NodeName, SagaId, StepIndex, ValidatorName};
use crate::payload::Payload;
use crate::plan::Plan;
use crate::policy::{Reason, Verdict};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::time::Duration;

/// Every field that an entry may have. A record has those that its kind names; others are ignored, as in any
/// entry of a later version of the same format.
#[derive(serde::Deserialize)]
pub(super) struct Flat {
    v: u16,
    seq: u64,
    token: u64,
    instance: InstanceId,
    at: Timestamp,
    boot: BootTime,
    validator: Option<ValidatorName>,
    record: Kind,
    #[serde(default, deserialize_with = "present")]
    version: Option<String>,
    #[serde(default, deserialize_with = "present")]
    verdict: Option<Verdict>,
    #[serde(default, deserialize_with = "present")]
    reason: Option<Why>,
    signer: Option<NodeName>,
    #[serde(default, deserialize_with = "present")]
    note: Option<String>,
    for_ms: Option<u64>,
    by: Option<String>,
    #[serde(default, deserialize_with = "present")]
    down: Option<Vec<ValidatorName>>,
    #[serde(default, deserialize_with = "present")]
    watched: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    saga: Option<SagaId>,
    #[serde(default, deserialize_with = "present")]
    request: Option<Box<PlanRequest>>,
    #[serde(default, deserialize_with = "present")]
    plan: Option<Box<Plan<serde_json::Value>>>,
    key: Option<String>,
    #[serde(default, deserialize_with = "present")]
    step: Option<StepIndex>,
    #[serde(default, deserialize_with = "present")]
    attempt: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    epoch: Option<Epoch>,
    #[serde(default, deserialize_with = "present")]
    payload: Option<Payload>,
    #[serde(default, deserialize_with = "present")]
    receipt: Option<Receipt>,
    #[serde(default)]
    is_final: bool,
    #[serde(default, deserialize_with = "present")]
    outcome: Option<Outcome>,
}

/// Kind of a record.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Started,
    Leased,
    Judged,
    Adopted,
    Paused,
    Unpaused,
    Acknowledged,
    Correlated,
    Released,
    Elapsed,
    Planned,
    Cancelled,
    Resumed,
    Intended,
    Done,
    Refused,
    Expired,
    Undoing,
    Undone,
    Closed,
}

/// `reason` is a judgement's in some records and a person's or an error's words in others.
enum Why {
    Judged(Reason),
    Said(String),
}

/// A record lacks a field.
#[derive(Debug, thiserror::Error)]
#[error("missing field `{0}`")]
pub(super) struct Missing(&'static str);

impl TryFrom<Flat> for Entry {
    type Error = Missing;

    fn try_from(mut flat: Flat) -> Result<Self, Missing> {
        let record = flat.record()?;
        let Flat { v, seq, token, instance, at, boot, validator, .. } = flat;
        Ok(Self { v, seq, token, instance, at, boot, validator, record })
    }
}

impl Flat {
    /// The record; its fields are taken out.
    fn record(&mut self) -> Result<Record, Missing> {
        Ok(match self.record {
            Kind::Started => Record::Started { version: needed(self.version.take(), "version")? },
            Kind::Leased => Record::Leased {},
            Kind::Judged => {
                let Some(Why::Judged(reason)) = self.reason.take() else { return Err(Missing("reason")) };
                Record::Judged { verdict: needed(self.verdict, "verdict")?, reason }
            }
            Kind::Adopted => Record::Adopted { signer: self.signer.take(), note: needed(self.note.take(), "note")? },
            Kind::Paused => {
                Record::Paused { lasts: self.for_ms.map(Duration::from_millis), reason: self.said()?, by: self.by()? }
            }
            Kind::Unpaused => Record::Unpaused { by: self.by()? },
            Kind::Acknowledged => Record::Acknowledged { by: self.by()? },
            Kind::Correlated => Record::Correlated {
                down: needed(self.down.take(), "down")?,
                watched: needed(self.watched, "watched")?,
            },
            Kind::Released => Record::Released { by: self.by()? },
            Kind::Elapsed => Record::Elapsed {},
            Kind::Planned => Record::Planned {
                saga: self.saga()?,
                request: *needed(self.request.take(), "request")?,
                plan: *needed(self.plan.take(), "plan")?,
                by: self.by.take(),
                key: self.key.take(),
            },
            Kind::Cancelled => Record::Cancelled { saga: self.saga()?, by: self.by()? },
            Kind::Resumed => Record::Resumed { saga: self.saga()? },
            Kind::Intended => Record::Intended {
                saga: self.saga()?,
                step: self.step()?,
                attempt: self.attempt()?,
                epoch: self.epoch()?,
                payload: needed(self.payload.take(), "payload")?,
            },
            Kind::Done => Record::Done {
                saga: self.saga()?,
                step: self.step()?,
                attempt: self.attempt()?,
                receipt: needed(self.receipt.take(), "receipt")?,
            },
            Kind::Refused => Record::Refused {
                saga: self.saga()?,
                step: self.step()?,
                attempt: self.attempt()?,
                reason: self.said()?,
                is_final: self.is_final,
            },
            Kind::Expired => Record::Expired { saga: self.saga()?, step: self.step()?, attempt: self.attempt()? },
            Kind::Undoing => Record::Undoing { saga: self.saga()?, step: self.step()?, epoch: self.epoch()? },
            Kind::Undone => Record::Undone { saga: self.saga()?, step: self.step()? },
            Kind::Closed => Record::Closed {
                saga: self.saga()?,
                outcome: needed(self.outcome, "outcome")?,
                reason: if self.reason.is_some() { Some(self.said()?) } else { None },
            },
        })
    }

    fn by(&mut self) -> Result<String, Missing> {
        needed(self.by.take(), "by")
    }

    fn said(&mut self) -> Result<String, Missing> {
        if let Some(Why::Said(reason)) = self.reason.take() { Ok(reason) } else { Err(Missing("reason")) }
    }

    fn saga(&self) -> Result<SagaId, Missing> {
        needed(self.saga, "saga")
    }

    fn step(&self) -> Result<StepIndex, Missing> {
        needed(self.step, "step")
    }

    fn attempt(&self) -> Result<u32, Missing> {
        needed(self.attempt, "attempt")
    }

    fn epoch(&self) -> Result<Epoch, Missing> {
        needed(self.epoch, "epoch")
    }
}

fn needed<T>(value: Option<T>, field: &'static str) -> Result<T, Missing> {
    value.ok_or(Missing(field))
}

/// A value that is there is none of `null`, unless its type says so.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for Why {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Why;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a reason, or words")
            }

            fn visit_str<E>(self, words: &str) -> Result<Why, E> {
                Ok(Why::Said(words.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Why, A::Error> {
                Reason::deserialize(MapAccessDeserializer::new(map)).map(Why::Judged)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action;
    use crate::clock::{BootId, Uptime};
    use crate::policy::Measure;
    use serde_json::{Map, Value, json};

    /// One of each kind, every field filled. A kind that is added here as well does not compile before it is.
    fn records() -> Vec<Record> {
        let (saga, step, attempt, epoch) = (SagaId(7), StepIndex(1), 2, Epoch { token: 3, seq: 4 });
        let (by, word, reason) = (|| "ops".to_owned(), || "a word".to_owned(), || "no answer".to_owned());
        let (node, validator) = (NodeName::new("node_a"), ValidatorName::new("main"));
        let found = Reason::of("missed", Measure::Count(3), Measure::Time(Duration::from_millis(1500)));
        let found = Reason { parts: vec![found.clone()], ..found };
        let request = PlanRequest {
            kind: action::Kind::Failover,
            from: node.clone().unwrap(),
            to: node.clone(),
            cause: Some(found.clone()),
            stated: None,
        };
        let limit = Duration::from_secs(30);
        let plan = Plan::ready(json!({ "see": null }), limit).move_pointer(json!("move"), limit).build();
        let first = Record::Started { version: "0.1".into() };
        let after = |record: &Record| {
            let (request, plan) = (request.clone(), plan.clone());
            Some(match record {
                Record::Started { .. } => Record::Leased {},
                Record::Leased {} => Record::Judged { verdict: Verdict::Down, reason: found.clone() },
                Record::Judged { .. } => Record::Adopted { signer: node.clone(), note: word() },
                Record::Adopted { .. } => Record::Paused { lasts: Some(limit), reason: reason(), by: by() },
                Record::Paused { .. } => Record::Unpaused { by: by() },
                Record::Unpaused { .. } => Record::Acknowledged { by: by() },
                Record::Acknowledged { .. } => {
                    Record::Correlated { down: validator.iter().cloned().collect(), watched: 9 }
                }
                Record::Correlated { .. } => Record::Released { by: by() },
                Record::Released { .. } => Record::Elapsed {},
                Record::Elapsed {} => Record::Planned { saga, request, plan, by: Some(by()), key: Some("k".into()) },
                Record::Planned { .. } => Record::Cancelled { saga, by: by() },
                Record::Cancelled { .. } => Record::Resumed { saga },
                Record::Resumed { .. } => {
                    Record::Intended { saga, step, attempt, epoch, payload: Payload::new([1, 2]) }
                }
                Record::Intended { .. } => Record::Done { saga, step, attempt, receipt: Receipt(Value::Null) },
                Record::Done { .. } => Record::Refused { saga, step, attempt, reason: reason(), is_final: true },
                Record::Refused { .. } => Record::Expired { saga, step, attempt },
                Record::Expired { .. } => Record::Undoing { saga, step, epoch },
                Record::Undoing { .. } => Record::Undone { saga, step },
                Record::Undone { .. } => Record::Closed { saga, outcome: Outcome::Blocked, reason: Some(reason()) },
                Record::Closed { .. } => return None,
            })
        };
        std::iter::successors(Some(first), after).collect()
    }

    fn entry(record: Record) -> Entry {
        let boot = BootTime { boot: BootId("boot".into()), up: Uptime(Duration::from_millis(1234)) };
        let (instance, validator) = (InstanceId([7; 16]), ValidatorName::new("main"));
        Entry { v: 1, seq: 2, token: 3, instance, at: Timestamp(4), boot, validator, record }
    }

    fn fields(record: Record) -> Map<String, Value> {
        let Value::Object(fields) = serde_json::to_value(entry(record)).unwrap() else {
            panic!("an entry is an object")
        };
        fields
    }

    fn read(fields: &Map<String, Value>) -> Result<Entry, serde_json::Error> {
        serde_json::from_str(&serde_json::to_string(fields).unwrap())
    }

    #[test]
    fn every_record_is_read_as_it_was_written_whatever_the_order_of_its_fields_and_beside_others() {
        for record in records() {
            let written = fields(record);
            let mut sorted: Vec<_> = written.clone().into_iter().collect();
            sorted.sort_by(|(a, _), (b, _)| b.cmp(a));
            let mut other: Map<_, _> = [("zeal".to_owned(), json!([1]))].into_iter().chain(sorted).collect();
            other.insert("age".to_owned(), json!(null));
            for fields in [&written, &other] {
                let Value::Object(again) = serde_json::to_value(read(fields).unwrap()).unwrap() else { panic!() };
                assert_eq!(again, written);
            }
        }
    }

    #[test]
    fn a_field_that_a_record_needs_and_lacks_is_named() {
        let may_lack = ["validator", "signer", "for_ms", "key", "is_final"];
        let mut checked = 0;
        for record in records() {
            let may_lack_too = match &record {
                Record::Planned { .. } => "by",
                Record::Closed { .. } => "reason",
                _ => "",
            };
            let written = fields(record);
            for name in written.keys().filter(|name| !may_lack.contains(&name.as_str())) {
                if name == may_lack_too {
                    continue;
                }
                let mut less = written.clone();
                less.remove(name);
                let error = read(&less).unwrap_err().to_string();
                assert!(error.contains(&format!("missing field `{name}`")), "{name}: {error}");
                checked += 1;
            }
        }
        assert!(checked > 170, "{checked}");
    }

    #[test]
    fn words_are_no_reason_of_a_judgement_and_a_reason_is_no_words() {
        let mut judged = fields(Record::Judged {
            verdict: Verdict::Down,
            reason: Reason::of("r", Measure::Count(1), Measure::Count(2)),
        });
        let mut refused = fields(Record::Paused { lasts: None, reason: "words".into(), by: "ops".into() });
        let (reason, words) = (judged["reason"].clone(), refused["reason"].clone());
        judged.insert("reason".into(), words);
        refused.insert("reason".into(), reason);
        assert!(read(&judged).is_err());
        assert!(read(&refused).is_err());
    }
}
