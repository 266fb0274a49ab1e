//! Secrets that a program prints.
use super::LARGEST;
use super::file::{Drained, drain};
use crate::environment;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use watchdog_core::secret::SecretError;
use zeroize::Zeroizing;

/// Time that the program has.
const LIMIT: Duration = Duration::from_secs(10);

/// What `argv` prints to standard output. It runs without a shell, with nothing to read, with a small
/// environment of its own, and is killed with its whole group when its time is over.
pub(super) fn read(argv: &[String], place: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    within(argv, place, LIMIT)
}

fn within(argv: &[String], place: &str, limit: Duration) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let unreadable =
        |source: Box<dyn std::error::Error + Send + Sync>| SecretError::Unreadable { place: place.to_owned(), source };
    let malformed = |reason: String| SecretError::Malformed { place: place.to_owned(), reason };
    let Some((program, arguments)) = argv.split_first() else {
        return Err(malformed("the command is empty: give the program and its arguments".to_owned()));
    };
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment::of_children())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| unreadable(error.into()))?;
    let group = Pid::from_child(&child);
    let (done, outcome) = mpsc::sync_channel(1);
    std::thread::spawn(move || done.send(collect(child)).ok());
    let Ok((status, output)) = outcome.recv_timeout(limit) else {
        kill_process_group(group, Signal::KILL).ok();
        return Err(unreadable(format!("the command did not end within {} s", limit.as_secs_f32()).into()));
    };
    let status = status.map_err(|error| unreadable(error.into()))?;
    if !status.success() {
        return Err(unreadable(format!("the command ended with {status}").into()));
    }
    match output {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(Drained::Failed(error))) => Err(unreadable(error.into())),
        Some(Err(Drained::TooLarge)) | None => Err(malformed(format!("the command printed more than {LARGEST} bytes"))),
    }
}

type Collected = (std::io::Result<ExitStatus>, Option<Result<Zeroizing<Vec<u8>>, Drained>>);

fn collect(mut child: Child) -> Collected {
    // Dropping the pipe lets a program that prints without end fail instead of waiting for us.
    let output = child.stdout.take().map(drain);
    (child.wait(), output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(argv: &[&str]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let argv: Vec<_> = argv.iter().map(ToString::to_string).collect();
        within(&argv, "<command:x>", Duration::from_millis(500))
    }

    #[test]
    fn only_standard_output_counts_and_no_shell_is_between() {
        assert_eq!(&*run(&["printf", "%s", "$HOME; s3cret"]).unwrap(), b"$HOME; s3cret");
        assert_eq!(&*run(&["sh", "-c", "echo noise >&2; printf s3cret"]).unwrap(), b"s3cret");
    }

    #[test]
    fn a_command_that_fails_hangs_or_floods_gives_an_error_without_its_output() {
        for bad in [
            &["sh", "-c", "printf planted; exit 3"][..],
            &["sh", "-c", "printf planted; exec tail -f /dev/null"],
            &["yes", "planted"],
            &["/nonexistent/program"],
            &[],
        ] {
            let error = run(bad).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("planted"), "{bad:?}");
        }
    }

    #[test]
    fn the_command_sees_only_the_environment_that_was_listed_for_it() {
        let printed = run(&["env"]).unwrap();
        let printed = String::from_utf8(printed.to_vec()).unwrap();
        assert!(printed.lines().any(|line| line.starts_with("PATH=")));
        assert!(!printed.contains("CARGO_"), "{printed}");
    }
}
