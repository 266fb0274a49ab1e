//! Error answers of the gateway.

use crate::http::Reply;
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug)]
pub(super) struct Failure {
    status: u16,
    message: String,
    details: Value,
    /// Middleware errors write absent members as null.
    writes_nulls: bool,
}

impl Failure {
    /// One field of the request is wrong.
    pub(super) fn invalid(path: &str, error: impl Into<String>) -> Self {
        let message =
            if path == "?" { "One or more errors occurred" } else { "One or more validation errors occurred" };
        Self {
            status: 400,
            message: message.to_owned(),
            details: json!({
                "type": "InvalidRequestError",
                "validation_errors": [{ "path": path, "errors": [error.into()] }],
            }),
            writes_nulls: false,
        }
    }

    /// The submitted transaction can never be valid.
    pub(super) fn invalid_transaction(message: impl Into<String>) -> Self {
        let details = json!({ "type": "InvalidTransactionError" });
        Self { status: 400, message: message.into(), details, writes_nulls: true }
    }

    /// The view is too old.
    pub(super) fn not_synced(request_type: &str, delay_ms: i64, allowed_ms: i64) -> Self {
        let delay = delay_ms / 1000;
        let message = format!(
            "The Gateway API cannot return current results as its database is not sufficiently up to date with the \
             Network's Ledger (it is currently {} minutes, {} seconds behind)",
            delay / 60,
            delay % 60
        );
        Self {
            status: 500,
            message,
            details: json!({
                "type": "NotSyncedUpError",
                "request_type": request_type,
                "current_sync_delay_seconds": delay,
                "max_allowed_sync_delay_seconds": allowed_ms / 1000,
            }),
            writes_nulls: true,
        }
    }

    /// Something broke inside.
    pub(super) fn internal(exception: &str) -> Self {
        Self {
            status: 500,
            message:
                "An unexpected error occurred handling the request. If reporting this issue, please include TraceId"
                    .to_owned(),
            details: json!({ "type": "InternalServerError", "exception": exception, "cause": "N/A" }),
            writes_nulls: true,
        }
    }

    pub(super) fn reply(self, trace_id: &str) -> Reply {
        let mut body = json!({
            "message": self.message,
            "code": self.status,
            "details": self.details,
            "trace_id": trace_id,
        });
        if !self.writes_nulls {
            body = crate::http::render::without_nulls(body);
        }
        Reply::json(self.status, &body)
    }
}
