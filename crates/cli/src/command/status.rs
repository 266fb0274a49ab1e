//! `tanist status`
use crate::args::Global;
use crate::exit::Exit;
use crate::output::{BAD, GOOD, Printer, WARN, table};
use crate::{Outcome, daemon};
use anstyle::Style;
use std::fmt::Write;
use watchdog_service::control::view::{self, Lease, Operation, Validator};

/// Show the state of all validators or of one.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// Validator; all of them where absent
    name: Option<String>,
}

pub(crate) fn run(status: &Status, global: &Global, printer: Printer) -> Outcome {
    daemon::ask(global, async |client| match &status.name {
        None => {
            let answer = client.status().await.map_err(|error| daemon::failure(&error))?;
            deliver(printer, &answer.document, || all(&answer.result));
            Ok(exit(answer.result.stopped.is_none() && answer.result.validators.iter().all(Validator::is_healthy)))
        }
        Some(name) => {
            let answer = client.validator(name).await.map_err(|error| daemon::failure(&error))?;
            deliver(printer, &answer.document, || one(&answer.result));
            Ok(exit(answer.result.is_healthy()))
        }
    })
}

/// The daemon's own document, or text.
pub(crate) fn deliver(printer: Printer, document: &serde_json::Value, text: impl FnOnce() -> String) {
    if printer.json {
        printer.document(document);
    } else {
        printer.text(&text());
    }
}

fn exit(is_healthy: bool) -> Exit {
    if is_healthy { Exit::Ok } else { Exit::Unhealthy }
}

fn all(status: &view::Status) -> String {
    let rows: Vec<_> = status.validators.iter().map(|one| row(one, &status.lease)).collect();
    let mut text = table(&["VALIDATOR", "CHAIN", "NETWORK", "SIGNER", "MODE", "STATE", "VERDICT", "LEASE"], &rows);
    for one in &status.validators {
        remarks(one, &mut text);
    }
    if let Some(stopped) = &status.stopped {
        writeln!(text, "{BAD}nothing acts any more{BAD:#}: {}\n  hint: {}", stopped.message, stopped.hint).ok();
    }
    if let Some(hold) = &status.correlation {
        let (down, names) = (hold.down.len(), hold.down.join(", "));
        writeln!(text, "{BAD}nothing acts by itself{BAD:#}: {down} of {} validators turned down together ({names}), since {}\n  hint: look for what they have in common, then `tanist release`", hold.watched, hold.since).ok();
    }
    if let Some(trouble) = &status.lease.trouble {
        writeln!(text, "lease store: {WARN}{trouble}{WARN:#}").ok();
    }
    if status.validators.is_empty() {
        text.push_str("no validator is configured\n");
    }
    text
}

fn row(one: &Validator, lease: &Lease) -> Vec<String> {
    let style = style(&one.state);
    vec![
        one.name.clone(),
        one.chain.clone(),
        one.network.clone().unwrap_or_else(|| "-".to_owned()),
        one.signer.clone().unwrap_or_else(|| "unknown".to_owned()),
        one.mode.clone(),
        format!("{style}{}{style:#}", one.state),
        one.judgement.as_ref().map_or_else(|| "not judged yet".to_owned(), |judgement| judgement.summary.clone()),
        held(lease),
    ]
}

fn held(lease: &Lease) -> String {
    match (lease.held, lease.remaining_seconds, &lease.holder) {
        (true, Some(left), _) => format!("held {left:.0}s"),
        (true, None, _) => "held".to_owned(),
        (false, _, Some(holder)) if lease.holder_late_seconds.is_some() => format!("{BAD}{holder} (silent){BAD:#}"),
        (false, _, Some(holder)) => format!("{WARN}{holder}{WARN:#}"),
        (false, _, None) => format!("{BAD}not held{BAD:#}"),
    }
}

fn style(state: &str) -> Style {
    match state {
        "healthy" => GOOD,
        "failing" => BAD,
        _ => WARN,
    }
}

fn remarks(one: &Validator, text: &mut String) {
    if let Some(pause) = &one.pause {
        let until =
            pause.until.as_ref().map_or_else(|| "until somebody resumes".to_owned(), |until| format!("until {until}"));
        writeln!(text, "paused: {} {until} ({}, by {})", one.name, pause.reason, pause.by).ok();
    }
    if let Some(operation) = &one.operation {
        writeln!(text, "moving: {}", operation_line(operation)).ok();
    }
    let weak: Vec<_> = one.fences.iter().filter(|fence| fence.strength != "proves").collect();
    if !weak.is_empty() {
        let nodes =
            weak.iter().map(|fence| format!("{} ({})", fence.node, fence.strength)).collect::<Vec<_>>().join(", ");
        let name = &one.name;
        writeln!(text, "{WARN}weak fence{WARN:#}: {name} {nodes}: validation will not move away from there by itself\n  hint: give each node a `[fence.<name>]` with a rung that proves, and rehearse it with `tanist fence test {name}`").ok();
    }
    if let Some(hold) = &one.hold {
        writeln!(text, "held back: {} {}\n  hint: {}", one.name, hold.message, hold.hint).ok();
    }
    if let Some(advice) = &one.advice {
        let to = advice.to.as_deref().unwrap_or("nobody");
        writeln!(text, "advice: {} {} {} -> {to}, plan {}", advice.kind, one.name, advice.from, short(&advice.digest))
            .ok();
        writeln!(
            text,
            "  tanist {} {} --plan {} --execute --confirm {}",
            advice.kind,
            one.name,
            short(&advice.digest),
            one.name
        )
        .ok();
    }
}

/// The part of a digest that names a plan.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}

/// An operation in one line.
pub(crate) fn operation_line(operation: &Operation) -> String {
    let to = operation.to.as_deref().unwrap_or("nobody");
    let Operation { id, kind, from, state, phase, .. } = operation;
    format!("{id}  {kind} {from} -> {to}  {state} ({phase})")
}

fn one(validator: &Validator) -> String {
    let mut text = String::new();
    let style = style(&validator.state);
    writeln!(text, "{}  {style}{}{style:#}", validator.name, validator.state).ok();
    let mut row = |name: &str, value: &str| writeln!(text, "  {name:<10}{value}").ok();
    row("chain", &validator.chain);
    if let Some(network) = &validator.network {
        row("network", network);
    }
    row("mode", &validator.mode);
    row("signer", validator.signer.as_deref().unwrap_or("unknown"));
    row("nodes", &validator.nodes.join(", "));
    match &validator.judgement {
        Some(judgement) => {
            row("verdict", &format!("{} since {}", judgement.verdict, judgement.since));
            row("reason", &judgement.summary);
        }
        None => drop(row("verdict", "not judged yet")),
    }
    if let Some(left) = validator.cooldown_seconds {
        row("cool-down", &format!("{left:.0}s left"));
    }
    remarks(validator, &mut text);
    if let Some(operation) = &validator.last_operation {
        writeln!(text, "last operation: {}", operation_line(operation)).ok();
        if let Some(trouble) = &operation.trouble {
            writeln!(text, "  {trouble}").ok();
        }
    }
    if !validator.readings.is_empty() {
        text.push_str("readings:\n");
    }
    for reading in &validator.readings {
        let seen = reading.performance.as_deref().unwrap_or("no answer");
        writeln!(text, "  {:<28}  {seen:<10}  {}", reading.source, reading.line).ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn validator() -> serde_json::Value {
        json!({
            "name": "radix_main", "chain": "radix", "network": "mainnet", "mode": "advise", "state": "failing",
            "signer": "node_a", "nodes": ["node_a", "node_b"], "a_field_of_tomorrow": 7,
            "judgement": { "verdict": "down", "since": "2026-01-02T03:04:05.000Z", "at": "2026-01-02T03:05:05.000Z",
                "summary": "missed 5 (limit 4)", "reason": {} },
            "readings": [
                { "source": "node_b core", "origin": "10.0.0.5", "at": "2026-01-02T03:05:05.000Z", "took_seconds": 0.01,
                    "performance": "failing", "line": "5 of 5 missed" },
                { "source": "gateway gateway-1.example", "line": "gateway-1.example did not answer: timed out" },
            ],
            "hold": { "code": "cooldown", "message": "the last operation ended 3 m ago", "hint": "wait 57 m" },
            "advice": { "id": "plan_00112233445566778899", "digest": "00112233445566778899", "expires_at": "2026-01-02T03:10:05.000Z",
                "validator": "radix_main", "kind": "failover", "from": "node_a", "to": "node_b", "authority": "pointer", "steps": [] },
            "cooldown_seconds": 3420.4,
            "last_operation": { "id": "op_radix_main_1", "validator": "radix_main", "kind": "failover", "from": "node_b", "to": "node_a",
                "state": "failed", "phase": "failed", "opened_at": "x", "closed_at": "y", "trouble": "the ledger refused it" },
        })
    }

    fn typed<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_table_shows_each_validator_in_a_line_and_its_troubles_below() {
        let mut paused = validator();
        for (key, value) in
            [("name", json!("eth")), ("state", json!("paused")), ("signer", json!(null)), ("network", json!(null))]
        {
            paused[key] = value;
        }
        paused["pause"] =
            json!({ "until": "2026-01-02T14:00:00.000Z", "reason": "kernel update", "by": "ops (uid 1000)" });
        paused["fences"] = json!([
            { "node": "node_a", "strength": "none" }, { "node": "node_b", "strength": "proves" },
            { "node": "node_c", "strength": "likely" },
        ]);
        for key in ["hold", "advice", "judgement"] {
            paused.as_object_mut().unwrap().remove(key);
        }
        let status: view::Status = typed(json!({
            "instance": "host-1", "version": "1.2.3", "started_at": "x", "lease": { "held": true, "remaining_seconds": 21.4 },
            "correlation": { "since": "2026-01-02T03:04:05.000Z", "down": ["eth", "radix_main"], "watched": 3 },
            "validators": [validator(), paused],
        }));
        insta::assert_snapshot!(plain(&all(&status)));
    }

    #[test]
    fn one_validator_is_shown_with_every_reading_and_the_reason() {
        insta::assert_snapshot!(plain(&one(&typed(validator()))));
    }

    #[test]
    fn only_a_healthy_verdict_with_nothing_under_way_is_healthy() {
        let with = |state: &str, verdict: &str| {
            let mut validator = validator();
            (validator["state"], validator["judgement"]["verdict"]) = (state.into(), verdict.into());
            typed::<Validator>(validator).is_healthy()
        };
        assert!(with("healthy", "healthy") && with("paused", "healthy"));
        assert!(!with("paused", "down") && !with("moving", "healthy") && !with("degraded", "degraded"));
        assert!(!with("unknown", "unknown") && !with("a_word_of_tomorrow", "healthy"));
    }
}
