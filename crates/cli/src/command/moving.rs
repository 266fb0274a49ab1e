//! `tanist switchover` and `tanist failover`
use super::plan::text;
use super::status::{deliver, operation_line, short};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::duration;
use crate::terminal::ask;
use crate::{Outcome, daemon};
use std::fmt::Write;
use std::time::Duration;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::config::TextDuration;
use watchdog_service::control::client::{Client, ClientError};
use watchdog_service::control::view::{Operation, PlanBody};

/// Time between two looks at an operation that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Move validation while both nodes are reachable: the old one is stopped, and proven stopped, first.
#[derive(Debug, clap::Args)]
pub(crate) struct Switchover {
    /// Validator
    name: String,
    /// Node that shall sign; a plan that was reviewed names it already
    #[arg(long, value_name = "NODE", required_unless_present = "plan")]
    to: Option<String>,
    #[command(flatten)]
    order: Order,
}

/// Move validation away from a node that is presumed dead. It is fenced where the chain needs that.
#[derive(Debug, clap::Args)]
pub(crate) struct Failover {
    /// Validator
    name: String,
    /// Node that shall sign; the plan chooses where absent
    #[arg(long, value_name = "NODE")]
    to: Option<String>,
    #[command(flatten)]
    order: Order,
}

/// How far to go. Without `--execute` the plan is printed and nothing changes.
#[derive(Debug, clap::Args)]
pub(crate) struct Order {
    /// Do it; without this the plan is printed and nothing changes
    #[arg(long)]
    execute: bool,
    /// The validator's name once more, for scripts; a person is asked to type it
    #[arg(long, value_name = "NAME", requires = "execute")]
    confirm: Option<String>,
    /// Run the plan with this digest, as it was reviewed, or nothing
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    plan: Option<String>,
    /// Wait until the operation is over, or for this long
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, requires = "execute", value_parser = duration)]
    #[allow(clippy::option_option, reason = "absent, given, and given with a limit")]
    wait: Option<Option<TextDuration>>,
}

fn digest(text: &str) -> Result<String, String> {
    let text = text.strip_prefix("plan_").unwrap_or(text);
    let is_digest = (16..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a digest has 16 to 64 hex digits, as `tanist plan` prints it".to_owned())
    }
}

pub(crate) fn switchover(args: &Switchover, global: &Global, printer: Printer) -> Outcome {
    let body = PlanBody { kind: "switchover".to_owned(), to: args.to.clone() };
    run(&args.name, &body, &args.order, global, printer)
}

pub(crate) fn failover(args: &Failover, global: &Global, printer: Printer) -> Outcome {
    let body = PlanBody { kind: "failover".to_owned(), to: args.to.clone() };
    run(&args.name, &body, &args.order, global, printer)
}

fn run(name: &str, body: &PlanBody, order: &Order, global: &Global, printer: Printer) -> Outcome {
    if let Some(confirmed) = order.confirm.as_ref().filter(|confirmed| *confirmed != name) {
        let what = format!("`--confirm {confirmed}` is not the validator `{name}`");
        return Err(Failure::new(Exit::Confirmation, "confirmation_mismatch", what)
            .hint(format!("give `--confirm {name}`"))
            .validator(name));
    }
    daemon::ask(global, async |client| {
        let digest = match (&order.plan, order.execute) {
            (Some(digest), true) => digest.clone(),
            _ => match planned(&client, name, body, order, printer).await? {
                Some(digest) => digest,
                None => return Ok(Exit::Ok),
            },
        };
        confirm(name, order, global)?;
        let operation = begin(&client, name, &digest).await?;
        match order.wait {
            None => {
                deliver(printer, &operation.document, || operation.result.id.clone());
                Ok(Exit::Ok)
            }
            Some(limit) => wait(&client, &operation.result.id, limit.or(global.timeout), printer).await,
        }
    })
}

/// Plans. A dry run ends here, and so does a wish that is fulfilled already.
async fn planned(
    client: &Client,
    name: &str,
    body: &PlanBody,
    order: &Order,
    printer: Printer,
) -> Result<Option<String>, Box<Failure>> {
    let answer = match client.plan(name, body).await {
        Ok(answer) => answer,
        Err(ClientError::Refused(problem)) if problem.code == "already_there" => {
            let result = serde_json::json!({ "validator": name, "state": "already_there", "detail": problem.detail });
            printer.result("operation", result, || problem.detail.clone());
            return Ok(None);
        }
        Err(error) => return Err(daemon::failure(&error).validator(name)),
    };
    let offer = answer.result;
    if let Some(reviewed) = order.plan.as_ref().filter(|reviewed| !offer.digest.starts_with(reviewed.as_str())) {
        let what = format!("what would be done now has the digest {}, not {}", short(&offer.digest), short(reviewed));
        return Err(Failure::new(Exit::Conflict, "plan_stale", what).hint("look at the new plan").validator(name));
    }
    if !order.execute {
        deliver(printer, &answer.document, || text(&offer));
        return Ok(None);
    }
    printer.note(text(&offer).split("Dry run").next().unwrap_or_default().trim_end());
    Ok(Some(offer.digest))
}

fn confirm(name: &str, order: &Order, global: &Global) -> Result<(), Box<Failure>> {
    if order.confirm.is_some() {
        return Ok(());
    }
    let typed =
        ask(&format!("Type the validator's name to go on ({name}):"), &format!("give `--confirm {name}`"), global)?;
    if typed == name {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Confirmation,
        "confirmation_declined",
        format!("`{typed}` is not `{name}`: nothing was changed"),
    )
    .validator(name))
}

async fn begin(
    client: &Client,
    name: &str,
    digest: &str,
) -> Result<watchdog_service::control::view::Answer<Operation>, Box<Failure>> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| {
        Failure::new(Exit::Error, "randomness", "the system gives no random numbers").caused_by(&error)
    })?;
    let plan = format!("plan_{}", short(digest));
    let begun = client.execute(&plan, digest, &hex::encode(key)).await;
    begun.map_err(|error| daemon::failure(&error).validator(name))
}

async fn wait(client: &Client, id: &str, limit: Option<TextDuration>, printer: Printer) -> Outcome {
    let clock = SystemClock::new();
    let end = limit.map(|limit| clock.uptime().after(limit.0));
    let mut shown = String::new();
    loop {
        let answer = client.operation(id).await.map_err(|error| daemon::failure(&error).operation(id))?;
        let line = operation_line(&answer.result);
        if line != shown && !answer.result.is_over() {
            printer.note(&line);
            shown = line;
        }
        if answer.result.is_over() {
            deliver(printer, &answer.document, || over(&answer.result));
            return Ok(exit(&answer.result));
        }
        if end.is_some_and(|end| clock.uptime() >= end) {
            let what = format!("operation {id} is not over yet, and goes on: {}", answer.result.phase);
            return Err(Failure::new(Exit::Timeout, "timeout", what)
                .hint("look at `tanist status` and `tanist events`")
                .operation(id));
        }
        clock.sleep_until(clock.uptime().after(LOOK_EVERY)).await;
    }
}

fn over(operation: &Operation) -> String {
    let mut text = operation_line(operation);
    for step in &operation.steps {
        write!(text, "\n  {:<9} {:<9} {}", step.role, step.state.as_deref().unwrap_or_default(), step.text).ok();
    }
    if let Some(trouble) = operation.trouble.as_ref().filter(|_| operation.state != "succeeded") {
        write!(text, "\n  {trouble}").ok();
    }
    text
}

/// How a finished operation ends the process.
fn exit(operation: &Operation) -> Exit {
    match operation.state.as_str() {
        "succeeded" => Exit::Ok,
        "refused" => Exit::Refused,
        "failed" | "cancelled" => Exit::Failed,
        _ => Exit::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn operation(state: &str) -> Operation {
        serde_json::from_value(json!({
            "id": "op_radix_main_1", "validator": "radix_main", "kind": "failover", "from": "node_a", "to": "node_b",
            "state": state, "phase": "blocked", "opened_at": "x", "closed_at": "y", "trouble": "no source answers",
            "steps": [
                { "role": "ready", "text": "node_b is ready", "state": "done" },
                { "role": "activate", "text": "update_key", "state": "intended" },
            ],
        }))
        .unwrap()
    }

    #[test]
    fn the_exit_code_says_how_it_ended_and_what_is_not_known_is_unknown() {
        let codes = ["succeeded", "refused", "failed", "cancelled", "unknown", "a_word_of_tomorrow"]
            .map(|state| exit(&operation(state)));
        assert_eq!(codes, [Exit::Ok, Exit::Refused, Exit::Failed, Exit::Failed, Exit::Unknown, Exit::Unknown]);
    }

    #[test]
    fn an_operation_that_ended_badly_shows_its_steps_and_its_trouble() {
        insta::assert_snapshot!(over(&operation("unknown")));
    }

    #[test]
    fn a_digest_is_taken_as_plan_and_status_print_it() {
        assert_eq!(digest("00112233445566AA").as_deref(), Ok("00112233445566aa"));
        assert_eq!(digest("plan_0011223344556677").as_deref(), Ok("0011223344556677"));
        for bad in ["0011", "plan_", "zz112233445566778899", "00112233445566778"] {
            assert_eq!(digest(bad).is_ok(), bad.len() > 16 && bad.bytes().all(|b| b.is_ascii_hexdigit()), "{bad}");
        }
    }
}
