//! The order in which things happen: by moment, and producers before consumers where the moment is the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Affected;
use super::run::Run;
use lotgraph_domain::{OperationKind, Role, Timestamp};

/// Something that happens. Of one moment, things happen in the order of these variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A clean of a lot starts; it is over at `until`.
    Clean {
        /// The lot.
        lot: u32,
        /// Its end.
        until: Timestamp,
    },
    /// Something comes into a lot from outside of the closure.
    Inflow(usize),
    /// An operation draws the inputs and brings out the outputs that are due.
    Run(u32),
    /// An output of a return comes back, or what was shipped is received where it was shipped to: its link.
    Return(u32),
    /// A stock count finds what is in a lot: its link.
    Count(u32),
}

/// Everything that happens, in order.
pub(super) fn steps(affected: &Affected<'_>, runs: &[Option<Run>]) -> Vec<(Timestamp, Step)> {
    let subgraph = affected.subgraph;
    let mut by_moment: BTreeMap<Timestamp, Vec<Step>> = BTreeMap::new();
    let carrying: BTreeSet<u32> = subgraph
        .links
        .iter()
        .filter(|link| {
            link.sense.continues()
                || subgraph.operations[link.operation as usize].kind == OperationKind::Return
        })
        .map(|link| link.operation)
        .collect();
    for (n, link) in (0..).zip(&subgraph.links) {
        let (moment, step) = match (link.role, subgraph.operations[link.operation as usize].kind) {
            (Role::InPlace, OperationKind::Clean) => {
                (link.earliest, Step::Clean { lot: link.lot, until: link.latest })
            }
            (Role::InPlace, OperationKind::Count) => (link.latest, Step::Count(n)),
            (Role::Produced, _) if carrying.contains(&link.operation) => (link.latest, Step::Return(n)),
            _ => continue,
        };
        by_moment.entry(moment).or_default().push(step);
    }
    for (n, inflow) in affected.inflows.iter().enumerate() {
        by_moment.entry(inflow.latest).or_default().push(Step::Inflow(n));
    }
    for (operation, run) in runs.iter().enumerate() {
        for moment in run.iter().flat_map(|run| run.moments(subgraph)) {
            by_moment.entry(moment).or_default().push(Step::Run(operation as u32));
        }
    }
    let mut steps = Vec::new();
    for (moment, mut together) in by_moment {
        together.sort_unstable();
        let first = together.partition_point(|step| matches!(step, Step::Clean { .. } | Step::Inflow(_)));
        let last = together.partition_point(|step| !matches!(step, Step::Return(_) | Step::Count(_)));
        if last - first > 1 {
            producers_first(affected, runs, moment, &mut together[first..last]);
        }
        steps.extend(together.into_iter().map(|step| (moment, step)));
    }
    steps
}

/// Puts operations of one moment in order, so that a lot is filled before it is drawn from. Where they form a
/// circle, the first by (hops, id) begins; that is the order of the subgraph.
fn producers_first(affected: &Affected<'_>, runs: &[Option<Run>], at: Timestamp, steps: &mut [Step]) {
    let lot_of = |link: u32| affected.subgraph.links[link as usize].lot;
    let run_of = |step: Step| match step {
        Step::Run(operation) => runs[operation as usize].as_ref(),
        Step::Clean { .. } | Step::Inflow(_) | Step::Return(_) | Step::Count(_) => None,
    };
    let mut fills: HashMap<u32, Vec<usize>> = HashMap::new();
    for (n, step) in steps.iter().enumerate() {
        let groups = run_of(*step).into_iter().flat_map(|run| &run.groups);
        for (link, _) in groups.filter(|group| group.moment == at).flat_map(|group| &group.outputs) {
            fills.entry(lot_of(*link)).or_default().push(n);
        }
    }
    let mut waits: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); steps.len()];
    let mut feeds: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); steps.len()];
    for (n, step) in steps.iter().enumerate() {
        for part in run_of(*step).into_iter().flat_map(|run| run.parts_at(affected.subgraph, at)) {
            for producer in fills.get(&lot_of(part.link)).into_iter().flatten().filter(|m| **m != n) {
                waits[n].insert(*producer);
                feeds[*producer].insert(n);
            }
        }
    }
    let mut left: BTreeSet<usize> = (0..steps.len()).collect();
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|n| waits[*n].is_empty()).collect();
    let mut order = Vec::with_capacity(steps.len());
    while let Some(next) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&next);
        order.push(steps[next]);
        for fed in &feeds[next] {
            waits[*fed].remove(&next);
            if waits[*fed].is_empty() && left.contains(fed) {
                ready.insert(*fed);
            }
        }
    }
    steps.copy_from_slice(&order);
}
