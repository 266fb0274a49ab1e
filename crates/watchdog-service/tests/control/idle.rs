//! A client that asks, waits, and asks again.
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use watchdog_service::control::client::Client;

const ANSWER: &str = r#"{"schema":"tanist/operations/v1","at":"2026-01-02T03:04:05Z","instance":"host-1","result":[]}"#;

/// Ends an idle connection at the very moment at which the next request is on its way, as any server may.
async fn converse(mut stream: UnixStream) {
    let mut request = [0; 4096];
    let asked = stream.read(&mut request).await.unwrap();
    if asked > 0 {
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{ANSWER}",
            ANSWER.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        // Of the next request nothing is answered, however much of it came.
        let _next = stream.read(&mut request).await;
    }
}

#[tokio::test]
async fn a_daemon_that_ends_idle_connections_is_there_for_the_next_request() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream));
        }
    });
    let client = Client::new(&path, Duration::from_secs(20)).unwrap();
    for round in 0..3 {
        assert!(client.operations().await.unwrap_or_else(|error| panic!("round {round}: {error:?}")).result.is_empty());
    }
}
