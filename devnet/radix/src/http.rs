//! The servers: one port each, faults applied, connections cut where a fault asks for it.

mod control;
mod core;
mod gateway;
mod prometheus;
mod render;
mod reply;
mod system;

pub use reply::{Reply, Request};

use crate::clock;
use crate::fault::{Kind, Server};
use crate::world::World;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What a port serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// A gateway, by its place in the list.
    Gateway(usize),
    /// A node's Core API.
    Core(String),
    /// A node's System API.
    System(String),
    /// A node's metrics.
    Prometheus(String),
    /// The devnet's own control API.
    Control,
}

/// State shared by all servers and the ticker.
#[derive(Debug)]
pub struct Shared {
    world: Mutex<World>,
    pace: watch::Sender<Pace>,
    end: watch::Sender<bool>,
}

/// Speed of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Pace {
    /// Nothing moves by itself.
    pub manual: bool,
    /// Length of a made round in milliseconds.
    pub round_ms: u64,
    /// Length of a missed round in milliseconds.
    pub miss_ms: u64,
}

impl Shared {
    /// Wraps a world.
    pub fn new(world: World) -> Arc<Self> {
        let pace = Pace {
            manual: world.settings.is_manual,
            round_ms: world.settings.round_ms,
            miss_ms: world.settings.miss_ms,
        };
        Arc::new(Self { world: Mutex::new(world), pace: watch::Sender::new(pace), end: watch::Sender::new(false) })
    }

    /// The world, for the time of the guard.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The present speed.
    pub fn pace(&self) -> Pace {
        *self.pace.borrow()
    }

    /// Changes the speed.
    pub fn set_pace(&self, pace: Pace) {
        self.pace.send_replace(pace);
    }

    /// Told of every change of speed.
    pub fn pace_changes(&self) -> watch::Receiver<Pace> {
        self.pace.subscribe()
    }

    /// Asks everything to end.
    pub fn end(&self) {
        self.end.send_replace(true);
    }

    /// Resolves once the end was asked for.
    pub async fn ended(&self) {
        let mut end = self.end.subscribe();
        while !*end.borrow_and_update() {
            if end.changed().await.is_err() {
                return;
            }
        }
    }
}

/// The connection is cut without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on request")]
struct Cut;

/// Serves a site until the end is asked for.
pub async fn serve(shared: Arc<Shared>, site: Site, listener: TcpListener) {
    loop {
        let accepted = tokio::select! {
            () = shared.ended() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        if is_silent(&shared, &site) {
            continue;
        }
        let (shared, site) = (Arc::clone(&shared), site.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let (shared, site) = (Arc::clone(&shared), site.clone());
                async move { respond(&shared, &site, request).await }
            });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            tokio::select! {
                _ = &mut connection => {}
                () = shared.ended() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await.ok();
                }
            }
        });
    }
}

/// A stopped node answers nothing.
fn is_silent(shared: &Shared, site: &Site) -> bool {
    match site {
        Site::Core(name) | Site::System(name) | Site::Prometheus(name) => {
            shared.world().node(name).is_none_or(|node| !node.is_running)
        }
        Site::Gateway(_) | Site::Control => false,
    }
}

async fn respond(
    shared: &Arc<Shared>,
    site: &Site,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let header = |name: hyper::header::HeaderName| {
        head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        content_type: header(hyper::header::CONTENT_TYPE),
        body,
    };
    if is_silent(shared, site) {
        return Err(Cut);
    }
    let struck =
        server_of(shared, site).map_or_else(Vec::new, |server| shared.world().faults.strike(&server, &request.path));
    let mut reply = None;
    for kind in &struck {
        match kind {
            Kind::Slow { ms } => clock::wait_ms(*ms).await,
            Kind::Dropped => return Err(Cut),
            Kind::Html { status } => reply = Some(Reply::html(*status)),
            Kind::RateLimit { retry_after } => reply = Some(Reply::rate_limit(*retry_after)),
            Kind::Error { status, body } => reply = Some(Reply::json(*status, body)),
            Kind::Truncated | Kind::AnswerLost | Kind::Lie { .. } | Kind::Stale { .. } | Kind::Fork { .. } => {}
        }
    }
    let mut reply = match reply {
        Some(reply) => reply,
        None => answer(shared, site, &request),
    };
    for kind in &struck {
        match kind {
            Kind::AnswerLost => return Err(Cut),
            Kind::Lie { set } => reply.lie(set),
            Kind::Truncated => reply.truncate(),
            _ => {}
        }
    }
    reply.into_response().map_err(|_| Cut)
}

fn server_of(shared: &Shared, site: &Site) -> Option<Server> {
    let (name, part) = match site {
        Site::Gateway(index) => (shared.world().gateways.get(*index)?.name.clone(), None),
        Site::Core(name) => (name.clone(), Some("core")),
        Site::System(name) => (name.clone(), Some("system")),
        Site::Prometheus(name) => (name.clone(), Some("prometheus")),
        Site::Control => return None,
    };
    Some(Server { name, part })
}

fn answer(shared: &Arc<Shared>, site: &Site, request: &Request) -> Reply {
    let now_ms = clock::now_ms();
    match site {
        Site::Gateway(index) => gateway::answer(&mut shared.world(), *index, request, now_ms),
        Site::Core(name) => core::answer(&mut shared.world(), name, request, now_ms),
        Site::System(name) => system::answer(&mut shared.world(), name, request, now_ms),
        Site::Prometheus(name) => prometheus::answer(&mut shared.world(), name, request, now_ms),
        Site::Control => tokio::task::block_in_place(|| control::answer(shared, request, now_ms)),
    }
}
