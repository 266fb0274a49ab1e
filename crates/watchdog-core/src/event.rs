//! Journal entries as people and scripts read them: without payload bytes.
use crate::clock::{BootId, BootTime, Timestamp, Uptime};
use crate::id::{InstanceId, OperationId, ValidatorName};
use crate::journal::{Entry, FORMAT, Record};
use crate::payload::Payload;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// One entry of the journal, safe to print.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Position in the journal, from 1, without gaps.
    pub seq: u64,
    /// When.
    #[serde(serialize_with = "crate::status::text")]
    pub at: Timestamp,
    /// The same since boot, in milliseconds: what cool-downs and budgets count by.
    pub up_ms: u64,
    /// Which boot.
    pub boot: BootId,
    /// Lease token it was written under.
    pub token: u64,
    /// Process that wrote it.
    pub instance: String,
    /// Whom it is about; absent for the watchdog itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator: Option<ValidatorName>,
    /// The operation it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// What happened, in one word: `planned`.
    pub event: String,
    /// What happened, in one line.
    pub summary: String,
    /// The record with digests in place of payloads.
    pub details: Value,
}

impl From<&Entry> for Event {
    fn from(entry: &Entry) -> Self {
        let mut details = serde_json::to_value(&entry.record).unwrap_or_default();
        let event = details.get("record").and_then(Value::as_str).unwrap_or("unreadable").to_owned();
        if let Some(fields) = details.as_object_mut() {
            fields.remove("record");
            if let Record::Intended { payload, .. } = &entry.record {
                fields.insert("payload".into(), described(payload));
            }
        }
        let saga = entry.record.saga();
        Self {
            seq: entry.seq,
            at: entry.at,
            up_ms: u64::try_from(entry.boot.up.0.as_millis()).unwrap_or(u64::MAX),
            boot: entry.boot.boot.clone(),
            token: entry.token,
            instance: entry.instance.to_string(),
            validator: entry.validator.clone(),
            operation: entry.validator.clone().zip(saga).map(|(validator, saga)| OperationId { validator, saga }),
            event,
            summary: summary(entry),
            details,
        }
    }
}

/// A document is no [`Event`], or one of a newer program.
#[derive(Debug, thiserror::Error)]
#[error("it is no event of a journal")]
pub struct NoEvent(#[source] serde_json::Error);

impl Event {
    /// The entry that an event written as JSON was made from, with the digest of each payload in its
    /// place: enough to be folded, nothing that could be sent.
    ///
    /// An event of a build that named no boot counts by the wall clock, from one event of a process to
    /// its next and no further.
    ///
    /// # Errors
    /// [`NoEvent`].
    pub fn entry(document: &Value) -> Result<Entry, NoEvent> {
        #[derive(Deserialize)]
        struct Told {
            seq: u64,
            at: String,
            token: u64,
            instance: InstanceId,
            #[serde(default)]
            validator: Option<ValidatorName>,
            event: String,
            details: Map<String, Value>,
            #[serde(flatten)]
            boot: Option<Since>,
        }

        #[derive(Deserialize)]
        struct Since {
            up_ms: u64,
            boot: BootId,
        }

        let Told { seq, at, token, instance, validator, event, mut details, boot } =
            Told::deserialize(document).map_err(NoEvent)?;
        let at = Timestamp::parse(&at).ok_or_else(|| NoEvent(serde::de::Error::custom("`at` is no moment")))?;
        let Since { up_ms, boot } =
            boot.unwrap_or_else(|| Since { up_ms: at.0, boot: BootId(format!("of instance {instance}")) });
        if let Some(digest) = details.get("payload").and_then(|payload| payload.get("sha256")).cloned() {
            details.insert("payload".to_owned(), digest);
        }
        let boot = BootTime { boot, up: Uptime(std::time::Duration::from_millis(up_ms)) };
        // As it lies in the store, where nothing within the details takes the place of what is outside of them.
        let head = json!({
            "v": FORMAT, "seq": seq, "token": token, "instance": instance, "at": at, "boot": boot, "validator": validator,
            "record": event,
        });
        if let Value::Object(head) = head {
            details.extend(head);
        }
        Entry::deserialize(Value::Object(details)).map_err(NoEvent)
    }
}

/// Length and digest: enough to compare, nothing to use.
fn described(payload: &Payload) -> Value {
    json!({ "bytes": payload.bytes().len(), "sha256": hex::encode(Sha256::digest(payload.bytes())) })
}

fn summary(entry: &Entry) -> String {
    match &entry.record {
        Record::Started { version } => format!("version {version} started"),
        Record::Leased {} => format!("lease taken with token {}", entry.token),
        Record::Judged { verdict, reason } => format!("{verdict}: {reason}"),
        Record::Adopted { note, .. } => note.clone(),
        Record::Paused { reason, by, .. } => format!("paused by {by}: {reason}"),
        Record::Unpaused { by } => format!("resumed by {by}"),
        Record::Acknowledged { by } => format!("acknowledged by {by}"),
        Record::Correlated { down, watched } => {
            let names: Vec<_> = down.iter().map(ValidatorName::as_str).collect();
            format!("{} of {watched} validators turned down together: {}", names.len(), names.join(", "))
        }
        Record::Released { by } => format!("automatic action released by {by}"),
        Record::Elapsed {} => "time passed".to_owned(),
        Record::Planned { request, by, .. } => {
            let who = by.as_deref().unwrap_or("tanist");
            let to = request.to.as_ref().map_or("nobody", |node| node.as_str());
            format!("{} {} -> {to}, asked for by {who}", request.kind, request.from)
        }
        Record::Cancelled { by, .. } => format!("cancelled by {by}"),
        Record::Resumed { .. } => "taken up after a restart or by another instance".to_owned(),
        Record::Intended { step, attempt, payload, .. } => {
            format!("step {}, attempt {attempt}: about to be sent ({} bytes)", ordinal(*step), payload.bytes().len())
        }
        Record::Done { step, .. } => format!("step {}: done", ordinal(*step)),
        Record::Refused { step, reason, .. } => format!("step {}: given up, {reason}", ordinal(*step)),
        Record::Expired { step, attempt, .. } => {
            format!("step {}, attempt {attempt}: can have no effect any more", ordinal(*step))
        }
        Record::Undoing { step, .. } => format!("step {}: being taken back", ordinal(*step)),
        Record::Undone { step, .. } => format!("step {}: taken back", ordinal(*step)),
        Record::Closed { outcome, reason: None, .. } => outcome.to_string(),
        Record::Closed { outcome, reason: Some(reason), .. } => format!("{outcome}: {reason}"),
    }
}

/// Steps are numbered from 1 for people.
fn ordinal(step: crate::id::StepIndex) -> u32 {
    u32::from(step.0).saturating_add(1)
}
