//! Who is exposed to what: one walk backward from every case and every control. A walk costs only what it
//! reaches.

use super::Comparison;
use super::facts::Facts;
use crate::reach::Reach;
use crate::walk::Walk;
use crate::{Subgraph, TimeRule};
use lotgraph_domain::Role;

/// Where a case meets a factor. The walk that shows it leads from the case to the lot, and from there to the
/// operation if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// The case, as index of a lot of the subgraph.
    pub case: u32,
    /// The lot that leads to the factor, or is the factor. When the operation made the case or worked on it,
    /// this is the case.
    pub lot: u32,
    /// The operation that carries the factor; absent when the lot itself does.
    pub operation: Option<u32>,
}

/// Who is exposed to one factor.
#[derive(Debug, Clone, Default)]
pub(super) struct Exposure {
    /// The exposed members in ascending order: cases are numbered from 0, and controls follow after the last
    /// case.
    pub(super) members: Vec<u32>,
    /// The least depth at which a case meets the factor; when no case does, the least depth at which a
    /// control does.
    pub(super) depth: u32,
    /// The case that meets the factor at the least depth.
    pub(super) evidence: Option<Evidence>,
}

/// A number that a member carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) member: u32,
    /// The mean over all executions of the step that are upstream.
    pub(super) value: f64,
    pub(super) depth: u32,
    pub(super) evidence: Option<Evidence>,
}

/// Everything that cases and controls are exposed to.
pub(super) struct Exposures {
    /// By named factor.
    pub(super) named: Vec<Exposure>,
    /// By measure.
    pub(super) measures: Vec<Vec<Measured>>,
}

/// A sum, for the mean of a measure over one member.
#[derive(Clone, Copy)]
struct Sum {
    total: f64,
    count: f64,
    depth: u32,
    evidence: Evidence,
}

struct Collector<'a> {
    subgraph: &'a Subgraph,
    facts: &'a Facts,
    cases: usize,
    exposures: Exposures,
    /// For each measure, its sum for the member whose walk is being read.
    sums: Vec<Option<Sum>>,
    touched: Vec<u32>,
    /// For each operation, the lot nearest to that member that leads into it, with its depth.
    entries: Vec<Option<(u32, u32)>>,
}

impl Exposures {
    /// Walks from every member.
    pub(super) fn collect(
        subgraph: &Subgraph,
        facts: &Facts,
        comparison: Comparison<'_>,
        rule: TimeRule,
    ) -> Self {
        let walk = Walk::new(subgraph, rule);
        let mut reach = Reach::new(&walk);
        let mut collector = Collector {
            subgraph,
            facts,
            cases: comparison.cases.len(),
            exposures: Self {
                named: vec![Exposure::default(); facts.named.values.len()],
                measures: vec![Vec::new(); facts.measures.values.len()],
            },
            sums: vec![None; facts.measures.values.len()],
            touched: Vec::new(),
            entries: vec![None; subgraph.operations.len()],
        };
        for (member, start) in comparison.cases.iter().chain(comparison.controls).enumerate() {
            reach.walk_from(&[*start]);
            // There are far fewer than 2^32 members, because the size of groups is limited.
            collector.member(member as u32, *start, &reach);
        }
        collector.exposures
    }
}

impl Collector<'_> {
    /// Notes everything that one member's walk reached.
    fn member(&mut self, member: u32, start: u32, reach: &Reach<'_>) {
        let entered = self.enter_operations(reach);
        for &index in &reach.links {
            let link = &self.subgraph.links[index as usize];
            let Some(depth) = reach.lot_depths[link.lot as usize].filter(|depth| *depth > 0) else {
                continue;
            };
            let evidence = Evidence { case: start, lot: link.lot, operation: None };
            self.meet(member, link.lot, depth, evidence);
            if let Some(material) = self.facts.materials[link.lot as usize] {
                self.meet(member, material, depth, evidence);
            }
        }
        for operation in entered {
            let Some((depth, lot)) = self.entries[operation as usize].take() else { continue };
            let evidence = Evidence { case: start, lot, operation: Some(operation) };
            let facts = &self.facts.operations[operation as usize];
            for &factor in &facts.named {
                self.meet(member, factor, depth, evidence);
            }
            for &(measure, value) in &facts.numbers {
                self.add(measure, value, depth, evidence);
            }
        }
        self.links_of_member(member, start, reach);
        self.close_sums(member);
    }

    /// The operations reached, and for each the lot that it is reached through: the nearest, or of equally
    /// near ones the first by index.
    fn enter_operations(&mut self, reach: &Reach<'_>) -> Vec<u32> {
        let mut entered = Vec::new();
        for &index in &reach.links {
            let link = &self.subgraph.links[index as usize];
            let Some(depth) = reach.operation_depths[link.operation as usize] else { continue };
            let Some(lot_depth) = reach.lot_depths[link.lot as usize].filter(|_| link.role != Role::Consumed)
            else {
                continue;
            };
            let entry = &mut self.entries[link.operation as usize];
            if entry.is_none() {
                entered.push(link.operation);
            }
            let nearer = |(_, lot): (u32, u32)| {
                let known = reach.lot_depths[lot as usize].unwrap_or(u32::MAX);
                (lot_depth, link.lot) < (known, lot)
            };
            if entry.is_none_or(nearer) {
                *entry = Some((depth, link.lot));
            }
        }
        entered
    }

    /// The factors that hang on single links: suppliers' lot numbers on productions, waiting times on
    /// consumptions.
    fn links_of_member(&mut self, member: u32, start: u32, reach: &Reach<'_>) {
        for &index in &reach.links {
            let link = &self.subgraph.links[index as usize];
            let depth = reach.operation_depths[link.operation as usize].unwrap_or_default();
            let evidence = Evidence { case: start, lot: link.lot, operation: Some(link.operation) };
            if link.role == Role::Produced {
                let lots = &self.facts.operations[link.operation as usize].supplier_lots;
                for &(_, factor) in lots.iter().filter(|(position, _)| *position == link.position) {
                    self.meet(member, factor, depth, evidence);
                }
            }
            if let Some((measure, seconds)) = self.facts.waits[index as usize] {
                self.add(measure, seconds, depth, Evidence { operation: None, ..evidence });
            }
        }
    }

    /// Notes that a member meets a factor.
    fn meet(&mut self, member: u32, factor: u32, depth: u32, evidence: Evidence) {
        let is_case = (member as usize) < self.cases;
        let exposure = &mut self.exposures.named[factor as usize];
        // Controls come after all cases, so a control can be the nearest only where no case is exposed.
        let nearest = match exposure.evidence {
            _ if exposure.members.is_empty() => true,
            Some(_) => is_case && depth < exposure.depth,
            None => depth < exposure.depth,
        };
        if nearest {
            exposure.depth = depth;
            exposure.evidence = is_case.then_some(evidence);
        }
        if exposure.members.last() != Some(&member) {
            exposure.members.push(member);
        }
    }

    fn add(&mut self, measure: u32, value: f64, depth: u32, evidence: Evidence) {
        let sum = &mut self.sums[measure as usize];
        if sum.is_none() {
            self.touched.push(measure);
        }
        let sum = sum.get_or_insert(Sum { total: 0.0, count: 0.0, depth, evidence });
        sum.total += value;
        sum.count += 1.0;
        if depth < sum.depth {
            (sum.depth, sum.evidence) = (depth, evidence);
        }
    }

    fn close_sums(&mut self, member: u32) {
        let is_case = (member as usize) < self.cases;
        for measure in self.touched.drain(..) {
            let Some(sum) = self.sums[measure as usize].take() else { continue };
            let (value, depth) = (sum.total / sum.count, sum.depth);
            let evidence = is_case.then_some(sum.evidence);
            self.exposures.measures[measure as usize].push(Measured { member, value, depth, evidence });
        }
    }
}
