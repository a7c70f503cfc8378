//! What customers sent back, and what was received on record where it was shipped to, netted against what had been shipped of
//! the same lot.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::whereabouts::{Facts, Shipment};
use crate::{Subgraph, SubgraphLink};
use lotgraph_domain::{OperationKind, PartyCode, Quantity, Role, Timestamp, UnitCode};

/// Something of an affected lot that had been shipped and turned up again: a customer sent it back, or it was received where
/// it was shipped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameBack {
    /// The return or receipt, as an index into the subgraph's operations.
    pub operation: u32,
    /// Its place among the lots that the operation consumed.
    pub position: u32,
    /// The lot as which it had been shipped, as an index into the subgraph's lots.
    pub lot: u32,
    /// The customer that it had been shipped to.
    pub customer: Option<PartyCode>,
    /// The last moment at which it can have come back, or have been received.
    pub at: Timestamp,
    /// How much, as recorded.
    pub quantity: Option<Quantity>,
    /// How much, in the unit in which shipments of the material are summed.
    pub amount: Option<(UnitCode, Decimal)>,
    /// How much of that is more than had been shipped and was still there. It is netted against nothing.
    pub excess: Decimal,
}

/// What turned up again.
pub(super) struct Netted {
    /// What customers sent back.
    pub(super) returns: Vec<CameBack>,
    /// What was received on record where it was shipped to.
    pub(super) transfers: Vec<CameBack>,
}

/// What one shipment brought a customer of a lot, as far as it is still there.
struct Consignment<'a> {
    link: &'a SubgraphLink,
    customer: Option<&'a PartyCode>,
    unit: UnitCode,
    /// Whether it is affected. What is not goes back first where nobody knows, so that no figure flatters.
    affected: bool,
    left: Decimal,
}

/// Finds what turned up again of the affected lots, and takes it off what the shipments brought: those of `shipments`, which
/// are the affected ones, have it noted. Only what had been shipped by then can come back; what was received names its
/// shipments.
pub(super) fn net(subgraph: &Subgraph, facts: &Facts, shipments: &mut [Shipment]) -> Netted {
    let mut netting = Netting {
        subgraph,
        facts,
        places: shipments.iter().enumerate().map(|(n, one)| ((one.operation, one.position), n)).collect(),
        held: BTreeMap::new(),
    };
    let mut netted = Netted { returns: Vec::new(), transfers: Vec::new() };
    let found: Vec<&SubgraphLink> = subgraph.links.iter().filter(|link| netting.turned_up(link)).collect();
    let lots: BTreeSet<u32> = found.iter().map(|link| link.lot).collect();
    let shipped = subgraph.links.iter().filter(|link| {
        link.role == Role::Consumed && netting.kind(link) == OperationKind::Ship && lots.contains(&link.lot)
    });
    let (returned, received): (Vec<&SubgraphLink>, Vec<&SubgraphLink>) =
        found.iter().partition(|link| netting.kind(link) == OperationKind::Return);
    let mut moves: Vec<&SubgraphLink> = shipped.chain(returned).collect();
    netting.sort(&mut moves);
    // What was received is where its receipt has it, so it is taken off before what came back is: it cannot be both.
    let shipped = moves.iter().filter(|link| netting.kind(link) == OperationKind::Ship);
    shipped.copied().collect::<Vec<_>>().into_iter().for_each(|link| netting.ship(link));
    netted.transfers = netting.receive(&received, shipments);
    for link in moves.into_iter().filter(|link| link.sense.continues()) {
        netted.returns.push(netting.take_back(link, shipments));
    }
    netted
}

struct Netting<'a> {
    subgraph: &'a Subgraph,
    facts: &'a Facts,
    /// The places of the affected shipments.
    places: BTreeMap<(u32, u32), usize>,
    /// By lot: what was shipped of it, in order of time.
    held: BTreeMap<u32, Vec<Consignment<'a>>>,
}

impl<'a> Netting<'a> {
    fn kind(&self, link: &SubgraphLink) -> OperationKind {
        self.subgraph.operations[link.operation as usize].kind
    }

    fn turned_up(&self, link: &SubgraphLink) -> bool {
        link.role == Role::Consumed && link.sense.continues() && self.facts.knows(link.lot)
    }

    /// By time, shipments first, then by id and place.
    fn sort(&self, links: &mut [&SubgraphLink]) {
        let id = |link: &SubgraphLink| &self.subgraph.operations[link.operation as usize].id;
        links.sort_by(|a, b| {
            let key = |link: &SubgraphLink| (link.latest, link.sense.continues());
            (key(a), id(a), a.position).cmp(&(key(b), id(b), b.position))
        });
    }

    fn ship(&mut self, link: &'a SubgraphLink) {
        let Some((unit, left)) = self.facts.amount_of(link) else { return };
        let customer = self.subgraph.operations[link.operation as usize].party.as_ref();
        let affected = self.places.contains_key(&(link.operation, link.position));
        let consignment = Consignment { link, customer, unit, affected, left };
        self.held.entry(link.lot).or_default().push(consignment);
    }

    /// Takes an amount off some of what was shipped of a lot, as far as there is that much. Returns the rest.
    fn take(
        &mut self,
        lot: u32,
        amount: Decimal,
        order: impl Fn(&Consignment<'a>) -> Option<(bool, bool)>,
        mut note: impl FnMut(usize, Decimal),
    ) -> Decimal {
        let held = self.held.get_mut(&lot).map_or(&mut [][..], |held| held);
        let mut chosen: Vec<((bool, bool), &mut Consignment<'a>)> =
            held.iter_mut().filter_map(|one| Some((order(one)?, one))).collect();
        chosen.sort_by_key(|(key, _)| *key);
        let mut rest = amount;
        for (_, one) in chosen {
            let taken = rest.min(one.left);
            one.left -= taken;
            rest -= taken;
            if let Some(place) = self.places.get(&(one.link.operation, one.link.position)) {
                note(*place, taken);
            }
        }
        rest
    }

    fn came_back(&self, link: &SubgraphLink, customer: Option<PartyCode>) -> CameBack {
        CameBack {
            operation: link.operation,
            position: link.position,
            lot: link.lot,
            customer,
            at: link.latest,
            quantity: link.quantity.clone(),
            amount: self.facts.amount_of(link),
            excess: Decimal::ZERO,
        }
    }

    /// Takes what a customer sent back off what they hold: of the shipment that the return names, then of what is not affected,
    /// then of the rest, the first shipment first.
    fn take_back(&mut self, link: &SubgraphLink, shipments: &mut [Shipment]) -> CameBack {
        let customer = self.subgraph.operations[link.operation as usize].party.clone();
        let mut back = self.came_back(link, customer.clone());
        if let Some((unit, amount)) = back.amount.clone() {
            let subgraph = self.subgraph;
            let order = |one: &Consignment<'a>| {
                let theirs = one.customer == customer.as_ref() && one.unit == unit;
                let named =
                    link.sense.shipment() == Some(&subgraph.operations[one.link.operation as usize].id);
                (theirs && one.link.latest <= link.latest).then_some((!named, one.affected))
            };
            back.excess = self.take(link.lot, amount, order, |place, taken| {
                let returned = &mut shipments[place].returned;
                *returned = returned.saturating_add(taken);
            });
        }
        back
    }

    /// Takes what was received off the shipments that it carries on: what is not affected first, since it is not known which
    /// of several it was.
    fn receive(&mut self, links: &[&SubgraphLink], shipments: &mut [Shipment]) -> Vec<CameBack> {
        let mut outputs: BTreeMap<(u32, u32), Vec<&SubgraphLink>> = BTreeMap::new();
        for link in links {
            let pairs = self.subgraph.operations[link.operation as usize].pairs.as_slice();
            for pair in pairs.iter().filter(|pair| pair.input == link.position) {
                outputs.entry((link.operation, pair.output)).or_default().push(link);
            }
        }
        let mut found = Vec::new();
        for links in outputs.into_values() {
            let mut rest: Option<Decimal> = None;
            for link in &links {
                let shipment = link.sense.shipment();
                let customer = self.customer_of(link);
                let mut received = self.came_back(link, customer);
                if let Some((unit, amount)) = received.amount.clone() {
                    let subgraph = self.subgraph;
                    let order = |one: &Consignment<'a>| {
                        let its = shipment == Some(&subgraph.operations[one.link.operation as usize].id);
                        (its && one.unit == unit).then_some((false, one.affected))
                    };
                    let before = rest.unwrap_or(amount);
                    let left = self.take(link.lot, before, order, |place, taken| {
                        let transferred = &mut shipments[place].transferred;
                        *transferred = transferred.saturating_add(taken);
                    });
                    received.amount = Some((unit, before - left));
                    rest = Some(left);
                }
                found.push(received);
            }
            // What is more than all of them brought.
            if let (Some(last), Some(rest)) = (found.last_mut(), rest) {
                last.excess = rest;
                if let Some((_, amount)) = &mut last.amount {
                    *amount = amount.saturating_add(rest);
                }
            }
        }
        found
    }

    /// Whom the shipment that a link carries on had gone to.
    fn customer_of(&self, link: &SubgraphLink) -> Option<PartyCode> {
        let shipment = link.sense.shipment()?;
        let mut operations = self.subgraph.operations.iter();
        operations.find(|operation| operation.id == *shipment)?.party.clone()
    }
}
