//! Private keys in text: the wallet import format.
use super::private::PrivateKey;
use super::same_network;
use crate::algorithm::Algorithm;
use crate::base58::{self, Base58Error, Checksum};
use crate::network::Network;
use watchdog_core::keys::KeyError;
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Bytes of the payload: network, algorithm, key.
const PAYLOAD: usize = 35;

/// A private key with its network. As text 53 characters that begin with `Pm`, `Pt` or `Ps`; its
/// checksum is a single BLAKE-256, unlike that of an address.
///
/// Source: dcrd, `dcrutil.WIF`.
#[derive(Clone, Debug)]
pub struct Wif {
    /// Where it is used.
    pub network: Network,
    /// The key.
    pub key: PrivateKey,
}

impl Wif {
    /// Reads the text.
    ///
    /// # Errors
    /// What is wrong with it, never quoting it.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let decoded = base58::decode(text.expose(), Checksum::Single).map_err(refusal)?;
        let Some((&[a, b, algorithm, ref key @ ..], [])) = decoded.payload().split_first_chunk::<PAYLOAD>() else {
            return Err(KeyError::Key(LENGTH));
        };
        let network = Network::ALL.into_iter().find(|network| network.wif_id() == [a, b]);
        let network = network.ok_or(KeyError::Key("its first bytes are not those of a private key of Decred"))?;
        let algorithm = Algorithm::from_byte(algorithm).ok_or(KeyError::Key("its signature algorithm is not known"))?;
        let key = PrivateKey::new(algorithm, key).ok_or(KeyError::Key("the curve has no such private key"))?;
        Ok(Self { network, key })
    }

    /// As [`Wif::parse`]; the key must belong to `network`.
    ///
    /// # Errors
    /// As there, and [`KeyError::OtherNetwork`].
    pub fn parse_on(text: &Secret, network: Network) -> Result<Self, KeyError> {
        let wif = Self::parse(text)?;
        same_network(wif.network, network)?;
        Ok(wif)
    }

    /// The text.
    pub fn to_text(&self) -> Secret {
        let mut payload = Zeroizing::new([0; PAYLOAD]);
        let head = self.network.wif_id().into_iter().chain([self.key.algorithm().byte()]);
        payload.iter_mut().zip(head.chain(self.key.as_bytes().iter().copied())).for_each(|(to, from)| *to = from);
        Secret::new(base58::encode(payload.as_slice(), Checksum::Single))
    }

    /// Whether `text` begins and is as long as one, so that what is wrong with it is worth telling.
    pub(super) fn resembles(text: &str) -> bool {
        ["Pm", "Pt", "Ps"].iter().any(|start| text.starts_with(start)) && (50..=56).contains(&text.len())
    }
}

/// A text of another length.
const LENGTH: &str = "a private key in text (WIF) has 53 characters, this has more or fewer";

fn refusal(error: Base58Error) -> KeyError {
    KeyError::Key(match error {
        Base58Error::Character(_) => "it has a character that base58 does not know: compare it with the original",
        Base58Error::Length => LENGTH,
        Base58Error::Checksum => "its checksum is wrong: it is mistyped, cut off or of another chain",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "PmQdGRXNZdAgEqwDZMLAF2XSQRLFeSFKi4HLPbdW3kC66HegjYtxq";

    fn refused(text: &str) -> KeyError {
        Wif::parse(&Secret::new(text.to_owned())).unwrap_err()
    }

    #[test]
    fn a_key_of_another_network_is_named_so() {
        let error = Wif::parse_on(&Secret::new(MAIN.to_owned()), Network::Simnet).unwrap_err();
        assert_eq!(error, KeyError::OtherNetwork { found: "mainnet".to_owned(), expected: "simnet".to_owned() });
    }

    #[test]
    fn each_part_is_checked() {
        let with = |bytes: &[u8]| refused(&base58::encode(bytes, Checksum::Single)).to_string();
        let mut payload = [1; PAYLOAD];
        payload[..3].copy_from_slice(&[0x22, 0xde, 0]);
        assert!(Wif::parse(&Secret::new(base58::encode(&payload, Checksum::Single))).is_ok());
        assert!(with(&payload[..34]).contains("53 characters"));
        assert!(with(&[payload.as_slice(), &[1]].concat()).contains("53 characters"));
        let changed = |place: usize, byte| {
            let mut payload = payload;
            payload[place] = byte;
            with(&payload)
        };
        assert!(changed(0, 9).contains("first bytes"));
        assert!(changed(2, 3).contains("algorithm"));
        payload[3..].fill(0);
        assert!(with(&payload).contains("no such private key"));
        assert!(refused(&MAIN.replace('G', "0")).to_string().contains("base58"));
        assert!(refused(&MAIN.replace('G', "H")).to_string().contains("checksum"));
    }
}
