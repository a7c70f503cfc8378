//! What customers sent back, netted against what had been shipped to them of the same lot.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::whereabouts::{Facts, Shipment};
use crate::{Subgraph, SubgraphLink};
use lotgraph_domain::{OperationKind, PartyCode, Quantity, Role, Timestamp, UnitCode};

/// Something that a customer sent back of an affected lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameBack {
    /// The return, as an index into the subgraph's operations.
    pub operation: u32,
    /// Its place among the return's lots.
    pub position: u32,
    /// The lot as which it had been shipped, as an index into the subgraph's lots.
    pub lot: u32,
    /// The customer.
    pub customer: Option<PartyCode>,
    /// The last moment at which it can have come back.
    pub at: Timestamp,
    /// How much, as recorded.
    pub quantity: Option<Quantity>,
    /// How much, in the unit in which shipments of the material are summed.
    pub amount: Option<(UnitCode, Decimal)>,
    /// How much of that is more than the customer held of the lot then. It is netted against nothing.
    pub excess: Decimal,
}

/// What one shipment brought a customer of a lot, as far as it is still there.
struct Consignment {
    operation: u32,
    position: u32,
    /// Whether it is affected. What is not goes back first where nobody knows, so that no figure flatters.
    affected: bool,
    left: Decimal,
}

type Held = BTreeMap<(u32, Option<PartyCode>, UnitCode), Vec<Consignment>>;

/// Finds what came back of the affected lots, and takes it off what the shipments brought: those of `shipments`, which are
/// the affected ones, have it noted. A return can take back only what had been shipped by then.
pub(super) fn net(subgraph: &Subgraph, facts: &Facts, shipments: &mut [Shipment]) -> Vec<CameBack> {
    let kind = |link: &SubgraphLink| subgraph.operations[link.operation as usize].kind;
    let returns = subgraph
        .links
        .iter()
        .filter(|link| link.role == Role::Consumed && link.sense.continues() && facts.knows(link.lot));
    let returns: Vec<&SubgraphLink> = returns.collect();
    if returns.is_empty() {
        return Vec::new();
    }
    let places: BTreeMap<(u32, u32), usize> =
        shipments.iter().enumerate().map(|(n, one)| ((one.operation, one.position), n)).collect();
    let lots: BTreeSet<u32> = returns.iter().map(|back| back.lot).collect();
    let shipped = subgraph.links.iter().filter(|link| {
        link.role == Role::Consumed && kind(link) == OperationKind::Ship && lots.contains(&link.lot)
    });
    let mut moves: Vec<&SubgraphLink> = shipped.chain(returns.iter().copied()).collect();
    moves.sort_by(|a, b| {
        let id = |link: &SubgraphLink| &subgraph.operations[link.operation as usize].id;
        let key = |link: &SubgraphLink| (link.latest, link.sense.continues());
        (key(a), id(a), a.position).cmp(&(key(b), id(b), b.position))
    });
    let mut held = Held::new();
    let mut found = Vec::new();
    for link in moves {
        let amount = facts.amount_of(link);
        let customer = subgraph.operations[link.operation as usize].party.clone();
        if kind(link) == OperationKind::Ship {
            let Some((unit, left)) = amount else { continue };
            let affected = places.contains_key(&(link.operation, link.position));
            let consignment =
                Consignment { operation: link.operation, position: link.position, affected, left };
            held.entry((link.lot, customer, unit)).or_default().push(consignment);
            continue;
        }
        let excess = amount.as_ref().map_or(Decimal::ZERO, |(unit, amount)| {
            let consignments = held.get_mut(&(link.lot, customer.clone(), unit.clone()));
            let named = |consignment: &Consignment| {
                link.sense.shipment() == Some(&subgraph.operations[consignment.operation as usize].id)
            };
            take_back(consignments.map_or(&mut [][..], |all| all), named, *amount, &places, shipments)
        });
        found.push(CameBack {
            operation: link.operation,
            position: link.position,
            lot: link.lot,
            customer,
            at: link.latest,
            quantity: link.quantity.clone(),
            amount,
            excess,
        });
    }
    found
}

/// Takes an amount off what a customer holds: of the shipment that the return names, then of what is not affected, then of
/// the rest, the first shipment first. Returns what there was nothing left to take it off.
fn take_back(
    consignments: &mut [Consignment],
    named: impl Fn(&Consignment) -> bool,
    amount: Decimal,
    places: &BTreeMap<(u32, u32), usize>,
    shipments: &mut [Shipment],
) -> Decimal {
    let mut order: Vec<usize> = (0..consignments.len()).collect();
    order.sort_by_key(|n| {
        let one = &consignments[*n];
        (!named(one), one.affected)
    });
    let mut left = amount;
    for n in order {
        let one = &mut consignments[n];
        let taken = left.min(one.left);
        one.left -= taken;
        left -= taken;
        if let Some(place) = places.get(&(one.operation, one.position)) {
            let returned = &mut shipments[*place].returned;
            *returned = returned.saturating_add(taken);
        }
    }
    left
}
