//! The trace: which walks count under the time rule, and what they reach (docs/ARCHITECTURE.md, rules 2 to 6 and 8).

use std::collections::BTreeMap;

use super::reach::Reach;
use super::subgraph::{Cut, Direction, Subgraph};
use super::walk::Walk;
use lotgraph_domain::{LotId, Timestamp};

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
    /// Draws that took more than can have been there, and fillings lifted for them (rule 9): links, in order.
    pub overdrawn: Vec<u32>,
    /// Productions by operations that do not balance: links, in order.
    pub unbalanced: Vec<u32>,
    /// Lots (seeds included) without a receipt or production on record, by (depth, id).
    pub unknown_origin: Vec<u32>,
    /// Why the answer may lack something.
    pub partial: Option<Partial>,
}

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
    let overdrawn = |index: &u32| subgraph.overdrawn(&subgraph.links[*index as usize]);
    let overdrawn = links.iter().copied().filter(overdrawn).collect();
    let unbalanced = |index: &u32| subgraph.unbalanced(&subgraph.links[*index as usize]);
    let unbalanced = links.iter().copied().filter(unbalanced).collect();
    let unknown_origin = lots.iter().map(|node| node.index);
    let unknown_origin =
        unknown_origin.filter(|index| subgraph.lots[*index as usize].earliest_production.is_none()).collect();
    let partial = partial(subgraph, &lots);
    // Depth 0 are exactly the seeds.
    lots.retain(|node| node.depth > 0);
    Trace {
        seeds,
        moments,
        lots,
        operations,
        links,
        time_conflicts,
        overdrawn,
        unbalanced,
        unknown_origin,
        partial,
    }
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
