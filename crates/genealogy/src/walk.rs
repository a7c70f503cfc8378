//! The walk: a subgraph seen in walking direction, and when a walk may go on under the time rule (rules 2, 3 and 8).

use std::collections::HashMap;
use std::ops::Range;

use super::periods::{Period, Periods};
use super::subgraph::{Direction, Subgraph, SubgraphLink};
use super::trace::TimeRule;
use lotgraph_domain::{EventId, Role, Timestamp};

/// Minus infinity on the walk's own clock.
const ALWAYS: i64 = i64::MIN;

/// The subgraph seen in walking direction: for BACKWARD, roles swap and the clock runs the other way.
///
/// Walks go over periods of lots (rule 8), over lanes of operations (rule 10), and over links between these. All have
/// numbers of their own, which are those of the subgraph as long as no lot was cleaned and no operation has pairs.
pub(super) struct Walk<'a> {
    pub(super) subgraph: &'a Subgraph,
    rule: TimeRule,
    periods: Option<Periods>,
    /// Links of lifted fillings (rule 9), each with the moment since which the filling is deemed to have been in its
    /// lot, on the walk's clock.
    lifted: HashMap<u32, i64>,
    /// For each period of a lot, links that lead from it to an operation (work in place included).
    pub(super) from_period: Adjacency,
    /// For each lane of an operation, links that lead from it to a lot.
    pub(super) from_operation: Adjacency,
}

/// Links by source node: the links of node n are `links[starts[n]..starts[n + 1]]`, in subgraph order.
pub(super) struct Adjacency {
    starts: Vec<u32>,
    links: Vec<u32>,
}

impl Adjacency {
    fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        for (node, _) in edges {
            starts[*node as usize + 1] += 1;
        }
        for n in 0..nodes {
            starts[n + 1] += starts[n];
        }
        let mut next = starts.clone();
        let mut links = vec![0_u32; edges.len()];
        for (node, link) in edges {
            let slot = &mut next[*node as usize];
            links[*slot as usize] = *link;
            *slot += 1;
        }
        Self { starts, links }
    }

    pub(super) fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.links[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(subgraph: &'a Subgraph, rule: TimeRule) -> Self {
        let periods = Periods::of(subgraph, rule.respect_time);
        let links = periods.as_ref().map_or(&subgraph.links, |periods| &periods.links);
        let count = periods.as_ref().map_or(subgraph.lots.len(), Periods::count);
        let mut from_period = Vec::new();
        let mut from_operation = Vec::new();
        for (index, link) in links.iter().enumerate() {
            // The node limit keeps a subgraph far below 2^32 links.
            let index = index as u32;
            if leads_from_lot(subgraph.direction, link.role) {
                from_period.push((link.lot, index));
            } else {
                from_operation.push((link.operation, index));
            }
        }
        let from_period = Adjacency::new(count, &from_period);
        let lanes =
            periods.as_ref().map_or(subgraph.operations.len(), |periods| periods.lanes().count() as usize);
        let from_operation = Adjacency::new(lanes, &from_operation);
        let mut walk = Self { subgraph, rule, periods, lifted: HashMap::new(), from_period, from_operation };
        if rule.respect_time && subgraph.lots.iter().any(|lot| lot.overdrawn.is_some()) {
            walk.lifted = walk.lifted_links();
        }
        walk
    }

    /// The links of lifted fillings. A filling that may lie in two periods is lifted in each by the draws of that
    /// period.
    fn lifted_links(&self) -> HashMap<u32, i64> {
        let mut found = HashMap::new();
        let links = self.periods.as_ref().map_or(&self.subgraph.links, |periods| &periods.links);
        let fillings = self.fillings();
        for (index, link) in (0..).zip(links).filter(|(_, link)| link.role == Role::Produced) {
            let Some(overdrawn) = &self.subgraph.lots[self.lot_of(link.lot) as usize].overdrawn else {
                continue;
            };
            let span = self.span_of(link.lot);
            let since = if overdrawn.beyond {
                span.and_then(|span| span.from).map_or(ALWAYS, Timestamp::micros)
            } else {
                let inside =
                    |since: &&Timestamp| span.is_none_or(|span| span.clip(**since, **since).is_some());
                let since = fillings.get(&self.origin(index)).into_iter().flatten();
                let Some(first) = since.filter(inside).min() else { continue };
                first.micros()
            };
            let since = match self.subgraph.direction {
                Direction::Forward => since,
                Direction::Backward if since == ALWAYS => i64::MAX,
                Direction::Backward => -since,
            };
            found.insert(index, since);
        }
        found
    }

    /// The lifted fillings, by their link in the subgraph, each with the moments since which it is deemed to have been
    /// there.
    fn fillings(&self) -> HashMap<u32, Vec<Timestamp>> {
        let mut named: HashMap<(u32, &EventId, u32), Vec<Timestamp>> = HashMap::new();
        for (lot, n) in self.subgraph.lots.iter().zip(0..) {
            for lifted in lot.overdrawn.iter().flat_map(|overdrawn| &overdrawn.lifted) {
                let key = (n, &lifted.filling.operation, lifted.filling.position);
                named.entry(key).or_default().push(lifted.since);
            }
        }
        let links = (0..).zip(&self.subgraph.links).filter(|(_, link)| link.role == Role::Produced);
        let found = links.filter_map(|(index, link)| {
            let operation = &self.subgraph.operations[link.operation as usize].id;
            Some((index, named.remove(&(link.lot, operation, link.position))?))
        });
        found.collect()
    }

    /// How many lanes all operations have.
    pub(super) fn lane_count(&self) -> usize {
        self.periods
            .as_ref()
            .map_or(self.subgraph.operations.len(), |periods| periods.lanes().count() as usize)
    }

    /// The operation of a lane.
    pub(super) fn operation_of(&self, lane: u32) -> u32 {
        self.periods.as_ref().map_or(lane, |periods| periods.lanes().operation(lane))
    }

    /// A link that walks go over; its `lot` is a period, its `operation` a lane.
    pub(super) fn link(&self, index: u32) -> &SubgraphLink {
        let links = self.periods.as_ref().map_or(&self.subgraph.links, |periods| &periods.links);
        &links[index as usize]
    }

    /// The link of the subgraph that it stands for.
    pub(super) fn origin(&self, index: u32) -> u32 {
        self.periods.as_ref().map_or(index, |periods| periods.origin(index))
    }

    /// How many periods all lots have.
    pub(super) fn period_count(&self) -> usize {
        self.periods.as_ref().map_or(self.subgraph.lots.len(), Periods::count)
    }

    /// The periods of a lot, in order of time.
    pub(super) fn periods_of(&self, lot: u32) -> Range<u32> {
        self.periods.as_ref().map_or(lot..lot + 1, |periods| periods.of_lot(lot))
    }

    /// The lot of a period.
    pub(super) fn lot_of(&self, period: u32) -> u32 {
        self.periods.as_ref().map_or(period, |periods| periods.lot(period))
    }

    /// When a period is, for a lot that was cleaned.
    pub(super) fn span_of(&self, period: u32) -> Option<Period> {
        let periods = self.periods.as_ref()?;
        (periods.of_lot(periods.lot(period)).len() > 1).then(|| periods.span(period))
    }

    /// The periods of a seed in which it is of interest from a moment on, on the walk's clock: those not over before.
    pub(super) fn starts_of(&self, seed: u32, from: i64) -> impl Iterator<Item = u32> + '_ {
        self.periods_of(seed).filter(move |period| {
            let Some(span) = self.span_of(*period) else { return true };
            let last = match self.subgraph.direction {
                Direction::Forward => span.until.map(Timestamp::micros),
                Direction::Backward => span.from.map(|from| -from.micros()),
            };
            last.is_none_or(|last| from <= last)
        })
    }

    /// The link's first moment on the walk's clock.
    pub(super) fn first(&self, link: &SubgraphLink) -> i64 {
        match self.subgraph.direction {
            Direction::Forward => link.earliest.micros(),
            Direction::Backward => -link.latest.micros(),
        }
    }

    /// The link's last moment on the walk's clock.
    pub(super) fn last(&self, link: &SubgraphLink) -> i64 {
        match self.subgraph.direction {
            Direction::Forward => link.latest.micros(),
            Direction::Backward => -link.earliest.micros(),
        }
    }

    /// When a seed is of interest by the rule, on the walk's clock.
    pub(super) fn start(&self) -> i64 {
        self.clock(match self.subgraph.direction {
            Direction::Forward => self.rule.since,
            Direction::Backward => self.rule.until,
        })
    }

    /// The moment from which on a seed is of interest, on the walk's clock.
    pub(super) fn clock(&self, moment: Option<Timestamp>) -> i64 {
        let micros = moment.map(Timestamp::micros);
        let micros = micros.map(|micros| match self.subgraph.direction {
            Direction::Forward => micros,
            Direction::Backward => -micros,
        });
        micros.unwrap_or(ALWAYS)
    }

    /// Whether a clock error lifts the rule for a link (rule 3).
    pub(super) fn conflicts(&self, index: u32) -> bool {
        self.subgraph.conflicts(&self.subgraph.links[self.origin(index) as usize])
    }

    /// The moment at which a walk that is at the lot from `arrival` on enters the link's operation; `None` when it
    /// cannot.
    pub(super) fn enter_operation(&self, index: u32, arrival: i64) -> Option<i64> {
        let link = self.link(index);
        if !self.rule.respect_time {
            return Some(ALWAYS);
        }
        // Forward this is the consumption, whose rule a clock error lifts. Backward it is a production, or work in
        // place, which the lift lets be listed.
        if self.conflicts(index) {
            return Some(self.first(link));
        }
        // Backward this is a filling: a walk enters it when it leaves the lot no earlier than the filling is deemed to
        // have been there, and is in the operation at its last moment.
        if let Some(since) = self.lifted.get(&index) {
            return (arrival <= *since).then(|| self.first(link));
        }
        (arrival <= self.last(link)).then(|| arrival.max(self.first(link)))
    }

    /// The moment at which a walk that entered the operation at `moment` arrives at the link's lot; `None` when it
    /// cannot.
    pub(super) fn arrive_at_lot(&self, index: u32, moment: i64) -> Option<i64> {
        let link = self.link(index);
        if !self.rule.respect_time {
            return Some(ALWAYS);
        }
        if moment > self.last(link) {
            return None;
        }
        // Backward this is the consumption: after a clock error nothing is known about when the lot left.
        if self.conflicts(index) {
            return Some(ALWAYS);
        }
        // Forward this is a filling that was drawn from before it is on record.
        if let Some(since) = self.lifted.get(&index) {
            return Some(*since);
        }
        Some(moment.max(self.first(link)))
    }

    /// The mirror of [`Walk::arrive_at_lot`]: the latest moment in the operation from which the walk arrives at the
    /// link's lot no later than `bound`.
    pub(super) fn latest_leaving(&self, index: u32, bound: i64) -> Option<i64> {
        let link = self.link(index);
        if !self.rule.respect_time {
            return Some(i64::MAX);
        }
        if self.conflicts(index) {
            return Some(self.last(link));
        }
        if let Some(since) = self.lifted.get(&index) {
            return (*since <= bound).then(|| self.last(link));
        }
        (self.first(link) <= bound).then(|| self.last(link).min(bound))
    }

    /// The mirror of [`Walk::enter_operation`]: the latest arrival at the link's lot from which the walk enters the
    /// operation no later than `bound`.
    pub(super) fn latest_entering(&self, index: u32, bound: i64) -> Option<i64> {
        let link = self.link(index);
        if !self.rule.respect_time {
            return Some(i64::MAX);
        }
        if self.first(link) > bound {
            return None;
        }
        if let Some(since) = self.lifted.get(&index) {
            return Some(*since);
        }
        Some(if self.conflicts(index) { i64::MAX } else { self.last(link).min(bound) })
    }
}

/// Whether a link of this role takes the walk from its lot to its operation.
fn leads_from_lot(direction: Direction, role: Role) -> bool {
    match role {
        Role::Consumed => direction == Direction::Forward,
        Role::Produced => direction == Direction::Backward,
        Role::InPlace => true,
    }
}
