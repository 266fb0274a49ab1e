use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct Process {
    child: Child,
    ready: Value,
}

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_radix-devnet"))
            .args(arguments)
            .args(["--max-seconds", "60"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    fn control(&self, path: &str, body: &Value) -> String {
        let host = self.ready["control"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        let mut stream = TcpStream::connect(&host).unwrap();
        let body = body.to_string();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Exit code and standard error.
    fn end(mut self) -> (Option<i32>, String) {
        self.control("/shutdown", &json!({}));
        let code = self.child.wait().unwrap().code();
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (code, text)
    }
}

#[test]
fn the_program_says_when_it_is_ready_and_ends_cleanly() {
    let file = std::env::temp_dir().join(format!("radix-devnet-ready-{}.json", std::process::id()));
    let process = Process::start(&["--manual", "--ready-file", file.to_str().unwrap(), "--network", "mainnet"]);
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(written, process.ready);
    assert_eq!(process.ready["schema"], "radix-devnet/ready/v1");
    assert_eq!(process.ready["network_id"], 1);
    assert!(process.ready["owner_account"].as_str().unwrap().starts_with("account_rdx12"));
    assert_eq!(process.ready["nodes"]["node_a"]["key_holder"], true);
    assert_eq!(process.ready["nodes"]["node_b"]["key_holder"], false);
    process.control("/advance", &json!({ "epochs": 1 }));
    assert_eq!(process.end(), (Some(0), String::new()));
}

#[test]
fn two_signers_make_it_shout_and_exit_with_70() {
    let process = Process::start(&["--manual"]);
    process.control("/nodes/node_b/configure", &json!({ "key_of": "node_a" }));
    process.control("/advance", &json!({ "rounds": 3 }));
    let (code, stderr) = process.end();
    assert_eq!(code, Some(70));
    assert!(stderr.contains("TWO SIGNERS: node_a and node_b"), "{stderr}");
}

#[test]
fn an_unknown_network_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_radix-devnet")).args(["--network", "nowhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("neither the name nor the id"));
}
