//! What somebody else may do with the owner's key: change the validator key, move the badge, empty the account.

use super::World;
use crate::mempool::Submission;
use radix_common::constants::{VALIDATOR_OWNER_BADGE, XRD};
use radix_common::crypto::{Ed25519PrivateKey, PublicKey, Secp256k1PublicKey};
use radix_common::math::{CheckedSub, Decimal};
use radix_common::prelude::{ComponentAddress, NonFungibleLocalId};
use radix_common::types::Epoch;
use radix_engine_interface::prelude::ValidatorUpdateKeyInput;
use radix_transactions::builder::{ManifestBuilder, TransactionBuilder};
use radix_transactions::model::{
    NotarizedTransactionV1, TransactionHeaderV1, TransactionManifestV1, TransactionPayload,
};

/// An account with its key.
pub struct Holder {
    /// The account.
    pub account: ComponentAddress,
    key: Ed25519PrivateKey,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Holder {
    pub(super) fn new(key: Ed25519PrivateKey) -> Self {
        Self { account: ComponentAddress::preallocated_account_from_public_key(&key.public_key()), key }
    }

    /// The public key, hex.
    pub fn public_key(&self) -> String {
        hex::encode(self.key.public_key().0)
    }
}

/// An act signed with the owner's key by somebody else than the watched program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerAct {
    /// Changes the validator's key.
    UpdateKey([u8; 33]),
    /// Leaves the validator set.
    Unregister,
    /// Joins it again.
    Register,
    /// Moves the owner badge to another account.
    MoveBadge,
    /// Brings it back.
    ReturnBadge,
    /// Leaves exactly this much XRD in the owner's account.
    Drain(Decimal),
    /// Gives the owner's account this much XRD.
    Fund(Decimal),
}

impl World {
    /// Builds, signs and submits the act; the intent hash in text form and what the mempool said. The fee comes from
    /// the other account, so the owner's balance changes only where the act says so.
    pub fn act(&mut self, act: &OwnerAct, now_ms: i64) -> (String, Submission) {
        let (owner, stranger) = (self.owner.account, self.stranger.account);
        let badge = NonFungibleLocalId::bytes(self.our_component.as_node_id().as_bytes())
            .unwrap_or_else(|_| unreachable!("a node id has 30 bytes, a local id may have 64"));
        let builder = ManifestBuilder::new().lock_fee(stranger, Decimal::from(5));
        let with_proof = |builder: ManifestBuilder| {
            builder.create_proof_from_account_of_non_fungibles(owner, VALIDATOR_OWNER_BADGE, [badge.clone()])
        };
        let manifest = match act {
            OwnerAct::UpdateKey(key) => with_proof(builder)
                .call_method(
                    self.our_component,
                    "update_key",
                    ValidatorUpdateKeyInput { key: Secp256k1PublicKey(*key) },
                )
                .build(),
            OwnerAct::Unregister => with_proof(builder).call_method(self.our_component, "unregister", ()).build(),
            OwnerAct::Register => with_proof(builder).call_method(self.our_component, "register", ()).build(),
            OwnerAct::MoveBadge => {
                moved(builder.withdraw_non_fungibles_from_account(owner, VALIDATOR_OWNER_BADGE, [badge]), stranger)
            }
            OwnerAct::ReturnBadge => {
                moved(builder.withdraw_non_fungibles_from_account(stranger, VALIDATOR_OWNER_BADGE, [badge]), owner)
            }
            OwnerAct::Drain(leave) => {
                let text = self.account_text(&self.owner);
                let xrd = self.chain.ledger().text(XRD.as_node_id());
                let held = self.chain.tip().accounts.get(&text).map_or(Decimal::ZERO, |held| held.amount(&xrd));
                let taken = held.checked_sub(*leave).unwrap_or(Decimal::ZERO).max(Decimal::ZERO);
                moved(builder.withdraw_from_account(owner, XRD, taken), stranger)
            }
            OwnerAct::Fund(amount) => moved(builder.withdraw_from_account(stranger, XRD, *amount), owner),
        };
        let payload = self.sign(manifest);
        let received = self.receive(&payload);
        let intent = received.as_ref().map(|received| received.intent_text.clone()).unwrap_or_default();
        let outcome = self.submit("devnet", received, true, now_ms);
        (intent, outcome)
    }

    /// Signs with both keys: the stranger notarizes and pays, the owner agrees.
    fn sign(&mut self, manifest: TransactionManifestV1) -> Vec<u8> {
        self.nonce += 1;
        let epoch = self.chain.tip().consensus.epoch;
        let transaction: NotarizedTransactionV1 = TransactionBuilder::new()
            .header(TransactionHeaderV1 {
                network_id: self.settings.network.id,
                start_epoch_inclusive: Epoch::of(epoch),
                end_epoch_exclusive: Epoch::of(epoch + 100),
                nonce: self.nonce,
                notary_public_key: PublicKey::Ed25519(self.stranger.key.public_key()),
                notary_is_signatory: true,
                tip_percentage: 0,
            })
            .manifest(manifest)
            .sign(&self.owner.key)
            .notarize(&self.stranger.key)
            .build();
        transaction.to_raw().map(|raw| raw.as_slice().to_vec()).unwrap_or_default()
    }
}

fn moved(builder: ManifestBuilder, to: ComponentAddress) -> TransactionManifestV1 {
    builder.try_deposit_entire_worktop_or_abort(to, None).build()
}
