//! Per concluded epoch: the uptime of a validator, through a gateway.
use super::head::{Freshness, Head};
use crate::address::ValidatorAddress;
use crate::client::gateway::{Uptime, UptimeAnswer};
use crate::client::{ApiError, GatewayClient};
use crate::evidence::{Absence, RadixEvidence, Standing, View};
use async_trait::async_trait;
use std::sync::{Mutex, PoisonError};
use watchdog_core::clock;
use watchdog_core::clock::Uptime as Moment;
use watchdog_core::cx::Cx;
use watchdog_core::probe::{Duties, HealthProbe, ProbeError};

/// Advances of the epoch without an advance of the validator, after which it is taken to have left
/// the set. One is not enough: a sample taken while the epoch flips already holds the row, and the
/// next one then shows no advance.
const ADVANCES_WITHOUT: u32 = 2;

/// Reads lifetime totals and subtracts them itself.
///
/// Asked without `from_ledger_state`: with it, a gateway answers with lifetime totals whenever
/// fewer than two rows fall in the window.
#[derive(Debug)]
pub struct UptimeProbe {
    client: GatewayClient,
    validator: String,
    network: String,
    freshness: Freshness,
    head: Head,
    before: Mutex<Option<Sample>>,
    quiet_until: Mutex<Option<Moment>>,
}

/// Totals of one answer.
#[derive(Clone, Copy, Debug)]
struct Sample {
    epoch: u64,
    totals: Duties,
    epochs_active: u64,
    /// Advances of the epoch in a row without one of the validator.
    without: u32,
}

impl UptimeProbe {
    /// Watches `validator` through `client`, which must serve the network of this logical name.
    pub fn new(client: GatewayClient, validator: ValidatorAddress, network: &str, freshness: Freshness) -> Self {
        Self {
            client,
            validator: validator.to_string(),
            network: network.to_owned(),
            freshness,
            head: Head::default(),
            before: Mutex::default(),
            quiet_until: Mutex::default(),
        }
    }

    fn malformed(&self, reason: impl Into<String>) -> ProbeError {
        ProbeError::Malformed { endpoint: self.client.name().to_owned(), reason: reason.into() }
    }

    /// Asks, unless the gateway wants to be left alone.
    async fn ask(&self, cx: &Cx) -> Result<UptimeAnswer, ProbeError> {
        let now = cx.clock().uptime();
        let quiet = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = quiet.map(|until| until.since(now)).filter(|left| !left.is_zero()) {
            return Err(ApiError::Busy(Some(left)).blind(self.client.name()));
        }
        self.client.uptime(&self.validator).await.map_err(|error| {
            if let ApiError::Busy(Some(wait)) = &error {
                *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(now.after(*wait));
            }
            error.blind(self.client.name())
        })
    }

    fn sample(&self, answer: &UptimeAnswer) -> Result<Result<Sample, Absence>, ProbeError> {
        let epoch = answer.ledger_state.epoch;
        let Some(item) = answer.validators.items.iter().find(|item| item.address == self.validator) else {
            return Ok(Err(Absence::Unknown));
        };
        match *item {
            Uptime { proposals_made: Some(made), proposals_missed: Some(missed), epochs_active_in, .. } => {
                Ok(Ok(Sample { epoch, totals: Duties { made, missed }, epochs_active: epochs_active_in, without: 0 }))
            }
            Uptime { epochs_active_in: 0, .. } => Ok(Err(Absence::NeverActive)),
            _ => Err(self.malformed("proposal counts are absent although the validator was active")),
        }
    }

    fn remember(&self, sample: Option<Sample>) -> Option<Sample> {
        std::mem::replace(&mut *self.before.lock().unwrap_or_else(PoisonError::into_inner), sample)
    }
}

impl Sample {
    /// What happened since `before`; nothing where totals went back, or by more than epochs passed.
    fn since(&self, before: &Self) -> Option<(Duties, u64)> {
        let epochs = self.epochs_active.checked_sub(before.epochs_active)?;
        let made = self.totals.made.checked_sub(before.totals.made)?;
        let missed = self.totals.missed.checked_sub(before.totals.missed)?;
        // A sample taken in the flip holds the row of the epoch it is still in: one more at most.
        let passed = self.epoch.checked_sub(before.epoch)?.saturating_add(1);
        (epochs <= passed).then_some((Duties { made, missed }, epochs))
    }
}

#[async_trait]
impl HealthProbe for UptimeProbe {
    type Evidence = RadixEvidence;

    async fn observe(&self, cx: &Cx) -> Result<RadixEvidence, ProbeError> {
        let answer = self.ask(cx).await?;
        let (name, ledger) = (self.client.name(), &answer.ledger_state);
        if ledger.network != self.network {
            return Err(self.malformed(format!("it serves network {}, configured is {}", ledger.network, self.network)));
        }
        let proposer_time = wall(ledger.proposer_round_timestamp);
        self.freshness.check(name, cx.clock().now(), proposer_time)?;
        self.head.advance(name, ledger.state_version)?;
        let mut evidence = RadixEvidence {
            view: View::Gateway { epochs: 0 },
            state_version: ledger.state_version,
            proposer_time: Some(proposer_time),
            epoch: Some(ledger.epoch),
            standing: Standing::Untold,
            proposals: Duties::default(),
            others: None,
        };
        let mut sample = match self.sample(&answer)? {
            Ok(sample) => sample,
            Err(reason) => {
                self.remember(None);
                evidence.standing = Standing::Inactive { reason };
                return Ok(evidence);
            }
        };
        let before = *self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = before {
            if let Some((proposals, epochs)) = sample.since(&before) {
                sample.without = match (epochs, sample.epoch > before.epoch) {
                    (0, true) => before.without.saturating_add(1),
                    (0, false) => before.without,
                    _ => 0,
                };
                evidence.proposals = proposals;
                evidence.view = View::Gateway { epochs };
            }
            evidence.standing = if sample.without >= ADVANCES_WITHOUT {
                Standing::Inactive { reason: Absence::EpochsWithoutIt }
            } else {
                Standing::Active { key: None }
            };
        }
        self.remember(Some(sample));
        Ok(evidence)
    }

    fn forget(&self) {
        self.head.forget();
        self.remember(None);
    }
}

/// A gateway's time as the project's own. Times before 1970 become 1970, which is stale enough.
pub(crate) fn wall(time: jiff::Timestamp) -> clock::Timestamp {
    clock::Timestamp(u64::try_from(time.as_millisecond()).unwrap_or_default())
}
