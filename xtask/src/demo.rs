//! A failover to look at: a local Radix network, a primary node that stops, a watchdog that moves validation.
mod config;
mod network;
mod process;
mod timeline;
mod watchdog;

use crate::failure::Failure;
use crate::repository::Repository;
use config::{CONFIG, JOURNAL, OWNER_KEY, config};
use network::{Network, text};
use process::Process;
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use timeline::{Node, Timeline, one_signer};
use watchdog::Tanist;

const PRIMARY: &str = "node_a";
const BACKUP: &str = "node_b";
/// Longest path of a Unix socket, bytes. Source: `sun_path` of unix(7), without its closing zero.
const SOCKET_PATH_MAX: usize = 107;
/// What the layers of `tanist run` begin with.
const INSTALLED: [&str; 2] = ["/etc/tanist/tanist.toml", "/etc/tanist/conf.d"];

/// `cargo xtask demo`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let keep = match arguments {
        [] => false,
        [flag] if flag == "--keep" => true,
        _ => return Err(Failure::usage(format!("`{}` is not understood: only --keep is", arguments.join(" ")))),
    };
    if let Some(installed) = INSTALLED.iter().find(|path| Path::new(path).exists()) {
        return Err(Failure::new(format!("{installed} exists, and `tanist run` would watch its validators as well"))
            .hint("run the demo on a machine where tanist is not installed"));
    }
    let repository = Repository::find()?;
    let devnet = repository.build_devnet()?;
    let program = repository.build_tanist()?;
    let folder = fresh_folder(&repository)?;
    println!("\nfiles: {}", folder.display());

    let lasts = if keep { Duration::from_hours(24) } else { Duration::from_mins(10) };
    let mut network = Network::start(&repository, &devnet, &folder, lasts)?;
    println!("network: local Radix network around the real engine, control API at {}", network.control()?);
    write_files(network.ready(), &folder)?;
    let tanist = Tanist { repository: &repository, program, config: folder.join(CONFIG) };
    println!("watchdog: tanist run --config {}", tanist.config.display());
    let mut watchdog = tanist.start(folder.join("tanist.log"))?;

    wait_until(&tanist, &mut watchdog, &network, PRIMARY)?;
    let stopped_ms = network.stop_node(PRIMARY)?;
    println!("\nprimary {PRIMARY} stopped; waiting for the backup to propose\n");
    let timeline = wait_for_failover(&tanist, &mut watchdog, &network, stopped_ms)?;
    println!("seconds since the stop, by the network's record and the watchdog's journal:\n{timeline}");

    wait_until(&tanist, &mut watchdog, &network, BACKUP)?;
    println!("\n$ tanist status");
    let mut status = tanist.configured(&["status"]);
    status.command().status().map_err(|error| Failure::new(format!("`tanist status` cannot be started: {error}")))?;
    if keep {
        play(&tanist, &mut network, &folder)?;
    }
    let (status, took) = watchdog.terminate(Duration::from_secs(10))?;
    if !(status.success() || status.code() == Some(143)) {
        return Err(watchdog.failure(&format!("ended with {status} after SIGTERM")));
    }
    println!("\ntanist ended {:.1} s after SIGTERM", took.as_secs_f64());
    tanist.verify(&folder.join(JOURNAL))?;
    if keep {
        return Ok(());
    }
    let verdict = one_signer(&network.record()?, PRIMARY, BACKUP);
    network.shut_down()?;
    match verdict {
        Ok(confirmed) => {
            println!("\nrecord of the network: {confirmed}");
            Ok(())
        }
        Err(contradiction) => Err(Failure::new(contradiction)),
    }
}

/// A new folder under `target/demo`, numbered.
fn fresh_folder(repository: &Repository) -> Result<PathBuf, Failure> {
    let above = repository.made().join("demo");
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::new(format!("folder {} cannot be made: {error}", path.display()))
    };
    fs::create_dir_all(&above).map_err(|error| failed(&above, &error))?;
    for number in 1_u32.. {
        let folder = above.join(number.to_string());
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&folder, &error)),
        }
    }
    Err(Failure::new(format!("{} is full", above.display())))
}

/// The configuration and the owner's key.
fn write_files(ready: &Value, folder: &Path) -> Result<(), Failure> {
    let beside = folder.join("control.sock");
    let socket = if beside.as_os_str().len() <= SOCKET_PATH_MAX {
        beside
    } else {
        std::env::temp_dir().join(format!("tanist-demo-{}.sock", std::process::id()))
    };
    write(&folder.join(OWNER_KEY), 0o600, text(ready, "/owner_mnemonic")?)?;
    write(&folder.join(CONFIG), 0o644, &config(ready, folder, &socket)?)
}

fn write(path: &Path, mode: u32, content: &str) -> Result<(), Failure> {
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = written.and_then(|mut file| file.write_all(content.as_bytes()));
    written.map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
}

/// Asks `look` again and again until it has something, at most `patience`.
fn wait_for<T>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    let began = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if began.elapsed() > patience {
            return Err(Failure::new(format!("gave up after {} s of waiting until {what}", patience.as_secs())));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The watchdog sees a healthy validator and knows that `signer` signs, which has proposed.
fn wait_until(tanist: &Tanist<'_>, watchdog: &mut Process, network: &Network, signer: &str) -> Result<(), Failure> {
    let mut shown = String::new();
    let waited = wait_for("the validator is healthy", Duration::from_mins(1), || {
        watchdog.expect_running()?;
        let Some(status) = tanist.status()? else { return Ok(None) };
        let of = |key: &str| status.get(key).and_then(Value::as_str).unwrap_or("unknown").to_owned();
        let line = format!("main is {}, signer {}", of("state"), of("signer"));
        if line != shown {
            println!("  {line}");
            shown = line;
        }
        let proposed = has_proposal(&network.record()?, signer);
        Ok((of("state") == "healthy" && of("signer") == signer && proposed).then_some(()))
    });
    waited.map_err(|failure| failure.hint(format!("see {}", watchdog.log().display())))
}

fn has_proposal(record: &Value, node: &str) -> bool {
    let turns = record.get("timeline").and_then(Value::as_array);
    turns.is_some_and(|turns| turns.iter().any(|turn| turn.get("node").is_some_and(|made| made == node)))
}

/// Every moment of the failover has come, and the watchdog knows that it is over.
fn wait_for_failover(
    tanist: &Tanist<'_>,
    watchdog: &mut Process,
    network: &Network,
    stopped_ms: i64,
) -> Result<Timeline, Failure> {
    let backup = Node { name: BACKUP, key: text(network.ready(), &format!("/nodes/{BACKUP}/public_key"))? };
    let mut missing = "end of the operation";
    let waited = wait_for("the backup proposes", Duration::from_secs(90), || {
        watchdog.expect_running()?;
        let state = tanist.status()?;
        let state = state.as_ref().and_then(|status| status.pointer("/last_operation/state")).and_then(Value::as_str);
        match Timeline::of(&network.record()?, &tanist.events()?, PRIMARY, &backup, stopped_ms) {
            Err(moment) => missing = moment,
            Ok(timeline) if state == Some("succeeded") => return Ok(Some(timeline)),
            Ok(_) => missing = "end of the operation",
        }
        match state {
            None | Some("succeeded") => Ok(None),
            Some(other) => Err(watchdog.failure(&format!("ended the operation as {other}"))),
        }
    });
    waited.map_err(|failure| {
        eprintln!("what has not come: {missing}");
        failure.hint(format!("see {}", watchdog.log().display()))
    })
}

/// Leaves everything running until the network ends.
fn play(tanist: &Tanist<'_>, network: &mut Network, folder: &Path) -> Result<(), Failure> {
    let (config, control) = (tanist.config.display(), network.control()?.to_owned());
    let program = tanist.program.display();
    println!(
        "\nEverything stays up. To play with it, in another terminal:\n  \
         {program} -c {config} status main\n  \
         {program} -c {config} events --follow\n  \
         curl -s -X POST {control}/nodes/{PRIMARY}/start -d '{{\"sync_ms\":2000}}'\n  \
         {program} -c {config} switchover main --to {PRIMARY} --execute --confirm main\n\
         devnet/radix/README.md lists what else the network can do. To end it:\n  \
         curl -s -X POST {control}/shutdown\n\
         or Ctrl-C here. Files are in {}.",
        folder.display()
    );
    let status = network.process.ended(Duration::from_hours(25))?;
    if status.success() { Ok(()) } else { Err(network.process.failure(&format!("ended with {status}"))) }
}
