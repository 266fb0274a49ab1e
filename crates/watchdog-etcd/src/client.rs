//! Calls of etcd's JSON gateway, by any member that answers.
use crate::wire::{Authenticated, Refused};
use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;
use watchdog_core::secret::Secret;

/// Code of an answer to a token that is no longer known. Source: gRPC status codes.
const UNAUTHENTICATED: i64 = 16;

/// How the cluster is reached.
#[derive(Clone, Debug)]
pub struct Access {
    /// Client addresses of the members.
    pub endpoints: Vec<Url>,
    /// User and password, where the cluster asks for them.
    pub login: Option<(String, Secret)>,
    /// Longest time for one call to one member.
    pub patience: Duration,
}

/// A client of the cluster.
#[derive(Clone)]
pub struct Etcd {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    access: Access,
    /// The member that answered last.
    preferred: AtomicUsize,
    token: Mutex<Option<String>>,
}

/// A call that was not answered as wished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtcdError {
    /// No member could be reached: surely nothing was sent.
    #[error("no member of the etcd cluster can be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It was sent, and no answer came: it may have been carried out, or be still.
    #[error("etcd did not answer")]
    Silent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The cluster said no: nothing was carried out.
    #[error("etcd refused: {message}")]
    Refused {
        /// Its own words.
        message: String,
        /// Code of the gRPC status.
        code: i64,
    },
    /// The answer is none that this API has.
    #[error("etcd answered strangely: {0}")]
    Strange(String),
}

impl EtcdError {
    /// Whether the call surely had no effect and will have none.
    pub const fn is_without_effect(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Refused { .. })
    }
}

impl Etcd {
    /// A client that calls by `http`.
    pub fn new(http: reqwest::Client, access: Access) -> Self {
        let inner = Inner { http, access, preferred: AtomicUsize::new(0), token: Mutex::new(None) };
        Self { inner: Arc::new(inner) }
    }

    /// Calls `path` with `body`. Another member is tried where one cannot be reached. A call that was
    /// sent and not answered is not repeated: `Silent`.
    pub(crate) async fn call<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, EtcdError> {
        let known = self.token();
        let token = match (&self.inner.access.login, known) {
            (Some(_), None) => Some(self.log_in().await?),
            (_, known) => known,
        };
        match self.send(path, body, token.as_deref()).await {
            Err(EtcdError::Refused { code, .. }) if code == UNAUTHENTICATED && self.inner.access.login.is_some() => {
                let token = self.log_in().await?;
                self.send(path, body, Some(&token)).await
            }
            answer => answer,
        }
    }

    fn token(&self) -> Option<String> {
        self.inner.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn log_in(&self) -> Result<String, EtcdError> {
        let Some((name, password)) = &self.inner.access.login else {
            return Err(EtcdError::Strange("it asks for a user, and none is configured".to_owned()));
        };
        let body = json!({ "name": name, "password": password.expose() });
        let Authenticated { token } = self.send("/v3/auth/authenticate", &body, None).await?;
        self.inner.token.lock().unwrap_or_else(PoisonError::into_inner).replace(token.clone());
        Ok(token)
    }

    async fn send<T: DeserializeOwned>(&self, path: &str, body: &Value, token: Option<&str>) -> Result<T, EtcdError> {
        let members = self.inner.access.endpoints.len();
        let first = self.inner.preferred.load(Ordering::Relaxed);
        let mut last = EtcdError::Unreachable("no endpoint is configured".into());
        for member in (0..members).filter_map(|step| first.checked_add(step)?.checked_rem(members)) {
            let Some(endpoint) = self.inner.access.endpoints.get(member) else { continue };
            match self.send_to(endpoint, path, body, token).await {
                Err(error @ EtcdError::Unreachable(_)) => last = error,
                answer => {
                    // A member that is silent or refuses may be cut off from the others.
                    let next = if answer.is_ok() { member } else { member.saturating_add(1) };
                    self.inner.preferred.store(next, Ordering::Relaxed);
                    return answer;
                }
            }
        }
        Err(last)
    }

    async fn send_to<T: DeserializeOwned>(
        &self,
        endpoint: &Url,
        path: &str,
        body: &Value,
        token: Option<&str>,
    ) -> Result<T, EtcdError> {
        let url = endpoint.join(path).map_err(|error| EtcdError::Unreachable(Box::new(error)))?;
        let mut request = self.inner.http.post(url).timeout(self.inner.access.patience).json(body);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token);
        }
        let answer = request.send().await.map_err(unsent)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| EtcdError::Silent(Box::new(error.without_url())))?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|error| EtcdError::Strange(error.to_string()));
        }
        Err(refusal(status, &bytes))
    }
}

/// What a request without an answer means.
fn unsent(error: reqwest::Error) -> EtcdError {
    let never_left = error.is_connect() || error.is_builder();
    let error = Box::new(error.without_url());
    if never_left { EtcdError::Unreachable(error) } else { EtcdError::Silent(error) }
}

/// What an answer other than success means. Codes that say that the outcome is open are no refusals.
/// Source: gRPC status codes; 2 unknown, 4 deadline exceeded, 14 unavailable ("request timed out",
/// "leader changed" come with these, and the proposal may still be committed).
fn refusal(status: StatusCode, bytes: &[u8]) -> EtcdError {
    let Ok(refused) = serde_json::from_slice::<Refused>(bytes) else {
        // The gateway itself speaks plain text, before anything reaches the cluster.
        let text: String = String::from_utf8_lossy(bytes).chars().take(200).collect();
        let message = format!("{status}: {}", text.trim());
        if status.is_client_error() {
            return EtcdError::Refused { message, code: i64::from(status.as_u16()) };
        }
        return EtcdError::Silent(message.into());
    };
    let told = [refused.message.as_str(), refused.error.as_str().unwrap_or_default()];
    let message = told.into_iter().find(|text| !text.is_empty()).map_or_else(|| status.to_string(), str::to_owned);
    match refused.code {
        0 | 2 | 4 | 14 => EtcdError::Silent(message.into()),
        code => EtcdError::Refused { message, code },
    }
}

impl fmt::Debug for Etcd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Etcd").field("access", &self.inner.access).finish_non_exhaustive()
    }
}
