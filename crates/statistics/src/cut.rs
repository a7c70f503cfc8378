//! The best cut through a number. Where do cases part from controls, and would chance have found a cut as
//! good?
//!
//! The criterion is the p-value of Fisher's exact test: the best band is the one with the least. That least
//! p-value is no p-value itself, since it was searched. Its distribution under rearrangement of the same
//! numbers is computed exactly: the cases met from the lowest number on are a path, and the corrected p-value
//! is the probability that a random path reaches such a p-value somewhere (after J. A. Koziol, On maximally
//! selected chi-square statistics, Biometrics 47, 1991, 1557–1561; with equal numbers A.-L. Boulesteix,
//! Biometrical Journal 48, 2006, 451–462). It never exceeds Bonferroni's bound, which is the p-value times the
//! number of bands; neighbouring bands hold nearly the same, so it is often a tenth of that.

use std::ops::Range;

use super::contingency::Table;

/// A band must hold at least this share of the cases. Otherwise extreme cuts would win by a single case.
const SHARE_MIN: f64 = 0.1;

/// So that rounding does not let an equally good rearrangement look worse; of a logarithm.
const TOLERANCE: f64 = 1e-9;

/// Which side of the cut the cases are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// At the cut or below.
    AtMost,
    /// At the cut or above.
    AtLeast,
}

impl Side {
    /// Whether a value is in the band of this side of a cut; the cut itself is.
    #[must_use]
    pub fn holds(self, value: f64, at: f64) -> bool {
        match self {
            Self::AtMost => value <= at,
            Self::AtLeast => value >= at,
        }
    }
}

/// A band that cases fall into more often than controls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// Which side of the cut the band is on.
    pub side: Side,
    /// The value of the cut, one of those measured. It belongs to the band.
    pub at: f64,
    /// How many fall into the band.
    pub table: Table,
    /// How many bands there were to choose from, those of both sides together.
    pub cuts: usize,
    /// The exact p-value, corrected for having searched for the best cut.
    pub p: f64,
}

/// Finds the band, of all numbers up to or from some measured one on, that parts cases from controls best.
/// Its p-value is the probability that a random rearrangement of the same numbers has a band as good. `None`
/// when a group is empty, or no band holds more cases than expected.
#[must_use]
pub fn best_cut(cases: &[f64], controls: &[f64]) -> Option<Cut> {
    let ladder = Ladder::new(cases, controls)?;
    let mut best: Option<(f64, Side, f64, Table)> = None;
    for rung in &ladder.rungs {
        for (side, at) in [(Side::AtMost, rung.last), (Side::AtLeast, rung.next)] {
            let table = ladder.band(side, rung);
            if ladder.is_searched(&table) && is_enriched(&table) {
                let ln_p = table.ln_enrichment_p();
                if best.is_none_or(|(least, ..)| ln_p < least) {
                    best = Some((ln_p, side, at, table));
                }
            }
        }
    }
    let (ln_p, side, at, table) = best?;
    Some(Cut { side, at, table, cuts: 2 * ladder.rungs.len(), p: ladder.chance_of(ln_p) })
}

/// The probability that a random rearrangement of these numbers has some band that parts cases from controls
/// at least as well as this one does, which may have been chosen by looking at all of them. 1 when the band
/// holds too few cases, or everything.
#[must_use]
pub fn cut_p(cases: &[f64], controls: &[f64], side: Side, at: f64) -> f64 {
    let Some(ladder) = Ladder::new(cases, controls) else { return 1.0 };
    let inside = |values: &[f64]| values.iter().filter(|value| side.holds(**value, at)).count() as u64;
    let table = Table {
        exposed_cases: inside(cases),
        cases: ladder.cases,
        exposed_controls: inside(controls),
        controls: ladder.controls,
    };
    if ladder.is_searched(&table) { ladder.chance_of(table.ln_enrichment_p()) } else { 1.0 }
}

/// Whether a larger share of the cases is exposed than of the controls.
fn is_enriched(table: &Table) -> bool {
    table.exposed_cases * table.controls > table.exposed_controls * table.cases
}

/// Numbers in ascending order, as far as cuts part them.
struct Ladder {
    /// Between each two different neighbours, ascending.
    rungs: Vec<Rung>,
    cases: u64,
    controls: u64,
}

/// A place where a cut may be.
struct Rung {
    /// How many numbers lie below it.
    numbers: u64,
    /// How many of these are cases.
    cases: u64,
    /// The number right below it.
    last: f64,
    /// The number right above it.
    next: f64,
}

impl Ladder {
    /// `None` when a group is empty.
    fn new(cases: &[f64], controls: &[f64]) -> Option<Self> {
        if cases.is_empty() || controls.is_empty() {
            return None;
        }
        let mut numbers: Vec<(f64, bool)> = cases.iter().map(|number| (*number, true)).collect();
        numbers.extend(controls.iter().map(|number| (*number, false)));
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut rungs, mut below) = (Vec::new(), 0);
        for (position, pair) in numbers.windows(2).enumerate() {
            below += u64::from(pair[0].1);
            if pair[0].0 < pair[1].0 {
                let (last, next) = (pair[0].0, pair[1].0);
                rungs.push(Rung { numbers: position as u64 + 1, cases: below, last, next });
            }
        }
        Some(Self { rungs, cases: cases.len() as u64, controls: controls.len() as u64 })
    }

    /// The band on one side of a cut.
    fn band(&self, side: Side, rung: &Rung) -> Table {
        let (cases, controls) = (rung.cases, rung.numbers - rung.cases);
        let (exposed_cases, exposed_controls) = match side {
            Side::AtMost => (cases, controls),
            Side::AtLeast => (self.cases - cases, self.controls - controls),
        };
        Table { exposed_cases, cases: self.cases, exposed_controls, controls: self.controls }
    }

    /// The fewest cases that a band may hold.
    fn least_cases(&self) -> u64 {
        ((self.cases as f64 * SHARE_MIN).ceil() as u64).max(2)
    }

    /// Whether a band is one of those that are searched: it holds enough cases, and not everything.
    fn is_searched(&self, band: &Table) -> bool {
        band.exposed_cases >= self.least_cases() && band.exposed() < self.cases + self.controls
    }

    /// How many cases a band of so many numbers must hold so that its p-value is at most this; more than it can
    /// hold, when there is no such count. Sizes are ascending. A larger band needs no fewer cases, so each
    /// search starts where the one before it ended.
    fn needed(&self, sizes: impl Iterator<Item = u64>, ln_p: f64) -> Vec<u64> {
        let mut needed = self.least_cases();
        let of_size = sizes.map(|size| {
            while needed <= size.min(self.cases) && self.ln_tail(size, needed) > ln_p + TOLERANCE {
                needed += 1;
            }
            needed
        });
        of_size.collect()
    }

    /// The logarithm of the probability that a band of so many numbers holds so many cases or more. It is 0 when
    /// there are too few controls to fill the rest of the band.
    fn ln_tail(&self, size: u64, exposed_cases: u64) -> f64 {
        let exposed_controls = size - exposed_cases;
        Table { exposed_cases, cases: self.cases, exposed_controls, controls: self.controls }
            .ln_enrichment_p()
    }

    /// The probability that in a random order some band has a p-value as small as this.
    ///
    /// From the lowest number on, `paths` has for each count of cases met so far the probability to get there
    /// without such a band; where there is one, the probability is taken out and added up. Everything added
    /// is positive, so that small probabilities are as exact as large ones.
    fn chance_of(&self, ln_p: f64) -> f64 {
        let all = self.cases + self.controls;
        let below = self.needed(self.rungs.iter().map(|rung| rung.numbers), ln_p);
        let above = self.needed(self.rungs.iter().rev().map(|rung| all - rung.numbers), ln_p);
        let mut paths = vec![0.0; self.cases as usize + 1];
        paths[0] = 1.0;
        // Only counts in this range have paths. Looking at no others is faster, and changes nothing.
        let (mut fewest, mut most) = (0, 0);
        let (mut chance, mut met) = (0.0, 0);
        for ((rung, below), above) in self.rungs.iter().zip(below).zip(above.into_iter().rev()) {
            while met < rung.numbers {
                most = (most + 1).min(self.cases as usize);
                self.meet_one(&mut paths, fewest..most, all - met);
                met += 1;
            }
            for (cases, path) in (fewest as u64..).zip(&mut paths[fewest..=most]) {
                if cases >= below || self.cases - cases >= above {
                    chance += std::mem::take(path);
                }
            }
            while fewest < most && paths[fewest] == 0.0 {
                fewest += 1;
            }
            while fewest < most && paths[most] == 0.0 {
                most -= 1;
            }
        }
        f64::min(chance, 1.0)
    }

    /// One number further, for paths that met so many cases: of the `left` numbers, all cases not yet met
    /// are as likely to be the next.
    fn meet_one(&self, paths: &mut [f64], counts: Range<usize>, left: u64) {
        for cases in counts.rev() {
            let cases_left = self.cases - cases as u64;
            let reached = paths[cases] / left as f64;
            paths[cases + 1] += reached * cases_left as f64;
            paths[cases] = reached * left.saturating_sub(cases_left) as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} is not {expected}");
    }

    fn numbers(numbers: std::ops::Range<u32>) -> Vec<f64> {
        numbers.map(f64::from).collect()
    }

    #[test]
    fn a_clear_cut_is_found_on_either_side() {
        let (low, high) = (numbers(0..10), numbers(20..60));
        let found = best_cut(&low, &high).expect("a cut");
        let table = Table { exposed_cases: 10, cases: 10, exposed_controls: 0, controls: 40 };
        assert_eq!((found.side, found.at, found.table, found.cuts), (Side::AtMost, 9.0, table, 98));
        // All of 10 cases below all of 40 controls, or above them: 2 in C(50, 10).
        close(found.p, 2.0 / 10_272_278_170.0);
        let found = best_cut(&high[30..], &[&low[..], &high[..30]].concat()).expect("a cut");
        assert_eq!((found.side, found.at, found.table, found.cuts), (Side::AtLeast, 50.0, table, 98));
        close(found.p, 2.0 / 10_272_278_170.0);
    }

    fn choose(n: u64, k: u64) -> f64 {
        (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
    }

    /// The p-value of a band, the plain way: the sum over all counts of cases as large.
    fn plain_p(exposed: u64, exposed_cases: u64, all: u64, cases: u64) -> f64 {
        let ways = |count: u64| choose(cases, count) * choose(all - cases, exposed - count);
        let counts = exposed_cases..=exposed.min(cases);
        counts.filter(|count| exposed - count <= all - cases).map(ways).sum::<f64>() / choose(all, exposed)
    }

    /// The least p-value of any band when these are cases, the plain way: for each value, everything up to it and
    /// everything from it on. At least two cases, and not everything.
    fn least(values: &[u32], is_case: &[bool]) -> f64 {
        let (all, cases) = (values.len() as u64, is_case.iter().filter(|case| **case).count() as u64);
        let mut least = 1.0_f64;
        for at in values {
            let sides: [&dyn Fn(&u32) -> bool; 2] = [&|value| value <= at, &|value| value >= at];
            for inside in sides {
                let exposed = values.iter().filter(|value| inside(value)).count() as u64;
                let of_cases = values.iter().zip(is_case).filter(|(value, case)| inside(value) && **case);
                let of_cases = of_cases.count() as u64;
                if of_cases >= 2 && exposed < all {
                    least = least.min(plain_p(exposed, of_cases, all, cases));
                }
            }
        }
        least
    }

    /// Every way to choose so many cases among so many numbers.
    fn choices(numbers: usize, cases: usize) -> Vec<Vec<bool>> {
        let all = (0..1_u32 << numbers).filter(|bits| bits.count_ones() as usize == cases);
        all.map(|bits| (0..numbers).map(|n| bits >> n & 1 == 1).collect()).collect()
    }

    fn parted(values: &[u32], is_case: &[bool]) -> (Vec<f64>, Vec<f64>) {
        let of = |group: bool| -> Vec<f64> {
            let members = values.iter().zip(is_case).filter(|(_, case)| **case == group);
            members.map(|(value, _)| f64::from(*value)).collect()
        };
        (of(true), of(false))
    }

    /// The p-value of every rearrangement of some small sets of numbers, with equal ones and without, against a
    /// count of all rearrangements.
    #[test]
    fn p_values_are_shares_of_all_rearrangements() {
        let sets: [(&[u32], usize); 5] = [
            (&[0, 1, 2, 3, 4, 5, 6, 7], 3),
            (&[0, 0, 1, 2, 2, 2, 3, 4, 4, 9], 4),
            (&[1, 1, 1, 2, 3, 3, 3, 3, 5], 6),
            (&[7, 7, 8, 8, 8, 9, 9, 9, 9, 9], 2),
            (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 7),
        ];
        for (values, cases) in sets {
            let choices = choices(values.len(), cases);
            let all: Vec<f64> = choices.iter().map(|choice| least(values, choice)).collect();
            let mut found = 0;
            for (choice, p) in choices.iter().zip(&all) {
                let (cases, controls) = parted(values, choice);
                let Some(cut) = best_cut(&cases, &controls) else { continue };
                close(cut.table.enrichment_p(), *p);
                let as_good = all.iter().filter(|other| **other <= p * (1.0 + 1e-9)).count();
                close(cut.p, as_good as f64 / choices.len() as f64);
                assert_eq!(cut_p(&cases, &controls, cut.side, cut.at), cut.p);
                assert!(cut.p <= cut.cuts as f64 * p * (1.0 + 1e-9));
                found += 1;
            }
            assert!(found * 2 > choices.len(), "{found} of {}", choices.len());
        }
    }

    /// A cut that was chosen elsewhere: its p-value is that of any cut as good.
    #[test]
    fn any_cut_pays_for_all() {
        let values = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        let choice = [true, false, true, true, false, false, false, true, false];
        let choices = choices(9, 4);
        let (cases, controls) = parted(&values, &choice);
        let share = |exposed: u64, exposed_cases: u64, cases: u64| {
            let p = plain_p(exposed, exposed_cases, 9, cases);
            let as_good = |other: &&Vec<bool>| {
                let other: Vec<bool> = other.iter().map(|case| *case == (cases == 4)).collect();
                least(&values, &other) <= p * (1.0 + 1e-9)
            };
            choices.iter().filter(as_good).count() as f64 / choices.len() as f64
        };
        close(cut_p(&cases, &controls, Side::AtMost, 3.5), share(4, 3, 4));
        close(cut_p(&cases, &controls, Side::AtMost, 2.0), share(3, 2, 4));
        close(cut_p(&cases, &controls, Side::AtLeast, 2.0), share(7, 3, 4));
        close(cut_p(&controls, &cases, Side::AtLeast, 4.0), share(5, 4, 5));
        // From 0 on there is everything; from 7 on, or up to 0.5, one case.
        for (side, at) in [(Side::AtLeast, 0.0), (Side::AtLeast, 7.0), (Side::AtMost, 0.5)] {
            assert_eq!(cut_p(&cases, &controls, side, at), 1.0, "{side:?} {at}");
        }
        assert_eq!(cut_p(&[], &controls, Side::AtMost, 3.0), 1.0);
        assert_eq!(cut_p(&[1.0, 1.0], &[1.0, 1.0, 1.0], Side::AtMost, 1.0), 1.0);
    }

    /// Of 25 cases, three are the least that a band may hold; of few cases, two.
    #[test]
    fn a_band_holds_a_tenth_of_the_cases() {
        let controls = numbers(100..200);
        let extreme = |count: u32| -> Vec<f64> {
            let rest = (0..25 - count).map(|n| 101.5 + 4.0 * f64::from(n));
            numbers(0..count).into_iter().chain(rest).collect()
        };
        let three = best_cut(&extreme(3), &controls).expect("a cut");
        assert_eq!((three.side, three.at, three.table.exposed_controls), (Side::AtMost, 2.0, 0));
        let two = best_cut(&extreme(2), &controls).expect("a cut");
        assert!(two.table.exposed_cases >= 3, "{two:?}");
        assert_eq!(cut_p(&extreme(2), &controls, Side::AtMost, 1.0), 1.0);
        let few = best_cut(&[0.0, 1.0, 9.0], &[2.0, 3.0, 8.0, 10.0]).expect("a cut");
        assert_eq!(few.table.exposed_cases, 2);
    }

    /// Far out, a probability is still exact: 100 cases below 900 controls, or above.
    #[test]
    fn small_probabilities_keep_their_digits() {
        let found = best_cut(&numbers(0..100), &numbers(100..1_000)).expect("a cut");
        close(found.p, 2.0 * (-super::super::gamma::ln_choose(1_000, 100)).exp());
    }

    /// Two cases at either end.
    #[test]
    fn of_equally_good_cuts_the_lowest_is_taken() {
        let found = best_cut(&[0.0, 1.0, 8.0, 9.0], &numbers(2..8)).expect("a cut");
        assert_eq!((found.side, found.at), (Side::AtMost, 1.0));
    }

    #[test]
    fn a_band_holds_its_own_cut() {
        let held = |side: Side| [1.0, 2.0, 3.0].map(|value| side.holds(value, 2.0));
        assert_eq!((held(Side::AtMost), held(Side::AtLeast)), ([true, true, false], [false, true, true]));
    }

    #[test]
    fn nothing_to_compare_gives_no_cut() {
        assert_eq!(best_cut(&[], &[1.0, 2.0]), None);
        assert_eq!(best_cut(&[1.0, 2.0], &[]), None);
        assert_eq!(best_cut(&[1.0, 1.0], &[1.0, 1.0]), None);
        // Each half holds as many cases as controls: no more than expected.
        assert_eq!(best_cut(&[1.0, 1.0, 2.0, 2.0], &[1.0, 1.0, 2.0, 2.0]), None);
    }
}
