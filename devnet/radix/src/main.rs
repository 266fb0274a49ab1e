//! `radix-devnet`: a local Radix network around the real Radix Engine.

use clap::Parser;
use radix_devnet::clock;
use radix_devnet::devnet::{Devnet, Ended};
use radix_devnet::network;
use radix_devnet::settings::Settings;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Two nodes counted for one validator in one epoch.
const VIOLATED: u8 = 70;

/// A local Radix network around the real Radix Engine: gateways, nodes, faults and a record of who voted.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Network by name or id (localnet, stokenet, mainnet, 240, …); only its id and address suffix are used.
    #[arg(long, default_value = "localnet")]
    network: String,
    /// Length of a round in milliseconds.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    round_ms: u64,
    /// Length of a missed round in milliseconds [default: twice the round].
    #[arg(long)]
    miss_ms: Option<u64>,
    /// Rounds per epoch.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u64).range(8..))]
    epoch_rounds: u64,
    /// Length of an epoch in milliseconds instead of a number of rounds.
    #[arg(long)]
    epoch_ms: Option<u64>,
    /// Validators, ours among them.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(4..=100))]
    validators: u64,
    /// Seed of all keys but the owner's.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of gateways.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=9))]
    gateways: u64,
    /// Nothing moves by itself: POST /advance moves it.
    #[arg(long)]
    manual: bool,
    /// File that receives the ready line, written in one piece.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// First port; the others follow [default: free ports].
    #[arg(long, value_name = "N")]
    port_base: Option<u16>,
    /// Ends by itself after so many seconds.
    #[arg(long, default_value_t = 3600)]
    max_seconds: u64,
    /// Epoch of genesis.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    genesis_epoch: u64,
    /// Age of its view at which a gateway refuses reads, in milliseconds.
    #[arg(long, default_value_t = 30_000)]
    refuse_after_ms: i64,
    /// Age of its view at which a node says `OUT_OF_SYNC`, in milliseconds.
    #[arg(long, default_value_t = 60_000)]
    out_of_sync_after_ms: i64,
    /// How long a node repeats a temporary rejection, in milliseconds.
    #[arg(long, default_value_t = 120_000)]
    rejection_retry_ms: i64,
    /// Time to a gateway's first resubmission, in milliseconds.
    #[arg(long, default_value_t = 10_000)]
    resubmit_ms: i64,
    /// XRD of the owner account at genesis.
    #[arg(long, default_value_t = 10_000)]
    owner_xrd: u32,
}

impl Arguments {
    fn settings(&self) -> Result<Settings, String> {
        let network = network::by_text(&self.network)
            .ok_or_else(|| format!("{:?} is neither the name nor the id of a network", self.network))?;
        Ok(Settings {
            network,
            round_ms: self.round_ms,
            miss_ms: self.miss_ms.unwrap_or_else(|| self.round_ms.saturating_mul(2)),
            epoch_rounds: self.epoch_rounds,
            epoch_ms: self.epoch_ms,
            validators: usize::try_from(self.validators).unwrap_or(4),
            seed: self.seed,
            gateways: usize::try_from(self.gateways).unwrap_or(2),
            is_manual: self.manual,
            port_base: self.port_base,
            max_seconds: self.max_seconds,
            genesis_epoch: self.genesis_epoch,
            refuse_after_ms: self.refuse_after_ms,
            out_of_sync_after_ms: self.out_of_sync_after_ms,
            rejection_retry_ms: self.rejection_retry_ms,
            resubmit_ms: self.resubmit_ms,
            owner_xrd: self.owner_xrd,
        })
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 3)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(Ended::Clean) => ExitCode::SUCCESS,
        Ok(Ended::Violated) => {
            eprintln!("radix-devnet: the record holds two signers in one epoch, exit {VIOLATED}");
            ExitCode::from(VIOLATED)
        }
        Err(message) => {
            eprintln!("radix-devnet: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<Ended, String> {
    let devnet = Devnet::start(arguments.settings()?).await.map_err(|error| error.to_string())?;
    let line = devnet.ready().to_string();
    if let Some(path) = &arguments.ready_file {
        write_whole(path, &line).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    let mut stdout = std::io::stdout().lock();
    let printed = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    drop(stdout);
    printed.map_err(|error| format!("the ready line cannot be printed: {error}"))?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| format!("SIGTERM cannot be awaited: {error}"))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
        () = devnet.shared().ended() => {}
        () = clock::wait_ms(arguments.max_seconds.saturating_mul(1000)) => {
            eprintln!("radix-devnet: ending after {} s (--max-seconds)", arguments.max_seconds);
        }
    }
    Ok(devnet.stop().await)
}

/// A reader sees the whole line or no file at all.
#[allow(clippy::disallowed_methods, reason = "the one file of this program")]
fn write_whole(path: &Path, line: &str) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    std::fs::write(&draft, format!("{line}\n"))?;
    std::fs::rename(&draft, path)
}
