//! Key work in process: what is its own beside the stretching that a standard prescribes.
use crate::figure::Figure;
use crate::setup::Bench;
use crate::spread::Spread;
use crate::{Outcome, floor};
use chain_ethereum::Ethereum;
use chain_radix::Radix;
use scrypt::{Params, scrypt};
use serde_json::Value;
use std::hint::black_box;
use std::process::Stdio;
use std::time::Duration;
use watchdog_core::chain::Offline;
use watchdog_core::keys::{DerivedKey, Entropy, KeyDerivation, KeyError, KeyPath, Material};
use watchdog_core::secret::Secret;

/// Derivations, each beside a stretching of its own.
const DERIVATIONS: u32 = 300;
/// Keystores, each beside a bare scrypt: about two seconds together.
const KEYSTORES: u32 = 15;
/// Keys of one phrase.
const COUNT: u32 = 10_000;
/// The phrase of the BIP-39 vectors for entropy of zeros, 24 words: known to everybody.
const WORDS: [&str; 2] = ["abandon", "art"];

/// Share of stretching in a derivation, many keys of one phrase, a keystore beside bare scrypt.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let mut figures = derivation(bench)?;
    figures.extend(many(bench)?);
    figures.extend(keystore(bench)?);
    Ok(figures)
}

fn phrase() -> String {
    let [word, last] = WORDS;
    format!("{}{last}", format!("{word} ").repeat(23))
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn keys_of<C: Offline>() -> Outcome<&'static dyn KeyDerivation> {
    Ok(C::keys().ok_or("the chain has no key derivation")?)
}

fn key(keys: &dyn KeyDerivation, material: Material) -> Outcome<DerivedKey> {
    let network = keys.networks().first().ok_or("the chain has no network")?;
    let source = keys.open(material, None, network, &secret(""))?;
    Ok(source.key(&KeyPath::index(0))?)
}

fn median(times: Vec<Duration>) -> Outcome<Duration> {
    Ok(Spread::of(times).ok_or("nothing was run")?.median())
}

/// Phrase to account, and right after it the 2048 rounds alone, so that both run on the same machine.
fn derivation(bench: &Bench) -> Outcome<Vec<Figure>> {
    let (keys, phrase) = (keys_of::<Radix>()?, phrase());
    let (mut whole, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..DERIVATIONS {
        let material = Material::Phrase(secret(&phrase));
        let began = bench.now();
        black_box(key(keys, material)?);
        whole.push(bench.now().since(began));
        bare.push(floor::stretching(1, &*bench.clock)?.median());
    }
    let (whole, bare) = (median(whole)?, median(bare)?);
    Ok(vec![
        Figure::time("keys: phrase to Radix account in process, median", whole),
        Figure::time("keys: the 2048 rounds in it", bare)
            .target("90 %", bare.as_secs_f64() >= 0.9 * whole.as_secs_f64())
            .ratio(bare, whole, "the derivation"),
    ])
}

/// The whole process for one key and for many; what one more key costs beside the rounds that it must not run again.
fn many(bench: &Bench) -> Outcome<Vec<Figure>> {
    let place = bench.place()?;
    let path = place.write("phrase", &phrase())?;
    let path = path.to_str().ok_or("the build folder's path is no text")?;
    let run = |count: u32| -> Outcome<Duration> {
        let count = count.to_string();
        let words = ["keys", "derive", "--chain", "radix", "--json", "--phrase-file", path, "--count", &count];
        let mut command = bench.program.command(words);
        let began = bench.now();
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        let time = bench.now().since(began);
        if status.success() { Ok(time) } else { Err(format!("`tanist keys derive` ended with {status}").into()) }
    };
    let one = median((0..9).map(|_| run(1)).collect::<Outcome<_>>()?)?;
    let all = median((0..3).map(|_| run(COUNT)).collect::<Outcome<_>>()?)?;
    let more = all.saturating_sub(one) / (COUNT - 1);
    let rounds = floor::stretching(100, &*bench.clock)?.median();
    Ok(vec![
        Figure::time(format!("keys derive --count {COUNT}: whole process"), all).ratio(all, one, "one key"),
        Figure::new("keys derive: one more key", format!("{:.1} µs", more.as_secs_f64() * 1e6))
            .target("no rounds again", more < rounds / 2)
            .ratio(more, rounds, "the 2048 rounds of BIP-39"),
    ])
}

/// Opening a keystore as it is written by default beside scrypt alone with the same parameters. Each pair has a ratio
/// of its own, and the one in the middle counts: other work that slows half of a pair is far from the middle.
fn keystore(bench: &Bench) -> Outcome<Vec<Figure>> {
    let (keys, password) = (keys_of::<Ethereum>()?, secret("a password"));
    let sealed = keys.seal(&key(keys, Material::Phrase(secret(&phrase())))?, &password, &mut Counting(0))?;
    let open = || -> Outcome<Duration> {
        let material = Material::Keystore { json: sealed.to_vec(), password: password.clone() };
        let began = bench.now();
        black_box(key(keys, material)?);
        Ok(bench.now().since(began))
    };
    let (mut whole, mut bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..KEYSTORES {
        // Neither of the two is always the first, to which the other leaves a warm cache.
        let (opened, stretched) = if pair % 2 == 0 {
            let opened = open()?;
            (opened, stretched(bench, &sealed, &password)?)
        } else {
            let stretched = stretched(bench, &sealed, &password)?;
            (open()?, stretched)
        };
        ratios.push(Duration::from_secs(1).mul_f64(opened.as_secs_f64() / stretched.as_secs_f64()));
        whole.push(opened);
        bare.push(stretched);
    }
    let ratio = median(ratios)?;
    Ok(vec![
        Figure::time(format!("keystore: opened, median of {KEYSTORES}"), median(whole)?)
            .target("1.10", ratio.as_secs_f64() <= 1.1)
            .ratio(ratio, Duration::from_secs(1), "bare scrypt, median of pairs"),
        Figure::time("floor: scrypt with the same parameters, median", median(bare)?),
    ])
}

/// Time of scrypt alone, with the parameters of `keystore`.
fn stretched(bench: &Bench, keystore: &[u8], password: &Secret) -> Outcome<Duration> {
    let keystore: Value = serde_json::from_slice(keystore)?;
    let params = keystore.pointer("/crypto/kdf/params").ok_or("the keystore has no parameters")?;
    let number = |name: &str| params.get(name).and_then(Value::as_u64).ok_or("the keystore is not of scrypt");
    let salt = hex::decode(params.get("salt").and_then(Value::as_str).unwrap_or_default())?;
    let log_n = u8::try_from(number("n")?.ilog2())?;
    let asked = Params::new(log_n, u32::try_from(number("r")?)?, u32::try_from(number("p")?)?)?;
    let mut key = [0; 32];
    let began = bench.now();
    scrypt(password.expose().as_bytes(), &salt, &asked, &mut key)?;
    black_box(key);
    Ok(bench.now().since(began))
}

/// Bytes for a keystore that nobody keeps.
struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), KeyError> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}
