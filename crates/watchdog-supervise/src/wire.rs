//! What is said between an engine and a node: one line each way.
use crate::doubt::{Doubt, FenceError};
use crate::fence::Evidence;
use crate::order::{Order, Target};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use watchdog_core::id::{Epoch, NodeName, ValidatorName};

/// Name and version of the exchange: the first word of every request, the `schema` of every answer.
pub const SCHEMA: &str = "tanist/fence/v1";

/// A request, as it travels in `SSH_ORIGINAL_COMMAND`: words separated by single spaces.
///
/// ```text
/// tanist/fence/v1 status VALIDATOR NODE
/// tanist/fence/v1 fence  VALIDATOR NODE TOKEN SEQ
/// tanist/fence/v1 grant  VALIDATOR NODE TOKEN SEQ TERM
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Request {
    /// Says how things stand. Changes nothing.
    Status(Target),
    /// Takes the authority away and stops the signer.
    Fence(Order),
    /// Gives the authority for one term of the node's own lease.
    Grant {
        /// The command.
        order: Order,
        /// Token of that lease; 0 where the node has no lease of its own.
        term: u64,
    },
}

impl Request {
    /// The node that is meant.
    pub fn target(&self) -> &Target {
        match self {
            Self::Status(target) => target,
            Self::Fence(order) | Self::Grant { order, .. } => &order.target,
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |order: &Order| {
            let Order { target: Target { validator, node }, epoch: Epoch { token, seq } } = order;
            format!("{validator} {node} {token} {seq}")
        };
        match self {
            Self::Status(Target { validator, node }) => write!(f, "{SCHEMA} status {validator} {node}"),
            Self::Fence(order) => write!(f, "{SCHEMA} fence {}", words(order)),
            Self::Grant { order, term } => write!(f, "{SCHEMA} grant {} {term}", words(order)),
        }
    }
}

/// A text that is no request. What was found is not repeated: it came over the network.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a request: expected `{SCHEMA} status|fence|grant VALIDATOR NODE [TOKEN SEQ [TERM]]`")]
pub struct NotARequest;

impl FromStr for Request {
    type Err = NotARequest;

    fn from_str(text: &str) -> Result<Self, NotARequest> {
        parse(text).ok_or(NotARequest)
    }
}

fn parse(text: &str) -> Option<Request> {
    let words: Vec<_> = text.split(' ').collect();
    let [schema, verb, validator, node, numbers @ ..] = words.as_slice() else { return None };
    if *schema != SCHEMA {
        return None;
    }
    let target = Target { validator: ValidatorName::new(validator)?, node: NodeName::new(node)? };
    let order = |token: &str, seq: &str| {
        Some(Order { target: target.clone(), epoch: Epoch { token: number(token)?, seq: number(seq)? } })
    };
    match (*verb, numbers) {
        ("status", []) => Some(Request::Status(target)),
        ("fence", [token, seq]) => Some(Request::Fence(order(token, seq)?)),
        ("grant", [token, seq, term]) => Some(Request::Grant { order: order(token, seq)?, term: number(term)? }),
        _ => None,
    }
}

/// Decimal digits alone, without leading zeros: one spelling for one number.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// How a node stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The authority was taken away or never given, and nothing of the signer is left.
    Fenced,
    /// The authority was taken away, and something of the signer is still there or cannot be excluded.
    Stopping,
    /// The signer may run.
    Granted,
    /// The command was not obeyed, because a newer one was.
    Stale,
    /// The command was not obeyed; `reason` says why.
    Refused,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fenced => "fenced",
            Self::Stopping => "stopping",
            Self::Granted => "granted",
            Self::Stale => "stale",
            Self::Refused => "refused",
        })
    }
}

/// The answer of a node: one line of JSON, ended by a newline.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// [`SCHEMA`].
    pub schema: String,
    /// Whose node.
    pub validator: ValidatorName,
    /// Which node.
    pub node: NodeName,
    /// How it stands.
    pub state: State,
    /// Newest epoch that it has obeyed.
    pub epoch: Epoch,
    /// Token of the node's own lease, where it holds one now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<u64>,
    /// Seconds after which a watchdog device, confirmed active, resets the node's machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog_seconds: Option<u64>,
    /// Why, where something is not as it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Answer {
    /// The line.
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }

    /// The answer about `target` in all that was printed: exactly one whole line, nothing around it.
    pub fn read(printed: &[u8], target: &Target) -> Result<Self, Doubt> {
        let answer: Self = line(printed)?;
        let named = Target { validator: answer.validator.clone(), node: answer.node.clone() };
        match () {
            () if answer.schema != SCHEMA => Err(Doubt::Strange(format!("its schema is not `{SCHEMA}`"))),
            () if named != *target => Err(Doubt::Elsewhere(format!("it is about {named}, asked was {target}"))),
            () => Ok(answer),
        }
    }

    /// Exit status that goes with it: 0 where `request` was obeyed, 4 where it was refused, 8 where its
    /// effect is not established.
    pub fn exit_status(&self, request: &Request) -> u8 {
        match (request, self.state) {
            (_, State::Refused | State::Stale) => 4,
            (Request::Status(_), _) | (Request::Fence(_), State::Fenced) | (Request::Grant { .. }, State::Granted) => 0,
            _ => 8,
        }
    }

    /// The answer as evidence.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence(serde_json::to_value(self).unwrap_or_default())
    }

    /// Whether it says that `order` took the authority away for good.
    pub fn fenced(&self, order: &Order) -> Result<(), FenceError> {
        self.obeyed(order, State::Fenced)
    }

    /// Whether it says that `order` gave the authority.
    pub fn granted(&self, order: &Order) -> Result<(), FenceError> {
        self.obeyed(order, State::Granted)
    }

    fn obeyed(&self, order: &Order, wanted: State) -> Result<(), FenceError> {
        let reason = || self.reason.clone().unwrap_or_else(|| "no reason given".to_owned());
        if self.state == State::Stale || self.epoch > order.epoch {
            return Err(FenceError::Stale { given: order.epoch, seen: self.epoch });
        }
        match self.state {
            State::Refused => Err(FenceError::Refused(reason())),
            _ if self.epoch != order.epoch => {
                let (token, seq) = (self.epoch.token, self.epoch.seq);
                Err(Doubt::Elsewhere(format!("the newest command that the node knows is {token}.{seq}")).into())
            }
            state if state == wanted => Ok(()),
            State::Stopping => Err(Doubt::StillThere(reason()).into()),
            state => Err(Doubt::StillThere(format!("the node says `{state}`")).into()),
        }
    }
}

/// The one line of JSON that a program printed.
pub(crate) fn line<T: serde::de::DeserializeOwned>(printed: &[u8]) -> Result<T, Doubt> {
    let strange = |what: &str| Doubt::Strange(what.to_owned());
    let text = std::str::from_utf8(printed).map_err(|_| strange("it is not UTF-8 text"))?;
    let line = text.strip_suffix('\n').ok_or_else(|| {
        strange(if text.is_empty() { "nothing was printed" } else { "its last line has no end, so it may be cut off" })
    })?;
    if line.contains('\n') {
        return Err(strange("more than one line was printed"));
    }
    serde_json::from_str(line).map_err(|_| strange("it is not the JSON that was expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(token: u64, seq: u64) -> Order {
        let target = Target { validator: ValidatorName::new("main").unwrap(), node: NodeName::new("node_a").unwrap() };
        Order { target, epoch: Epoch { token, seq } }
    }

    fn answer(state: State, token: u64, seq: u64) -> Answer {
        let Target { validator, node } = order(0, 0).target;
        let epoch = Epoch { token, seq };
        Answer {
            schema: SCHEMA.into(),
            validator,
            node,
            state,
            epoch,
            term: None,
            watchdog_seconds: None,
            reason: None,
        }
    }

    #[test]
    fn a_request_reads_back_as_it_was_written() {
        let requests = [
            Request::Status(order(0, 0).target),
            Request::Fence(order(7, 3)),
            Request::Grant { order: order(u64::MAX, 1), term: 9 },
        ];
        for request in requests {
            assert_eq!(request.to_string().parse(), Ok(request));
        }
    }

    #[test]
    fn whatever_else_came_over_the_network_is_no_request() {
        let given = [
            "",
            "sh -c id",
            "tanist/fence/v1",
            "tanist/fence/v2 status main node_a",
            "tanist/fence/v1 status main node_a;id",
            "tanist/fence/v1 status main  node_a",
            "tanist/fence/v1 status main node_a ",
            "tanist/fence/v1 fence main node_a 1",
            "tanist/fence/v1 fence main node_a 01 1",
            "tanist/fence/v1 fence main node_a +1 1",
            "tanist/fence/v1 fence main node_a 1 18446744073709551616",
            "tanist/fence/v1 grant main node_a 1 1",
            "tanist/fence/v1 Fence main node_a 1 1",
        ];
        for text in given {
            assert_eq!(text.parse::<Request>(), Err(NotARequest), "{text:?}");
        }
    }

    #[test]
    fn only_fenced_at_this_very_epoch_is_fenced() {
        let order = order(7, 3);
        assert!(answer(State::Fenced, 7, 3).fenced(&order).is_ok());
        for state in [State::Stopping, State::Granted, State::Refused, State::Stale] {
            assert!(answer(state, 7, 3).fenced(&order).is_err(), "{state}");
        }
        for (token, seq) in [(7, 2), (6, 9), (7, 4), (8, 1)] {
            assert!(answer(State::Fenced, token, seq).fenced(&order).is_err(), "{token}.{seq}");
        }
    }

    #[test]
    fn a_node_that_knows_a_newer_command_makes_this_one_stale() {
        for state in [State::Fenced, State::Granted, State::Stale] {
            let error = answer(state, 8, 1).fenced(&order(7, 3)).unwrap_err();
            assert!(matches!(error, FenceError::Stale { .. }), "{state}: {error}");
        }
    }

    #[test]
    fn no_part_of_a_line_and_nothing_around_it_is_an_answer() {
        let target = order(0, 0).target;
        let whole = answer(State::Fenced, 7, 3).line();
        assert_eq!(Answer::read(whole.as_bytes(), &target).unwrap(), answer(State::Fenced, 7, 3));
        for end in 0..whole.len() {
            assert!(Answer::read(&whole.as_bytes()[..end], &target).is_err(), "{end} bytes");
        }
        for around in [format!("motd\n{whole}"), format!("{whole}\n"), format!("{whole}{whole}")] {
            assert!(Answer::read(around.as_bytes(), &target).is_err(), "{around}");
        }
        let other = Target { node: NodeName::new("node_b").unwrap(), ..target };
        assert!(matches!(Answer::read(whole.as_bytes(), &other), Err(Doubt::Elsewhere(_))));
    }
}
