//! The naive model: keeps what was said and works every answer out from scratch.
//!
//! It shares the domain types with the product and nothing else: judging, summing and walking are done again here, in
//! the most obvious way.

use std::collections::{BTreeMap, BTreeSet};

use lotgraph::domain::lot::Sum;
use lotgraph::domain::{
    Event, Fact, Flow, Lot, Master, MasterRef, MaterialCode, Operation, OperationKind, Quantity,
    RecordedOperation, Role, Timestamp, Voided,
};
use lotgraph::store::Direction;

/// One link of a live operation.
#[derive(Debug, Clone)]
pub struct Link<'a> {
    pub operation: &'a str,
    pub kind: OperationKind,
    pub role: Role,
    pub position: u32,
    pub lot: &'a str,
    pub quantity: Option<&'a Quantity>,
    pub earliest: Timestamp,
    pub latest: Timestamp,
}

/// Everything said so far.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub revision: u64,
    pub events: BTreeMap<String, Event>,
    pub operations: BTreeMap<String, RecordedOperation>,
    pub masters: BTreeMap<MasterRef, Master>,
    /// What was said about a lot: identity and names; flows are worked out.
    pub lots: BTreeMap<String, Lot>,
}

impl Model {
    /// Takes a batch; says what became of each event (`+` `=` `-` `.`).
    pub fn commit(&mut self, events: &[Event], atomic: bool) -> String {
        let mut next = self.clone();
        let marks: String = events.iter().map(|event| next.take(event)).collect();
        if atomic && marks.contains('-') {
            return marks.replace('+', ".");
        }
        if marks.contains('+') {
            next.revision += 1;
        }
        *self = next;
        marks
    }

    fn take(&mut self, event: &Event) -> char {
        if let Some(known) = self.events.get(event.id.as_str()) {
            return if known == event { '=' } else { '-' };
        }
        let fine = match &event.fact {
            Fact::Master(master) => self.declare(master),
            Fact::Operation(operation) => self.operate(event.id.as_str(), operation),
            Fact::Void(void) => {
                let voided = Voided {
                    by: event.id.clone(),
                    reason: void.reason.clone(),
                    replaced_by: void.replaced_by.clone(),
                };
                self.withdraw(void.event.as_str(), voided)
            }
            _ => unreachable!("the model knows neither holds nor alerts nor recalls"),
        };
        if fine {
            self.events.insert(event.id.to_string(), event.clone());
        }
        if fine { '+' } else { '-' }
    }

    fn name(&mut self, reference: MasterRef) {
        let mentioned = reference.mentioned();
        self.masters.entry(reference).or_insert(mentioned);
    }

    fn declare(&mut self, master: &Master) -> bool {
        if let Master::Equipment(equipment) = master
            && let Some(parent) = &equipment.parent
        {
            self.name(MasterRef::Equipment(parent.clone()));
        }
        self.masters.insert(master.reference(), master.clone());
        true
    }

    fn operate(&mut self, id: &str, operation: &Operation) -> bool {
        let mut lots = self.lots.clone();
        for lot in lots_named(operation) {
            lots.entry(lot.to_string()).or_insert_with(|| Lot::named(lot.clone()));
        }
        for (lot, material) in claims(operation) {
            let Some(lot) = lots.get_mut(lot) else { continue };
            if lot.material_claims > 0 && lot.material.as_ref() != Some(material) {
                return false;
            }
            lot.material = Some(material.clone());
            lot.material_claims += 1;
        }
        let measured = operation.inputs.iter().map(|input| (&input.lot, &input.quantity));
        let measured = measured.chain(operation.outputs.iter().map(|output| (&output.lot, &output.quantity)));
        let counted = operation.lots.iter().map(|item| (&item.lot, &item.counted));
        for (lot, quantity) in measured.chain(counted) {
            if let Some(quantity) = quantity
                && !self.has_unit(lots[lot.as_str()].material.as_ref(), quantity)
            {
                return false;
            }
        }
        for output in &operation.outputs {
            let Some(lot) = lots.get_mut(output.lot.as_str()) else { continue };
            lot.number = output.number.clone().or(lot.number.take());
            lot.supplier_lot = output.supplier_lot.clone().or(lot.supplier_lot.take());
            lot.attributes.extend(output.attributes.clone());
        }
        self.lots = lots;
        for (_, material) in claims(operation) {
            self.name(MasterRef::Material(material.clone()));
        }
        for resource in resources(operation) {
            self.name(resource);
        }
        let recorded = RecordedOperation {
            id: lotgraph::domain::EventId::parse(id).unwrap(),
            operation: operation.clone(),
            names: lotgraph::domain::NamesMeant::default(),
            voided: None,
        };
        self.operations.insert(id.to_owned(), recorded);
        true
    }

    fn has_unit(&self, material: Option<&MaterialCode>, quantity: &Quantity) -> bool {
        let Some(code) = material else { return true };
        match self.masters.get(&MasterRef::Material(code.clone())) {
            Some(Master::Material(material)) if material.declared => {
                material.unit.as_ref() == Some(&quantity.unit)
                    || material.conversions.iter().any(|conversion| conversion.unit == quantity.unit)
            }
            _ => true,
        }
    }

    fn withdraw(&mut self, id: &str, voided: Voided) -> bool {
        match self.operations.get_mut(id) {
            Some(recorded) if recorded.voided.is_none() => {
                recorded.voided = Some(voided);
                for (lot, _) in claims(&recorded.operation) {
                    if let Some(lot) = self.lots.get_mut(lot) {
                        lot.material_claims -= 1;
                    }
                }
                true
            }
            _ => false,
        }
    }

    /// The links of every live operation.
    pub fn links(&self) -> Vec<Link<'_>> {
        let live = self.operations.values().filter(|recorded| recorded.voided.is_none());
        live.flat_map(|recorded| links(recorded.id.as_str(), &recorded.operation)).collect()
    }

    /// A lot, whole.
    pub fn lot(&self, id: &str) -> Option<Lot> {
        let mut lot = self.lots.get(id)?.clone();
        for link in self.links().into_iter().filter(|link| link.lot == id) {
            let flow = match (link.role, link.kind) {
                (Role::InPlace, _) => {
                    lot.in_place += 1;
                    continue;
                }
                (Role::Produced, OperationKind::Receive) => &mut lot.received,
                (Role::Produced, _) => &mut lot.produced,
                (Role::Consumed, OperationKind::Ship) => &mut lot.shipped,
                (Role::Consumed, OperationKind::Scrap) => &mut lot.scrapped,
                (Role::Consumed, _) => &mut lot.consumed,
            };
            add(flow, link.quantity);
            if link.role == Role::Produced {
                let first = lot.earliest_production.unwrap_or(link.earliest);
                lot.earliest_production = Some(first.min(link.earliest));
            }
            if link.role == Role::Consumed {
                let first = lot.earliest_draw.unwrap_or(link.latest);
                lot.earliest_draw = Some(first.min(link.latest));
            }
        }
        Some(lot)
    }

    /// The hops of every lot and of every operation of a closure, before the node limit.
    pub fn reach(
        &self,
        seeds: &BTreeSet<String>,
        direction: Direction,
        max_depth: u32,
    ) -> (BTreeMap<String, u32>, BTreeMap<String, u32>) {
        let links = self.links();
        let mut lots: BTreeMap<String, u32> = BTreeMap::new();
        lots.extend(seeds.iter().filter(|id| self.lots.contains_key(*id)).map(|id| (id.clone(), 0)));
        let mut operations = BTreeMap::new();
        for depth in 0.. {
            let at = |map: &BTreeMap<String, u32>, key: &str, hops| map.get(key) == Some(&hops);
            for link in links.iter().filter(|link| at(&lots, link.lot, 2 * depth)) {
                let leads = leads(direction, link.role) && depth < max_depth;
                if leads || link.role == Role::InPlace {
                    operations.entry(link.operation.to_owned()).or_insert(2 * depth + 1);
                }
            }
            let before = lots.len();
            for link in links.iter().filter(|link| at(&operations, link.operation, 2 * depth + 1)) {
                if link.role != Role::InPlace && !leads(direction, link.role) {
                    lots.entry(link.lot.to_owned()).or_insert(2 * depth + 2);
                }
            }
            if lots.len() == before {
                return (lots, operations);
            }
        }
        unreachable!("a finite graph is reached in finitely many steps")
    }
}

/// Whether links of this role take the walk from a lot to an operation.
pub fn leads(direction: Direction, role: Role) -> bool {
    match direction {
        Direction::Forward => role == Role::Consumed,
        Direction::Backward => role == Role::Produced,
    }
}

fn add(flow: &mut Flow, quantity: Option<&Quantity>) {
    flow.count += 1;
    match quantity {
        None => flow.unmeasured += 1,
        Some(quantity) => {
            let zero = Sum(rust_decimal::Decimal::ZERO);
            let sum = flow.sums.entry(quantity.unit.clone()).or_insert(zero);
            sum.0 = (sum.0 + quantity.amount.value()).normalize();
        }
    }
}

fn lots_named(operation: &Operation) -> Vec<&lotgraph::domain::LotId> {
    let inputs = operation.inputs.iter().map(|input| &input.lot);
    let outputs = operation.outputs.iter().map(|output| &output.lot);
    inputs.chain(outputs).chain(operation.lots.iter().map(|item| &item.lot)).collect()
}

fn claims(operation: &Operation) -> Vec<(&str, &MaterialCode)> {
    let inputs = operation.inputs.iter().map(|input| (input.lot.as_str(), &input.material));
    let outputs = operation.outputs.iter().map(|output| (output.lot.as_str(), &output.material));
    inputs.chain(outputs).filter_map(|(lot, material)| Some((lot, material.as_ref()?))).collect()
}

/// Equipment, operators, shift and party of an operation.
pub fn resources(operation: &Operation) -> Vec<MasterRef> {
    let mut all: Vec<MasterRef> = operation.equipment.iter().cloned().map(MasterRef::Equipment).collect();
    all.extend(operation.operators.iter().cloned().map(MasterRef::Operator));
    all.extend(operation.shift.iter().cloned().map(MasterRef::Shift));
    all.extend(operation.party.iter().cloned().map(MasterRef::Party));
    all
}

fn links<'a>(id: &'a str, operation: &'a Operation) -> Vec<Link<'a>> {
    let start = operation.started_at.unwrap_or(operation.at);
    let link =
        |role, position: usize, lot: &'a str, quantity: Option<&'a Quantity>, at: Option<Timestamp>| Link {
            operation: id,
            kind: operation.kind,
            role,
            position: u32::try_from(position).unwrap(),
            lot,
            quantity,
            earliest: at.unwrap_or(start),
            latest: at.unwrap_or(operation.at),
        };
    let mut all = Vec::new();
    for (n, input) in operation.inputs.iter().enumerate() {
        all.push(link(Role::Consumed, n, input.lot.as_str(), input.quantity.as_ref(), input.at));
    }
    for (n, output) in operation.outputs.iter().enumerate() {
        all.push(link(Role::Produced, n, output.lot.as_str(), output.quantity.as_ref(), output.at));
    }
    for (n, lot) in operation.lots.iter().enumerate() {
        all.push(link(Role::InPlace, n, lot.lot.as_str(), lot.counted.as_ref(), None));
    }
    all
}
