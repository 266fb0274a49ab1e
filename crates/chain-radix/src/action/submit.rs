//! Handing one payload to everybody.
use super::gather::{Call, Enough, gather};
use crate::client::error::{ApiError, Refused};
use crate::config::Refined;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::cx::Cx;
use watchdog_core::id::NodeName;

/// How long everybody is asked again while nobody could be reached. A hand-over must not take much
/// longer than one request.
const AGAIN: Duration = Duration::from_secs(1);
/// Time between two of them.
const PAUSE: Duration = Duration::from_millis(500);

/// What one source said to a payload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// It has it, or has had it: the status tells what comes of it.
    Taken,
    /// Not now. It may still commit.
    NotNow(String),
    /// Never.
    Never(String),
    /// It could not be asked, or its answer was lost.
    Lost(String),
}

/// What came of one submission.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Submission {
    /// Somebody has it.
    Taken {
        /// Who.
        by: Vec<String>,
    },
    /// Nobody has it, as far as is known; it may still commit.
    Open(String),
    /// Everybody who answered said never.
    Never(String),
}

/// Submits `payload` to every gateway and every node but `except`, all at once. The first one who
/// takes it is enough.
pub(super) async fn submit(settings: &Refined, payload: &[u8], except: &NodeName, cx: &Cx) -> Submission {
    let payload: Arc<[u8]> = payload.into();
    let began = cx.clock().uptime();
    loop {
        let answers = everybody(settings, &payload, except, cx).await;
        let submission = sum_up(&answers);
        let is_lost = answers.iter().all(|(_, answer)| matches!(answer, Answer::Lost(_)));
        let again = is_lost && !cx.is_cancelled() && cx.clock().uptime().since(began) < AGAIN;
        if !again || cx.sleep_until(cx.clock().uptime().after(PAUSE)).await.is_err() {
            return submission;
        }
    }
}

async fn everybody(settings: &Refined, payload: &Arc<[u8]>, except: &NodeName, cx: &Cx) -> Vec<(String, Answer)> {
    let mut calls: Vec<Call<(String, Answer)>> = Vec::new();
    for node in settings.nodes.iter().filter(|node| node.name != *except) {
        if let Some(core) = node.core.clone() {
            let (name, payload) = (node.name.to_string(), payload.clone());
            calls.push(Box::pin(async move { (name, answer(core.submit(&payload).await.map(drop))) }));
        }
    }
    for gateway in &settings.gateways {
        let (name, client, payload) = (gateway.name.clone(), gateway.client.clone(), payload.clone());
        calls.push(Box::pin(async move { (name, answer(client.submit(&payload).await.map(drop))) }));
    }
    gather(calls, |(_, answer)| Enough::nearly(*answer == Answer::Taken), cx).await
}

fn answer(result: Result<(), ApiError>) -> Answer {
    let Err(error) = result else { return Answer::Taken };
    let line = error.line();
    match error.refusal() {
        Some(Refused::Committed { .. }) => Answer::Taken,
        Some(Refused::Rejected(rejection)) => {
            let reason = rejection.error_message.clone();
            let is_final = rejection.is_intent_rejection_permanent || rejection.is_payload_rejection_permanent;
            if is_final { Answer::Never(reason) } else { Answer::NotNow(reason) }
        }
        Some(Refused::Transaction) => Answer::Never(line),
        Some(Refused::MempoolFull) => Answer::NotNow(line),
        _ => Answer::Lost(line),
    }
}

fn sum_up(answers: &[(String, Answer)]) -> Submission {
    let by: Vec<_> =
        answers.iter().filter(|(_, answer)| *answer == Answer::Taken).map(|(name, _)| name.clone()).collect();
    if !by.is_empty() {
        return Submission::Taken { by };
    }
    let said = |pick: fn(&Answer) -> Option<&String>| {
        let lines: Vec<_> =
            answers.iter().filter_map(|(name, answer)| Some(format!("{name}: {}", pick(answer)?))).collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    };
    let open = said(|answer| if let Answer::NotNow(reason) = answer { Some(reason) } else { None });
    let never = said(|answer| if let Answer::Never(reason) = answer { Some(reason) } else { None });
    let lost = said(|answer| if let Answer::Lost(reason) = answer { Some(reason) } else { None });
    match (open, never) {
        (None, Some(reason)) => Submission::Never(reason),
        (open, _) => Submission::Open(open.or(lost).unwrap_or_else(|| "nobody was asked".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(answers: &[Answer]) -> Submission {
        let named: Vec<_> = answers.iter().map(|answer| ("s".to_owned(), answer.clone())).collect();
        sum_up(&named)
    }

    #[test]
    fn one_who_takes_it_is_enough_and_only_unanimous_refusal_is_final() {
        let (taken, not_now, never, lost) =
            (Answer::Taken, Answer::NotNow("n".into()), Answer::Never("x".into()), Answer::Lost("l".into()));
        assert!(matches!(sum(&[never.clone(), taken, lost.clone()]), Submission::Taken { .. }));
        assert!(matches!(sum(&[never.clone(), not_now]), Submission::Open(_)));
        assert!(matches!(sum(&[never, lost.clone()]), Submission::Never(_)));
        assert!(matches!(sum(&[lost]), Submission::Open(_)));
    }
}
