//! The product's transaction encoder against `radix-transactions`, and its bytes in the hands of the real engine.
#![allow(clippy::unwrap_used, reason = "tests")]

use chain_radix::address::{AccountAddress, NonFungibleId, ValidatorAddress};
use chain_radix::keys::{Curve, NodeKey, SigningKey};
use chain_radix::network::Network;
use chain_radix::tx::{
    Authorization, Call, Decimal as Amount, Epoch as EpochNumber, Header, Intent, Notarized, ValidatorCall,
};
use proptest::prelude::*;
use radix_common::address::AddressBech32Encoder;
use radix_common::crypto::{Ed25519PrivateKey, PublicKey, Secp256k1PrivateKey};
use radix_common::math::{Decimal, I192};
use radix_common::network::NetworkDefinition;
use radix_common::prelude::{ComponentAddress, NodeId, NonFungibleLocalId, ResourceAddress, manifest_encode};
use radix_common::types::Epoch;
use radix_devnet::ledger::{Genesis, Ledger, Rejection, Seat, Verdict};
use radix_devnet::{clock, keys, network};
use radix_engine_interface::prelude::{ConsensusManagerConfig, ValidatorUpdateKeyInput};
use radix_transactions::builder::{ManifestBuilder, TransactionBuilder};
use radix_transactions::manifest::{AnyManifest, BlobProvider, ManifestObjectNames, compile_manifest_v1, decompile};
use radix_transactions::model::{
    HasNotarizedTransactionHash, HasSignedTransactionIntentHash, HasTransactionIntentHash, PreparationSettings,
    PreparedTransaction, PreparedUserTransaction,
};
use radix_transactions::model::{
    NotarizedTransactionV1, RawNotarizedTransaction, TransactionHashBech32Encoder, TransactionHeaderV1,
    TransactionManifestV1, TransactionPayload,
};
use radix_transactions::signing::PrivateKey;
use radix_transactions::validation::TransactionValidator;
use std::str::FromStr;

/// A key of either curve, for both sides.
#[derive(Debug, Clone, Copy)]
struct Key {
    is_ed25519: bool,
    bytes: [u8; 32],
}

impl Key {
    fn ours(self) -> SigningKey {
        SigningKey::new(if self.is_ed25519 { Curve::Ed25519 } else { Curve::Secp256k1 }, &self.bytes).unwrap()
    }

    fn theirs(self) -> PrivateKey {
        if self.is_ed25519 {
            PrivateKey::Ed25519(Ed25519PrivateKey::from_bytes(&self.bytes).unwrap())
        } else {
            PrivateKey::Secp256k1(Secp256k1PrivateKey::from_bytes(&self.bytes).unwrap())
        }
    }
}

#[derive(Debug, Clone)]
enum Form {
    Direct,
    Manager,
    Warden,
}

#[derive(Debug, Clone)]
enum Wish {
    UpdateKey([u8; 32]),
    Register,
    Unregister,
    Accept(bool),
}

#[derive(Debug, Clone)]
struct Case {
    network_id: u8,
    notary: Key,
    signers: Vec<Key>,
    validator: [u8; 29],
    component: [u8; 29],
    resource: [u8; 29],
    local_id: NonFungibleLocalId,
    form: Form,
    wish: Wish,
    fee_attos: i128,
    start: u64,
    span: u64,
    nonce: u32,
    is_signatory: bool,
    tip: u16,
}

fn key() -> impl Strategy<Value = Key> {
    (any::<bool>(), any::<[u8; 32]>()).prop_map(|(is_ed25519, mut bytes)| {
        // below the order of secp256k1 and not zero
        bytes[0] &= 0x7f;
        bytes[31] |= 1;
        Key { is_ed25519, bytes }
    })
}

fn local_id() -> impl Strategy<Value = NonFungibleLocalId> {
    prop_oneof![
        any::<u64>().prop_map(NonFungibleLocalId::integer),
        "[A-Za-z0-9_]{1,64}".prop_map(|text| NonFungibleLocalId::string(text).unwrap()),
        prop::collection::vec(any::<u8>(), 1..=64).prop_map(|bytes| NonFungibleLocalId::bytes(bytes).unwrap()),
        any::<[u8; 32]>().prop_map(NonFungibleLocalId::ruid),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let form = prop_oneof![Just(Form::Direct), Just(Form::Manager), Just(Form::Warden)];
    let wish = prop_oneof![
        key().prop_map(|key| Wish::UpdateKey(key.bytes)),
        Just(Wish::Register),
        Just(Wish::Unregister),
        any::<bool>().prop_map(Wish::Accept),
    ];
    let who = (prop_oneof![Just(1_u8), Just(2), any::<u8>()], key(), prop::collection::vec(key(), 0..3));
    let what = (any::<[u8; 29]>(), any::<[u8; 29]>(), any::<[u8; 29]>(), local_id(), form, wish, 1..i128::MAX);
    let when = (0..u64::MAX - 9000, 1..=8640_u64, any::<u32>(), any::<bool>(), any::<u16>());
    (who, what, when).prop_map(
        |(
            (network_id, notary, signers),
            (validator, component, resource, local_id, form, wish, fee_attos),
            (start, span, nonce, is_signatory, tip),
        )| Case {
            network_id,
            notary,
            signers,
            validator,
            component,
            resource,
            local_id,
            form,
            wish,
            fee_attos,
            start,
            span,
            nonce,
            is_signatory,
            tip,
        },
    )
}

fn node(entity: u8, rest: &[u8; 29]) -> NodeId {
    let mut bytes = [entity; 30];
    bytes[1..].copy_from_slice(rest);
    NodeId(bytes)
}

impl Case {
    fn network(&self) -> NetworkDefinition {
        network::by_id(self.network_id)
    }

    fn text(&self, node: &NodeId) -> String {
        AddressBech32Encoder::new(&self.network()).encode(node.as_bytes()).unwrap()
    }

    fn validator(&self) -> NodeId {
        node(0x83, &self.validator)
    }

    fn node_key(&self) -> Option<radix_common::crypto::Secp256k1PublicKey> {
        match &self.wish {
            Wish::UpdateKey(bytes) => Some(Secp256k1PrivateKey::from_bytes(bytes).unwrap().public_key()),
            _ => None,
        }
    }

    /// What the product builds.
    fn ours(&self) -> ValidatorCall {
        let resource = self.text(&node(0x9a, &self.resource));
        let access_key = || NonFungibleId::from_str(&format!("{resource}:{}", self.local_id)).unwrap();
        let component = || self.text(&node(0xc0, &self.component)).parse().unwrap();
        ValidatorCall {
            account: AccountAddress::preallocated(Network::new(self.network_id), &self.notary.ours().public_key()),
            validator: ValidatorAddress::from_str(&self.text(&self.validator())).unwrap(),
            authorization: match self.form {
                Form::Direct => Authorization::Direct,
                Form::Manager => Authorization::Manager { component: component(), access_key: access_key() },
                Form::Warden => Authorization::Warden { component: component(), access_key: access_key() },
            },
            lock_fee: Amount::from_attos(self.fee_attos),
            call: match self.wish {
                Wish::UpdateKey(_) => Call::UpdateKey(NodeKey::new(self.node_key().unwrap().0).unwrap()),
                Wish::Register => Call::Register,
                Wish::Unregister => Call::Unregister,
                Wish::Accept(accepts) => Call::UpdateAcceptDelegatedStake(accepts),
            },
        }
    }

    fn our_intent(&self) -> Intent {
        Intent {
            header: Header {
                network: Network::new(self.network_id),
                start_epoch: EpochNumber(self.start),
                end_epoch: EpochNumber(self.start + self.span),
                nonce: self.nonce,
                notary: self.notary.ours().public_key(),
                notary_is_signatory: self.is_signatory,
                tip_percentage: self.tip,
            },
            manifest: self.ours().manifest().unwrap(),
        }
    }

    fn sign(&self) -> Notarized {
        let signers: Vec<SigningKey> = self.signers.iter().map(|key| key.ours()).collect();
        self.our_intent().sign_with(&signers.iter().collect::<Vec<_>>(), &self.notary.ours()).unwrap()
    }

    /// The same by the reference.
    fn their_manifest(&self) -> TransactionManifestV1 {
        let account = ComponentAddress::preallocated_account_from_public_key(&self.notary.theirs().public_key());
        let validator = ComponentAddress::try_from(self.validator().as_bytes()).unwrap();
        let component = ComponentAddress::try_from(node(0xc0, &self.component).as_bytes()).unwrap();
        let (resource, id) = match self.form {
            Form::Direct => (
                radix_common::constants::VALIDATOR_OWNER_BADGE,
                NonFungibleLocalId::bytes(self.validator().as_bytes()).unwrap(),
            ),
            Form::Manager | Form::Warden => {
                (ResourceAddress::try_from(node(0x9a, &self.resource).as_bytes()).unwrap(), self.local_id.clone())
            }
        };
        let fee = Decimal::from_attos(I192::from(self.fee_attos));
        let builder = ManifestBuilder::new().lock_fee(account, fee).create_proof_from_account_of_non_fungibles(
            account,
            resource,
            [id],
        );
        let method = match self.wish {
            Wish::UpdateKey(_) => "update_key",
            Wish::Register => "register",
            Wish::Unregister => "unregister",
            Wish::Accept(_) => "update_accept_delegated_stake",
        };
        let builder = match self.form {
            Form::Direct => builder,
            Form::Manager => builder.call_method(component, "create_auth_badge_proof", ()),
            Form::Warden => {
                let builder = builder.pop_from_auth_zone("p");
                let builder = match (&self.wish, self.node_key()) {
                    (_, Some(key)) => {
                        builder.call_method_with_name_lookup(component, method, |names| (names.proof("p"), key))
                    }
                    (Wish::Accept(accepts), None) => {
                        builder.call_method_with_name_lookup(component, method, |names| (names.proof("p"), *accepts))
                    }
                    _ => builder.call_method_with_name_lookup(component, method, |names| (names.proof("p"),)),
                };
                return builder.build();
            }
        };
        match (&self.wish, self.node_key()) {
            (_, Some(key)) => builder.call_method(validator, method, ValidatorUpdateKeyInput { key }),
            (Wish::Accept(accepts), None) => builder.call_method(validator, method, (*accepts,)),
            _ => builder.call_method(validator, method, ()),
        }
        .build()
    }

    fn theirs(&self) -> NotarizedTransactionV1 {
        let notary = self.notary.theirs();
        let builder = TransactionBuilder::new()
            .header(TransactionHeaderV1 {
                network_id: self.network_id,
                start_epoch_inclusive: Epoch::of(self.start),
                end_epoch_exclusive: Epoch::of(self.start + self.span),
                nonce: self.nonce,
                notary_public_key: notary.public_key(),
                notary_is_signatory: self.is_signatory,
                tip_percentage: self.tip,
            })
            .manifest(self.their_manifest());
        let signers: Vec<PrivateKey> = self.signers.iter().map(|key| key.theirs()).collect();
        builder.multi_sign(&signers).notarize(&notary).build()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn payload_and_hashes_equal_those_of_the_reference(case in case()) {
        let ours = case.sign();
        let raw = case.theirs().to_raw().unwrap();
        prop_assert_eq!(hex::encode(&ours.bytes), hex::encode(raw.as_slice()));
        let prepared = PreparedUserTransaction::prepare(&raw, PreparationSettings::latest_ref()).unwrap();
        let encoder = TransactionHashBech32Encoder::new(&case.network());
        prop_assert_eq!(ours.hashes.intent.to_string(), encoder.encode(&prepared.transaction_intent_hash()).unwrap());
        prop_assert_eq!(
            ours.hashes.signed_intent.to_string(),
            encoder.encode(&prepared.signed_transaction_intent_hash()).unwrap()
        );
        prop_assert_eq!(ours.hashes.notarized.to_string(), encoder.encode(&prepared.notarized_transaction_hash()).unwrap());
    }

    #[test]
    fn what_we_build_is_valid_for_the_engine_and_read_back_by_us(case in case()) {
        let ours = case.sign();
        let validator = TransactionValidator::new_with_latest_config(&case.network());
        let raw = RawNotarizedTransaction::from_vec(ours.bytes.clone());
        let validated = raw.validate(&validator);
        prop_assert!(validated.is_ok(), "{:?}", validated.err());
        prop_assert_eq!(Notarized::from_bytes(&ours.bytes).unwrap(), ours);
    }

    #[test]
    fn manifest_text_and_payload_are_those_of_the_reference(case in case()) {
        let ours = case.our_intent().manifest;
        let theirs = case.their_manifest();
        let text = ours.text(Network::new(case.network_id));
        let compiled = compile_manifest_v1(&text, &case.network(), BlobProvider::new()).unwrap();
        prop_assert_eq!(&compiled.instructions, &theirs.instructions);
        prop_assert_eq!(text, decompile(&theirs, &case.network()).unwrap());
        let nameless = TransactionManifestV1 { object_names: ManifestObjectNames::Unknown, ..theirs };
        prop_assert_eq!(hex::encode(ours.payload()), hex::encode(manifest_encode(&AnyManifest::V1(nameless)).unwrap()));
    }

    #[test]
    fn a_flipped_bit_is_refused_by_both_or_changes_nothing(
        case in case(), place in any::<prop::sample::Index>(), bit in 0_u8..8
    ) {
        let signed = case.sign();
        let mut bytes = signed.bytes;
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let validator = TransactionValidator::new_with_latest_config(&case.network());
        let theirs = RawNotarizedTransaction::from_vec(bytes.clone()).validate(&validator);
        let ours = Notarized::from_bytes(&bytes).ok().filter(|read| read.transaction.validate(Network::new(case.network_id)).is_ok());
        prop_assert_eq!(theirs.is_ok(), ours.is_some());
        // Nobody looks at the recovery id of a notary's secp256k1 signature, which is part of no intent.
        if let Some(read) = ours {
            prop_assert!(!case.notary.is_ed25519 && place == bytes.len() - 65);
            prop_assert_eq!(read.hashes.intent.to_string(), signed.hashes.intent.to_string());
        }
    }

    #[test]
    fn the_recovery_id_of_a_notary_signature_changes_nothing_for_either(mut case in case()) {
        case.notary.is_ed25519 = false;
        let signed = case.sign();
        let mut bytes = signed.bytes;
        let place = bytes.len() - 65;
        bytes[place] ^= 1;
        let validator = TransactionValidator::new_with_latest_config(&case.network());
        prop_assert!(RawNotarizedTransaction::from_vec(bytes.clone()).validate(&validator).is_ok());
        let read = Notarized::from_bytes(&bytes).unwrap();
        prop_assert!(read.transaction.validate(Network::new(case.network_id)).is_ok());
        prop_assert_eq!(read.hashes.intent.to_string(), signed.hashes.intent.to_string());
    }

    #[test]
    fn epoch_ranges_that_the_engine_refuses_are_not_signed(mut case in case(), span in prop_oneof![Just(0), 8641..100_000_u64]) {
        case.span = span;
        case.start %= 1 << 40;
        let raw = case.theirs().to_raw().unwrap();
        prop_assert!(raw.validate(&TransactionValidator::new_with_latest_config(&case.network())).is_err());
        prop_assert!(case.our_intent().sign(&case.notary.ours()).is_err());
    }
}

/// A ledger whose first two validators belong to an ed25519 and to a secp256k1 account.
fn ledger(owners: [Key; 2]) -> (Ledger, [ComponentAddress; 2]) {
    let account = |key: Key| ComponentAddress::preallocated_account_from_public_key(&key.theirs().public_key());
    let accounts = owners.map(account);
    let seats = (0..4_usize)
        .map(|place| Seat {
            key: keys::node_key(&format!("seat {place}"), 0).public_key(),
            stake: Decimal::from(1000),
            owner: accounts[place % 2],
        })
        .collect();
    let genesis = Genesis {
        network: NetworkDefinition::stokenet(),
        epoch: 1000,
        start_ms: clock::now_ms(),
        config: ConsensusManagerConfig::mainnet_genesis(),
        seats,
        staker: accounts[0],
        balances: accounts.iter().map(|account| (*account, Decimal::from(1000))).collect(),
    };
    let ledger = genesis.bootstrap();
    let validators = [ledger.validators()[0], ledger.validators()[1]];
    (ledger, validators)
}

#[test]
fn the_engine_executes_every_call_of_the_direct_form_with_both_curves() {
    let owners = [Key { is_ed25519: true, bytes: [7; 32] }, Key { is_ed25519: false, bytes: [9; 32] }];
    let (mut ledger, validators) = ledger(owners);
    let start = ledger.consensus().unwrap().epoch;
    let wishes = [Wish::UpdateKey([5; 32]), Wish::Unregister, Wish::Accept(false), Wish::Register, Wish::Accept(true)];
    for (owner, validator) in owners.into_iter().zip(validators) {
        for (nonce, wish) in (1..).zip(&wishes) {
            let mut rest = [0; 29];
            rest.copy_from_slice(&validator.as_node_id().as_bytes()[1..]);
            let case = Case {
                network_id: 2,
                notary: owner,
                signers: Vec::new(),
                validator: rest,
                component: [0; 29],
                resource: [0; 29],
                local_id: NonFungibleLocalId::integer(1),
                form: Form::Direct,
                wish: wish.clone(),
                fee_attos: 2_000_000_000_000_000_000,
                start,
                span: 8,
                nonce,
                is_signatory: true,
                tip: 0,
            };
            let received = ledger.receive(&case.sign().bytes).unwrap();
            assert_eq!(ledger.commit(&received), Verdict::Success, "{wish:?}");
            let state = ledger.validator(&validator).unwrap();
            match wish {
                Wish::UpdateKey(_) => assert_eq!(state.key, hex::encode(case.node_key().unwrap().0)),
                Wish::Register => assert!(state.registered),
                Wish::Unregister => assert!(!state.registered),
                Wish::Accept(accepts) => assert_eq!(state.accepts_delegated_stake, *accepts),
            }
            let again = ledger.commit(&received);
            assert!(
                matches!(&again, Verdict::Rejected(Rejection { is_permanent: true, message, .. }) if message.contains("PreviouslyCommitted")),
                "{again:?}"
            );
        }
    }
    assert!(
        PublicKey::from(Ed25519PrivateKey::from_bytes(&[7; 32]).unwrap().public_key())
            == owners[0].theirs().public_key()
    );
}
