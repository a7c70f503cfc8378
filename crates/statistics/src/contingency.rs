//! Two-by-two tables: the exact test of enrichment and the odds ratio with its interval.

use super::gamma::ln_choose;

/// The quantile of the normal distribution that leaves 2.5 % above it.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// How many of two groups are exposed to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Table {
    /// Cases exposed, at most `cases`.
    pub exposed_cases: u64,
    /// Cases in all.
    pub cases: u64,
    /// Controls exposed, at most `controls`.
    pub exposed_controls: u64,
    /// Controls in all.
    pub controls: u64,
}

/// An odds ratio with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OddsRatio {
    /// How many times the odds of exposure are higher among cases than among controls.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Table {
    /// Members of both groups that are exposed.
    #[must_use]
    pub fn exposed(&self) -> u64 {
        self.exposed_cases + self.exposed_controls
    }

    /// The one-sided exact p-value of enrichment among cases. It is the probability that as many cases or
    /// more would be exposed if the same number of exposures fell on cases and controls at random.
    ///
    /// This is Fisher's exact test (R. A. Fisher, The Design of Experiments, 1935, chapter II): the upper
    /// tail of the hypergeometric distribution.
    #[must_use]
    pub fn enrichment_p(&self) -> f64 {
        self.tail_from(self.exposed_cases)
    }

    /// The smallest p-value of enrichment that any table with the same margins has. When even this is large,
    /// no outcome could have been a find, so there is no point in testing (R. E. Tarone, A modified
    /// Bonferroni method for discrete data, Biometrics 46, 1990, 515–522).
    #[must_use]
    pub fn least_p(&self) -> f64 {
        self.tail_from(self.most_exposed_cases())
    }

    /// The logarithm of [`Self::enrichment_p`]. It tells outcomes apart that are so unlikely that their
    /// probability is no longer a number above zero: with a thousand cases there are some.
    #[must_use]
    pub fn ln_enrichment_p(&self) -> f64 {
        self.ln_tail_from(self.exposed_cases)
    }

    /// The fewest exposed cases that a table with the same margins has.
    pub(crate) fn least_exposed_cases(&self) -> u64 {
        self.exposed().saturating_sub(self.controls)
    }

    /// The most exposed cases that a table with the same margins has.
    pub(crate) fn most_exposed_cases(&self) -> u64 {
        self.exposed().min(self.cases)
    }

    /// The logarithm of the probability that exactly so many cases are exposed.
    fn ln_probability(&self, exposed_cases: u64) -> f64 {
        let (exposed, cases, controls) = (self.exposed(), self.cases, self.controls);
        let all = ln_choose(cases + controls, exposed);
        ln_choose(cases, exposed_cases) + ln_choose(controls, exposed - exposed_cases) - all
    }

    /// How many times more likely one more exposed case is than exactly so many: the ratio of two neighbouring
    /// probabilities of the hypergeometric distribution.
    fn ratio_to_next(&self, exposed_cases: u64) -> f64 {
        let (exposed, cases, controls) = (self.exposed(), self.cases, self.controls);
        let up = (cases - exposed_cases) as f64 * (exposed - exposed_cases) as f64;
        let down = (exposed_cases + 1) as f64 * (controls + exposed_cases + 1 - exposed) as f64;
        up / down
    }

    /// The probability of each count of exposed cases that the margins allow, from the fewest on.
    pub(crate) fn probabilities(&self) -> Vec<f64> {
        let (least, most) = (self.least_exposed_cases(), self.most_exposed_cases());
        // From the mean both ways, so that no small number is the start of large ones.
        let mean = (self.cases * self.exposed()).checked_div(self.cases + self.controls).unwrap_or(0);
        let mut probabilities = vec![0.0; (most - least + 1) as usize];
        let start = self.ln_probability(mean).exp();
        probabilities[(mean - least) as usize] = start;
        let mut probability = start;
        for count in mean..most {
            probability *= self.ratio_to_next(count);
            probabilities[(count + 1 - least) as usize] = probability;
        }
        probability = start;
        for count in (least..mean).rev() {
            probability /= self.ratio_to_next(count);
            probabilities[(count - least) as usize] = probability;
        }
        probabilities
    }

    /// The probability that at least `from` cases are exposed.
    fn tail_from(&self, from: u64) -> f64 {
        self.ln_tail_from(from).exp()
    }

    /// Its logarithm.
    fn ln_tail_from(&self, from: u64) -> f64 {
        if from <= self.least_exposed_cases() {
            return 0.0;
        }
        let (mut times_first, mut sum) = (1.0, 1.0);
        for exposed_cases in from..self.most_exposed_cases() {
            times_first *= self.ratio_to_next(exposed_cases);
            sum += times_first;
        }
        (self.ln_probability(from) + f64::ln(sum)).min(0.0)
    }

    /// The odds ratio with the Haldane–Anscombe correction (one half added to each cell, so that it exists
    /// for empty cells too) and Woolf's 95 % interval on the logarithm.
    ///
    /// J. B. S. Haldane, Annals of Human Genetics 20, 1956, 309–311; F. J. Anscombe, Biometrika 43, 1956,
    /// 461–464; B. Woolf, Annals of Human Genetics 19, 1955, 251–253.
    #[must_use]
    pub fn odds_ratio(&self) -> OddsRatio {
        let cell = |count: u64| count as f64 + 0.5;
        let (a, b) = (cell(self.exposed_cases), cell(self.cases - self.exposed_cases));
        let (c, d) = (cell(self.exposed_controls), cell(self.controls - self.exposed_controls));
        let log = (a * d / (b * c)).ln();
        let spread = NORMAL_975 * (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt();
        OddsRatio { estimate: log.exp(), low: (log - spread).exp(), high: (log + spread).exp() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(exposed_cases: u64, cases: u64, exposed_controls: u64, controls: u64) -> Table {
        Table { exposed_cases, cases, exposed_controls, controls }
    }

    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} is not {expected}");
    }

    /// Fisher 1935, chapter II: of eight cups, four had the milk poured in first. The probability to name all
    /// four is 1 in 70, and to name three or more is 17 in 70.
    #[test]
    fn the_lady_tasting_tea() {
        close(table(4, 4, 0, 4).enrichment_p(), 1.0 / 70.0);
        close(table(3, 4, 1, 4).enrichment_p(), 17.0 / 70.0);
        close(table(0, 4, 4, 4).enrichment_p(), 1.0);
        close(table(3, 4, 1, 4).least_p(), 1.0 / 70.0);
    }

    /// `python -c "from scipy.stats import fisher_exact as f; print([f([[a, n - a], [c, m - c]],
    /// alternative='greater').pvalue for a, n, c, m in ((10, 30, 20, 300), (200, 200, 5000, 20000),
    /// (40, 200, 2100, 20000), (1, 30, 0, 300), (30, 30, 299, 300))])"`.
    #[test]
    fn p_values_are_those_of_scipy() {
        let tables = [
            table(10, 30, 20, 300),
            table(200, 200, 5_000, 20_000),
            table(40, 200, 2_100, 20_000),
            table(1, 30, 0, 300),
            table(30, 30, 299, 300),
        ];
        let expected = [
            7.414_274_017_205_06e-05,
            7.515_733_999_954_49e-120,
            5.670_383_991_347_140_4e-05,
            0.090_909_090_909_090_91,
            0.909_090_909_090_909_1,
        ];
        for (table, expected) in tables.iter().zip(expected) {
            close(table.enrichment_p(), expected);
        }
    }

    /// By integers in Python: the logarithm of the sum of `comb(1000, k) * comb(20000, 7000 - k)` from the
    /// exposed cases on, over `comb(21000, 7000)`. By chance a third of the cases would be exposed. Neither
    /// probability is a number above zero any more. Hardly any exposed case is no enrichment, though the outcome
    /// itself is as good as impossible.
    #[test]
    fn what_is_too_unlikely_for_a_number_still_has_a_logarithm() {
        let expected = [(917, -796.964_760_227_311), (990, -1_087.065_873_179_235_5)];
        for (exposed, expected) in expected {
            close(table(exposed, 1_000, 7_000 - exposed, 20_000).ln_enrichment_p(), expected);
        }
        assert_eq!(table(917, 1_000, 6_083, 20_000).enrichment_p(), 0.0);
        close(table(1, 1_000, 6_999, 20_000).enrichment_p(), 1.0);
    }

    /// By scipy: `[hypergeom.pmf(k, 20, 12, 9) for k in range(1, 10)]`. No fewer than one of the nine
    /// cases is exposed, because there are only eleven controls.
    #[test]
    fn probabilities_are_those_of_every_count_that_the_margins_allow() {
        let found = table(5, 9, 7, 11).probabilities();
        let expected = [
            7.144_558_228_149_56e-5,
            0.003_143_605_620_385_806,
            0.036_675_398_904_501_07,
            0.165_039_295_070_254_83,
            0.330_078_590_140_509_66,
            0.308_073_350_797_809,
            0.132_031_436_056_203_85,
            0.023_577_042_152_893_544,
            0.001_309_835_675_160_752_5,
        ];
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.into_iter().zip(expected) {
            close(found, expected);
        }
    }

    /// At either end of such a distribution a probability is too small for a number.
    #[test]
    fn probabilities_of_thousands_sum_to_one() {
        let large = table(1_500, 3_000, 1_500, 3_000).probabilities();
        assert_eq!((large.len(), large[0], large[3_000]), (3_001, 0.0, 0.0));
        close(large.iter().sum(), 1.0);
        // C(3000, 1500)² in C(6000, 3000), by integers in Python.
        close(large[1_500], 0.02059871577422377);
        assert_eq!(table(0, 0, 0, 0).probabilities(), [1.0]);
    }

    /// The odds ratio of scipy takes whole counts only, so the expected numbers are those of the formula
    /// itself, evaluated by numpy: `python -c "import numpy as np; l = np.log(10.5 * 280.5 / 20.5 / 20.5);
    /// s = 1.959963984540054 * np.sqrt(1/10.5 + 1/20.5 + 1/20.5 + 1/280.5);
    /// print(np.exp([l, l - s, l + s]))"`.
    #[test]
    fn odds_ratios_exist_for_empty_cells_too() {
        let found = table(10, 30, 20, 300).odds_ratio();
        let expected = [7.008_328_375_966_685, 2.940_502_573_651_294, 16.703_493_839_963_034];
        for (found, expected) in [found.estimate, found.low, found.high].into_iter().zip(expected) {
            close(found, expected);
        }
        let empty = table(5, 5, 0, 5).odds_ratio();
        close(empty.estimate, 121.0);
        assert!(empty.low < 121.0 && empty.high.is_finite());
    }
}
