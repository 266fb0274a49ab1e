//! `tanist backtest`
mod lines;
mod pages;
mod reals;
mod recordings;
mod report;
mod unread;

use super::config::{assemble, environment};
use super::layers;
use crate::Outcome;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::{Settings, duration};
use recordings::{Recordings, is_input};
use report::{Report, Summary};
use std::path::PathBuf;
use std::sync::Arc;
use watchdog_core::backtest::{Line, Trial};
use watchdog_core::clock::{Clock, SystemClock, Timestamp};
use watchdog_core::config::TextDuration;
use watchdog_core::id::ValidatorName;
use watchdog_core::recording::Recorded;
use watchdog_core::secret::Unread;
use watchdog_core::unit::Unit;
use watchdog_service::control::document;

/// Judge recorded observations again by the configured policy: what it would have said, and when it
/// would have failed over. Name a file with the policy that you want to try with `-c`.
///
/// What a failover changes in the world is not simulated: the recording goes on as it went. The first
/// failover of an outage is well founded, what follows it an estimate. Cool-down, hold, budgets and the
/// flap score keep it from failovers as they keep the daemon. With --journal so do the pauses, holds and
/// orders that were really given, and what really began is compared with what would have.
#[derive(Debug, clap::Args)]
pub(crate) struct Backtest {
    /// Validator; with --export all of them where absent
    #[arg(required_unless_present = "export")]
    name: Option<ValidatorName>,
    /// Observations as one JSON object a line, as --export prints them, and events of a journal among them;
    /// `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "store")]
    from: Option<PathBuf>,
    /// Store of observations that no daemon holds; where absent that of the configuration, for which a daemon
    /// that holds it is asked
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// What really happened: a journal that no daemon holds, or its events as one JSON object a line, as
    /// `tanist journal export` and `tanist events --json` print them; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "export")]
    journal: Option<PathBuf>,
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
    let (unit, trial) = tried(name, backtest.failover_takes, global)?;
    let mut summary = Summary::default();
    let recordings = backtest.recordings(global)?;
    let place = recordings.place();
    let (judged, unread) = recordings.read(|all| {
        let is_own = |line: &Line| match line {
            Line::Observed(recorded) => summary.add(recorded, name),
            Line::Journaled(_) => true,
        };
        unit.sensor.backtest(&mut all.filter(is_own), &trial)
    })?;
    summary.check(&judged, &unread, name, &place)?;
    let report = Report { validator: name, summary, judged, unread, takes: backtest.failover_takes };
    printer.result("backtest", report.document(), || report.text());
    Ok(Exit::Ok)
}

fn export(name: Option<&ValidatorName>, backtest: &Backtest, global: &Global, printer: Printer) -> Outcome {
    let ((), unread) = backtest.recordings(global)?.read(|all| {
        let observed = |line| if let Line::Observed(recorded) = line { Some(recorded) } else { None };
        let wanted = |recorded: &Recorded| name.is_none_or(|name| recorded.validator == *name);
        all.filter_map(observed)
            .filter(wanted)
            .for_each(|recorded| printer.document(&document::observation(&recorded)));
    })?;
    let mut text = String::new();
    unread.tell(&mut text);
    if !text.is_empty() {
        printer.note(text.trim_end());
    }
    Ok(Exit::Ok)
}

impl Backtest {
    fn recordings(&self, global: &Global) -> Result<Recordings, Box<Failure>> {
        let within = self.since.unwrap_or(Timestamp(0))..self.until.unwrap_or(Timestamp(u64::MAX));
        let input = |path: &Option<PathBuf>| path.as_deref().is_some_and(is_input);
        if input(&self.from) && input(&self.journal) {
            let message = "standard input can be read once, and both --from and --journal name it";
            let hint = "name it with --from alone: events of a journal may stand among the observations";
            return Err(Failure::new(Exit::Usage, "usage", message).hint(hint));
        }
        let observed = match (&self.from, &self.store) {
            (Some(file), _) => Recordings::lines(file, within),
            (None, Some(store)) => Recordings::store(store, within),
            (None, None) => {
                let path = Settings::read(&layers(global)?)?.observations();
                Recordings::kept(&path, within, self.name.as_ref(), global)
            }
        }?;
        match &self.journal {
            Some(journal) => observed.beside(journal),
            None => Ok(observed),
        }
    }
}

/// The validator as the configuration has it, and how it is tried. No secret is read.
fn tried(name: &ValidatorName, takes: TextDuration, global: &Global) -> Result<(Unit, Trial), Box<Failure>> {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    let env = environment(Arc::new(SystemClock::new()), Arc::new(Unread))?;
    let (mut found, mut others) = (None, Vec::new());
    for one in assemble(&layers, &settings, &env)? {
        for unit in one.parts.units {
            if unit.name == *name {
                found = Some((unit, one.act.clone()));
            } else {
                others.push((unit.name, one.act.failure_domain.clone()));
            }
        }
    }
    let Some((unit, act)) = found else {
        let missing = format!("the configuration has no validator `{name}`");
        let failure = Failure::new(Exit::NotFound, "not_found", missing);
        let known: Vec<_> = others.iter().map(|(name, _)| name.as_str()).collect();
        return Err(if known.is_empty() { failure } else { failure.expected(format!("one of: {}", known.join(", "))) });
    };
    let beside = others.into_iter().filter(|(_, domain)| *domain == act.failure_domain).map(|(name, _)| name).collect();
    let trial = Trial { beside, ..unit.trial(&act, takes.0) };
    Ok((unit, trial))
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
