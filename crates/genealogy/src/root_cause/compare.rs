//! Compares cases with controls, factor by factor. Factors that always occur together are one group, tested
//! once.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Comparison;
use super::exposure::{Evidence, Exposure, Exposures, Measured};
use super::factor::{Band, Factor, FactorKind, Measure};
use super::facts::Facts;
use super::given::{self, IndependentCause};
use lotgraph_statistics::{OddsRatio, Side, Table, benjamini_hochberg, best_cut, mann_whitney};

/// The level of significance. A group is a find when its q is at most this; groups whose p could not get down
/// to it, whatever the outcome, are not tested.
pub const LEVEL: f64 = 0.05;

/// Cases, and likewise controls, with a value of a measure: with fewer than this, no cut through it is
/// searched.
const MEASURED_MIN: usize = 2;

/// Whether a group of factors was tested, or else why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It was tested.
    Tested,
    /// There are no controls to compare with.
    NoControls,
    /// So few or so many members are exposed that no outcome could have been a find.
    Untestable,
    /// Every case and every control is exposed, so there is nothing to compare.
    NoContrast,
}

/// What to doubt about the whole comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caution {
    /// There are no controls, so factors can only be counted.
    NoControls,
    /// There are so few lots that even a factor of all cases and no control would not be a find.
    GroupsTooSmall,
    /// Nothing is on record upstream of any case.
    NoExposure,
    /// The limit of independent causes was reached, so there may be more of them.
    MoreCauses,
}

/// The numbers of a tested group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// How many times higher the odds of exposure are among cases than among controls.
    pub odds_ratio: OddsRatio,
    /// The one-sided exact p-value; for a band, the p-value that is corrected for having searched the cut.
    pub p: f64,
    /// The least false discovery rate at which the group counts as a find.
    pub q: f64,
}

/// A factor in a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The factor.
    pub factor: Factor,
    /// How many operations lie between the factor and the nearest case.
    pub depth: u32,
    /// The nearest case, and where it meets the factor.
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

/// What cases have in common and controls have not.
#[derive(Debug, Clone, PartialEq)]
pub struct CommonCause {
    /// What to doubt about the whole comparison.
    pub cautions: Vec<Caution>,
    /// Groups that some case is exposed to: the tested ones by p, then the others by how many cases are
    /// exposed.
    pub groups: Vec<Group>,
    /// How many groups were tested; this includes those that no case is exposed to.
    pub tested: usize,
    /// The finds that do not explain each other, in the order in which they were chosen, with the finds that
    /// each of them explains.
    pub independent: Vec<IndependentCause>,
    /// Cases that no independent cause touches, as positions among the cases.
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

/// A group on its way to its numbers.
pub(super) struct Draft {
    members: Vec<Member>,
    table: Table,
    /// Who is exposed, ascending: cases are numbered from 0, and controls follow after the last case.
    pub(super) exposed: Vec<u32>,
    /// For a group of bands alone, what its cut was searched in.
    pub(super) searched: Option<Searched>,
    verdict: Verdict,
    pub(super) score: Option<Score>,
}

/// What the cut of a band was searched in.
pub(super) struct Searched {
    /// The members with a measured value, ascending, and the value.
    pub(super) values: Vec<(u32, f64)>,
    /// The side of the band.
    pub(super) side: Side,
    /// The value of the cut.
    pub(super) at: f64,
    /// How many cuts there were to choose from.
    pub(super) cuts: usize,
    /// The p-value that is corrected for this.
    p: f64,
}

impl Draft {
    pub(super) fn is_find(&self) -> bool {
        self.score.is_some_and(|score| score.q <= LEVEL)
    }

    /// The factors in words.
    #[cfg(test)]
    pub(super) fn label(&self) -> String {
        self.members.iter().map(|member| member.factor.label()).collect::<Vec<_>>().join(" = ")
    }

    fn finish(self) -> Group {
        let Self { members, table, exposed, verdict, score, .. } = self;
        let cases = exposed[..table.exposed_cases as usize].to_vec();
        Group { members, table, cases, verdict, score }
    }
}

pub(super) fn compare(facts: &Facts, exposures: Exposures, comparison: Comparison<'_>) -> CommonCause {
    let (cases, controls) = (comparison.cases.len(), comparison.controls.len());
    let nothing = exposures.named.iter().all(|exposure| exposure.evidence.is_none());
    let mut drafts = draft(facts, exposures, cases, controls);
    let tested = score(&mut drafts);
    drafts.sort_by(|a, b| order(a).partial_cmp(&order(b)).expect("p-values are numbers"));
    let independent = given::independent_causes(&drafts, cases, controls);
    let mut cautions = cautions(cases, controls, nothing);
    if independent.is_cut {
        cautions.push(Caution::MoreCauses);
    }
    let with_cases = drafts.into_iter().filter(|draft| draft.table.exposed_cases > 0);
    let groups: Vec<Group> = with_cases.map(Draft::finish).collect();
    let unexplained = unexplained(&groups, &independent.causes, cases);
    CommonCause { cautions, groups, tested, independent: independent.causes, unexplained }
}

/// Gives each group that can be tested its numbers, and returns how many these are.
fn score(drafts: &mut [Draft]) -> usize {
    let tested: Vec<&mut Draft> =
        drafts.iter_mut().filter(|draft| draft.verdict == Verdict::Tested).collect();
    let p_values: Vec<f64> = tested.iter().map(|draft| p_value(draft)).collect();
    let count = tested.len();
    for ((draft, p), q) in tested.into_iter().zip(&p_values).zip(benjamini_hochberg(&p_values)) {
        draft.score = Some(Score { odds_ratio: draft.table.odds_ratio(), p: *p, q });
    }
    count
}

/// The cases that no independent cause touches.
fn unexplained(groups: &[Group], causes: &[IndependentCause], cases: usize) -> Vec<u32> {
    let mut explained = vec![false; cases];
    for case in causes.iter().flat_map(|cause| &groups[cause.group].cases) {
        explained[*case as usize] = true;
    }
    // There are far fewer than 2^32 cases, because the size of groups is limited.
    (0..cases as u32).filter(|case| !explained[*case as usize]).collect()
}

/// What groups are ordered by.
type Order = (bool, Verdict, f64, f64, Reverse<u64>, u64, u32, FactorKind, String);

/// Groups that some case is exposed to come first, and among them the tested ones. Then: smaller p, more
/// cases, fewer controls, nearer factors, and last kind and name. Where p is too small for a number above
/// zero, its logarithm decides.
fn order(draft: &Draft) -> Order {
    let first = &draft.members[0];
    let p = draft.score.map_or(1.0, |score| score.p);
    let table = draft.table;
    let beyond = if p > 0.0 { 0.0 } else { table.ln_enrichment_p() };
    let (cases, controls) = (Reverse(table.exposed_cases), table.exposed_controls);
    let (kind, label) = (first.factor.kind(), first.factor.label());
    (table.exposed_cases == 0, draft.verdict, p, beyond, cases, controls, first.depth, kind, label)
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

fn verdict(table: Table) -> Verdict {
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

/// The p-value of the exact test if any member has an identity. A group of bands alone was found by searching
/// for the best cut, so it gets the p-value that is corrected for the search.
fn p_value(draft: &Draft) -> f64 {
    draft.searched.as_ref().map_or_else(|| draft.table.enrichment_p(), |searched| searched.p)
}

/// The members of a group, and for each that is a band what its cut was searched in.
type Together = Vec<(Member, Option<Searched>)>;

/// Puts factors into one group when exactly the same cases and controls are exposed to them.
fn draft(facts: &Facts, exposures: Exposures, cases: usize, controls: usize) -> Vec<Draft> {
    let mut groups: HashMap<Vec<u32>, Together> = HashMap::new();
    for (named, exposure) in facts.named.values.iter().zip(exposures.named) {
        if !exposure.members.is_empty() {
            let Exposure { members, depth, evidence } = exposure;
            let member = Member { factor: Factor::Named(named.clone()), depth, evidence };
            groups.entry(members).or_default().push((member, None));
        }
    }
    for (measure, measured) in facts.measures.values.iter().zip(&exposures.measures) {
        if let Some((exposed, member, searched)) = band(measure, measured, cases as u32) {
            groups.entry(exposed).or_default().push((member, Some(searched)));
        }
    }
    groups.into_iter().map(|(exposed, together)| group(exposed, together, cases, controls)).collect()
}

fn group(exposed: Vec<u32>, mut together: Together, cases: usize, controls: usize) -> Draft {
    together.sort_by_cached_key(|(member, _)| (member.depth, member.factor.kind(), member.factor.label()));
    let (members, searched): (Vec<Member>, Vec<Option<Searched>>) = together.into_iter().unzip();
    // When all are bands, the one whose search was paid for least speaks for the group.
    let searched: Option<Vec<Searched>> = searched.into_iter().collect();
    let searched = searched.and_then(|all| all.into_iter().min_by(|a, b| a.p.total_cmp(&b.p)));
    let among_cases = exposed.partition_point(|member| (*member as usize) < cases);
    let table = Table {
        exposed_cases: among_cases as u64,
        cases: cases as u64,
        exposed_controls: (exposed.len() - among_cases) as u64,
        controls: controls as u64,
    };
    Draft { members, table, exposed, searched, verdict: verdict(table), score: None }
}

/// The best band of a measure: the members in it, the factor, and what the cut was searched in.
fn band(measure: &Measure, measured: &[Measured], cases: u32) -> Option<(Vec<u32>, Member, Searched)> {
    let values = |among_cases: bool| -> Vec<f64> {
        let group = measured.iter().filter(|measured| (measured.member < cases) == among_cases);
        group.map(|measured| measured.value).collect()
    };
    let (of_cases, of_controls) = (values(true), values(false));
    if of_cases.len() < MEASURED_MIN || of_controls.len() < MEASURED_MIN {
        return None;
    }
    let cut = best_cut(&of_cases, &of_controls)?;
    let inside: Vec<&Measured> =
        measured.iter().filter(|measured| cut.side.holds(measured.value, cut.at)).collect();
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
    let values = measured.iter().map(|measured| (measured.member, measured.value)).collect();
    let searched = Searched { values, side: cut.side, at: cut.at, cuts: cut.cuts, p: cut.p };
    Some((inside.iter().map(|measured| measured.member).collect(), member, searched))
}

/// Groups of one machine each, in their order, as a comparison makes them: the machine, and who is exposed.
#[cfg(test)]
pub(super) fn drafts_of(machines: &[(&str, Vec<u32>)], cases: usize, controls: usize) -> Vec<Draft> {
    let machine = |(code, exposed): &(&str, Vec<u32>)| {
        let code = lotgraph_domain::EquipmentCode::parse(code).expect("a code");
        let factor = Factor::Named(super::Named::Equipment(code));
        group(exposed.clone(), vec![(Member { factor, depth: 0, evidence: None }, None)], cases, controls)
    };
    let mut drafts: Vec<Draft> = machines.iter().map(machine).collect();
    score(&mut drafts);
    drafts.sort_by(|a, b| order(a).partial_cmp(&order(b)).expect("p-values are numbers"));
    drafts
}
