//! The daemon: one at a time, ended and reloaded by signals.
use crate::world::World;
use rustix::process::Signal;
use std::os::unix::net::UnixListener;
use std::time::Duration;
use watchdog_core::clock::{Clock, SystemClock};

#[test]
fn a_second_instance_on_one_journal_is_exit_code_9() {
    let world = World::new();
    world.config(|text| text);
    let daemon = world.start(&[]);
    let second = world.configured(&["run", "--socket", "other.sock"]);
    assert_eq!(second.code, Some(9), "{second:?}");
    assert!(second.stderr.contains("held by another process") && second.stderr.contains("hint:"), "{}", second.stderr);
    let reader = world.configured(&["journal", "verify"]);
    assert_eq!(reader.code, Some(9), "{reader:?}");
    // The first one goes on undisturbed.
    assert_eq!(world.configured(&["events"]).code, Some(0));
    daemon.kill();
}

#[test]
fn a_socket_that_a_living_process_holds_is_exit_code_17() {
    let world = World::new();
    world.config(|text| text);
    let _listener = UnixListener::bind(world.path("c.sock")).unwrap();
    let ran = world.configured(&["run"]);
    assert_eq!(ran.code, Some(17), "{ran:?}");
    assert!(ran.stderr.contains("c.sock") && ran.stderr.contains("in use"), "{}", ran.stderr);
}

#[test]
fn a_socket_that_a_killed_daemon_left_is_taken_over() {
    let world = World::new();
    world.config(|text| text);
    world.start(&[]).kill();
    assert!(world.path("c.sock").exists());
    let (status, log) = world.start(&[]).end();
    assert!(status.success(), "{log}");
    assert!(!world.path("c.sock").exists());
}

#[test]
fn a_group_that_does_not_exist_is_a_matter_of_the_configuration() {
    let world = World::new();
    world.config(|text| text.replace("[api]\n", "[api]\ngroup = \"no_such_group\"\n"));
    let ran = world.configured(&["run"]);
    assert_eq!(ran.code, Some(11), "{ran:?}");
    assert!(ran.stderr.contains("api.group"), "{}", ran.stderr);
}

#[test]
fn either_signal_ends_it_within_five_seconds_and_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let world = World::new();
        world.config(|text| text);
        let daemon = world.start(&[]);
        let clock = SystemClock::new();
        let asked = clock.uptime();
        daemon.signal(signal);
        let (status, log) = daemon.end();
        assert!(clock.uptime().since(asked) < Duration::from_secs(5));
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("\"stopped\""), "{log}");
        assert_eq!(world.configured(&["journal", "verify"]).code, Some(0));
    }
}

#[test]
fn a_reload_takes_up_what_changed_and_nothing_else() {
    let world = World::new();
    world.config(|text| text);
    let mut daemon = world.start(&[]);
    daemon.signal(Signal::HUP);
    daemon.until("nothing has changed");
    world.config(|text| text.replace("missed = 4", "missed = 5"));
    daemon.signal(Signal::HUP);
    let line = daemon.until("\"reloaded\"");
    assert!(line.contains("validator.radix_main: changed"), "{line}");
    world.config(|text| text.split("[validator").next().unwrap().to_owned());
    daemon.signal(Signal::HUP);
    let line = daemon.until("\"reloaded\"");
    assert!(line.contains("validator.radix_main: removed"), "{line}");
    let status = world.configured(&["status"]);
    assert!(status.stdout.contains("no validator is configured"), "{status:?}");
}

#[test]
fn a_reload_that_is_not_valid_is_refused_as_a_whole_with_the_place() {
    let world = World::new();
    world.config(|text| text);
    let mut daemon = world.start(&[]);
    world.config(|text| text.replace("missed = 4", "mised = 4"));
    daemon.signal(Signal::HUP);
    let line = daemon.until("reload refused");
    assert!(line.contains("unknown key `mised`") && line.contains("line 19"), "{line}");
    world.config(|text| text.replace("c.sock", "d.sock"));
    daemon.signal(Signal::HUP);
    let line = daemon.until("reload refused");
    assert!(line.contains("api.socket cannot change while the service runs"), "{line}");
    assert_eq!(world.run(&["--socket", "c.sock", "events"]).code, Some(0));
}

#[test]
fn a_secret_that_was_replaced_counts_as_a_change() {
    let world = World::new();
    world.config(|text| text.replace("\"observe\"", "\"act\""));
    world.file("owner", crate::world::PHRASE, 0o600);
    let mut daemon = world.start(&[]);
    world.file("owner", format!("{}\n", crate::world::PRIVATE_KEY), 0o600);
    daemon.signal(Signal::HUP);
    let line = daemon.until("\"reloaded\"");
    assert!(line.contains("validator.radix_main: changed"), "{line}");
    world.file("owner", "no phrase at all", 0o600);
    daemon.signal(Signal::HUP);
    let line = daemon.until("reload refused");
    assert!(line.contains("secret_invalid"), "{line}");
}
