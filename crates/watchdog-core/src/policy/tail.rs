//! The far end of the normal distribution.
use std::f64::consts::{LN_10, PI};

/// From here on the continued fraction takes over from the series.
const FAR: f64 = 2.5;
/// End of the odd numbers in the series; at 2.5 the last term is below 1e-20.
const TERMS: u32 = 120;
/// Levels of the continued fraction; at 2.5 it has settled to the last bit.
const LEVELS: u32 = 200;

/// −log10 of the probability that a standard normal variable exceeds `x`.
///
/// Exact to a few units in the last places over the whole range of `f64`: the tail itself is never
/// computed where it is small, so nothing underflows (at 40 it is 1e-350) and nothing cancels. `NaN`
/// gives `NaN`; infinities give infinity and 0.
///
/// - `|x| < 2.5`: Q(x) = ½ − pdf(x) · Σ x^(2k+1) / (1·3·5···(2k+1)), Abramowitz and Stegun 26.2.11
/// - `x ≥ 2.5`: Q(x) = pdf(x) / (x + 1/(x + 2/(x + 3/(x + …)))), 26.2.14; in logarithms
/// - `x ≤ −2.5`: Q(x) = 1 − Q(−x), by `ln_1p`
pub fn minus_log10_upper(x: f64) -> f64 {
    match x {
        x if x.is_nan() => f64::NAN,
        x if x >= FAR => (ln_pdf(x).abs() + denominator(x).ln()) / LN_10,
        x if x <= -FAR => -(-upper(-x)).ln_1p() / LN_10,
        x => -upper(x).log10(),
    }
}

/// The probability itself; for `x` of no more than about 37 in size.
fn upper(x: f64) -> f64 {
    if x >= FAR { ln_pdf(x).exp() / denominator(x) } else { 0.5 - ln_pdf(x).exp() * series(x) }
}

/// Logarithm of the density.
fn ln_pdf(x: f64) -> f64 {
    -0.5 * (x * x + (2.0 * PI).ln())
}

fn series(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for odd in (3..TERMS).step_by(2) {
        term *= x * x / f64::from(odd);
        sum += term;
    }
    sum
}

fn denominator(x: f64) -> f64 {
    (1..=LEVELS).rev().fold(x, |below, level| x + f64::from(level) / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with 40 digits from `erfc(x/√2)/2`, by another program.
    const KNOWN: [(f64, f64); 19] = [
        (-10.0, 3.309_260_121_306_722_3e-24),
        (-3.0, 5.866_493_137_900_667e-4),
        (-2.5, 2.705_231_396_143_721e-3),
        (-1.0, 7.502_601_295_781_802e-2),
        (0.0, std::f64::consts::LOG10_2),
        (0.5, 0.510_691_989_265_240_8),
        (1.0, 0.799_545_541_491_970_5),
        (2.0, 1.643_016_080_140_937),
        (2.499_999_9, 2.206_931_683_205_054),
        (2.5, 2.206_931_805_795_301),
        (3.0, 2.869_699_035_929_369),
        (4.5, 5.468_818_405_029_795),
        (6.0, 9.005_864_327_476_704),
        (8.0, 15.206_142_551_017_155),
        (10.0, 23.118_053_405_486_076),
        (20.0, 88.560_095_343_075_59),
        (40.0, 349.437_006_459_345_84),
        (1000.0, 217_150.640_041_994_4),
        (1e6, 217_147_240_958.025),
    ];

    #[test]
    fn the_tail_agrees_with_values_computed_elsewhere() {
        for (x, expected) in KNOWN {
            let found = minus_log10_upper(x);
            assert!((found - expected).abs() <= 1e-13 * expected.abs(), "{x}: {found} instead of {expected}");
        }
    }

    #[test]
    fn the_tail_never_falls_and_has_no_edge_where_the_methods_meet() {
        let mut before = minus_log10_upper(-12.0);
        for step in -11_999..12_000 {
            let found = minus_log10_upper(f64::from(step) / 1000.0);
            assert!(found >= before && found - before < 0.011, "at {step}: {before} to {found}");
            before = found;
        }
    }

    #[test]
    fn the_ends_of_the_number_line_are_answered() {
        for end in [f64::INFINITY, f64::MAX] {
            let found = minus_log10_upper(end);
            assert!(found.is_infinite() && found > 0.0, "{end}: {found}");
        }
        assert!(minus_log10_upper(f64::NEG_INFINITY).abs() < f64::MIN_POSITIVE);
        assert!(minus_log10_upper(f64::NAN).is_nan());
    }
}
