//! Two-by-two tables in strata: is there an enrichment that what the strata stand for does not explain?
//!
//! Members are divided into strata, so that within one of them all are alike in something known. Then the
//! margins of each stratum are held fixed, and only the exposed cases summed over all strata are looked at. A
//! factor that goes along with the known one, and does nothing itself, has no more of them than chance gives.
//!
//! The test is that of N. Mantel and W. Haenszel, Statistical aspects of the analysis of data from
//! retrospective studies of disease, Journal of the National Cancer Institute 22, 1959, 719–748 (also W. G.
//! Cochran, Biometrics 10, 1954, 417–451), in its exact conditional form (A. Agresti, Categorical Data
//! Analysis, third edition, 2013, sections 7.3.5 and 16.6.6).

use super::contingency::Table;
use super::gamma::normal_tail;

/// The exact distribution is computed when it takes at most this many multiplications. Beyond that, at least
/// two strata have hundreds of possible outcomes, and the normal approximation serves.
const PRODUCTS_MAX: u64 = 1 << 16;

/// The one-sided p-value of enrichment among cases within the strata. It is the probability that as many
/// cases or more would be exposed in all strata together, if in each stratum the same number of exposures
/// fell on its cases and controls at random.
///
/// With one stratum this is Fisher's exact test. The distribution is that of a sum of independent
/// hypergeometric variables, computed by convolution. Where this would take too much work, it is the
/// Cochran–Mantel–Haenszel statistic with its continuity correction, one-sided.
///
/// This is not the mid-p value, which counts the observed outcome by half (K. F. Hirji, Exact Analysis of
/// Discrete Data, 2006, section 2.7). That one is nearer to its level on average, but it may exceed it.
#[must_use]
pub fn stratified_enrichment_p(strata: &[Table]) -> f64 {
    let strata: Vec<Table> = strata.iter().copied().filter(has_contrast).collect();
    // To the last place the number that the table alone has, so that equal tests stay equal.
    if let [table] = strata[..] {
        return table.enrichment_p();
    }
    if products(&strata) > PRODUCTS_MAX {
        return approximate_p(&strata);
    }
    let observed: u64 = strata.iter().map(|table| table.exposed_cases - table.least_exposed_cases()).sum();
    let distribution = strata.iter().fold(vec![1.0], |sum, table| convolve(&sum, &table.probabilities()));
    // From the end, where the small numbers are, so that they are not lost beside large ones.
    distribution[observed as usize..].iter().rev().sum::<f64>().min(1.0)
}

/// The smallest p-value that any outcome with the same margins has in every stratum. When even this is large,
/// there is no point in testing (R. E. Tarone, Biometrics 46, 1990, 515–522).
#[must_use]
pub fn stratified_least_p(strata: &[Table]) -> f64 {
    // The largest sum is reached only when each stratum has its own largest count.
    strata.iter().filter(|table| has_contrast(table)).map(Table::least_p).product()
}

/// Whether the count of exposed cases can vary in a stratum. One where it cannot says nothing.
fn has_contrast(table: &Table) -> bool {
    table.least_exposed_cases() < table.most_exposed_cases()
}

/// How many multiplications the exact distribution takes.
fn products(strata: &[Table]) -> u64 {
    let (mut outcomes, mut products) = (1, 0_u64);
    for table in strata {
        let of_stratum = table.most_exposed_cases() - table.least_exposed_cases() + 1;
        products = products.saturating_add(u64::saturating_mul(outcomes, of_stratum));
        outcomes += of_stratum - 1;
    }
    products
}

/// The distribution of the sum of two independent counts.
fn convolve(one: &[f64], other: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; one.len() + other.len() - 1];
    for (n, p) in one.iter().enumerate() {
        for (into, q) in sum[n..].iter_mut().zip(other) {
            *into += p * q;
        }
    }
    sum
}

/// The upper tail of the normal distribution at the Cochran–Mantel–Haenszel statistic. One half is taken off
/// the difference, since counts move in steps of one.
fn approximate_p(strata: &[Table]) -> f64 {
    let (mut difference, mut variance) = (-0.5, 0.0);
    for table in strata {
        let (cases, controls) = (table.cases as f64, table.controls as f64);
        let (all, exposed) = (cases + controls, table.exposed() as f64);
        difference += table.exposed_cases as f64 - exposed * cases / all;
        variance += exposed * cases * controls * (all - exposed) / (all * all * (all - 1.0));
    }
    normal_tail(difference / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strata(counts: &[(u64, u64, u64, u64)]) -> Vec<Table> {
        let table = |&(exposed_cases, cases, exposed_controls, controls): &_| Table {
            exposed_cases,
            cases,
            exposed_controls,
            controls,
        };
        counts.iter().map(table).collect()
    }

    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} is not {expected}");
    }

    /// Rabbits that got penicillin at once or late, in five strata of dose: the example of N. Mantel,
    /// Chi-square tests with one degree of freedom, Journal of the American Statistical Association 58, 1963,
    /// 690–700, and of `mantelhaen.test` in R, whose exact two-sided p-value is 0.03994: twice this one, since
    /// the distribution is symmetric. In fractions it is 29 in 1452.
    const RABBITS: [(u64, u64, u64, u64); 5] =
        [(0, 6, 0, 5), (3, 6, 0, 6), (6, 6, 2, 6), (5, 6, 6, 6), (2, 2, 5, 5)];

    #[test]
    fn the_exact_p_is_that_of_the_published_example() {
        close(stratified_enrichment_p(&strata(&RABBITS)), 29.0 / 1_452.0);
        close(stratified_least_p(&strata(&RABBITS)), 1.0 / 726.0);
    }

    /// By fractions of integers in Python (`fractions.Fraction`, `math.comb`): the convolution of
    /// C(n, k) C(m, e − k) / C(n + m, e).
    #[test]
    fn small_and_uneven_strata_are_exact() {
        let uneven = strata(&[(12, 40, 3, 80), (0, 3, 1, 4), (5, 9, 10, 60), (7, 30, 30, 200)]);
        close(stratified_enrichment_p(&uneven), 8.612_965_666_291_651e-5);
        close(stratified_least_p(&uneven), 8.934_311_984_372_84e-47);
    }

    /// By convolution of `scipy.stats.hypergeom.pmf` with `numpy.convolve`.
    #[test]
    fn strata_of_hundreds_are_exact() {
        let hundreds = strata(&[(60, 200, 900, 4_000), (45, 300, 300, 3_000)]);
        close(stratified_enrichment_p(&hundreds), 0.000_285_486_822_749_189_9);
        let far = strata(&[(180, 200, 1_500, 6_000), (90, 150, 300, 2_000)]);
        close(stratified_enrichment_p(&far), 5.756_403_187_212_14e-109);
    }

    /// Smoking and lung cancer in eight Chinese cities (Agresti, Categorical Data Analysis, second edition,
    /// 2002, table 6.6), where the Cochran–Mantel–Haenszel statistic is 280.1; with the continuity correction
    /// it is 279.4 (`statsmodels.stats.contingency_tables.StratifiedTable.test_null_odds`).
    #[test]
    fn the_approximation_is_that_of_statsmodels() {
        let cities = strata(&[
            (126, 226, 35, 96),
            (908, 1_596, 497, 1_304),
            (913, 1_660, 336, 934),
            (235, 407, 58, 179),
            (402, 710, 121, 336),
            (182, 338, 72, 170),
            (60, 159, 11, 54),
            (104, 193, 21, 57),
        ]);
        assert!(products(&cities) > PRODUCTS_MAX);
        let beside_one = [&cities[..], &strata(&[(1, 1, 0, 0)])].concat();
        assert_eq!(stratified_enrichment_p(&beside_one), stratified_enrichment_p(&cities));
        close(stratified_enrichment_p(&cities), normal_tail(f64::sqrt(279.375_740_463_853_4)));
    }

    /// The exact p-value, by scipy, is 0.0022244; the approximation is 0.0022918.
    #[test]
    fn the_approximation_is_near_the_exact_p() {
        let large = strata(&[(330, 500, 1_200, 2_000), (290, 500, 1_080, 2_000)]);
        assert!(products(&large) > PRODUCTS_MAX);
        let found = stratified_enrichment_p(&large);
        close(found, 0.002_291_834_573_988_84);
        assert!((found / 0.002_224_420_757_103_45 - 1.0).abs() < 0.05, "{found}");
    }

    /// The outcomes of the five strata are 1, 4, 5, 2 and 1, those of the sums before each 1, 1, 4, 8 and 9.
    #[test]
    fn work_is_counted_in_multiplications() {
        assert_eq!(products(&strata(&RABBITS)), 1 + 4 + 4 * 5 + 8 * 2 + 9);
    }

    /// One stratum is Fisher's test, and one where nobody or everybody is exposed changes nothing.
    #[test]
    fn one_stratum_is_the_test_without_strata() {
        let tea = strata(&[(3, 4, 1, 4), (0, 5, 0, 9), (7, 7, 3, 3), (0, 0, 3, 5)]);
        close(stratified_enrichment_p(&tea), tea[0].enrichment_p());
        close(stratified_least_p(&tea), tea[0].least_p());
        close(stratified_enrichment_p(&[]), 1.0);
        close(stratified_least_p(&tea[1..]), 1.0);
    }
}
