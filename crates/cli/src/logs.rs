//! What is logged: to standard error, or to the system's journal.
use crate::environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::LogFormat;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Starts logging. `TANIST_LOG` names directives (`info,watchdog_core=debug`) and wins over `-q` and
/// `-v`, which move the level from `info`.
///
/// # Errors
/// Where `TANIST_LOG` cannot be read.
pub(crate) fn start(format: LogFormat, quiet: u8, verbose: u8) -> Result<(), Box<Failure>> {
    let level = match i16::from(verbose) - i16::from(quiet) {
        ..=-2 => "error",
        -1 => "warn",
        0 => "info",
        1 => "debug,hyper=info,hyper_util=info,reqwest=info,rustls=info",
        2.. => "trace",
    };
    let directives = environment::text("TANIST_LOG");
    let filter = EnvFilter::builder().parse(directives.as_deref().unwrap_or(level)).map_err(|error| {
        Failure::new(Exit::Usage, "usage", "TANIST_LOG is not a list of directives")
            .caused_by(&error)
            .hint("such as `info` or `info,watchdog_core=debug`")
    })?;
    tracing_subscriber::registry().with(layer(format).with_filter(filter)).try_init().ok();
    Ok(())
}

fn layer(format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let lines = || tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
    match format {
        LogFormat::Pretty => lines().pretty().with_file(false).with_line_number(false).boxed(),
        LogFormat::Compact => lines().compact().boxed(),
        LogFormat::Json => lines().json().flatten_event(true).with_ansi(false).boxed(),
        LogFormat::Auto if std::io::stderr().is_terminal() => layer(LogFormat::Pretty),
        LogFormat::Auto if is_journald() => match tracing_journald::layer() {
            Ok(journald) => journald.boxed(),
            Err(_) => layer(LogFormat::Json),
        },
        LogFormat::Auto => layer(LogFormat::Json),
    }
}

/// Whether standard error is connected to the system's journal. Source: `JOURNAL_STREAM` of
/// systemd.exec(5), device and inode of the stream.
fn is_journald() -> bool {
    let own = std::fs::metadata("/proc/self/fd/2").map(|found| format!("{}:{}", found.dev(), found.ino()));
    environment::text("JOURNAL_STREAM").zip(own.ok()).is_some_and(|(stream, own)| stream == own)
}
