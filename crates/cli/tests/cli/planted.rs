//! Secrets are planted, and searched for in everything that comes out.
use crate::world::{PHRASE, PRIVATE_KEY, Ran, SEED, World, bytes_below};
use std::io::{Read, Write};
use std::net::TcpListener;

const PASSWORD: &str = "correct-horse-battery-staple";

/// Everything that must not be seen: runs of words of the phrase, seed and key in hex, the password
/// as it is and as basic authentication encodes it.
fn secrets() -> Vec<String> {
    let words: Vec<_> = PHRASE.split(' ').collect();
    let mut secrets: Vec<_> = words.windows(3).map(|run| run.join(" ")).collect();
    secrets.extend(
        [PRIVATE_KEY, SEED, PASSWORD, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ", "correct-horse"].map(str::to_owned),
    );
    secrets
}

fn assert_clean(what: &str, bytes: &[u8]) {
    for secret in secrets() {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{what} shows a secret: {}", String::from_utf8_lossy(bytes));
    }
}

fn assert_tells_nothing(what: &str, ran: &Ran) {
    assert_clean(what, ran.all().as_bytes());
}

/// An endpoint that answers everything with an error, so that requests with credentials are made.
fn endpoint() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            drop(stream.read(&mut [0; 4096]));
            stream
                .write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno")
                .ok();
        }
    });
    port
}

#[test]
fn no_secret_is_in_any_log_answer_or_file_of_an_acting_daemon() {
    let world = World::new();
    world.file("owner", PHRASE, 0o600);
    world.file("password", PASSWORD, 0o600);
    let port = endpoint();
    world.config(|text| {
        let auth = format!(
            "basic_auth = {{ user = \"admin\", password = {{ file = \"{}\" }} }}",
            world.path("password").display()
        );
        text.replace("\"observe\"", "\"act\"")
            .replace("system = \"http://127.0.0.1:3\"", &format!("system = \"http://127.0.0.1:{port}\"\n{auth}"))
    });
    let mut daemon = world.start(&["-v", "-v"]);
    daemon.until("unknown");
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["status", "radix_main", "--json"],
        &["plan", "radix_main", "--json"],
        &["failover", "radix_main", "--execute", "--confirm", "radix_main"],
        &["events", "--json"],
        &["config", "show"],
        &["config", "show", "--json"],
        &["config", "check", "--secrets", "--json"],
        &["tx", "build", "radix_main", "--to", "node_b", "--start", "7", "--sign", "--json"],
    ] {
        assert_tells_nothing(&format!("{arguments:?}"), &world.configured(arguments));
    }
    let (status, log) = daemon.end();
    assert!(status.success());
    assert!(log.contains("\"level\":\"TRACE\""), "the log must have been at its most talkative");
    assert_clean("the log", log.as_bytes());
    for (path, bytes) in bytes_below(&world.path("state")) {
        assert_clean(&path.display().to_string(), &bytes);
    }
    assert_tells_nothing("the journal", &world.configured(&["journal", "export"]));
}

#[test]
fn a_secret_in_the_wrong_place_is_refused_and_never_repeated() {
    let reference = "{ secret = { file = ";
    for (name, change) in [
        ("instead of the table", (|text: String| text) as fn(String) -> String),
        ("instead of the reference", |text| text),
        ("with an unterminated quote", |text| text),
        ("as a key", |text| text),
    ] {
        let world = World::new();
        world.config(|text| {
            let text = change(text);
            let start = text.find("owner_key").unwrap();
            let end = text[start..].find('\n').unwrap() + start;
            assert!(text[start..end].contains(reference));
            let line = match name {
                "instead of the table" => format!("owner_key = \"{PHRASE}\""),
                "instead of the reference" => format!("owner_key = {{ secret = \"{PHRASE}\" }}"),
                "with an unterminated quote" => format!("owner_key = {{ secret = \"{PHRASE} }}"),
                _ => format!("owner_key = {{ secret = {{ env = [\"{PHRASE}\"] }} }}"),
            };
            format!("{}{line}{}", &text[..start], &text[end..])
        });
        for arguments in [&["config", "check"][..], &["config", "check", "--json"], &["config", "show"], &["run"]] {
            let ran = world.configured(arguments);
            assert_eq!(ran.code, Some(11), "{name}: {ran:?}");
            assert_tells_nothing(name, &ran);
        }
    }
}

#[test]
fn a_secret_in_a_variable_or_in_the_arguments_of_a_command_is_not_repeated() {
    let world = World::new();
    world.config(|text| text);
    let mut command = world.command(&["-c", "tanist.toml", "config", "check"]);
    command.env("TANIST__VALIDATOR__RADIX_MAIN__OWNER_KEY__SECRET", PHRASE);
    let ran = World::run_with(command, "");
    assert_eq!(ran.code, Some(11), "{ran:?}");
    assert_tells_nothing("a variable", &ran);
    world.config(|text| text.replace("http://127.0.0.1:1", &format!("http://admin:{PASSWORD}@127.0.0.1:1")));
    for arguments in [&["config", "check"][..], &["config", "show"]] {
        assert_tells_nothing("an address", &world.configured(arguments));
    }
}
