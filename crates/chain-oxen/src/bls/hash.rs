//! Hash to a point of G2, by trying one candidate after the other.
use crate::keccak::keccak256;
use ark_bn254::{Config, Fq, Fq2, G2Affine, G2Projective};
use ark_ec::bn::BnConfig;
use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, BitIteratorBE, Field, PrimeField};

/// Bytes that a candidate is made of.
const EXPANDED: usize = 128;

/// Block length of Keccak-256.
const PAD: [u8; 136] = [0; 136];

/// The number that the curve is made from.
const U: u64 = 4_965_661_367_192_848_881;

/// A message as a point.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hashed {
    /// The point.
    pub point: G2Affine,
    /// How many candidates before it were none.
    pub skipped: u8,
}

/// The point of `message` under `tag`; `None` where none of 256 candidates is one, which no message
/// is known to reach.
pub(super) fn to_g2(message: &[u8], tag: &[u8; 32]) -> Option<Hashed> {
    (0..=u8::MAX).find_map(|skipped| {
        let expanded = expand(&[message, &[skipped]], tag);
        candidate(&expanded).map(|point| Hashed { point: clear_cofactor(point), skipped })
    })
}

/// `expand_message_xmd` of RFC 9380, section 5.3.1, with Keccak-256.
fn expand(message: &[&[u8]], tag: &[u8; 32]) -> [u8; EXPANDED] {
    let suffix = [tag.as_slice(), &[32]].concat();
    let length = [0, 128, 0];
    let first = keccak256(&[&[PAD.as_slice()], message, &[length.as_slice(), &suffix]].concat());
    let mut expanded = [0; EXPANDED];
    let mut last = [0; 32];
    for (number, chunk) in (1..).zip(expanded.chunks_exact_mut(32)) {
        let mixed: [u8; 32] = std::array::from_fn(|k| {
            let [first, last] = [first, last].map(|hash| hash.get(k).copied().unwrap_or_default());
            first ^ last
        });
        last = keccak256(&[&mixed, &[number], &suffix]);
        chunk.copy_from_slice(&last);
    }
    expanded
}

/// The point of these bytes, if there is one. It need not be of the subgroup.
fn candidate(expanded: &[u8; EXPANDED]) -> Option<G2Affine> {
    let (re, rest) = expanded.split_first_chunk::<48>()?;
    let (im, rest) = rest.split_first_chunk::<48>()?;
    let x = Fq2::new(Fq::from_be_bytes_mod_order(re), Fq::from_be_bytes_mod_order(im));
    let y = root(x.square() * x + <ark_bn254::g2::Config as SWCurveConfig>::COEFF_B)?;
    let negative = rest.last().is_some_and(|byte| byte & 1 == 1);
    Some(G2Affine::new_unchecked(x, if negative { -y } else { y }))
}

/// The square root that the contract takes, which is not the one that the curve library takes.
fn root(square: Fq2) -> Option<Fq2> {
    let (re, im) = (square.c0, square.c1);
    let half = Fq::from(2_u8).inverse()?;
    let norm = (re.square() + im.square()).sqrt()?;
    let first = ((re + norm) * half).sqrt().or_else(|| ((re - norm) * half).sqrt())?;
    let root = Fq2::new(first, im * first.double().inverse()?);
    (root.square() == square).then_some(root)
}

/// Source: Fuentes-Castañeda, Knapp, Rodríguez-Henríquez, "Faster hashing to G2", section 6.1.
fn clear_cofactor(point: G2Affine) -> G2Affine {
    let once = times_u(point);
    let thrice = (once.into_group() + once + once).into_affine();
    (once.into_group() + twisted(thrice) + twisted(twisted(once)) + twisted(twisted(twisted(point)))).into_affine()
}

/// Plain doubling and adding: the library's own multiplication is right for the subgroup only.
fn times_u(point: G2Affine) -> G2Affine {
    G2Projective::from(point).mul_bits_be(BitIteratorBE::new([U])).into_affine()
}

/// The map ψ.
fn twisted(point: G2Affine) -> G2Affine {
    let conjugate = |number: Fq2| Fq2::new(number.c0, -number.c1);
    let (x, y) = (conjugate(point.x), conjugate(point.y));
    G2Affine::new_unchecked(x * Config::TWIST_MUL_BY_Q_X, y * Config::TWIST_MUL_BY_Q_Y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_becomes_a_point_of_the_subgroup() {
        for byte in 0..8 {
            let hashed = to_g2(&[byte], &[byte; 32]).unwrap();
            assert!(hashed.point.is_on_curve() && hashed.point.is_in_correct_subgroup_assuming_on_curve());
            assert!(!hashed.point.is_zero());
        }
    }

    #[test]
    fn a_candidate_alone_is_on_the_curve_but_not_in_the_subgroup() {
        let point = (0..=u8::MAX).find_map(|k| candidate(&expand(&[&[k]], &[1; 32]))).unwrap();
        assert!(point.is_on_curve() && !point.is_in_correct_subgroup_assuming_on_curve());
        assert!(clear_cofactor(point).is_in_correct_subgroup_assuming_on_curve());
    }

    #[test]
    fn a_root_squared_is_the_number_and_half_of_all_numbers_have_none() {
        let numbers = (0..64_u64).map(|k| Fq2::new(Fq::from(k * 7 + 1), Fq::from(k * 11 + 2)));
        let roots = numbers.filter(|number| root(*number).is_some_and(|root| root.square() == *number)).count();
        assert!((16..48).contains(&roots), "{roots}");
        assert_eq!(root(Fq2::ZERO), None);
    }
}
