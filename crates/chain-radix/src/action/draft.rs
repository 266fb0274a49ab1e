//! The transaction of a wish, the same from every watchdog.
use super::step::Wish;
use crate::client::gateway::{KeyJson, PreviewFlags, PreviewRequest};
use crate::config::Refined;
use crate::keys::{Curve, PublicKey, SigningKey};
use crate::tx::{Call, CallError, Epoch, Header, Intent, Manifest, Purpose, ValidatorCall, Window, nonce};

/// Nonces that are tried at most within one window.
pub(crate) const COUNTERS: u32 = 64;

/// Why no transaction can be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DraftError {
    /// There is no account to pay and sign.
    #[error("no owner_account is configured")]
    NoOwner,
    /// There is no key to sign with.
    #[error("the key of the owner's account was not read")]
    NoKey,
    /// An address of another network, or a fee of nothing.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A call with everything that is needed to make an intent of it.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    settings: &'a Refined,
    key: &'a SigningKey,
    manifest: Manifest,
    purpose: Purpose,
}

impl<'a> Draft<'a> {
    /// The draft of `call`, its nonce derived from `purpose`.
    pub(crate) fn new(settings: &'a Refined, call: Call, purpose: Purpose) -> Result<Self, DraftError> {
        let owner = settings.owner.as_ref().ok_or(DraftError::NoOwner)?;
        let key = owner.key.as_deref().ok_or(DraftError::NoKey)?;
        let call = ValidatorCall {
            account: owner.account,
            validator: settings.address,
            authorization: settings.authorisation.clone(),
            lock_fee: settings.fee_lock,
            call,
        };
        Ok(Self { settings, key, manifest: call.manifest()?, purpose })
    }

    /// The draft of `wish`.
    pub(crate) fn of(settings: &'a Refined, wish: &Wish<'_>) -> Result<Self, DraftError> {
        Self::new(settings, wish.call, wish.purpose)
    }

    /// The key that signs.
    pub(crate) const fn key(&self) -> &'a SigningKey {
        self.key
    }

    /// The intent for `epoch` with the `counter`-th nonce; `None` where that nonce is none.
    pub(crate) fn intent(&self, epoch: Epoch, counter: u32) -> Option<Intent> {
        let window = Window::at(epoch);
        let header = Header {
            network: self.settings.network,
            start_epoch: window.start,
            end_epoch: window.end,
            nonce: nonce(&self.purpose, self.settings.address, window, counter)?,
            notary: self.key.public_key(),
            notary_is_signatory: true,
            tip_percentage: 0,
        };
        Some(Intent { header, manifest: self.manifest.clone() })
    }

    /// All intents of the window of `epoch`, in the order in which they are taken.
    pub(crate) fn intents(&self, epoch: Epoch) -> impl Iterator<Item = Intent> + '_ {
        (0..COUNTERS).filter_map(move |counter| self.intent(epoch, counter))
    }

    /// What a preview of it in `epoch` is asked about. Nothing is pretended.
    pub(crate) fn preview(&self, epoch: Epoch) -> PreviewRequest {
        let window = Window::at(epoch);
        PreviewRequest {
            manifest: self.manifest.text(self.settings.network),
            start_epoch_inclusive: window.start.0,
            end_epoch_exclusive: window.end.0,
            notary_public_key: key_json(&self.key.public_key()),
            notary_is_signatory: true,
            signer_public_keys: Vec::new(),
            nonce: self.intents(epoch).next().map_or(1, |intent| intent.header.nonce),
            tip_percentage: 0,
            flags: PreviewFlags::default(),
        }
    }
}

fn key_json(key: &PublicKey) -> KeyJson {
    let key_type = match key.curve() {
        Curve::Ed25519 => "EddsaEd25519",
        Curve::Secp256k1 => "EcdsaSecp256k1",
    };
    KeyJson { key_type: key_type.to_owned(), key_hex: hex::encode(key.as_bytes()) }
}
