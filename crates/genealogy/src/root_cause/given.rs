//! Independent causes: which finds still stand when those before them are given, and which only go along.

use std::collections::HashMap;

use super::compare::{Draft, LEVEL};
use lotgraph_statistics::{Table, benjamini_hochberg, stratified_enrichment_p, stratified_least_p};

/// The most independent causes that are looked for. An answer that this limit cut says so.
pub const INDEPENDENT_MAX: usize = 10;

/// A find that the causes before it do not explain.
#[derive(Debug, Clone, PartialEq)]
pub struct IndependentCause {
    /// Its position among the groups.
    pub group: usize,
    /// The p-value given the causes before it; for the first, its p-value alone.
    pub p: f64,
    /// The false discovery rate among all groups that were tested with it, given the causes before it.
    pub q: f64,
    /// The finds that it explains, in the order of the groups.
    pub followers: Vec<Follower>,
}

/// A find alone that is none any more given the independent causes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Follower {
    /// Its position among the groups.
    pub group: usize,
    /// The p-value given the cause that explains it, and no other.
    pub p: f64,
}

/// What the search found.
#[derive(Debug, Default)]
pub(super) struct Independent {
    /// In the order in which they were chosen.
    pub(super) causes: Vec<IndependentCause>,
    /// Whether the limit stopped the search although there was one more.
    pub(super) is_cut: bool,
}

/// Chooses the first find, then, as long as there is one, the group that is most significant given all chosen
/// ones. Groups come in their order, finds first. Each round of tests has its own false discovery rate.
///
/// A find that was not chosen is a follower of one that was: of the cause that, given alone, leaves the
/// largest p-value of the follower, the earliest of equal ones.
pub(super) fn independent_causes(drafts: &[Draft], cases: usize, controls: usize) -> Independent {
    if !drafts.first().is_some_and(Draft::is_find) {
        return Independent::default();
    }
    let everyone = Strata::new(cases, controls);
    let first = drafts[0].score.map_or((1.0, 1.0), |score| (score.p, score.q));
    let mut chosen = vec![(0, first)];
    let mut strata = everyone.split(&drafts[0].exposed);
    let (left, is_cut) = loop {
        let round = Round::test(drafts, &chosen, &strata);
        match round.best() {
            Some((best, numbers)) if chosen.len() < INDEPENDENT_MAX => {
                chosen.push((best, numbers));
                strata = strata.split(&drafts[best].exposed);
            }
            best => break (round, best.is_some()),
        }
    };
    let mut causes: Vec<IndependentCause> = chosen
        .iter()
        .map(|&(group, (p, q))| IndependentCause { group, p, q, followers: Vec::new() })
        .collect();
    let alone: Vec<Strata> =
        chosen.iter().map(|(group, _)| everyone.split(&drafts[*group].exposed)).collect();
    for (group, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.is_find()) {
        if !left.is_find(group) && chosen.iter().all(|(other, _)| *other != group) {
            let (cause, p) = explained_by(draft, &alone);
            causes[cause].followers.push(Follower { group, p });
        }
    }
    Independent { causes, is_cut }
}

/// The cause that explains a find best, and the p-value that is left given it.
fn explained_by(draft: &Draft, alone: &[Strata]) -> (usize, f64) {
    let mut best = (0, -1.0);
    for (cause, strata) in alone.iter().enumerate() {
        let p = strata.p_given(draft).unwrap_or(1.0);
        if p > best.1 {
            best = (cause, p);
        }
    }
    best
}

/// The tests of one round: all groups but the chosen ones, given these.
struct Round {
    /// The groups that could be tested, ascending, with p and q.
    tested: Vec<(usize, (f64, f64))>,
}

impl Round {
    fn test(drafts: &[Draft], chosen: &[(usize, (f64, f64))], strata: &Strata) -> Self {
        let left = drafts.iter().enumerate().filter(|(n, _)| chosen.iter().all(|(group, _)| group != n));
        let p_values: Vec<(usize, f64)> =
            left.filter_map(|(n, draft)| strata.p_given(draft).map(|p| (n, p))).collect();
        let q_values = benjamini_hochberg(&p_values.iter().map(|(_, p)| *p).collect::<Vec<f64>>());
        let tested = p_values.into_iter().zip(q_values).map(|((n, p), q)| (n, (p, q))).collect();
        Self { tested }
    }

    /// The most significant find of the round; of equal ones the first in the order of the groups.
    fn best(&self) -> Option<(usize, (f64, f64))> {
        let finds = self.tested.iter().filter(|(_, (_, q))| *q <= LEVEL);
        finds.min_by(|a, b| a.1.0.total_cmp(&b.1.0)).copied()
    }

    fn is_find(&self, group: usize) -> bool {
        let at = self.tested.binary_search_by_key(&group, |(n, _)| *n);
        at.is_ok_and(|at| self.tested[at].1.1 <= LEVEL)
    }
}

/// Members divided by what they are exposed to among some groups.
struct Strata {
    /// How many of the members are cases; these come first.
    cases: u32,
    /// The stratum of each member.
    of_member: Vec<u32>,
    /// Cases and controls of each stratum.
    sizes: Vec<(u64, u64)>,
}

impl Strata {
    /// All members in one stratum.
    fn new(cases: usize, controls: usize) -> Self {
        // There are far fewer than 2^32 members, because the size of groups is limited.
        Self {
            cases: cases as u32,
            of_member: vec![0; cases + controls],
            sizes: vec![(cases as u64, controls as u64)],
        }
    }

    /// Each stratum in two: the members that are exposed to one more group, and those that are not.
    fn split(&self, exposed: &[u32]) -> Self {
        let mut of_member = self.of_member.clone();
        let mut further: HashMap<u32, u32> = HashMap::new();
        let mut sizes = self.sizes.clone();
        for &member in exposed {
            let stratum = of_member[member as usize];
            let into = *further.entry(stratum).or_insert_with(|| {
                sizes.push((0, 0));
                sizes.len() as u32 - 1
            });
            of_member[member as usize] = into;
            let (from, to) = if member < self.cases {
                (&mut sizes[stratum as usize].0, 1)
            } else {
                (&mut sizes[stratum as usize].1, 0)
            };
            *from -= 1;
            let size = &mut sizes[into as usize];
            *size = (size.0 + to, size.1 + 1 - to);
        }
        Self { cases: self.cases, of_member, sizes }
    }

    /// The p-value of a group within the strata; `None` when no outcome could have been a find.
    fn p_given(&self, draft: &Draft) -> Option<f64> {
        let counted = self.count(&draft.exposed);
        let sizes = draft.searched.as_ref().map(|searched| self.count(&searched.measured));
        let sizes = sizes.as_ref().unwrap_or(&self.sizes);
        let tables = counted.iter().zip(sizes).map(|(exposed, size)| Table {
            exposed_cases: exposed.0,
            cases: size.0,
            exposed_controls: exposed.1,
            controls: size.1,
        });
        let tables: Vec<Table> = tables.filter(|table| table.exposed() > 0).collect();
        if stratified_least_p(&tables) > LEVEL {
            return None;
        }
        let p = stratified_enrichment_p(&tables);
        let cuts = draft.searched.as_ref().map_or(1, |searched| searched.cuts);
        Some((p * cuts as f64).min(1.0))
    }

    /// How many cases and controls among some members are in each stratum.
    fn count(&self, members: &[u32]) -> Vec<(u64, u64)> {
        let mut counted = vec![(0, 0); self.sizes.len()];
        for member in members {
            let count = &mut counted[self.of_member[*member as usize] as usize];
            if *member < self.cases { count.0 += 1 } else { count.1 += 1 }
        }
        counted
    }
}
