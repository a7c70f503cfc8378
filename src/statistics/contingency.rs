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

    /// The one-sided exact p-value of enrichment among cases: the probability that as many cases or more would be
    /// exposed if the same number of exposures fell on cases and controls at random.
    ///
    /// Fisher's exact test (R. A. Fisher, The Design of Experiments, 1935, chapter II): the upper tail of the
    /// hypergeometric distribution.
    #[must_use]
    pub fn enrichment_p(&self) -> f64 {
        self.tail_from(self.exposed_cases)
    }

    /// The smallest p-value of enrichment that any table with the same margins has: when it is large, no outcome would
    /// have been a find (R. E. Tarone, A modified Bonferroni method for discrete data, Biometrics 46, 1990, 515–522).
    #[must_use]
    pub fn least_p(&self) -> f64 {
        self.tail_from(self.exposed().min(self.cases))
    }

    /// The probability that at least `from` cases are exposed.
    fn tail_from(&self, from: u64) -> f64 {
        let (exposed, cases, controls) = (self.exposed(), self.cases, self.controls);
        let least = exposed.saturating_sub(controls);
        if from <= least {
            return 1.0;
        }
        let all = ln_choose(cases + controls, exposed);
        let mut probability = (ln_choose(cases, from) + ln_choose(controls, exposed - from) - all).exp();
        let mut sum = probability;
        for exposed_cases in from..exposed.min(cases) {
            // The ratio of neighbouring probabilities of the hypergeometric distribution.
            let up = (cases - exposed_cases) as f64 * (exposed - exposed_cases) as f64;
            let down = (exposed_cases + 1) as f64 * (controls + exposed_cases + 1 - exposed) as f64;
            probability *= up / down;
            sum += probability;
        }
        sum.min(1.0)
    }

    /// The odds ratio with the Haldane–Anscombe correction (one half added to each cell, so that it exists for empty
    /// cells too) and Woolf's 95 % interval on the logarithm.
    ///
    /// J. B. S. Haldane, Annals of Human Genetics 20, 1956, 309–311; F. J. Anscombe, Biometrika 43, 1956, 461–464;
    /// B. Woolf, Annals of Human Genetics 19, 1955, 251–253.
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

    /// Fisher 1935, chapter II: eight cups, four with the milk in first. All four right: 1 in 70. Three right or more: 17
    /// in 70.
    #[test]
    fn the_lady_tasting_tea() {
        close(table(4, 4, 0, 4).enrichment_p(), 1.0 / 70.0);
        close(table(3, 4, 1, 4).enrichment_p(), 17.0 / 70.0);
        close(table(0, 4, 4, 4).enrichment_p(), 1.0);
        close(table(3, 4, 1, 4).least_p(), 1.0 / 70.0);
    }

    /// `python -c "from scipy.stats import fisher_exact as f; print([f([[a, n - a], [c, m - c]],
    /// alternative='greater').pvalue for a, n, c, m in ((10, 30, 20, 300), (200, 200, 5000, 20000), (40, 200, 2100, 20000),
    /// (1, 30, 0, 300), (30, 30, 299, 300))])"`.
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

    /// scipy's odds ratio takes whole counts only, so the formula itself, evaluated by numpy: `python -c "import numpy as
    /// np; l = np.log(10.5 * 280.5 / 20.5 / 20.5); s = 1.959963984540054 * np.sqrt(1/10.5 + 1/20.5 + 1/20.5 + 1/280.5);
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
