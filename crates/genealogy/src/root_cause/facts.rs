//! Facts about the operations of a subgraph. Each is told once, and kept as small numbers that are cheap to
//! compare.

use std::collections::HashMap;
use std::hash::Hash;

use super::factor::{Measure, Named};
use crate::Subgraph;
use lotgraph_domain::quantity::parse_decimal;
use lotgraph_domain::{Operation, OperationKind, Role, Text};

const MICROS_PER_SECOND: f64 = 1e6;

/// What is known about the lots and operations of a subgraph.
#[derive(Debug)]
pub struct Facts {
    /// Factors with an identity. The lots come first, in the order of the subgraph.
    pub(super) named: Interned<Named>,
    /// Numbers that lots may carry.
    pub(super) measures: Interned<Measure>,
    /// The factor of each lot's material.
    pub(super) materials: Vec<Option<u32>>,
    /// By operation of the subgraph.
    pub(super) operations: Vec<OperationFacts>,
    /// For each consumption of the subgraph, how long the lot had waited before it: the measure, and the
    /// seconds.
    pub(super) waits: Vec<Option<(u32, f64)>>,
}

/// What is known about one operation.
#[derive(Debug, Default, Clone)]
pub(super) struct OperationFacts {
    step: Option<Text>,
    /// The factors that every lot passing through the operation is exposed to.
    pub(super) named: Vec<u32>,
    /// Its numeric parameters: measure and value.
    pub(super) numbers: Vec<(u32, f64)>,
    /// Suppliers' lots: the position of the output that has the number, and the factor.
    pub(super) supplier_lots: Vec<(u32, u32)>,
}

/// Values numbered in the order of their first appearance.
#[derive(Debug)]
pub(super) struct Interned<T> {
    pub(super) values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Interned<T> {
    fn new() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }

    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        // Bounded by the facts of one subgraph, far below 2^32.
        let number = self.values.len() as u32;
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}

impl Facts {
    /// Starts with the facts that the subgraph itself holds. Its operations must then be told one by one.
    #[must_use]
    pub fn new(subgraph: &Subgraph) -> Self {
        let mut named = Interned::new();
        for lot in &subgraph.lots {
            named.number(Named::Lot(lot.id.clone()));
        }
        let material =
            |lot: &crate::SubgraphLot| lot.material.clone().map(|code| named.number(Named::Material(code)));
        let materials = subgraph.lots.iter().map(material).collect();
        let operations = vec![OperationFacts::default(); subgraph.operations.len()];
        let waits = vec![None; subgraph.links.len()];
        Self { named, measures: Interned::new(), materials, operations, waits }
    }

    /// Tells what the operation with this index in the subgraph is. A stock count is left out: it does
    /// nothing to its lots, so who counted them and where cannot have caused anything.
    pub fn tell(&mut self, index: u32, operation: &Operation) {
        if operation.kind == OperationKind::Count {
            return;
        }
        let step = operation.name.clone().unwrap_or_else(|| {
            Text::parse(operation.kind.name()).expect("names of kinds are short, printable and never empty")
        });
        let mut facts = OperationFacts { step: Some(step.clone()), ..OperationFacts::default() };
        facts.named.push(self.named.number(Named::Step(step.clone())));
        self.tell_resources(operation, &mut facts);
        self.tell_receipt(operation, &mut facts);
        for parameter in &operation.parameters {
            let value =
                parse_decimal(parameter.value.as_str()).and_then(|_| parameter.value.as_str().parse().ok());
            if let Some(value) = value {
                let (name, unit) = (parameter.name.clone(), parameter.unit.clone());
                let measure = Measure::Parameter { step: step.clone(), name, unit };
                facts.numbers.push((self.measures.number(measure), value));
            }
        }
        self.operations[index as usize] = facts;
    }

    fn tell_resources(&mut self, operation: &Operation, facts: &mut OperationFacts) {
        for equipment in &operation.equipment {
            facts.named.push(self.named.number(Named::Equipment(equipment.clone())));
            if let Some(shift) = &operation.shift {
                let both = Named::EquipmentShift(equipment.clone(), shift.clone());
                facts.named.push(self.named.number(both));
            }
        }
        for operator in &operation.operators {
            facts.named.push(self.named.number(Named::Operator(operator.clone())));
        }
        if let Some(shift) = &operation.shift {
            facts.named.push(self.named.number(Named::Shift(shift.clone())));
        }
    }

    /// Every party found here is a supplier: shipments lead nowhere, so an operation upstream of a lot is
    /// never one.
    fn tell_receipt(&mut self, operation: &Operation, facts: &mut OperationFacts) {
        if let Some(party) = &operation.party {
            facts.named.push(self.named.number(Named::Supplier(party.clone())));
        }
        for (position, output) in operation.outputs.iter().enumerate() {
            if let Some(number) = &output.supplier_lot {
                let lot = Named::SupplierLot(operation.party.clone(), number.clone());
                // Events hold at most 10,000 items, so positions fit.
                facts.supplier_lots.push((position as u32, self.named.number(lot)));
            }
        }
    }

    /// Measures, for each consumption, how long the lot had waited since the last step before that produced
    /// it. To be called once all operations are told.
    pub(super) fn measure_waits(&mut self, subgraph: &Subgraph) {
        let mut productions: HashMap<u32, Vec<(i64, u32)>> = HashMap::new();
        for link in subgraph.links.iter().filter(|link| link.role == Role::Produced) {
            productions.entry(link.lot).or_default().push((link.latest.micros(), link.operation));
        }
        for moments in productions.values_mut() {
            moments.sort_unstable();
        }
        for (index, link) in subgraph.links.iter().enumerate().filter(|(_, link)| link.role == Role::Consumed)
        {
            let Some(moments) = productions.get(&link.lot) else { continue };
            let start = link.earliest.micros();
            let before = moments.partition_point(|(end, _)| *end <= start);
            let Some((end, maker)) = before.checked_sub(1).map(|last| moments[last]) else { continue };
            let steps =
                (&self.operations[maker as usize].step, &self.operations[link.operation as usize].step);
            if let (Some(from), Some(to)) = steps {
                let measure = Measure::Elapsed { from: from.clone(), to: to.clone() };
                self.waits[index] =
                    Some((self.measures.number(measure), (start - end) as f64 / MICROS_PER_SECOND));
            }
        }
    }
}
