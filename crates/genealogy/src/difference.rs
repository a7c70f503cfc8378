//! What was added and what was removed between two traces of the same question.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::subgraph::Subgraph;
use super::trace::{Trace, TracedNode};
use lotgraph_domain::{EventId, LotId, Role};

/// What differs between two traces. Each item is an index into the subgraph of its trace, and every list is
/// in the order of its trace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Lots that only the later trace reaches.
    pub lots_added: Vec<TracedNode>,
    /// Lots that only the earlier trace reaches.
    pub lots_removed: Vec<TracedNode>,
    /// Lots in both traces, each with its node in the earlier and in the later one. Seeds are among them, at
    /// depth 0.
    pub lots_kept: Vec<(TracedNode, TracedNode)>,
    /// Operations that only the later trace reaches.
    pub operations_added: Vec<TracedNode>,
    /// Operations that only the earlier trace reaches.
    pub operations_removed: Vec<TracedNode>,
    /// Links that only the later trace uses.
    pub links_added: Vec<u32>,
    /// Links that only the earlier trace uses.
    pub links_removed: Vec<u32>,
}

/// A trace with the subgraph that it points into.
#[derive(Debug, Clone, Copy)]
pub struct TraceOf<'a> {
    /// The closure that was read.
    pub subgraph: &'a Subgraph,
    /// What the time rule makes of it.
    pub trace: &'a Trace,
}

impl<'a> TraceOf<'a> {
    /// The seeds, then the lots reached.
    fn lots(self) -> impl Iterator<Item = TracedNode> + 'a {
        let seeds = self.trace.seeds.iter().map(|index| TracedNode { index: *index, depth: 0 });
        seeds.chain(self.trace.lots.iter().copied())
    }

    fn lot_id(self, node: TracedNode) -> &'a LotId {
        &self.subgraph.lots[node.index as usize].id
    }

    fn operation_id(self, node: TracedNode) -> &'a EventId {
        &self.subgraph.operations[node.index as usize].id
    }

    /// What identifies a link in both traces: its operation, role and position. That is enough, since an
    /// operation never changes once it is recorded.
    fn link_key(self, link: u32) -> (&'a EventId, Role, u32) {
        let link = &self.subgraph.links[link as usize];
        (&self.subgraph.operations[link.operation as usize].id, link.role, link.position)
    }
}

/// Compares two traces of the same question.
#[must_use]
pub fn difference(earlier: TraceOf<'_>, later: TraceOf<'_>) -> Difference {
    let before: HashMap<&LotId, TracedNode> =
        earlier.lots().map(|node| (earlier.lot_id(node), node)).collect();
    let after: HashSet<&LotId> = later.lots().map(|node| later.lot_id(node)).collect();
    let mut found = Difference::default();
    for node in later.lots() {
        match before.get(later.lot_id(node)) {
            Some(old) => found.lots_kept.push((*old, node)),
            None => found.lots_added.push(node),
        }
    }
    found.lots_removed = earlier.lots().filter(|node| !after.contains(earlier.lot_id(*node))).collect();
    let (old, new) = (&earlier.trace.operations, &later.trace.operations);
    found.operations_added = only(new, |n| later.operation_id(*n), old, |n| earlier.operation_id(*n));
    found.operations_removed = only(old, |n| earlier.operation_id(*n), new, |n| later.operation_id(*n));
    let (old, new) = (&earlier.trace.links, &later.trace.links);
    found.links_added = only(new, |n| later.link_key(*n), old, |n| earlier.link_key(*n));
    found.links_removed = only(old, |n| earlier.link_key(*n), new, |n| later.link_key(*n));
    found
}

/// The items of one list whose keys the other list does not have.
fn only<T: Copy, K: Eq + Hash>(
    items: &[T],
    key: impl Fn(&T) -> K,
    others: &[T],
    other_key: impl Fn(&T) -> K,
) -> Vec<T> {
    let others: HashSet<K> = others.iter().map(other_key).collect();
    items.iter().filter(|item| !others.contains(&key(item))).copied().collect()
}
