//! Stands between a client and a server on loopback, and loses what a test says.
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PASS: u8 = 0;
const SWALLOW: u8 = 1;
const REFUSE: u8 = 2;

/// A proxy of one TCP server. Ends with its runtime.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    mode: Arc<AtomicU8>,
    /// How long an answer waits here, milliseconds.
    late: Arc<AtomicU64>,
}

impl Proxy {
    /// A proxy of the server at `port` of loopback.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn before(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (mode, late) = (Arc::new(AtomicU8::new(PASS)), Arc::new(AtomicU64::new(0)));
        let proxy = Self { port: listener.local_addr()?.port(), mode: mode.clone(), late: late.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if mode.load(Ordering::SeqCst) == REFUSE {
                    continue;
                }
                if let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await {
                    tokio::spawn(pump(client, server, mode.clone(), late.clone()));
                }
            }
        });
        Ok(proxy)
    }

    /// Requests pass, answers do not.
    pub fn swallow_answers(&self) {
        self.mode.store(SWALLOW, Ordering::SeqCst);
    }

    /// Nothing passes.
    pub fn cut(&self) {
        self.mode.store(REFUSE, Ordering::SeqCst);
    }

    /// Requests pass at once, and each part of an answer as late as said.
    pub fn slow_down(&self, by: Duration) {
        self.late.store(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Everything passes again at once; what was cut or lost, by new connections.
    pub fn mend(&self) {
        self.late.store(0, Ordering::SeqCst);
        self.mode.store(PASS, Ordering::SeqCst);
    }
}

async fn pump(client: TcpStream, server: TcpStream, mode: Arc<AtomicU8>, late: Arc<AtomicU64>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asked = mode.clone();
    let ask = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            let part = buffer.get(..read).unwrap_or_default();
            if asked.load(Ordering::SeqCst) == REFUSE || to_server.write_all(part).await.is_err() {
                break;
            }
        }
    };
    let answer = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            let part = buffer.get(..read).unwrap_or_default();
            wait(late.load(Ordering::SeqCst)).await;
            match mode.load(Ordering::SeqCst) {
                PASS if to_client.write_all(part).await.is_ok() => {}
                SWALLOW => {}
                _ => break,
            }
        }
    };
    tokio::join!(ask, answer);
}

#[allow(clippy::disallowed_methods, reason = "other processes have their own clock")]
async fn wait(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
