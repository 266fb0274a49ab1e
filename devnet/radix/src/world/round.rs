//! One round of consensus.

use super::World;
use crate::chain::{Resolution, Turn};
use crate::leaders::LeaderSchedule;
use crate::ledger::{RoundRefused, RoundStep, Verdict};
use crate::record::Arrival;
use std::sync::Arc;

/// Every how many rounds a missed one ends in a fallback instead of being skipped.
const FALLBACK_EVERY: u64 = 3;

/// Other validators that miss their turns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Others {
    /// How many of them, those with the highest stake first.
    pub validators: usize,
    /// For how many of their turns; without limit if absent.
    pub turns: Option<u64>,
}

/// What the leader of a round does.
#[derive(Debug, PartialEq, Eq)]
enum Proposal {
    /// Nothing.
    Silent,
    /// Another validator proposes.
    Others,
    /// Our validator proposes through the named node.
    Ours(String),
}

/// Why a round did not happen.
#[derive(Debug, thiserror::Error)]
pub enum RoundStalled {
    /// The network stands still on request.
    #[error("the network is halted: POST /resume lets it go on")]
    Halted,
    /// The engine refused it.
    #[error(transparent)]
    Refused(#[from] RoundRefused),
}

impl World {
    /// One round: made by its leader, replaced by a fallback, or skipped. Returns whether the proposal was made.
    pub fn step(&mut self, now_ms: i64) -> Result<bool, RoundStalled> {
        if self.is_halted {
            return Err(RoundStalled::Halted);
        }
        let consensus = Arc::clone(&self.chain.tip().consensus);
        if self.schedule.0 != consensus.epoch {
            let stakes = consensus.set.iter().map(|seated| seated.stake).collect();
            self.schedule = (consensus.epoch, LeaderSchedule::new(consensus.epoch, stakes));
            self.next_round = consensus.round + 1;
            self.gaps.clear();
        }
        let round = self.next_round;
        let leader = self.schedule.1.leader(round);
        let proposer = self.proposer(&consensus, leader, now_ms);
        let is_made = proposer != Proposal::Silent;
        self.next_round += 1;
        let is_last = round >= consensus.config.epoch_change_condition.max_round_count;
        if !is_made && round % FALLBACK_EVERY != 2 && !is_last {
            self.gaps.push(leader);
            return Ok(false);
        }
        let gaps = std::mem::take(&mut self.gaps);
        let first_gap = round - gaps.len() as u64;
        let turn = |round: u64, index: usize, resolution| {
            let seated = consensus.set.get(index);
            Turn {
                round,
                leader: seated.map(|seated| seated.address.clone()).unwrap_or_default(),
                key: seated.map(|seated| seated.key.clone()).unwrap_or_default(),
                resolution,
            }
        };
        let mut turns: Vec<Turn> =
            (first_gap..).zip(&gaps).map(|(round, index)| turn(round, *index, Resolution::MissedByGap)).collect();
        turns.push(turn(round, leader, if is_made { Resolution::Successful } else { Resolution::MissedByFallback }));
        let place = |index: &usize| u8::try_from(*index).unwrap_or(u8::MAX);
        let step = RoundStep {
            epoch: consensus.epoch,
            round,
            timestamp_ms: now_ms.max(consensus.time_ms + 1),
            leader: place(&leader),
            gaps: gaps.iter().map(place).collect(),
            fallback: !is_made,
        };
        let effect = self.chain.commit_round(&step, turns.clone())?;
        let version = self.chain.tip().state_version;
        let node = match proposer {
            Proposal::Ours(node) => Some(node),
            Proposal::Others | Proposal::Silent => None,
        };
        for turn in &turns {
            let made_by = if turn.round == round { node.clone() } else { None };
            self.record.turn(now_ms, version, consensus.epoch, turn, made_by);
        }
        self.note_votes(&consensus, now_ms);
        if effect.next_epoch.is_none() && is_made {
            self.execute_mempool(now_ms);
        }
        self.resubmit(now_ms);
        for node in &mut self.nodes {
            node.count(&self.chain, &self.ours, now_ms);
        }
        Ok(is_made)
    }

    /// Whether the leader proposes, and through which node if it is our validator.
    fn proposer(&mut self, consensus: &crate::ledger::Consensus, leader: usize, now_ms: i64) -> Proposal {
        let Some(seated) = consensus.set.get(leader) else { return Proposal::Silent };
        if seated.address == self.ours {
            let network = &self.settings.network;
            return self
                .nodes
                .iter()
                .find(|node| node.counts_for(&self.ours, &seated.key, network, now_ms))
                .map_or(Proposal::Silent, |node| Proposal::Ours(node.name.clone()));
        }
        let rank = consensus.set.iter().take(leader).filter(|other| other.address != self.ours).count();
        if rank < self.others.validators && self.others.turns != Some(0) {
            if let Some(left) = &mut self.others.turns {
                *left -= 1;
            }
            return Proposal::Silent;
        }
        Proposal::Others
    }

    fn note_votes(&mut self, consensus: &crate::ledger::Consensus, now_ms: i64) {
        let key = consensus.set.iter().find(|seated| seated.address == self.ours).map(|seated| seated.key.clone());
        let voters: Vec<String> = key.as_ref().map_or_else(Vec::new, |key| {
            self.nodes
                .iter()
                .filter(|node| node.counts_for(&self.ours, key, &self.settings.network, now_ms))
                .map(|node| node.name.clone())
                .collect()
        });
        self.record.votes(now_ms, consensus.epoch, key.as_deref(), voters);
    }

    fn execute_mempool(&mut self, now_ms: i64) {
        for (received, verdict) in self.mempool.execute(&mut self.chain, now_ms) {
            let outcome = match verdict {
                Verdict::Success => "committed as a success".to_owned(),
                Verdict::Failure(error) => format!("committed as a failure: {error}"),
                Verdict::Rejected(rejection) => format!("rejected at execution: {}", rejection.message),
            };
            let arrival = Arrival {
                wall_ms: now_ms,
                through: "ledger".to_owned(),
                payload_hash: received.payload.clone(),
                outcome,
            };
            self.record.arrival(&received.intent, &received.intent_text, arrival);
        }
    }
}
