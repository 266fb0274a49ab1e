//! `tanist explain`
use super::status::deliver;
use crate::args::Global;
use crate::exit::Exit;
use crate::output::{BAD, GOOD, HEAD, HINT, Printer, WARN};
use crate::{Outcome, daemon};
use anstyle::Style;
use std::fmt::Write;
use watchdog_core::policy::explanation::Explanation;
use watchdog_core::policy::{Decision, Measure, Reason, Verdict};
use watchdog_service::control::view::{Explained, Gate};

/// Print every input and intermediate value of a validator's verdict, and every gate between it and a
/// failover.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// Validator
    name: String,
}

pub(crate) fn run(explain: &Explain, global: &Global, printer: Printer) -> Outcome {
    daemon::ask(global, async |client| {
        let answer = client.explain(&explain.name).await;
        let answer = answer.map_err(|error| daemon::failure(&error).validator(&explain.name))?;
        deliver(printer, &answer.document, || text(&answer.result));
        Ok(Exit::Ok)
    })
}

fn text(explained: &Explained) -> String {
    let mut text = String::new();
    let Explained { validator, mode, .. } = explained;
    match &explained.decision {
        Some(decision) => {
            let (verdict, style) = (decision.verdict, style(decision.verdict));
            let since = explained.since.as_ref().map_or_else(String::new, |since| format!(" since {since}"));
            writeln!(text, "{validator}  {style}{verdict}{style:#}{since}  mode {mode}").ok();
            writeln!(text, "{HEAD}why:{HEAD:#}").ok();
            for line in tree(decision).to_string().lines() {
                writeln!(text, "  {line}").ok();
            }
        }
        None => drop(writeln!(text, "{validator}  {WARN}not judged yet{WARN:#}  mode {mode}")),
    }
    writeln!(text, "{HEAD}gates between `down` and a failover:{HEAD:#}").ok();
    let widest = explained.gates.iter().map(|gate| gate.name.chars().count()).max().unwrap_or_default();
    explained.gates.iter().for_each(|one| gate(one, widest, &mut text));
    conclusion(explained, &mut text);
    text
}

/// The whole explanation; the reasons alone where a policy told no more.
fn tree(decision: &Decision) -> Explanation {
    let told = decision.explanation.as_deref().cloned();
    told.unwrap_or_else(|| of_reason(decision.verdict, &decision.reason))
}

fn of_reason(verdict: Verdict, reason: &Reason) -> Explanation {
    // A reason does not carry the verdicts below it, so its parts stand as values.
    let values = reason
        .parts
        .iter()
        .map(|part| watchdog_core::policy::explanation::Value { name: part.rule.0.clone(), value: part.measured });
    Explanation { values: values.collect(), ..Explanation::of(verdict, reason) }
}

fn gate(gate: &Gate, widest: usize, text: &mut String) {
    let (word, style) = if gate.closed.is_some() { ("closed", BAD) } else { ("open", GOOD) };
    let limit = match gate.limit {
        wanted @ Measure::Truth(_) => format!("must be {wanted}"),
        limit => format!("limit {limit}"),
    };
    writeln!(text, "  {style}{word:<6}{style:#}  {:<widest$}  {} ({limit})", gate.name, gate.measured).ok();
    if let Some(closed) = &gate.closed {
        writeln!(text, "          {}\n          {HINT}hint:{HINT:#} {}", closed.message, closed.hint).ok();
    }
}

fn conclusion(explained: &Explained, text: &mut String) {
    let closed = explained.gates.iter().filter(|gate| gate.closed.is_some()).count();
    match closed {
        0 => text.push_str("all gates are open: a failover is planned in the next round\n"),
        1 => text.push_str("nothing is done by itself: 1 gate is closed\n"),
        more => drop(writeln!(text, "nothing is done by itself: {more} gates are closed")),
    }
    if let Some(refused) = &explained.refused {
        writeln!(text, "refused in the newest round: {}\n  {HINT}hint:{HINT:#} {}", refused.message, refused.hint).ok();
    }
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Healthy => GOOD,
        Verdict::Down => BAD,
        _ => WARN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn explained(change: impl FnOnce(&mut Value)) -> Explained {
        let leaf = json!({
            "rule": "missed_in_window", "verdict": "down", "limit": { "count": 4 }, "measured": { "count": 5 },
            "values": [{ "name": "made", "value": { "count": 0 } }, { "name": "age", "value": { "time": { "secs": 2, "nanos": 500_000_000 } } }],
        });
        let reason = json!({ "rule": "missed_proposals", "limit": { "count": 4 }, "measured": { "count": 5 }, "parts": [
            { "rule": "missed_in_window", "limit": { "count": 4 }, "measured": { "count": 5 }, "parts": [] },
        ] });
        let mut value = json!({
            "validator": "radix_main", "mode": "act", "since": "2026-01-02T03:04:05.000Z", "a_field_of_tomorrow": 7,
            "decision": { "verdict": "down", "reason": reason, "next_eval": null, "explanation": {
                "rule": "missed_proposals", "verdict": "down", "limit": { "count": 4 }, "measured": { "count": 5 },
                "values": [{ "name": "held_back", "value": { "truth": false } }], "parts": [leaf],
            } },
            "gates": [
                { "name": "verdict_is_down", "measured": { "truth": true }, "limit": { "truth": true } },
                { "name": "down_for", "measured": { "time": { "secs": 12, "nanos": 0 } }, "limit": { "time": { "secs": 30, "nanos": 0 } },
                    "closed": { "code": "unconfirmed", "message": "`Down` must hold for 30 s, and has held for 12 s", "hint": "wait, or act by hand with `tanist failover`" } },
                { "name": "operation_under_way", "measured": { "truth": false }, "limit": { "truth": false } },
                { "name": "fence_proves", "measured": { "truth": false }, "limit": { "truth": true },
                    "closed": { "code": "fence_too_weak", "message": "no fence of `node_a` proves that it stopped", "hint": "configure one that does" } },
            ],
            "acts": false,
            "refused": { "code": "not_ready", "message": "`node_b` is out of sync", "hint": "look at that node" },
        });
        change(&mut value);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_explanation_shows_every_value_as_a_tree_and_then_every_gate() {
        insta::assert_snapshot!(plain(&text(&explained(|_| {}))));
    }

    #[test]
    fn a_policy_that_tells_no_values_is_shown_by_its_reasons() {
        let bare = explained(|value| drop(value["decision"].as_object_mut().unwrap().remove("explanation")));
        let shown = plain(&text(&bare));
        assert!(shown.contains("  missed_proposals: down, 5 (limit 4)\n    missed_in_window = 5\n"), "{shown}");
    }

    #[test]
    fn a_validator_that_nothing_holds_back_is_said_to_be_acted_upon() {
        let open = explained(|value| {
            for gate in [1, 3] {
                value["gates"][gate].as_object_mut().unwrap().remove("closed");
            }
            value.as_object_mut().unwrap().remove("refused");
        });
        assert!(plain(&text(&open)).ends_with("all gates are open: a failover is planned in the next round\n"));
    }

    #[test]
    fn a_validator_that_was_not_judged_yet_has_gates_all_the_same() {
        let fresh = explained(|value| {
            value.as_object_mut().unwrap().remove("decision");
            value.as_object_mut().unwrap().remove("since");
        });
        let shown = plain(&text(&fresh));
        assert!(shown.starts_with("radix_main  not judged yet  mode act\ngates"), "{shown}");
    }
}
