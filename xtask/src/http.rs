//! As much HTTP as the local network's control API needs: one request, one JSON answer, on the loopback device.
use crate::failure::Failure;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server at `http://host:port`.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    authority: String,
}

impl Server {
    /// The server at `base`.
    pub(crate) fn new(base: &str) -> Result<Self, Failure> {
        let authority = base.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let authority = authority.filter(|authority| !authority.contains('/'));
        let wrong = || Failure::new(format!("`{base}` is not of the form http://host:port"));
        Ok(Self { authority: authority.ok_or_else(wrong)?.to_owned() })
    }

    /// The answer to a GET.
    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask("GET", path, "")
    }

    /// The answer to a POST of `body`.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask("POST", path, &body.to_string())
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<Value, Failure> {
        let failed = |why: String| Failure::new(format!("{method} http://{}{path} failed: {why}", self.authority));
        let text = self.exchange(method, path, body).map_err(|error| failed(error.to_string()))?;
        let (status, answer) = parsed(&text).ok_or_else(|| failed("the answer is not HTTP".to_owned()))?;
        if !(200..300).contains(&status) {
            return Err(failed(format!("status {status}: {answer}")));
        }
        if answer.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(answer).map_err(|error| failed(format!("the answer is not JSON: {error}")))
    }

    fn exchange(&self, method: &str, path: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.authority)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            self.authority,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// Status and body of an answer whose body ends with the connection.
fn parsed(text: &str) -> Option<(u16, &str)> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.lines().next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    Some((status.parse().ok()?, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_body_are_read_from_an_answer() {
        assert_eq!(parsed("HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\n{}"), Some((409, "{}")));
        assert_eq!(parsed("SSH-2.0-x\r\n\r\n"), None);
    }

    #[test]
    fn only_a_plain_address_is_a_server() {
        assert!(Server::new("http://127.0.0.1:80").is_ok());
        assert!(Server::new("http://127.0.0.1:80/").is_ok());
        assert!(Server::new("https://127.0.0.1").is_err());
        assert!(Server::new("http://127.0.0.1:80/core").is_err());
    }
}
