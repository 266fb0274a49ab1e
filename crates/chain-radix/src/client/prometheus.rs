//! Metrics of a node, read line by line.
//!
//! A node's text is not quite what the format prescribes (a help line without a metric, a trailing
//! comma in a label list, an empty last line), so lines that cannot be read are passed over and
//! only what is used must be there.
use super::error::ApiError;
use super::http::Endpoint;
use std::collections::BTreeMap;
use watchdog_core::clock::Timestamp;
use watchdog_core::probe::Duties;

const ROUNDS: &str = "rn_ledger_consensus_rounds_committed";
const STATE_VERSION: &str = "rn_ledger_state_version";
const PROPOSER_TIME: &str = "rn_ledger_last_update_proposer_epoch_second";
/// Largest whole number that a metric can carry exactly: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads the metrics of one node.
#[derive(Clone, Debug)]
pub struct PrometheusClient {
    endpoint: Endpoint,
}

/// What is used of a node's metrics.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Metrics {
    /// State version that the node holds.
    pub state_version: u64,
    /// Proposer's time of its newest update.
    pub proposer_time: Timestamp,
    /// Rounds by validator address, counted since the node's process began: made, and missed in
    /// either way.
    pub rounds: BTreeMap<String, Duties>,
}

impl PrometheusClient {
    /// A client of the metrics at `endpoint`, which is their full address.
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// What errors call it.
    pub fn name(&self) -> &str {
        self.endpoint.name()
    }

    /// Reads them once.
    ///
    /// # Errors
    /// As [`ApiError`] lists them; [`ApiError::Malformed`] where a metric that is used is absent.
    pub async fn metrics(&self) -> Result<Metrics, ApiError> {
        parse(&self.endpoint.get_text("").await?)
    }
}

/// What is used of `text`.
///
/// # Errors
/// A metric is absent or out of its range.
pub fn parse(text: &str) -> Result<Metrics, ApiError> {
    let (mut version, mut time, mut rounds) = (None, None, BTreeMap::<String, Duties>::new());
    for sample in text.lines().filter_map(Sample::parse) {
        match sample.name {
            STATE_VERSION => version = whole(sample.value),
            PROPOSER_TIME => time = whole(sample.value * 1000.0),
            ROUNDS => {
                let Some(leader) = sample.label("leader_component_address") else { continue };
                let count = whole(sample.value).ok_or_else(|| malformed(ROUNDS))?;
                let counted = rounds.entry(leader).or_default();
                match sample.label("round_resolution").as_deref() {
                    Some("Successful") => counted.made = counted.made.saturating_add(count),
                    Some("MissedByFallback" | "MissedByGap") => counted.missed = counted.missed.saturating_add(count),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let state_version = version.ok_or_else(|| malformed(STATE_VERSION))?;
    let proposer_time = Timestamp(time.ok_or_else(|| malformed(PROPOSER_TIME))?);
    Ok(Metrics { state_version, proposer_time, rounds })
}

fn malformed(metric: &str) -> ApiError {
    ApiError::Malformed(format!("metric {metric} is absent or no count"))
}

/// A metric as a count; the fraction is dropped.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn whole(value: f64) -> Option<u64> {
    (0.0..=EXACT).contains(&value).then_some(value as u64)
}

/// One line of the text format.
struct Sample<'a> {
    name: &'a str,
    labels: &'a str,
    value: f64,
}

impl<'a> Sample<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let (name, labels, rest) = if let Some((name, rest)) = line.split_once('{') {
            let end = end_of_labels(rest)?;
            (name, rest.get(..end)?, rest.get(end + 1..)?)
        } else {
            let (name, rest) = line.split_once(char::is_whitespace)?;
            (name, "", rest)
        };
        let value = rest.split_whitespace().next()?.parse().ok()?;
        Some(Self { name: name.trim(), labels, value })
    }

    /// The value of a label.
    fn label(&self, name: &str) -> Option<String> {
        let mut rest = self.labels;
        loop {
            let (key, after) = rest.split_once('=')?;
            let quoted = after.trim_start().strip_prefix('"')?;
            let end = end_of_quotes(quoted)?;
            if key.trim_matches(|c: char| c == ',' || c.is_whitespace()) == name {
                return Some(unescape(quoted.get(..end)?));
            }
            rest = quoted.get(end + 1..)?;
        }
    }
}

/// Place of the `}` that ends a label list: the first one outside of quotes.
fn end_of_labels(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().find_map(|(at, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted => return Some(at),
            _ => {}
        }
        None
    })
}

/// Place of the `"` that ends a value.
fn end_of_quotes(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
        None
    })
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEADER: &str = r#"rn_ledger_consensus_rounds_committed{leader_component_address="v",round_resolution="#;

    fn text(lines: &[String]) -> String {
        let head = [
            "rn_ledger_state_version 7.0".to_owned(),
            "rn_ledger_last_update_proposer_epoch_second 1.748779260417e9".to_owned(),
        ];
        [&head[..], lines].concat().join("\n")
    }

    #[test]
    fn both_ways_to_miss_a_round_are_one_count() {
        let lines = [
            format!("{LEADER}\"MissedByGap\"}} 3"),
            format!("{LEADER}\"MissedByFallback\",}} 2.0"),
            format!("{LEADER}\"Successful\"}} 40"),
        ];
        let metrics = parse(&text(&lines)).unwrap();
        assert_eq!(metrics.rounds["v"], Duties { made: 40, missed: 5 });
        assert_eq!((metrics.state_version, metrics.proposer_time), (7, Timestamp(1_748_779_260_417)));
    }

    #[test]
    fn odd_lines_are_passed_over_and_absent_metrics_are_not() {
        let odd = ["# HELP words", "nodeinfo{health=\"UP\",} 0.0", "", "x{a=\"}\\\"\"} 1", "y{a=\"", "z", "w abc"];
        assert!(parse(&text(&odd.map(str::to_owned))).unwrap().rounds.is_empty());
        assert!(parse("rn_ledger_state_version 7").is_err());
        assert!(parse("<html>").is_err());
    }

    #[test]
    fn a_count_that_is_no_count_is_refused() {
        for wrong in ["-1", "NaN", "+Inf", "1e300"] {
            assert!(parse(&text(&[format!("{LEADER}\"Successful\"}} {wrong}")])).is_err(), "{wrong}");
        }
    }
}
