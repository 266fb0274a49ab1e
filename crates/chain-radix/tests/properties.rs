//! What holds for every address, transaction and run of bytes.
#![allow(clippy::unwrap_used, reason = "strategies are part of the tests")]
use chain_radix::address::local_id::Name;
use chain_radix::address::{AccountAddress, Address, ComponentAddress, EntityType, HashId, HashKind, LocalId, NodeId};
use chain_radix::address::{NodeAddress, NonFungibleId, OlympiaAddress, ResourceAddress, ValidatorAddress, explain};
use chain_radix::keys::{Curve, NodeKey, SigningKey};
use chain_radix::network::Network;
use chain_radix::tx::{
    Authorization, Call, Decimal, Epoch, Header, Inspection, Instruction, Intent, Invalid, Manifest,
};
use chain_radix::tx::{Notarized, Transaction, ValidatorCall, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn networks() -> impl Strategy<Value = Network> {
    any::<u8>().prop_map(Network::new)
}

fn entities() -> impl Strategy<Value = EntityType> {
    select(EntityType::all().collect::<Vec<_>>())
}

fn node_ids(entity: impl Strategy<Value = EntityType>) -> impl Strategy<Value = NodeId> {
    (entity, any::<[u8; 29]>()).prop_map(|(entity, rest)| {
        let mut bytes = [entity.byte(); NodeId::LEN];
        bytes[1..].copy_from_slice(&rest);
        NodeId::new(bytes)
    })
}

fn address(network: Network, entity: EntityType) -> impl Strategy<Value = Address> {
    node_ids(Just(entity)).prop_map(move |id| Address::new(network, id).unwrap())
}

fn addresses() -> impl Strategy<Value = Address> {
    (networks(), node_ids(entities())).prop_map(|(network, id)| Address::new(network, id).unwrap())
}

fn signing_keys() -> impl Strategy<Value = SigningKey> {
    (any::<bool>(), any::<[u8; 32]>()).prop_filter_map("the curve has no such key", |(old, bytes)| {
        SigningKey::new(if old { Curve::Secp256k1 } else { Curve::Ed25519 }, &bytes)
    })
}

fn node_keys() -> impl Strategy<Value = NodeKey> {
    any::<[u8; 32]>().prop_filter_map("the curve has no such key", |bytes| {
        NodeKey::try_from(SigningKey::new(Curve::Secp256k1, &bytes)?.public_key()).ok()
    })
}

fn local_ids() -> impl Strategy<Value = LocalId> {
    prop_oneof![
        any::<u64>().prop_map(LocalId::Integer),
        "[A-Za-z0-9_]{1,64}".prop_map(|name| LocalId::Name(Name::new(name).unwrap())),
        vec(any::<u8>(), 1..=64).prop_map(LocalId::Bytes),
        any::<[u8; 32]>().prop_map(LocalId::Ruid),
    ]
}

fn decimals() -> impl Strategy<Value = Decimal> {
    any::<i128>().prop_map(Decimal::from_attos)
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        ".{0,40}".prop_map(Value::Text),
        decimals().prop_map(Value::Decimal),
        vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        node_ids(entities()).prop_map(Value::Address),
        vec(local_ids(), 0..4).prop_map(Value::LocalIds),
        any::<u32>().prop_map(Value::Proof),
    ]
}

fn manifests() -> impl Strategy<Value = Manifest> {
    let global = select(EntityType::all().filter(|entity| entity.is_global()).collect::<Vec<_>>());
    let call = (node_ids(global), ".{0,20}", vec(values(), 0..4));
    let call = call.prop_map(|(address, method, arguments)| Instruction::CallMethod { address, method, arguments });
    vec(prop_oneof![4 => call, 1 => Just(Instruction::PopFromAuthZone)], 0..5)
        .prop_map(|instructions| Manifest { instructions })
}

fn calls() -> impl Strategy<Value = Call> {
    prop_oneof![
        node_keys().prop_map(Call::UpdateKey),
        Just(Call::Register),
        Just(Call::Unregister),
        any::<bool>().prop_map(Call::UpdateAcceptDelegatedStake),
    ]
}

prop_compose! {
    fn authorizations(network: Network)(
        component in address(network, EntityType::GenericComponent),
        resource in address(network, EntityType::NonFungibleResource),
        local_id in local_ids(),
        form in 0..3,
    ) -> Authorization {
        let component = ComponentAddress::try_from(component).unwrap();
        let access_key = NonFungibleId { resource: ResourceAddress::try_from(resource).unwrap(), local_id };
        match form {
            0 => Authorization::Direct,
            1 => Authorization::Manager { component, access_key },
            _ => Authorization::Warden { component, access_key },
        }
    }
}

fn validator_calls() -> impl Strategy<Value = ValidatorCall> {
    networks().prop_flat_map(|network| {
        let account = address(network, EntityType::PreallocatedEd25519Account);
        let validator = address(network, EntityType::Validator);
        let fee = (1..=i128::MAX).prop_map(Decimal::from_attos);
        (account, validator, authorizations(network), fee, calls()).prop_map(
            |(account, validator, authorization, lock_fee, call)| ValidatorCall {
                account: AccountAddress::try_from(account).unwrap(),
                validator: ValidatorAddress::try_from(validator).unwrap(),
                authorization,
                lock_fee,
                call,
            },
        )
    })
}

prop_compose! {
    fn headers(notary: &SigningKey)(
        network in networks(),
        start in 0..u64::MAX - 8640,
        length in 1..=8640_u64,
        nonce in any::<u32>(),
        notary in Just(notary.public_key()),
        notary_is_signatory in any::<bool>(),
        tip_percentage in any::<u16>(),
    ) -> Header {
        let (start_epoch, end_epoch) = (Epoch(start), Epoch(start + length));
        Header { network, start_epoch, end_epoch, nonce, notary, notary_is_signatory, tip_percentage }
    }
}

/// A transaction that is signed as it should be, whatever it says.
fn transactions() -> impl Strategy<Value = Transaction> {
    (manifests(), signing_keys(), vec(signing_keys(), 0..3)).prop_flat_map(|(manifest, notary, signers)| {
        headers(&notary).prop_map(move |header| {
            let intent = Intent { header, manifest: manifest.clone() };
            intent.assemble(&signers.iter().collect::<Vec<_>>(), &notary).unwrap()
        })
    })
}

/// `text` with the character at `place` replaced by `by`.
fn altered(text: &str, place: Index, by: char) -> Option<String> {
    let place = place.index(text.len());
    let mut characters: Vec<char> = text.chars().collect();
    (characters[place] != by).then(|| {
        characters[place] = by;
        characters.into_iter().collect()
    })
}

const TYPED: &str = "[0-9a-zA-Z_ #\u{e9}\u{130}]";

proptest! {
    #[test]
    fn an_address_comes_back_from_its_text(address in addresses()) {
        let text = address.to_string();
        prop_assert_eq!(Address::parse(&text), Ok(address));
        prop_assert_eq!(Address::parse(&text.to_uppercase()), Ok(address));
        prop_assert_eq!(explain(&text, Some(address.network())).unwrap().text, text);
    }

    #[test]
    fn an_address_of_another_network_is_refused_as_that(address in addresses(), other in networks()) {
        let accepted = Address::parse_on(&address.to_string(), other);
        prop_assert_eq!(accepted.is_ok(), other == address.network());
    }

    #[test]
    fn no_single_character_of_an_address_can_change_unnoticed(
        address in addresses(), place in any::<Index>(), by in TYPED,
    ) {
        let text = address.to_string();
        if let Some(altered) = altered(&text, place, by.chars().next().unwrap()) {
            prop_assert!(Address::parse(&altered).is_err(), "{}", altered);
            prop_assert!(explain(&altered, None).is_err(), "{}", altered);
        }
    }

    #[test]
    fn no_single_character_of_a_hash_or_node_address_can_change_unnoticed(
        network in networks(), hash in any::<[u8; 32]>(), key in node_keys(), place in any::<Index>(), by in TYPED,
    ) {
        let by = by.chars().next().unwrap();
        for kind in [HashKind::Intent, HashKind::SignedIntent, HashKind::Subintent, HashKind::Notarized] {
            let id = HashId { kind, network, hash };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            if let Some(altered) = altered(&id.to_string(), place, by) {
                prop_assert!(altered.parse::<HashId>().is_err(), "{}", altered);
            }
        }
        let node = NodeAddress { network, key };
        prop_assert_eq!(node.to_string().parse(), Ok(node));
        let olympia = OlympiaAddress::new(network, &key.into()).unwrap();
        prop_assert_eq!(olympia.to_string().parse(), Ok(olympia));
        for text in [node.to_string(), olympia.to_string()] {
            if let Some(altered) = altered(&text, place, by) {
                prop_assert!(explain(&altered, None).is_err(), "{}", altered);
            }
        }
    }

    #[test]
    fn a_local_id_comes_back_and_another_text_is_another_id(
        id in local_ids(), place in any::<Index>(), by in "[0-9a-fA-F_<>#{}\\[\\]-]",
    ) {
        let text = id.to_string();
        prop_assert_eq!(text.parse(), Ok(id.clone()));
        if let Some(altered) = altered(&text, place, by.chars().next().unwrap()) {
            prop_assert_ne!(altered.parse().ok(), Some(id));
        }
    }

    #[test]
    fn a_decimal_comes_back_from_its_text(decimal in decimals()) {
        prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
    }

    #[test]
    fn explaining_any_text_ends_in_an_answer(text in ".{0,90}") {
        if let Ok(explanation) = explain(&text, None) {
            prop_assert_eq!(explain(&explanation.text, None).unwrap(), explanation);
        }
    }

    #[test]
    fn what_we_ask_of_a_validator_comes_back_from_the_payload(
        call in validator_calls(), notary in signing_keys(), epoch in 0..u64::MAX - 8640, nonce in any::<u32>(),
    ) {
        let manifest = call.manifest().unwrap();
        prop_assert_eq!(Manifest::decode(&manifest.payload()), Ok(manifest.clone()));
        let header = Header {
            network: call.network(),
            start_epoch: Epoch(epoch),
            end_epoch: Epoch(epoch + 8),
            nonce,
            notary: notary.public_key(),
            notary_is_signatory: true,
            tip_percentage: 0,
        };
        let intent = Intent { header, manifest };
        let notarized = intent.sign(&notary).unwrap();
        prop_assert_eq!(intent.sign(&notary).unwrap(), notarized.clone());
        prop_assert_eq!(notarized.hashes.intent, intent.hash());
        prop_assert_eq!(Notarized::from_bytes(&notarized.bytes), Ok(notarized));
    }

    #[test]
    fn any_transaction_of_known_instructions_comes_back(transaction in transactions()) {
        let payload = transaction.payload();
        prop_assert_eq!(Transaction::decode(&payload), Ok(transaction.clone()));
        let intent = &transaction.intent;
        prop_assert_eq!(&Intent::decode(&intent.payload()).unwrap(), intent);
        // Proofs out of the air and keys that sign twice are the only faults that can be drawn.
        let verdict = transaction.validate(intent.header.network);
        prop_assert!(matches!(verdict, Ok(()) | Err(Invalid::Proof(_) | Invalid::DuplicateSigner(_))), "{:?}", verdict);
    }

    #[test]
    fn a_changed_byte_never_gives_another_signed_intent_that_is_valid(
        transaction in transactions(), place in any::<Index>(), flip in 1..=u8::MAX,
    ) {
        let mut payload = transaction.payload();
        let place = place.index(payload.len());
        payload[place] ^= flip;
        if let Ok(decoded) = Transaction::decode(&payload) {
            prop_assert_eq!(decoded.payload(), payload);
            prop_assert_ne!(decoded.hashes().notarized, transaction.hashes().notarized);
            // Nodes do not look at the recovery id of a notary's signature: the intent stays the same.
            let is_valid = decoded.validate(decoded.intent.header.network).is_ok();
            prop_assert!(!is_valid || decoded.hashes().signed_intent == transaction.hashes().signed_intent);
        }
    }

    #[test]
    fn bytes_cut_off_or_added_are_refused(transaction in transactions(), cut in any::<Index>(), more in any::<u8>()) {
        let payload = transaction.payload();
        prop_assert!(Transaction::decode(&payload[..cut.index(payload.len())]).is_err());
        prop_assert!(Transaction::decode(&[payload, vec![more]].concat()).is_err());
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(
        mut bytes in vec(any::<u8>(), 0..200), transaction in transactions(), cut in any::<Index>(),
    ) {
        let whole = transaction.payload();
        for start in [&[][..], &[0x4d, 0x22, 0x03, 0x02], &whole[..cut.index(whole.len())]] {
            let mut payload = start.to_vec();
            payload.append(&mut bytes.clone());
            if let Ok(decoded) = Transaction::decode(&payload) {
                prop_assert_eq!(decoded.payload(), payload.clone());
            }
            let _any_outcome = (Intent::decode(&payload), Manifest::decode(&payload), Inspection::of(&payload));
            bytes.reverse();
        }
    }
}
