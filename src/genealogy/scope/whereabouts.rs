//! Where everything that a recall reaches is now: on hand, consumed, shipped or scrapped, in exact quantities.
//!
//! Only draws that some counted walk uses are affected: what left a silo before the bad delivery went in is not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;

use super::effectiveness::percent;
use crate::domain::{
    Material, MaterialCode, OperationKind, PartyCode, Quantity, Role, Text, Timestamp, UnitCode,
};
use crate::genealogy::{Balance, Subgraph, SubgraphLink, Trace};

/// Where (some of) an affected lot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whereabouts {
    /// Here.
    OnHand,
    /// Perhaps here: movements that nobody measured, or that cannot be converted, leave it open.
    OnHandUnknown,
    /// In what was made of it.
    Consumed,
    /// With customers.
    Shipped,
    /// Thrown away.
    Scrapped,
}

impl Whereabouts {
    /// Every place.
    pub const ALL: &'static [Self] =
        &[Self::OnHand, Self::OnHandUnknown, Self::Consumed, Self::Shipped, Self::Scrapped];
}

/// What was drawn from an affected lot in one way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawn {
    /// Draws, measured or not.
    pub movements: u32,
    /// Draws that nobody measured.
    pub unmeasured: u32,
    /// Sums by unit: the material's own where a conversion is declared.
    pub sums: BTreeMap<UnitCode, Decimal>,
}

impl Drawn {
    fn add(&mut self, quantity: Option<(UnitCode, Decimal)>) {
        self.movements += 1;
        let sum = quantity.and_then(|(unit, amount)| {
            let known = self.sums.get(&unit).copied().unwrap_or_default();
            Some((unit, known.checked_add(amount)?))
        });
        match sum {
            Some((unit, sum)) => {
                self.sums.insert(unit, sum);
            }
            None => self.unmeasured += 1,
        }
    }
}

/// An affected lot and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedLot {
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// Operations from the nearest seed; 0 for a seed.
    pub depth: u32,
    /// Its material.
    pub material: Option<MaterialCode>,
    /// What is left of it; absent when that cannot be told.
    pub on_hand: Option<(Decimal, UnitCode)>,
    /// Consumed by operations.
    pub consumed: Drawn,
    /// Shipped to customers.
    pub shipped: Drawn,
    /// Scrapped.
    pub scrapped: Drawn,
    /// The draws that these sums are of, as indices into the subgraph's links, in the order of the trace.
    pub draws: Vec<u32>,
}

impl AffectedLot {
    /// Everywhere that some of it is; nowhere for a lot that was never on record with a quantity and is used up.
    #[must_use]
    pub fn whereabouts(&self) -> Vec<Whereabouts> {
        let on_hand = match &self.on_hand {
            Some((amount, _)) => (*amount > Decimal::ZERO).then_some(Whereabouts::OnHand),
            None => Some(Whereabouts::OnHandUnknown),
        };
        let went = |drawn: &Drawn, place| (drawn.movements > 0).then_some(place);
        let places = [
            on_hand,
            went(&self.consumed, Whereabouts::Consumed),
            went(&self.shipped, Whereabouts::Shipped),
            went(&self.scrapped, Whereabouts::Scrapped),
        ];
        places.into_iter().flatten().collect()
    }
}

/// One draw of an affected lot by a shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// The shipment, as an index into the subgraph's operations.
    pub operation: u32,
    /// Its place among the shipment's lots.
    pub position: u32,
    /// The lot, as an index into the subgraph's lots.
    pub lot: u32,
    /// The customer, if recorded.
    pub customer: Option<PartyCode>,
    /// The sales order.
    pub document: Option<Text>,
    /// When it left at the latest.
    pub at: Timestamp,
    /// How much, as recorded.
    pub quantity: Option<Quantity>,
}

/// An amount of one material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The material; absent for lots without one.
    pub material: Option<MaterialCode>,
    /// The unit.
    pub unit: UnitCode,
    /// How much.
    pub amount: Decimal,
}

/// What one customer received of the affected lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerShare {
    /// The customer; absent for shipments that name none.
    pub customer: Option<PartyCode>,
    /// Lots received, each once.
    pub lots: usize,
    /// Shipments that brought them, each once.
    pub shipments: usize,
    /// Quantities, by material and unit.
    pub quantities: Vec<Share>,
    /// Draws that nobody measured.
    pub unmeasured: u32,
    /// The documents of the shipments, each once.
    pub documents: BTreeSet<Text>,
    /// When the first of them left.
    pub first: Timestamp,
    /// When the last of them left.
    pub last: Timestamp,
}

/// Where one affected material is, in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The material; absent for lots without one.
    pub material: Option<MaterialCode>,
    /// The unit; absent for lots whose quantities nobody measured.
    pub unit: Option<UnitCode>,
    /// Affected lots of this material and unit.
    pub lots: u32,
    /// On hand.
    pub on_hand: Decimal,
    /// Consumed.
    pub consumed: Decimal,
    /// Shipped.
    pub shipped: Decimal,
    /// Scrapped.
    pub scrapped: Decimal,
    /// What ever came into these lots, affected or not.
    pub inflow: Decimal,
    /// Of that, what is known to be consumed, shipped, scrapped or on hand.
    pub accounted: Decimal,
}

impl Total {
    /// What of the inflow is accounted for, in percent; absent when nothing measured came in.
    #[must_use]
    pub fn accounted_percent(&self) -> Option<Decimal> {
        percent(self.accounted, self.inflow)
    }
}

/// What the walk itself does not tell: the stock of lots, materials with their conversions, documents of shipments.
#[derive(Debug, Clone)]
pub struct Facts {
    stock: Vec<Option<Stock>>,
    materials: HashMap<MaterialCode, Material>,
    documents: HashMap<u32, Text>,
}

#[derive(Debug, Clone)]
struct Stock {
    material: Option<MaterialCode>,
    on_hand: Option<(Decimal, UnitCode)>,
    /// What came in and what of it is accounted for, in one unit.
    ledger: Option<(UnitCode, Decimal, Decimal)>,
}

impl Facts {
    /// No facts yet, except the declared materials.
    #[must_use]
    pub fn new(subgraph: &Subgraph, materials: HashMap<MaterialCode, Material>) -> Self {
        Self { stock: vec![None; subgraph.lots.len()], materials, documents: HashMap::new() }
    }

    /// Takes what is on record of a lot: its material and its balance, counted where it was.
    pub fn tell_lot(&mut self, index: u32, material: Option<MaterialCode>, balance: Balance) {
        let inflow = plus(balance.received, balance.produced);
        let drawn = plus(plus(balance.consumed, balance.shipped), balance.scrapped);
        let accounted = plus(drawn, balance.on_hand.unwrap_or_default()).min(inflow);
        let ledger = balance.unit.clone().map(|unit| (unit, inflow, accounted));
        let on_hand = balance.on_hand.zip(balance.unit);
        self.stock[index as usize] = Some(Stock { material, on_hand, ledger });
    }

    /// Takes the document of a shipment.
    pub fn tell_document(&mut self, operation: u32, document: Text) {
        self.documents.insert(operation, document);
    }

    /// A quantity of a lot's material in its own unit, if that is declared.
    fn measured(
        &self,
        material: Option<&MaterialCode>,
        quantity: Option<&Quantity>,
    ) -> Option<(UnitCode, Decimal)> {
        let declared = material.and_then(|code| self.materials.get(code));
        Some(in_own_unit(declared, quantity?))
    }

    fn material_of(&self, lot: u32) -> Option<&MaterialCode> {
        self.stock[lot as usize].as_ref()?.material.as_ref()
    }
}

/// A quantity in the material's own unit where a conversion is declared, else as it is.
#[must_use]
pub fn in_own_unit(material: Option<&Material>, quantity: &Quantity) -> (UnitCode, Decimal) {
    let recorded = (quantity.unit.clone(), quantity.amount.value());
    let converted = material.and_then(|material| {
        let amount = recorded.1.checked_mul(material.factor(&quantity.unit)?)?;
        Some((material.unit.clone()?, amount))
    });
    converted.unwrap_or(recorded)
}

/// The scope of a recall, as indices into its subgraph.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Affected lots, seeds included, by (depth, id).
    pub lots: Vec<AffectedLot>,
    /// Shipments of them, by (time, operation, position).
    pub shipments: Vec<Shipment>,
    /// What each customer received, by code; shipments without a customer last.
    pub customers: Vec<CustomerShare>,
    /// Where everything is, by material and unit; lots without a material last.
    pub totals: Vec<Total>,
}

impl Scope {
    /// What is accounted for, in percent, of the material that is accounted for least.
    #[must_use]
    pub fn accounted_percent(&self) -> Option<Decimal> {
        self.totals.iter().filter_map(Total::accounted_percent).min()
    }
}

/// Sorts out where everything is that a forward trace reaches.
#[must_use]
pub fn scope(subgraph: &Subgraph, trace: &Trace, facts: &Facts) -> Scope {
    let mut lots = affected_lots(trace, facts);
    let places: HashMap<u32, usize> = lots.iter().enumerate().map(|(n, lot)| (lot.lot, n)).collect();
    let mut shipments = Vec::new();
    let links = trace.links.iter().map(|index| (*index, &subgraph.links[*index as usize]));
    for (index, link) in links.filter(|(_, link)| link.role == Role::Consumed) {
        let Some(lot) = places.get(&link.lot).and_then(|n| lots.get_mut(*n)) else { continue };
        lot.draws.push(index);
        let quantity = facts.measured(lot.material.as_ref(), link.quantity.as_ref());
        match subgraph.operations[link.operation as usize].kind {
            OperationKind::Ship => {
                lot.shipped.add(quantity);
                shipments.push(shipment(subgraph, facts, link));
            }
            OperationKind::Scrap => lot.scrapped.add(quantity),
            _ => lot.consumed.add(quantity),
        }
    }
    shipments.sort_by(|a, b| {
        let id = |shipment: &Shipment| &subgraph.operations[shipment.operation as usize].id;
        (a.at, id(a), a.position).cmp(&(b.at, id(b), b.position))
    });
    let customers = customer_shares(shipments.iter(), facts);
    let totals = totals(&lots, facts);
    Scope { lots, shipments, customers, totals }
}

fn affected_lots(trace: &Trace, facts: &Facts) -> Vec<AffectedLot> {
    let seeds = trace.seeds.iter().map(|seed| (*seed, 0));
    let reached = trace.lots.iter().map(|node| (node.index, node.depth));
    let lot = |(lot, depth): (u32, u32)| {
        let stock = facts.stock[lot as usize].as_ref();
        AffectedLot {
            lot,
            depth,
            material: stock.and_then(|stock| stock.material.clone()),
            on_hand: stock.and_then(|stock| stock.on_hand.clone()),
            consumed: Drawn::default(),
            shipped: Drawn::default(),
            scrapped: Drawn::default(),
            draws: Vec::new(),
        }
    };
    seeds.chain(reached).map(lot).collect()
}

fn shipment(subgraph: &Subgraph, facts: &Facts, link: &SubgraphLink) -> Shipment {
    Shipment {
        operation: link.operation,
        position: link.position,
        lot: link.lot,
        customer: subgraph.operations[link.operation as usize].party.clone(),
        document: facts.documents.get(&link.operation).cloned(),
        at: link.latest,
        quantity: link.quantity.clone(),
    }
}

/// What one customer received, while it is summed.
struct Received {
    lots: BTreeSet<u32>,
    shipments: BTreeSet<u32>,
    /// By whether the material is unknown, the material, and the unit.
    quantities: BTreeMap<(bool, Option<MaterialCode>), Drawn>,
    documents: BTreeSet<Text>,
    first: Timestamp,
    last: Timestamp,
}

/// What each customer received by some shipments, by code; shipments without a customer last.
#[must_use]
pub fn customer_shares<'a>(
    shipments: impl Iterator<Item = &'a Shipment>,
    facts: &Facts,
) -> Vec<CustomerShare> {
    let mut received: BTreeMap<(bool, Option<PartyCode>), Received> = BTreeMap::new();
    for shipment in shipments {
        let key = (shipment.customer.is_none(), shipment.customer.clone());
        let customer = received.entry(key).or_insert_with(|| Received {
            lots: BTreeSet::new(),
            shipments: BTreeSet::new(),
            quantities: BTreeMap::new(),
            documents: BTreeSet::new(),
            first: shipment.at,
            last: shipment.at,
        });
        customer.lots.insert(shipment.lot);
        customer.shipments.insert(shipment.operation);
        customer.documents.extend(shipment.document.clone());
        customer.last = customer.last.max(shipment.at);
        let material = facts.material_of(shipment.lot).cloned();
        let quantity = facts.measured(material.as_ref(), shipment.quantity.as_ref());
        customer.quantities.entry((material.is_none(), material)).or_default().add(quantity);
    }
    received.into_iter().map(|((_, customer), received)| share(customer, received)).collect()
}

fn share(customer: Option<PartyCode>, received: Received) -> CustomerShare {
    let unmeasured = received.quantities.values().map(|drawn| drawn.unmeasured).sum();
    let quantities = received.quantities.into_iter().flat_map(|((_, material), drawn)| {
        drawn.sums.into_iter().map(move |(unit, amount)| Share { material: material.clone(), unit, amount })
    });
    CustomerShare {
        customer,
        lots: received.lots.len(),
        shipments: received.shipments.len(),
        quantities: quantities.collect(),
        unmeasured,
        documents: received.documents,
        first: received.first,
        last: received.last,
    }
}

fn totals(lots: &[AffectedLot], facts: &Facts) -> Vec<Total> {
    let mut totals: BTreeMap<(bool, Option<MaterialCode>, Option<UnitCode>), Total> = BTreeMap::new();
    for lot in lots {
        let on_hand = lot.on_hand.iter().map(|(amount, unit)| (unit.clone(), *amount));
        let mut units: BTreeMap<Option<UnitCode>, [Decimal; 6]> = BTreeMap::new();
        for (unit, amount) in on_hand {
            units.entry(Some(unit)).or_default()[0] = amount;
        }
        for (place, drawn) in [(1, &lot.consumed), (2, &lot.shipped), (3, &lot.scrapped)] {
            for (unit, amount) in &drawn.sums {
                units.entry(Some(unit.clone())).or_default()[place] = *amount;
            }
        }
        let ledger = facts.stock[lot.lot as usize].as_ref().and_then(|stock| stock.ledger.as_ref());
        if let Some((unit, inflow, accounted)) = ledger {
            let sums = units.entry(Some(unit.clone())).or_default();
            (sums[4], sums[5]) = (*inflow, *accounted);
        }
        if units.is_empty() {
            units.insert(None, [Decimal::ZERO; 6]);
        }
        for (unit, sums) in units {
            let key = (lot.material.is_none(), lot.material.clone(), unit.clone());
            let total = totals.entry(key).or_insert_with(|| Total::nothing(lot.material.clone(), unit));
            total.add(sums);
        }
    }
    totals.into_values().collect()
}

impl Total {
    fn nothing(material: Option<MaterialCode>, unit: Option<UnitCode>) -> Self {
        let zero = Decimal::ZERO;
        Self {
            material,
            unit,
            lots: 0,
            on_hand: zero,
            consumed: zero,
            shipped: zero,
            scrapped: zero,
            inflow: zero,
            accounted: zero,
        }
    }

    /// Sums of one lot: on hand, consumed, shipped, scrapped, what came in, and what of that is accounted for.
    fn add(&mut self, [on_hand, consumed, shipped, scrapped, inflow, accounted]: [Decimal; 6]) {
        self.lots += 1;
        self.on_hand = plus(self.on_hand, on_hand);
        self.consumed = plus(self.consumed, consumed);
        self.shipped = plus(self.shipped, shipped);
        self.scrapped = plus(self.scrapped, scrapped);
        self.inflow = plus(self.inflow, inflow);
        self.accounted = plus(self.accounted, accounted);
    }
}

/// A sum that stops at the largest decimal, which no plant's stock comes near.
pub(super) fn plus(sum: Decimal, more: Decimal) -> Decimal {
    sum.checked_add(more).unwrap_or(Decimal::MAX)
}
