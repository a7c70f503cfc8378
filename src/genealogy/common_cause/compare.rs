//! Compares cases with controls, factor by factor: what always occurs together is one group, tested once.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Comparison;
use super::cover;
use super::exposure::{Evidence, Exposure, Exposures, Measured};
use super::factor::{Band, Factor, FactorKind, Measure};
use super::facts::Facts;
use crate::statistics::{OddsRatio, Side, Table, benjamini_hochberg, best_cut, mann_whitney};

/// The level of significance: q at or below it is a find; factors that could not reach it as p are not tested.
pub const LEVEL: f64 = 0.05;

/// Cases and controls with a value that a measure needs to be cut.
const MEASURED_MIN: usize = 2;

/// Why a group of factors has numbers, or has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It was tested.
    Tested,
    /// There are no controls to compare with.
    NoControls,
    /// So few or so many members are exposed that no outcome would have been a find.
    Untestable,
    /// Every case and every control is exposed: nothing to compare.
    NoContrast,
}

/// What to doubt about the whole comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caution {
    /// There are no controls: factors are only counted.
    NoControls,
    /// Even a factor that all cases and no control are exposed to would not be a find: too few lots.
    GroupsTooSmall,
    /// Nothing is on record upstream of any case.
    NoExposure,
}

/// The numbers of a tested group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// How much more frequent it is among cases.
    pub odds_ratio: OddsRatio,
    /// One-sided exact p-value; for a band, that of the searched cut.
    pub p: f64,
    /// The false discovery rate at which it is a find.
    pub q: f64,
}

/// A factor of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The factor.
    pub factor: Factor,
    /// Operations between the nearest case and it.
    pub depth: u32,
    /// That case, and where it meets the factor.
    pub evidence: Option<Evidence>,
}

/// Factors that the very same cases and controls are exposed to.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The factors, nearest first.
    pub members: Vec<Member>,
    /// How many cases and controls are exposed.
    pub table: Table,
    /// The exposed cases, as positions among the cases.
    pub cases: Vec<u32>,
    /// Whether it was tested.
    pub verdict: Verdict,
    /// Its numbers, when it was.
    pub score: Option<Score>,
}

/// What cases have in common that controls have not.
#[derive(Debug, Clone, PartialEq)]
pub struct CommonCause {
    /// What to doubt about it.
    pub cautions: Vec<Caution>,
    /// Groups that some case is exposed to: tested ones by p, then the others by cases exposed.
    pub groups: Vec<Group>,
    /// Groups tested, those without any case among them.
    pub tested: usize,
    /// The few finds that together explain most cases: positions in `groups`, in the order of the choice.
    pub explaining: Vec<usize>,
    /// Cases that none of them explains, as positions among the cases.
    pub unexplained: Vec<u32>,
}

impl Group {
    /// Whether it is a find.
    #[must_use]
    pub fn is_find(&self) -> bool {
        self.score.is_some_and(|score| score.q <= LEVEL)
    }

    /// The share of the cases that are exposed.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.table.exposed_cases as f64 / self.table.cases as f64
    }
}

/// A group before it is scored.
struct Draft {
    members: Vec<Member>,
    table: Table,
    cases: Vec<u32>,
}

pub(super) fn compare(facts: &Facts, exposures: Exposures, comparison: Comparison<'_>) -> CommonCause {
    let (cases, controls) = (comparison.cases.len(), comparison.controls.len());
    let nothing = exposures.named.iter().all(|exposure| exposure.evidence.is_none());
    let mut drafts = draft(facts, exposures, cases, controls);
    let verdicts: Vec<Verdict> = drafts.iter().map(verdict).collect();
    let tested: Vec<usize> = (0..drafts.len()).filter(|n| verdicts[*n] == Verdict::Tested).collect();
    let p_values: Vec<f64> = tested.iter().map(|n| p_value(&drafts[*n])).collect();
    let mut scores: Vec<Option<Score>> = vec![None; drafts.len()];
    for ((n, p), q) in tested.iter().zip(&p_values).zip(benjamini_hochberg(&p_values)) {
        scores[*n] = Some(Score { odds_ratio: drafts[*n].table.odds_ratio(), p: *p, q });
    }
    let mut groups: Vec<Group> = Vec::new();
    for ((draft, verdict), score) in drafts.drain(..).zip(verdicts).zip(scores) {
        if draft.table.exposed_cases > 0 {
            let Draft { members, table, cases } = draft;
            groups.push(Group { members, table, cases, verdict, score });
        }
    }
    groups.sort_by(|a, b| order(a).partial_cmp(&order(b)).expect("p-values are numbers"));
    let (explaining, unexplained) = cover::explaining_set(&groups, cases);
    let cautions = cautions(cases, controls, nothing);
    CommonCause { cautions, groups, tested: tested.len(), explaining, unexplained }
}

/// Tested before others; smaller p, more cases, fewer controls, nearer first; then by kind and name.
fn order(group: &Group) -> (Verdict, f64, Reverse<u64>, u64, u32, FactorKind, String) {
    let first = &group.members[0];
    let p = group.score.map_or(1.0, |score| score.p);
    let table = group.table;
    let (cases, controls) = (Reverse(table.exposed_cases), table.exposed_controls);
    (group.verdict, p, cases, controls, first.depth, first.factor.kind(), first.factor.label())
}

fn cautions(cases: usize, controls: usize, nothing_upstream: bool) -> Vec<Caution> {
    let (cases, controls) = (cases as u64, controls as u64);
    let best = Table { exposed_cases: cases, cases, exposed_controls: 0, controls };
    let mut cautions = Vec::new();
    if controls == 0 {
        cautions.push(Caution::NoControls);
    } else if best.enrichment_p() > LEVEL {
        cautions.push(Caution::GroupsTooSmall);
    }
    if nothing_upstream {
        cautions.push(Caution::NoExposure);
    }
    cautions
}

fn verdict(draft: &Draft) -> Verdict {
    let table = draft.table;
    if table.controls == 0 {
        Verdict::NoControls
    } else if table.exposed() == table.cases + table.controls {
        Verdict::NoContrast
    } else if table.least_p() > LEVEL {
        Verdict::Untestable
    } else {
        Verdict::Tested
    }
}

/// Of the exact test when a member has an identity; a group of bands alone was searched for, and pays for it.
fn p_value(draft: &Draft) -> f64 {
    let bands = draft.members.iter().map(|member| match &member.factor {
        Factor::Named(_) => None,
        Factor::Band(band) => Some(band.p),
    });
    let searched: Option<Vec<f64>> = bands.collect();
    searched.map_or_else(|| draft.table.enrichment_p(), |p_values| p_values.into_iter().fold(1.0, f64::min))
}

/// Groups the factors by who is exposed to them.
fn draft(facts: &Facts, exposures: Exposures, cases: usize, controls: usize) -> Vec<Draft> {
    let mut groups: HashMap<Vec<u32>, Vec<Member>> = HashMap::new();
    for (named, exposure) in facts.named.values.iter().zip(exposures.named) {
        if !exposure.members.is_empty() {
            let Exposure { members, depth, evidence } = exposure;
            groups.entry(members).or_default().push(Member {
                factor: Factor::Named(named.clone()),
                depth,
                evidence,
            });
        }
    }
    for (number, (measure, measured)) in facts.measures.values.iter().zip(&exposures.measures).enumerate() {
        if let Some((members, member)) = band(measure, measured, cases as u32, number as u64) {
            groups.entry(members).or_default().push(member);
        }
    }
    let drafts = groups.into_iter().map(|(exposed, mut members)| {
        members.sort_by_cached_key(|member| (member.depth, member.factor.kind(), member.factor.label()));
        let among_cases = exposed.partition_point(|member| (*member as usize) < cases);
        let table = Table {
            exposed_cases: among_cases as u64,
            cases: cases as u64,
            exposed_controls: (exposed.len() - among_cases) as u64,
            controls: controls as u64,
        };
        Draft { members, table, cases: exposed[..among_cases].to_vec() }
    });
    drafts.collect()
}

/// The best band of a measure with those in it.
fn band(measure: &Measure, measured: &[Measured], cases: u32, seed: u64) -> Option<(Vec<u32>, Member)> {
    let values = |among_cases: bool| -> Vec<f64> {
        let group = measured.iter().filter(|measured| (measured.member < cases) == among_cases);
        group.map(|measured| measured.value).collect()
    };
    let (of_cases, of_controls) = (values(true), values(false));
    if of_cases.len() < MEASURED_MIN || of_controls.len() < MEASURED_MIN {
        return None;
    }
    let cut = best_cut(&of_cases, &of_controls, seed)?;
    let inside = |measured: &&Measured| match cut.side {
        Side::AtMost => measured.value <= cut.at,
        Side::AtLeast => measured.value >= cut.at,
    };
    let inside: Vec<&Measured> = measured.iter().filter(inside).collect();
    let nearest =
        inside.iter().filter(|measured| measured.member < cases).min_by_key(|measured| measured.depth)?;
    let factor = Factor::Band(Band {
        measure: measure.clone(),
        side: cut.side,
        at: cut.at,
        p: cut.p,
        rank_test: mann_whitney(&of_cases, &of_controls),
        measured_cases: of_cases.len(),
        measured_controls: of_controls.len(),
    });
    let member = Member { factor, depth: nearest.depth, evidence: nearest.evidence };
    Some((inside.iter().map(|measured| measured.member).collect(), member))
}
