//! Where everything that a recall reaches is now: on hand, consumed, shipped or scrapped, in exact
//! quantities.
//!
//! A draw is affected only when some walk that counts uses it: what left a silo before the bad delivery went
//! in is not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rust_decimal::Decimal;

use super::returns::{CameBack, Netted, net};
use super::totals::{Total, totals};
use crate::{Balance, Subgraph, SubgraphLink, Trace};
use lotgraph_domain::{
    Lot, Material, MaterialCode, OperationKind, PartyCode, Quantity, Role, Scale, StatedRates, Text,
    Timestamp, UnitCode,
};

/// Where (some of) an affected lot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whereabouts {
    /// On hand.
    OnHand,
    /// Perhaps on hand: movements that nobody measured, or that cannot be converted, leave it open.
    OnHandUnknown,
    /// In other lots that were made of it.
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

/// What was drawn from an affected lot in one of these ways.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawn {
    /// How many draws there were, measured or not.
    pub movements: u32,
    /// How many of them nobody measured.
    pub unmeasured: u32,
    /// The sums by unit. This is the material's own unit where a conversion to it is declared.
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
    /// How many operations lie between it and the nearest seed; 0 for a seed.
    pub depth: u32,
    /// Its material.
    pub material: Option<MaterialCode>,
    /// What is left of it; absent when that cannot be told.
    pub on_hand: Option<(Decimal, UnitCode)>,
    /// Consumed by operations.
    pub consumed: Drawn,
    /// Shipped to customers.
    pub shipped: Drawn,
    /// What of that customers sent back, by unit.
    pub returned: BTreeMap<UnitCode, Decimal>,
    /// What of that was received on record where it was shipped to, by unit: it is where that receipt has it.
    pub transferred: BTreeMap<UnitCode, Decimal>,
    /// Scrapped.
    pub scrapped: Drawn,
    /// The draws that these sums are made of, as indices into the subgraph's links, in the order of the
    /// trace.
    pub draws: Vec<u32>,
}

impl AffectedLot {
    /// What is still with customers, by unit, as far as it was measured.
    #[must_use]
    pub fn with_customers(&self) -> BTreeMap<UnitCode, Decimal> {
        let left = self.shipped.sums.iter().map(|(unit, shipped)| {
            let gone = [&self.returned, &self.transferred];
            let gone = gone
                .into_iter()
                .filter_map(|sums| sums.get(unit))
                .fold(Decimal::ZERO, |sum, more| plus(sum, *more));
            (unit.clone(), *shipped - gone)
        });
        left.collect()
    }

    /// All the places where some of it is. There are none for a lot that is used up and was never recorded
    /// with a quantity.
    #[must_use]
    pub fn whereabouts(&self) -> Vec<Whereabouts> {
        let on_hand = match &self.on_hand {
            Some((amount, _)) => (*amount > Decimal::ZERO).then_some(Whereabouts::OnHand),
            None => Some(Whereabouts::OnHandUnknown),
        };
        let went = |drawn: &Drawn, place| (drawn.movements > 0).then_some(place);
        let all_back = self.shipped.unmeasured == 0 && self.with_customers().values().all(Decimal::is_zero);
        let places = [
            on_hand,
            went(&self.consumed, Whereabouts::Consumed),
            went(&self.shipped, Whereabouts::Shipped).filter(|_| !all_back),
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
    /// The last moment at which it can have left.
    pub at: Timestamp,
    /// How much, as recorded.
    pub quantity: Option<Quantity>,
    /// How much, in the unit in which shipments of the material are summed.
    pub amount: Option<(UnitCode, Decimal)>,
    /// How much of that the customer sent back.
    pub returned: Decimal,
    /// How much of that was received on record where it was shipped to.
    pub transferred: Decimal,
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
    /// What of these they sent back, by material and unit.
    pub returned: Vec<Share>,
    /// What of these was received on record at their place, by material and unit: it is where that receipt has it.
    pub transferred: Vec<Share>,
    /// What is still there, by material and unit: 0 where all came back.
    pub remaining: Vec<Share>,
    /// Draws that nobody measured.
    pub unmeasured: u32,
    /// The documents of the shipments, each once.
    pub documents: BTreeSet<Text>,
    /// When the first of them left.
    pub first: Timestamp,
    /// When the last of them left.
    pub last: Timestamp,
}

/// What the subgraph does not tell: the stock of lots, materials with their conversions, and documents of
/// shipments.
#[derive(Debug, Clone)]
pub struct Facts {
    stock: Vec<Option<Stock>>,
    materials: HashMap<MaterialCode, Material>,
    documents: HashMap<u32, Text>,
}

#[derive(Debug, Clone)]
struct Stock {
    material: Option<MaterialCode>,
    /// The conversions that were stated for the lot.
    factors: StatedRates,
    /// When it first came in.
    since: Option<Timestamp>,
    on_hand: Option<(Decimal, UnitCode)>,
    /// In one unit: what came in, and how much of that is accounted for.
    ledger: Option<(UnitCode, Decimal, Decimal)>,
}

impl Facts {
    /// No facts yet except the declarations of the materials.
    #[must_use]
    pub fn new(subgraph: &Subgraph, materials: HashMap<MaterialCode, Material>) -> Self {
        let stock = vec![None; subgraph.lots.len()];
        Self { stock, materials, documents: HashMap::new() }
    }

    /// Adds what is recorded about a lot, and its balance, which starts from a stock count if there was one.
    pub fn tell_lot(&mut self, index: u32, lot: &Lot, balance: Balance) {
        let inflow = sum_of(&[balance.received, balance.produced]);
        let drawn = sum_of(&[balance.consumed, balance.shipped, balance.scrapped]);
        let drawn = drawn.zip(balance.returned).map(|(drawn, returned)| drawn - returned);
        let ledger = inflow.zip(drawn).zip(balance.unit.clone()).map(|((inflow, drawn), unit)| {
            (unit, inflow, plus(drawn, balance.on_hand.unwrap_or_default()).min(inflow))
        });
        let on_hand = balance.on_hand.zip(balance.unit);
        self.stock[index as usize] = Some(Stock {
            material: lot.material.clone(),
            factors: lot.factors.clone(),
            since: lot.came_first(),
            on_hand,
            ledger,
        });
    }

    /// Adds the document of a shipment.
    pub fn tell_document(&mut self, operation: u32, document: Text) {
        self.documents.insert(operation, document);
    }

    /// In one unit: what came into a lot, and how much of that is accounted for.
    pub(super) fn ledger_of(&self, lot: u32) -> Option<&(UnitCode, Decimal, Decimal)> {
        self.stock[lot as usize].as_ref()?.ledger.as_ref()
    }

    /// Whether a lot is one of those affected.
    pub(super) fn knows(&self, lot: u32) -> bool {
        self.stock[lot as usize].is_some()
    }

    /// How much a link moves, in the unit in which the material of its lot is summed.
    pub(super) fn amount_of(&self, link: &SubgraphLink) -> Option<(UnitCode, Decimal)> {
        self.measured(link.lot, link.quantity.as_ref())
    }

    /// A quantity of a lot in its material's own unit, if there is a conversion to it.
    fn measured(&self, lot: u32, quantity: Option<&Quantity>) -> Option<(UnitCode, Decimal)> {
        Some(self.scale(lot).in_own_unit(quantity?))
    }

    /// How the quantities of a lot are converted.
    fn scale(&self, lot: u32) -> Scale<'_> {
        let Some(stock) = &self.stock[lot as usize] else { return Scale::new(None, None, None) };
        let material = stock.material.as_ref().and_then(|code| self.materials.get(code));
        Scale::new(material, Some(&stock.factors), stock.since)
    }

    fn material_of(&self, lot: u32) -> Option<&MaterialCode> {
        self.stock[lot as usize].as_ref()?.material.as_ref()
    }
}

/// The sum of some numbers, if all of them are known.
fn sum_of(numbers: &[Option<Decimal>]) -> Option<Decimal> {
    numbers.iter().try_fold(Decimal::ZERO, |sum, more| more.map(|more| plus(sum, more)))
}

/// The scope of a recall, as indices into its subgraph.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Affected lots, seeds included, by (depth, id).
    pub lots: Vec<AffectedLot>,
    /// Shipments of them, by (time, operation, position).
    pub shipments: Vec<Shipment>,
    /// What came back of them, in the same order.
    pub returns: Vec<CameBack>,
    /// What of them was received on record where it was shipped to, in the same order.
    pub transfers: Vec<CameBack>,
    /// What each customer received, by code; shipments without a customer last.
    pub customers: Vec<CustomerShare>,
    /// Where everything is, by material and unit; lots without a material last.
    pub totals: Vec<Total>,
}

impl Scope {
    /// How much is accounted for, in percent, of the material for which this is least.
    #[must_use]
    pub fn accounted_percent(&self) -> Option<Decimal> {
        self.totals.iter().filter_map(Total::accounted_percent).min()
    }
}

/// Works out where everything is that a forward trace reaches.
#[must_use]
pub fn scope(subgraph: &Subgraph, trace: &Trace, facts: &Facts) -> Scope {
    let mut lots = affected_lots(trace, facts);
    let places: HashMap<u32, usize> = lots.iter().enumerate().map(|(n, lot)| (lot.lot, n)).collect();
    let mut shipments = Vec::new();
    let links = trace.links.iter().map(|index| (*index, &subgraph.links[*index as usize]));
    for (index, link) in links.filter(|(_, link)| link.role == Role::Consumed) {
        let Some(lot) = places.get(&link.lot).and_then(|n| lots.get_mut(*n)) else { continue };
        if link.sense.continues() {
            continue;
        }
        let kind = subgraph.operations[link.operation as usize].kind;
        lot.draws.push(index);
        let quantity = facts.measured(link.lot, link.quantity.as_ref());
        match kind {
            OperationKind::Ship => {
                lot.shipped.add(quantity.clone());
                shipments.push(Shipment { amount: quantity, ..shipment(subgraph, facts, link) });
            }
            OperationKind::Scrap => lot.scrapped.add(quantity),
            _ => lot.consumed.add(quantity),
        }
    }
    shipments.sort_by(|a, b| {
        let id = |shipment: &Shipment| &subgraph.operations[shipment.operation as usize].id;
        (a.at, id(a), a.position).cmp(&(b.at, id(b), b.position))
    });
    let Netted { returns, transfers } = net(subgraph, facts, &mut shipments);
    for shipment in &shipments {
        let lot = places.get(&shipment.lot).and_then(|n| lots.get_mut(*n));
        let Some((lot, (unit, _))) = lot.zip(shipment.amount.as_ref()) else { continue };
        for (sums, gone) in
            [(&mut lot.returned, shipment.returned), (&mut lot.transferred, shipment.transferred)]
        {
            add_some(sums, unit, gone);
        }
    }
    let customers = customer_shares(shipments.iter(), facts);
    let totals = totals(&lots, facts);
    Scope { lots, shipments, returns, transfers, customers, totals }
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
            returned: BTreeMap::new(),
            transferred: BTreeMap::new(),
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
        amount: None,
        returned: Decimal::ZERO,
        transferred: Decimal::ZERO,
    }
}

/// Sums by material and unit; true for an unknown material, so that it comes last.
type Sums = BTreeMap<(bool, Option<MaterialCode>), BTreeMap<UnitCode, Decimal>>;

/// What one customer received, while it is being summed.
struct Received {
    lots: BTreeSet<u32>,
    shipments: BTreeSet<u32>,
    /// The sums by material. The first half of the key is true for an unknown material, so that it comes
    /// last.
    quantities: BTreeMap<(bool, Option<MaterialCode>), Drawn>,
    /// What they sent back, in the same form.
    returned: Sums,
    /// What was received on record at their place, in the same form.
    transferred: Sums,
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
            returned: Sums::new(),
            transferred: Sums::new(),
            documents: BTreeSet::new(),
            first: shipment.at,
            last: shipment.at,
        });
        customer.lots.insert(shipment.lot);
        customer.shipments.insert(shipment.operation);
        customer.documents.extend(shipment.document.clone());
        customer.last = customer.last.max(shipment.at);
        let material = facts.material_of(shipment.lot).cloned();
        let quantity = facts.measured(shipment.lot, shipment.quantity.as_ref());
        let key = (material.is_none(), material);
        if let Some((unit, _)) = &shipment.amount {
            for (sums, gone) in [
                (&mut customer.returned, shipment.returned),
                (&mut customer.transferred, shipment.transferred),
            ] {
                if !gone.is_zero() {
                    add_some(sums.entry(key.clone()).or_default(), unit, gone);
                }
            }
        }
        customer.quantities.entry(key).or_default().add(quantity);
    }
    received.into_iter().map(|((_, customer), received)| share(customer, received)).collect()
}

fn share(customer: Option<PartyCode>, received: Received) -> CustomerShare {
    let unmeasured = received.quantities.values().map(|drawn| drawn.unmeasured).sum();
    let quantities = received.quantities.into_iter().flat_map(|((_, material), drawn)| {
        drawn.sums.into_iter().map(move |(unit, amount)| Share { material: material.clone(), unit, amount })
    });
    let quantities: Vec<Share> = quantities.collect();
    let [returned, transferred] = [received.returned, received.transferred].map(shares);
    let remaining = quantities.iter().map(|share| {
        let same = |gone: &&Share| (&gone.material, &gone.unit) == (&share.material, &share.unit);
        let gone = returned.iter().chain(&transferred).filter(same);
        let amount = gone.fold(share.amount, |left, gone| left - gone.amount);
        Share { amount, ..share.clone() }
    });
    CustomerShare {
        customer,
        lots: received.lots.len(),
        shipments: received.shipments.len(),
        remaining: remaining.collect(),
        quantities,
        returned,
        transferred,
        unmeasured,
        documents: received.documents,
        first: received.first,
        last: received.last,
    }
}

fn shares(sums: Sums) -> Vec<Share> {
    let shares = sums.into_iter().flat_map(|((_, material), sums)| {
        sums.into_iter().map(move |(unit, amount)| Share { material: material.clone(), unit, amount })
    });
    shares.collect()
}

/// Adds an amount to the sum in its unit, unless it is nothing.
fn add_some(sums: &mut BTreeMap<UnitCode, Decimal>, unit: &UnitCode, amount: Decimal) {
    if !amount.is_zero() {
        let sum = sums.entry(unit.clone()).or_default();
        *sum = plus(*sum, amount);
    }
}

/// A sum that stops at the largest decimal number instead of overflowing. No plant's stock comes near it.
pub(super) fn plus(sum: Decimal, more: Decimal) -> Decimal {
    sum.checked_add(more).unwrap_or(Decimal::MAX)
}
