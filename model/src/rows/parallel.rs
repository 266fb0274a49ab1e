//! `Idempotent`.
use super::{breaks, safe};
use crate::desk::Writing;
use crate::parallel::Parallel;
use crate::row::Row;

const GROUP: &str = "Idempotent";

pub(super) fn rows() -> Vec<Row> {
    let unconditional = Writing { is_conditional: false, ..Writing::SOUND };
    vec![
        Row::new(GROUP, "full protocol: no fence, both may vote", Parallel::SOUND, safe(220_830)),
        Row::new(
            GROUP,
            "the ledger counts every vote: the class is declared wrongly",
            Parallel { first_vote_counts: false, ..Parallel::SOUND },
            breaks("one vote counts on each duty", 7),
        ),
        Row::new(
            GROUP,
            "the old voter is stopped before the new one runs",
            Parallel { leaves_old_running: false, ..Parallel::SOUND },
            breaks("nobody is silenced", 4),
        ),
        Row::new(
            GROUP,
            "completed when the command was sent",
            Parallel { completes_at_vote: false, ..Parallel::SOUND },
            breaks("who completed can vote", 7),
        ),
        Row::new(
            GROUP,
            "journal append not conditional on the lease",
            Parallel { writing: unconditional, ..Parallel::SOUND },
            breaks("what is over stays over", 7),
        ),
    ]
}
