//! How far trouble spreads: to the lots that a forward trace reaches, each with its earliest arrival and a path.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::subgraph::Subgraph;
use super::trace::{TimeRule, Walk};
use crate::domain::{Role, Stay, Timestamp};

/// A lot that trouble reaches from the seeds of a subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// The earliest moment it can have arrived.
    pub arrival: Option<Timestamp>,
    /// For a lot that was cleaned: when trouble can have been in it, in order of time.
    pub stays: Vec<Stay>,
    /// The seed it came from.
    pub from: u32,
    /// The last steps from there, in walking order: operation and the lot that came out of it.
    pub path: Vec<(u32, u32)>,
    /// Whether steps are missing between the seed and the first one.
    pub path_cut: bool,
}

/// The lots that a trace reaches under the time rule, without the seeds, each with a path of at most so many steps.
#[must_use]
pub fn spread(subgraph: &Subgraph, steps_max: usize) -> Vec<Reached> {
    let walk = Walk::new(subgraph, TimeRule::default());
    let labels = Labels::new(&walk);
    let seeds = subgraph.seeds().count() as u32;
    let lots = seeds..subgraph.lots.len() as u32;
    lots.filter_map(|lot| labels.reached(&walk, lot, steps_max)).collect()
}

/// Earliest arrivals in each period of a lot, and by which step each came first.
struct Labels {
    arrivals: Vec<Option<i64>>,
    /// Period before and operation, of the step that the period was reached by when it was walked on from first: fixed from then
    /// on, so that a rule lifted by a clock error cannot close a circle.
    before: Vec<Option<(u32, u32)>>,
    settled: Vec<bool>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
}

impl Labels {
    fn new(walk: &Walk<'_>) -> Self {
        let periods = walk.period_count();
        let mut labels = Self {
            arrivals: vec![None; periods],
            before: vec![None; periods],
            settled: vec![false; periods],
            heap: BinaryHeap::new(),
        };
        for start in walk.subgraph.seeds().flat_map(|seed| walk.starts_of(seed, walk.start())) {
            labels.arrivals[start as usize] = Some(walk.start());
            labels.heap.push(Reverse((walk.start(), start)));
        }
        let mut operations: Vec<Option<i64>> = vec![None; walk.subgraph.operations.len()];
        while let Some(Reverse((arrival, period))) = labels.heap.pop() {
            if labels.arrivals[period as usize] != Some(arrival) {
                continue;
            }
            labels.settled[period as usize] = true;
            for &index in walk.from_period.of(period) {
                let link = walk.link(index);
                let Some(moment) = walk.enter_operation(index, arrival) else { continue };
                let label = &mut operations[link.operation as usize];
                if link.role == Role::InPlace || label.is_some_and(|known| known <= moment) {
                    continue;
                }
                *label = Some(moment);
                labels.leave_operation(walk, (period, link.operation), moment);
            }
        }
        labels
    }

    fn leave_operation(&mut self, walk: &Walk<'_>, step: (u32, u32), moment: i64) {
        for &index in walk.from_operation.of(step.1) {
            let link = walk.link(index);
            let Some(arrival) = walk.arrive_at_lot(index, moment) else { continue };
            let period = link.lot as usize;
            if self.arrivals[period].is_some_and(|known| known <= arrival) {
                continue;
            }
            self.arrivals[period] = Some(arrival);
            if !self.settled[period] {
                self.before[period] = Some(step);
            }
            self.heap.push(Reverse((arrival, link.lot)));
        }
    }

    fn reached(&self, walk: &Walk<'_>, lot: u32, steps_max: usize) -> Option<Reached> {
        let arrivals = walk.periods_of(lot).filter_map(|n| self.arrivals[n as usize].map(|at| (at, n)));
        let (arrival, first) = arrivals.clone().min()?;
        let stays = arrivals.filter_map(|(at, period)| {
            let from = Timestamp::from_micros(at).ok()?;
            walk.span_of(period).map(|span| Stay { from, until: span.until })
        });
        let stays = stays.collect();
        let mut path = Vec::new();
        let (mut from, mut steps) = (first, 0);
        while let Some((before, operation)) = self.before[from as usize] {
            if steps < steps_max {
                path.push((operation, walk.lot_of(from)));
            }
            steps += 1;
            from = before;
        }
        path.reverse();
        let arrival = Timestamp::from_micros(arrival).ok();
        let from = walk.lot_of(from);
        Some(Reached { lot, arrival, stays, from, path, path_cut: steps > steps_max })
    }
}
