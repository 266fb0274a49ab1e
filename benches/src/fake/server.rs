//! One host of the fake network.
use super::{Asked, Call, Shared};
use crate::Outcome;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::serve::ListenerExt;
use std::future::pending;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Largest body that is read, bytes.
const BODY_MAX: usize = 1 << 20;

/// A server on a thread of its own. Dropped, it refuses connections and resets those that exist.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves the part of `asked` on a free port.
    pub(super) fn start(asked: Asked, shared: &Arc<Shared>) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let shared = shared.clone();
        let serve = async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            let listener = listener.tap_io(|stream| {
                stream.set_nodelay(true).ok();
            });
            let app = Router::new().fallback(move |request| answer(asked, shared.clone(), request));
            tokio::select! {
                _ = axum::serve(listener, app) => {}
                _ = stopped => {}
            }
        };
        let thread = std::thread::spawn(move || runtime.block_on(serve));
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

async fn answer(asked: Asked, shared: Arc<Shared>, request: Request) -> Response<Body> {
    let arrived = shared.clock.uptime();
    let path = request.uri().path().to_owned();
    let is_submission = path.ends_with("/transaction/submit");
    let place = {
        let mut calls = shared.calls();
        calls.push(Call { asked, path: path.clone(), arrived, served: None, missed: 0 });
        calls.len()
    };
    if is_submission {
        shared.submitted.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert(arrived);
            is_first
        });
    }
    if (asked == Asked::NodeA && shared.is_silent) || (is_submission && shared.holds()) {
        return pending().await;
    }
    to_bytes(request.into_body(), BODY_MAX).await.ok();
    let (_, missed) = shared.duties().at(shared.clock.uptime());
    let (status, body) = match shared.body(asked, &path) {
        Some(body) => (StatusCode::OK, body),
        None => (StatusCode::NOT_FOUND, String::new()),
    };
    let served = shared.clock.uptime();
    if let Some(call) = shared.calls().get_mut(place - 1).filter(|call| call.arrived == arrived) {
        (call.served, call.missed) = (Some(served), missed);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}
