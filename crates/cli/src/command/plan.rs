//! `tanist plan`
use super::status::{deliver, short};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::{HEAD, Printer, WARN};
use crate::{Outcome, daemon};
use std::fmt::Write;
use watchdog_core::clock::{Clock, SystemClock, Timestamp};
use watchdog_core::config::TextDuration;
use watchdog_service::control::view::{Offer, PlanBody};

/// Print a plan and its digest; change nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// Validator
    name: String,
    /// Node that shall sign; the plan chooses where absent
    #[arg(long, value_name = "NODE")]
    to: Option<String>,
    /// Plan a switchover, for which both nodes must be reachable, instead of a failover
    #[arg(long)]
    planned: bool,
}

pub(crate) fn run(plan: &Plan, global: &Global, printer: Printer) -> Outcome {
    let kind = if plan.planned { "switchover" } else { "failover" };
    daemon::ask(global, async |client| {
        let body = PlanBody { kind: kind.to_owned(), to: plan.to.clone() };
        let answer = client.plan(&plan.name, &body).await.map_err(|error| daemon::failure(&error))?;
        deliver(printer, &answer.document, || text(&answer.result));
        Ok(Exit::Ok)
    })
}

/// A plan for review, with the command that would run it.
pub(crate) fn text(offer: &Offer) -> String {
    let to = offer.to.as_deref().unwrap_or("nobody");
    let digest = short(&offer.digest);
    let mut text = format!(
        "{HEAD}Plan {digest}{HEAD:#}  {}: {} -> {to}   expires in {}   class: {}\n",
        offer.validator,
        offer.from,
        left(&offer.expires_at),
        class(&offer.authority)
    );
    for (place, step) in offer.steps.iter().enumerate() {
        let remark = match &step.strength {
            _ if step.role == "activate" => format!("   {WARN}point of no return{WARN:#}"),
            Some(strength) => format!("   strength: {strength}"),
            None => String::new(),
        };
        writeln!(text, "  {} {:<9} {}{remark}", place + 1, step.role, step.text).ok();
    }
    writeln!(text, "Dry run: nothing was changed. To run it:").ok();
    writeln!(
        text,
        "  tanist {} {} --plan {digest} --execute --confirm {}",
        offer.kind, offer.validator, offer.validator
    )
    .ok();
    text
}

fn left(until: &str) -> String {
    let left = Timestamp::parse(until).and_then(|until| until.since(SystemClock::new().now()));
    let half = std::time::Duration::from_millis(500);
    let seconds = left.map_or(0, |left| left.saturating_add(half).as_secs());
    TextDuration(std::time::Duration::from_secs(seconds)).to_string()
}

/// What keeps two signers apart.
fn class(authority: &str) -> &str {
    match authority {
        "pointer" => "pointer (the ledger is the fence)",
        "shared_key" => "shared key (the old signer is fenced first)",
        "rotating" => "rotating (the old key ends before the new one begins)",
        "idempotent" => "idempotent (parallel signers are harmless)",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_for_a_shared_key_shows_what_its_fence_is_worth() {
        let offer: Offer = serde_json::from_value(json!({
            "id": "plan_0011223344556677", "digest": "00112233445566778899", "expires_at": "2020-01-01T00:00:00.000Z",
            "validator": "eth_home", "kind": "failover", "from": "node_a", "to": "node_b", "authority": "shared_key",
            "steps": [
                { "role": "ready", "text": "node_b waits", "limit_seconds": 5.0 },
                { "role": "fence", "text": "fence node_a", "limit_seconds": 120.0, "strength": "proves" },
                { "role": "activate", "text": "start node_b", "limit_seconds": 30.0 },
            ],
        }))
        .unwrap();
        let shown = anstream::adapter::strip_str(&text(&offer)).to_string();
        assert!(shown.contains("2 fence     fence node_a   strength: proves\n"), "{shown}");
        assert!(shown.contains("3 activate  start node_b   point of no return\n"), "{shown}");
    }

    #[test]
    fn a_plan_shows_its_point_of_no_return_and_the_command_that_runs_it() {
        let offer: Offer = serde_json::from_value(json!({
            "id": "plan_0011223344556677", "digest": "00112233445566778899", "expires_at": "2020-01-01T00:00:00.000Z",
            "validator": "radix_main", "kind": "switchover", "from": "node_a", "to": "node_b", "authority": "pointer",
            "steps": [
                { "role": "ready", "text": "node_b holds 02…67, synced, configured", "limit_seconds": 5.0 },
                { "role": "activate", "text": "update_key to 02…67, fee lock 2 XRD", "limit_seconds": 120.0 },
                { "role": "verify", "text": "the set names 02…67", "limit_seconds": 600.0 },
            ],
        }))
        .unwrap();
        insta::assert_snapshot!(anstream::adapter::strip_str(&text(&offer)).to_string());
    }
}
