//! A real etcd of one member on loopback, as a process of its own on the same disk.
use crate::Outcome;
use crate::setup::{Bench, Place};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A running etcd, killed when dropped.
#[derive(Debug)]
pub(crate) struct Member {
    child: Child,
    address: SocketAddr,
    _place: Place,
}

impl Member {
    /// Starts one that serves clients.
    pub(crate) fn start(bench: &Bench) -> Outcome<Self> {
        let place = bench.place()?;
        let free = || -> Outcome<SocketAddr> { Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?) };
        let (address, peer) = (free()?, free()?);
        let (clients, peers) = (format!("http://{address}"), format!("http://{peer}"));
        let mut command = Command::new("etcd");
        command.args(["--name", "one", "--initial-cluster", &format!("one={peers}"), "--data-dir"]);
        command.arg(place.path().join("etcd"));
        command.args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients]);
        command.args(["--listen-peer-urls", &peers, "--initial-advertise-peer-urls", &peers]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("etcd (Debian: etcd-server) does not start: {error}"))?;
        let member = Self { child, address, _place: place };
        bench.wait("etcd", PATIENCE, || TcpStream::connect(address).is_ok())?;
        Ok(member)
    }

    /// Where its clients ask.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
