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

/// Codes of gRPC statuses that are looked at. Source: gRPC documentation, "Status codes".
mod status {
    pub(super) const INVALID_ARGUMENT: i64 = 3;
    pub(super) const NOT_FOUND: i64 = 5;
    pub(super) const PERMISSION_DENIED: i64 = 7;
    pub(super) const RESOURCE_EXHAUSTED: i64 = 8;
    pub(super) const FAILED_PRECONDITION: i64 = 9;
    pub(super) const OUT_OF_RANGE: i64 = 11;
    pub(super) const UNIMPLEMENTED: i64 = 12;
    pub(super) const UNAUTHENTICATED: i64 = 16;
}

/// A signed token of before the last change of users or roles is refused with these words, until it
/// expires. Source: etcd, `api/v3rpc/rpctypes/error.go`.
const OLD_TOKEN: &str = "revision of auth store is old";

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
        /// Code of the gRPC status; 0 where it told none.
        code: i64,
    },
    /// The cluster reported a failure: it may have been carried out all the same.
    #[error("etcd failed: {message}")]
    Failed {
        /// Its own words.
        message: String,
        /// Code of the gRPC status; 0 where it told none.
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

    /// Whether whatever the call did was done before the answer, so that reading tells. So it is with a
    /// store that is full: the write that fills it is carried out and then called a failure.
    /// Source: etcd, `quotaApplierV3` of `server/etcdserver/apply`, and `quotaKVServer` of
    /// `api/v3rpc/quota.go`, which asks before.
    pub(crate) const fn is_settled(&self) -> bool {
        matches!(self, Self::Failed { code: status::RESOURCE_EXHAUSTED, .. })
    }

    /// Whether logging in anew helps.
    fn is_about_the_token(&self) -> bool {
        match self {
            Self::Refused { code: status::UNAUTHENTICATED, .. } => true,
            Self::Refused { message, .. } => message.contains(OLD_TOKEN),
            _ => false,
        }
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
            Err(error) if error.is_about_the_token() && self.inner.access.login.is_some() => {
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

/// What an answer other than success means. Only codes that etcd gives before it carries anything out
/// are refusals; after any other ("request timed out", "leader changed", "database space exceeded") it
/// may have been carried out, or be still.
/// Source: gRPC status codes, and etcd, `api/v3rpc/rpctypes/error.go`.
fn refusal(status: StatusCode, bytes: &[u8]) -> EtcdError {
    let Ok(refused) = serde_json::from_slice::<Refused>(bytes) else {
        // The gateway itself speaks plain text, before anything reaches the cluster.
        let text: String = String::from_utf8_lossy(bytes).chars().take(200).collect();
        let message = format!("{status}: {}", text.trim());
        let code = 0;
        return if status.is_client_error() {
            EtcdError::Refused { message, code }
        } else {
            EtcdError::Failed { message, code }
        };
    };
    let told = [refused.message.as_str(), refused.error.as_str().unwrap_or_default()];
    let message = told.into_iter().find(|text| !text.is_empty()).map_or_else(|| status.to_string(), str::to_owned);
    match refused.code {
        code @ (status::INVALID_ARGUMENT
        | status::NOT_FOUND
        | status::PERMISSION_DENIED
        | status::FAILED_PRECONDITION
        | status::OUT_OF_RANGE
        | status::UNIMPLEMENTED
        | status::UNAUTHENTICATED) => EtcdError::Refused { message, code },
        code => EtcdError::Failed { message, code },
    }
}

impl fmt::Debug for Etcd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Etcd").field("access", &self.inner.access).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_before_anything_is_done_is_a_refusal() {
        for code in 0..=16 {
            let body = json!({ "error": "etcdserver: no", "message": "etcdserver: no", "code": code }).to_string();
            let error = refusal(StatusCode::INTERNAL_SERVER_ERROR, body.as_bytes());
            let before = [3, 5, 7, 9, 11, 12, 16].contains(&code);
            assert_eq!(error.is_without_effect(), before, "{code}");
            assert_eq!(error.is_settled(), code == 8, "{code}");
            assert!(error.to_string().contains("etcdserver: no"), "{error}");
        }
    }

    #[test]
    fn the_gateways_own_refusals_are_plain_text() {
        assert!(refusal(StatusCode::NOT_FOUND, b"Not Found").is_without_effect());
        assert!(!refusal(StatusCode::BAD_GATEWAY, b"upstream").is_without_effect());
    }

    #[test]
    fn a_token_of_before_a_change_of_users_is_renewed() {
        let code = status::INVALID_ARGUMENT;
        let refused = |message: &str| EtcdError::Refused { message: message.to_owned(), code };
        assert!(refused("etcdserver: revision of auth store is old").is_about_the_token());
        assert!(!refused("etcdserver: user name is empty").is_about_the_token());
    }
}
