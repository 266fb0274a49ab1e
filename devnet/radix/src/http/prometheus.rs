//! A node's metrics.

use super::system::get_only;
use super::{Reply, Request};
use crate::chain::Resolution;
use crate::node::Health;
use crate::world::World;
use std::fmt::Write;

const KIND: &str = "text/plain; version=0.0.4;charset=utf-8";

pub(super) fn answer(world: &mut World, name: &str, request: &Request, now_ms: i64) -> Reply {
    if let Err(reply) = get_only(request, &["/prometheus/metrics"]) {
        return reply;
    }
    let ours = world.ours().to_owned();
    if let Some(node) = world.nodes.iter_mut().find(|node| node.name == name) {
        node.count(&world.chain, &ours, now_ms);
    }
    match page(world, name, &ours, now_ms) {
        Ok(page) => Reply::text(200, KIND, page),
        Err(std::fmt::Error) => Reply::empty(500),
    }
}

fn page(world: &World, name: &str, ours: &str, now_ms: i64) -> Result<String, std::fmt::Error> {
    let node = world.node(name).ok_or(std::fmt::Error)?;
    let snapshot = node.look(&world.chain, ours, now_ms);
    let health = node.health(&world.chain, ours, now_ms, world.settings.out_of_sync_after_ms);
    let misses = node.recent_misses();
    let mut page = String::new();
    let rounds = "rn_ledger_consensus_rounds_committed";
    writeln!(page, "# HELP {rounds} Number of rounds committed, by leader and resolution.")?;
    writeln!(page, "# TYPE {rounds} counter")?;
    if node.network.id == world.settings.network.id {
        for (leader, counts) in &node.counters.rounds {
            for (resolution, count) in Resolution::ALL.iter().zip(counts) {
                let resolution = resolution.label();
                writeln!(
                    page,
                    "{rounds}{{leader_component_address=\"{leader}\",round_resolution=\"{resolution}\"}} {count}"
                )?;
            }
        }
    }
    let own = "rn_ledger_self_consensus_rounds_committed";
    writeln!(page, "# HELP {own} Number of rounds led by this node, by resolution.")?;
    writeln!(page, "# TYPE {own} counter")?;
    for (resolution, count) in Resolution::ALL.iter().zip(&node.counters.own) {
        writeln!(page, "{own}{{round_resolution=\"{}\"}} {count}", resolution.label())?;
    }
    let (seconds, millis) = (snapshot.timestamp_ms.div_euclid(1000), snapshot.timestamp_ms.rem_euclid(1000));
    let last = "rn_ledger_last_update_proposer_epoch_second";
    writeln!(
        page,
        "# HELP {last} Proposer time of the last ledger update.\n# TYPE {last} gauge\n{last} {seconds}.{millis:03}"
    )?;
    let factor = if health == Health::Up { [1.0, 0.5, 0.0] } else { [0.0, 0.0, 0.0] }[misses.min(2)];
    let overall = "rn_ledger_overall_health_factor";
    writeln!(page, "# HELP {overall} Health of this node.\n# TYPE {overall} gauge\n{overall} {factor}")?;
    let recent = "rn_ledger_recent_self_proposal_miss_count";
    writeln!(
        page,
        "# HELP {recent} Own missed proposals among the last ones.\n# TYPE {recent} gauge\n{recent} {misses}"
    )?;
    let version = "rn_ledger_state_version";
    writeln!(page, "# HELP {version} State version.\n# TYPE {version} gauge\n{version} {}", snapshot.state_version)?;
    writeln!(
        page,
        "# HELP Special metric used to convey information about the current node using labels. Value will always be 0."
    )?;
    writeln!(page, "# TYPE nodeinfo counter")?;
    writeln!(page, "nodeinfo{{health=\"{}\",}} 0.0\n", health.text())?;
    Ok(page)
}
