//! Events as they happen: server-sent events that resume without gaps.
use super::document;
use axum::body::Bytes;
use hyper::body::{Body, Frame};
use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use watchdog_core::cx::Cx;
use watchdog_core::engine::Handle;

/// Longest silence; then a comment shows that the stream lives.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Events read from the journal at once.
const PAGE: usize = 100;

/// A body that ends when the service does, or when its reader goes away.
pub(super) struct Stream(mpsc::Receiver<Bytes>);

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Everything after position `after`, and then what follows.
pub(super) fn events(handle: Handle, after: u64, cx: Cx) -> Stream {
    // A slow reader holds up its own stream and nothing else.
    let (tell, told) = mpsc::channel(4);
    tokio::spawn(async move {
        tokio::select! {
            () = cx.cancelled() => {}
            () = tell.closed() => {}
            () = feed(&handle, after, &cx, &tell) => {}
        }
    });
    Stream(told)
}

async fn feed(handle: &Handle, mut after: u64, cx: &Cx, tell: &mpsc::Sender<Bytes>) {
    let mut newest = handle.newest();
    // The head goes out at once, so that a reader knows that it is connected.
    if tell.send(Bytes::from_static(b": connected\n\n")).await.is_err() {
        return;
    }
    loop {
        newest.mark_unchanged();
        let page = match handle.events(after, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "journal cannot be read for a reader of events");
                return;
            }
        };
        let mut text = String::new();
        for event in &page {
            write!(text, "id: {}\nevent: {}\ndata: {}\n\n", event.seq, event.event, document::event(event)).ok();
            after = event.seq;
        }
        if !text.is_empty() {
            if tell.send(text.into()).await.is_err() {
                return;
            }
            continue;
        }
        let silent = cx.clock().uptime().after(KEEPALIVE);
        tokio::select! {
            changed = newest.changed() => if changed.is_err() { return },
            waited = cx.sleep_until(silent) => {
                if waited.is_err() || tell.send(Bytes::from_static(b": alive\n\n")).await.is_err() {
                    return;
                }
            }
        }
    }
}
