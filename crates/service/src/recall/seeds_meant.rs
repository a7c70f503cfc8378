//! Seeds that are named by further names of lots.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::ServiceResult;
use crate::lookup::Reading;
use lotgraph_domain::LotId;
use lotgraph_genealogy::scope::Seed;

/// Seeds that were named by further names, as the lots that these mean. Seeds that turn out to be one lot are bad since the
/// earlier moment, for the reasons of all.
pub(super) async fn as_meant(reading: Reading<'_>, seeds: Vec<Seed>) -> ServiceResult<Vec<Seed>> {
    let names: Vec<LotId> = seeds.iter().map(|seed| seed.lot.clone()).collect();
    let meant = reading.meant(&names).await?;
    if meant == names {
        return Ok(seeds);
    }
    let mut by_lot: BTreeMap<LotId, Seed> = BTreeMap::new();
    for (seed, lot) in seeds.into_iter().zip(meant) {
        match by_lot.entry(lot.clone()) {
            Entry::Vacant(place) => drop(place.insert(Seed { lot, ..seed })),
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.since = known.since.zip(seed.since).map(|(one, other)| one.min(other));
                for reason in seed.reasons {
                    if !known.reasons.contains(&reason) {
                        known.reasons.push(reason);
                    }
                }
            }
        }
    }
    Ok(by_lot.into_values().collect())
}
