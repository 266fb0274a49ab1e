//! `tanist fence test`
use super::ladders::{self, Table};
use crate::Outcome;
use crate::args::Global;
use crate::command::layers;
use crate::command::run::instance_id;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, GOOD, HEAD, Printer, WARN, table};
use crate::settings::Settings;
use serde::Serialize;
use std::fmt::Write;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use watchdog_core::causes;
use watchdog_core::clock::SystemClock;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::plan::Authority;
use watchdog_supervise::ladder::{Ladder, Rehearsed};
use watchdog_supervise::order::Target;

/// Walk every fence up to its effect, and change nothing.
///
/// The node's command is asked for its state, the service manager for its unit, the hook for a
/// rehearsal, the lease store for the node's last sign of life. Exit code 3 says that a fence would not
/// have held.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Validator whose fences are rehearsed, or one ladder; all of them where absent
    name: Option<String>,
}

/// One ladder, rehearsed.
#[derive(Debug, Serialize)]
struct LadderReport {
    name: String,
    #[serde(flatten)]
    target: Target,
    strength: Strength,
    admits_shared_key: bool,
    rungs: Vec<RungReport>,
}

/// One rung, rehearsed.
#[derive(Debug, Serialize)]
struct RungReport {
    rung: String,
    strength: Strength,
    /// Whether the harmless form went through and nothing is lacking.
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lacking: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    took_seconds: f64,
}

pub(super) fn run(test: &Test, global: &Global, printer: Printer) -> Outcome {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    let is_meant = |(name, table): &Table<'_>| {
        test.name.as_ref().is_none_or(|wanted| wanted == *name || wanted == table.validator.as_str())
    };
    let tables: Vec<_> = settings.fence.iter().filter(is_meant).collect();
    if tables.is_empty() {
        return Err(none(test.name.as_deref()));
    }
    let fences = ladders::build(tables.iter().copied(), &settings, instance_id()?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Error, "runtime", "no runtime can be started").caused_by(&error))?;
    let cx = Cx::root(Arc::new(SystemClock::new()), CancellationToken::new());
    let cx = global.timeout.map_or_else(|| cx.clone(), |limit| cx.within(limit.0));
    let reports: Vec<_> = runtime.block_on(async {
        let mut reports = Vec::new();
        for (name, table) in tables {
            if let Ok(fence) = fences.of(&table.target(), None) {
                reports.push(report(name, fence.target(), fence.ladder(), &cx).await);
            }
        }
        reports
    });
    let holds = reports.iter().flat_map(|ladder| &ladder.rungs).all(|rung| rung.ok);
    printer.result("fence-test", serde_json::json!({ "ladders": reports }), || text(&reports));
    Ok(if holds { Exit::Ok } else { Exit::Unhealthy })
}

async fn report(name: &str, target: &Target, ladder: &Ladder, cx: &Cx) -> LadderReport {
    let rungs = ladder.rehearse(target, cx).await.into_iter().map(rung).collect();
    LadderReport {
        name: name.to_owned(),
        target: target.clone(),
        strength: ladder.strength(),
        admits_shared_key: ladder.admits(Authority::SharedKey).is_ok(),
        rungs,
    }
}

fn rung(rehearsed: Rehearsed) -> RungReport {
    let (found, lacking, error) = match rehearsed.result {
        Ok(rehearsal) => (Some(rehearsal.found), rehearsal.lacking, None),
        Err(error) => (None, Vec::new(), Some(causes::line(&error))),
    };
    RungReport {
        rung: rehearsed.rung,
        strength: rehearsed.strength,
        ok: error.is_none() && lacking.is_empty(),
        found,
        lacking,
        error,
        took_seconds: rehearsed.took.as_secs_f64(),
    }
}

fn text(reports: &[LadderReport]) -> String {
    let mut text = String::new();
    for ladder in reports {
        writeln!(text, "{HEAD}{}{HEAD:#}  {}", ladder.name, ladder.target).ok();
        let rows: Vec<_> = ladder.rungs.iter().map(row).collect();
        text.push_str(&table(&["RUNG", "STRENGTH", "TOOK", "RESULT"], &rows));
        for rung in &ladder.rungs {
            for lacking in &rung.lacking {
                writeln!(text, "{WARN}lacking{WARN:#}: {}: {lacking}", rung.rung).ok();
            }
        }
        if !ladder.admits_shared_key {
            writeln!(
                text,
                "no rung proves by itself: a validator whose nodes share one key is not moved by this ladder"
            )
            .ok();
        }
    }
    text
}

fn row(rung: &RungReport) -> Vec<String> {
    let result = match (&rung.found, &rung.error) {
        (Some(found), _) if rung.ok => format!("{GOOD}ready{GOOD:#}: {found}"),
        (Some(found), _) => format!("{WARN}would not hold{WARN:#}: {found}"),
        (None, error) => format!("{BAD}not reached{BAD:#}: {}", error.as_deref().unwrap_or_default()),
    };
    vec![rung.rung.clone(), rung.strength.to_string(), format!("{:.1}s", rung.took_seconds), result]
}

fn none(name: Option<&str>) -> Box<Failure> {
    let message = name.map_or_else(
        || "no fence is configured".to_owned(),
        |name| format!("no fence is called `{name}`, and no validator with one"),
    );
    Failure::new(Exit::NotFound, "fence_not_found", message)
        .hint("the tables `[fence.<name>]` of the configuration name them")
}
