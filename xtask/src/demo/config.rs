//! The configuration that the demo runs with, written so that a reader can copy it.
use super::network::text;
use crate::failure::Failure;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// Names of the files in the demo's folder.
pub(super) const CONFIG: &str = "tanist.toml";
pub(super) const OWNER_KEY: &str = "owner-phrase";
pub(super) const JOURNAL: &str = "journal.redb";

/// The configuration for the network that printed `ready`.
pub(super) fn config(ready: &Value, folder: &Path, socket: &Path) -> Result<String, Failure> {
    let at = |pointer: &str| text(ready, pointer);
    let gateways = ready.get("gateways").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let gateways: Vec<_> = gateways.iter().map(ToString::to_string).collect();
    let path = |name: &str| quoted(&folder.join(name));
    let mut config = format!(
        r#"# A Radix validator with a primary and a backup node, watched by tanist.
# Every duration is a text, every secret a reference; an unknown key is an error.
# `tanist config explain KEY` says what a key means, what it takes and what holds without it.

# What the watchdog may do: observe (the default: look and report), advise (also plan and ask), act.
mode = "act"
# Name of this watchdog in status and logs.
instance = "demo"

[journal]
# Everything decided and done. One instance at a time; a second one ends with exit code 9.
path = {journal}

[log]
# One line an event, for people. "auto" is pretty on a terminal, journald under systemd, JSON elsewhere.
format = "compact"

[api]
# What `tanist status` and the other daemon commands talk to.
socket = {socket}

[validator.main]
chain = "radix"
# Logical name of the network: "mainnet", "stokenet"; this is the local one.
network = "{network}"
address = "{address}"
# The account that holds the validator's owner badge and pays the fee.
owner_account = "{account}"
# The account's key: here a phrase in a file that only its owner can read (mode 0600). Under systemd,
# {{ credential = "name" }} is better. This phrase is known to everybody: the network is a toy.
owner_key = {{ secret = {{ file = {owner} }}, scheme = "cap26", index = 0 }}
# Independent views of the ledger, each an origin of its own.
gateways = [{gateways}]
# Most that one key change may cost, in XRD; the rest comes back.
fee_lock = "2"

[validator.main.policy]
# Down: at least 4 of the last 6 proposal opportunities missed, the last 3 of them in a row, none counted that
# is older than the window, and so said by 2 origins, each for itself.
missed = 4
of = 6
in_a_row = 3
window = "8 epochs"
need = 2
# Time from the end of one failover to the next automatic one.
cooldown = "1h"
# With the primary's own endpoints silent for this long, two misses in a row are enough.
unwell_for = "60s"

[validator.main.policy.network]
# If more than a fifth of the others, by stake, miss as well, it is the network: nobody is failed over. An epoch
# of this toy network takes 5 s, so the last 10 s are looked at; on a real one leave both keys out.
others_missed = 0.2
over = "10s"

[validator.main.probe]
# Time from one round of asking to the next. On a real network leave it out (5 s).
period = "500ms"
timeout = "2s"
"#,
        journal = path(JOURNAL),
        socket = quoted(socket),
        network = at("/network")?,
        address = at("/validator_address")?,
        account = at("/owner_account")?,
        owner = path(OWNER_KEY),
        gateways = gateways.join(", "),
    );
    for (node, about) in [("node_a", "The node that validates now."), ("node_b", "Its backup, with a key of its own.")]
    {
        let of = |field: &str| text(ready, &format!("/nodes/{node}/{field}"));
        let (key, system, core, prometheus) = (of("public_key")?, of("system")?, of("core")?, of("prometheus")?);
        write!(
            config,
            "\n# {about}\n[validator.main.node.{node}]\npublic_key = \"{key}\"\nsystem = \"{system}\"\n\
             core = \"{core}\"\nprometheus = \"{prometheus}\"\n"
        )
        .ok();
    }
    Ok(config)
}

/// A path as a TOML text.
fn quoted(path: &Path) -> String {
    // Basic strings of TOML and strings of JSON escape the same way.
    Value::from(path.to_string_lossy()).to_string()
}
