//! The course of a recall: what was frozen, what changed since, who was told, what came back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::scope::{Recalls, ScopeAnswer};
use crate::domain::recall::{Notice, RecallRecord, Recovery};
use crate::domain::{
    ErrorCode, EventId, HoldRecord, Lot, LotId, LotStatus, MaterialCode, Node, NodeRef, PartyCode, Record,
    RecordBody, RecordKind, RecordPlace, RecordRef, Text,
};
use crate::genealogy::Revision;
use crate::genealogy::scope::{
    Control, Recovered, ScopeDifference, ScopeOf, Share, control, percent, scope_difference,
};
use crate::service::{ServiceError, ServiceResult};
use crate::store::{Find, FindKey, RecordFilter, What};

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
        match record.body {
            RecordBody::Recall(recall) => Some(Self { place: record.place, record: recall }),
            RecordBody::Alert(_) | RecordBody::Hold(_) | RecordBody::Notice(_) | RecordBody::Recovery(_) => {
                None
            }
        }
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
    /// What was recovered from them, by material and unit.
    pub recovered: Vec<Share>,
    /// What was recovered from them beyond what was shipped to them.
    pub excess: Vec<Share>,
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
    pub async fn find(&self, id: &EventId) -> ServiceResult<Option<FoundRecall>> {
        let found = self.store().get(&[NodeRef::Record(RecordRef::Recall(id.clone()))]).await?;
        Ok(found.into_iter().flatten().find_map(|node| match node {
            Node::Record(record) => FoundRecall::of(*record),
            Node::Lot(_) | Node::Operation(_) | Node::Master(_) => None,
        }))
    }

    /// The recall with this id, which must exist.
    ///
    /// # Errors
    /// `RECALL_UNKNOWN`, and the store's.
    pub async fn must_find(&self, id: &EventId) -> ServiceResult<FoundRecall> {
        self.find(id).await?.ok_or_else(|| {
            let message = format!("no recall {id} is in the ledger; list them with recalls");
            ServiceError::new(ErrorCode::RecallUnknown, message)
        })
    }

    /// Recalls, in the order in which they were opened, a page at a time.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, filter: RecordFilter) -> ServiceResult<Vec<FoundRecall>> {
        let records = self.records(RecordKind::Recall, filter).await?;
        Ok(records.into_iter().filter_map(FoundRecall::of).collect())
    }

    /// The scope as it was frozen: from the lots recorded, at the revision that recorded them.
    ///
    /// # Errors
    /// Those of the ledger's history, and the store's.
    pub async fn frozen(&self, recall: &FoundRecall) -> ServiceResult<Arc<ScopeAnswer>> {
        self.frozen_at(recall, recall.place.revision).await
    }

    async fn frozen_at(&self, recall: &FoundRecall, revision: Revision) -> ServiceResult<Arc<ScopeAnswer>> {
        if let Some(answer) = self.kept(&recall.record.recall.scope, revision, Some(&recall.record.id)) {
            return Ok(answer);
        }
        let then = self.as_of(revision).await?;
        let mut answer = then.read_frozen(&recall.record, revision).await?;
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

    /// The same scope as it is now, its causes asked anew; `None` when they select nothing any more.
    ///
    /// # Errors
    /// As [`Recalls::scope`].
    pub async fn current(&self, recall: &FoundRecall) -> ServiceResult<Option<Arc<ScopeAnswer>>> {
        match self.scope(&recall.record.recall.scope, None).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.code == ErrorCode::RecallNothing => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Records of one kind, all of them.
    async fn records(&self, kind: RecordKind, filter: RecordFilter) -> ServiceResult<Vec<Record>> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let what = What::Records(kind, filter.clone());
            let first = self.store().limits().page_max;
            let page = self.store().find(&Find { what, after, first }).await?;
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
    pub async fn notices(&self, recall: &FoundRecall) -> ServiceResult<Vec<Notice>> {
        let records = self.records(RecordKind::Notice, Self::of_recall(recall)?).await?;
        Ok(records
            .into_iter()
            .filter_map(|record| match record.body {
                RecordBody::Notice(notice) => Some(notice),
                _ => None,
            })
            .collect())
    }

    /// What was recovered for a recall.
    ///
    /// # Errors
    /// The store's.
    pub async fn recoveries(&self, recall: &FoundRecall) -> ServiceResult<Vec<Recovery>> {
        let records = self.records(RecordKind::Recovery, Self::of_recall(recall)?).await?;
        Ok(records
            .into_iter()
            .filter_map(|record| match record.body {
                RecordBody::Recovery(recovery) => Some(recovery),
                _ => None,
            })
            .collect())
    }

    async fn holds(&self, recall: &FoundRecall) -> ServiceResult<Vec<HoldRecord>> {
        let holds =
            recall.record.holds.iter().map(|hold| NodeRef::Record(RecordRef::Hold(hold.hold.clone())));
        let found = self.store().get(&holds.collect::<Vec<_>>()).await?;
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

    /// Refuses a customer who received nothing of what a recall is about, neither when it was frozen nor as known now.
    ///
    /// # Errors
    /// `RECALL_UNKNOWN`, `RECALL_CUSTOMER_UNKNOWN`, and those of [`Recalls::current`] and [`Recalls::frozen`].
    pub async fn check_customer(&self, recall: &EventId, customer: &PartyCode) -> ServiceResult<()> {
        let found = self.must_find(recall).await?;
        let among = |answer: &ScopeAnswer| {
            answer.scope.customers.iter().any(|share| share.customer.as_ref() == Some(customer))
        };
        if self.current(&found).await?.is_some_and(|now| among(&now)) || among(&*self.frozen(&found).await?) {
            return Ok(());
        }
        let message = format!(
            "nothing that recall {recall} is about was shipped to {customer}; check the code among its customers"
        );
        Err(ServiceError::new(ErrorCode::RecallCustomerUnknown, message))
    }

    /// How far a recall got, against the scope as it is now.
    ///
    /// # Errors
    /// The store's.
    pub async fn progress(
        &self,
        recall: &FoundRecall,
        current: Option<&ScopeAnswer>,
    ) -> ServiceResult<Progress> {
        let notices = self.notices(recall).await?;
        let recoveries = self.recoveries(recall).await?;
        let holds = self.holds(recall).await?;
        let affected: Vec<u32> = current.iter().flat_map(|now| &now.scope.lots).map(|lot| lot.lot).collect();
        let recovered_lots: BTreeSet<&LotId> =
            recoveries.iter().flat_map(|recovery| &recovery.recover.items).map(|item| &item.lot).collect();
        let ids = affected.iter().filter_map(|lot| Some(current?.lot_id(*lot)));
        let wanted: BTreeSet<LotId> = ids.chain(recovered_lots.iter().copied()).cloned().collect();
        let lots = self.tracer().lots(wanted.into_iter().collect()).await?;
        let lots: HashMap<LotId, Lot> = lots.into_iter().flatten().map(|lot| (lot.id.clone(), lot)).collect();
        let mut statuses: BTreeMap<LotStatus, usize> = BTreeMap::new();
        let mut blocked = HashSet::new();
        for index in &affected {
            let Some(lot) = current.and_then(|now| lots.get(now.lot_id(*index))) else { continue };
            *statuses.entry(lot.status()).or_default() += 1;
            if lot.status() != LotStatus::Available {
                blocked.insert(*index);
            }
        }
        let recovered = self.recovered(&recoveries, &lots).await?;
        let nothing = crate::genealogy::scope::Scope::default();
        let control = control(current.map_or(&nothing, |now| &now.scope), &blocked, &recovered);
        let inside: HashSet<&LotId> = affected.iter().filter_map(|lot| Some(current?.lot_id(*lot))).collect();
        let outside = recovered_lots.iter().filter(|lot| !inside.contains(**lot));
        Ok(Progress {
            holds,
            statuses,
            consignees: consignees(current, notices, &control),
            recovered_outside: outside.map(|lot| (*lot).clone()).collect(),
            recoveries,
            control,
        })
    }

    /// What was recovered, in the units that shipments are summed in.
    async fn recovered(
        &self,
        recoveries: &[Recovery],
        lots: &HashMap<LotId, Lot>,
    ) -> ServiceResult<Vec<Recovered>> {
        let items = || recoveries.iter().flat_map(|recovery| &recovery.recover.items);
        let material_of = |lot: &LotId| lots.get(lot).and_then(|lot| lot.material.clone());
        let codes: BTreeSet<MaterialCode> = items().filter_map(|item| material_of(&item.lot)).collect();
        let materials = self.tracer().materials(codes).await?;
        let recovered = recoveries.iter().flat_map(|recovery| {
            recovery.recover.items.iter().map(|item| {
                let material = material_of(&item.lot);
                let declared = material.as_ref().and_then(|code| materials.get(code));
                let (unit, amount) = crate::genealogy::scope::in_own_unit(declared, &item.quantity);
                let customer = recovery.recover.customer.clone();
                Recovered { customer, share: Share { material, unit, amount } }
            })
        });
        Ok(recovered.collect())
    }
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
            recovered: Vec::new(),
            excess: Vec::new(),
        });
        change(consignee);
    };
    for share in current.iter().flat_map(|now| &now.scope.customers) {
        entry(share.customer.clone(), &mut |consignee| {
            consignee.affected = true;
            consignee.shipped.clone_from(&share.quantities);
        });
    }
    for notice in notices {
        entry(Some(notice.customer.clone()), &mut |consignee| consignee.notice = Some(notice.clone()));
    }
    for recovery in &control.customers {
        entry(recovery.customer.clone(), &mut |consignee| {
            consignee.recovered.clone_from(&recovery.quantities);
            consignee.excess = excess(&consignee.shipped, &consignee.recovered);
        });
    }
    found.into_values().collect()
}

/// What was recovered beyond what was shipped, by material and unit.
fn excess(shipped: &[Share], recovered: &[Share]) -> Vec<Share> {
    let known = |share: &Share| {
        let same = shipped.iter().find(|s| s.material == share.material && s.unit == share.unit);
        same.map_or(rust_decimal::Decimal::ZERO, |share| share.amount)
    };
    let beyond = recovered.iter().map(|share| Share { amount: share.amount - known(share), ..share.clone() });
    beyond.filter(|share| share.amount > rust_decimal::Decimal::ZERO).collect()
}
