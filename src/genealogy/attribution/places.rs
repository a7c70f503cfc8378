//! Where the seeds' material ends: sums over all lots, and what each customer received.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::share::Share;
use super::vessel::Vessel;
use super::{Places, Received};
use crate::domain::PartyCode;

/// What customers received so far. `None` sorts first and is shown last.
#[derive(Default)]
pub(super) struct Shipped(BTreeMap<Option<PartyCode>, Share>);

impl Shipped {
    /// Notes a draw by a shipment.
    pub(super) fn add(&mut self, customer: Option<&PartyCode>, share: Share) {
        self.0.entry(customer.cloned()).or_insert(Share::NOTHING).add(share);
    }

    /// Each customer's bound; no bound exceeds what the seeds held.
    pub(super) fn received(mut self, source: Option<Decimal>) -> Vec<Received> {
        let nameless = self.0.remove_entry(&None);
        let received = |(customer, share): (Option<PartyCode>, Share)| Received {
            customer,
            carried: share.bound(source, None),
        };
        self.0.into_iter().chain(nameless).map(received).collect()
    }
}

/// The sums over all lots; `seeds` are what rests in the seeds.
pub(super) fn places(vessels: &[Vessel], seeds: &[Share], source: Option<Decimal>) -> Places {
    let sum = |shares: &mut dyn Iterator<Item = Share>| {
        let mut sum = Share::NOTHING;
        shares.for_each(|share| sum.add(share));
        sum.bound(source, None)
    };
    let made = vessels.iter().skip(seeds.len()).map(Vessel::content);
    Places {
        resting: sum(&mut seeds.iter().copied().chain(made)),
        shipped: sum(&mut vessels.iter().map(|vessel| vessel.shipped)),
        scrapped: sum(&mut vessels.iter().map(|vessel| vessel.scrapped)),
        cleaned: sum(&mut vessels.iter().map(|vessel| vessel.cleaned)),
    }
}
