//! The course of a recall: what was frozen, what changed since, who was told, what came back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::scope::{Recalls, ScopeAnswer};
use super::seeds::UnknownNames;
use crate::alert_list::categories;
use crate::lookup::Materials;
use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use rust_decimal::Decimal;

use lotgraph_domain::recall::{Notice, RecallRecord, Recovery};
use lotgraph_domain::{
    AlertKind, Caller, ErrorCode, EventId, HoldRecord, Lot, LotId, LotStatus, Node, NodeRef, PartyCode,
    Record, RecordBody, RecordKind, RecordPlace, RecordRef, Scale, Text, UnitCode,
};
use lotgraph_genealogy::Revision;
use lotgraph_genealogy::scope::{
    Control, Recovered, ScopeDifference, ScopeOf, Share, control, percent, scope_difference,
};
use lotgraph_store::{Find, FindKey, RecordFilter, What};

/// A recall with its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRecall {
    /// Where it was opened.
    pub place: RecordPlace,
    /// What is kept of it.
    pub record: RecallRecord,
}

impl FoundRecall {
    /// The recall of a record that is one.
    #[must_use]
    pub fn of(record: Record) -> Option<Self> {
        let RecordBody::Recall(recall) = record.body else { return None };
        Some(Self { place: record.place, record: recall })
    }
}

/// A customer of a recall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consignee {
    /// The customer; absent for shipments that name none.
    pub customer: Option<PartyCode>,
    /// What was shipped to them of the lots affected as known now, by material and unit.
    pub shipped: Vec<Share>,
    /// Whether they received anything that is affected as known now.
    pub affected: bool,
    /// What they were told.
    pub notice: Option<Notice>,
    /// What of that is still there: returns took off the rest. By material and unit.
    pub remaining: Vec<Share>,
    /// What recoveries from them say, by material and unit.
    pub recovered: Vec<Share>,
    /// What returns brought back from them, by material and unit.
    pub returned: Vec<Share>,
    /// What was recovered from them of a lot beyond what was shipped to them of it.
    pub excess: Vec<Share>,
    /// What was recovered from them of lots that are not affected.
    pub foreign: Vec<Share>,
}

/// How far a recall got, measured against what is known now.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The holds, in the order in which they were placed.
    pub holds: Vec<HoldRecord>,
    /// How many affected lots have each status now.
    pub statuses: BTreeMap<LotStatus, usize>,
    /// Customers, by code; shipments without a customer last.
    pub consignees: Vec<Consignee>,
    /// Recoveries, in the order in which they were recorded.
    pub recoveries: Vec<Recovery>,
    /// Lots recovered that are not affected as known now.
    pub recovered_outside: Vec<LotId>,
    /// Quantities brought under control.
    pub control: Control,
    /// The alerts about draws that happened before its holds and were recorded after them, in that order.
    pub late: Vec<Record>,
    /// The alerts about draws that its holds refused, in the order in which they were tried.
    pub refused: Vec<Record>,
}

impl Progress {
    /// Affected customers.
    pub fn affected(&self) -> impl Iterator<Item = &Consignee> {
        self.consignees.iter().filter(|consignee| consignee.affected)
    }

    /// How many affected customers were told.
    #[must_use]
    pub fn notified(&self) -> usize {
        self.affected().filter(|consignee| consignee.notice.is_some()).count()
    }

    /// How many of them confirmed it.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        let confirmed = |notice: &Notice| notice.acknowledged_at.is_some();
        self.affected().filter(|consignee| consignee.notice.as_ref().is_some_and(confirmed)).count()
    }

    /// Customers who confirmed to have been told, in percent of those affected; absent when none is.
    #[must_use]
    pub fn acknowledged_percent(&self) -> Option<rust_decimal::Decimal> {
        percent(self.acknowledged().into(), self.affected().count().into())
    }
}

impl Recalls {
    /// The recall with this id.
    ///
    /// # Errors
    /// The store's.
    pub fn find<'a>(
        &'a self,
        caller: &'a Caller,
        id: &'a EventId,
    ) -> BoxFuture<'a, ServiceResult<Option<FoundRecall>>> {
        Box::pin(async move {
            let found = self.reading(caller).get(&[NodeRef::Record(RecordRef::Recall(id.clone()))]).await?;
            Ok(found.into_iter().flatten().find_map(|node| match node {
                Node::Record(record) => FoundRecall::of(*record),
                Node::Lot(_) | Node::Operation(_) | Node::Master(_) => None,
            }))
        })
    }

    /// The recall with this id, which must exist.
    ///
    /// # Errors
    /// `RECALL_UNKNOWN`, and the store's.
    pub async fn must_find(&self, caller: &Caller, id: &EventId) -> ServiceResult<FoundRecall> {
        self.find(caller, id).await?.ok_or_else(|| {
            let message = format!("no recall {id} is in the ledger; list them with recalls");
            ServiceError::new(ErrorCode::RecallUnknown, message)
        })
    }

    /// Recalls, in the order in which they were opened, a page at a time.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, caller: &Caller, filter: RecordFilter) -> ServiceResult<Vec<FoundRecall>> {
        let records = self.records(caller, RecordKind::Recall, filter).await?;
        Ok(records.into_iter().filter_map(FoundRecall::of).collect())
    }

    /// The scope as it was frozen: from the lots recorded, at the revision that recorded them.
    ///
    /// # Errors
    /// Those of the ledger's history, and the store's.
    pub async fn frozen(&self, caller: &Caller, recall: &FoundRecall) -> ServiceResult<Arc<ScopeAnswer>> {
        self.frozen_at(caller, recall, recall.place.revision).await
    }

    async fn frozen_at(
        &self,
        caller: &Caller,
        recall: &FoundRecall,
        revision: Revision,
    ) -> ServiceResult<Arc<ScopeAnswer>> {
        if let Some(answer) = self.kept(&recall.record.recall.scope, revision, Some(&recall.record.id)) {
            return Ok(answer);
        }
        let then = self.as_of(caller, revision).await?;
        let mut answer = then.read_frozen(caller, &recall.record, revision).await?;
        answer.recall = Some(recall.record.id.clone());
        let answer = Arc::new(answer);
        self.keep(answer.clone());
        Ok(answer)
    }

    /// Keeps the scope that a recall was just opened with, if nothing was recorded in between: it is what was frozen.
    pub(super) fn keep_frozen(&self, recall: &FoundRecall, answer: &ScopeAnswer) {
        if recall.place.revision.0 == answer.revision.0 + 1 {
            let (id, revision) = (Some(recall.record.id.clone()), recall.place.revision);
            self.keep(Arc::new(ScopeAnswer { recall: id, revision, ..answer.clone() }));
        }
    }

    /// Its scope as it is now, its causes asked anew, with what was taken into it since; `None` when nothing is selected any more.
    ///
    /// # Errors
    /// As [`Recalls::scope`].
    pub fn current<'a>(
        &'a self,
        caller: &'a Caller,
        recall: &'a FoundRecall,
    ) -> BoxFuture<'a, ServiceResult<Option<Arc<ScopeAnswer>>>> {
        Box::pin(async move {
            let scope = recall.record.scope();
            match self.scope_with(caller, &scope, None, UnknownNames::Empty).await {
                Ok(answer) => Ok(Some(answer)),
                Err(error) if error.code == ErrorCode::RecallNothing => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Records of one kind, all of them.
    async fn records(
        &self,
        caller: &Caller,
        kind: RecordKind,
        filter: RecordFilter,
    ) -> ServiceResult<Vec<Record>> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let what = What::Records(kind, filter.clone());
            let first = self.reading(caller).limits().page_max;
            let page = self.reading(caller).find(&Find { what, after, first }).await?;
            after = page.items.last().filter(|_| page.more).map(FindKey::of);
            found.extend(page.items.into_iter().filter_map(|node| match node {
                Node::Record(record) => Some(*record),
                Node::Lot(_) | Node::Operation(_) | Node::Master(_) => None,
            }));
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    /// The filter of what belongs to a recall: raised by the commit that opened it, or later.
    fn of_recall(recall: &FoundRecall) -> ServiceResult<RecordFilter> {
        let id = Text::parse(recall.record.id.as_str())
            .map_err(|error| ServiceError::new(error.code(), format!("recall {error}")))?;
        let before = Revision(recall.place.revision.0.saturating_sub(1));
        Ok(RecordFilter { categories: Some(vec![id]), raised_after: Some(before), ..RecordFilter::default() })
    }

    /// What the customers of a recall were told.
    ///
    /// # Errors
    /// The store's.
    pub fn notices<'a>(
        &'a self,
        caller: &'a Caller,
        recall: &'a FoundRecall,
    ) -> BoxFuture<'a, ServiceResult<Vec<Notice>>> {
        Box::pin(async move {
            let records = self.records(caller, RecordKind::Notice, Self::of_recall(recall)?).await?;
            Ok(records
                .into_iter()
                .filter_map(|record| match record.body {
                    RecordBody::Notice(notice) => Some(notice),
                    _ => None,
                })
                .collect())
        })
    }

    /// What was recovered for a recall.
    ///
    /// # Errors
    /// The store's.
    pub fn recoveries<'a>(
        &'a self,
        caller: &'a Caller,
        recall: &'a FoundRecall,
    ) -> BoxFuture<'a, ServiceResult<Vec<Recovery>>> {
        Box::pin(async move {
            let records = self.records(caller, RecordKind::Recovery, Self::of_recall(recall)?).await?;
            let recoveries = records.into_iter().filter_map(|record| match record.body {
                RecordBody::Recovery(recovery) => Some(recovery),
                _ => None,
            });
            let mut recoveries: Vec<Recovery> = recoveries.collect();
            let items = |recovery: &Recovery| {
                recovery.recover.items.iter().map(|item| item.lot.clone()).collect::<Vec<_>>()
            };
            let names: Vec<LotId> = recoveries.iter().flat_map(items).collect();
            let meant = self.reading(caller).meant(&names).await?;
            let items = recoveries.iter_mut().flat_map(|recovery| &mut recovery.recover.items);
            items.zip(meant).for_each(|(item, lot)| item.lot = lot);
            Ok(recoveries)
        })
    }

    /// The alerts about draws from lots of a recall: those recorded late, and those refused.
    async fn attempts(
        &self,
        caller: &Caller,
        recall: &FoundRecall,
    ) -> ServiceResult<(Vec<Record>, Vec<Record>)> {
        let kinds = [AlertKind::RecallLateCapture, AlertKind::FlowRefused];
        let before = Revision(recall.place.revision.0.saturating_sub(1));
        let filter = RecordFilter {
            categories: categories(Some(&kinds), None),
            raised_after: Some(before),
            ..RecordFilter::default()
        };
        let alerts = self.records(caller, RecordKind::Alert, filter).await?;
        let of_recall = |record: &Record| match &record.body {
            RecordBody::Alert(alert) => alert.recall.as_ref() == Some(&recall.record.id),
            _ => false,
        };
        let is_late = |record: &Record| match &record.body {
            RecordBody::Alert(alert) => alert.kind == AlertKind::RecallLateCapture,
            _ => false,
        };
        Ok(alerts.into_iter().filter(of_recall).partition(is_late))
    }

    async fn holds(&self, caller: &Caller, recall: &FoundRecall) -> ServiceResult<Vec<HoldRecord>> {
        let holds =
            recall.record.holds.iter().map(|hold| NodeRef::Record(RecordRef::Hold(hold.hold.clone())));
        let found = self.reading(caller).get(&holds.collect::<Vec<_>>()).await?;
        Ok(found
            .into_iter()
            .flatten()
            .filter_map(|node| match node {
                Node::Record(record) => match record.body {
                    RecordBody::Hold(hold) => Some(hold),
                    _ => None,
                },
                _ => None,
            })
            .collect())
    }

    /// How far a recall got, against the scope as it is now.
    ///
    /// # Errors
    /// The store's.
    pub fn progress<'a>(
        &'a self,
        caller: &'a Caller,
        recall: &'a FoundRecall,
        current: Option<&'a ScopeAnswer>,
    ) -> BoxFuture<'a, ServiceResult<Progress>> {
        Box::pin(async move {
            let notices = self.notices(caller, recall).await?;
            let recoveries = self.recoveries(caller, recall).await?;
            let holds = self.holds(caller, recall).await?;
            let (late, refused) = self.attempts(caller, recall).await?;
            let affected: Vec<u32> =
                current.iter().flat_map(|now| &now.scope.lots).map(|lot| lot.lot).collect();
            let recovered_lots: BTreeSet<&LotId> = recoveries
                .iter()
                .flat_map(|recovery| &recovery.recover.items)
                .map(|item| &item.lot)
                .collect();
            let ids = affected.iter().filter_map(|lot| Some(current?.lot_id(*lot)));
            let wanted: BTreeSet<LotId> = ids.chain(recovered_lots.iter().copied()).cloned().collect();
            let lots = self.reading(caller).lots(wanted.into_iter().collect()).await?;
            let lots: HashMap<LotId, Lot> =
                lots.into_iter().flatten().map(|lot| (lot.id.clone(), lot)).collect();
            let mut statuses: BTreeMap<LotStatus, usize> = BTreeMap::new();
            let mut blocked = HashSet::new();
            for index in &affected {
                let Some(lot) = current.and_then(|now| lots.get(now.lot_id(*index))) else { continue };
                *statuses.entry(lot.status()).or_default() += 1;
                if lot.status() != LotStatus::Available {
                    blocked.insert(*index);
                }
            }
            let places: HashMap<&LotId, u32> =
                affected.iter().filter_map(|index| Some((current?.lot_id(*index), *index))).collect();
            let reading = self.reading(caller);
            let codes = lots.values().filter_map(|lot| lot.material.clone()).collect();
            let materials = reading.materials(codes).await?;
            let recovered = recovered(&recoveries, &lots, &places, &materials);
            let back = came_back(&lots, &places, &materials);
            let nothing = lotgraph_genealogy::scope::Scope::default();
            let control = control(current.map_or(&nothing, |now| &now.scope), &blocked, &recovered, &back);
            let inside: HashSet<&LotId> =
                affected.iter().filter_map(|lot| Some(current?.lot_id(*lot))).collect();
            let outside = recovered_lots.iter().filter(|lot| !inside.contains(**lot));
            Ok(Progress {
                holds,
                statuses,
                consignees: consignees(current, notices, &control),
                recovered_outside: outside.map(|lot| (*lot).clone()).collect(),
                recoveries,
                control,
                late,
                refused,
            })
        })
    }
}

/// What was recovered, in the units that shipments are summed in. `places` are the affected lots.
fn recovered(
    recoveries: &[Recovery],
    lots: &HashMap<LotId, Lot>,
    places: &HashMap<&LotId, u32>,
    materials: &Materials,
) -> Vec<Recovered> {
    let recovered = recoveries.iter().flat_map(|recovery| {
        recovery.recover.items.iter().map(|item| {
            let known = lots.get(&item.lot);
            let material = known.and_then(|lot| lot.material.clone());
            let declared = material.as_ref().and_then(|code| materials.get(code));
            let scale = known.map_or(Scale::new(None, None, None), |lot| Scale::of(lot, declared));
            let (unit, amount) = scale.in_own_unit(&item.quantity);
            let customer = recovery.recover.customer.clone();
            let lot = places.get(&item.lot).copied();
            Recovered { lot, customer, share: Share { material, unit, amount } }
        })
    });
    recovered.collect()
}

/// What was received of affected lots that were made here: it can only have come back.
fn came_back(
    lots: &HashMap<LotId, Lot>,
    places: &HashMap<&LotId, u32>,
    materials: &Materials,
) -> BTreeMap<(u32, UnitCode), Decimal> {
    let mut back: BTreeMap<(u32, UnitCode), Decimal> = BTreeMap::new();
    for lot in lots.values().filter(|lot| lot.produced.count > 0) {
        let Some(place) = places.get(&lot.id) else { continue };
        let declared = lot.material.as_ref().and_then(|code| materials.get(code));
        let scale = Scale::of(lot, declared);
        for (unit, sum) in &lot.received.sums {
            let own = scale.own().cloned().zip(scale.rate(unit).and_then(|rate| rate.to_own(sum.0)));
            let (unit, amount) = own.unwrap_or_else(|| (unit.clone(), sum.0));
            let known = back.entry((*place, unit)).or_default();
            *known = known.saturating_add(amount);
        }
    }
    back
}

/// What differs between the frozen scope and the current one.
#[must_use]
pub fn difference(frozen: &ScopeAnswer, current: Option<&ScopeAnswer>) -> ScopeDifference {
    scope_difference(Some(of(frozen)), current.map(of))
}

fn of(answer: &ScopeAnswer) -> ScopeOf<'_> {
    ScopeOf { subgraph: &answer.traced.subgraph, scope: &answer.scope }
}

fn consignees(current: Option<&ScopeAnswer>, notices: Vec<Notice>, control: &Control) -> Vec<Consignee> {
    let mut found: BTreeMap<(bool, Option<PartyCode>), Consignee> = BTreeMap::new();
    let mut entry = |customer: Option<PartyCode>, change: &mut dyn FnMut(&mut Consignee)| {
        let consignee = found.entry((customer.is_none(), customer.clone())).or_insert_with(|| Consignee {
            customer,
            shipped: Vec::new(),
            affected: false,
            notice: None,
            remaining: Vec::new(),
            recovered: Vec::new(),
            returned: Vec::new(),
            excess: Vec::new(),
            foreign: Vec::new(),
        });
        change(consignee);
    };
    for share in current.iter().flat_map(|now| &now.scope.customers) {
        entry(share.customer.clone(), &mut |consignee| {
            consignee.affected = true;
            consignee.shipped.clone_from(&share.quantities);
            consignee.remaining.clone_from(&share.remaining);
        });
    }
    for notice in notices {
        entry(Some(notice.customer.clone()), &mut |consignee| consignee.notice = Some(notice.clone()));
    }
    for recovery in &control.customers {
        entry(recovery.customer.clone(), &mut |consignee| {
            consignee.recovered.clone_from(&recovery.quantities);
            consignee.returned.clone_from(&recovery.returned);
            consignee.excess.clone_from(&recovery.excess);
            consignee.foreign.clone_from(&recovery.foreign);
        });
    }
    found.into_values().collect()
}
