//! Who may change the validator, and by which right.
use super::error::SettingsError;
use crate::address::{ComponentAddress, LocalId, NonFungibleId, ResourceAddress};
use crate::keys::{CAP26, Curve, OLYMPIA, RadixKeys, SigningKey};
use crate::network::Network;
use crate::tx::Authorization;
use schemars::JsonSchema;
use serde::Deserialize;
use watchdog_core::config::SecretRef;
use watchdog_core::keys::{self, KeyDerivation, KeyPath, Material, Scheme};
use watchdog_core::secret::{Secret, SecretError};

/// `owner_key = { secret, scheme, index, passphrase }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerKeySettings {
    /// Mnemonic phrase, or the private key as 64 hex digits.
    pub secret: SecretRef,
    /// How the account was derived: `cap26` (Babylon wallets, ed25519; default) or `olympia`
    /// (secp256k1).
    #[serde(default)]
    pub scheme: OwnerScheme,
    /// Index of the account in the wallet, from 0. Means nothing beside a private key.
    #[serde(default)]
    pub index: u32,
    /// Passphrase of the mnemonic, where it has one. Wallets set none.
    #[serde(default)]
    pub passphrase: Option<SecretRef>,
}

/// How an account was derived.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum OwnerScheme {
    /// ed25519 by SLIP-0010.
    #[default]
    Cap26,
    /// secp256k1 by BIP-44.
    Olympia,
}

impl OwnerScheme {
    const fn scheme(self) -> Scheme {
        match self {
            Self::Cap26 => CAP26,
            Self::Olympia => OLYMPIA,
        }
    }

    const fn curve(self) -> Curve {
        match self {
            Self::Cap26 => Curve::Ed25519,
            Self::Olympia => Curve::Secp256k1,
        }
    }
}

impl OwnerKeySettings {
    /// The key out of the secret that was read for it.
    ///
    /// # Errors
    /// [`SecretError::Malformed`], naming the place and never the secret.
    pub fn key(
        &self,
        network: Network,
        secret: &Secret,
        passphrase: Option<&Secret>,
    ) -> Result<SigningKey, SecretError> {
        let malformed = |reason: String| SecretError::Malformed { place: self.secret.to_string(), reason };
        let text = secret.expose().trim();
        if text.len() == 64 && !text.contains(char::is_whitespace) {
            let key = SigningKey::from_hex(self.scheme.curve(), secret);
            return key.ok_or_else(|| {
                malformed(format!("64 characters that are no {} private key in hex", self.scheme.curve()))
            });
        }
        let none = Secret::new(String::new());
        let source = RadixKeys.open(
            Material::Phrase(secret.clone()),
            Some(&self.scheme.scheme()),
            &keys::Network::named(network.to_string()),
            passphrase.unwrap_or(&none),
        );
        let derived =
            source.and_then(|source| source.key(&KeyPath::index(self.index))).map_err(|e| malformed(e.to_string()))?;
        derived
            .secret
            .and_then(|secret| SigningKey::from_hex(self.scheme.curve(), &secret))
            .ok_or_else(|| malformed("leads to no valid key".to_owned()))
    }
}

/// `[validator.<name>.authorisation]`: by which right the account changes the validator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthorisationSettings {
    /// The account holds the validator's owner badge.
    // With braces, because a bare variant takes unknown keys without a word.
    Direct {},
    /// The badge lies in an access manager; the account holds one of its access keys.
    Manager {
        /// The manager, `component_…`.
        component: ComponentAddress,
        /// Resource of the access key, `resource_…`.
        badge: ResourceAddress,
        /// Which access key: `#1#`, `<name>`, `[hex]` or `{…}`.
        badge_id: String,
    },
    /// The badge lies in a `NodeWarden`; the account holds an access key that may change the
    /// validator's key and nothing else. Recommended.
    Warden {
        /// The warden, `component_…`.
        component: ComponentAddress,
        /// Resource of the access key, `resource_…`.
        badge: ResourceAddress,
        /// Which access key: `#1#`, `<name>`, `[hex]` or `{…}`.
        badge_id: String,
    },
}

impl Default for AuthorisationSettings {
    fn default() -> Self {
        Self::Direct {}
    }
}

impl AuthorisationSettings {
    /// The same with every address on `network`.
    ///
    /// # Errors
    /// An address of another network, or a badge id that is none.
    pub fn refine(&self, network: Network) -> Result<Authorization, SettingsError> {
        let parts = |component: &ComponentAddress, badge: &ResourceAddress, badge_id: &str| {
            let at = |field: &'static str| move |source| SettingsError::Address { field, source };
            let component = component.on(network).map_err(at("authorisation.component"))?;
            let resource = badge.on(network).map_err(at("authorisation.badge"))?;
            let local_id: LocalId = badge_id.parse().map_err(at("authorisation.badge_id"))?;
            Ok((component, NonFungibleId { resource, local_id }))
        };
        Ok(match self {
            Self::Direct {} => Authorization::Direct,
            Self::Manager { component, badge, badge_id } => {
                let (component, access_key) = parts(component, badge, badge_id)?;
                Authorization::Manager { component, access_key }
            }
            Self::Warden { component, badge, badge_id } => {
                let (component, access_key) = parts(component, badge, badge_id)?;
                Authorization::Warden { component, access_key }
            }
        })
    }
}
