//! What a backtest found, for people and scripts.
use super::reals;
use super::unread::Unread;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, GOOD, HEAD, WARN};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use watchdog_core::action::Refusal;
use watchdog_core::backtest::refused::Refused;
use watchdog_core::backtest::{Backtest, Judged};
use watchdog_core::clock::Timestamp;
use watchdog_core::config::TextDuration;
use watchdog_core::gates::Gate;
use watchdog_core::id::ValidatorName;
use watchdog_core::policy::Verdict;
use watchdog_core::recording::Recorded;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Summary {
    observations: u64,
    /// Of those, the ones in which a source answered.
    seen: u64,
    sources: BTreeSet<String>,
    between: Option<(Timestamp, Timestamp)>,
    /// Validators whose observations were passed over.
    others: BTreeSet<ValidatorName>,
}

impl Summary {
    /// Counts `recorded` where it is of `name`; says whether it is.
    pub(super) fn add(&mut self, recorded: &Recorded, name: &ValidatorName) -> bool {
        let Recorded { validator, source, at, seen, .. } = recorded;
        if validator != name {
            if !self.others.contains(validator) {
                self.others.insert(validator.clone());
            }
            return false;
        }
        self.observations = self.observations.saturating_add(1);
        self.seen = self.seen.saturating_add(seen.is_some().into());
        if !self.sources.contains(source) {
            self.sources.insert(source.clone());
        }
        let (first, last) = self.between.unwrap_or((*at, *at));
        self.between = Some((first.min(*at), last.max(*at)));
        true
    }

    /// Whether there was anything to judge.
    pub(super) fn check(
        &self,
        judged: &Judged,
        unread: &Unread,
        name: &ValidatorName,
        place: &str,
    ) -> Result<(), Box<Failure>> {
        if self.observations == 0 {
            let message = format!("there are no observations of `{name}` in {place} for that time");
            let failure = Failure::new(Exit::NotFound, "no_observations", message).validator(name);
            return Err(match self.instead(judged, unread) {
                Some(instead) => failure.hint(instead),
                None => failure,
            });
        }
        if self.seen > 0 && judged.unreadable == self.seen {
            let message = format!("what was observed of `{name}` is not what its chain's policy reads");
            return Err(Failure::new(Exit::Config, "other_evidence", message)
                .validator(name)
                .hint("check `chain` of this validator: the observations may be those of another one with its name"));
        }
        Ok(())
    }
}

impl Summary {
    /// What was there in their place.
    fn instead(&self, judged: &Judged, unread: &Unread) -> Option<String> {
        if !self.others.is_empty() {
            let others: Vec<_> = self.others.iter().map(ValidatorName::as_str).collect();
            return Some(format!("it has those of {}", others.join(", ")));
        }
        let entries = judged.backtest.journal.as_ref().map(|read| {
            format!(
                "a journal holds no observations, and {} of its entries were read: `tanist backtest --export` writes observations as --from reads them",
                read.entries
            )
        });
        entries.or_else(|| unread.lines())
    }
}

/// All of it.
pub(super) struct Report<'a> {
    pub(super) validator: &'a ValidatorName,
    pub(super) summary: Summary,
    pub(super) judged: Judged,
    /// What was left out.
    pub(super) unread: Unread,
    /// How long a failover was taken to last.
    pub(super) takes: TextDuration,
}

impl Report<'_> {
    pub(super) fn document(&self) -> Value {
        let Summary { observations, sources, between, .. } = &self.summary;
        let mut document = json!({
            "validator": self.validator,
            "observations": observations,
            "sources": sources,
            "from": between.map(|(first, _)| first.to_string()),
            "to": between.map(|(_, last)| last.to_string()),
            "unreadable": self.judged.unreadable,
            "failover_takes_seconds": self.takes.0.as_secs_f64(),
        });
        let found = serde_json::to_value(&self.judged.backtest).unwrap_or_default();
        if let (Some(document), Value::Object(found)) = (document.as_object_mut(), found) {
            document.extend(found);
            document.extend(self.unread.fields());
        }
        document
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.head(&mut text);
        let found = &self.judged.backtest;
        verdicts(found, &mut text);
        failovers(found, &mut text);
        refused(found, &mut text);
        if found.journal.is_some() {
            reals::list(&found.reals, &mut text);
        }
        self.outage(found, &mut text);
        writeln!(text, "{HEAD}false positives:{HEAD:#} {}", found.false_positives).ok();
        text
    }

    fn head(&self, text: &mut String) {
        let Summary { observations, sources, between, .. } = &self.summary;
        write!(text, "{}: {observations} observations of {} sources", self.validator, sources.len()).ok();
        if let Some((first, last)) = between {
            write!(text, ", {first} to {last}").ok();
        }
        text.push('\n');
        self.unread.tell(text);
        if self.judged.unreadable > 0 {
            let unreadable = self.judged.unreadable;
            writeln!(text, "{WARN}unreadable:{WARN:#} {unreadable} observations counted as if nothing had been seen")
                .ok();
        }
        if let Some(read) = &self.judged.backtest.journal {
            reals::head(read, self.validator, text);
        }
    }

    fn outage(&self, found: &Backtest, text: &mut String) {
        let (outage, shorter) = (TextDuration(found.outage), TextDuration(found.outage_with_failover));
        write!(text, "{HEAD}outage:{HEAD:#} {outage}").ok();
        if !found.failovers.is_empty() || found.outage_would_go_on {
            let least = if found.outage_would_go_on { "at least " } else { "" };
            write!(text, "; {least}{shorter} where the new node signs {} after each decision", self.takes).ok();
        }
        text.push('\n');
        for one in &found.outages {
            let to = one.to.map_or_else(|| "the end".to_owned(), |to| to.to_string());
            write!(text, "  {} to {to}  {}", one.from, TextDuration(one.lasted)).ok();
            if let Some(real) = &one.ended_by {
                write!(text, "  {real} ended it").ok();
                let with = TextDuration(one.with_failover);
                if one.would_go_on {
                    write!(text, ": {BAD}it would have gone on{BAD:#}").ok();
                } else if one.with_failover != one.lasted {
                    write!(text, ": it would have been {with}").ok();
                }
            }
            text.push('\n');
        }
    }
}

fn verdicts(found: &Backtest, text: &mut String) {
    writeln!(text, "{HEAD}verdicts:{HEAD:#} {} in {} judgements", found.verdicts.len(), found.judged).ok();
    for change in &found.verdicts {
        let style = match change.verdict {
            Verdict::Healthy => GOOD,
            Verdict::Down => BAD,
            _ => WARN,
        };
        writeln!(text, "  {}  {style}{:<8}{style:#}  {}", change.at, change.verdict.to_string(), change.reason).ok();
    }
}

fn failovers(found: &Backtest, text: &mut String) {
    writeln!(text, "{HEAD}failovers that would have started:{HEAD:#} {}", found.failovers.len()).ok();
    for one in &found.failovers {
        let remark =
            if one.is_false_positive { format!("  {BAD}false positive{BAD:#}: it was signing") } else { String::new() };
        writeln!(text, "  {}  {}{remark}", one.at, one.reason).ok();
    }
}

fn refused(found: &Backtest, text: &mut String) {
    writeln!(text, "{HEAD}kept from a failover:{HEAD:#} {}", found.refused.len()).ok();
    for Refused { from, to, gate: Gate { name, measured, limit, closed }, .. } in &found.refused {
        write!(text, "  {from} to {to}  {name} {measured} (limit {limit})").ok();
        match closed {
            Some(Refusal { code, message, .. }) => writeln!(text, "  {WARN}{code}{WARN:#}: {message}").ok(),
            None => writeln!(text).ok(),
        };
    }
}
