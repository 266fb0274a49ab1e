//! `at_ledger_state` and `from_ledger_state`.

use super::{Call, Failure};
use crate::chain::Snapshot;
use crate::clock::parse_instant;
use serde_json::Value;
use std::sync::Arc;

impl Call<'_> {
    /// The state a request asks for: the selected one, or the tip if it is fresh enough.
    pub(super) fn selected(&self) -> Result<Arc<Snapshot>, Failure> {
        match self.selector("at_ledger_state")? {
            Some(snapshot) => Ok(snapshot),
            None => self.fresh_tip("Read"),
        }
    }

    /// The state named by a selector of the request. `None` if there is no such selector.
    pub(super) fn selector(&self, name: &str) -> Result<Option<Arc<Snapshot>>, Failure> {
        let selector = match self.body.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(selector) => selector,
        };
        let field = |field: &str| selector.get(field).filter(|value| !value.is_null());
        let (version, timestamp, epoch, round) =
            (field("state_version"), field("timestamp"), field("epoch"), field("round"));
        let path = |field: &str| format!("{name}.{field}");
        let exclusive = |field: &str, other: &str| {
            Failure::invalid(&path(field), format!("'{field}' must be null when '{other}' is defined."))
        };
        let positive = |field: &str, value: &Value| match value.as_u64() {
            Some(number) if number > 0 => Ok(number),
            _ => Err(Failure::invalid(&path(field), format!("'{field}' must be greater than '0'."))),
        };
        let beyond =
            |what: String| Failure::invalid("?", format!("{what} is beyond the end of the known ledger or invalid"));
        let tip = self.tip();
        let seen = |snapshot: &Arc<Snapshot>| snapshot.state_version <= tip.state_version;
        let chain = &self.world.chain;
        if let Some(version) = version {
            for (other, value) in [("timestamp", timestamp), ("epoch", epoch), ("round", round)] {
                if value.is_some() {
                    return Err(exclusive(other, "state_version"));
                }
            }
            let version = positive("state_version", version)?;
            let found = chain.at_version(version).filter(seen);
            return found.map(Some).ok_or_else(|| beyond(format!("State version {version}")));
        }
        if let Some(timestamp) = timestamp {
            for (other, value) in [("epoch", epoch), ("round", round)] {
                if value.is_some() {
                    return Err(exclusive(other, "timestamp"));
                }
            }
            let ms = timestamp
                .as_str()
                .and_then(parse_instant)
                .ok_or_else(|| Failure::invalid(&path("timestamp"), "'timestamp' must be an instant in UTC."))?;
            if ms > self.now_ms {
                return Err(Failure::invalid(&path("timestamp"), "'timestamp' must not be in the future."));
            }
            let found = chain.at_time(ms).map(|found| if seen(&found) { found } else { Arc::clone(&tip) });
            return found.map(Some).ok_or_else(|| beyond(format!("Timestamp {timestamp}")));
        }
        let Some(epoch) = epoch else {
            return Err(Failure::invalid(name, "One of 'state_version', 'timestamp' or 'epoch' must be defined."));
        };
        let epoch = positive("epoch", epoch)?;
        let found = chain.first_of_epoch(epoch).filter(seen).ok_or_else(|| beyond(format!("Epoch {epoch}")))?;
        if let Some(round) = round {
            let round = positive("round", round)?;
            if found.round != round {
                return Err(beyond(format!("Epoch {epoch} round {round}")));
            }
        }
        Ok(Some(found))
    }
}
