//! What is said between an engine, its nodes and their sidecars.
use crate::decoder::Outcome;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use watchdog_core::id::{Epoch, NodeName, ValidatorName};
use watchdog_supervise::authority::Authority;
use watchdog_supervise::order::{Order, Target};
use watchdog_supervise::sidecar::holder::Holder;
use watchdog_supervise::sidecar::status::SidecarStatus;
use watchdog_supervise::wire::{Answer, Request, SCHEMA};

/// The words of a forced command: one spelling for one request.
pub(crate) fn request(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    match text.parse::<Request>() {
        Ok(request) => {
            assert_eq!(request.to_string(), text, "a request has two spellings");
            Outcome::Accepted
        }
        Err(error) => {
            assert!(!error.to_string().contains(crate::MARK), "an error repeats what came over the network");
            Outcome::Refused
        }
    }
}

/// What a node printed: it proves only what it says in so many words.
pub(crate) fn answer(input: &[u8]) -> Outcome {
    let order = order();
    let Ok(answer) = Answer::read(input, &order.target) else { return Outcome::Refused };
    let said: Value = serde_json::from_slice(input).unwrap_or_default();
    let is = |state: &str| {
        said["schema"] == SCHEMA
            && said["validator"] == order.target.validator.as_str()
            && said["node"] == order.target.node.as_str()
            && said["state"] == state
            && said["epoch"]["token"] == order.epoch.token
            && said["epoch"]["seq"] == order.epoch.seq
    };
    assert_eq!(answer.fenced(&order).is_ok(), is("fenced"), "a fence is proven by something else than its answer");
    assert_eq!(answer.granted(&order).is_ok(), is("granted"), "a grant is proven by something else than its answer");
    let again = Answer::read(answer.line().as_bytes(), &order.target);
    assert_eq!(again.ok(), Some(answer), "an answer changes when it is written and read again");
    Outcome::Accepted
}

/// Who holds a node's lease, by the text in the lease store.
pub(crate) fn holder(input: &[u8]) -> Outcome {
    let Ok(holder) = String::from_utf8_lossy(input).parse::<Holder>() else { return Outcome::Refused };
    assert_eq!(holder.to_string().parse(), Ok(holder), "a holder changes when it is written and read again");
    Outcome::Accepted
}

/// What a node keeps in files: its memory and its sidecar.
pub(crate) fn memory(input: &[u8]) -> Outcome {
    kept::<Authority>(input).or(kept::<SidecarStatus>(input))
}

fn kept<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(input: &[u8]) -> Outcome {
    let Ok(value) = serde_json::from_slice::<T>(input) else { return Outcome::Refused };
    let again = serde_json::to_vec(&value).ok().and_then(|written| serde_json::from_slice::<T>(&written).ok());
    assert_eq!(again, Some(value), "a file changes when it is written and read again");
    Outcome::Accepted
}

#[allow(clippy::expect_used, reason = "names in this file are names")]
fn order() -> Order {
    let (validator, node) = (ValidatorName::new("main"), NodeName::new("node_a"));
    let target = Target { validator: validator.expect("a name"), node: node.expect("a name") };
    Order { target, epoch: Epoch { token: 7, seq: 3 } }
}

/// Requests of every kind.
pub(crate) fn requests() -> Vec<Vec<u8>> {
    let order = order();
    let all = [Request::Status(order.target.clone()), Request::Fence(order.clone()), Request::Grant { order, term: 9 }];
    all.iter().map(|request| request.to_string().into_bytes()).collect()
}

/// Answers of every kind.
pub(crate) fn answers() -> Vec<Vec<u8>> {
    let answer = |state: &str, rest: &str| {
        let head = format!(r#"{{"schema":"{SCHEMA}","validator":"main","node":"node_a","state":"{state}""#);
        format!("{head},\"epoch\":{{\"token\":7,\"seq\":3}}{rest}}}\n").into_bytes()
    };
    ["fenced", "stopping", "granted", "stale", "refused"]
        .into_iter()
        .flat_map(|state| {
            [answer(state, ""), answer(state, r#","term":5,"watchdog_seconds":10,"reason":"it does not end""#)]
        })
        .collect()
}

/// Holders with and without a device.
pub(crate) fn holders() -> Vec<Vec<u8>> {
    ["main/node_a lease_ms=15000", "main/node_a lease_ms=15000 watchdog_ms=10000"].map(Vec::from).to_vec()
}

/// Files of every kind.
pub(crate) fn memories() -> Vec<Vec<u8>> {
    [
        r#"{"v":1,"target":{"validator":"main","node":"node_a"},"newest":{"token":7,"seq":3},"right":"fenced"}"#,
        r#"{"v":1,"target":{"validator":"main","node":"node_a"},"newest":{"token":7,"seq":3},"right":{"granted":{"term":5}}}"#,
        r#"{"boot":"5f0c","process":{"pid":7,"start":99},"term":5,"watchdog_seconds":null}"#,
    ]
    .map(Vec::from)
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_to_begin_with_is_read() {
        let all = [(request as fn(&[u8]) -> Outcome, requests()), (answer, answers()), (holder, holders())];
        for (read, inputs) in all.into_iter().chain([(memory as fn(&[u8]) -> Outcome, memories())]) {
            for input in inputs {
                assert_eq!(read(&input), Outcome::Accepted, "{}", String::from_utf8_lossy(&input));
            }
        }
    }
}
