//! The links of a plant's operations, and answers in a form that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use lotgraph::domain::{Amount, Input, LotId, Operation, OperationKind, Quantity, Role, Timestamp};
use lotgraph::genealogy::Partial;
use lotgraph::service::trace::TraceAnswer;
use rust_decimal::Decimal;

/// One link of a live operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    pub operation: String,
    pub kind: OperationKind,
    pub role: Role,
    pub position: u32,
    pub lot: String,
    pub earliest: i64,
    pub latest: i64,
    pub quantity: Option<Decimal>,
    /// Of an input: the places of the only outputs that it went into.
    pub only: Option<Vec<u32>>,
    /// Of an output: whether it had left as the very lot that it comes back into.
    pub came_back: bool,
    /// Of an input that a receipt carries on: when it was received at the latest.
    pub received: Option<i64>,
}

impl Link {
    /// Whether this output took some of an input.
    pub fn takes_from(&self, input: &Link) -> bool {
        input.only.as_ref().is_none_or(|only| only.contains(&self.position))
    }

    /// Whether a walk over one of the two goes on over the other.
    pub fn goes_with(&self, other: &Link) -> bool {
        match (self.role, other.role) {
            (Role::Produced, Role::Consumed) => self.takes_from(other),
            (Role::Consumed, Role::Produced) => other.takes_from(self),
            _ => true,
        }
    }

    /// Whether it took some of its lot away.
    pub fn draws(&self) -> bool {
        self.role == Role::Consumed && self.kind != OperationKind::Return && self.received.is_none()
    }
}

/// What an answer comes to, in comparable form.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub lots: BTreeMap<String, usize>,
    pub operations: BTreeMap<String, usize>,
    pub links: BTreeSet<(String, Role, u32, String)>,
    pub conflicts: BTreeSet<(String, Role, u32, String)>,
    pub overdrawn: BTreeSet<(String, Role, u32, String)>,
    pub unknown: BTreeSet<String>,
    pub depth_limit: bool,
}

pub fn links_of(id: &str, operation: &Operation) -> Vec<Link> {
    let start = operation.started_at.unwrap_or(operation.at);
    let link = |role, position: usize, lot: &LotId, at: Option<Timestamp>, quantity: Option<Decimal>| Link {
        operation: id.to_owned(),
        kind: operation.kind,
        quantity,
        role,
        position: position as u32,
        lot: lot.to_string(),
        earliest: at.unwrap_or(start).micros(),
        latest: at.unwrap_or(operation.at).micros(),
        only: None,
        came_back: false,
        received: None,
    };
    let amount = |quantity: &Quantity| quantity.amount.value();
    // What was issued, less what came back.
    let used = |input: &Input| {
        let back = input.returned.map(Amount::value).unwrap_or_default();
        input.issued().map(|issued| amount(&issued) - back)
    };
    let inputs = operation.inputs.iter().enumerate().map(|(n, i)| Link {
        only: places_of(operation, i),
        ..link(Role::Consumed, n, &i.lot, i.at, used(i))
    });
    let outputs = operation.outputs.iter().enumerate().map(|(n, o)| Link {
        came_back: operation.kind == OperationKind::Return
            && o.shipped_as.as_ref().unwrap_or(&o.lot) == &o.lot,
        ..link(Role::Produced, n, &o.lot, o.at, o.quantity.as_ref().map(amount))
    });
    // What comes back was in the lot that it was shipped as, at any moment before.
    let returned = operation.outputs.iter().enumerate().filter(|_| operation.kind == OperationKind::Return);
    let returned = returned.map(|(n, o)| Link {
        earliest: i64::MIN,
        only: Some(vec![n as u32]),
        ..link(
            Role::Consumed,
            n,
            o.shipped_as.as_ref().unwrap_or(&o.lot),
            o.at,
            o.quantity.as_ref().map(amount),
        )
    });
    // Nothing that moved is no link.
    let moved = inputs.chain(returned).chain(outputs).filter(|link| link.quantity != Some(Decimal::ZERO));
    let lots = operation
        .lots
        .iter()
        .enumerate()
        .map(|(n, l)| link(Role::InPlace, n, &l.lot, None, l.counted.as_ref().map(amount)));
    moved.chain(lots).collect()
}

/// What a receipt carries on of shipments with its document, as links; `numbers` are the printed numbers of lots. Its outputs
/// that come back into the very lot that they had left are told.
pub fn transfers_of(
    (id, receipt): (&str, &Operation),
    shipments: &BTreeMap<&str, &Operation>,
    numbers: &BTreeMap<String, String>,
) -> Vec<Link> {
    let mut found = Vec::new();
    for received in links_of(id, receipt) {
        let output = &receipt.outputs[received.position as usize];
        let told: Vec<&str> = [Some(output.lot.as_str())]
            .into_iter()
            .chain([&output.number, &output.supplier_lot].map(|number| number.as_ref().map(AsRef::as_ref)))
            .flatten()
            .collect();
        for (shipment, operation) in shipments.iter().filter(|(_, one)| one.document == receipt.document) {
            let lots: BTreeSet<String> =
                links_of(shipment, operation).into_iter().map(|link| link.lot).collect();
            for lot in lots {
                let named = told.contains(&lot.as_str())
                    || numbers.get(&lot).is_some_and(|number| told.contains(&number.as_str()));
                let shipped = links_of(shipment, operation).into_iter().filter(|link| link.lot == lot);
                // Of the very lot, only what left before it was received.
                let shipped: Vec<Link> =
                    shipped.filter(|link| lot != received.lot || link.earliest <= received.latest).collect();
                if !named || shipped.is_empty() {
                    continue;
                }
                let earliest = shipped.iter().map(|link| link.earliest).min().unwrap();
                found.push((
                    received.position,
                    (*shipment).to_owned(),
                    Link {
                        role: Role::Consumed,
                        earliest: earliest.min(received.latest),
                        latest: shipped.iter().map(|link| link.latest).max().unwrap(),
                        only: Some(vec![received.position]),
                        received: Some(received.latest),
                        lot,
                        ..received.clone()
                    },
                ));
            }
        }
    }
    found.sort_by(|a, b| (a.0, &a.1, &a.2.lot).cmp(&(b.0, &b.1, &b.2.lot)));
    let links = found.into_iter().enumerate();
    links.map(|(n, (_, _, link))| Link { position: n as u32, ..link }).collect()
}

/// The places of the outputs that an input says it went into.
fn places_of(operation: &Operation, input: &Input) -> Option<Vec<u32>> {
    let only = input.only_for.as_ref()?;
    let outputs = operation.outputs.iter().enumerate().filter(|(_, output)| &output.lot == only);
    Some(outputs.map(|(n, _)| n as u32).collect())
}

pub fn comparable(answer: &TraceAnswer) -> Answer {
    let (subgraph, trace) = (&answer.subgraph, &answer.trace);
    let lot = |index: u32| subgraph.lots[index as usize].id.to_string();
    let operation = |index: u32| subgraph.operations[index as usize].id.to_string();
    let link = |index: &u32| {
        let link = &subgraph.links[*index as usize];
        (operation(link.operation), link.role, link.position, lot(link.lot))
    };
    Answer {
        lots: trace.lots.iter().map(|node| (lot(node.index), node.depth as usize)).collect(),
        operations: trace
            .operations
            .iter()
            .map(|node| (operation(node.index), node.depth as usize))
            .collect(),
        links: trace.links.iter().map(link).collect(),
        conflicts: trace.time_conflicts.iter().map(link).collect(),
        overdrawn: trace.overdrawn.iter().map(link).collect(),
        unknown: trace.unknown_origin.iter().map(|index| lot(*index)).collect(),
        depth_limit: trace.partial == Some(Partial::DepthLimit),
    }
}
