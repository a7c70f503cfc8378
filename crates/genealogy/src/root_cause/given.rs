//! Independent causes: which finds still stand when those before them are given, and which only go along.

use std::collections::HashMap;

use super::compare::{Draft, LEVEL};
use lotgraph_statistics::{Table, benjamini_hochberg, cut_p, stratified_enrichment_p, stratified_least_p};

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
    /// Groups that exactly the same of the lots are exposed to that no cause before it touches, in their
    /// order. They cannot be told from it.
    pub alike: Vec<usize>,
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
pub(super) fn independent_causes(drafts: &[Draft], cases: usize, controls: usize) -> Independent {
    let Some(score) = drafts.first().filter(|draft| draft.is_find()).and_then(|draft| draft.score) else {
        return Independent::default();
    };
    let everyone = Strata::new(cases, controls);
    let mut chosen = vec![Tested { group: 0, p: score.p, q: score.q, is_untouched: false }];
    let mut alike = vec![Vec::new()];
    let mut strata = everyone.split(&drafts[0].exposed);
    let (left, is_cut) = loop {
        let round = Round::test(drafts, &chosen, &strata);
        match round.best() {
            Some(best) if chosen.len() < INDEPENDENT_MAX => {
                alike.push(round.alike(best, drafts, &strata));
                chosen.push(best);
                strata = strata.split(&drafts[best.group].exposed);
            }
            best => break (round, best.is_some()),
        }
    };
    let is_chosen = |group: &usize| chosen.iter().any(|cause| cause.group == *group);
    let mut causes = Vec::with_capacity(chosen.len());
    for (&Tested { group, p, q, .. }, mut alike) in chosen.iter().zip(alike) {
        alike.retain(|group| !is_chosen(group));
        causes.push(IndependentCause { group, p, q, alike, followers: Vec::new() });
    }
    let finds = (0..drafts.len()).filter(|group| drafts[*group].is_find());
    let gone = finds.filter(|group| !left.is_find(*group) && !is_chosen(group));
    follow(gone, &mut causes, drafts, &everyone);
    Independent { causes, is_cut }
}

/// Lists each of some finds under the cause that explains it best: the one that, given alone, leaves the
/// largest p-value of the find, the earliest of equal ones. What is like a cause follows none.
fn follow(
    finds: impl Iterator<Item = usize>,
    causes: &mut [IndependentCause],
    drafts: &[Draft],
    everyone: &Strata,
) {
    let alone: Vec<Strata> =
        causes.iter().map(|cause| everyone.split(&drafts[cause.group].exposed)).collect();
    for group in finds {
        if causes.iter().any(|cause| cause.alike.contains(&group)) {
            continue;
        }
        let mut best = (0, -1.0);
        for (cause, strata) in alone.iter().enumerate() {
            let p = strata.given(&drafts[group]).map_or(1.0, |given| given.p);
            if p > best.1 {
                best = (cause, p);
            }
        }
        causes[best.0].followers.push(Follower { group, p: best.1 });
    }
}

/// A group in a round of tests.
#[derive(Clone, Copy)]
struct Tested {
    group: usize,
    p: f64,
    q: f64,
    /// Whether p is that of the test among the lots that no cause touches.
    is_untouched: bool,
}

/// The tests of one round: all groups but the chosen ones, given these.
struct Round {
    /// The groups that could be tested, ascending.
    tested: Vec<Tested>,
}

impl Round {
    fn test(drafts: &[Draft], chosen: &[Tested], strata: &Strata) -> Self {
        let left = (0..drafts.len()).filter(|group| chosen.iter().all(|cause| cause.group != *group));
        let given: Vec<(usize, Given)> =
            left.filter_map(|group| strata.given(&drafts[group]).map(|given| (group, given))).collect();
        let q_values = benjamini_hochberg(&given.iter().map(|(_, given)| given.p).collect::<Vec<f64>>());
        let tested = given.into_iter().zip(q_values);
        let tested =
            tested.map(|((group, Given { p, is_untouched }), q)| Tested { group, p, q, is_untouched });
        Self { tested: tested.collect() }
    }

    /// The most significant find of the round; of equal ones the first in the order of the groups.
    fn best(&self) -> Option<Tested> {
        let finds = self.tested.iter().filter(|tested| tested.q <= LEVEL);
        finds.min_by(|a, b| a.p.total_cmp(&b.p)).copied()
    }

    /// The groups that the best one cannot be told from: exactly the same of the lots that no cause touches
    /// are exposed, and these lots are what speaks for it.
    fn alike(&self, best: Tested, drafts: &[Draft], strata: &Strata) -> Vec<usize> {
        if !best.is_untouched {
            return Vec::new();
        }
        let exposed = |group: usize| strata.untouched(&drafts[group].exposed);
        let others = self.tested.iter().map(|tested| tested.group).filter(|group| *group != best.group);
        others.filter(|group| exposed(*group).eq(exposed(best.group))).collect()
    }

    fn is_find(&self, group: usize) -> bool {
        let at = self.tested.binary_search_by_key(&group, |tested| tested.group);
        at.is_ok_and(|at| self.tested[at].q <= LEVEL)
    }
}

/// A group tested given causes.
struct Given {
    p: f64,
    /// Whether p is that of the test among the lots that no cause touches.
    is_untouched: bool,
}

/// Members divided by what they are exposed to among some groups. The first stratum are those that are exposed
/// to none of them.
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

    /// The test of a group given what the strata stand for; `None` when no outcome could have been a find.
    ///
    /// Two tests, and the smaller p-value, doubled for having two (Bonferroni). Within all strata: it finds a
    /// cause whether or not another is there, if it multiplies the odds alike. And among the lots that no
    /// cause touches: there a cause shows that is enough by itself, and would be enough where another is too.
    fn given(&self, draft: &Draft) -> Option<Given> {
        let within = self.tables(draft);
        if 2.0 * stratified_least_p(&within) > LEVEL {
            return None;
        }
        let cuts = draft.searched.as_ref().map_or(1.0, |searched| searched.cuts as f64);
        let within = cuts * stratified_enrichment_p(&within);
        let among = self.p_of_untouched(draft);
        Some(Given { p: (2.0 * within.min(among)).min(1.0), is_untouched: among <= within })
    }

    /// The strata that somebody exposed is in.
    fn tables(&self, draft: &Draft) -> Vec<Table> {
        let counted = self.count(draft.exposed.iter().copied());
        let measured = draft.searched.as_ref().map(|searched| searched.values.iter().map(|value| value.0));
        let sizes = measured.map(|measured| self.count(measured));
        let sizes = sizes.as_ref().unwrap_or(&self.sizes);
        let tables = counted.iter().zip(sizes).map(|(exposed, size)| Table {
            exposed_cases: exposed.0,
            cases: size.0,
            exposed_controls: exposed.1,
            controls: size.1,
        });
        tables.filter(|table| table.exposed() > 0).collect()
    }

    /// The p-value of a group among the members of the first stratum. The cut of a band was searched, so its
    /// p-value is that of a cut as good anywhere.
    fn p_of_untouched(&self, draft: &Draft) -> f64 {
        let Some(searched) = &draft.searched else {
            let exposed = self.count(self.untouched(&draft.exposed))[0];
            let (cases, controls) = self.sizes[0];
            let table = Table { exposed_cases: exposed.0, cases, exposed_controls: exposed.1, controls };
            return table.enrichment_p();
        };
        let untouched = searched.values.iter().filter(|(member, _)| self.of_member[*member as usize] == 0);
        let (cases, controls): (Vec<_>, Vec<_>) = untouched.partition(|(member, _)| *member < self.cases);
        let values = |group: Vec<&(u32, f64)>| group.into_iter().map(|value| value.1).collect::<Vec<f64>>();
        cut_p(&values(cases), &values(controls), searched.side, searched.at)
    }

    /// Those of some members that are in the first stratum.
    fn untouched<'a>(&'a self, members: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        members.iter().copied().filter(|member| self.of_member[*member as usize] == 0)
    }

    /// How many cases and controls among some members are in each stratum.
    fn count(&self, members: impl Iterator<Item = u32>) -> Vec<(u64, u64)> {
        let mut counted = vec![(0, 0); self.sizes.len()];
        for member in members {
            let count = &mut counted[self.of_member[member as usize] as usize];
            if member < self.cases { count.0 += 1 } else { count.1 += 1 }
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::drafts_of;
    use super::*;

    /// Members that are exposed to the same machines: who they are exposed to, and how many cases and controls.
    type Cell<'a> = (&'a [&'a str], usize, usize);

    struct Plant {
        drafts: Vec<Draft>,
        cases: usize,
        controls: usize,
    }

    impl Plant {
        fn new(cells: &[Cell<'_>]) -> Self {
            let sum = |count: fn(&Cell<'_>) -> usize| cells.iter().map(count).sum::<usize>();
            let (cases, controls) = (sum(|cell| cell.1), sum(|cell| cell.2));
            let mut machines: Vec<(&str, Vec<u32>)> = Vec::new();
            let (mut next_case, mut next_control) = (0, cases as u32);
            for (exposed_to, bad, good) in cells {
                let of_cell =
                    (next_case..next_case + *bad as u32).chain(next_control..next_control + *good as u32);
                let of_cell: Vec<u32> = of_cell.collect();
                for machine in *exposed_to {
                    match machines.iter_mut().find(|(known, _)| known == machine) {
                        Some((_, exposed)) => exposed.extend(&of_cell),
                        None => machines.push((machine, of_cell.clone())),
                    }
                }
                next_case += *bad as u32;
                next_control += *good as u32;
            }
            machines.iter_mut().for_each(|(_, exposed)| exposed.sort_unstable());
            Self { drafts: drafts_of(&machines, cases, controls), cases, controls }
        }

        fn causes(&self) -> Independent {
            independent_causes(&self.drafts, self.cases, self.controls)
        }

        fn label(&self, group: usize) -> String {
            self.drafts[group].label()
        }

        fn draft(&self, label: &str) -> &Draft {
            self.drafts.iter().find(|draft| draft.label() == label).expect("a machine")
        }

        fn given(&self, first: &str, second: &str) -> Option<Given> {
            let everyone = Strata::new(self.cases, self.controls);
            everyone.split(&self.draft(first).exposed).given(self.draft(second))
        }
    }

    fn table(exposed_cases: u64, cases: u64, exposed_controls: u64, controls: u64) -> Table {
        Table { exposed_cases, cases, exposed_controls, controls }
    }

    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} is not {expected}");
    }

    /// Each of the two is enough. So the second does nothing where the first is at work, and the test within
    /// strata hardly sees it.
    #[test]
    fn a_cause_that_is_enough_shows_among_those_that_no_other_touches() {
        let plant = Plant::new(&[
            (&["FIRST"], 14, 14),
            (&["FIRST", "SECOND"], 8, 12),
            (&["SECOND"], 7, 17),
            (&["NEITHER"], 1, 82),
        ]);
        let within = stratified_enrichment_p(&[table(8, 22, 12, 26), table(7, 8, 17, 99)]);
        let among = table(7, 8, 17, 99).enrichment_p();
        assert!(among < 0.01 * within, "{among} {within}");
        let given = plant.given("FIRST", "SECOND").expect("a test");
        assert!(given.is_untouched);
        close(given.p, 2.0 * among);
        let found = plant.causes();
        let labels: Vec<String> = found.causes.iter().map(|cause| plant.label(cause.group)).collect();
        assert_eq!((labels, found.is_cut), (vec!["FIRST".to_owned(), "SECOND".to_owned()], false));
        close(found.causes[1].p, 2.0 * among);
    }

    /// The second does harm only together with the first, which nobody sees who looks only where the first is not.
    #[test]
    fn a_cause_that_needs_another_shows_within_the_strata() {
        let plant = Plant::new(&[
            (&["FIRST"], 10, 40),
            (&["FIRST", "SECOND"], 30, 10),
            (&["SECOND"], 1, 60),
            (&["NEITHER"], 2, 120),
        ]);
        let within = stratified_enrichment_p(&[table(30, 40, 10, 50), table(1, 3, 60, 180)]);
        let given = plant.given("FIRST", "SECOND").expect("a test");
        assert!(!given.is_untouched);
        close(given.p, 2.0 * within);
        let found = plant.causes();
        let labels: Vec<String> = found.causes.iter().map(|cause| plant.label(cause.group)).collect();
        assert_eq!(labels, ["FIRST", "SECOND"]);
        assert_eq!(found.causes[1].alike, Vec::<usize>::new());
    }

    /// Where FIRST is not at work, SECOND and TWIN have the same exposures; CLOSE lacks one of them.
    #[test]
    fn what_has_the_same_exposures_elsewhere_is_alike_and_follows_nothing() {
        let plant = Plant::new(&[
            (&["FIRST"], 30, 10),
            (&["FIRST", "SECOND"], 6, 2),
            (&["SECOND", "TWIN", "CLOSE"], 11, 4),
            (&["SECOND", "TWIN"], 1, 0),
            (&["NEITHER"], 6, 160),
        ]);
        let found = plant.causes();
        let labels: Vec<String> = found.causes.iter().map(|cause| plant.label(cause.group)).collect();
        assert_eq!(labels, ["FIRST", "SECOND"]);
        let names = |groups: &[usize]| groups.iter().map(|group| plant.label(*group)).collect::<Vec<_>>();
        assert_eq!(names(&found.causes[0].alike), Vec::<String>::new());
        assert_eq!(names(&found.causes[1].alike), ["TWIN"]);
        let followers = |cause: usize| -> Vec<String> {
            found.causes[cause].followers.iter().map(|follower| plant.label(follower.group)).collect()
        };
        assert_eq!((followers(0), followers(1)), (vec![], vec!["CLOSE".to_owned()]));
        let given = plant.given("SECOND", "CLOSE").map_or(1.0, |given| given.p);
        assert_eq!(found.causes[1].followers[0].p, given);
        assert!(given > LEVEL, "{given}");
    }

    /// With two of three exposed there is no outcome that is a find once p is doubled.
    #[test]
    fn what_cannot_become_a_find_is_not_tested() {
        let few = Plant::new(&[(&["FIRST"], 4, 1), (&["SECOND"], 2, 1), (&["NEITHER"], 0, 5)]);
        assert!(few.given("FIRST", "SECOND").is_none_or(|given| given.p > 2.0 * LEVEL));
        assert!(few.given("FIRST", "NEITHER").is_none());
        let strata = Strata::new(few.cases, few.controls).split(&few.draft("FIRST").exposed);
        assert_eq!(strata.sizes, [(2, 6), (4, 1)]);
    }

    #[test]
    fn without_a_find_there_is_no_cause() {
        let nothing = Plant::new(&[(&["FIRST"], 3, 12), (&["SECOND"], 3, 12)]);
        assert!(nothing.causes().causes.is_empty());
        assert!(independent_causes(&[], 0, 0).causes.is_empty());
    }
}
