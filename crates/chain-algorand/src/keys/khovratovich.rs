//! Steps that add 224 bits of a hash: BIP32-Ed25519 as it was published, which `ed25519-bip32` does.
use super::{ExtendedPrivate, ExtendedPublic, PublicKey};
use ed25519_bip32::{DerivationScheme, XPrv, XPub};
use watchdog_core::keys::path::Component;
use zeroize::Zeroizing;

/// One step from a private key; `None` where the scalar would be 2^255 or more.
pub(super) fn private(key: &ExtendedPrivate, step: Component) -> Option<ExtendedPrivate> {
    let key = XPrv::from_slice_verified(key.bytes().as_slice()).ok()?;
    let child = key.derive(DerivationScheme::V2, step.number());
    let bytes = Zeroizing::new(<[u8; ExtendedPrivate::LEN]>::try_from(child.as_ref()).ok()?);
    ExtendedPrivate::new(&bytes).ok()
}

/// One step from a public key; `None` where the step is hardened or leads to the point zero.
pub(super) fn public(key: &ExtendedPublic, step: Component) -> Option<ExtendedPublic> {
    let key = XPub::from_pk_and_chaincode(key.key().as_bytes(), key.chain_code());
    let child = key.derive(DerivationScheme::V2, step.number()).ok()?;
    Some(ExtendedPublic::new(PublicKey::new(child.public_key()).ok()?, *child.chain_code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_that_leaves_its_range_is_refused() {
        let mut bytes = [0xff; 96];
        bytes[0] = 0xf8;
        bytes[31] = 0x7f;
        let largest = ExtendedPrivate::new(&bytes).unwrap();
        for step in [Component::normal(0), Component::hardened(0)] {
            assert!(private(&largest, step.unwrap()).is_none());
        }
    }

    #[test]
    fn a_public_key_takes_no_hardened_step() {
        let key = ExtendedPrivate::new(&[0x40; 96]).unwrap().public();
        assert!(public(&key, Component::hardened(0).unwrap()).is_none());
        assert!(public(&key, Component::normal(0).unwrap()).is_some());
    }
}
