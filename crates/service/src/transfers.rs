//! What may be transfers: goods that were shipped on record, and goods that were received with the same number and without the
//! document of the shipment. Nothing is linked by a number alone; whoever reads the answer is told.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;

use super::ServiceResult;
use super::trace::{TraceAnswer, Tracer};
use lotgraph_domain::{Caller, Lot, LotId, LotName, Text};

/// The lots of an answer that are looked at, the first in its order.
pub const LOTS_LOOKED_AT_MAX: usize = 1_000;

/// Goods that may have been transferred.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MayBeTransfer {
    /// The lot that was shipped.
    pub shipped: LotId,
    /// The lot that was received; the same when it was received under the same id.
    pub received: LotId,
}

/// What may be transfers in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MayBeTransfers {
    /// Pairs of lots, ordered.
    pub pairs: Vec<MayBeTransfer>,
    /// Whether the answer has more lots than were looked at.
    pub is_partial: bool,
}

impl Tracer {
    /// The lots of an answer that were shipped with those that were received with their number, and the other way round, as
    /// far as nothing links them.
    ///
    /// # Errors
    /// The store's.
    pub fn may_be_transfers<'a>(
        &'a self,
        caller: &'a Caller,
        answer: &'a TraceAnswer,
    ) -> BoxFuture<'a, ServiceResult<MayBeTransfers>> {
        Box::pin(async move {
            let reading = self.lookup().by(caller);
            let trace = &answer.trace;
            let indices = trace.seeds.iter().copied().chain(trace.lots.iter().map(|node| node.index));
            let looked_at = indices.take(LOTS_LOOKED_AT_MAX).map(|index| answer.lot_id(index).clone());
            let here = reading.known_lots(looked_at.collect()).await?;
            // A shipped lot is looked for by its id and its number among the numbers of others, a received one's numbers among
            // the ids and numbers of others.
            let mut names: BTreeMap<Text, Vec<&Lot>> = BTreeMap::new();
            for lot in here.iter().filter(|lot| lot.shipped.count > 0 || lot.received.count > 0) {
                for name in names_of(lot) {
                    names.entry(name).or_default().push(lot);
                }
            }
            let texts: Vec<Text> = names.keys().cloned().collect();
            let mut others: BTreeSet<LotId> =
                texts.iter().filter_map(|text| LotId::parse(text.as_str()).ok()).collect();
            for part in texts.chunks(reading.limits().refs_max) {
                let numbered: Vec<LotName> = part.iter().cloned().map(LotName::Numbered).collect();
                others.extend(reading.namesakes(&numbered).await?.into_iter().flat_map(|found| found.lots));
            }
            let mut found = BTreeSet::new();
            let others: Vec<LotId> = others.into_iter().collect();
            for part in others.chunks(reading.limits().refs_max) {
                for other in reading.lots(part.to_vec()).await?.into_iter().flatten() {
                    let known = names_of(&other).into_iter().filter_map(|name| names.get(&name)).flatten();
                    for lot in known {
                        found.extend(pair(lot, &other));
                        found.extend(pair(&other, lot));
                    }
                }
            }
            let linked = linked(answer);
            found.retain(|pair| !linked.contains(pair));
            let is_partial = trace.seeds.len() + trace.lots.len() > LOTS_LOOKED_AT_MAX;
            Ok(MayBeTransfers { pairs: found.into_iter().collect(), is_partial })
        })
    }
}

/// The id of a lot and its numbers.
fn names_of(lot: &Lot) -> BTreeSet<Text> {
    let numbers = [&lot.number, &lot.supplier_lot].into_iter().flatten().cloned();
    std::iter::once(lot.id.to_text()).chain(numbers).collect()
}

/// One lot as what was shipped and the other as what was received, if they can be: the received one bears the id or the
/// printed number of the shipped one. The same lot can be both when it was made here.
fn pair(shipped: &Lot, received: &Lot) -> Option<MayBeTransfer> {
    if shipped.shipped.count == 0 || received.received.count == 0 {
        return None;
    }
    if shipped.id == received.id && shipped.produced.count == 0 {
        return None;
    }
    let of_shipped: BTreeSet<Text> =
        std::iter::once(shipped.id.to_text()).chain(shipped.number.clone()).collect();
    names_of(received)
        .iter()
        .any(|name| of_shipped.contains(name))
        .then(|| MayBeTransfer { shipped: shipped.id.clone(), received: received.id.clone() })
}

/// The pairs of lots that the answer's closure links.
fn linked(answer: &TraceAnswer) -> BTreeSet<MayBeTransfer> {
    let subgraph = &answer.subgraph;
    let into = subgraph.links.iter().flat_map(|link| {
        let left = subgraph.carried_into(link).map(|left| left.lot);
        left.map(move |left| (left, link.lot))
    });
    let id = |lot: u32| subgraph.lots[lot as usize].id.clone();
    into.map(|(left, into)| MayBeTransfer { shipped: id(left), received: id(into) }).collect()
}
