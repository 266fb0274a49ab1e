//! Radix: phrases and seeds.
use crate::bip39::secrets;
use crate::call::Call;
use crate::needle::Needles;

const PHRASE: &str = "final parent confirm pool gloom fiction street snake soon vanish brand aspect column bronze dove cradle \
                      cherry dolphin furnace quit eight rack jazz gown";
/// The same with two words swapped.
const DAMAGED: &str = "parent final confirm pool gloom fiction street snake soon vanish brand aspect column bronze dove cradle \
                       cherry dolphin furnace quit eight rack jazz gown";
const SEED: &str = "8c2b1f0e6a5d4c3b9a7f6e5d4c3b2a19";
const PASSPHRASE: &str = "kJ7-vQ2xW9-correct-zebra-Tm4pL8";

/// Every way to give and to get a secret.
pub(crate) fn calls() -> Vec<Call> {
    let derive = |line: &'static str| {
        let call = Call::new(line, "account_rdx1").stdin(PHRASE);
        call.file("phrase", format!("{PHRASE}\n")).hiding(secrets(PHRASE, ""))
    };
    let guarded = Call::new(
        "keys derive --chain radix --json --phrase-stdin --passphrase-file @passphrase --private-key-out @key",
        "account_rdx1",
    );
    let refused =
        |line: &'static str, code: &'static str| Call::new(line, code).hiding(Needles::default().phrase(DAMAGED));
    vec![
        derive("keys derive --chain radix --json --phrase-stdin --private-key-out @key").door("key"),
        derive("keys derive --chain radix --phrase-file @phrase --private-key-out @key").door("key"),
        derive("keys derive --chain radix --json --phrase-file @phrase --private-key-stdout").door("out"),
        derive("keys derive --chain radix --json --phrase-stdin --private-key-stdout --count 20").door("out"),
        derive("keys derive --chain radix --phrase-stdin --count 50"),
        derive("keys derive --chain radix --scheme olympia --phrase-stdin --private-key-out @key").door("key"),
        guarded
            .stdin(PHRASE)
            .file("passphrase", PASSPHRASE)
            .hiding(secrets(PHRASE, PASSPHRASE).text("the passphrase", PASSPHRASE))
            .door("key"),
        Call::new("keys inspect --chain radix --json --phrase-stdin", "\"words\":24")
            .stdin(PHRASE)
            .hiding(secrets(PHRASE, "")),
        Call::new("keys derive --chain radix --json --seed-file @seed --private-key-out @key", "account_rdx1")
            .file("seed", SEED)
            .hiding(Needles::default().text("the seed", SEED))
            .door("key"),
        Call::new("keys generate --chain radix --json --phrase-stdout", "account_rdx1").door("out"),
        Call::new("keys generate --chain radix --words 12 --phrase-out @phrase", "account_rdx1").door("phrase"),
        refused("keys derive --chain radix --json --phrase-stdin", "error").stdin(DAMAGED),
        refused("keys inspect --chain radix --json --phrase-file @phrase", "error").file("phrase", DAMAGED),
    ]
}
