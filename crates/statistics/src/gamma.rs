//! Binomial coefficients as logarithms, and the tail of the normal distribution.
//!
//! Both rely on the crate `libm`. docs/decisions/0090-log-gamma.md has the errors that were measured, and
//! says why no other crate was taken.

use std::f64::consts::FRAC_1_SQRT_2;

/// The natural logarithm of the number of ways to choose `k` of `n`; `k` is at most `n`.
#[must_use]
pub fn ln_choose(n: u64, k: u64) -> f64 {
    let ln_factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// The probability that a standard normal variable is above `z`, which is half the complementary error
/// function (Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.2.29).
#[must_use]
pub fn normal_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z * FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error in units of the last place of the expected number.
    fn last_places(found: f64, expected: f64) -> f64 {
        (found - expected).abs() / (expected.abs().next_up() - expected.abs())
    }

    /// The expected numbers are by mpmath: `python -c "import mpmath as m; m.mp.dps = 50;
    /// print([m.nstr(m.loggamma(m.mpf(x)), 20) for x in (0.5, 1.5, 3, 3.7, 8, 10, 14, 129.5, 171.5, 404.5,
    /// 20200, 1000000, 1000000.5, 1e9)])"`. Most arguments are integers and halves, among them those with the
    /// largest errors that were found. So this test fails when a new version of the crate loses digits.
    #[test]
    fn log_gamma_is_exact_to_two_units_of_the_last_place() {
        let expected = [
            (0.5, 0.572_364_942_924_700_1),
            (1.5, -0.120_782_237_635_245_22),
            (3.0, std::f64::consts::LN_2),
            (3.7, 1.428_072_326_665_388),
            (8.0, 8.525_161_361_065_414),
            (10.0, 12.801_827_480_081_47),
            (14.0, 22.552_163_853_123_42),
            (129.5, 498.834_415_699_576_6),
            (171.5, 709.143_163_030_928_2),
            (404.5, 2_021.490_446_094_232_6),
            (20_200.0, 180_047.407_468_180_7),
            (1_000_000.0, 12_815_504.569_147_611),
            (1_000_000.5, 12_815_511.476_902_766),
            (1e9, 19_723_265_827.503_716),
        ];
        for (x, expected) in expected {
            let found = libm::lgamma(x);
            assert!(last_places(found, expected) <= 2.0, "of {x}: {found} is not {expected}");
        }
        assert_eq!((libm::lgamma(1.0), libm::lgamma(2.0)), (0.0, 0.0));
    }

    /// By mpmath: `m.nstr(m.log(m.binomial(n, k)), 20)`. The three terms cancel, so the last places of the
    /// largest of them are what can be had.
    #[test]
    fn binomial_coefficients_are_as_exact_as_their_terms() {
        let expected = [
            ((8, 4), 4.248_495_242_049_359),
            ((52, 5), 14.770_621_922_970_374),
            ((320, 30), 96.988_207_737_606_81),
            ((20_200, 5_200), 11_515.962_392_697_457),
            ((1_000_000, 1_000), 7_902.882_712_976_144),
        ];
        for ((n, k), expected) in expected {
            let found = ln_choose(n, k);
            let place = libm::lgamma(n as f64 + 1.0) * f64::EPSILON;
            assert!((found - expected).abs() <= 4.0 * place, "{n} over {k}: {found} is not {expected}");
        }
        assert_eq!((ln_choose(7, 0), ln_choose(7, 7), ln_choose(0, 0)), (0.0, 0.0, 0.0));
    }

    /// By mpmath: `m.nstr(m.erfc(m.mpf(z) / m.sqrt(2)) / 2, 20)`.
    #[test]
    fn the_normal_tail_keeps_thirteen_digits_far_out_too() {
        let expected = [
            (-1.5, 0.933_192_798_731_141_9),
            (0.0, 0.5),
            (0.5, 0.308_537_538_725_986_9),
            (1.96, 0.024_997_895_148_220_436),
            (2.999, 0.001_354_336_533_727_106_2),
            (3.0, 0.001_349_898_031_630_094_5),
            (6.0, 9.865_876_450_376_98e-10),
            (15.0, 3.670_966_199_312_751e-51),
        ];
        for (z, expected) in expected {
            let found = normal_tail(z);
            assert!((found / expected - 1.0).abs() < 5e-14, "of {z}: {found} is not {expected}");
        }
    }
}
