//! The rank test: do two groups differ in a number, wherever a cut might lie?

use super::gamma::normal_tail;

/// The outcome of a rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankTest {
    /// Pairs of a case and a control in which the case is higher; a tie counts one half.
    pub u: f64,
    /// The two-sided p-value.
    pub p: f64,
}

/// The Mann–Whitney U test. It uses the normal approximation, corrected for ties and continuity. `None` when
/// a group is empty or all numbers are equal.
///
/// H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18, 1947, 50–60; the correction for ties
/// after E. L. Lehmann, Nonparametrics: Statistical Methods Based on Ranks, 1975, section 1.4.
#[must_use]
pub fn mann_whitney(cases: &[f64], controls: &[f64]) -> Option<RankTest> {
    let mut numbers: Vec<(f64, bool)> = cases.iter().map(|number| (*number, true)).collect();
    numbers.extend(controls.iter().map(|number| (*number, false)));
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (n, m) = (cases.len() as f64, controls.len() as f64);
    let all = n + m;
    let (mut ranks, mut ties, mut below) = (0.0, 0.0, 0.0);
    for equal in numbers.chunk_by(|a, b| a.0 == b.0) {
        let count = equal.len() as f64;
        let middle = below + (count + 1.0) / 2.0;
        ranks += middle * equal.iter().filter(|(_, case)| *case).count() as f64;
        ties += count * count * count - count;
        below += count;
    }
    let u = ranks - n * (n + 1.0) / 2.0;
    let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance.is_nan() || variance <= 0.0 {
        return None;
    }
    let distance = ((u - n * m / 2.0).abs() - 0.5).max(0.0);
    Some(RankTest { u, p: (2.0 * normal_tail(distance / variance.sqrt())).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `python -c "from scipy.stats import mannwhitneyu as t; r = t([72.4, 71.9, 70.2, 70.2, 69.8],
    /// [72.4, 73.1, 73.0, 72.4, 72.6, 71.9, 73.3], method='asymptotic'); print(r.statistic, r.pvalue)"`.
    #[test]
    fn the_test_is_that_of_scipy_with_ties() {
        let cases = [72.4, 71.9, 70.2, 70.2, 69.8];
        let controls = [72.4, 73.1, 73.0, 72.4, 72.6, 71.9, 73.3];
        let found = mann_whitney(&cases, &controls).expect("numbers that differ");
        let expected = 0.017_317_795_499_565_834;
        assert_eq!(found.u, 2.5);
        // The other way round: all other of the 35 pairs, and as likely.
        let swapped = mann_whitney(&controls, &cases).expect("numbers that differ");
        assert_eq!((swapped.u, swapped.p), (32.5, found.p));
        assert!((found.p / expected - 1.0).abs() < 1e-9, "{} is not {expected}", found.p);
    }

    #[test]
    fn without_a_difference_to_see_there_is_no_number() {
        assert_eq!(mann_whitney(&[], &[1.0]), None);
        assert_eq!(mann_whitney(&[1.0], &[]), None);
        assert_eq!(mann_whitney(&[1.0, 1.0], &[1.0]), None);
    }
}
