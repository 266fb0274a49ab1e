//! `tanist fence state`
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Printer;
use crate::{Outcome, daemon};
use watchdog_core::config::TextDuration;
use watchdog_service::control::view::StatementBody;

/// State that a node cannot sign any more, after you have seen to it.
///
/// The next failover that you order may rest on it where no other fence proves; a second node that signs with the same
/// key then is your doing. It counts for ten minutes and for one operation, which uses it up by beginning, for nothing
/// that the watchdog begins by itself, and only where the node's fence has a rung for it. It is journaled with your
/// name and the plan that rests on it.
#[derive(Debug, clap::Args)]
pub(crate) struct State {
    /// Validator
    name: String,
    /// Node that cannot sign any more
    node: String,
    /// What you have done, naming the node: `node_a powered off, plug pulled`
    #[arg(long, value_name = "TEXT")]
    statement: String,
    /// The node once more: that it is this one, and that you have looked
    #[arg(long, value_name = "NODE")]
    confirm: String,
}

pub(crate) fn run(state: &State, global: &Global, printer: Printer) -> Outcome {
    let State { name, node, statement, confirm } = state;
    daemon::ask(global, async |client| {
        let body = StatementBody { node: node.clone(), text: statement.clone(), confirm: confirm.clone() };
        let heard = client.state(name, &body).await.map_err(|error| daemon::failure(&error).validator(name))?;
        printer.result(
            "fence-state",
            serde_json::json!({ "validator": name, "node": node, "by": heard.result.by }),
            || {
                let lasts = TextDuration(std::time::Duration::from_secs_f64(heard.result.counts_seconds));
                format!("heard, and counts for one operation within {lasts}: plan with `tanist failover {name}` and look at its fence")
            },
        );
        Ok(Exit::Ok)
    })
}
