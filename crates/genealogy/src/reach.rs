//! What walks reach from some lots: the search behind traces and root causes. It can be used again for
//! further starts.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::walk::Walk;
use lotgraph_domain::Role;

/// A search over one subgraph. Before a second walk only what the first one reached is wiped, not the whole
/// subgraph, so that a walk costs no more than what it reaches.
pub(super) struct Reach<'a> {
    walk: &'a Walk<'a>,
    /// The earliest arrival in each period of a lot. `reached` lists the periods that have one.
    arrivals: Vec<Option<i64>>,
    reached: Vec<u32>,
    /// The earliest moment in each lane of an operation. `entered` lists the lanes that have one.
    moments: Vec<Option<i64>>,
    entered: Vec<u32>,
    /// Whether the search for depths was in a lane.
    passed: Vec<bool>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    queue: VecDeque<(u32, u32)>,
    /// Each lot that the walk starts from, and the moment from which on it does, on the walk's clock.
    starts: Vec<(u32, i64)>,
    /// For each link of the subgraph, whether some walk that counts uses it.
    pub(super) used: Vec<bool>,
    /// The links that are used, in no particular order.
    pub(super) links: Vec<u32>,
    /// The depth of each lot reached, 0 for those that the walk starts from (docs/TRACE_RULES.md, rule 4).
    pub(super) lot_depths: Vec<Option<u32>>,
    /// The depth of each operation reached.
    pub(super) operation_depths: Vec<Option<u32>>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(walk: &'a Walk<'a>) -> Self {
        let (lots, operations) = (walk.subgraph.lots.len(), walk.subgraph.operations.len());
        Self {
            walk,
            arrivals: vec![None; walk.period_count()],
            reached: Vec::new(),
            moments: vec![None; walk.lane_count()],
            entered: Vec::new(),
            passed: vec![false; walk.lane_count()],
            heap: BinaryHeap::new(),
            queue: VecDeque::new(),
            starts: Vec::new(),
            used: vec![false; walk.subgraph.links.len()],
            links: Vec::new(),
            lot_depths: vec![None; lots],
            operation_depths: vec![None; operations],
        }
    }

    /// Walks from these lots, all from the moment that the rule says. What an earlier walk found is
    /// forgotten.
    pub(super) fn walk_from(&mut self, starts: &[u32]) {
        let moment = self.walk.start();
        self.walk_from_each(starts.iter().map(|start| (*start, moment)));
    }

    /// Walks from these lots, each of them once and from a moment of its own.
    pub(super) fn walk_from_each(&mut self, starts: impl Iterator<Item = (u32, i64)>) {
        self.wipe();
        self.starts.extend(starts);
        self.search();
        self.measure_depths();
    }

    /// Forgets the last walk. Every lot and operation that it found is a start or the end of a link that it
    /// used, so going over these is enough.
    fn wipe(&mut self) {
        for index in self.links.drain(..) {
            let link = &self.walk.subgraph.links[index as usize];
            self.used[index as usize] = false;
            self.lot_depths[link.lot as usize] = None;
            self.operation_depths[link.operation as usize] = None;
        }
        for (start, _) in self.starts.drain(..) {
            self.lot_depths[start as usize] = None;
        }
        for lane in self.entered.drain(..) {
            self.moments[lane as usize] = None;
            self.passed[lane as usize] = false;
        }
        for period in self.reached.drain(..) {
            self.arrivals[period as usize] = None;
        }
    }

    /// Finds the earliest arrivals, and with them the links that some walk can use. This is Dijkstra's
    /// algorithm, with one difference: a clock error lifts the time rule, so a moment that was final may
    /// become earlier. The node then goes back onto the heap.
    fn search(&mut self) {
        for n in 0..self.starts.len() {
            let (start, moment) = self.starts[n];
            for period in self.walk.starts_of(start, moment) {
                self.arrive(period, moment);
            }
        }
        while let Some(Reverse((arrival, period))) = self.heap.pop() {
            if self.arrivals[period as usize] != Some(arrival) {
                continue;
            }
            for &index in self.walk.from_period.of(period) {
                let link = self.walk.link(index);
                let Some(moment) = self.walk.enter_operation(index, arrival) else { continue };
                self.use_link(index);
                let label = &mut self.moments[link.operation as usize];
                if label.is_none() {
                    self.entered.push(link.operation);
                }
                if label.is_some_and(|known| known <= moment) || link.role == Role::InPlace {
                    label.get_or_insert(moment);
                    continue;
                }
                *label = Some(moment);
                self.leave_operation(link.operation, moment);
            }
        }
    }

    fn leave_operation(&mut self, operation: u32, moment: i64) {
        for &index in self.walk.from_operation.of(operation) {
            let link = self.walk.link(index);
            let Some(arrival) = self.walk.arrive_at_lot(index, moment) else { continue };
            self.use_link(index);
            self.arrive(link.lot, arrival);
        }
    }

    fn arrive(&mut self, period: u32, arrival: i64) {
        let label = &mut self.arrivals[period as usize];
        if label.is_none() {
            self.reached.push(period);
        }
        if label.is_none_or(|known| arrival < known) {
            *label = Some(arrival);
            self.heap.push(Reverse((arrival, period)));
        }
    }

    fn use_link(&mut self, index: u32) {
        let index = self.walk.origin(index);
        if !self.used[index as usize] {
            self.used[index as usize] = true;
            self.links.push(index);
        }
    }

    /// Measures depths by a breadth-first search over the links that count, whichever period of a lot they
    /// lie in (docs/TRACE_RULES.md, rule 4).
    fn measure_depths(&mut self) {
        for (start, _) in &self.starts {
            self.lot_depths[*start as usize] = Some(0);
            self.queue.push_back((*start, 0));
        }
        while let Some((lot, depth)) = self.queue.pop_front() {
            let links = self.walk.periods_of(lot).flat_map(|period| self.walk.from_period.of(period));
            for &index in links.filter(|index| self.used[self.walk.origin(**index) as usize]) {
                let link = self.walk.link(index);
                let reached = if link.role == Role::InPlace { depth } else { depth + 1 };
                if std::mem::replace(&mut self.passed[link.operation as usize], true) {
                    continue;
                }
                self.operation_depths[self.walk.operation_of(link.operation) as usize].get_or_insert(reached);
                for &out in self.walk.from_operation.of(link.operation) {
                    let target = self.walk.lot_of(self.walk.link(out).lot);
                    if self.used[self.walk.origin(out) as usize] && self.lot_depths[target as usize].is_none()
                    {
                        self.lot_depths[target as usize] = Some(reached);
                        self.queue.push_back((target, reached));
                    }
                }
            }
        }
    }
}
