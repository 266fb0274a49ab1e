//! What the journal says about all validators together.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::id::ValidatorName;
use crate::journal::standing::Moment;
use crate::journal::{Entry, Record};
use crate::policy::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who turned down when, and whether a person must look before anything acts. The fold of the
/// entries, and nothing else.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Fleet {
    turned: BTreeMap<ValidatorName, Turn>,
    hold: Option<CorrelationHold>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Turn {
    at: Moment,
    is_still_down: bool,
}

/// Too many validators turned down together: nothing acts by itself until a person releases it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CorrelationHold {
    /// Since when.
    pub since: Moment,
    /// Who turned down.
    pub down: Vec<ValidatorName>,
    /// Of how many.
    pub watched: u64,
}

impl Fleet {
    /// Takes up `entry`, written at `now`.
    pub fn apply(&mut self, entry: &Entry, now: &Moment) {
        match (&entry.record, &entry.validator) {
            (Record::Judged { verdict: Verdict::Down, .. }, Some(validator)) => self.turn_down(validator, now),
            (Record::Judged { .. }, Some(validator)) => {
                if let Some(turn) = self.turned.get_mut(validator) {
                    turn.is_still_down = false;
                }
            }
            (Record::Correlated { down, watched }, _) => {
                let hold = || CorrelationHold { since: now.clone(), down: down.clone(), watched: *watched };
                self.hold.get_or_insert_with(hold);
            }
            // Whoever released has seen who was down: only what comes later counts anew.
            (Record::Released { .. }, _) => *self = Self::default(),
            _ => {}
        }
    }

    fn turn_down(&mut self, validator: &ValidatorName, now: &Moment) {
        let turn = Turn { at: now.clone(), is_still_down: true };
        match self.turned.get_mut(validator) {
            Some(before) if before.is_still_down => {}
            Some(before) => *before = turn,
            None => drop(self.turned.insert(validator.clone(), turn)),
        }
    }

    /// The hold in force.
    pub fn hold(&self) -> Option<&CorrelationHold> {
        self.hold.as_ref()
    }

    /// When `validator` turned down last since the newest release.
    pub fn turned_down(&self, validator: &ValidatorName) -> Option<&Moment> {
        self.turned.get(validator).map(|turn| &turn.at)
    }

    /// Whether it has been down from then on.
    pub fn is_down(&self, validator: &ValidatorName) -> bool {
        self.turned.get(validator).is_some_and(|turn| turn.is_still_down)
    }
}
