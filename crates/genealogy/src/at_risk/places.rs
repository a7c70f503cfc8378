//! Where the seeds' material ends: sums over all lots.

use rust_decimal::Decimal;

use super::Places;
use super::share::Share;
use super::vessel::Vessel;

/// The sums over all lots; `seeds` is what is left in the seeds.
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
        unexplained: sum(&mut vessels.iter().map(|vessel| vessel.unexplained)),
    }
}
