//! Decred: words of the PGP list, seeds, extended keys, WIF.
use crate::call::Call;
use crate::needle::Needles;

const PHRASE: &str = "dogsled headwaters ammo newsletter prefer Pegasus blackjack onlooker revenge politeness merit sandalwood \
                      crackdown positive checkup narrative stagnate candidate billiard conformist select trombonist soybean \
                      provincial stopwatch adviser chairlift narrative revenge puberty assume caravan exceed";
const DAMAGED: &str = "dogsled newsletter ammo headwaters prefer Pegasus blackjack onlooker revenge politeness merit sandalwood \
                       crackdown positive checkup narrative stagnate candidate billiard conformist select trombonist soybean \
                       provincial stopwatch adviser chairlift narrative revenge puberty assume caravan exceed";
const SEED: &str = "4a6e0c9a96ab219ea9b480cd40b53298d0221f35b8e6c7b8d7013098a9ba1025";
const XPRV: &str =
    "dprv3t4kKGF9kGgiA1iiAfyv6MWkvPf9mUHm2BHvEpG4fWtxNipiv4qzQvhcFeGC7qW5Si56c8YGWZ2GHgNpvEzB7k742kPzJcb4bSW1s5Q4L8p";
const XPRV_KEY: &str = "6f557623f15d6d6b853daf01942ec81b1dbe2160768ae56bb72f4af0f264eceb";
const WIF: &str = "PmQe7TQ2Z1qHy8KPjWUfeouaViUjLLBxforCiRb1HRK4MQhnZxsbS";

/// Every way to give and to get a secret.
pub(crate) fn calls() -> Vec<Call> {
    let words = || Needles::default().phrase(PHRASE).text("the seed", SEED);
    let derive = |line: &'static str| Call::new(line, "public").stdin(PHRASE).hiding(words());
    let extended = || Needles::default().text("the extended key", XPRV).text("the key", XPRV_KEY);
    let wif = || Needles::default().text("the WIF", WIF).text("the key", XPRV_KEY);
    vec![
        derive("keys derive --chain decred --json --phrase-stdin --private-key-out @key").door("key"),
        derive("keys derive --chain decred --json --phrase-stdin --private-key-stdout --count 10").door("out"),
        derive("keys derive --chain decred --json --seed-file @seed --private-key-stdout")
            .file("seed", SEED)
            .door("out"),
        Call::new("keys derive --chain decred --json --extended-key @xprv --path m/3 --private-key-out @key", "public")
            .file("xprv", XPRV)
            .hiding(extended())
            .door("key"),
        Call::new("keys derive --chain decred --json --key-file @wif", "public").file("wif", WIF).hiding(wif()),
        Call::new("keys inspect --chain decred --json --phrase-stdin", "33").stdin(PHRASE).hiding(words()),
        Call::new("keys inspect --json --file @xprv", "decred").file("xprv", XPRV).hiding(extended()),
        Call::new("keys tool decred sign-message --json --private-key @wif --message @message", "signature")
            .file("wif", WIF)
            .file("message", "a message")
            .hiding(wif()),
        Call::new("keys tool decred seed --seed @phrase --out @dir", "")
            .file("phrase", PHRASE)
            .hiding(words())
            .door("dir"),
        Call::new("keys derive --chain decred --json --phrase-stdin", "error")
            .stdin(DAMAGED)
            .hiding(Needles::default().phrase(DAMAGED)),
        Call::new("keys generate --chain decred --json --phrase-stdout", "public").door("out"),
    ]
}
