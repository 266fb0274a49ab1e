//! Algorand: 25 words, BIP-39 trees, extended keys.
use crate::bip39::secrets;
use crate::call::Call;
use crate::needle::Needles;

const PHRASE: &str = "surprise benefit copy vital mix celery camp comic hamster bacon gloom steel daughter cheese deny interest \
                      pigeon know because you palm defy section absent cancel";
const DAMAGED: &str = "benefit surprise copy vital mix celery camp comic hamster bacon gloom steel daughter cheese deny interest \
                       pigeon know because you palm defy section absent cancel";
const SEED: &str = "d34e0560500f479418442e4553c4c652ed9b9c54a77525fd9e27f2afcfe654b8";
const TREE: &str = "salon zoo engage submit smile frost later decide wing sight chaos renew lizard rely canal coral scene hobby scare \
                    step bus leaf tobacco slice";
const ROOT: &str = "a8ba80028922d9fcfa055c78aede55b5c575bcd8d5a53168edf45f36d9ec8f4694592b4bc892907583e22669ecdf1b0409a9f3bd5549f2dd751b51360909cd05796b9206ec30e142e94b790a98805bf999042b55046963174ee6cee2d0375946";
/// The key of the first address below it, without its chain code, which extended public keys hold too.
const KEY: &str = "00cc7480c8edf9f64a680957e05cd0908f3b682a9ffdbafa2a61c43b6df6705095a7d0d2f9afd1f472e855a0f6fe967ccb12f497cf3c8d3213c156e72c0de37a";
const CHAIN_CODE: &str = "27f9b4be231765ad6fb4a7d93bdf16e8d9ae87bf20662c8c21fb6acf1ce65325";

/// Every way to give and to get a secret.
pub(crate) fn calls() -> Vec<Call> {
    let single = |line: &'static str| {
        let secrets = Needles::default().phrase(PHRASE).text("the seed", SEED);
        Call::new(line, "VQ4SD3BLEPMACMSWKTLL6RB5EMBFEIFXIEJTEGJ7HN45LJ5JKABIPTA7XQ").stdin(PHRASE).hiding(secrets)
    };
    let tree = |line: &'static str| {
        let secrets = secrets(TREE, "").text("the root", ROOT).text("the key", KEY);
        Call::new(line, "7bda7ac12627b2c259f1df6875d30c10b35f55b33ad2cc8ea2736eaa3ebcfab9").stdin(TREE).hiding(secrets)
    };
    let refused = |line: &'static str| Call::new(line, "error").hiding(Needles::default().phrase(DAMAGED));
    vec![
        single("keys derive --chain algorand --json --phrase-stdin --private-key-out @key").door("key"),
        single("keys derive --chain algorand --json --phrase-stdin --private-key-stdout").door("out"),
        single("keys derive --chain algorand --seed-file @seed --private-key-out @key").file("seed", SEED).door("key"),
        single("keys derive --chain algorand --key-file @seed --json --private-key-stdout")
            .file("seed", SEED)
            .door("out"),
        tree("keys derive --chain algorand --json --phrase-stdin --count 10"),
        tree("keys derive --chain algorand --json --extended-key @xprv --path m/44'/283'/0'/0/0").file("xprv", ROOT),
        tree("keys derive --chain algorand --json --key-file @xprv").file("xprv", format!("{KEY}{CHAIN_CODE}\n")),
        Call::new("keys inspect --chain algorand --json --phrase-stdin", "25")
            .stdin(PHRASE)
            .hiding(Needles::default().phrase(PHRASE).text("the seed", SEED)),
        Call::new("keys inspect --json --file @xprv", "algorand")
            .file("xprv", ROOT)
            .hiding(Needles::default().text("the root", ROOT)),
        Call::new("keys tool algorand sign --json --key @phrase --message @message", "signature")
            .file("phrase", PHRASE)
            .file("message", "a message")
            .hiding(Needles::default().phrase(PHRASE).text("the seed", SEED)),
        refused("keys derive --chain algorand --json --phrase-stdin").stdin(DAMAGED),
        refused("keys inspect --chain algorand --json --file @phrase").file("phrase", DAMAGED),
        Call::new("keys generate --chain algorand --json --phrase-stdout", "address").door("out"),
        Call::new("keys generate --chain algorand --phrase-out @phrase", "address").door("phrase"),
    ]
}
