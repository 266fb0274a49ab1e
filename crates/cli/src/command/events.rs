//! `tanist events`
use super::journal::line;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::duration;
use crate::{Outcome, daemon};
use watchdog_core::clock::{Clock, SystemClock, Timestamp};
use watchdog_core::config::TextDuration;
use watchdog_service::control::view::{Answer, Event};

/// Print what happened, and follow it.
#[derive(Debug, clap::Args)]
pub(crate) struct Events {
    /// Go on with what happens from now on
    #[arg(short, long)]
    follow: bool,
    /// Only what happened in this time, such as "2h"
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<TextDuration>,
    /// Only what follows this position
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
}

pub(crate) fn run(events: &Events, global: &Global, printer: Printer) -> Outcome {
    let begin = events.since.map(|since| {
        let now = SystemClock::new().now();
        Timestamp(now.0.saturating_sub(u64::try_from(since.0.as_millis()).unwrap_or(u64::MAX)))
    });
    daemon::ask(global, async |client| {
        let mut after = events.after;
        loop {
            let page = client.events(after).await.map_err(|error| daemon::failure(&error))?;
            let Some(last) = page.last() else { break };
            after = last.result.seq;
            for event in &page {
                show(event, begin, printer);
            }
        }
        if !events.follow {
            return Ok(Exit::Ok);
        }
        let mut following = client.follow(after).await.map_err(|error| daemon::failure(&error))?;
        while let Some(event) = following.next().await.map_err(|error| daemon::failure(&error))? {
            show(&event, begin, printer);
            after = event.result.seq;
        }
        Err(Failure::new(Exit::Unreachable, "stream_ended", "the daemon has ended the stream")
            .hint(format!("once it runs again, go on with `tanist events --follow --after {after}`")))
    })
}

fn show(event: &Answer<Event>, begin: Option<Timestamp>, printer: Printer) {
    let at = Timestamp::parse(&event.result.at);
    if begin.zip(at).is_some_and(|(begin, at)| at < begin) {
        return;
    }
    if printer.json {
        printer.document(&event.document);
    } else {
        let Event { seq, at, validator, event, summary, .. } = &event.result;
        printer.text(&line(*seq, at, validator.as_deref().unwrap_or("-"), event, summary));
    }
}
