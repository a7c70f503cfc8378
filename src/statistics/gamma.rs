//! The logarithm of the gamma function, binomial coefficients and the normal tail.

use std::f64::consts::PI;

/// From here on eight terms of Stirling's series are exact to the last digits of an `f64`.
const STIRLING_FROM: f64 = 10.0;

/// Coefficients B(2n) / (2n (2n - 1)) of Stirling's series.
const STIRLING: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1_260.0,
    -1.0 / 1_680.0,
    1.0 / 1_188.0,
    -691.0 / 360_360.0,
    1.0 / 156.0,
    -3_617.0 / 122_400.0,
];

/// The natural logarithm of the gamma function of a positive number.
///
/// Stirling's asymptotic series, reached by the recurrence from below (Abramowitz and Stegun, Handbook of Mathematical
/// Functions, 1964, 6.1.15 and 6.1.41).
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    let mut shifted = x;
    let mut product = 1.0;
    while shifted < STIRLING_FROM {
        product *= shifted;
        shifted += 1.0;
    }
    let square = shifted * shifted;
    let series = STIRLING.iter().rev().fold(0.0, |sum, coefficient| sum / square + coefficient) / shifted;
    (shifted - 0.5) * shifted.ln() - shifted + 0.5 * (2.0 * PI).ln() + series - product.ln()
}

/// The natural logarithm of the number of ways to choose `k` of `n`; `k` is at most `n`.
#[must_use]
pub fn ln_choose(n: u64, k: u64) -> f64 {
    let ln_factorial = |n: u64| ln_gamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// The probability that a standard normal variable is above `z`.
///
/// Half the complementary error function, by its series near zero and by its continued fraction in the tail (Abramowitz
/// and Stegun 1964, 7.1.6 and 7.1.14).
#[must_use]
pub fn normal_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - normal_tail(-z);
    }
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    if z < 3.0 {
        let (mut term, mut sum, mut n) = (z, z, 1.0);
        while term > sum * f64::EPSILON {
            n += 2.0;
            term *= z * z / n;
            sum += term;
        }
        return 0.5 - density * sum;
    }
    // Evaluated from the inside out; 200 levels are far more than the tail beyond 3 needs.
    let fraction = (1..=200).rev().fold(z, |inner, level| z + f64::from(level) / inner);
    density / fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
    }

    /// `python -c "from scipy.special import gammaln; print([gammaln(x) for x in (0.5, 1, 3.7, 10, 171.5, 20200)])"`.
    #[test]
    fn log_gamma_is_that_of_scipy() {
        let expected = [
            0.572_364_942_924_7,
            0.0,
            1.428_072_326_665_388,
            12.801_827_480_081_469,
            709.143_163_030_928_3,
            180_047.407_468_180_7,
        ];
        for (x, expected) in [0.5, 1.0, 3.7, 10.0, 171.5, 20_200.0].into_iter().zip(expected) {
            close(ln_gamma(x), expected);
        }
        close(ln_choose(8, 4).exp(), 70.0);
    }

    /// `python -c "from scipy.stats import norm; print([norm.sf(z) for z in (-1.5, 0, 1.96, 2.999, 3, 6)])"`.
    #[test]
    fn the_normal_tail_is_that_of_scipy() {
        let expected = [
            0.933_192_798_731_141_9,
            0.5,
            0.024_997_895_148_220_435,
            0.001_354_336_533_727_105_7,
            0.001_349_898_031_630_093,
            9.865_876_450_376_946e-10,
        ];
        for (z, expected) in [-1.5, 0.0, 1.96, 2.999, 3.0, 6.0].into_iter().zip(expected) {
            let found = normal_tail(z);
            assert!((found / expected - 1.0).abs() < 1e-10, "{found} is not {expected}");
        }
    }
}
