//! What walks reach from some lots: the search behind traces and common causes, reusable from one start to the next.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::trace::Walk;
use crate::domain::Role;

/// A search over one subgraph. A second walk costs only what it reaches: what the walk before left is wiped link by link.
pub(super) struct Reach<'a> {
    walk: &'a Walk<'a>,
    /// The earliest arrival in each period of a lot, and the periods that have one.
    arrivals: Vec<Option<i64>>,
    reached: Vec<u32>,
    moments: Vec<Option<i64>>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    queue: VecDeque<(u32, u32)>,
    /// Each lot started from, and from when on, on the walk's clock.
    starts: Vec<(u32, i64)>,
    /// For each link of the subgraph, whether some counted walk uses it.
    pub(super) used: Vec<bool>,
    /// The links used, in no particular order.
    pub(super) links: Vec<u32>,
    /// The depth of each lot reached, 0 for those started from (DESIGN §4 rule 4).
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
            moments: vec![None; operations],
            heap: BinaryHeap::new(),
            queue: VecDeque::new(),
            starts: Vec::new(),
            used: vec![false; walk.subgraph.links.len()],
            links: Vec::new(),
            lot_depths: vec![None; lots],
            operation_depths: vec![None; operations],
        }
    }

    /// Walks from these lots, all from the rule's moment on; what an earlier walk found is forgotten.
    pub(super) fn walk_from(&mut self, starts: &[u32]) {
        let moment = self.walk.start();
        self.walk_from_each(starts.iter().map(|start| (*start, moment)));
    }

    /// Walks from these lots, each once and from a moment of its own on.
    pub(super) fn walk_from_each(&mut self, starts: impl Iterator<Item = (u32, i64)>) {
        self.wipe();
        self.starts.extend(starts);
        self.search();
        self.measure_depths();
    }

    /// Every lot and operation found is an end of a link used, or a start.
    fn wipe(&mut self) {
        for index in self.links.drain(..) {
            let link = &self.walk.subgraph.links[index as usize];
            self.used[index as usize] = false;
            self.lot_depths[link.lot as usize] = None;
            self.moments[link.operation as usize] = None;
            self.operation_depths[link.operation as usize] = None;
        }
        for (start, _) in self.starts.drain(..) {
            self.lot_depths[start as usize] = None;
        }
        for period in self.reached.drain(..) {
            self.arrivals[period as usize] = None;
        }
    }

    /// Earliest arrivals by a label-correcting search (Dijkstra's order; a lifted rule may lower a label again, which
    /// puts the node back on the heap), and with them the links that some walk can use.
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

    /// Breadth-first over the counted links (rule 4), whatever period of a lot they lie in.
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
                let known = &mut self.operation_depths[link.operation as usize];
                if known.is_some() {
                    continue;
                }
                *known = Some(reached);
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
