//! Who leads which round of an epoch: every validator once, then a stake-weighted round robin.

use radix_common::math::{CheckedAdd, CheckedSub, Decimal};

/// The deterministic leader order of one epoch.
#[derive(Debug, Clone)]
pub struct LeaderSchedule {
    first_turn: Vec<usize>,
    stakes: Vec<Decimal>,
    total: Decimal,
    weights: Vec<Decimal>,
    weighted: Vec<usize>,
}

impl LeaderSchedule {
    /// `stakes` are those of the validator set in its order (stake descending), `epoch` seeds the first turn.
    pub fn new(epoch: u64, stakes: Vec<Decimal>) -> Self {
        let mut first_turn: Vec<usize> = (0..stakes.len()).collect();
        let mut x = i64::try_from(epoch).unwrap_or(i64::MAX);
        for place in (1..first_turn.len()).rev() {
            x = x.wrapping_mul(1_103_515_245).wrapping_add(12_345).rem_euclid(1 << 32);
            let bound = i64::try_from(place + 1).unwrap_or(1);
            let other = usize::try_from(x.rem_euclid(bound)).unwrap_or_default();
            first_turn.swap(place, other);
        }
        let total = stakes.iter().fold(Decimal::ZERO, |sum, stake| sum.checked_add(*stake).unwrap_or(sum));
        let weights = vec![Decimal::ZERO; stakes.len()];
        Self { first_turn, stakes, total, weights, weighted: Vec::new() }
    }

    /// Index in the validator set of the leader of `round`. Rounds below the set's size are the first turn; round 0
    /// carries no proposal, so its place is left out.
    pub fn leader(&mut self, round: u64) -> usize {
        let round = usize::try_from(round).unwrap_or(usize::MAX);
        if let Some(index) = self.first_turn.get(round) {
            return *index;
        }
        let place = round - self.first_turn.len();
        while self.weighted.len() <= place {
            let heaviest = self.draw();
            self.weighted.push(heaviest);
        }
        self.weighted.get(place).copied().unwrap_or_default()
    }

    fn draw(&mut self) -> usize {
        for (weight, stake) in self.weights.iter_mut().zip(&self.stakes) {
            *weight = weight.checked_add(*stake).unwrap_or(*weight);
        }
        let mut heaviest = 0;
        for (index, weight) in self.weights.iter().enumerate() {
            if self.weights.get(heaviest).is_none_or(|most| weight > most) {
                heaviest = index;
            }
        }
        if let Some(weight) = self.weights.get_mut(heaviest) {
            *weight = weight.checked_sub(self.total).unwrap_or(*weight);
        }
        heaviest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_leads_once_before_stake_decides() {
        let stakes = vec![Decimal::from(40), Decimal::from(30), Decimal::from(20), Decimal::from(10)];
        let mut schedule = LeaderSchedule::new(7, stakes);
        let mut first: Vec<usize> = (0..4).map(|round| schedule.leader(round)).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2, 3]);
        let turns: Vec<usize> = (4..104).map(|round| schedule.leader(round)).collect();
        let count = |index| turns.iter().filter(|leader| **leader == index).count();
        assert_eq!([count(0), count(1), count(2), count(3)], [40, 30, 20, 10]);
    }
}
