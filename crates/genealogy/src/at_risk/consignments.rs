//! What customers hold: what was shipped to them of each lot, less what came back.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::share::Share;
use super::{GapReason, Received};
use lotgraph_domain::PartyCode;

/// What one shipment brought to a customer of one lot, as far as it is still there.
#[derive(Debug, Clone, Copy)]
struct Consignment {
    /// The shipment, as an index into the subgraph's operations; `None` when several were put together, because it is not
    /// known from which of them something came back.
    shipment: Option<u32>,
    /// How much, in the unit of the lot; `None` when that is not known.
    held: Option<Decimal>,
    /// How much of the seeds' material that is.
    share: Share,
}

/// What all customers hold, by lot and customer. A shipment that names no customer went to `None`.
#[derive(Debug, Default)]
pub(super) struct Consignments {
    held: BTreeMap<(u32, Option<PartyCode>), Vec<Consignment>>,
    /// The customers of affected shipments. Others may hold goods of the same lots that were never bad.
    affected: BTreeSet<Option<PartyCode>>,
}

impl Consignments {
    /// Notes what a shipment takes to a customer, and whether it is affected.
    pub(super) fn ship(
        &mut self,
        (lot, shipment): (u32, u32),
        customer: Option<&PartyCode>,
        amount: Option<Decimal>,
        (share, affected): (Share, bool),
    ) {
        if affected {
            self.affected.insert(customer.cloned());
        }
        let consignments = self.held.entry((lot, customer.cloned())).or_default();
        consignments.push(Consignment { shipment: Some(shipment), held: amount, share });
    }

    /// Takes back an amount of a lot from a customer: from the shipment if it is known, else from whatever they hold.
    /// Returns the seeds' material that comes back with it, and the reason when that is not known exactly. `in_seed_unit`
    /// converts an amount of the lot to the unit of the seeds.
    pub(super) fn take_back(
        &mut self,
        (lot, shipment): (u32, Option<u32>),
        customer: Option<&PartyCode>,
        amount: Option<Decimal>,
        in_seed_unit: impl Fn(Decimal) -> Option<Decimal>,
    ) -> (Share, Option<GapReason>) {
        let held = self.held.entry((lot, customer.cloned())).or_default();
        let of_shipment = held.iter_mut().find(|one| shipment.is_some() && one.shipment == shipment);
        if let Some(consignment) = of_shipment {
            return consignment.take(amount, in_seed_unit);
        }
        let mut all = Consignment { shipment: None, held: Some(Decimal::ZERO), share: Share::NOTHING };
        for one in held.drain(..) {
            all.held = all.held.zip(one.held).map(|(sum, more)| sum.saturating_add(more));
            all.share.add(one.share);
        }
        let taken = all.take(amount, in_seed_unit);
        held.push(all);
        taken
    }

    /// Takes what was received off the shipments that brought it, each told by its lot and itself, whoever it went to. Of
    /// several nobody knows which it was.
    pub(super) fn receive(
        &mut self,
        shipments: &[(u32, u32)],
        amount: Option<Decimal>,
        in_seed_unit: impl Fn(Decimal) -> Option<Decimal>,
    ) -> (Share, Option<GapReason>) {
        let of = |lot: u32, one: &Consignment| {
            shipments.iter().any(|(shipped, shipment)| *shipped == lot && one.shipment == Some(*shipment))
        };
        let held = self.held.iter_mut();
        let held = held.flat_map(|((lot, _), held)| held.iter_mut().map(move |one| (*lot, one)));
        let mut brought: Vec<&mut Consignment> =
            held.filter(|(lot, one)| of(*lot, one)).map(|(_, one)| one).collect();
        if let [only] = &mut brought[..] {
            return only.take(amount, in_seed_unit);
        }
        let mut all = Consignment { shipment: None, held: Some(Decimal::ZERO), share: Share::NOTHING };
        for one in &brought {
            all.held = all.held.zip(one.held).map(|(sum, more)| sum.saturating_add(more));
            all.share.add(one.share);
        }
        let taken = all.take(amount, in_seed_unit);
        let gone = all.held == Some(Decimal::ZERO);
        for one in brought {
            (one.held, one.share) =
                if gone { (Some(Decimal::ZERO), Share::NOTHING) } else { (None, one.share.unsure()) };
        }
        taken
    }

    /// The seeds' material that customers hold of each lot.
    pub(super) fn by_lot(&self) -> BTreeMap<u32, Share> {
        let mut lots = BTreeMap::new();
        for ((lot, _), held) in &self.held {
            let sum: &mut Share = lots.entry(*lot).or_insert(Share::NOTHING);
            held.iter().for_each(|one| sum.add(one.share));
        }
        lots
    }

    /// What each customer holds, by code; shipments without a customer last. No bound exceeds what the seeds held.
    pub(super) fn received(&self, source: Option<Decimal>) -> Vec<Received> {
        let mut customers: BTreeMap<(bool, Option<&PartyCode>), Share> = BTreeMap::new();
        let affected = self.held.iter().filter(|((_, customer), _)| self.affected.contains(customer));
        for ((_, customer), held) in affected {
            let sum = customers.entry((customer.is_none(), customer.as_ref())).or_insert(Share::NOTHING);
            held.iter().for_each(|one| sum.add(one.share));
        }
        let received = customers.into_iter().map(|((_, customer), share)| Received {
            customer: customer.cloned(),
            carried: share.bound(source, None),
        });
        received.collect()
    }
}

impl Consignment {
    fn take(
        &mut self,
        amount: Option<Decimal>,
        in_seed_unit: impl Fn(Decimal) -> Option<Decimal>,
    ) -> (Share, Option<GapReason>) {
        let all = self.share;
        let (Some(amount), Some(held)) = (amount, self.held) else {
            let reason = if amount.is_none() { GapReason::NoQuantity } else { GapReason::UnknownContent };
            self.held = None;
            self.share = all.unsure();
            return (all.unsure(), (!all.is_nothing()).then_some(reason));
        };
        if amount >= held {
            (self.held, self.share) = (Some(Decimal::ZERO), Share::NOTHING);
            if amount == held {
                return (all, None);
            }
            // They cannot have sent back what they did not have, so some of it came from somewhere else.
            let more = in_seed_unit(amount - held);
            let high = all.high.zip(more).map(|(high, more)| high.saturating_add(more));
            return (Share { low: all.low, high }, Some(GapReason::ReturnedMoreThanShipped));
        }
        let rest = held - amount;
        self.held = Some(rest);
        if all.is_nothing() {
            return (Share::NOTHING, None);
        }
        let (taken, left) = (in_seed_unit(amount), in_seed_unit(rest));
        self.share = part(all, left, taken);
        let back = part(all, taken, left);
        let known = back.high == Some(back.low);
        (back, (!known).then_some(GapReason::UnknownContent))
    }
}

/// How much of the seeds' material is in a part of some goods, when it is not known how it is spread over them: no more than
/// the part, and no less than what the rest has no room for.
fn part(all: Share, part: Option<Decimal>, rest: Option<Decimal>) -> Share {
    let low = rest.map_or(Decimal::ZERO, |rest| (all.low - rest).max(Decimal::ZERO));
    let high = match (all.high, part) {
        (Some(high), Some(part)) => Some(high.min(part)),
        (high, part) => high.or(part),
    };
    Share { low: high.map_or(low, |high| low.min(high)), high }
}
