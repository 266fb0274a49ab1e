//! `tanist backtest`
mod lines;
mod recordings;
mod report;

use super::config::{assemble, environment};
use super::layers;
use crate::Outcome;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::{Settings, duration};
use recordings::Recordings;
use report::{Report, Summary};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use watchdog_core::clock::{Clock, SystemClock, Timestamp};
use watchdog_core::config::{ActLimits, TextDuration};
use watchdog_core::id::ValidatorName;
use watchdog_core::recording::Recorded;
use watchdog_core::secret::Unread;
use watchdog_core::unit::Unit;

/// Judge recorded observations again by the configured policy: what it would have said, and when it
/// would have failed over. Name a file with the policy that you want to try with `-c`.
///
/// What a failover changes in the world is not simulated: the recording goes on as it went. The first
/// failover of an outage is well founded, what follows it an estimate. Cool-down, hold, budgets and the
/// flap score keep it from failovers as they keep the daemon; pauses and everything else that only the
/// journal knows are left out.
#[derive(Debug, clap::Args)]
pub(crate) struct Backtest {
    /// Validator; with --export all of them where absent
    #[arg(required_unless_present = "export")]
    name: Option<ValidatorName>,
    /// Observations as one JSON object a line, as --export prints them; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "store")]
    from: Option<PathBuf>,
    /// Store of observations that no daemon holds; that of the configuration where absent
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Leave out what was observed before: a moment, or a time before now such as "7d"
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<Timestamp>,
    /// Leave out what was observed then or later
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    until: Option<Timestamp>,
    /// Time from a decision until the new node signs
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m", conflicts_with = "export")]
    failover_takes: TextDuration,
    /// Print the observations instead, one JSON object a line
    #[arg(long)]
    export: bool,
}

pub(crate) fn run(backtest: &Backtest, global: &Global, printer: Printer) -> Outcome {
    match &backtest.name {
        Some(name) if !backtest.export => judge(name, backtest, global, printer),
        name => export(name.as_ref(), backtest, global, printer),
    }
}

fn judge(name: &ValidatorName, backtest: &Backtest, global: &Global, printer: Printer) -> Outcome {
    let (unit, act) = unit(name, global)?;
    let mut summary = Summary::default();
    let recordings = backtest.recordings(global)?;
    let place = recordings.place();
    let (judged, damaged) = recordings.read(|all| {
        let mut own = all.filter(|recorded| summary.add(recorded, name));
        unit.backtest(&mut own, &act, backtest.failover_takes.0)
    })?;
    summary.check(&judged, name, &place)?;
    let report = Report { validator: name, summary, judged, damaged, takes: backtest.failover_takes };
    printer.result("backtest", report.document(), || report.text());
    Ok(Exit::Ok)
}

fn export(name: Option<&ValidatorName>, backtest: &Backtest, global: &Global, printer: Printer) -> Outcome {
    let ((), damaged) = backtest.recordings(global)?.read(|all| {
        let wanted = |recorded: &Recorded| name.is_none_or(|name| recorded.validator == *name);
        all.filter(wanted).for_each(|recorded| printer.document(&line(&recorded)));
    })?;
    if damaged > 0 {
        printer.note(&format!("{damaged} parts of the store are damaged, and were left out"));
    }
    Ok(Exit::Ok)
}

fn line(recorded: &Recorded) -> Value {
    let mut line = json!({ "schema": "tanist/observation/v1" });
    if let (Some(line), Ok(Value::Object(fields))) = (line.as_object_mut(), serde_json::to_value(recorded)) {
        line.extend(fields);
    }
    line
}

impl Backtest {
    fn recordings(&self, global: &Global) -> Result<Recordings, Box<Failure>> {
        let within = self.since.unwrap_or(Timestamp(0))..self.until.unwrap_or(Timestamp(u64::MAX));
        match (&self.from, &self.store) {
            (Some(file), _) => Recordings::lines(file, within),
            (None, Some(store)) => Recordings::store(store, within),
            (None, None) => Recordings::store(&Settings::read(&layers(global)?)?.observations(), within),
        }
    }
}

/// The validator as the configuration has it. No secret is read.
fn unit(name: &ValidatorName, global: &Global) -> Result<(Unit, ActLimits), Box<Failure>> {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    let env = environment(Arc::new(SystemClock::new()), Arc::new(Unread))?;
    let mut known = Vec::new();
    for one in assemble(&layers, &settings, &env)? {
        for unit in one.parts.units {
            if unit.name == *name {
                return Ok((unit, one.act));
            }
            known.push(unit.name.to_string());
        }
    }
    let failure = Failure::new(Exit::NotFound, "not_found", format!("the configuration has no validator `{name}`"));
    Err(if known.is_empty() { failure } else { failure.expected(format!("one of: {}", known.join(", "))) })
}

/// A moment of the command line: RFC 3339, or a time before now.
fn moment(text: &str) -> Result<Timestamp, String> {
    let before = |ago: TextDuration| {
        let ago = u64::try_from(ago.0.as_millis()).unwrap_or(u64::MAX);
        Timestamp(SystemClock::new().now().0.saturating_sub(ago))
    };
    let wrong = |_| "neither a moment such as 2026-01-02T03:04:05Z nor a time such as 7d".to_owned();
    Timestamp::parse(text).map_or_else(|| duration(text).map(before).map_err(wrong), Ok)
}
