//! Refusals of the API, as RFC 9457 has them.
pub use axum::http::StatusCode;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use watchdog_core::action::Refusal;

/// Media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not granted: `application/problem+json`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Name of the HTTP status.
    #[serde(default)]
    pub title: String,
    /// Stable name for scripts, lower snake case; the same as on the command line.
    pub code: String,
    /// What happened, to what.
    pub detail: String,
    /// Where: a key of the configuration with file and line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What would have been right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The validator it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
    /// The operation it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Causes, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            code: code.into(),
            detail: detail.into(),
            at: None,
            expected: None,
            hint: None,
            validator: None,
            operation: None,
            causes: Vec::new(),
        }
    }

    /// With what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// About this validator.
    #[must_use]
    pub fn validator(mut self, name: &impl ToString) -> Self {
        self.validator = Some(name.to_string());
        self
    }

    /// About this operation.
    #[must_use]
    pub fn operation(mut self, id: &impl ToString) -> Self {
        self.operation = Some(id.to_string());
        self
    }
}

/// A refusal of the engine. An interlock is 412, unless its code says something more precise.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.code.as_str() {
            "not_found" | "not_recorded" => StatusCode::NOT_FOUND,
            "conflict" | "plan_stale" | "past_point_of_no_return" | "already_there" | "restart_required" => {
                StatusCode::CONFLICT
            }
            "config_invalid" | "secret_invalid" | "key_reused" => StatusCode::UNPROCESSABLE_ENTITY,
            "storage" | "observations" | "no_lease" | "stopping" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::PRECONDITION_FAILED,
        };
        Self::new(status, refusal.code, refusal.message).hint(refusal.hint)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let media = HeaderValue::from_static(MEDIA_TYPE);
        (status, [(header::CONTENT_TYPE, media)], body).into_response()
    }
}
