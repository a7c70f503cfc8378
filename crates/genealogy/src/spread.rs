//! How far trouble spreads: the lots that a forward trace reaches, each with its earliest arrival and a path
//! to it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::subgraph::Subgraph;
use super::trace::TimeRule;
use super::walk::Walk;
use lotgraph_domain::{Role, Stay, Timestamp};

/// A lot that trouble reaches from the seeds of a subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// The earliest moment at which trouble can have arrived; absent when it may always have been there.
    pub arrival: Option<Timestamp>,
    /// For a lot that was cleaned, the times in which trouble can have been in it, in order of time.
    pub stays: Vec<Stay>,
    /// The seed that the trouble came from.
    pub from: u32,
    /// The last steps of the path from the seed, in walking order. Each is an operation and the lot that came
    /// out of it.
    pub path: Vec<(u32, u32)>,
    /// Whether the path was cut: then steps are missing between the seed and the first step in `path`.
    pub path_cut: bool,
}

/// The lots that a trace reaches under the time rule, without the seeds. Each has a path, of which at most
/// `steps_max` steps are kept.
#[must_use]
pub fn spread(subgraph: &Subgraph, steps_max: usize) -> Vec<Reached> {
    let walk = Walk::new(subgraph, TimeRule::default());
    let labels = Labels::new(&walk);
    let seeds = subgraph.seeds().count() as u32;
    let lots = seeds..subgraph.lots.len() as u32;
    lots.filter_map(|lot| labels.reached(&walk, lot, steps_max)).collect()
}

/// The earliest arrival in each period of a lot, and the step that led to it first.
struct Labels {
    arrivals: Vec<Option<i64>>,
    /// The predecessor of each period: the period before it and the lane of an operation between them. It belongs to the
    /// step by which the period was reached when the search went on from it for the first time, and stays as
    /// it was then. A clock error lifts the time rule, so the search may later find an even earlier arrival.
    /// That must not replace the predecessor: the new step may come from a period that was itself reached
    /// through this one, and the path would go in a circle for ever.
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
        let mut operations: Vec<Option<i64>> = vec![None; walk.lane_count()];
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
        while let Some((before, lane)) = self.before[from as usize] {
            if steps < steps_max {
                path.push((walk.operation_of(lane), walk.lot_of(from)));
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
