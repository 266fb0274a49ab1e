//! Extended keys.
use super::private::PrivateKey;
use super::public::PublicKey;
use super::same_network;
use crate::algorithm::Algorithm;
use crate::base58::{self, Base58Error, Checksum};
use crate::network::Network;
use std::fmt;
use watchdog_core::keys::KeyError;
use watchdog_core::keys::bip32::{PublicNode, trimmed};
use watchdog_core::keys::path::{Component, DerivationPath};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Bytes of the payload: version, depth, fingerprint, number, chain code, key.
const PAYLOAD: usize = 78;

/// A node of the tree with its place in it: private (`dprv`, `tprv`, `sprv`) or public (`dpub`,
/// `tpub`, `spub`).
///
/// Private steps lose leading zeros as the wallets do ([`trimmed`]); a key that was read from text
/// has lost none. Source: dcrd, `hdkeychain.ExtendedKey`.
#[derive(Clone)]
pub struct ExtendedKey {
    network: Network,
    depth: u8,
    parent: [u8; 4],
    number: u32,
    node: Node,
}

#[derive(Clone)]
enum Node {
    Private(trimmed::Node),
    Public(PublicNode),
}

impl ExtendedKey {
    /// The root of a seed; `None` for the one seed in about 2^127 that has none.
    pub fn root(network: Network, seed: &[u8]) -> Option<Self> {
        let node = Node::Private(trimmed::Node::root(seed)?);
        Some(Self { network, depth: 0, parent: [0; 4], number: 0, node })
    }

    /// Reads the text.
    ///
    /// # Errors
    /// What is wrong with it, never quoting it.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let decoded = base58::decode(text.expose(), Checksum::Double).map_err(refusal)?;
        let Some((payload, [])) = decoded.payload().split_first_chunk::<PAYLOAD>() else {
            return Err(KeyError::Key(LENGTH));
        };
        let mut rest = payload.as_slice();
        let (version, [depth]) = (take::<4>(&mut rest), take::<1>(&mut rest));
        let (parent, number) = (take(&mut rest), u32::from_be_bytes(take(&mut rest)));
        let chain_code = Zeroizing::new(take::<32>(&mut rest));
        let (network, is_private) = named(version)?;
        let key = Zeroizing::new(take::<33>(&mut rest));
        let node = if is_private { private(&key, &chain_code) } else { public(&key, &chain_code) };
        Ok(Self { network, depth, parent, number, node: node? })
    }

    /// As [`ExtendedKey::parse`]; the key must belong to `network`.
    ///
    /// # Errors
    /// As there, and [`KeyError::OtherNetwork`].
    pub fn parse_on(text: &Secret, network: Network) -> Result<Self, KeyError> {
        let key = Self::parse(text)?;
        same_network(key.network, network)?;
        Ok(key)
    }

    /// The key at `path` below this one.
    ///
    /// # Errors
    /// [`KeyError::PublicOnly`] for a hardened step below a public key; [`KeyError::Barren`];
    /// [`KeyError::Key`] beyond depth 255.
    pub fn derive(&self, path: &DerivationPath) -> Result<Self, KeyError> {
        let steps = path.components();
        if !self.is_private() && steps.iter().any(|step| step.is_hardened()) {
            return Err(KeyError::PublicOnly { wanted: "a hardened step" });
        }
        if usize::from(self.depth) + steps.len() > usize::from(u8::MAX) {
            return Err(KeyError::Key("extended keys end at depth 255, and the path leads deeper"));
        }
        let node = steps.iter().try_fold(self.clone(), |key, step| key.child(*step));
        node.ok_or_else(|| KeyError::Barren(path.to_string()))
    }

    /// The key one step below; `None` for a hardened step below a public key, beyond depth 255, and
    /// for the one step in about 2^127 that leads to no key.
    pub fn child(&self, step: Component) -> Option<Self> {
        let node = match &self.node {
            Node::Private(node) => Node::Private(node.child(step)?),
            Node::Public(node) => Node::Public(node.child(step)?),
        };
        let depth = self.depth.checked_add(1)?;
        Some(Self { network: self.network, depth, parent: self.fingerprint(), number: step.number(), node })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> Self {
        let node = match &self.node {
            Node::Private(node) => node.public(),
            Node::Public(node) => node.clone(),
        };
        Self { node: Node::Public(node), ..self.clone() }
    }

    /// This key as it is once it was written down and read again: its leading zeros are back.
    #[must_use]
    pub fn written(&self) -> Self {
        let again = match &self.node {
            Node::Private(node) => trimmed::Node::from_parts(&node.private_key(), node.chain_code()).map(Node::Private),
            Node::Public(_) => None,
        };
        Self { node: again.unwrap_or_else(|| self.node.clone()), ..self.clone() }
    }

    /// Where it is used.
    pub const fn network(&self) -> Network {
        self.network
    }

    /// Steps from the root.
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    /// Number of the last step as it is hashed: 2^31 is added where hardened.
    pub const fn child_number(&self) -> u32 {
        self.number
    }

    /// Fingerprint of the key one step above; zeros at the root.
    pub const fn parent_fingerprint(&self) -> [u8; 4] {
        self.parent
    }

    /// First bytes of the hash of the public key.
    pub fn fingerprint(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = crate::hash::hash160(&self.point());
        [a, b, c, d]
    }

    /// Whether private keys come out of it.
    pub const fn is_private(&self) -> bool {
        matches!(self.node, Node::Private(_))
    }

    /// The public key; always ECDSA.
    ///
    /// # Errors
    /// Never in practice: the point was checked when it came in.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::new(Algorithm::Ecdsa, &self.point()).map_err(|_| KeyError::Key(OFF_CURVE))
    }

    /// The private key, where it is known.
    pub fn private_key(&self) -> Option<PrivateKey> {
        match &self.node {
            Node::Private(node) => PrivateKey::new(Algorithm::Ecdsa, &node.private_key()),
            Node::Public(_) => None,
        }
    }

    /// The text of the private key, where it is known.
    pub fn to_private_text(&self) -> Option<Secret> {
        let Node::Private(node) = &self.node else { return None };
        let mut key = Zeroizing::new([0; 33]);
        key.iter_mut().skip(1).zip(node.private_key().iter()).for_each(|(to, from)| *to = *from);
        Some(Secret::new(self.text(self.network.private_node_id(), &key)))
    }

    /// The text of the public key.
    pub fn to_public_text(&self) -> String {
        self.text(self.network.public_node_id(), &self.point())
    }

    /// Whether `text` begins like one, so that what is wrong with it is worth telling.
    pub(crate) fn resembles(text: &str) -> bool {
        text.len() > 56 && Self::STARTS.iter().any(|start| text.starts_with(start))
    }

    /// Whether `text` begins like a private one.
    pub(crate) fn resembles_private(text: &str) -> bool {
        Self::resembles(text) && text.get(1..4) == Some("prv")
    }

    const STARTS: [&'static str; 6] = ["dprv", "dpub", "tprv", "tpub", "sprv", "spub"];

    fn point(&self) -> [u8; 33] {
        match &self.node {
            Node::Private(node) => node.public_key(),
            Node::Public(node) => node.public_key(),
        }
    }

    fn text(&self, version: [u8; 4], key: &[u8; 33]) -> String {
        let chain_code = match &self.node {
            Node::Private(node) => node.chain_code(),
            Node::Public(node) => node.chain_code(),
        };
        let number = self.number.to_be_bytes();
        let parts = [version.as_slice(), &[self.depth], &self.parent, &number, chain_code, key];
        let mut payload = Zeroizing::new([0; PAYLOAD]);
        payload.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
        base58::encode(payload.as_slice(), Checksum::Double)
    }
}

impl fmt::Debug for ExtendedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_private() { "private" } else { "public" };
        write!(f, "ExtendedKey({kind}, {}, depth {}, ..)", self.network, self.depth)
    }
}

const LENGTH: &str = "an extended key has 111 characters, this has more or fewer";
const OFF_CURVE: &str = "the extended key holds no point of the curve";

fn refusal(error: Base58Error) -> KeyError {
    KeyError::Key(match error {
        Base58Error::Character(_) => "the extended key has a character that base58 does not know",
        Base58Error::Length => LENGTH,
        Base58Error::Checksum => "checksum of the extended key is wrong: it is mistyped, cut off or of another chain",
    })
}

/// Network of a version, and whether it is that of private keys.
fn named(version: [u8; 4]) -> Result<(Network, bool), KeyError> {
    let all = Network::ALL.into_iter();
    let mut kinds = all.flat_map(|n| [(n.private_node_id(), (n, true)), (n.public_node_id(), (n, false))]);
    let found = kinds.find(|(id, _)| *id == version).map(|(_, kind)| kind);
    found.ok_or(KeyError::Key("its first bytes are not those of an extended key of Decred"))
}

fn private(key: &[u8; 33], chain_code: &[u8; 32]) -> Result<Node, KeyError> {
    let (first, key) = key.split_first_chunk::<1>().unwrap_or((&[0], &[]));
    let key = <&[u8; 32]>::try_from(key).map_err(|_| KeyError::Key(LENGTH))?;
    if *first != [0] {
        return Err(KeyError::Key("it says that it is private and holds a public key"));
    }
    let node = trimmed::Node::from_parts(key, chain_code);
    node.map(Node::Private).ok_or(KeyError::Key("the curve has no such private key"))
}

fn public(key: &[u8; 33], chain_code: &[u8; 32]) -> Result<Node, KeyError> {
    if key.first() == Some(&0) {
        return Err(KeyError::Key("it says that it is public and holds a private key: keep it to yourself"));
    }
    PublicNode::from_parts(key, chain_code).map(Node::Public).ok_or(KeyError::Key(OFF_CURVE))
}

/// The next `N` bytes; zeros where there are none, which a payload of fixed length rules out.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (head, tail) = rest.split_first_chunk::<N>().unwrap_or((&[0; N], &[]));
    *rest = tail;
    *head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::secret_hex;

    fn key() -> ExtendedKey {
        ExtendedKey::root(Network::Mainnet, &[7; 32]).unwrap().derive(&"m/44'/42'/3'".parse().unwrap()).unwrap()
    }

    fn refused(payload: &[u8]) -> String {
        let text = Secret::new(base58::encode(payload, Checksum::Double));
        ExtendedKey::parse(&text).unwrap_err().to_string()
    }

    #[test]
    fn each_part_is_checked() {
        let text = key().to_private_text().unwrap();
        let decoded = base58::decode(text.expose(), Checksum::Double).ok().unwrap();
        let payload: [u8; PAYLOAD] = decoded.payload().try_into().unwrap();
        let with = |place: usize, bytes: &[u8]| {
            let mut payload = payload;
            payload[place..place + bytes.len()].copy_from_slice(bytes);
            refused(&payload)
        };
        assert!(refused(&payload[..77]).contains("111 characters"));
        assert!(with(0, &[9]).contains("first bytes"));
        assert!(with(45, &[2]).contains("says that it is private"));
        assert!(with(0, &Network::Mainnet.public_node_id()).contains("says that it is public"));
        assert!(with(46, &[0xff; 32]).contains("no such private key"));
        let mut public = payload;
        public[..4].copy_from_slice(&Network::Mainnet.public_node_id());
        public[45..].fill(0xff);
        public[45] = 2;
        assert!(refused(&public).contains("no point of the curve"));
    }

    #[test]
    fn what_is_written_is_read_again_with_its_place_in_the_tree() {
        let key = key();
        for text in [key.to_private_text().unwrap(), Secret::new(key.to_public_text())] {
            let again = ExtendedKey::parse_on(&text, Network::Mainnet).unwrap();
            assert_eq!((again.depth(), again.child_number()), (3, (1 << 31) + 3));
            assert_eq!(again.parent_fingerprint(), key.parent_fingerprint());
            assert_eq!(again.to_public_text(), key.to_public_text());
        }
        let other = ExtendedKey::parse_on(&Secret::new(key.to_public_text()), Network::Testnet3).unwrap_err();
        assert_eq!(other.code(), "wrong_network");
    }

    #[test]
    fn a_public_key_takes_no_hardened_step_and_none_leads_beyond_depth_255() {
        let public = key().public();
        let error = public.derive(&"m/0/1'".parse().unwrap()).unwrap_err();
        assert_eq!(error.code(), "public_only");
        let deep = format!("m{}", "/0".repeat(253));
        assert!(matches!(public.derive(&deep.parse().unwrap()), Err(KeyError::Key(_))));
        assert_eq!(public.derive(&deep[2..].replacen('0', "m", 1).parse().unwrap()).unwrap().depth(), 255);
    }

    #[test]
    fn no_private_part_is_printed() {
        let key = key();
        let hex = secret_hex(key.private_key().unwrap().as_bytes());
        assert!(!format!("{key:?}").contains(&hex.expose()[..8]));
        assert!(!format!("{key:?}").contains("dprv"));
    }
}
