//! A plant as one subgraph, straight from its events, with the question that is asked of it.

use std::collections::{HashMap, HashSet};

use lotgraph::domain::{Event, Fact, LotId, Operation, Pairs, Role, Text};
use lotgraph::genealogy::root_cause::{CommonCause, Comparison, Facts, common_cause};
use lotgraph::genealogy::subgraph::{RawLink, SubgraphBuilder};
use lotgraph::genealogy::{Direction, Revision, Subgraph, SubgraphLot, SubgraphOperation, TimeRule};

/// The operations of a plant.
pub struct Plant(pub Vec<Event>);

impl Plant {
    fn operations(&self) -> impl Iterator<Item = (&Event, &Operation)> {
        self.0.iter().filter_map(|event| match &event.fact {
            Fact::Operation(operation) => Some((event, operation)),
            _ => None,
        })
    }

    /// Items whose result is this, in an order as good as random.
    pub fn items(&self, result: &str) -> Vec<LotId> {
        let (name, result) = (Text::parse("result").unwrap(), Text::parse(result).unwrap());
        let outputs = self.operations().flat_map(|(_, operation)| &operation.outputs);
        let found = outputs.filter(|output| output.attributes.get(&name) == Some(&result));
        let mut items: Vec<LotId> = found.map(|output| output.lot.clone()).collect();
        items.sort_by_key(|id| xxhash_rust::xxh3::xxh3_64(id.as_str().as_bytes()));
        items
    }

    /// All of it around these seeds; a walk backward meets only what is upstream.
    pub fn subgraph(&self, seeds: &[LotId]) -> Subgraph {
        let seeds: HashSet<&LotId> = seeds.iter().collect();
        let mut lots: HashMap<LotId, SubgraphLot> = HashMap::new();
        let (mut operations, mut links) = (Vec::new(), Vec::new());
        for (event, operation) in self.operations() {
            let (id, start, end) = (event.id.clone(), operation.start(), operation.at);
            let party = operation.party.clone();
            let (kind, pairs) = (operation.kind, Pairs::of(operation));
            operations.push(SubgraphOperation { id, kind, hops: 1, start, end, party, pairs });
            for link in operation.links() {
                let hops = if seeds.contains(link.lot) { 0 } else { 2 };
                let lot = lots.entry(link.lot.clone()).or_insert_with(|| SubgraphLot {
                    id: link.lot.clone(),
                    material: None,
                    hops,
                    earliest_production: None,
                    overdrawn: None,
                    leads_on: false,
                });
                if link.role == Role::Produced {
                    lot.material = operation.outputs[link.position as usize].material.clone();
                    let earlier = lot.earliest_production.is_none_or(|known| link.earliest < known);
                    lot.earliest_production =
                        if earlier { Some(link.earliest) } else { lot.earliest_production };
                }
                let (lot, operation, role) = (link.lot.clone(), event.id.clone(), link.role);
                let (position, earliest, latest) = (link.position, link.earliest, link.latest);
                let (quantity, sense) = (None, link.sense.owned());
                links.push(RawLink { lot, operation, role, position, quantity, earliest, latest, sense });
            }
        }
        let lots = lots.into_values().collect();
        SubgraphBuilder { direction: Direction::Backward, lots, operations, links }.build(
            Revision(1),
            vec![],
            false,
        )
    }

    /// Compares cases with controls.
    pub fn compare(&self, cases: &[LotId], controls: &[LotId]) -> (Subgraph, CommonCause) {
        let subgraph = self.subgraph(&[cases, controls].concat());
        let told: HashMap<_, _> =
            self.operations().map(|(event, operation)| (&event.id, operation)).collect();
        let mut facts = Facts::new(&subgraph);
        for (index, operation) in subgraph.operations.iter().enumerate() {
            facts.tell(index as u32, told[&operation.id]);
        }
        let index: HashMap<&LotId, u32> =
            subgraph.seeds().map(|n| (&subgraph.lots[n as usize].id, n)).collect();
        let indices = |ids: &[LotId]| ids.iter().map(|id| index[id]).collect::<Vec<u32>>();
        let (cases, controls) = (indices(cases), indices(controls));
        let comparison = Comparison { cases: &cases, controls: &controls };
        let common = common_cause(&subgraph, facts, comparison, TimeRule::default());
        (subgraph, common)
    }
}
