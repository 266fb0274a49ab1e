//! A backup of the old supervisor from its configuration to its files.
#![allow(clippy::unwrap_used, reason = "what the backup is made with is part of the test")]
use chain_ethereum::keys::EthereumKeys;
use chain_ethereum::legacy::root_key::BackupKey;
use chain_ethereum::legacy::{Archive, LegacyError};
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use std::io::Write;
use watchdog_core::keys::tool::{Answer, Inputs};
use watchdog_core::keys::{Entropy, KeyDerivation, KeyError};
use watchdog_core::secret::Secret;

/// Configuration, password and key. Source: `tests/vectors/legacy_supervisor.json`, first case.
const CONFIG: &str = "version: 1
eth2_network: hoodi
key_descriptor:
  algo: argon2id_weak
  salt: 6051baaa88262ad73c0886e4122063e4
  checksum: e86b3d972dfaeee98b3fafc58345b23d960959c900027eb6edc2aac245e4a838
rpc_users: {}
";
const PASSWORD: &str = "Password123";
const KEY: &str = "d80d468728205091bc71adf223ab9f67892fe977ea14cc62ff64582f2963ea41";

struct Nothing;

impl Entropy for Nothing {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), KeyError> {
        Err(KeyError::Entropy)
    }
}

fn key() -> [u8; 32] {
    hex::decode(KEY).unwrap().try_into().unwrap()
}

fn validator() -> String {
    format!("validators/0x{}", "ab".repeat(48))
}

fn tar_xz(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, path, *content).unwrap();
    }
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder.write_all(&tar.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

fn encrypted(timestamp: u32, packed: &[u8]) -> Vec<u8> {
    sealed(&[&timestamp.to_le_bytes(), packed].concat())
}

fn sealed(content: &[u8]) -> Vec<u8> {
    let nonce = [9; 24];
    let mut stream = XSalsa20::new((&key()).into(), (&nonce).into());
    let mut tag_key = [0; 32];
    stream.apply_keystream(&mut tag_key);
    let mut text = content.to_vec();
    stream.apply_keystream(&mut text);
    let tag = Poly1305::new((&tag_key).into()).compute_unpadded(&text);
    [nonce.as_slice(), tag.as_slice(), &text].concat()
}

fn opened(archive: Vec<u8>, password: &str) -> Result<Answer, KeyError> {
    let tool = EthereumKeys.tools().iter().find(|tool| tool.name == "legacy-archive").unwrap();
    let inputs = Inputs::default()
        .with_file("descriptor", CONFIG.as_bytes().to_vec())
        .with_file("archive", archive)
        .with_secret("password", Secret::new(password.to_owned()));
    (tool.run)(&inputs, &mut Nothing)
}

#[test]
fn configuration_password_and_backup_give_the_files_and_public_facts() {
    let (keystore, password) = (validator() + "/keystore.json", validator() + "/password.txt");
    let files: [(&str, &[u8]); 3] =
        [("slashing-protection.json", b"{}"), (&keystore, b"{\"version\":4}"), (&password, b"planted")];
    let answer = opened(encrypted(1_700_000_000, &tar_xz(&files)), PASSWORD).unwrap();
    assert_eq!(answer.facts["made_at"], "2023-11-14T22:13:20Z");
    assert_eq!(answer.facts["missing"], serde_json::json!([]));
    assert_eq!(answer.files.len(), 3);
    for (path, content) in files {
        assert_eq!(answer.files[path].as_slice(), content);
    }
    let shown = serde_json::Value::Object(answer.facts).to_string();
    assert!(shown.contains(&password) && !shown.contains("planted") && !shown.contains(KEY));
}

#[test]
fn a_backup_with_gaps_still_comes_out_and_says_so() {
    let keystore = validator() + "/keystore.json";
    let answer = opened(encrypted(0, &tar_xz(&[(&keystore, b"{}")])), PASSWORD).unwrap();
    let missing = serde_json::json!([validator() + "/password.txt", "slashing-protection.json"]);
    assert_eq!((&answer.facts["missing"], answer.files.len()), (&missing, 1));
}

#[test]
fn password_key_and_content_are_told_apart_when_they_are_wrong() {
    let good = encrypted(0, &tar_xz(&[("slashing-protection.json", b"{}")]));
    assert_eq!(opened(good.clone(), "password123").unwrap_err(), KeyError::Password);
    let of = |archive: &[u8]| Archive::open(&BackupKey::new(key()), archive).err();
    assert_eq!(of(&good), None);
    for place in [0, 23, 24, 39, 40, good.len() - 1] {
        let mut damaged = good.clone();
        damaged[place] ^= 1;
        assert_eq!(of(&damaged), Some(LegacyError::Authentication), "byte {place}");
    }
    assert_eq!(Archive::open(&BackupKey::new([1; 32]), &good).err(), Some(LegacyError::Authentication));
    for length in 0..good.len() {
        let expected = if length < 40 { LegacyError::Truncated } else { LegacyError::Authentication };
        assert_eq!(of(&good[..length]), Some(expected), "{length} bytes");
    }
    assert_eq!(of(&sealed(&[0; 3])), Some(LegacyError::Truncated));
    for packed in [vec![], vec![0; 100], tar_xz(&[("notes.txt", b"")])] {
        assert!(matches!(of(&encrypted(0, &packed)), Some(LegacyError::Malformed(_))));
    }
}
