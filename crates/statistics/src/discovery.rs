//! The false discovery rate, when many things are tested at once.

/// The q-values in the order of the p-values. A q-value is the least false discovery rate at which the
/// p-value would count as a find.
///
/// Y. Benjamini and Y. Hochberg, Controlling the false discovery rate, Journal of the Royal Statistical
/// Society B 57, 1995, 289–300: the q of the i-th smallest of m p-values is the minimum over j ≥ i of p(j) m
/// / j.
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut q_values = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, index) in order.iter().enumerate().rev() {
        least = least.min(p_values[*index] * p_values.len() as f64 / (rank + 1) as f64);
        q_values[*index] = least;
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Benjamini and Hochberg 1995, section 3.2: fifteen p-values from a trial of
    /// thrombolysis, of which the procedure at 0.05 keeps the first four.
    const TRIAL: [f64; 15] = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
        0.6528, 0.7590, 1.0,
    ];

    #[test]
    fn the_published_example_keeps_four() {
        let found = benjamini_hochberg(&TRIAL);
        assert_eq!(found.iter().filter(|q| **q <= 0.05).count(), 4);
    }

    /// The q-values of the same trial by scipy. The test hands the p-values over in another order.
    const Q_VALUES: [f64; 15] = [
        0.0015,
        0.003,
        0.0095,
        0.035_625,
        0.0603,
        0.063_857_142_857_142_86,
        0.063_857_142_857_142_86,
        0.0645,
        0.0765,
        0.486,
        0.581_181_818_181_818_1,
        0.714_875,
        0.753_230_769_230_769_3,
        0.813_214_285_714_285_7,
        1.0,
    ];

    /// `python -c "from scipy.stats import false_discovery_control as f; print(list(f(TRIAL)))"`.
    #[test]
    fn q_values_are_those_of_scipy_in_any_order() {
        let order = [7, 3, 14, 0, 9, 12, 1, 5, 2, 13, 4, 8, 6, 11, 10];
        let shuffled: Vec<f64> = order.iter().map(|index| TRIAL[*index]).collect();
        for (found, index) in benjamini_hochberg(&shuffled).iter().zip(order) {
            assert!((found / Q_VALUES[index] - 1.0).abs() < 1e-9, "{found} is not {}", Q_VALUES[index]);
        }
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
