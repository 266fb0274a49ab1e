//! What we ask of a validator, and by which right.
use super::decimal::Decimal;
use super::instruction::Instruction;
use super::manifest::Manifest;
use super::value::Value;
use crate::address::{AccountAddress, Address, ComponentAddress, NonFungibleId, ValidatorAddress};
use crate::keys::NodeKey;
use crate::network::Network;

/// A call of one method of one validator, paid by `account`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ValidatorCall {
    /// Pays the fee and holds the badge.
    pub account: AccountAddress,
    /// The validator.
    pub validator: ValidatorAddress,
    /// By which right.
    pub authorization: Authorization,
    /// Most that may be paid; the rest comes back.
    pub lock_fee: Decimal,
    /// What is asked.
    pub call: Call,
}

/// How the right to change the validator is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Authorization {
    /// The account holds the owner badge.
    Direct,
    /// The badge lies in an access manager, which lends a proof of it to holders of an access key.
    Manager {
        /// The access manager.
        component: ComponentAddress,
        /// The access key that the account holds.
        access_key: NonFungibleId,
    },
    /// The badge lies in a `NodeWarden`, which makes the call itself for holders of an access key.
    Warden {
        /// The `NodeWarden`.
        component: ComponentAddress,
        /// The access key that the account holds.
        access_key: NonFungibleId,
    },
}

/// What is asked of the validator. All take effect at the next epoch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    /// Lets the node with this key validate. May be repeated.
    UpdateKey(NodeKey),
    /// Takes part in consensus. May be repeated.
    Register,
    /// Takes no part in consensus any more. May be repeated.
    Unregister,
    /// Whether others may stake. May be repeated.
    UpdateAcceptDelegatedStake(bool),
}

impl Call {
    /// Name of the method.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::UpdateKey(_) => "update_key",
            Self::Register => "register",
            Self::Unregister => "unregister",
            Self::UpdateAcceptDelegatedStake(_) => "update_accept_delegated_stake",
        }
    }

    fn argument(&self) -> Option<Value> {
        match self {
            Self::UpdateKey(key) => Some(Value::Bytes(key.as_bytes().to_vec())),
            Self::UpdateAcceptDelegatedStake(accepts) => Some(Value::Bool(*accepts)),
            Self::Register | Self::Unregister => None,
        }
    }
}

impl ValidatorCall {
    /// Network of the validator.
    pub const fn network(&self) -> Network {
        self.validator.network()
    }

    /// The badge that the account must hold: the owner badge, or the access key.
    pub fn badge(&self) -> NonFungibleId {
        match &self.authorization {
            Authorization::Direct => self.validator.owner_badge(),
            Authorization::Manager { access_key, .. } | Authorization::Warden { access_key, .. } => access_key.clone(),
        }
    }

    /// The instructions.
    ///
    /// # Errors
    /// An address of another network than the validator's, or a fee of nothing.
    pub fn manifest(&self) -> Result<Manifest, CallError> {
        self.check()?;
        let badge = self.badge();
        let mut instructions = vec![
            Instruction::call(self.account, "lock_fee", vec![Value::Decimal(self.lock_fee)]),
            Instruction::call(
                self.account,
                "create_proof_of_non_fungibles",
                vec![Value::Address(badge.resource.node_id()), Value::LocalIds(vec![badge.local_id])],
            ),
        ];
        let argument = self.call.argument();
        match &self.authorization {
            Authorization::Direct => {}
            Authorization::Manager { component, .. } => {
                instructions.push(Instruction::call(*component, "create_auth_badge_proof", Vec::new()));
            }
            Authorization::Warden { component, .. } => {
                // The warden wants the proof in hand, before the method's own argument.
                let arguments = [Value::Proof(0)].into_iter().chain(argument).collect();
                instructions.push(Instruction::PopFromAuthZone);
                instructions.push(Instruction::call(*component, self.call.method(), arguments));
                return Ok(Manifest { instructions });
            }
        }
        instructions.push(Instruction::call(self.validator, self.call.method(), argument.into_iter().collect()));
        Ok(Manifest { instructions })
    }

    fn check(&self) -> Result<(), CallError> {
        let network = self.network();
        let mut addresses = vec![self.account.address()];
        match &self.authorization {
            Authorization::Direct => {}
            Authorization::Manager { component, access_key } | Authorization::Warden { component, access_key } => {
                addresses.extend([component.address(), access_key.resource.address()]);
            }
        }
        if let Some(address) = addresses.into_iter().find(|address| address.network() != network) {
            return Err(CallError::Network { address, network });
        }
        if self.lock_fee.is_positive() { Ok(()) } else { Err(CallError::Fee(self.lock_fee)) }
    }
}

/// A call cannot be made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// An address of another network.
    #[error("{address} is of {}, the validator is of {network}", address.network())]
    Network {
        /// The address.
        address: Address,
        /// Network of the validator.
        network: Network,
    },
    /// Nothing to pay with.
    #[error("a locked fee of {0} XRD pays for nothing: 1 to 2 XRD is ample")]
    Fee(Decimal),
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "02c3de592fb85bc9dc414ef726e0aedbc9ecd57b05f16313a1c04be7d3ad340f87";

    fn through_warden(call: Call) -> ValidatorCall {
        ValidatorCall {
            account: "account_rdx12yc7gj5rfrag2p80t26lwnn5pgrl37m77d5hgr6xkvuzemtenc8x6t".parse().unwrap(),
            validator: "validator_rdx1sw5zkx2h6hp6k0js6dqaaxpz4580awncmm0rlzv7ufcf97cukjegy8".parse().unwrap(),
            authorization: Authorization::Warden {
                component: "component_rdx1cqnwxgjg0p8r7e2j2qjvvsdd6f3af92yn4lsjdw2g69xgnwl304haq".parse().unwrap(),
                access_key: "resource_rdx1nggtpr03hdw247v9cve0xcd09cpr9tkxzc0w3dv8s9l8uzcln4ha7e:#7#".parse().unwrap(),
            },
            lock_fee: Decimal::whole(2),
            call,
        }
    }

    #[test]
    fn a_warden_gets_the_proof_in_hand_and_then_the_key() {
        let call = through_warden(Call::UpdateKey(KEY.parse().unwrap()));
        let manifest = call.manifest().unwrap();
        let last_two = format!(
            "{}{}{}{}{KEY}",
            "1000",
            "41038000c026e32248784e3f65525024c641add263d495449d7f0935ca468a644ddf",
            "0c0a7570646174655f6b65792102",
            "8200000000200721",
        );
        assert!(hex::encode(manifest.array()).ends_with(&last_two));
        let text = manifest.text(call.network());
        let end = format!(
            "POP_FROM_AUTH_ZONE\n    Proof(\"p\")\n;\nCALL_METHOD\n    \
             Address(\"component_rdx1cqnwxgjg0p8r7e2j2qjvvsdd6f3af92yn4lsjdw2g69xgnwl304haq\")\n    \
             \"update_key\"\n    Proof(\"p\")\n    Bytes(\"{KEY}\")\n;\n"
        );
        assert!(text.ends_with(&end), "{text}");
        assert!(text.contains("NonFungibleLocalId(\"#7#\")"));
    }

    #[test]
    fn a_warden_takes_every_call_with_the_proof_first() {
        for (call, arguments) in [
            (Call::Register, vec![Value::Proof(0)]),
            (Call::Unregister, vec![Value::Proof(0)]),
            (Call::UpdateAcceptDelegatedStake(true), vec![Value::Proof(0), Value::Bool(true)]),
        ] {
            let manifest = through_warden(call).manifest().unwrap();
            let Some(Instruction::CallMethod { method, arguments: found, .. }) = manifest.instructions.last() else {
                panic!("{manifest:?}");
            };
            assert_eq!((method.as_str(), found), (call.method(), &arguments));
        }
    }

    #[test]
    fn addresses_of_two_networks_and_a_fee_of_nothing_are_refused() {
        let stokenet = "account_tdx_2_12y27mquvfyh722tpjw9f24tpzqgz2zx02z2zk6zj8esgwl9puj3ly4".parse().unwrap();
        let other = ValidatorCall { account: stokenet, ..through_warden(Call::Register) };
        let error = other.manifest().unwrap_err();
        assert_eq!(error.to_string(), format!("{stokenet} is of stokenet, the validator is of mainnet"));
        for attos in [0, -1] {
            let lock_fee = Decimal::from_attos(attos);
            let free = ValidatorCall { lock_fee, ..through_warden(Call::Register) };
            assert_eq!(free.manifest(), Err(CallError::Fee(lock_fee)));
        }
    }
}
