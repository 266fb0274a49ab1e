//! The self-fencing lease.
use super::{breaks, safe};
use crate::row::Row;
use crate::sidecar::{DRIFT, LEASE, Sidecar, WAIT, WATCHDOG};

const GROUP: &str = "Sidecar lease";

pub(super) fn rows() -> Vec<Row> {
    let broken = |name, model, steps| Row::new(GROUP, name, model, breaks("one signer", steps));
    let sound = Sidecar::SOUND;
    vec![
        Row::new(GROUP, "full protocol", sound, safe(551_872)),
        broken("counted one tick too early", Sidecar { wait: WAIT - 1, ..sound }, 9),
        broken("drift of the node's clock left out", Sidecar { wait: LEASE + WATCHDOG, ..sound }, 9),
        broken("the machine's watchdog left out", Sidecar { wait: LEASE + DRIFT, ..sound }, 7),
        broken("watchdog not confirmed active", Sidecar { watchdog_is_confirmed: false, ..sound }, 10),
        broken("authority back after a restart without a grant", Sidecar { restart_needs_grant: false, ..sound }, 10),
        broken(
            "lease counted from the answer instead of the question",
            Sidecar { counts_from_asking: false, ..sound },
            12,
        ),
        broken("a grant asked for before the restart is taken", Sidecar { answer_fits_boot: false, ..sound }, 13),
        broken("a new holder counts at once", Sidecar { successor_waits_anew: false, ..sound }, 4),
        broken("an outdated holder still grants", Sidecar { grants_are_conditional: false, ..sound }, 13),
    ]
}
