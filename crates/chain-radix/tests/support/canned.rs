//! A server that gives one answer to everything, until it is told another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]
use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is answered.
#[derive(Clone, Debug, Default)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// The server. Ends with the runtime it was started on.
#[derive(Clone, Debug)]
pub(crate) struct Canned {
    answer: Arc<Mutex<Answer>>,
    /// Address of the server.
    pub(crate) url: reqwest::Url,
}

impl Canned {
    pub(crate) async fn start() -> Self {
        let answer = Arc::new(Mutex::new(Answer::default()));
        let served = answer.clone();
        let app = Router::new().fallback(move || {
            let Answer { status, headers, body } = served.lock().unwrap().clone();
            async move {
                let response = Response::builder().status(StatusCode::from_u16(status).unwrap());
                headers.iter().fold(response, |r, (name, value)| r.header(name, value)).body(Body::from(body)).unwrap()
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { answer, url }
    }

    /// Answers with the `response` of an exchange from now on.
    pub(crate) fn say(&self, response: &Value) -> Result<(), String> {
        let status = response.get("status").and_then(Value::as_u64).ok_or("response has no status")?;
        let body = match (response.get("body"), response.get("body_text")) {
            (Some(body), None) => serde_json::to_vec(body).map_err(|e| e.to_string())?,
            (None, Some(Value::String(text))) => text.clone().into_bytes(),
            (None, None) => Vec::new(),
            _ => return Err("response has no body or two".to_owned()),
        };
        let headers = response.get("headers").and_then(Value::as_object).into_iter().flatten();
        let headers =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
        let status = u16::try_from(status).map_err(|e| e.to_string())?;
        *self.answer.lock().unwrap() = Answer { status, headers, body };
        Ok(())
    }

    /// An endpoint at `path` of this server.
    pub(crate) fn endpoint(&self, path: &str) -> chain_radix::client::Endpoint {
        let url = self.url.join(path).unwrap();
        chain_radix::client::Endpoint::new(client(), url, None, Duration::from_secs(5))
    }
}

/// An HTTP client as the command line makes one.
pub(crate) fn client() -> reqwest::Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    reqwest::Client::builder().no_proxy().build().unwrap()
}
