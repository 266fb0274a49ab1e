//! Stands before a real etcd and answers in its place where a test says so.
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use url::Url;

/// What etcd says of a write for which there is no room, be it carried out or not.
pub(crate) const FULL: (u16, i64, &str) = (429, 8, "etcdserver: mvcc: database space exceeded");
/// What it says while its members elect a leader.
pub(crate) const NO_LEADER: (u16, i64, &str) = (503, 14, "etcdserver: leader changed");

/// What becomes of a request.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// etcd carries it out, and this answer takes the place of its own.
    CarryOut((u16, i64, &'static str)),
    /// etcd never sees it.
    Refuse((u16, i64, &'static str)),
}

#[derive(Clone)]
pub(crate) struct Front {
    behind: Url,
    http: reqwest::Client,
    acts: Arc<Mutex<VecDeque<Act>>>,
}

impl Front {
    /// Listens on loopback before the server at `behind`. The first requests meet `acts`, each one of
    /// them; the others pass.
    pub(crate) async fn before(behind: Url, http: reqwest::Client, acts: &[Act]) -> Url {
        let front = Self { behind, http, acts: Arc::new(Mutex::new(acts.iter().copied().collect())) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().fallback(serve).with_state(front);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    async fn pass(&self, uri: &Uri, body: Bytes) -> (StatusCode, Vec<u8>) {
        let url = self.behind.join(uri.path()).unwrap();
        let answer = self.http.post(url).body(body).send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap().to_vec())
    }
}

async fn serve(State(front): State<Front>, uri: Uri, body: Bytes) -> impl IntoResponse {
    let act = front.acts.lock().unwrap().pop_front();
    let (status, code, message) = match act {
        None => return front.pass(&uri, body).await,
        Some(Act::Refuse(answer)) => answer,
        Some(Act::CarryOut(answer)) => {
            let (status, own) = front.pass(&uri, body).await;
            assert!(status.is_success(), "{}", String::from_utf8_lossy(&own));
            answer
        }
    };
    let answer = serde_json::json!({ "error": message, "message": message, "code": code });
    (StatusCode::from_u16(status).unwrap(), answer.to_string().into_bytes())
}
