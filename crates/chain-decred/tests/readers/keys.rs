//! Derivation, extended keys and private keys in text.
use chain_decred::address::Address;
use chain_decred::algorithm::Algorithm;
use chain_decred::keys::{DecredKeys, ExtendedKey, LEGACY, PrivateKey, SLIP44, Wif, pool_key};
use chain_decred::network::{CoinType, Network};
use watchdog_core::keys::bip32;
use watchdog_core::keys::path::DerivationPath;
use watchdog_core::keys::{self, DerivedKey, KeyDerivation, KeyError, KeyFile, KeyPath, Material, Scheme};
use watchdog_core::secret::Secret;
use watchdog_testkit::vectors::{Case, Reader};

pub(crate) const READERS: &[Reader] = &[
    Reader { path: "hd_keys.json", check: |document, tally| tally.cases(document, derives) },
    Reader { path: "hd_leading_zero.json", check: |document, tally| tally.cases(document, loses_zeros) },
    Reader { path: "xpub_addresses.json", check: |document, tally| tally.cases(document, belongs_to_user) },
    Reader { path: "wif.json", check: |document, tally| tally.cases(document, private_key) },
];

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn say<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

pub(crate) fn network(case: Case<'_>) -> Result<Network, String> {
    Network::parse(case.text("network")?).map_err(say)
}

fn is_ok(case: Case<'_>) -> Result<(), String> {
    case.equals("kind", "ok")
}

fn source_key(material: Material, scheme: Scheme, network: Network, path: &str) -> Result<DerivedKey, String> {
    let network = keys::Network::known(network.name());
    let source = DecredKeys.open(material, Some(&scheme), &network, &secret("")).map_err(say)?;
    source.key(&KeyPath::Full(path.to_owned())).map_err(say)
}

/// The scheme whose coin type stands in the path.
fn scheme(network: Network, path: &str) -> Scheme {
    let coin = path.split('/').nth(2).and_then(|step| step.strip_suffix('\''));
    if coin == Some(&network.coin_type(CoinType::Legacy).to_string()) { LEGACY } else { SLIP44 }
}

fn derives(case: Case<'_>) -> Result<(), String> {
    is_ok(case)?;
    let (network, path) = (network(case)?, case.text("path")?);
    let seed = case.text("seed_hex")?;
    let key = source_key(Material::Phrase(secret(seed)), scheme(network, path), network, path)?;
    case.equals("path", key.path.clone())?;
    holds(case, &key)?;
    // The same node, entered by its text.
    let private = source_key(Material::ExtendedKey(secret(case.text("xprv")?)), SLIP44, network, "m")?;
    holds(case, &private)?;
    let public = source_key(Material::ExtendedKey(secret(case.text("xpub")?)), SLIP44, network, "m")?;
    case.equals("pubkey_hex", public.public_key.as_str())?;
    case.equals("xpub", public.extra.get("extended_public_key").cloned())?;
    if public.secret.is_some() || !public.private.is_empty() {
        return Err("a public key has private parts".to_owned());
    }
    let significant = case.text("privkey_hex")?.trim_start_matches("00").len() / 2;
    case.equals("privkey_significant_bytes", significant)
}

fn holds(case: Case<'_>, key: &DerivedKey) -> Result<(), String> {
    let private = |name: &str| key.private.get(name).map(Secret::expose);
    case.equals("xprv", private("extended_private_key"))?;
    case.equals("xpub", key.extra.get("extended_public_key").cloned())?;
    case.equals("privkey_hex", key.secret.as_ref().map(Secret::expose))?;
    case.equals("pubkey_hex", key.public_key.as_str())?;
    if case.has("p2pkh") {
        case.equals("p2pkh", key.address.clone())?;
    }
    if case.has("wif") {
        case.equals("wif", private("wif"))?;
    }
    Ok(())
}

/// The wallets' keys differ from those of the standard where a short key is on the way.
fn loses_zeros(case: Case<'_>) -> Result<(), String> {
    is_ok(case)?;
    let (network, seed) = (network(case)?, case.text("seed_hex")?);
    let own = |path: &str| source_key(Material::Seed(secret(seed)), scheme(network, path), network, path);
    let short = own(case.text("short_key_path")?)?.secret.ok_or("no private key")?;
    let short = short.expose().trim_start_matches("00");
    case.equals("short_key_hex", short)?;
    case.equals("short_key_bytes", short.len() / 2)?;

    let child = own(case.text("hardened_child_path")?)?;
    case.equals("child_xprv_decred", child.private.get("extended_private_key").map(Secret::expose))?;
    let standard = |path: &str| strict(network, seed, path);
    let (strict_text, _) = standard(case.text("hardened_child_path")?)?;
    case.equals("child_xprv_strict_bip32", strict_text)?;

    let (path, address) = (case.text("address_path")?, own(case.text("address_path")?)?.address);
    case.equals("address_decred", address)?;
    case.equals("address_strict_bip32", standard(path)?.1)?;
    let differs = case.value("child_xprv_decred")? != case.value("child_xprv_strict_bip32")?;
    case.equals("differs", differs)
}

/// Extended private key and address by the standard, put together from the core's strict nodes.
fn strict(network: Network, seed: &str, path: &str) -> Result<(String, String), String> {
    let path: DerivationPath = path.parse().map_err(say)?;
    let root = bip32::Node::root(&hex::decode(seed).map_err(say)?).ok_or("no root")?;
    let (last, above) = path.components().split_last().ok_or("the root has no parent")?;
    let parent = root.derive(&above.iter().copied().collect()).ok_or("no parent")?;
    let node = parent.child(*last).ok_or("no node")?;
    // A place in the tree is taken from our own writer: only key and chain code differ.
    let own = ExtendedKey::root(network, &[1; 16]).ok_or("no root")?.derive(&path).map_err(say)?;
    let own = own.to_private_text().ok_or("no private key")?;
    let mut payload = bs58::decode(own.expose()).into_vec().map_err(say)?;
    payload.truncate(78);
    let parent_hash = chain_decred::hash::hash160(&parent.public_key());
    payload[5..9].copy_from_slice(&parent_hash[..4]);
    payload[13..45].copy_from_slice(node.chain_code());
    payload[46..78].copy_from_slice(node.private_key().as_slice());
    let sum = chain_decred::hash::double_blake256(&payload);
    payload.extend_from_slice(&sum[..4]);
    let public = PrivateKey::new(Algorithm::Ecdsa, &node.private_key()).ok_or("no key")?.public_key();
    Ok((bs58::encode(payload).into_string(), Address::of_key_hash(network, &public).to_string()))
}

fn belongs_to_user(case: Case<'_>) -> Result<(), String> {
    let network = network(case)?;
    let text = case.text("account_xpub")?;
    if case.equals("kind", "error").is_ok() {
        return no_account(case, network, text);
    }
    is_ok(case)?;
    let user: u32 = case.number("user_id")?;
    let account = ExtendedKey::parse_on(&secret(text), network).map_err(say)?;
    let key = pool_key(&account, user).map_err(say)?;
    case.equals("pubkey_hex", key.public_key.to_string())?;
    case.equals("address", key.address.to_string())?;
    case.equals("pubkey_address", key.pubkey_address.to_string())?;
    case.equals("path", format!("0/{user}"))?;
    // The same by derivation.
    let path = format!("m/{}", case.text("path")?);
    let derived = source_key(Material::ExtendedKey(secret(text)), SLIP44, network, &path)?;
    case.equals("pubkey_hex", derived.public_key)?;
    case.equals("address", derived.address)?;
    case.equals("pubkey_address", derived.extra.get("pubkey_address").cloned())?;
    case.equals("account_xpub", derived.extra.get("account_extended_public_key").cloned())
}

fn no_account(case: Case<'_>, network: Network, text: &str) -> Result<(), String> {
    let why = case.text("why")?;
    let account = ExtendedKey::parse_on(&secret(text), network);
    let error = if case.has("path") {
        let path = format!("m/{}", case.text("path")?).parse().map_err(say)?;
        account.map_err(say)?.derive(&path).err()
    } else {
        account.err()
    };
    match (why, error) {
        ("mainnet key on testnet3", Some(KeyError::OtherNetwork { .. }))
        | ("hardened child of a public key", Some(KeyError::PublicOnly { .. }))
        | ("one character missing" | "Bitcoin xpub" | "empty", Some(KeyError::Key(_))) => Ok(()),
        (_, error) => Err(format!("{why}: {error:?}")),
    }
}

fn private_key(case: Case<'_>) -> Result<(), String> {
    let (network, text) = (network(case)?, case.text("wif")?);
    let parsed = Wif::parse_on(&secret(text), network);
    if case.equals("kind", "error").is_ok() {
        return match (case.text("why")?, parsed) {
            ("wrong network", Err(KeyError::OtherNetwork { .. }))
            | ("checksum" | "empty" | "Bitcoin WIF", Err(KeyError::Key(_))) => Ok(()),
            (why, other) => Err(format!("{why}: {other:?}")),
        };
    }
    is_ok(case)?;
    let wif = parsed.map_err(say)?;
    case.equals("privkey_hex", wif.key.to_hex().expose())?;
    case.equals("scheme", wif.key.algorithm().byte())?;
    case.equals("pubkey_hex", wif.key.public_key().to_string())?;
    case.equals("wif", wif.to_text().expose())?;
    let file = KeyFile { name: String::new(), bytes: text.as_bytes().to_vec().into() };
    let key = source_key(Material::KeyFile(file), SLIP44, network, "m")?;
    case.equals("privkey_hex", key.secret.as_ref().map(Secret::expose))?;
    case.equals("pubkey_hex", key.public_key)?;
    case.equals("wif", key.private.get("wif").map(Secret::expose))
}
