//! What walks reach from some lots: the search behind traces and common causes, reusable from one start to the next.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::trace::Walk;
use crate::domain::Role;

/// A search over one subgraph. A second walk costs only what it reaches: what the walk before left is wiped link by link.
pub(super) struct Reach<'a> {
    walk: &'a Walk<'a>,
    arrivals: Vec<Option<i64>>,
    moments: Vec<Option<i64>>,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    queue: VecDeque<(u32, u32)>,
    /// Each lot started from, and from when on, on the walk's clock.
    starts: Vec<(u32, i64)>,
    /// For each link, whether some counted walk uses it.
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
            arrivals: vec![None; lots],
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
            let link = self.walk.link(index);
            self.used[index as usize] = false;
            self.arrivals[link.lot as usize] = None;
            self.lot_depths[link.lot as usize] = None;
            self.moments[link.operation as usize] = None;
            self.operation_depths[link.operation as usize] = None;
        }
        for (start, _) in self.starts.drain(..) {
            self.arrivals[start as usize] = None;
            self.lot_depths[start as usize] = None;
        }
    }

    /// Earliest arrivals by a label-correcting search (Dijkstra's order; a lifted rule may lower a label again, which
    /// puts the node back on the heap), and with them the links that some walk can use.
    fn search(&mut self) {
        for (start, moment) in &self.starts {
            self.arrivals[*start as usize] = Some(*moment);
            self.heap.push(Reverse((*moment, *start)));
        }
        while let Some(Reverse((arrival, lot))) = self.heap.pop() {
            if self.arrivals[lot as usize] != Some(arrival) {
                continue;
            }
            for &index in self.walk.from_lot.of(lot) {
                let link = self.walk.link(index);
                let Some(moment) = self.walk.enter_operation(link, arrival) else { continue };
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
            let Some(arrival) = self.walk.arrive_at_lot(link, moment) else { continue };
            self.use_link(index);
            let label = &mut self.arrivals[link.lot as usize];
            if label.is_none_or(|known| arrival < known) {
                *label = Some(arrival);
                self.heap.push(Reverse((arrival, link.lot)));
            }
        }
    }

    fn use_link(&mut self, index: u32) {
        if !self.used[index as usize] {
            self.used[index as usize] = true;
            self.links.push(index);
        }
    }

    /// Breadth-first over the counted links (rule 4).
    fn measure_depths(&mut self) {
        for (start, _) in &self.starts {
            self.lot_depths[*start as usize] = Some(0);
            self.queue.push_back((*start, 0));
        }
        while let Some((lot, depth)) = self.queue.pop_front() {
            for &index in self.walk.from_lot.of(lot).iter().filter(|index| self.used[**index as usize]) {
                let link = self.walk.link(index);
                let reached = if link.role == Role::InPlace { depth } else { depth + 1 };
                let known = &mut self.operation_depths[link.operation as usize];
                if known.is_some() {
                    continue;
                }
                *known = Some(reached);
                for &out in self.walk.from_operation.of(link.operation) {
                    let target = self.walk.link(out).lot;
                    if self.used[out as usize] && self.lot_depths[target as usize].is_none() {
                        self.lot_depths[target as usize] = Some(reached);
                        self.queue.push_back((target, reached));
                    }
                }
            }
        }
    }
}
