//! Stands before a real etcd and answers in its place where a test says so.
use crate::cluster::Cluster;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use url::Url;

/// Status, code and message of an answer that is no success.
pub(crate) type Failure = (u16, i64, &'static str);

/// What etcd says of a write for which there is no room, be it carried out or not.
pub(crate) const FULL: Failure = (429, 8, "etcdserver: mvcc: database space exceeded");
/// What it says while its members elect a leader.
pub(crate) const NO_LEADER: Failure = (503, 14, "etcdserver: leader changed");
/// What it says of a key that is not the caller's.
pub(crate) const DENIED: Failure = (403, 7, "etcdserver: permission denied");
/// What it says of a token that it does not know.
pub(crate) const NO_TOKEN: Failure = (401, 16, "etcdserver: invalid auth token");

/// What becomes of a request.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// etcd answers it.
    Pass,
    /// etcd carries it out, and this answer takes the place of its own.
    CarryOut(Failure),
    /// etcd never sees it.
    Refuse(Failure),
}

#[derive(Clone)]
pub(crate) struct Front {
    /// Where it listens.
    pub(crate) url: Url,
    behind: Url,
    http: reqwest::Client,
    acts: Arc<Mutex<VecDeque<Act>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Front {
    /// Listens on loopback before the first member of `cluster`. Ends with its runtime.
    pub(crate) async fn before(cluster: &Cluster) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let (behind, http) = (cluster.endpoints().remove(0), cluster.http());
        let front = Self { url, behind, http, acts: Arc::default(), asked: Arc::default() };
        let router = Router::new().fallback(serve).with_state(front.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        front
    }

    /// The next requests meet `acts`, one each; those after them pass.
    pub(crate) fn next(&self, acts: &[Act]) {
        self.acts.lock().unwrap().extend(acts);
    }

    /// Paths of the requests since the last question.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    async fn pass(&self, uri: &Uri, headers: &HeaderMap, body: Bytes) -> (StatusCode, Vec<u8>) {
        let mut request = self.http.post(self.behind.join(uri.path()).unwrap()).body(body);
        if let Some(token) = headers.get(AUTHORIZATION) {
            request = request.header(AUTHORIZATION, token);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap().to_vec())
    }
}

async fn serve(State(front): State<Front>, uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    front.asked.lock().unwrap().push(uri.path().to_owned());
    let act = front.acts.lock().unwrap().pop_front();
    let (status, code, message) = match act {
        None | Some(Act::Pass) => return front.pass(&uri, &headers, body).await,
        Some(Act::Refuse(answer)) => answer,
        Some(Act::CarryOut(answer)) => {
            let (status, own) = front.pass(&uri, &headers, body).await;
            assert!(status.is_success(), "{}", String::from_utf8_lossy(&own));
            answer
        }
    };
    let answer = serde_json::json!({ "error": message, "message": message, "code": code });
    (StatusCode::from_u16(status).unwrap(), answer.to_string().into_bytes())
}
