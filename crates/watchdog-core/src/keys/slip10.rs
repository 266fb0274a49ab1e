//! SLIP-0010 for ed25519: hardened steps only, one HMAC-SHA512 each.
//!
//! Not to be mixed up with BIP32-Ed25519, which has extended keys and gives other results.
use super::hmac::{Half, halves};
use super::path::DerivationPath;

/// A node of the tree: private key and chain code, both wiped on drop.
#[derive(Clone)]
pub struct Node {
    key: Half,
    chain_code: Half,
}

impl Node {
    /// The root of `seed`, 16 to 64 bytes.
    pub fn root(seed: &[u8]) -> Self {
        let (key, chain_code) = halves(b"ed25519 seed", &[seed]);
        Self { key, chain_code }
    }

    /// The node at `path` below this one; `None` where a step is not hardened, because ed25519 has
    /// no other steps in this standard.
    pub fn derive(&self, path: &DerivationPath) -> Option<Self> {
        path.components().iter().try_fold(self.clone(), |node, step| {
            step.is_hardened().then(|| {
                let number = step.number().to_be_bytes();
                let (key, chain_code) = halves(node.chain_code.as_slice(), &[&[0], node.key.as_slice(), &number]);
                Self { key, chain_code }
            })
        })
    }

    /// Private key: the 32-byte ed25519 seed.
    pub fn private_key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Chain code.
    pub fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Node(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: SLIP-0010, "Test vector 1 for ed25519" and "Test vector 2 for ed25519".
    #[test]
    fn the_published_nodes_come_out() {
        let seed_1 = "000102030405060708090a0b0c0d0e0f";
        let seed_2 = "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542";
        for (seed, path, chain_code, key) in [
            (
                seed_1,
                "m",
                "90046a93de5380a72b5e45010748567d5ea02bbf6522f979e05c0d8d8ca9fffb",
                "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
            ),
            (
                seed_1,
                "m/0H",
                "8b59aa11380b624e81507a27fedda59fea6d0b779a778918a2fd3590e16e9c69",
                "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
            ),
            (
                seed_1,
                "m/0H/1H",
                "a320425f77d1b5c2505a6b1b27382b37368ee640e3557c315416801243552f14",
                "b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2",
            ),
            (
                seed_1,
                "m/0H/1H/2H",
                "2e69929e00b5ab250f49c3fb1c12f252de4fed2c1db88387094a0f8c4c9ccd6c",
                "92a5b23c0b8a99e37d07df3fb9966917f5d06e02ddbd909c7e184371463e9fc9",
            ),
            (
                seed_1,
                "m/0H/1H/2H/2H",
                "8f6d87f93d750e0efccda017d662a1b31a266e4a6f5993b15f5c1f07f74dd5cc",
                "30d1dc7e5fc04c31219ab25a27ae00b50f6fd66622f6e9c913253d6511d1e662",
            ),
            (
                seed_1,
                "m/0H/1H/2H/2H/1000000000H",
                "68789923a0cac2cd5a29172a475fe9e0fb14cd6adb5ad98a3fa70333e7afa230",
                "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
            ),
            (
                seed_2,
                "m",
                "ef70a74db9c3a5af931b5fe73ed8e1a53464133654fd55e7a66f8570b8e33c3b",
                "171cb88b1b3c1db25add599712e36245d75bc65a1a5c9e18d76f9f2b1eab4012",
            ),
        ] {
            let node = Node::root(&hex::decode(seed).unwrap()).derive(&path.parse().unwrap()).unwrap();
            assert_eq!(hex::encode(node.private_key()), key, "{path}");
            assert_eq!(hex::encode(node.chain_code()), chain_code, "{path}");
        }
    }

    #[test]
    fn a_step_that_is_not_hardened_is_refused() {
        assert!(Node::root(&[7; 64]).derive(&"m/0'/1".parse().unwrap()).is_none());
    }
}
