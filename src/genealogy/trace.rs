//! The trace: which walks count under the time rule, and what they reach (docs/ARCHITECTURE.md, rules 2 to 6 and 8).

use std::collections::BTreeMap;
use std::ops::Range;

use super::periods::{Period, Periods};
use super::reach::Reach;
use super::subgraph::{Cut, Direction, Subgraph, SubgraphLink};
use crate::domain::{LotId, Role, Timestamp};

/// Which walks count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeRule {
    /// False: every walk counts, whatever its times.
    pub respect_time: bool,
    /// FORWARD: when the seeds became of interest; absent: always were.
    pub since: Option<Timestamp>,
    /// BACKWARD: until when the seeds are of interest; absent: for ever.
    pub until: Option<Timestamp>,
}

impl Default for TimeRule {
    fn default() -> Self {
        Self { respect_time: true, since: None, until: None }
    }
}

/// Why an answer may lack something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Partial {
    /// The node limit cut the closure.
    NodeLimit,
    /// The depth limit cut it at a lot that is reached.
    DepthLimit,
}

/// A lot or operation reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedNode {
    /// Index into the subgraph's lots or operations.
    pub index: u32,
    /// Operations from the nearest seed over counted links (rule 4).
    pub depth: u32,
}

/// The answer to a trace, as indices into its subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The seeds, by id.
    pub seeds: Vec<u32>,
    /// For each seed, since when (BACKWARD: until when) it is of interest; absent: always.
    pub moments: Vec<Option<Timestamp>>,
    /// Lots reached, without the seeds, by (depth, id).
    pub lots: Vec<TracedNode>,
    /// Operations reached, by (depth, id).
    pub operations: Vec<TracedNode>,
    /// Links that some counted walk uses, by (depth of operation, operation id, role, position).
    pub links: Vec<u32>,
    /// Consumptions and work in place of reached lots before every production of the lot: links, in order.
    pub time_conflicts: Vec<u32>,
    /// Lots (seeds included) without a receipt or production on record, by (depth, id).
    pub unknown_origin: Vec<u32>,
    /// Why the answer may lack something.
    pub partial: Option<Partial>,
}

/// Minus infinity on the walk's own clock.
const ALWAYS: i64 = i64::MIN;

/// Computes the trace of a subgraph.
#[must_use]
pub fn trace(subgraph: &Subgraph, rule: TimeRule) -> Trace {
    trace_since(subgraph, rule, &BTreeMap::new())
}

/// Computes the trace of a subgraph whose seeds became of interest one by one: those named here at a moment of their own
/// (BACKWARD: they are of interest until then), the others as the rule says.
#[must_use]
pub fn trace_since(subgraph: &Subgraph, rule: TimeRule, since: &BTreeMap<LotId, Timestamp>) -> Trace {
    let common = match subgraph.direction {
        Direction::Forward => rule.since,
        Direction::Backward => rule.until,
    };
    let own = |seed: u32| since.get(&subgraph.lots[seed as usize].id).copied();
    let moments: Vec<Option<Timestamp>> = subgraph.seeds().map(|seed| own(seed).or(common)).collect();
    let graph = Walk::new(subgraph, rule);
    let mut reach = Reach::new(&graph);
    let starts = subgraph.seeds().zip(&moments);
    reach.walk_from_each(starts.map(|(seed, moment)| (seed, graph.clock(*moment))));
    answer(&graph, &reach, moments)
}

/// The subgraph seen in walking direction: for BACKWARD, roles swap and the clock runs the other way.
///
/// Walks go over periods of lots (rule 8) and over links between these and operations; both have numbers of their own,
/// which are those of the subgraph as long as no lot was cleaned.
pub(super) struct Walk<'a> {
    pub(super) subgraph: &'a Subgraph,
    rule: TimeRule,
    periods: Option<Periods>,
    /// For each period of a lot, links that lead from it to an operation (work in place included).
    pub(super) from_period: Adjacency,
    /// For each operation, links that lead from it to a lot.
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
        let periods = rule.respect_time.then(|| Periods::of(subgraph)).flatten();
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
        let from_operation = Adjacency::new(subgraph.operations.len(), &from_operation);
        Self { subgraph, rule, periods, from_period, from_operation }
    }

    /// A link that walks go over; its `lot` is a period.
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
    fn clock(&self, moment: Option<Timestamp>) -> i64 {
        let micros = moment.map(Timestamp::micros);
        let micros = micros.map(|micros| match self.subgraph.direction {
            Direction::Forward => micros,
            Direction::Backward => -micros,
        });
        micros.unwrap_or(ALWAYS)
    }

    /// Whether a clock error lifts the rule for a link (rule 3).
    fn conflicts(&self, index: u32) -> bool {
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

fn answer(graph: &Walk<'_>, reach: &Reach<'_>, moments: Vec<Option<Timestamp>>) -> Trace {
    let subgraph = graph.subgraph;
    let seeds: Vec<u32> = subgraph.seeds().collect();
    let reached = |depths: &[Option<u32>]| -> Vec<TracedNode> {
        let nodes = depths.iter().enumerate();
        nodes.filter_map(|(n, d)| d.map(|depth| TracedNode { index: n as u32, depth })).collect()
    };
    let mut lots = reached(&reach.lot_depths);
    lots.sort_unstable_by(|a, b| {
        let id = |node: &TracedNode| &subgraph.lots[node.index as usize].id;
        (a.depth, id(a)).cmp(&(b.depth, id(b)))
    });
    let mut operations = reached(&reach.operation_depths);
    operations.sort_unstable_by(|a, b| {
        let id = |node: &TracedNode| &subgraph.operations[node.index as usize].id;
        (a.depth, id(a)).cmp(&(b.depth, id(b)))
    });
    let links = ordered_links(subgraph, &reach.used, &operations);
    let conflicts = |index: &u32| subgraph.conflicts(&subgraph.links[*index as usize]);
    let time_conflicts = links.iter().copied().filter(conflicts).collect();
    let unknown_origin = lots.iter().map(|node| node.index);
    let unknown_origin =
        unknown_origin.filter(|index| subgraph.lots[*index as usize].earliest_production.is_none()).collect();
    let partial = partial(subgraph, &lots);
    // Depth 0 are exactly the seeds.
    lots.retain(|node| node.depth > 0);
    Trace { seeds, moments, lots, operations, links, time_conflicts, unknown_origin, partial }
}

fn ordered_links(subgraph: &Subgraph, used: &[bool], operations: &[TracedNode]) -> Vec<u32> {
    let mut rank = vec![u32::MAX; subgraph.operations.len()];
    for (n, node) in operations.iter().enumerate() {
        rank[node.index as usize] = n as u32;
    }
    let mut links: Vec<u32> =
        (0..subgraph.links.len() as u32).filter(|index| used[*index as usize]).collect();
    // Stable: inside an operation the subgraph's order (role, position) stays.
    links.sort_by_key(|index| rank[subgraph.links[*index as usize].operation as usize]);
    links
}

fn partial(subgraph: &Subgraph, reached: &[TracedNode]) -> Option<Partial> {
    match subgraph.cut? {
        Cut::Nodes => Some(Partial::NodeLimit),
        Cut::Depth => {
            let leads_on = |node: &TracedNode| subgraph.lots[node.index as usize].leads_on;
            reached.iter().any(leads_on).then_some(Partial::DepthLimit)
        }
    }
}
