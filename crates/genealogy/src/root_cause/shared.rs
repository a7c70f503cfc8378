//! The lots that all of some lots have in common: those upstream, or downstream, of every one of them.

use crate::reach::Reach;
use crate::walk::Walk;
use crate::{Subgraph, TimeRule};

/// A lot that walks from every start reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedLot {
    /// Index into the subgraph's lots.
    pub index: u32,
    /// Operations between it and the nearest start.
    pub least_depth: u32,
    /// Operations between it and the farthest start.
    pub greatest_depth: u32,
}

/// The lots that are reached from every seed of the subgraph by walks that count, ordered by (greatest depth,
/// id). No lot is upstream or downstream of itself.
#[must_use]
pub fn shared_lots(subgraph: &Subgraph, rule: TimeRule) -> Vec<SharedLot> {
    let walk = Walk::new(subgraph, rule);
    let mut reach = Reach::new(&walk);
    let mut shared: Option<Vec<SharedLot>> = None;
    for seed in subgraph.seeds() {
        reach.walk_from(&[seed]);
        let depth = |index: u32| reach.lot_depths[index as usize].filter(|depth| *depth > 0);
        shared = Some(match shared {
            None => {
                let reached =
                    (0..subgraph.lots.len() as u32).filter_map(|index| depth(index).map(|at| (index, at)));
                reached.map(|(index, at)| SharedLot { index, least_depth: at, greatest_depth: at }).collect()
            }
            Some(lots) => {
                lots.into_iter().filter_map(|lot| depth(lot.index).map(|at| lot.with(at))).collect()
            }
        });
    }
    let mut shared = shared.unwrap_or_default();
    let id = |lot: &SharedLot| &subgraph.lots[lot.index as usize].id;
    shared.sort_by(|a, b| (a.greatest_depth, id(a)).cmp(&(b.greatest_depth, id(b))));
    shared
}

impl SharedLot {
    fn with(self, depth: u32) -> Self {
        Self {
            least_depth: self.least_depth.min(depth),
            greatest_depth: self.greatest_depth.max(depth),
            ..self
        }
    }
}
