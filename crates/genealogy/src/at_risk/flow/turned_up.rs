//! Goods that had been shipped and turned up again: sent back by a customer, or received where they were shipped to.

use rust_decimal::Decimal;

use super::Simulation;
use crate::SubgraphLink;
use crate::at_risk::share::Share;
use lotgraph_domain::OperationKind;

impl<'a> Simulation<'a> {
    /// Brings back what an output of a return says, from what its customer holds.
    pub(super) fn take_back(&mut self, index: u32) {
        let link = self.link(index);
        let subgraph = self.affected.subgraph;
        let node = &subgraph.operations[link.operation as usize];
        let left = subgraph.carried_into(link).next();
        let amount = self.measures.own(link.lot, link.quantity.as_ref());
        let Some(left) = left else { return self.bring_out(index, Share::NOTHING) };
        let carried: Vec<&SubgraphLink> = subgraph.carried_into(link).collect();
        if node.kind != OperationKind::Return {
            return self.receive(index, &carried);
        }
        let shipment = left.sense.shipment().and_then(|id| self.shipments.get(id).copied());
        let measures = &self.measures;
        let (share, reason) = self.consignments.take_back(
            (left.lot, shipment),
            node.party.as_ref(),
            measures.own(left.lot, left.quantity.as_ref()).ok(),
            |amount| measures.in_seed_unit(left.lot, amount),
        );
        if let Some(reason) = reason {
            self.gap(left, reason);
        }
        self.put_back(index, left.lot == link.lot, amount.ok(), share);
    }

    /// Brings in what a receipt carries on, from the shipments that it names.
    fn receive(&mut self, index: u32, carried: &[&'a SubgraphLink]) {
        let link = self.link(index);
        let measures = &self.measures;
        let shipments = carried.iter().filter_map(|left| {
            let shipment = left.sense.shipment().and_then(|id| self.shipments.get(id))?;
            Some((left.lot, *shipment))
        });
        let shipments: Vec<(u32, u32)> = shipments.collect();
        let first = carried[0];
        let (share, reason) = self.consignments.receive(
            &shipments,
            measures.own(first.lot, first.quantity.as_ref()).ok(),
            |amount| measures.in_seed_unit(first.lot, amount),
        );
        if let Some(reason) = reason {
            self.gap(first, reason);
        }
        let amount = self.measures.own(link.lot, link.quantity.as_ref()).ok();
        self.put_back(index, carried.iter().any(|left| left.lot == link.lot), amount, share);
    }

    /// Puts what had been shipped into its lot: into the very lot that it had left, or into another.
    fn put_back(&mut self, index: u32, same: bool, amount: Option<Decimal>, share: Share) {
        let link = self.link(index);
        if !same || self.is_seed(link.lot) {
            return self.bring_out(index, share);
        }
        self.vessels[link.lot as usize].take_back(amount, share);
        self.done(index);
    }
}
