//! What keeps a breach from being one.
use super::fresh;
use crate::evidence::{RadixEvidence, View};
use std::time::Duration;
use watchdog_core::policy::Context;
use watchdog_core::probe::Evidence;
use watchdog_core::window::{Views, Window};

/// Why nothing follows from the misses that were counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hold {
    /// The validator is not in the set: nothing is due.
    NotInSet,
    /// The misses are those of the key that was there before.
    NewSigner,
    /// A live source saw a proposal made after the misses.
    ProofOfLife,
}

impl Hold {
    /// Name of the rule, for reasons.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotInSet => "not_in_set",
            Self::NewSigner => "new_signer",
            Self::ProofOfLife => "proof_of_life",
        }
    }

    /// The hold that applies. `age`: how old a reading may be; `missed`: misses that the newest key
    /// must have of its own; `is_down`: whether there is a breach at all.
    pub fn of(
        views: &Views<'_, RadixEvidence>,
        context: &Context,
        age: Duration,
        missed: u64,
        is_down: bool,
    ) -> Option<Self> {
        let seeing = || views.iter().filter_map(|window| Some((window, fresh(window, context, age)?)));
        let is_core = |evidence: &RadixEvidence| matches!(evidence.view, View::Core { .. });
        let is_gateway = |evidence: &RadixEvidence| matches!(evidence.view, View::Gateway { .. });
        let cores = || seeing().filter(|(_, newest)| is_core(newest));
        let mut gateways = seeing().filter(|(_, newest)| is_gateway(newest)).peekable();
        let left = cores().any(|(_, newest)| newest.is_inactive())
            || (cores().next().is_none()
                && gateways.peek().is_some()
                && gateways.all(|(_, newest)| newest.is_inactive()));
        if left {
            return Some(Self::NotInSet);
        }
        if !is_down {
            return None;
        }
        if cores().any(|(window, _)| missed_by_newest_key(window).is_some_and(|own| own < missed)) {
            return Some(Self::NewSigner);
        }
        let alive = seeing().filter(|(_, newest)| newest.is_live()).any(|(window, _)| newest_was_made(window));
        alive.then_some(Self::ProofOfLife)
    }
}

/// Misses since the set names the key that it names now; `None` where it always did.
fn missed_by_newest_key(window: &Window<RadixEvidence>) -> Option<u64> {
    let key = window.evidence().find_map(RadixEvidence::key)?;
    let is_before = |evidence: &&RadixEvidence| evidence.key().is_some_and(|other| other != key);
    window.evidence().find(is_before)?;
    let since = window.evidence().take_while(|evidence| !is_before(evidence));
    Some(since.map(|evidence| evidence.duties().missed).sum())
}

/// Whether a proposal was made in the newest reading that saw any due.
fn newest_was_made(window: &Window<RadixEvidence>) -> bool {
    window.evidence().map(Evidence::duties).find(|duties| duties.due() > 0).is_some_and(|duties| duties.made > 0)
}
