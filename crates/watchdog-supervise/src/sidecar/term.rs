//! A term of the node's lease, as the node believes in it. Pure.
use super::times::SidecarTimes;
use crate::authority::Authority;
use watchdog_core::clock::Uptime;
use watchdog_core::lease::Held;

/// A term of the node's lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Term {
    held: Held,
    until: Uptime,
    is_published: bool,
}

impl Term {
    /// After the store answered with `held` to what was asked at `asked`, with `before` as the last belief. A belief
    /// about the same term goes on, with what was shown of it; of another term nothing was shown yet.
    #[must_use]
    pub fn renewed(before: Option<Self>, held: Held, asked: Uptime, times: &SidecarTimes) -> Self {
        let until = held.until().min(times.lapse_at(asked));
        let is_published = before.is_some_and(|before| before.token() == held.token() && before.is_published);
        Self { held, until, is_published }
    }

    /// After it was shown in the lease store and in the state of the node.
    #[must_use]
    pub fn published(self) -> Self {
        Self { is_published: true, ..self }
    }

    /// What the store granted.
    pub fn held(&self) -> Held {
        self.held
    }

    /// Its token.
    pub fn token(&self) -> u64 {
        self.held.token()
    }

    /// First moment at which another may hold the lease, never later than one lease after it was asked for.
    pub fn until(&self) -> Uptime {
        self.until
    }

    /// Whether it was shown. Before that nothing starts in it: an engine that waits would not know of it.
    pub fn is_published(&self) -> bool {
        self.is_published
    }

    /// Whether the signer may run in it, the time aside.
    pub fn is_granted_by(&self, authority: &Authority) -> bool {
        self.is_published && authority.permits(self.token())
    }

    /// Whether a signer may be started in it at `now`.
    pub fn may_start(&self, authority: &Authority, now: Uptime, times: &SidecarTimes) -> bool {
        now < times.stop_at(self.until) && self.is_granted_by(authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Order, Target};
    use std::time::Duration;
    use watchdog_core::id::{Epoch, NodeName, ValidatorName};

    const TTL: Duration = Duration::from_secs(15);

    fn at(seconds: u64) -> Uptime {
        Uptime(Duration::from_secs(seconds))
    }

    fn times() -> SidecarTimes {
        SidecarTimes::of(TTL)
    }

    #[test]
    fn a_renewal_goes_on_with_what_was_shown_and_another_term_begins_with_nothing() {
        let first = Term::renewed(None, Held::new(1, at(100), TTL), at(100), &times());
        assert!(!first.is_published());
        let shown = first.published();
        let renewed = Term::renewed(Some(shown), Held::new(1, at(103), TTL), at(103), &times());
        assert!(renewed.is_published() && renewed.until() == shown.until().after(Duration::from_secs(3)));
        let next = Term::renewed(Some(shown), Held::new(2, at(103), TTL), at(103), &times());
        assert!(!next.is_published());
    }

    #[test]
    fn a_term_ends_by_the_shorter_of_what_was_granted_and_what_the_node_has_shown() {
        let until = |granted| Term::renewed(None, Held::new(1, at(100), granted), at(100), &times()).until();
        assert_eq!(until(TTL), times().lapse_at(at(100)));
        assert_eq!(until(TTL * 4), until(TTL));
        assert!(until(TTL / 3) < at(105));
    }

    #[test]
    fn nothing_starts_in_a_term_that_was_not_shown_or_not_granted_or_is_nearly_over() {
        let target = Target { validator: ValidatorName::new("main").unwrap(), node: NodeName::new("a").unwrap() };
        let order = Order { target: target.clone(), epoch: Epoch { token: 1, seq: 1 } };
        let granted = |term| Authority::none(target.clone()).granted(&order, term).unwrap();
        let term = Term::renewed(None, Held::new(2, at(100), TTL), at(100), &times()).published();
        let end = times().stop_at(term.until());
        assert!(term.may_start(&granted(2), at(100), &times()));
        assert!(!Term { is_published: false, ..term }.may_start(&granted(2), at(100), &times()));
        assert!(!term.may_start(&granted(1), at(100), &times()));
        assert!(!term.may_start(&granted(2), end, &times()));
    }
}
