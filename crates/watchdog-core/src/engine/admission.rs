//! The last look before an operation begins: at the moment of its record, with nothing written between.
use super::Shared;
use super::board::Live;
use super::offer::{digest_of, stale};
use super::watcher::Order;
use crate::action::Refusal;
use crate::id::OperationId;
use crate::journal::Record;
use crate::journal::chronicle::Known;

/// Why an order begins nothing.
#[derive(Debug)]
pub(super) enum Declined {
    /// It began before, and asks for the same under the same key.
    Begun(OperationId),
    /// It must not begin.
    Refused(Refusal),
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Shared {
    /// The record with which `order` begins, if what it rests on is still so.
    pub(super) fn admit(&self, live: &Live, order: &Order, known: &Known<'_>) -> Result<Record, Declined> {
        if let Some(key) = &order.key {
            unused(key, live, order, known)?;
        }
        let standing = known.standing(&live.name);
        if let Some(current) = standing.current() {
            let id = OperationId { validator: live.name.clone(), saga: current.saga.id() };
            let hint = "wait for its end, or cancel it with `tanist cancel`";
            return Err(Refusal::new("conflict", format!("operation {id} is under way"), hint).into());
        }
        still_signs(live, order, known)?;
        self.still_stated(live, order)?;
        if order.by.is_none() {
            live.conduct.limits.admit(standing, known.now())?;
            self.fleet_gates(live, known).into_iter().find_map(|gate| gate.closed).map_or(Ok(()), Err)?;
            if let Some(to) = &order.request.to {
                live.conduct.limits.admit_target(standing, to, known.now())?;
            }
        }
        let Order { request, plan, by, key, .. } = order;
        let (request, plan, by, key) = (request.clone(), plan.clone(), by.clone(), key.clone());
        Ok(Record::Planned { saga: standing.next_saga(), request, plan, by, key })
    }

    /// What a person has stated counts for one operation, and for a limited time.
    fn still_stated(&self, live: &Live, order: &Order) -> Result<(), Refusal> {
        let request = &order.request;
        let Some(stated) = request.stated.as_deref() else { return Ok(()) };
        if self.statements.about(&live.name, request, &*self.clock).as_ref() == Some(stated) {
            return Ok(());
        }
        Err(stale(format!("what was stated about `{}` when the plan was made does not count any more", request.from)))
    }
}

/// One key begins one operation, of whichever validator.
fn unused(key: &str, live: &Live, order: &Order, known: &Known<'_>) -> Result<(), Declined> {
    match keyed(key, known) {
        None => Ok(()),
        Some((id, digest)) if digest == digest_of(&live.name, &order.request, &order.plan) => Err(Declined::Begun(id)),
        Some((id, _)) => Err(key_reused(&id).into()),
    }
}

/// The operation that was begun under `key`, with the digest of what it does.
pub(super) fn keyed(key: &str, known: &Known<'_>) -> Option<(OperationId, String)> {
    known.standings().find_map(|(validator, standing)| {
        let account = standing.keyed(key)?;
        let id = OperationId { validator: validator.clone(), saga: account.saga.id() };
        Some((id, digest_of(validator, &account.request, account.saga.plan())))
    })
}

pub(super) fn key_reused(begun: &OperationId) -> Refusal {
    let message = format!("the idempotency key was used for operation {begun}, which does something else");
    Refusal::new("key_reused", message, "use a fresh key for every operation")
}

/// A plan moves validation away from the node that signed when it was made.
fn still_signs(live: &Live, order: &Order, known: &Known<'_>) -> Result<(), Refusal> {
    let from = &order.request.from;
    match known.standing(&live.name).signer() {
        Some(signer) if signer == from => Ok(()),
        Some(signer) => Err(stale(format!(
            "`{signer}` signs for `{}` now, and the plan moves validation away from `{from}`",
            live.name
        ))),
        None => Err(stale(format!("it is not known any more which node signs for `{}`", live.name))),
    }
}
