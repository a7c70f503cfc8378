//! What the doors do not take about a recall without a word of its own: telling or recovering from somebody who never had
//! any of it, and ending it while something is open.
//!
//! It is judged before events are recorded, by the ledger as it is then and by the events before it in the batch, and never
//! of what a ledger holds already: an import takes the course of a recall over as it went.

use std::collections::{BTreeMap, BTreeSet};

use super::course::{FoundRecall, Progress};
use super::scope::{Recalls, ScopeAnswer};
use crate::recorder::ReadItem;
use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::recall::CloseRecall;
use lotgraph_domain::{Caller, ErrorCode, Event, EventId, Fact, PartyCode, Problem};
use lotgraph_genealogy::scope::Share;

/// The most of anything that a refusal names.
const NAMED_MAX: usize = 10;

/// What is still to be done about a recall.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StillOpen {
    /// Affected customers who were not told.
    pub untold: Vec<PartyCode>,
    /// Whether affected lots were shipped without a customer, whom nobody can tell.
    pub nobody: bool,
    /// What is still with customers, by material and unit.
    pub out: Vec<Share>,
    /// Draws of shipments that nobody measured.
    pub unmeasured: u64,
    /// Its holds that still hold lots.
    pub holds: Vec<EventId>,
}

impl StillOpen {
    /// What is open of a recall, by how far it got.
    #[must_use]
    pub fn of(recall: &FoundRecall, progress: &Progress, current: Option<&ScopeAnswer>) -> Self {
        let untold = || progress.affected().filter(|consignee| consignee.notice.is_none());
        let out =
            progress.control.quantities.iter().filter(|of| of.outstanding > rust_decimal::Decimal::ZERO);
        let share = |material, unit, amount| Share { material, unit, amount };
        let customers = current.iter().flat_map(|now| &now.scope.customers);
        Self {
            untold: untold().filter_map(|consignee| consignee.customer.clone()).collect(),
            nobody: untold().any(|consignee| consignee.customer.is_none()),
            out: out.map(|of| share(of.material.clone(), of.unit.clone(), of.outstanding)).collect(),
            unmeasured: customers.map(|share| u64::from(share.unmeasured)).sum(),
            holds: recall
                .record
                .holds
                .iter()
                .filter(|hold| !hold.released)
                .map(|hold| hold.hold.clone())
                .collect(),
        }
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is open, in words, with counts and names.
    #[must_use]
    pub fn words(&self) -> String {
        let mut said = Vec::new();
        if !self.untold.is_empty() {
            let names = named(self.untold.iter());
            said.push(format!(
                "{} not told ({names})",
                counted(self.untold.len(), "customer was", "customers were")
            ));
        }
        if self.nobody {
            said.push("shipments without a customer, whom nobody can tell".to_owned());
        }
        if !self.out.is_empty() {
            let share = |share: &Share| {
                let material = share.material.as_ref().map_or("?", AsRef::as_ref);
                format!("{} {} {material}", share.amount.normalize(), share.unit)
            };
            said.push(format!("still with customers: {}", named(self.out.iter().map(share))));
        }
        if self.unmeasured > 0 {
            let shipped = usize::try_from(self.unmeasured).unwrap_or(usize::MAX);
            said.push(format!("{} measured", counted(shipped, "draw was not", "draws were not")));
        }
        if !self.holds.is_empty() {
            let names = named(self.holds.iter());
            said.push(format!(
                "{} lots ({names})",
                counted(self.holds.len(), "hold still holds", "holds still hold")
            ));
        }
        said.join("; ")
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn named(names: impl ExactSizeIterator<Item = impl ToString>) -> String {
    let count = names.len();
    let shown: Vec<String> = names.take(NAMED_MAX).map(|name| name.to_string()).collect();
    let rest = if count > NAMED_MAX { ", …" } else { "" };
    format!("{}{rest}", shown.join(", "))
}

/// What the events of a batch say before the one that is judged.
#[derive(Default)]
struct SoFar {
    /// Who was told, by recall.
    told: BTreeSet<(EventId, PartyCode)>,
    /// Holds that were released as a whole.
    freed: BTreeSet<EventId>,
    /// The events that are in the ledger already: whoever sends them again is told so, whatever changed since.
    recorded: BTreeSet<EventId>,
    /// The customers of recalls, looked up once each; absent for a recall that is not in the ledger.
    customers: BTreeMap<EventId, Option<BTreeSet<PartyCode>>>,
}

impl SoFar {
    fn note(&mut self, fact: &Fact) {
        match fact {
            Fact::Notify(notify) => {
                self.told.insert((notify.recall.clone(), notify.customer.clone()));
            }
            Fact::Release(release) if release.lots.is_empty() => self.freed.extend(release.hold.clone()),
            _ => {}
        }
    }
}

impl Recalls {
    /// Refuses what is a slip about a recall.
    ///
    /// # Errors
    /// Those of [`Recalls::current`] and [`Recalls::frozen`]; a slip itself is a refused item.
    pub(crate) fn refuse_slips<'a>(
        &'a self,
        caller: &'a Caller,
        items: Vec<ReadItem>,
    ) -> BoxFuture<'a, ServiceResult<Vec<ReadItem>>> {
        Box::pin(async move {
            let mut so_far = SoFar { recorded: self.recorded(caller, &items).await?, ..SoFar::default() };
            let mut judged = Vec::with_capacity(items.len());
            for item in items {
                let Ok(event) = item else {
                    judged.push(item);
                    continue;
                };
                let slip = self.slip(caller, &event, &mut so_far).await?;
                so_far.note(&event.fact);
                judged.push(match slip {
                    None => Ok(event),
                    Some(problem) => Err(vec![problem]),
                });
            }
            Ok(judged)
        })
    }

    /// Which of the events that may be slips are in the ledger already.
    async fn recorded(&self, caller: &Caller, items: &[ReadItem]) -> ServiceResult<BTreeSet<EventId>> {
        let may_slip =
            |event: &&Event| matches!(event.fact, Fact::Notify(_) | Fact::Recover(_) | Fact::CloseRecall(_));
        let ids = items.iter().filter_map(|item| item.as_ref().ok()).filter(may_slip);
        let ids: Vec<EventId> = ids.map(|event| event.id.clone()).collect();
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let known = self.reading(caller).events(&ids).await?;
        Ok(known.into_iter().flatten().map(|known| known.event.id).collect())
    }

    async fn slip(
        &self,
        caller: &Caller,
        event: &Event,
        so_far: &mut SoFar,
    ) -> ServiceResult<Option<Problem>> {
        if so_far.recorded.contains(&event.id) {
            return Ok(None);
        }
        match &event.fact {
            Fact::Notify(notify) if !notify.unexpected => {
                self.stranger(caller, &notify.recall, &notify.customer, so_far).await
            }
            Fact::Recover(recover) if !recover.unexpected => match &recover.customer {
                Some(customer) => self.stranger(caller, &recover.recall, customer, so_far).await,
                None => Ok(None),
            },
            Fact::CloseRecall(close) if !close.accept_open => self.unfinished(caller, close, so_far).await,
            _ => Ok(None),
        }
    }

    async fn stranger(
        &self,
        caller: &Caller,
        recall: &EventId,
        customer: &PartyCode,
        so_far: &mut SoFar,
    ) -> ServiceResult<Option<Problem>> {
        if !so_far.customers.contains_key(recall) {
            let found = match self.find(caller, recall).await? {
                Some(found) => Some(self.customers(caller, &found).await?),
                // Whether it may be recorded is judged with the ledger.
                None => None,
            };
            so_far.customers.insert(recall.clone(), found);
        }
        let Some(Some(customers)) = so_far.customers.get(recall) else { return Ok(None) };
        if customers.contains(customer) {
            return Ok(None);
        }
        let message = stranger_words(recall, customer);
        Ok(Some(Problem::new(ErrorCode::RecallCustomerUnknown, "customer", message)))
    }

    /// Everybody who received something that a recall is about, when it was frozen or as known now.
    async fn customers(&self, caller: &Caller, recall: &FoundRecall) -> ServiceResult<BTreeSet<PartyCode>> {
        let now = self.current(caller, recall).await?;
        let frozen = self.frozen(caller, recall).await?;
        let shares = now.iter().chain([&frozen]).flat_map(|answer| &answer.scope.customers);
        Ok(shares.filter_map(|share| share.customer.clone()).collect())
    }

    /// Refuses a customer who received nothing of what a recall is about, neither when it was frozen nor as known now.
    ///
    /// # Errors
    /// `RECALL_UNKNOWN`, `RECALL_CUSTOMER_UNKNOWN`, and those of [`Recalls::current`] and [`Recalls::frozen`].
    pub fn check_customer<'a>(
        &'a self,
        caller: &'a Caller,
        recall: &'a EventId,
        customer: &'a PartyCode,
    ) -> BoxFuture<'a, ServiceResult<()>> {
        Box::pin(async move {
            let found = self.must_find(caller, recall).await?;
            if self.customers(caller, &found).await?.contains(customer) {
                return Ok(());
            }
            Err(ServiceError::new(ErrorCode::RecallCustomerUnknown, stranger_words(recall, customer)))
        })
    }

    /// Everything that is open of a recall. Of an exercise nothing is: nobody is told and nothing comes back.
    ///
    /// # Errors
    /// Those of [`Recalls::current`] and [`Recalls::progress`].
    pub fn still_open<'a>(
        &'a self,
        caller: &'a Caller,
        recall: &'a FoundRecall,
    ) -> BoxFuture<'a, ServiceResult<StillOpen>> {
        Box::pin(async move {
            if recall.record.recall.mock {
                return Ok(StillOpen::default());
            }
            let current = self.current(caller, recall).await?;
            let progress = self.progress(caller, recall, current.as_deref()).await?;
            Ok(StillOpen::of(recall, &progress, current.as_deref()))
        })
    }

    async fn unfinished(
        &self,
        caller: &Caller,
        close: &CloseRecall,
        so_far: &SoFar,
    ) -> ServiceResult<Option<Problem>> {
        // What is unknown or closed is judged with the ledger, and so is the same event once more.
        let Some(found) =
            self.find(caller, &close.recall).await?.filter(|found| found.record.closed.is_none())
        else {
            return Ok(None);
        };
        let mut open = self.still_open(caller, &found).await?;
        open.untold.retain(|customer| !so_far.told.contains(&(close.recall.clone(), customer.clone())));
        open.holds.retain(|hold| !so_far.freed.contains(hold));
        // Holds alone are judged with the ledger.
        if (StillOpen { holds: Vec::new(), ..open.clone() }).is_empty() {
            return Ok(None);
        }
        let message = format!(
            "recall {} is not finished: {}; finish it, or send acceptOpen: true with a reason",
            close.recall,
            open.words()
        );
        Ok(Some(Problem::new(ErrorCode::RecallUnfinished, "recall", message)))
    }
}

fn stranger_words(recall: &EventId, customer: &PartyCode) -> String {
    format!(
        "nothing that recall {recall} is about was shipped to {customer}; check the code among its customers, or send \
         unexpected: true"
    )
}
