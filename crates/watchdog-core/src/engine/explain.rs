//! Why a verdict is acted upon, or why it is not.
use super::board::Live;
use super::{Shared, fenced, storage};
use crate::action::Refusal;
use crate::config::Mode;
use crate::gates::{self, Gate};
use crate::id::OperationId;
use crate::journal::JournalError;
use crate::journal::standing::Account;
use crate::policy::{Decision, Verdict};
use crate::status::Explained;

impl Shared {
    /// `decision` with every gate between it and a failover of `live`.
    pub(super) fn explain(&self, live: &Live, decision: Option<Decision>) -> Explained {
        let (since, refused) = live.judged();
        let verdict = decision.as_ref().map(|decision| decision.verdict);
        let is_down = verdict == Some(Verdict::Down);
        let standing = self.chronicle.standing(&live.name);
        let now = self.chronicle.moment();
        let id = |account: &Account| OperationId { validator: live.name.clone(), saga: account.saga.id() };
        let current = standing.current().map(id);
        let mut gates = vec![
            Gate::of_truth("verdict_is_down", is_down, true, (!is_down).then(|| not_down(verdict))),
            self.confirmed(live, decision.as_ref()),
            Gate::of_truth("mode_is_act", live.conduct.mode == Mode::Act, true, mode(live)),
            self.stored(),
            self.leased(),
            gates::under_way(current.as_ref()),
        ];
        gates.extend(live.conduct.limits.gates(&standing, &now));
        gates.extend(self.chronicle.look(|known| self.fleet_gates(live, known)));
        gates.extend(fenced::gate(&*live.actor, standing.signer()));
        let acts = gates.iter().all(|gate| gate.closed.is_none());
        Explained { validator: live.name.clone(), mode: live.conduct.mode, since, decision, gates, acts, refused }
    }

    fn confirmed(&self, live: &Live, decision: Option<&Decision>) -> Gate {
        let urgency = decision.map(|decision| decision.urgency).unwrap_or_default();
        let needed = live.conduct.limits.act.confirmation(urgency);
        let held = live.down_since().map(|since| self.clock.uptime().since(since)).unwrap_or_default();
        gates::confirmed(held, needed)
    }

    fn stored(&self) -> Gate {
        let poison = self.chronicle.poison().borrow().clone();
        let refusal = poison.map(|reason| storage(&JournalError::Poisoned { reason }));
        Gate::of_truth("journal_can_be_written", refusal.is_none(), true, refusal)
    }

    fn leased(&self) -> Gate {
        let is_held = self.held.borrow().is_some();
        Gate::of_truth("lease_is_held", is_held, true, (!is_held).then(|| self.no_lease()))
    }
}

fn not_down(verdict: Option<Verdict>) -> Refusal {
    let message = match verdict {
        Some(verdict) => format!("the verdict is {verdict}, and only `down` acts"),
        None => "nothing was judged yet".to_owned(),
    };
    Refusal::new("not_down", message, "nothing needs to be done")
}

fn mode(live: &Live) -> Option<Refusal> {
    (live.conduct.mode != Mode::Act).then(|| {
        let message = format!("mode is `{}`, and only `act` acts", live.conduct.mode);
        Refusal::new("mode", message, format!("set `mode = \"act\"` for validator.{} and reload", live.name))
    })
}
