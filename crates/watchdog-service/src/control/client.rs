//! The asking side.
use super::problem::Problem;
use super::routes::DAMAGED_PARTS;
use super::view::{
    Answer, Event, ExecuteOrder, Explained, Heard, ObservationsPage, Offer, Operation, PauseBody, PlanBody, Released,
    Reloaded, StatementBody, Status, Validator,
};
use reqwest::header::{HeaderName, LINK};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchdog_core::clock::Timestamp;

/// The host that a request over a socket names: any will do.
const BASE: &str = "http://tanist";

/// Asks a daemon over its Unix socket.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    socket: PathBuf,
    patience: Duration,
}

/// A request was not answered as wished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The daemon said no, and why.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// Nobody answers at the socket.
    #[error("no daemon answers at {}", socket.display())]
    Unreachable {
        /// The socket.
        socket: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An answer took too long. Whether the request had an effect is not known.
    #[error("the daemon at {} did not answer in time", socket.display())]
    Late {
        /// The socket.
        socket: PathBuf,
    },
    /// What came back is none of this API.
    #[error("the answer of {} is not understood", socket.display())]
    Strange {
        /// The socket.
        socket: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Client {
    /// A client of the daemon at `socket`, each of whose requests may take `patience`. Every request
    /// connects anew. A TLS provider must have been installed in the process.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] where no HTTP client can be made.
    pub fn new(socket: &Path, patience: Duration) -> Result<Self, ClientError> {
        // The daemon ends connections that idle, and a request on its way just then would be lost with one.
        let http = reqwest::Client::builder().unix_socket(socket).no_proxy().pool_max_idle_per_host(0).build();
        let unreachable =
            |error: reqwest::Error| ClientError::Unreachable { socket: socket.to_owned(), source: error.into() };
        Ok(Self { http: http.map_err(unreachable)?, socket: socket.to_owned(), patience })
    }

    /// The whole instance.
    ///
    /// # Errors
    /// As [`ClientError`] says; so do all that follow.
    pub async fn status(&self) -> Result<Answer<Status>, ClientError> {
        self.answer(self.request(Method::GET, "/v1/status")).await
    }

    /// One validator.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn validator(&self, name: &str) -> Result<Answer<Validator>, ClientError> {
        self.answer(self.request(Method::GET, &format!("/v1/validators/{}", segment(name)))).await
    }

    /// What the sources said of a validator that is kept: those that follow position `after` and were made
    /// from `since` on. One page.
    ///
    /// # Errors
    /// `not_found`, `not_recorded`, `observations`.
    pub async fn observations(
        &self,
        validator: &str,
        after: u64,
        since: Timestamp,
    ) -> Result<ObservationsPage, ClientError> {
        let path = format!("/v1/validators/{}/observations?after={after}&since={since}", segment(validator));
        let response = self.sent(self.request(Method::GET, &path)).await?;
        let header = |name: &HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let next = header(&LINK).and_then(next_page);
        let damaged_parts = header(&DAMAGED_PARTS).and_then(|count| count.parse().ok()).unwrap_or(0);
        let text = response.text().await.map_err(|error| self.failed(error))?;
        let observations = text.lines().map(|line| serde_json::from_str(line).map_err(|error| self.strange(error)));
        Ok(ObservationsPage { observations: observations.collect::<Result<_, _>>()?, next, damaged_parts })
    }

    /// Every value behind the newest verdict of a validator, and every gate between it and a failover.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn explain(&self, validator: &str) -> Result<Answer<Explained>, ClientError> {
        self.answer(self.request(Method::GET, &format!("/v1/validators/{}/explain", segment(validator)))).await
    }

    /// What would be done. Changes nothing.
    ///
    /// # Errors
    /// Every precondition that does not hold.
    pub async fn plan(&self, validator: &str, body: &PlanBody) -> Result<Answer<Offer>, ClientError> {
        let path = format!("/v1/validators/{}/plans", segment(validator));
        self.answer(json(self.request(Method::POST, &path), body)).await
    }

    /// Begins a plan. With the same `key`, a repeated request gets the first one's answer.
    ///
    /// # Errors
    /// `plan_stale`, `conflict`, or an interlock's refusal.
    pub async fn execute(&self, plan: &str, digest: &str, key: &str) -> Result<Answer<Operation>, ClientError> {
        let path = format!("/v1/plans/{}/execute", segment(plan));
        let request = self.request(Method::POST, &path).header("idempotency-key", key);
        self.answer(json(request, &ExecuteOrder { digest: digest.to_owned() })).await
    }

    /// Every operation, oldest first.
    ///
    /// # Errors
    /// As all.
    pub async fn operations(&self) -> Result<Answer<Vec<Operation>>, ClientError> {
        self.answer(self.request(Method::GET, "/v1/operations")).await
    }

    /// One operation.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn operation(&self, id: &str) -> Result<Answer<Operation>, ClientError> {
        self.answer(self.request(Method::GET, &format!("/v1/operations/{}", segment(id)))).await
    }

    /// Takes an operation back.
    ///
    /// # Errors
    /// `not_found`, `past_point_of_no_return`.
    pub async fn cancel(&self, id: &str) -> Result<Answer<Operation>, ClientError> {
        self.answer(self.request(Method::POST, &format!("/v1/operations/{}/cancel", segment(id)))).await
    }

    /// Stops automatic action.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn pause(&self, validator: &str, body: &PauseBody) -> Result<Answer<Validator>, ClientError> {
        let path = format!("/v1/validators/{}/pause", segment(validator));
        self.answer(json(self.request(Method::PUT, &path), body)).await
    }

    /// Allows automatic action again.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn resume(&self, validator: &str) -> Result<Answer<Validator>, ClientError> {
        self.answer(self.request(Method::DELETE, &format!("/v1/validators/{}/pause", segment(validator)))).await
    }

    /// Says that the end of the last operation was seen.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn acknowledge(&self, validator: &str) -> Result<Answer<Validator>, ClientError> {
        self.answer(self.request(Method::POST, &format!("/v1/validators/{}/acknowledge", segment(validator)))).await
    }

    /// Says that a node cannot sign any more.
    ///
    /// # Errors
    /// `not_found`, or `invalid` where the statement says too little.
    pub async fn state(&self, validator: &str, body: &StatementBody) -> Result<Answer<Heard>, ClientError> {
        let path = format!("/v1/validators/{}/statement", segment(validator));
        self.answer(json(self.request(Method::PUT, &path), body)).await
    }

    /// Lets the watchdog act by itself again after too many validators turned down together. May be
    /// repeated.
    ///
    /// # Errors
    /// `no_lease`, `storage`.
    pub async fn release(&self) -> Result<Answer<Released>, ClientError> {
        self.answer(self.request(Method::POST, "/v1/release")).await
    }

    /// Reads the configuration anew.
    ///
    /// # Errors
    /// `config_invalid`, `conflict`, `denied`.
    pub async fn reload(&self) -> Result<Answer<Reloaded>, ClientError> {
        self.answer(self.request(Method::POST, "/v1/reload")).await
    }

    /// Events after position `after`, oldest first: one page, empty at the end.
    ///
    /// # Errors
    /// As all.
    pub async fn events(&self, after: u64) -> Result<Vec<Answer<Event>>, ClientError> {
        let response = self.sent(self.request(Method::GET, &format!("/v1/events?after={after}"))).await?;
        let text = response.text().await.map_err(|error| self.failed(error))?;
        text.lines().map(|line| self.event(line)).collect()
    }

    /// Events after position `after` as they happen, without end.
    ///
    /// # Errors
    /// As all.
    pub async fn follow(&self, after: u64) -> Result<Following, ClientError> {
        let url = format!("{BASE}/v1/events?after={after}");
        let request = self.http.request(Method::GET, url).header("accept", "text/event-stream");
        let response = self.sent(request).await?;
        Ok(Following { client: self.clone(), response, pending: Vec::new() })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{BASE}{path}")).timeout(self.patience)
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Answer<T>, ClientError> {
        let response = self.sent(request).await?;
        let document: Value = response.json().await.map_err(|error| self.failed(error))?;
        let result = document.get("result").cloned().unwrap_or_default();
        let result = serde_json::from_value(result).map_err(|error| self.strange(error))?;
        Ok(Answer { document, result })
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| self.failed(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = response.bytes().await.map_err(|error| self.failed(error))?;
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(ClientError::Refused(Box::new(unexplained(status, &bytes)))),
        }
    }

    fn event(&self, line: &str) -> Result<Answer<Event>, ClientError> {
        let document: Value = serde_json::from_str(line).map_err(|error| self.strange(error))?;
        let result = serde_json::from_value(document.clone()).map_err(|error| self.strange(error))?;
        Ok(Answer { document, result })
    }

    fn failed(&self, error: reqwest::Error) -> ClientError {
        let socket = self.socket.clone();
        let error = error.without_url();
        if error.is_timeout() {
            ClientError::Late { socket }
        } else if error.is_decode() {
            ClientError::Strange { socket, source: error.into() }
        } else {
            ClientError::Unreachable { socket, source: error.into() }
        }
    }

    fn strange(&self, error: serde_json::Error) -> ClientError {
        ClientError::Strange { socket: self.socket.clone(), source: error.into() }
    }
}

fn json(request: RequestBuilder, body: &impl Serialize) -> RequestBuilder {
    request.json(body)
}

fn unexplained(status: StatusCode, body: &[u8]) -> Problem {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().next().filter(|line| !line.trim().is_empty()).unwrap_or("no reason was given");
    Problem {
        status: status.as_u16(),
        title: status.canonical_reason().unwrap_or_default().to_owned(),
        code: "http".to_owned(),
        detail: format!("the daemon answered {status}: {line}"),
        at: None,
        expected: None,
        hint: None,
        validator: None,
        operation: None,
        causes: Vec::new(),
    }
}

/// `text` as one segment of a path.
fn segment(text: &str) -> String {
    use std::fmt::Write;
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            write!(segment, "%{byte:02X}").ok();
        }
    }
    segment
}

/// The position in `</v1/…?after=7&…>; rel="next"`.
fn next_page(link: &str) -> Option<u64> {
    let after = link.split_once("?after=")?.1;
    after.split_once(|c: char| !c.is_ascii_digit())?.0.parse().ok()
}

/// Events as they happen.
#[derive(Debug)]
pub struct Following {
    client: Client,
    response: Response,
    pending: Vec<u8>,
}

impl Following {
    /// Longest event; more is none of this API.
    const LONGEST: usize = 4 * 1024 * 1024;

    /// The next event; `None` once the daemon has ended the stream.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Answer<Event>>, ClientError> {
        loop {
            while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                if let Some(data) = line.strip_prefix("data: ") {
                    return self.client.event(data.trim_end()).map(Some);
                }
            }
            if self.pending.len() > Self::LONGEST {
                let source = "an event does not end".into();
                return Err(ClientError::Strange { socket: self.client.socket.clone(), source });
            }
            match self.response.chunk().await.map_err(|error| self.client.failed(error))? {
                Some(bytes) => self.pending.extend_from_slice(&bytes),
                None => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_place_in_a_path() {
        assert_eq!(segment("radix_main"), "radix_main");
        assert_eq!(segment("../status?x"), "%2E%2E%2Fstatus%3Fx");
    }
}
