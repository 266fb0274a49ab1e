//! The serving side.
use super::peer::Peer;
use super::problem::Problem;
use super::routes;
use super::socket::Socket;
use async_trait::async_trait;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use watchdog_core::cx::Cx;
use watchdog_core::engine::Handle;

/// Time that a caller has to send the head of a request.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// Connections at the same time; more wait.
const CONNECTIONS: usize = 64;

/// What the API needs of whoever reads the configuration.
#[async_trait]
pub trait Configuration: Send + Sync + 'static {
    /// Reads it anew and puts it in force as a whole, or refuses. Says what changed, one line each;
    /// nothing where nothing did.
    async fn reload(&self) -> Result<Vec<String>, Problem>;

    /// The chain's network that `validator` is on, as configured.
    fn network(&self, validator: &str) -> Option<String>;
}

/// What the routes work with.
#[derive(Clone)]
pub struct Control {
    pub(super) handle: Handle,
    pub(super) cx: Cx,
    pub(super) instance: Arc<str>,
    pub(super) configuration: Arc<dyn Configuration>,
}

impl Control {
    /// The API of the engine behind `handle`.
    pub fn new(handle: Handle, instance: &str, configuration: Arc<dyn Configuration>, cx: &Cx) -> Self {
        Self { handle, cx: cx.clone(), instance: instance.into(), configuration }
    }

    /// The routes as `peer` finds them, for whoever brings a transport of their own.
    pub fn router(self, peer: Peer) -> Router {
        routes::routes(self).layer(Extension(peer))
    }

    /// Serves until the context is called off; then requests under way are finished.
    pub async fn serve(self, socket: Socket) {
        let cx = self.cx.clone();
        let routes = routes::routes(self);
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            if connections.len() >= CONNECTIONS {
                connections.join_next().await;
                continue;
            }
            let accepted = tokio::select! {
                () = cx.cancelled() => break,
                accepted = socket.listener().accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, routes.clone(), cx.clone()))),
                Err(error) => {
                    // Out of file descriptors, most likely: waiting is all that helps.
                    tracing::warn!(%error, "control socket does not accept");
                    if cx.sleep_until(cx.clock().uptime().after(Duration::from_secs(1))).await.is_err() {
                        break;
                    }
                }
            }
        }
        drop(socket);
        while connections.join_next().await.is_some() {}
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("instance", &self.instance).finish_non_exhaustive()
    }
}

async fn converse(stream: UnixStream, routes: Router, cx: Cx) {
    let peer = match Peer::of(&stream) {
        Ok(peer) => peer,
        Err(error) => {
            tracing::warn!(%error, "caller of the control socket is not known to the system");
            return;
        }
    };
    let service = TowerToHyperService::new(routes.layer(Extension(peer)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = cx.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection to the control socket ended early");
    }
}
