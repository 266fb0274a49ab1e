//! Requests and answers, independent of the server.

use bytes::Bytes;
use http_body_util::Full;
use serde_json::Value;
use std::collections::BTreeMap;

/// A request as the sites see it.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query without question mark.
    pub query: Option<String>,
    /// Content type, if named.
    pub content_type: Option<String>,
    /// Body.
    pub body: Bytes,
}

impl Request {
    /// Whether the content type is JSON.
    pub fn is_json(&self) -> bool {
        self.content_type.as_deref().is_some_and(|kind| kind.starts_with("application/json"))
    }

    /// The body as JSON. `None` if it is none.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
            body: serde_json::to_vec(body).unwrap_or_default(),
        }
    }

    /// Plain text of the given kind.
    pub fn text(status: u16, kind: &str, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type", kind.to_owned())], body: body.into().into_bytes() }
    }

    /// No body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A proxy's error page.
    pub fn html(status: u16) -> Self {
        let reason =
            hyper::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason()).unwrap_or("Error");
        Self::text(status, "text/html", format!("<html><head><title>{status} {reason}</title></head></html>"))
    }

    /// A hosting layer's rate limit.
    pub fn rate_limit(retry_after: u64) -> Self {
        let mut reply = Self::text(429, "text/plain", "Too Many Requests");
        reply.headers.push(("retry-after", retry_after.to_string()));
        reply
    }

    /// Replaces values of a JSON body; pointers that lead nowhere insert into the object above them.
    pub fn lie(&mut self, set: &BTreeMap<String, Value>) {
        let Ok(mut body) = serde_json::from_slice::<Value>(&self.body) else { return };
        for (pointer, value) in set {
            if let Some(place) = body.pointer_mut(pointer) {
                *place = value.clone();
            } else if let Some((above, name)) = pointer.rsplit_once('/')
                && let Some(object) = body.pointer_mut(above).and_then(Value::as_object_mut)
            {
                object.insert(name.to_owned(), value.clone());
            }
        }
        self.body = serde_json::to_vec(&body).unwrap_or_default();
    }

    /// Drops the second half of the body.
    pub fn truncate(&mut self) {
        self.body.truncate(self.body.len() / 2);
    }

    /// For the server.
    pub fn into_response(self) -> Result<hyper::Response<Full<Bytes>>, hyper::http::Error> {
        let mut builder = hyper::Response::builder().status(self.status);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        builder.body(Full::new(Bytes::from(self.body)))
    }
}
