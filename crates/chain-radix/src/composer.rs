//! The failover transaction for review, made without any connection.
use crate::action::{COUNTERS, Draft, DraftError};
use crate::address::explain;
use crate::config::Refined;
use crate::network::Network;
use crate::tx::{Call, Epoch, Inspection, Purpose};
use serde_json::Value;
use std::sync::Arc;
use watchdog_core::chain::AddressReader;
use watchdog_core::composer::{ComposeError, Composed, Composer, Order};
use watchdog_core::id::NodeName;

/// Composes transactions of one validator.
#[derive(Clone, Debug)]
pub struct RadixComposer {
    settings: Arc<Refined>,
}

impl RadixComposer {
    /// Composes for the validator of `settings`.
    pub const fn new(settings: Arc<Refined>) -> Self {
        Self { settings }
    }

    /// The call that `order` names, and what its nonce is derived from.
    fn call(&self, order: &Order) -> Result<(Call, Purpose), ComposeError> {
        let method = order.method.as_deref().unwrap_or("update_key");
        let call = match method {
            "update_key" => return self.update_key(order.to.as_ref()),
            "register" => Call::Register,
            "unregister" => Call::Unregister,
            "accept_delegated_stake" => Call::UpdateAcceptDelegatedStake(true),
            "refuse_delegated_stake" => Call::UpdateAcceptDelegatedStake(false),
            other => {
                let known = "update_key, register, unregister, accept_delegated_stake, refuse_delegated_stake";
                return Err(ComposeError::Order(format!("there is no call `{other}`: use one of {known}")));
            }
        };
        Ok((call, Purpose::Other(call)))
    }

    /// Moves validation to `to`. From the one other node where there is only one, so that it is the
    /// transaction of a failover, byte for byte.
    fn update_key(&self, to: Option<&NodeName>) -> Result<(Call, Purpose), ComposeError> {
        let to = to.ok_or_else(|| ComposeError::Order("update_key needs a node: name it with --to".to_owned()))?;
        let node = self
            .settings
            .node(to)
            .ok_or_else(|| ComposeError::Order(format!("there is no node {to} in the config")))?;
        let call = Call::UpdateKey(node.key);
        let others: Vec<_> = self.settings.nodes.iter().filter(|other| other.name != *to).collect();
        let purpose = match &others[..] {
            [from] => Purpose::Failover { old: from.key, new: node.key },
            _ => Purpose::Other(call),
        };
        Ok((call, purpose))
    }
}

impl Composer for RadixComposer {
    fn compose(&self, order: &Order) -> Result<Composed, ComposeError> {
        let (call, purpose) = self.call(order)?;
        let draft = Draft::new(&self.settings, call, purpose).map_err(|error| match error {
            DraftError::NoOwner | DraftError::NoKey => {
                ComposeError::Key(format!("{error}: the notary's key is part of every transaction"))
            }
            DraftError::Call(error) => ComposeError::Order(error.to_string()),
        })?;
        let intent = draft.intents(Epoch(order.start)).next();
        let intent = intent.ok_or_else(|| ComposeError::Order(format!("none of {COUNTERS} nonces can be used")))?;
        let bytes = if order.sign {
            intent.sign(draft.key()).map_err(|e| ComposeError::Key(e.to_string()))?.bytes
        } else {
            intent.payload()
        };
        let inspection = Inspection::of(&bytes).map_err(|e| ComposeError::Bytes(e.to_string()))?;
        let text = intent.manifest.text(self.settings.network);
        let facts = serde_json::to_value(inspection).map_err(|e| ComposeError::Bytes(e.to_string()))?;
        Ok(Composed { bytes, text, facts })
    }
}

/// Explains addresses, hashes, ids and keys of Radix.
#[derive(Clone, Copy, Debug, Default)]
pub struct RadixAddresses;

impl AddressReader for RadixAddresses {
    fn explain(&self, text: &str, network: Option<&str>) -> Result<Value, String> {
        let network = network.map(Network::parse).transpose().map_err(|e| e.to_string())?;
        let explanation = explain(text, network).map_err(|e| e.to_string())?;
        serde_json::to_value(explanation).map_err(|e| e.to_string())
    }
}
