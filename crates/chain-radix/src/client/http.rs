//! One base address, and how every call to it is made.
use super::error::ApiError;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;
use watchdog_core::secret::Secret;

/// Largest answer that is read. A page of the validator list is well below.
pub const BODY_MAX: usize = 8 * 1024 * 1024;
/// Longest wait that a 429 may ask for; more is a mistake of the other side.
const WAIT_MAX: Duration = Duration::from_mins(5);

/// User and password of a reverse proxy in front of a node.
#[derive(Clone, Debug)]
pub struct BasicAuth {
    /// User.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// A base address with everything that a call to it needs. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    client: reqwest::Client,
    base: Url,
    auth: Option<BasicAuth>,
    timeout: Duration,
    name: String,
}

impl Endpoint {
    /// Calls go through `client` and end after `timeout`, whatever state they are in. `base` holds
    /// no credentials; it is what errors name.
    pub fn new(client: reqwest::Client, base: Url, auth: Option<BasicAuth>, timeout: Duration) -> Self {
        let name = base.as_str().trim_end_matches('/').to_owned();
        Self { client, base, auth, timeout, name }
    }

    /// What errors call it: the base address.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ApiError> {
        let text = if path.is_empty() { self.base.to_string() } else { format!("{}{path}", self.name) };
        let url = Url::parse(&text).map_err(|e| ApiError::Malformed(format!("address {text}: {e}")))?;
        let request = self.client.request(method, url).timeout(self.timeout);
        Ok(match &self.auth {
            Some(auth) => request.basic_auth(&auth.user, Some(auth.password.expose())),
            None => request,
        })
    }

    /// POST of a JSON body to the base address followed by `path`.
    ///
    /// # Errors
    /// As [`ApiError`] lists them.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        let body = serde_json::to_vec(body).map_err(|e| ApiError::Malformed(format!("request: {e}")))?;
        let request = self.request(Method::POST, path)?.header(CONTENT_TYPE, "application/json").body(body);
        json(&receive(request).await?)
    }

    /// GET of JSON.
    ///
    /// # Errors
    /// As [`ApiError`] lists them.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        json(&receive(self.request(Method::GET, path)?).await?)
    }

    /// GET of text.
    ///
    /// # Errors
    /// As [`ApiError`] lists them.
    pub async fn get_text(&self, path: &str) -> Result<String, ApiError> {
        let body = receive(self.request(Method::GET, path)?).await?;
        String::from_utf8(body).map_err(|_| ApiError::Malformed("not text".to_owned()))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

async fn receive(request: RequestBuilder) -> Result<Vec<u8>, ApiError> {
    let response = request.send().await.map_err(unreachable)?;
    let (status, retry_after) = (response.status(), retry_after(&response));
    let body = whole(response).await;
    if status == StatusCode::OK {
        return body;
    }
    // The status alone says enough where the body of an error is cut off or too large.
    Err(ApiError::of_answer(status.as_u16(), retry_after, &body.unwrap_or_default()))
}

async fn whole(mut response: Response) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(chunk.len()) > BODY_MAX {
            return Err(ApiError::Malformed(format!("larger than {} MiB", BODY_MAX / 1024 / 1024)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|e| ApiError::Malformed(e.to_string()))
}

/// `Retry-After` in seconds; its other form, a date, is taken for none.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(WAIT_MAX))
}

fn unreachable(error: reqwest::Error) -> ApiError {
    ApiError::Unreachable(error.without_url())
}
