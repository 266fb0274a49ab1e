//! Oxen and Session: words, seeds, key files of service nodes.
use crate::call::Call;
use crate::needle::Needles;

const PHRASE: &str = "gang myriad abrasive vague around quote withdrawn ulcers bounced chrome sword rafts hiding jeans itself orders \
                      imbalance godfather slower pouch satin feel anvil shuffled satin";
const DAMAGED: &str = "myriad gang abrasive vague around quote withdrawn ulcers bounced chrome sword rafts hiding jeans itself orders \
                       imbalance godfather slower pouch satin feel anvil shuffled feel";
const SEED: &str = "3ba43b73b9ec3ba168a4de3b72aa17df95600afe3f8249f03758351363777fb8";
const SPEND: &str = "0c89ab7497aa71d832e73a3be1ed82f994600afe3f8249f03758351363777f08";
const VIEW: &str = "0b3f1aa354941af70538a11f3904b37e2b36cb8ab0c78547ebae850f3a270207";
const SESSION: &str = "olive macro daily pledge family gauze womanly yahoo bikini nanny saved unknown daily";
const SESSION_SEED: &str = "d4c18ca97c1cc20bdbbd841f6aea6025";
/// Seed and public key.
const ED25519: [&str; 2] = [
    "6e0c065a470e7cc884d1004090afb6af1de2e066589760f95a8f5185b46a61a6",
    "7bde9cea6b67102597a75d523420c28f202b800176d065724e444683d62a1e9b",
];
const BLS: &str = "61f955d78f0cdbc8c1bd97e912aae5f2a70713472020e27022e3242cf75d19e7";

/// Every way to give and to get a secret.
pub(crate) fn calls() -> Vec<Call> {
    let wallet = || {
        let keys = Needles::default().text("the spend key", SPEND).text("the view key", VIEW);
        keys.phrase(PHRASE).text("the seed", SEED)
    };
    let session = || Needles::default().phrase(SESSION).text("the seed", SESSION_SEED);
    let bls = || Needles::default().text("the BLS key", BLS);
    let prove = "keys tool oxen bls-prove --json --network mainnet --key-bls @key_bls --operator 0x5a99e389e382ff16227739f0d432b99fab1f417d \
                 --service-node-pubkey 9659ca30663d0f60d65940a4011f20dfa28852b9cc40062926ee548e74db7bcb";
    let raw = hex::decode(ED25519.concat()).unwrap();
    vec![
        Call::new("keys derive --chain oxen --json --phrase-stdin --private-key-out @key", "LDbDAzax5NNJyM2Qs2G2")
            .stdin(PHRASE)
            .hiding(wallet())
            .door("key"),
        Call::new(
            "keys derive --chain oxen --json --phrase-stdin --count 5 --private-key-stdout",
            "LDbDAzax5NNJyM2Qs2G2",
        )
        .stdin(PHRASE)
        .hiding(wallet())
        .door("out"),
        Call::new("keys derive --chain oxen --json --seed-file @seed --private-key-stdout", "LDbDAzax5NNJyM2Qs2G2")
            .file("seed", SEED)
            .hiding(wallet())
            .door("out"),
        Call::new("keys derive --chain oxen --json --phrase-stdin --private-key-stdout", "05676f056583c3851fbd4d18")
            .stdin(SESSION)
            .hiding(session())
            .telling("f00a4ebd0a303c438fa918391abb6c70d56a07ce5cc15edecf2e4538f1f334de")
            .door("out"),
        Call::new("keys derive --chain oxen --json --key-file @key_ed25519", ED25519[1])
            .file("key_ed25519", raw)
            .hiding(Needles::default().text("the key", ED25519[0])),
        Call::new(
            "keys derive --chain oxen --json --key-file @key_bls --private-key-out @key",
            "2f00351089f0ff1055c87834b6a9bbfd",
        )
        .file("key_bls", format!("0x{BLS}\n"))
        .hiding(bls())
        .door("key"),
        Call::new(prove, "result").file("key_bls", format!("0x{BLS}\n")).hiding(bls()),
        Call::new("keys tool oxen seed --phrase @phrase --out @dir", "")
            .file("phrase", PHRASE)
            .hiding(wallet())
            .door("dir"),
        Call::new("keys tool oxen operator-address --json --private-key @key", "0x")
            .file("key", SPEND)
            .hiding(Needles::default().text("the operator's key", SPEND)),
        Call::new("keys inspect --json --chain oxen --file @key_bls", "key_bls")
            .file("key_bls", format!("0x{BLS}\n"))
            .hiding(bls()),
        Call::new("keys inspect --json --chain oxen --phrase-stdin", "25").stdin(PHRASE).hiding(wallet()),
        Call::new("keys derive --chain oxen --json --phrase-stdin", "error")
            .stdin(DAMAGED)
            .hiding(Needles::default().phrase(DAMAGED)),
        Call::new("keys generate --chain oxen --json --phrase-stdout", "address").door("out"),
    ]
}
