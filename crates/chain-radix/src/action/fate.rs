//! What became of an intent, by every source that can be asked.
use super::gather::{Call, Enough, gather};
use crate::client::core::CoreIntentStatus;
use crate::client::gateway::IntentStatus;
use crate::client::{CoreClient, GatewayClient};
use crate::config::Refined;
use crate::probe::Freshness;
use crate::probe::gateway::wall;
use watchdog_core::cx::Cx;
use watchdog_core::id::NodeName;
use watchdog_core::probe::ProbeError;

/// What one source knows of an intent, while it is fresh.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Report {
    /// Whether it is a node, which sees its own mempool and ledger, or a gateway.
    pub(super) is_node: bool,
    /// Epoch of its ledger when it was asked, or before.
    pub(super) epoch: u64,
    /// What it knows.
    pub(super) status: Known,
}

/// What is known of an intent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Known {
    /// Nothing, or that it was rejected for now: it may still commit.
    Open,
    /// In a mempool, or committed with the outcome to follow.
    Underway,
    /// On the ledger, and done.
    Succeeded {
        /// Where, as far as told.
        state_version: Option<u64>,
    },
    /// On the ledger, paid for, and not done.
    Failed {
        /// Why.
        reason: String,
    },
    /// It can never commit.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// What became of an intent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It may still commit, and nobody has it under way: send the same bytes again.
    Open,
    /// It may still commit, or what is said of it does not fit together yet: wait.
    Underway,
    /// It is on the ledger, and done.
    Succeeded {
        /// Where, as far as told.
        state_version: Option<u64>,
    },
    /// It will never do what it says. No second try follows.
    Doomed {
        /// Why.
        reason: String,
    },
    /// It is not on the ledger, and its last epoch is over.
    Expired,
}

/// Makes one fate of all reports; `None` where there are none. `end`: first epoch in which the
/// intent is no longer valid.
pub(super) fn join(reports: &[Report], end: u64) -> Option<Fate> {
    reports.first()?;
    let nodes: Vec<_> = reports.iter().filter(|report| report.is_node).collect();
    // The word of the operator's own nodes stands above that of a gateway.
    let trusted = if nodes.is_empty() { reports.iter().collect() } else { nodes };
    let is_over = |report: &&Report| report.epoch >= end;
    for report in &trusted {
        match &report.status {
            Known::Succeeded { state_version } => return Some(Fate::Succeeded { state_version: *state_version }),
            Known::Failed { reason } => {
                return Some(Fate::Doomed { reason: format!("committed, paid for, and without effect: {reason}") });
            }
            _ => {}
        }
    }
    let any = |is: fn(&Known) -> bool| reports.iter().any(|report| is(&report.status));
    // A gateway is ahead of the nodes, or it lies: the nodes will tell.
    if any(|known| matches!(known, Known::Succeeded { .. } | Known::Failed { .. })) {
        return Some(Fate::Underway);
    }
    if reports.iter().all(|report| is_over(&report)) {
        return Some(Fate::Expired);
    }
    if reports.iter().any(|report| is_over(&report)) {
        return Some(Fate::Underway);
    }
    if trusted.iter().any(|report| report.status == Known::Underway) {
        return Some(Fate::Underway);
    }
    let rejected = trusted.iter().find_map(|report| match &report.status {
        Known::Rejected { reason } => Some(reason.clone()),
        _ => None,
    });
    Some(match rejected {
        Some(reason) => Fate::Doomed { reason: format!("rejected for good: {reason}") },
        None => Fate::Open,
    })
}

/// Whether the slowest are waited for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Patience {
    /// Everybody has the time of a request: what is said of all must be true of all.
    Everybody,
    /// A little after the first answer.
    First,
}

/// Asks every gateway and every node but `except` for the intent with this `txid_…`. Nothing of
/// sources that are stale or cannot be asked.
pub(super) async fn ask(
    settings: &Refined,
    intent: &str,
    except: &NodeName,
    patience: Patience,
    cx: &Cx,
) -> (Vec<Report>, Vec<ProbeError>) {
    let freshness = Freshness { limit: settings.probe.stale_after.0 };
    let mut calls: Vec<Call<Result<Report, ProbeError>>> = Vec::new();
    for core in settings.nodes.iter().filter(|node| node.name != *except).filter_map(|node| node.core.clone()) {
        let (intent, cx) = (intent.to_owned(), cx.clone());
        calls.push(Box::pin(async move { at_node(&core, &intent, freshness, &cx).await }));
    }
    for gateway in settings.gateways.iter().map(|gateway| gateway.client.clone()) {
        let (intent, cx) = (intent.to_owned(), cx.clone());
        calls.push(Box::pin(async move { at_gateway(&gateway, &intent, freshness, &cx).await }));
    }
    let (mut reports, mut blind) = (Vec::new(), Vec::new());
    for answer in gather(calls, |answer| Enough::nearly(patience == Patience::First && answer.is_ok()), cx).await {
        match answer {
            Ok(report) => reports.push(report),
            Err(error) => blind.push(error),
        }
    }
    (reports, blind)
}

async fn at_node(core: &CoreClient, intent: &str, freshness: Freshness, cx: &Cx) -> Result<Report, ProbeError> {
    let name = core.name();
    // The epoch first: what is absent in an epoch that is over was absent at its end.
    let at = core.construction().await.map_err(|e| e.blind(name))?;
    freshness.check(name, cx.clock().now(), at.ledger_clock.timestamp())?;
    let answer = core.transaction(intent).await.map_err(|e| e.blind(name))?;
    let state_version = answer.known_payloads.iter().find_map(|payload| payload.state_version);
    let reason = || {
        let told = answer.known_payloads.iter().find_map(|payload| payload.error_message.clone());
        told.unwrap_or_else(|| answer.status_description.clone())
    };
    let status = match answer.intent_status {
        CoreIntentStatus::CommittedSuccess => Known::Succeeded { state_version },
        CoreIntentStatus::CommittedFailure => Known::Failed { reason: reason() },
        CoreIntentStatus::PermanentRejection => Known::Rejected { reason: reason() },
        CoreIntentStatus::InMempool => Known::Underway,
        CoreIntentStatus::NotSeen
        | CoreIntentStatus::FateUncertain
        | CoreIntentStatus::FateUncertainButLikelyRejection => Known::Open,
    };
    Ok(Report { is_node: true, epoch: at.current_epoch, status })
}

async fn at_gateway(
    gateway: &GatewayClient,
    intent: &str,
    freshness: Freshness,
    cx: &Cx,
) -> Result<Report, ProbeError> {
    let name = gateway.name();
    let answer = gateway.transaction(intent).await.map_err(|e| e.blind(name))?;
    freshness.check(name, cx.clock().now(), wall(answer.ledger_state.proposer_round_timestamp))?;
    let reason = || answer.error_message.clone().unwrap_or_else(|| "no reason given".to_owned());
    // A payload that the gateway could not hand to a node is in no mempool.
    let is_held = !answer.known_payloads.iter().all(|payload| payload.submission_error.is_some());
    let status = match answer.intent_status {
        IntentStatus::CommittedSuccess => Known::Succeeded { state_version: answer.committed_state_version },
        IntentStatus::CommittedFailure => Known::Failed { reason: reason() },
        IntentStatus::PermanentlyRejected => Known::Rejected { reason: reason() },
        IntentStatus::CommitPendingOutcomeUnknown => Known::Underway,
        IntentStatus::Pending if is_held => Known::Underway,
        IntentStatus::Pending | IntentStatus::Unknown | IntentStatus::LikelyButNotCertainRejection => Known::Open,
    };
    Ok(Report { is_node: false, epoch: answer.ledger_state.epoch, status })
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u64 = 48;

    fn node(epoch: u64, status: Known) -> Report {
        Report { is_node: true, epoch, status }
    }

    fn gateway(epoch: u64, status: Known) -> Report {
        Report { is_node: false, epoch, status }
    }

    fn fate(reports: &[Report]) -> Option<Fate> {
        join(reports, END)
    }

    fn done() -> Known {
        Known::Succeeded { state_version: Some(7) }
    }

    fn rejected() -> Known {
        Known::Rejected { reason: "r".into() }
    }

    #[test]
    fn without_a_report_nothing_is_known() {
        assert_eq!(fate(&[]), None);
    }

    #[test]
    fn absent_and_past_its_end_everywhere_is_expired_and_not_before() {
        assert_eq!(fate(&[node(48, Known::Open), gateway(48, Known::Open)]), Some(Fate::Expired));
        assert_eq!(fate(&[node(48, Known::Open), gateway(47, Known::Open)]), Some(Fate::Underway));
        assert_eq!(fate(&[node(47, Known::Open), gateway(47, Known::Open)]), Some(Fate::Open));
        assert_eq!(fate(&[node(48, rejected()), gateway(48, rejected())]), Some(Fate::Expired));
    }

    #[test]
    fn a_gateway_alone_cannot_end_what_a_node_does_not_confirm() {
        assert_eq!(fate(&[node(41, Known::Open), gateway(41, done())]), Some(Fate::Underway));
        assert_eq!(
            fate(&[node(41, Known::Open), gateway(41, Known::Failed { reason: "f".into() })]),
            Some(Fate::Underway)
        );
        assert_eq!(fate(&[node(41, Known::Underway), gateway(41, rejected())]), Some(Fate::Underway));
        assert_eq!(fate(&[gateway(41, done())]), Some(Fate::Succeeded { state_version: Some(7) }));
    }

    #[test]
    fn a_committed_failure_is_never_tried_again() {
        let failed = node(41, Known::Failed { reason: "MissingId".into() });
        let Some(Fate::Doomed { reason }) = fate(&[failed, gateway(41, Known::Underway)]) else { panic!("not doomed") };
        assert!(reason.contains("MissingId"));
        assert!(matches!(fate(&[node(41, rejected()), gateway(41, Known::Open)]), Some(Fate::Doomed { .. })));
    }
}
