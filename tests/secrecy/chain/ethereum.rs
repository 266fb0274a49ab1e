//! Ethereum: phrases, keystores, files of the old supervisor.
use crate::bip39::secrets;
use crate::call::Call;
use crate::needle::Needles;

const PHRASE: &str = "final parent confirm pool gloom fiction street snake soon vanish brand aspect column bronze dove cradle \
                      cherry dolphin furnace quit eight rack jazz gown";
const PASSWORD: &str = "u7R!kq-Zebra-94xW#mVn2";
const OTHER: &str = "p3N?yd-Heron-61cL#bTs8";
const KEYSTORE: &str = r#"{"crypto": {"kdf": {"function": "scrypt", "params": {"dklen": 32, "n": 1024, "p": 1, "r": 8, "salt": "2e6f491b87e049d6eb7518690dc637df53fd375be3f5a3306f65c67f84d93376"}, "message": ""}, "checksum": {"function": "sha256", "params": {}, "message": "9a09a21d0bec4e6de53c95f5032f3bca4cbb6b5d80728508f0d4381f18d8cdc4"}, "cipher": {"function": "aes-128-ctr", "params": {"iv": "0322f0f939490dda6369f94560e4f210"}, "message": "1333e88f61dac7736c79be61d5c0381e2c4d55820e8290e8db70befc27415c31"}}, "description": "", "pubkey": "90e9939d17635ba678c40d64972211eb9caf6b04c5a53c4f28d4b054130d095b2d99bbf499e5d0a04abb67072e4b9ec1", "path": "m/12381/3600/0/0/0", "uuid": "6103a42f-822e-4b30-9f64-cbc0c3a9ab87", "version": 4}"#;
/// What is in it, and its password.
const SEALED: [&str; 2] = ["5027b16200e302a9e095a87db1cd0030945302b96d15b0821c01bafb4b1e9de0", "testpassword"];

/// Every way to give and to get a secret.
pub(crate) fn calls() -> Vec<Call> {
    let derive = |line: &'static str| Call::new(line, "public_key").stdin(PHRASE).hiding(secrets(PHRASE, ""));
    let password = || Needles::default().text("the password", PASSWORD);
    let sealed = || Needles::default().text("the sealed key", SEALED[0]).text("the password", SEALED[1]);
    vec![
        derive("keys derive --chain ethereum --json --phrase-stdin --private-key-out @key").door("key"),
        derive("keys derive --chain ethereum --json --phrase-stdin --private-key-stdout --count 5").door("out"),
        derive("keys derive --chain ethereum --json --phrase-stdin --path m/44'/60'/0'/0/0 --scheme bip44 --private-key-out @key")
            .door("key"),
        derive("keys derive --chain ethereum --json --phrase-stdin --keystore-out @ks --password-file @pw --private-key-out @key")
            .file("pw", PASSWORD)
            .hiding(password())
            .door("key"),
        Call::new("keys derive --chain ethereum --json --keystore @ks --password-file @pw --private-key-out @key", "90e9939d17635ba6")
            .file("ks", KEYSTORE)
            .file("pw", SEALED[1])
            .hiding(sealed())
            .door("key"),
        Call::new("keys derive --chain ethereum --json --keystore @ks --password-file @pw", "wrong_password")
            .file("ks", KEYSTORE)
            .file("pw", OTHER)
            .hiding(sealed().text("the other password", OTHER)),
        Call::new("keys inspect --json --chain ethereum --phrase-stdin", "24").stdin(PHRASE).hiding(secrets(PHRASE, "")),
        Call::new("keys inspect --json --file @ks", "keystore").file("ks", KEYSTORE).hiding(sealed()),
        Call::new("keys generate --chain ethereum --json --keystore-out @ks --password-file @pw --phrase-out @phrase", "public_key")
            .file("pw", PASSWORD)
            .hiding(password())
            .door("phrase"),
        Call::new("keys tool ethereum legacy-auth --json --challenge e5324df421d129328bd62bdbfbe75c12 --key @user", "1b85fa29568b9f9e")
            .file("user", "5438adf253609ae638415166f7793b7d")
            .hiding(Needles::default().text("the user key", "5438adf253609ae638415166f7793b7d")),
        Call::new("keys tool ethereum legacy-key --json --descriptor @descriptor --password @pw", "")
            .file("descriptor", r#"{"algo": "argon2id_weak", "salt": "6051baaa88262ad73c0886e4122063e4", "checksum": "e86b3d972dfaeee98b3fafc58345b23d960959c900027eb6edc2aac245e4a838"}"#)
            .file("pw", "Password123")
            .hiding(
                Needles::default()
                    .text("the root key", "caf590e8740d98b9fa025330560ed6ae")
                    .text("the backup key", "d80d468728205091bc71adf223ab9f67892fe977ea14cc62ff64582f2963ea41"),
            ),
    ]
}
