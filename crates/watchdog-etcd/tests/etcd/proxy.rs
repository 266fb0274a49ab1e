//! Stands between a client and etcd, and loses what a test says.
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

const PASS: u8 = 0;
const SWALLOW: u8 = 1;
const REFUSE: u8 = 2;

pub(crate) struct Proxy {
    pub(crate) url: Url,
    mode: Arc<AtomicU8>,
}

impl Proxy {
    pub(crate) async fn before(upstream: &Url) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let mode = Arc::new(AtomicU8::new(PASS));
        let address = format!("127.0.0.1:{}", upstream.port().unwrap());
        tokio::spawn({
            let mode = mode.clone();
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    if mode.load(Ordering::SeqCst) == REFUSE {
                        continue;
                    }
                    let server = TcpStream::connect(&address).await.unwrap();
                    tokio::spawn(pump(client, server, mode.clone()));
                }
            }
        });
        Self { url, mode }
    }

    /// Requests pass, answers do not.
    pub(crate) fn swallow_answers(&self) {
        self.mode.store(SWALLOW, Ordering::SeqCst);
    }

    /// Nothing passes.
    pub(crate) fn cut(&self) {
        self.mode.store(REFUSE, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.mode.store(PASS, Ordering::SeqCst);
    }
}

async fn pump(client: TcpStream, server: TcpStream, mode: Arc<AtomicU8>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let ask = {
        let mode = mode.clone();
        async move {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(n @ 1..) = from_client.read(&mut buffer).await {
                if mode.load(Ordering::SeqCst) == REFUSE || to_server.write_all(&buffer[..n]).await.is_err() {
                    break;
                }
            }
        }
    };
    let answer = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = from_server.read(&mut buffer).await {
            match mode.load(Ordering::SeqCst) {
                PASS => {
                    if to_client.write_all(&buffer[..n]).await.is_err() {
                        break;
                    }
                }
                SWALLOW => {}
                _ => break,
            }
        }
    };
    tokio::join!(ask, answer);
}
