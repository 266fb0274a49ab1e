//! The public half of the tree.
use super::super::hmac::halves;
use super::super::path::{Component, DerivationPath};
use super::scalar;
use k256::{ProjectivePoint, PublicKey};
use zeroize::Zeroizing;

/// A node without its private key: a point of the curve and a chain code. Reaches every node below
/// it that a step without hardening leads to.
#[derive(Clone, Eq, PartialEq)]
pub struct PublicNode {
    point: PublicKey,
    chain_code: [u8; 32],
}

impl PublicNode {
    pub(super) const fn new(point: PublicKey, chain_code: [u8; 32]) -> Self {
        Self { point, chain_code }
    }

    /// The node that an extended public key names: a compressed key and a chain code. `None` where
    /// the key is no point of the curve.
    pub fn from_parts(key: &[u8; 33], chain_code: &[u8; 32]) -> Option<Self> {
        // The library would also read an uncommon third form of 33 bytes, marked with 5.
        if !matches!(key, [2 | 3, ..]) {
            return None;
        }
        Some(Self { point: PublicKey::from_sec1_bytes(key).ok()?, chain_code: *chain_code })
    }

    /// The node at `path` below this one; `None` where a step is hardened, and for the one path in
    /// about 2^127 that leads to no key.
    pub fn derive(&self, path: &DerivationPath) -> Option<Self> {
        path.components().iter().try_fold(self.clone(), |node, step| node.child(*step))
    }

    /// The node one step below; `None` where the step is hardened, and for the one step in about
    /// 2^127 that leads to no key.
    pub fn child(&self, step: Component) -> Option<Self> {
        if step.is_hardened() {
            return None;
        }
        let (tweak, chain_code) = halves(&self.chain_code, &[&self.public_key(), &step.number().to_be_bytes()]);
        let tweak = Zeroizing::new(ProjectivePoint::GENERATOR * *scalar(&tweak)?);
        let sum = self.point.to_projective() + *tweak;
        Some(Self { point: PublicKey::from_affine(sum.to_affine()).ok()?, chain_code: *chain_code })
    }

    /// Public key, compressed.
    pub fn public_key(&self) -> [u8; 33] {
        compressed(&self.point)
    }

    /// Chain code.
    pub const fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }
}

impl std::fmt::Debug for PublicNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicNode({}, ..)", hex::encode(self.public_key()))
    }
}

/// A key in its 33 bytes.
pub(super) fn compressed(key: &PublicKey) -> [u8; 33] {
    let mut bytes = [0; 33];
    bytes.iter_mut().zip(key.to_sec1_bytes()).for_each(|(to, from)| *to = from);
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::Node;
    use super::*;

    #[test]
    fn public_steps_lead_to_the_public_keys_of_private_ones() {
        let node = Node::root(&[7; 32]).unwrap().derive(&"m/44'/1'/0'".parse().unwrap()).unwrap();
        for path in ["m", "m/0", "m/1/2147483647", "m/0/7/99/3"] {
            let path: DerivationPath = path.parse().unwrap();
            let public = node.public().derive(&path).unwrap();
            let private = node.derive(&path).unwrap();
            assert!(public == private.public(), "{path}");
            assert_eq!(public.public_key(), private.public_key());
            assert_eq!(public.chain_code(), private.chain_code());
        }
    }

    #[test]
    fn a_public_node_takes_no_hardened_step() {
        let node = Node::root(&[7; 32]).unwrap().public();
        assert_eq!(node.child(Component::hardened(0).unwrap()), None);
        assert_eq!(node.derive(&"m/0/0'".parse().unwrap()), None);
    }

    #[test]
    fn a_node_is_made_of_its_parts_and_of_no_others() {
        let node = Node::root(&[7; 32]).unwrap();
        let again = Node::from_parts(&node.private_key(), node.chain_code()).unwrap();
        assert_eq!(again.public(), node.public());
        let public = node.public();
        assert_eq!(PublicNode::from_parts(&public.public_key(), public.chain_code()), Some(public.clone()));
        assert!(Node::from_parts(&[0; 32], node.chain_code()).is_none());
        assert!(Node::from_parts(&[0xff; 32], node.chain_code()).is_none());
        for first in [0, 4, 5] {
            let mut key = public.public_key();
            key[0] = first;
            assert_eq!(PublicNode::from_parts(&key, public.chain_code()), None);
        }
        // No point has this x: it is beyond the field.
        let beyond = [[2].as_slice(), &[0xff; 32]].concat().try_into().unwrap();
        assert_eq!(PublicNode::from_parts(&beyond, public.chain_code()), None);
    }
}
