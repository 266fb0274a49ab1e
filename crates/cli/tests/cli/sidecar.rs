//! A node as the binary makes it: sidecar, forced command, and the rehearsal of both by an engine.
use crate::world::{Ran, World};
use serde_json::Value;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A child that is killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "not in time: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether etcd and sshd are installed; says so where they are not.
fn are_there(test: &str) -> bool {
    let etcd = Command::new("etcd").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let sshd = Path::new("/usr/sbin/sshd").exists() && Path::new("/usr/bin/ssh").exists();
    if !(etcd && sshd) {
        eprintln!("{test}: not run, etcd or sshd is absent (Debian: etcd-server, openssh-server)");
    }
    etcd && sshd
}

fn etcd(world: &World) -> (Running, String) {
    let (client, peer) = (free_port(), free_port());
    let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    let mut command = Command::new("etcd");
    command.arg("--data-dir").arg(world.path("etcd")).args(["--name", "m", "--listen-client-urls", &client]);
    command.args(["--advertise-client-urls", &client, "--listen-peer-urls", &peer]);
    command.args(["--initial-advertise-peer-urls", &peer, "--initial-cluster", &format!("m={peer}")]);
    let running = Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let address = client.trim_start_matches("http://").to_owned();
    until("etcd listens", || TcpStream::connect(&address).is_ok());
    (running, client)
}

/// An SSH server whose one key can run `tanist sidecar answer` alone; settings of a rung that uses it.
fn sshd(world: &World) -> (Running, String) {
    let directory = world.path("ssh");
    fs::create_dir(&directory).unwrap();
    let path = |name: &str| directory.join(name).display().to_string();
    for name in ["host", "fence"] {
        let key = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &path(name)];
        assert!(Command::new("/usr/bin/ssh-keygen").args(key).status().unwrap().success());
    }
    let port = free_port();
    let answer = format!("{} -c {} sidecar answer", env!("CARGO_BIN_EXE_tanist"), world.path("node.toml").display());
    let key = fs::read_to_string(path("fence.pub")).unwrap();
    fs::write(path("authorized_keys"), format!("restrict,command=\"{answer}\" {key}")).unwrap();
    let host = fs::read_to_string(path("host.pub")).unwrap();
    fs::write(path("known_hosts"), format!("[127.0.0.1]:{port} {host}")).unwrap();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile {}\nUsePAM no\n\
         StrictModes no\nPasswordAuthentication no\nPermitRootLogin forced-commands-only\n",
        path("host"),
        path("authorized_keys"),
        path("pid")
    );
    fs::write(path("config"), config).unwrap();
    // As root it insists on this directory, which a package's start script would have made.
    fs::create_dir_all("/run/sshd").ok();
    let mut command = Command::new("/usr/sbin/sshd");
    command.args(["-D", "-e", "-f", &path("config")]).stdin(Stdio::null()).stderr(Stdio::null());
    let running = Running(command.spawn().unwrap());
    until("sshd listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let (user, identity, known) = (user.trim(), path("fence"), path("known_hosts"));
    let rung = format!(
        "{{ forced_command = {{ host = \"127.0.0.1\", port = {port}, user = \"{user}\", identity = \"{identity}\", known_hosts = \"{known}\" }} }}"
    );
    (running, rung)
}

/// Writes the configuration of a node whose signer signs into a file.
fn node(world: &World, etcd: &str) {
    let signer = world.file("signer", "#!/bin/sh\nwhile :; do echo x >> \"$OUT\"; sleep 0.05; done\n", 0o755);
    let (state, out) = (world.path("state"), world.path("signatures"));
    let text = format!(
        "[lease.etcd]\nendpoints = [\"{etcd}\"]\nttl = \"15s\"\n\n[sidecar]\nvalidator = \"radix_main\"\nnode = \"node_a\"\n\
         state = \"{}\"\nttl = \"5s\"\n\n[sidecar.process]\ncommand = [\"{}\"]\nenvironment = {{ OUT = \"{}\" }}\n",
        state.display(),
        signer.display(),
        out.display()
    );
    world.file("node.toml", text, 0o644);
}

fn sidecar(world: &World) -> Running {
    let mut command = world.command(&["-c", "node.toml", "--log-format", "json", "sidecar"]);
    Running(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

fn ask(world: &World, request: &str) -> Ran {
    let mut command = world.command(&["-c", "node.toml", "sidecar", "answer"]);
    command.env("SSH_ORIGINAL_COMMAND", format!("tanist/fence/v1 {request}"));
    World::run_with(command, "")
}

fn status(world: &World) -> Value {
    ask(world, "status radix_main node_a").json()
}

fn signatures(world: &World) -> usize {
    fs::read_to_string(world.path("signatures")).unwrap_or_default().lines().count()
}

#[test]
fn a_node_signs_by_grant_stops_by_fence_and_is_rehearsed_over_ssh() {
    if !are_there("a_node_signs_by_grant_stops_by_fence_and_is_rehearsed_over_ssh") {
        return;
    }
    let world = World::new();
    let (_etcd, address) = etcd(&world);
    node(&world, &address);
    let (_sshd, agent) = sshd(&world);
    let first = sidecar(&world);
    until("a term is held", || status(&world)["term"].is_u64());
    let term = status(&world)["term"].as_u64().unwrap();
    assert_eq!(status(&world)["state"], "fenced");
    assert_eq!(signatures(&world), 0);

    let ladder = format!(
        "\n[lease.etcd]\nendpoints = [\"{address}\"]\nttl = \"15s\"\n\n[fence.main_a]\nvalidator = \"radix_main\"\n\
         node = \"node_a\"\norder = [\"agent\", \"own_lease\"]\n\n[fence.main_a.rung]\nagent = {agent}\n\
         own_lease = {{ lapse = {{}} }}\n"
    );
    world.config(|text| text + &ladder);
    let ran = world.configured(&["--json", "fence", "test"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let rungs = ran.json()["result"]["ladders"][0]["rungs"].clone();
    assert_eq!(rungs[0]["found"], "the node answers: fenced, newest command 0.0", "{rungs}");
    assert_eq!((&rungs[1]["strength"], &rungs[1]["ok"]), (&"likely".into(), &true.into()), "{rungs}");

    let granted = ask(&world, &format!("grant radix_main node_a 7 1 {term}"));
    assert_eq!((granted.code, &granted.json()["state"]), (Some(0), &"granted".into()), "{granted:?}");
    until("it signs", || signatures(&world) > 3);
    let fenced = ask(&world, "fence radix_main node_a 7 2");
    assert_eq!((fenced.code, &fenced.json()["state"]), (Some(0), &"fenced".into()), "{fenced:?}");
    let signed = signatures(&world);
    let stale = ask(&world, &format!("grant radix_main node_a 7 1 {term}"));
    assert_eq!((stale.code, &stale.json()["state"]), (Some(4), &"stale".into()), "{stale:?}");
    assert_eq!(signatures(&world), signed);

    let granted = ask(&world, &format!("grant radix_main node_a 7 3 {term}"));
    assert_eq!(granted.code, Some(0), "{granted:?}");
    until("it signs again", || signatures(&world) > signed);
    let mut first = first;
    rustix::process::kill_process(rustix::process::Pid::from_child(&first.0), rustix::process::Signal::TERM).unwrap();
    assert_eq!(first.0.wait().unwrap().code(), Some(0));
    let signed = signatures(&world);

    let _second = sidecar(&world);
    until("the next term is held", || status(&world)["term"].as_u64().is_some_and(|next| next > term));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(signatures(&world), signed, "the grant was for the term before");
}

#[test]
fn what_is_no_request_or_no_node_is_refused_without_effect() {
    let world = World::new();
    world.file("node.toml", "", 0o644);
    let ran = world.run(&["-c", "node.toml", "sidecar", "answer"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    assert_eq!(ask(&world, "status radix_main node_a").code, Some(11));
    assert_eq!(world.run(&["-c", "node.toml", "sidecar"]).code, Some(11));
    node(&world, "http://127.0.0.1:1");
    let elsewhere = ask(&world, "fence radix_main node_b 7 2");
    assert_eq!((elsewhere.code, &elsewhere.json()["state"]), (Some(4), &"refused".into()), "{elsewhere:?}");
    let text = fs::read_to_string(world.path("node.toml")).unwrap();
    let alone = text.split_once("[sidecar]").unwrap().1;
    world.file("node.toml", format!("[sidecar]{alone}"), 0o644);
    let ran = world.run(&["-c", "node.toml", "sidecar"]);
    assert_eq!(ran.code, Some(11), "{ran:?}");
    assert!(ran.stderr.contains("lease.etcd"), "{ran:?}");
}

#[test]
fn a_node_that_was_fenced_says_so_without_a_sidecar_and_without_a_store() {
    let world = World::new();
    node(&world, "http://127.0.0.1:1");
    let fenced = ask(&world, "fence radix_main node_a 7 2");
    assert_eq!(fenced.code, Some(0), "{fenced:?}");
    let again = ask(&world, "status radix_main node_a").json();
    assert_eq!((&again["state"], &again["epoch"]["seq"]), (&"fenced".into(), &2.into()));
    let granted = ask(&world, "grant radix_main node_a 7 3 0");
    assert_eq!((granted.code, &granted.json()["state"]), (Some(4), &"refused".into()), "without a term: {granted:?}");
}
