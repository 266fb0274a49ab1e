//! What happened when: the network's own record and the watchdog's journal side by side.
use serde_json::Value;
use std::fmt;

/// One moment.
#[derive(Debug, PartialEq)]
pub(super) struct Moment {
    wall_ms: i64,
    name: &'static str,
    what: String,
}

/// The moments of a failover, in their order of cause and effect.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Timeline {
    stopped_ms: i64,
    moments: Vec<Moment>,
}

impl Timeline {
    /// The failover from `primary` to `backup` after the former was stopped at `stopped_ms`. Says which moment is
    /// missing where not all of them have come yet.
    pub(super) fn of(
        record: &Value,
        events: &[Value],
        primary: &str,
        backup: &Node<'_>,
        stopped_ms: i64,
    ) -> Result<Self, &'static str> {
        let turns = record.get("timeline").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let turns: Vec<Turn<'_>> = turns.iter().filter_map(Turn::read).collect();
        let mut timeline = Self { stopped_ms, moments: Vec::new() };

        let missed = turns.iter().find(|turn| turn.ours && !turn.made && turn.wall_ms >= stopped_ms);
        let missed = missed.ok_or("first miss")?;
        let good = turns.iter().rfind(|turn| turn.made && turn.node == Some(primary) && turn.wall_ms <= missed.wall_ms);
        let good = good.ok_or("last good proposal")?;
        timeline.push(good.wall_ms, "last good proposal", format!("{primary}, {good}"));
        timeline.push(stopped_ms, "primary stopped", primary.to_owned());
        timeline.push(missed.wall_ms, "first miss", missed.to_string());

        let after = |event: &&Value| at_ms(event).is_some_and(|at| at >= stopped_ms);
        let events: Vec<&Value> = events.iter().filter(after).collect();
        let is = |event: &Value, name: &str| event.get("event").is_some_and(|kind| kind == name);
        let is_down = |event: &Value| event.pointer("/details/verdict").is_some_and(|verdict| verdict == "down");
        let verdict = events.iter().find(|event| is(event, "judged") && is_down(event)).ok_or("verdict")?;
        timeline.journaled("verdict", verdict);
        let plan = events.iter().find(|event| is(event, "planned")).ok_or("plan")?;
        timeline.journaled("plan", plan);

        let intents = record.get("intents").and_then(Value::as_object);
        let intent = intents.into_iter().flat_map(|intents| intents.values());
        let intent = intent.filter_map(Intent::read).find(|intent| intent.submitted_ms >= stopped_ms);
        let intent = intent.ok_or("submitted")?;
        timeline.push(intent.submitted_ms, "submitted", format!("{} through {}", intent.name, intent.through));
        let committed = intent.committed.ok_or("committed")?;
        timeline.push(
            committed.wall_ms,
            "committed",
            format!("state version {}, epoch {}", committed.state_version, committed.epoch),
        );

        let effective = epoch_of_key(record, backup.key).ok_or("effective epoch")?;
        let begun = turns.iter().find(|turn| turn.epoch == effective).ok_or("effective epoch")?;
        let what = format!("the validator set of epoch {effective} names the key of {}", backup.name);
        timeline.push(begun.wall_ms, "effective epoch", what);
        let proposal = turns.iter().find(|turn| turn.made && turn.node == Some(backup.name));
        let proposal = proposal.ok_or("first proposal of the backup")?;
        timeline.push(proposal.wall_ms, "first proposal of the backup", format!("{}, {proposal}", backup.name));
        Ok(timeline)
    }

    fn push(&mut self, wall_ms: i64, name: &'static str, what: String) {
        self.moments.push(Moment { wall_ms, name, what });
    }

    fn journaled(&mut self, name: &'static str, event: &Value) {
        let summary = event.get("summary").and_then(Value::as_str).unwrap_or_default();
        self.push(at_ms(event).unwrap_or_default(), name, summary.to_owned());
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut moments: Vec<&Moment> = self.moments.iter().collect();
        moments.sort_by_key(|moment| moment.wall_ms);
        for Moment { wall_ms, name, what } in moments {
            #[allow(clippy::cast_precision_loss, reason = "a demo takes minutes")]
            let seconds = (wall_ms - self.stopped_ms) as f64 / 1000.0;
            writeln!(f, "  {seconds:+8.2} s  {name:<29} {what}")?;
        }
        Ok(())
    }
}

/// A node as the network knows it.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) name: &'a str,
    pub(super) key: &'a str,
}

/// A settled turn of the record.
struct Turn<'a> {
    wall_ms: i64,
    epoch: u64,
    round: u64,
    ours: bool,
    made: bool,
    node: Option<&'a str>,
}

impl<'a> Turn<'a> {
    fn read(turn: &'a Value) -> Option<Self> {
        Some(Self {
            wall_ms: turn.get("wall_ms")?.as_i64()?,
            epoch: turn.get("epoch")?.as_u64()?,
            round: turn.get("round")?.as_u64()?,
            ours: turn.get("ours")?.as_bool()?,
            made: turn.get("made")?.as_bool()?,
            node: turn.get("node").and_then(Value::as_str),
        })
    }
}

impl fmt::Display for Turn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {} round {}", self.epoch, self.round)
    }
}

/// A transaction of the record.
struct Intent<'a> {
    name: &'a str,
    through: &'a str,
    submitted_ms: i64,
    committed: Option<Commit>,
}

struct Commit {
    wall_ms: i64,
    state_version: u64,
    epoch: u64,
}

impl<'a> Intent<'a> {
    fn read(intent: &'a Value) -> Option<Self> {
        let arrivals = intent.get("arrivals")?.as_array()?;
        let through = |arrival: &'a Value| arrival.get("through").and_then(Value::as_str);
        let first = arrivals.iter().find(|arrival| through(arrival) != Some("ledger"))?;
        let executed = arrivals.iter().rfind(|arrival| through(arrival) == Some("ledger"));
        let commit = |executed: &Value| {
            let committed = intent.get("committed")?;
            if committed.get("failure").is_some_and(|failure| !failure.is_null()) {
                return None;
            }
            Some(Commit {
                wall_ms: executed.get("wall_ms")?.as_i64()?,
                state_version: committed.get("state_version")?.as_u64()?,
                epoch: committed.get("epoch")?.as_u64()?,
            })
        };
        Some(Self {
            name: intent.get("intent")?.as_str()?,
            through: through(first)?,
            submitted_ms: first.get("wall_ms")?.as_i64()?,
            committed: executed.and_then(commit),
        })
    }
}

/// First epoch whose validator set names `key`.
fn epoch_of_key(record: &Value, key: &str) -> Option<u64> {
    let epochs = record.get("epochs")?.as_object()?;
    let named = epochs.iter().filter(|(_, votes)| votes.get("key").is_some_and(|named| named == key));
    named.filter_map(|(epoch, _)| epoch.parse().ok()).min()
}

/// Wall time of a journaled event.
fn at_ms(event: &Value) -> Option<i64> {
    rfc3339_ms(event.get("at")?.as_str()?)
}

/// Milliseconds since 1970 of `2026-01-02T03:04:05.678Z`, the one form that tanist writes.
fn rfc3339_ms(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, by: char| text.split(by).map(|part| part.parse().ok()).collect::<Option<Vec<i64>>>();
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let ([year, month, day], [hour, minute, second]) = (&*numbers(date, '-')?, &*numbers(clock, ':')?) else {
        return None;
    };
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    // Days from civil: years begin in March, so that the leap day is the last.
    let year = if *month <= 2 { year - 1 } else { *year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis)
}

/// Who signed, by the network's own record: an error where it was not one signer throughout.
pub(super) fn one_signer(record: &Value, primary: &str, backup: &str) -> Result<String, String> {
    if record.get("violated") != Some(&Value::Bool(false)) {
        let violations = record.get("violations").cloned().unwrap_or_default();
        return Err(format!("the network's record holds two signers in one epoch: {violations}"));
    }
    let epochs = record.get("epochs").and_then(Value::as_object).ok_or("the network's record has no epochs")?;
    let mut signed = [0_u64; 2];
    for (epoch, votes) in epochs {
        let voters = votes.get("voters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let voters: Vec<_> = voters.iter().filter_map(Value::as_str).collect();
        match voters.as_slice() {
            [] => {}
            [one] if *one == primary => signed[0] += 1,
            [one] if *one == backup => signed[1] += 1,
            others => return Err(format!("in epoch {epoch} {} counted for the validator", others.join(" and "))),
        }
    }
    if signed.contains(&0) {
        return Err(format!("{primary} signed in {} epochs and {backup} in {}: nothing moved", signed[0], signed[1]));
    }
    let intents = record.get("intents").and_then(Value::as_object);
    for (hash, intent) in intents.into_iter().flatten() {
        let payloads = intent.get("payloads").and_then(Value::as_array).map_or(0, Vec::len);
        if payloads != 1 {
            return Err(format!("intent {hash} was submitted with {payloads} payloads"));
        }
    }
    Ok(format!(
        "one signer in each of {} epochs ({primary} in {}, then {backup} in {}), one payload per intent",
        signed[0] + signed[1],
        signed[0],
        signed[1]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_are_read_as_the_journal_writes_them() {
        assert_eq!(rfc3339_ms("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(rfc3339_ms("2000-02-29T12:00:00.5Z"), Some(951_825_600_500));
        assert_eq!(rfc3339_ms("2026-11-21T08:50:01.042Z"), Some(1_795_251_001_042));
        assert_eq!(rfc3339_ms("2026-11-21 08:50"), None);
    }

    fn record() -> Value {
        let turn = |wall_ms: i64, epoch: u64, round: u64, made: bool, node: Option<&str>| json!({ "wall_ms": wall_ms, "epoch": epoch, "round": round, "ours": true, "made": made, "node": node });
        json!({
            "violated": false, "violations": [],
            "epochs": { "7": { "key": "02aa", "voters": ["node_a"] }, "8": { "key": "02aa", "voters": [] },
                        "9": { "key": "02bb", "voters": ["node_b"] } },
            "intents": { "ab": { "intent": "txid_x", "payloads": ["cd"],
                "arrivals": [{ "wall_ms": 4000, "through": "gateway_1" }, { "wall_ms": 4500, "through": "ledger" }],
                "committed": { "state_version": 60, "epoch": 8, "failure": null } } },
            "timeline": [turn(900, 7, 1, true, Some("node_a")), turn(1400, 7, 5, false, None),
                         turn(5000, 9, 1, false, None), turn(5400, 9, 2, true, Some("node_b"))],
        })
    }

    fn events() -> Vec<Value> {
        let event = |at: &str, event: &str, verdict: &str| json!({ "at": format!("1970-01-01T00:00:0{at}Z"), "event": event, "summary": event, "details": { "verdict": verdict } });
        vec![event("0.500", "judged", "healthy"), event("2.000", "judged", "down"), event("2.100", "planned", "")]
    }

    const BACKUP: Node<'static> = Node { name: "node_b", key: "02bb" };

    #[test]
    fn a_whole_failover_has_all_its_moments_in_order() {
        let timeline = Timeline::of(&record(), &events(), "node_a", &BACKUP, 1000).unwrap();
        let text = timeline.to_string();
        let names: Vec<_> = timeline.moments.iter().map(|moment| (moment.name, moment.wall_ms)).collect();
        assert_eq!(
            names,
            [
                ("last good proposal", 900),
                ("primary stopped", 1000),
                ("first miss", 1400),
                ("verdict", 2000),
                ("plan", 2100),
                ("submitted", 4000),
                ("committed", 4500),
                ("effective epoch", 5000),
                ("first proposal of the backup", 5400)
            ]
        );
        assert!(text.lines().next().unwrap().starts_with("     -0.10 s  last good proposal"), "{text}");
    }

    #[test]
    fn a_moment_that_has_not_come_yet_is_named() {
        let mut early = record();
        early["timeline"].as_array_mut().unwrap().truncate(3);
        assert_eq!(Timeline::of(&early, &events(), "node_a", &BACKUP, 1000), Err("first proposal of the backup"));
        assert_eq!(Timeline::of(&record(), &events()[..1], "node_a", &BACKUP, 1000), Err("verdict"));
    }

    #[test]
    fn two_voters_in_one_epoch_or_two_payloads_of_one_intent_are_never_one_signer() {
        assert!(one_signer(&record(), "node_a", "node_b").is_ok());
        let with = |change: fn(&mut Value)| {
            let mut record = record();
            change(&mut record);
            one_signer(&record, "node_a", "node_b")
        };
        assert!(with(|record| record["epochs"]["9"]["voters"] = json!(["node_a", "node_b"])).is_err());
        assert!(with(|record| record["epochs"]["9"]["voters"] = json!(["node_c"])).is_err());
        assert!(with(|record| record["epochs"]["9"]["voters"] = json!([])).is_err());
        assert!(with(|record| record["violated"] = json!(true)).is_err());
        assert!(with(|record| record["intents"]["ab"]["payloads"] = json!(["cd", "ef"])).is_err());
    }
}
