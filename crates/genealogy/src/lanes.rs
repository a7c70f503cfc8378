//! Lanes: an input that went into one output only leads a walk to that output and to no other
//! (docs/TRACE_RULES.md, rule 10).

use std::collections::{BTreeMap, BTreeSet};

use super::subgraph::{Subgraph, SubgraphLink};
use lotgraph_domain::Role;

/// The ways through the operations of a subgraph. Each operation has a main lane, whose number is that of the operation:
/// inputs without a pair lead through it to every output. An operation with pairs has one more for each output that is in
/// a pair.
pub(super) struct Lanes {
    /// How many operations there are.
    operations: u32,
    /// The operation of each further lane.
    further: Vec<u32>,
    /// The lanes of inputs that are in a pair, by operation and place.
    inputs: BTreeMap<(u32, u32), Vec<u32>>,
    /// The further lane of each output that is in a pair.
    outputs: BTreeMap<(u32, u32), u32>,
}

impl Lanes {
    /// The lanes of a subgraph; `None` when no operation has pairs.
    pub(super) fn of(subgraph: &Subgraph) -> Option<Self> {
        let paired = (0..).zip(&subgraph.operations).filter(|(_, operation)| !operation.pairs.is_empty());
        let paired: Vec<(u32, _)> = paired.collect();
        if paired.is_empty() {
            return None;
        }
        let mut lanes = Self::none(subgraph);
        for (operation, node) in paired {
            let outputs: BTreeSet<u32> = node.pairs.as_slice().iter().map(|pair| pair.output).collect();
            for output in outputs {
                lanes.outputs.insert((operation, output), lanes.count());
                lanes.further.push(operation);
            }
            for pair in node.pairs.as_slice() {
                let lane = lanes.outputs[&(operation, pair.output)];
                lanes.inputs.entry((operation, pair.input)).or_default().push(lane);
            }
        }
        Some(lanes)
    }

    /// Only the main lane of each operation.
    pub(super) fn none(subgraph: &Subgraph) -> Self {
        // The node limit keeps a subgraph far below 2^32 nodes.
        let operations = subgraph.operations.len() as u32;
        Self { operations, further: Vec::new(), inputs: BTreeMap::new(), outputs: BTreeMap::new() }
    }

    /// How many lanes there are.
    pub(super) fn count(&self) -> u32 {
        self.operations + self.further.len() as u32
    }

    /// The operation of a lane.
    pub(super) fn operation(&self, lane: u32) -> u32 {
        lane.checked_sub(self.operations).map_or(lane, |further| self.further[further as usize])
    }

    /// The lanes that a link belongs to.
    pub(super) fn of_link(&self, link: &SubgraphLink) -> Vec<u32> {
        let key = (link.operation, link.position);
        match link.role {
            Role::InPlace => vec![link.operation],
            Role::Consumed => self.inputs.get(&key).cloned().unwrap_or_else(|| vec![link.operation]),
            Role::Produced => [link.operation].into_iter().chain(self.outputs.get(&key).copied()).collect(),
        }
    }
}
