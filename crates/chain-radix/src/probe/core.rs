//! Live: the consensus manager, through the Core API of a node.
use super::head::{Freshness, Head};
use crate::address::ValidatorAddress;
use crate::client::CoreClient;
use crate::client::core::ConsensusManager;
use crate::client::gateway::KeyJson;
use crate::evidence::{Absence, RadixEvidence, Standing, View};
use crate::keys::NodeKey;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use watchdog_core::cx::Cx;
use watchdog_core::probe::{Duties, HealthProbe, ProbeError};

/// Reads who is in the set with which key, and every proposal of the running epoch.
#[derive(Debug)]
pub struct CoreProbe {
    client: CoreClient,
    validator: String,
    freshness: Freshness,
    head: Head,
    before: Mutex<Option<Counted>>,
}

/// Counters as they were read; the ledger sets them back at each epoch.
#[derive(Clone, Debug, Default)]
struct Counted {
    epoch: u64,
    proposals: BTreeMap<String, Duties>,
}

impl CoreProbe {
    /// Watches `validator` through `client`.
    pub fn new(client: CoreClient, validator: ValidatorAddress, freshness: Freshness) -> Self {
        Self { client, validator: validator.to_string(), freshness, head: Head::default(), before: Mutex::default() }
    }

    /// The reading that follows from `answer` after the one before.
    fn read(&self, answer: &ConsensusManager) -> Result<RadixEvidence, ProbeError> {
        let (state, set) = (&answer.state.value, &answer.current_validator_set.value.validator_set);
        let statistic = &answer.current_proposal_statistic.value;
        let counts = statistic
            .completed
            .iter()
            .zip(&statistic.missed)
            .map(|(made, missed)| Duties { made: *made, missed: *missed });
        let proposals: BTreeMap<_, _> = set.iter().map(|m| m.address.clone()).zip(counts).collect();
        let now = Counted { epoch: state.epoch, proposals };
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).replace(now.clone());
        let since = now.since(before.as_ref());
        let own = set.iter().find(|member| member.address == self.validator);
        let standing = match own {
            Some(member) => Standing::Active { key: Some(self.key(&member.key)?) },
            None => Standing::Inactive { reason: Absence::NotInSet },
        };
        let others = set.iter().filter(|member| member.address != self.validator).filter_map(|member| {
            let duties = since.as_ref()?.get(&member.address)?;
            Some(by_stake(*duties, &member.stake))
        });
        Ok(RadixEvidence {
            view: View::Core { round: state.round },
            state_version: answer.at_ledger_state.state_version,
            proposer_time: Some(answer.at_ledger_state.header_summary.proposer_timestamp.timestamp()),
            epoch: Some(state.epoch),
            standing,
            proposals: since.as_ref().and_then(|s| s.get(&self.validator)).copied().unwrap_or_default(),
            others: Some(others.fold(Duties::default(), Duties::plus)),
        })
    }

    fn key(&self, key: &KeyJson) -> Result<NodeKey, ProbeError> {
        let endpoint = self.client.name().to_owned();
        key.key_hex
            .parse()
            .map_err(|e| ProbeError::Malformed { endpoint, reason: format!("key of the validator: {e}") })
    }
}

impl Counted {
    /// Proposals since `before`. Nothing without it, and nothing where a counter of the same epoch
    /// went back; from zero where an epoch has begun since.
    fn since(&self, before: Option<&Self>) -> Option<BTreeMap<String, Duties>> {
        let before = before?;
        if self.epoch < before.epoch {
            return None;
        }
        if self.epoch > before.epoch {
            return Some(self.proposals.clone());
        }
        let difference = |(address, now): (&String, &Duties)| {
            let then = before.proposals.get(address).copied().unwrap_or_default();
            let duties =
                Duties { made: now.made.checked_sub(then.made)?, missed: now.missed.checked_sub(then.missed)? };
            Some((address.clone(), duties))
        };
        self.proposals.iter().map(difference).collect()
    }
}

/// Weighs proposals by the stake behind them: a validator that missed a half of its proposals
/// counts with half of its stake as missed, however many they were.
fn by_stake(duties: Duties, stake: &str) -> Duties {
    let whole: u64 = stake.split('.').next().and_then(|xrd| xrd.parse().ok()).unwrap_or_default();
    if duties.due() == 0 {
        return Duties::default();
    }
    let missed = u128::from(whole) * u128::from(duties.missed) / u128::from(duties.due());
    let missed = u64::try_from(missed).unwrap_or(whole);
    Duties { made: whole.saturating_sub(missed), missed }
}

#[async_trait]
impl HealthProbe for CoreProbe {
    type Evidence = RadixEvidence;

    async fn observe(&self, cx: &Cx) -> Result<RadixEvidence, ProbeError> {
        let name = self.client.name();
        let answer = self.client.consensus_manager().await.map_err(|e| e.blind(name))?;
        let at = &answer.at_ledger_state;
        self.freshness.check(name, cx.clock().now(), at.header_summary.proposer_timestamp.timestamp())?;
        self.head.advance(name, at.state_version)?;
        self.read(&answer)
    }

    fn forget(&self) {
        self.head.forget();
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
