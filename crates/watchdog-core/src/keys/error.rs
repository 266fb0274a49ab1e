//! Why a key cannot be derived.
/// A key cannot be derived. Never quotes the material.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The mnemonic has another number of words than the scheme takes.
    #[error("mnemonic has {found} words: give {expected}")]
    WordCount {
        /// Words found.
        found: usize,
        /// Counts allowed, as text.
        expected: &'static str,
    },
    /// A word is not in the list. Says which by its place, from 1, and never the word.
    #[error("word {0} of the mnemonic is not in the word list: check its spelling")]
    UnknownWord(usize),
    /// A word exists, but not for its place: the list has others for even and for odd places.
    #[error("word {0} of the mnemonic cannot stand at this place: a word before it is missing, or two are swapped")]
    MisplacedWord(usize),
    /// All words exist, but they do not belong together.
    #[error("checksum of the mnemonic is wrong: a word is mistaken or two are swapped")]
    Checksum,
    /// The padding bits that an encoding leaves over are not zero.
    #[error("mnemonic is damaged: the bits that must be zero are not")]
    Padding,
    /// The words are those of another language's list.
    #[error("mnemonic is not in {expected}: give it in that language")]
    Language {
        /// The language that is taken.
        expected: &'static str,
    },
    /// The seed is not hex, or has the wrong length.
    #[error("seed is not valid: {0}")]
    Seed(&'static str),
    /// The scheme does not take this kind of material.
    #[error("scheme `{scheme}` cannot start from {material}")]
    Material {
        /// The scheme.
        scheme: &'static str,
        /// The kind of material, as text.
        material: &'static str,
    },
    /// The chain has no such scheme.
    #[error("there is no scheme `{given}`: use one of {known}")]
    Scheme {
        /// As given.
        given: String,
        /// Those that exist, as text.
        known: &'static str,
    },
    /// The chain has no such network.
    #[error("there is no network `{given}`: use {known}")]
    Network {
        /// As given.
        given: String,
        /// What is accepted, as text.
        known: &'static str,
    },
    /// The material belongs to another network.
    #[error("it belongs to network {found}, asked for {expected}: name the right --network")]
    OtherNetwork {
        /// Where it belongs.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// The keystore's password is wrong.
    #[error("keystore password is wrong")]
    Password,
    /// The keystore is damaged or of an unknown form.
    #[error("keystore cannot be opened: {0}")]
    Keystore(&'static str),
    /// The keystore asks for more work than is given to it.
    #[error("keystore asks for too costly a derivation: {asked}; the limit is {limit}")]
    Cost {
        /// What it asks for.
        asked: String,
        /// The most that is done.
        limit: &'static str,
    },
    /// The key inside is not the one that it claims to be.
    #[error("public key does not belong to the private key: the file is damaged or was put together wrongly")]
    Mismatch,
    /// A key file or extended key is damaged or of an unknown form.
    #[error("key is not valid: {0}")]
    Key(&'static str),
    /// A signature or proof has the right form, but was made over something else or with another key.
    #[error("signature does not hold: {0}")]
    Signature(&'static str),
    /// The path is not one of this scheme.
    #[error("path `{path}` is not one of scheme `{scheme}`: {reason}")]
    Path {
        /// The path as given.
        path: String,
        /// The scheme.
        scheme: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The scheme's standard path has no such level.
    #[error("scheme `{scheme}` has no {level} level: leave it out")]
    Level {
        /// The scheme.
        scheme: &'static str,
        /// `account`, `change`, …
        level: &'static str,
    },
    /// An index is beyond what a path component can hold.
    #[error("index {0} is too large: the largest is 2147483647")]
    Index(u32),
    /// Only the public half is known.
    #[error("an extended public key holds no private keys: {wanted} needs one")]
    PublicOnly {
        /// What was asked for.
        wanted: &'static str,
    },
    /// The chain has no such thing.
    #[error("this chain has {0}: choose another way")]
    Unsupported(&'static str),
    /// An argument of a tool cannot be used.
    #[error("--{argument}: {reason}")]
    Argument {
        /// Its name.
        argument: &'static str,
        /// What is wrong with it; never quotes a secret.
        reason: String,
    },
    /// No format of the chain fits.
    #[error("this is no phrase, key file, keystore or extended key of this chain: {0}")]
    Unrecognised(String),
    /// There is no randomness.
    #[error("the system gives no random bytes: try again when it has started")]
    Entropy,
    /// One branch in about 2^127 leads to no key; the standard says to take another.
    #[error("path `{0}` leads to no valid key: use the next index")]
    Barren(String),
}

impl KeyError {
    /// Stable name for scripts, snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WordCount { .. } => "word_count",
            Self::UnknownWord(_) => "unknown_word",
            Self::MisplacedWord(_) => "misplaced_word",
            Self::Checksum => "checksum",
            Self::Padding => "padding",
            Self::Language { .. } => "wrong_language",
            Self::Seed(_) => "seed_invalid",
            Self::Material { .. } => "wrong_material",
            Self::Scheme { .. } => "unknown_scheme",
            Self::Network { .. } => "unknown_network",
            Self::OtherNetwork { .. } => "wrong_network",
            Self::Password => "wrong_password",
            Self::Keystore(_) => "keystore_invalid",
            Self::Cost { .. } => "too_costly",
            Self::Mismatch => "public_key_mismatch",
            Self::Key(_) => "key_invalid",
            Self::Signature(_) => "signature_invalid",
            Self::Path { .. } => "bad_path",
            Self::Level { .. } => "no_such_level",
            Self::Index(_) => "bad_index",
            Self::PublicOnly { .. } => "public_only",
            Self::Unsupported(_) => "unsupported",
            Self::Argument { .. } => "bad_argument",
            Self::Unrecognised(_) => "unrecognised",
            Self::Entropy => "no_entropy",
            Self::Barren(_) => "barren_path",
        }
    }

    /// Whether the request was wrong (path, scheme, network), rather than the secret material.
    pub const fn is_request(&self) -> bool {
        matches!(
            self,
            Self::Material { .. }
                | Self::Scheme { .. }
                | Self::Network { .. }
                | Self::Path { .. }
                | Self::Level { .. }
                | Self::Index(_)
                | Self::PublicOnly { .. }
                | Self::Unsupported(_)
                | Self::Argument { .. }
                | Self::Barren(_)
        )
    }
}
