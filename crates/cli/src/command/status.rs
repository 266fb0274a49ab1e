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
    match (lease.held, lease.remaining_seconds) {
        (true, Some(left)) => format!("held {left:.0}s"),
        (true, None) => "held".to_owned(),
        (false, _) => format!("{BAD}not held{BAD:#}"),
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
