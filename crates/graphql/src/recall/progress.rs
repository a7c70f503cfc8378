//! How far a recall got: holds, customers, recovered quantities, effectiveness.

use std::sync::Arc;

use async_graphql::{Context, ID, Result};

use super::listing::Listing;
use super::parts::{MaterialQuantity, material, party};
use crate::alert::{Alert, AlertConnection};
use crate::connection::{connection, page_cost};
use crate::enums::{Disposition, LotStatus};
use crate::hold_record::Hold;
use crate::loader::{Loaded, loaders};
use crate::lot::{Lot, LotConnection};
use crate::material::Material;
use crate::operation::load_lots;
use crate::party::Party;
use crate::quantity::Quantity;
use crate::scalars::{Exact, Moment};
use lotgraph_domain::recall::{Notice, Recovery};
use lotgraph_domain::{LotId, NodeRef, Record, RecordRef};
use lotgraph_genealogy::scope::Controlled;
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::recall::{Consignee, Progress};

/// How far a recall got, measured against what is known now.
pub struct RecallProgress {
    progress: Progress,
    listing: Listing,
}

impl RecallProgress {
    pub(super) fn new(progress: Progress, listing: Listing) -> Self {
        Self { progress, listing }
    }

    fn alerts(&self, name: &str, of: &[Record], first: i32, after: Option<&str>) -> Result<AlertConnection> {
        let alerts: Vec<Alert> = of.iter().filter_map(|record| Alert::of(Arc::new(record.clone()))).collect();
        let page = self.listing.page(name, alerts.len(), first, after, |n| alerts[n].clone())?;
        Ok(AlertConnection::new(page.items, page.more, page.further, page.total))
    }
}

/// How many affected lots have a status.
#[derive(SimpleObject)]
pub struct LotStatusCount {
    /// The status.
    status: LotStatus,
    /// How many lots have it.
    count: usize,
}

/// How far a recall got, measured against what is known now.
#[Object]
impl RecallProgress {
    /// Its holds, in the order in which they were placed.
    #[graphql(complexity = "page_cost(5, child_complexity)")]
    async fn holds(&self, context: &Context<'_>) -> Result<Vec<Hold>> {
        let mut holds = Vec::new();
        for hold in &self.progress.holds {
            let reference = NodeRef::Record(RecordRef::Hold(hold.id.clone()));
            if let Some(Loaded::Record(record)) = loaders(context).node(reference).await? {
                holds.extend(Hold::of(record));
            }
        }
        Ok(holds)
    }

    /// How many affected lots have each status now.
    fn lot_statuses(&self) -> Vec<LotStatusCount> {
        let statuses = self.progress.statuses.iter();
        statuses.map(|(status, count)| LotStatusCount { status: (*status).into(), count: *count }).collect()
    }

    /// Its customers, by code: what they received, what they were told, what they sent back.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn customers(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<RecallCustomerConnection> {
        let all = &self.progress.consignees;
        let customer = |n: usize| RecallCustomer(all[n].clone());
        let page = self.listing.page("customers", all.len(), first, after.as_deref(), customer)?;
        Ok(RecallCustomerConnection::new(page.items, page.more, page.further, page.total))
    }

    /// Recoveries, the last recorded first.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn recoveries(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<RecallRecoveryConnection> {
        let all = &self.progress.recoveries;
        let recovery = |n: usize| RecallRecovery(all[all.len() - 1 - n].clone());
        let page = self.listing.page("recoveries", all.len(), first, after.as_deref(), recovery)?;
        Ok(RecallRecoveryConnection::new(page.items, page.more, page.further, page.total))
    }

    /// Lots recovered that are not affected as known now: a sign that something was taken for something else.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn recovered_outside(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<LotConnection> {
        let all = &self.progress.recovered_outside;
        let page =
            self.listing.page("recoveredOutside", all.len(), first, after.as_deref(), |n| all[n].clone())?;
        let (cursors, ids): (Vec<String>, Vec<LotId>) = page.items.into_iter().unzip();
        let lots = load_lots(context, &ids).await?;
        Ok(LotConnection::new(cursors.into_iter().zip(lots).collect(), page.more, page.further, page.total))
    }

    /// The alerts about draws that happened before its holds and were recorded after them: goods that had left already.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn late_captures(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<AlertConnection> {
        self.alerts("lateCaptures", &self.progress.late, first, after.as_deref())
    }

    /// The alerts about draws from its lots that its holds refused since it was opened.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn refused_attempts(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<AlertConnection> {
        self.alerts("refusedAttempts", &self.progress.refused, first, after.as_deref())
    }

    /// Its effectiveness, in the words of effectiveness checks (21 CFR 7.42(b)(3)).
    fn effectiveness(&self) -> RecallEffectiveness<'_> {
        RecallEffectiveness(&self.progress)
    }
}

/// How effective a recall is.
pub struct RecallEffectiveness<'a>(&'a Progress);

/// How effective a recall is.
#[Object]
impl RecallEffectiveness<'_> {
    /// Customers who received affected goods; shipments that name none count as one.
    fn customer_count(&self) -> usize {
        self.0.affected().count()
    }

    /// How many of them were told.
    fn notified_count(&self) -> usize {
        self.0.notified()
    }

    /// How many of them confirmed it.
    fn acknowledged_count(&self) -> usize {
        self.0.acknowledged()
    }

    /// Customers who confirmed it, in percent; absent when nothing affected was shipped.
    fn acknowledged_percent(&self) -> Option<Exact> {
        self.0.acknowledged_percent().map(Into::into)
    }

    /// Quantities brought under control, by material and unit.
    #[graphql(complexity = "page_cost(10, child_complexity)")]
    fn quantities(&self) -> Vec<ControlledQuantity> {
        self.0.control.quantities.iter().map(|controlled| ControlledQuantity(controlled.clone())).collect()
    }
}

/// How much of one material was brought under control, in one unit.
pub struct ControlledQuantity(Controlled);

/// How much of one material was brought under control, in one unit.
#[Object]
impl ControlledQuantity {
    /// The material; absent for lots without one.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>> {
        material(context, self.0.material.as_ref()).await
    }

    /// The unit of all sums.
    fn unit(&self) -> &str {
        self.0.unit.as_str()
    }

    /// On hand.
    fn on_hand(&self) -> Exact {
        self.0.on_hand.into()
    }

    /// On hand, of lots that may not flow on.
    fn blocked(&self) -> Exact {
        self.0.blocked.into()
    }

    /// Scrapped.
    fn scrapped(&self) -> Exact {
        self.0.scrapped.into()
    }

    /// Shipped to customers.
    fn shipped(&self) -> Exact {
        self.0.shipped.into()
    }

    /// Recovered from customers: of each lot and customer at most what was shipped to them of it. It is what recoveries
    /// say, or what returns brought back, whichever is more.
    fn recovered(&self) -> Exact {
        self.0.recovered.into()
    }

    /// Recovered beyond that: a sign that something was counted wrong. It brings nothing under control.
    fn excess(&self) -> Exact {
        self.0.excess.into()
    }

    /// Recovered of lots that are not affected. It brings nothing under control.
    fn foreign(&self) -> Exact {
        self.0.foreign.into()
    }

    /// Still with customers.
    fn outstanding(&self) -> Exact {
        self.0.outstanding.into()
    }

    /// What of the goods shipped was recovered, in percent; absent when nothing was shipped.
    fn recovered_percent(&self) -> Option<Exact> {
        self.0.recovered_percent().map(Into::into)
    }

    /// What is under control (blocked, scrapped, or recovered and not back in stock), in percent of what is not used up
    /// in other lots. Everything is counted once, where it is now.
    fn controlled_percent(&self) -> Option<Exact> {
        self.0.controlled_percent().map(Into::into)
    }
}

/// A customer of a recall.
pub struct RecallCustomer(Consignee);

/// A customer of a recall.
#[Object]
impl RecallCustomer {
    /// The customer; absent for shipments that name none.
    async fn customer(&self, context: &Context<'_>) -> Result<Option<Party>> {
        party(context, self.0.customer.as_ref()).await
    }

    /// Whether they received anything that is affected as known now.
    fn affected(&self) -> bool {
        self.0.affected
    }

    /// What was shipped to them, by material and unit.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    fn shipped(&self) -> Vec<MaterialQuantity> {
        self.0.shipped.iter().map(MaterialQuantity::from).collect()
    }

    /// What of that is still there after what they sent back by returns, by material and unit.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    fn remaining(&self) -> Vec<MaterialQuantity> {
        self.0.remaining.iter().map(MaterialQuantity::from).collect()
    }

    /// What returns brought back from them, by material and unit.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    fn returned(&self) -> Vec<MaterialQuantity> {
        self.0.returned.iter().map(MaterialQuantity::from).collect()
    }

    /// What recoveries from them say, by material and unit.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    fn recovered(&self) -> Vec<MaterialQuantity> {
        self.0.recovered.iter().map(MaterialQuantity::from).collect()
    }

    /// What was recovered from them of a lot beyond what was shipped to them of it.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    fn excess(&self) -> Vec<MaterialQuantity> {
        self.0.excess.iter().map(MaterialQuantity::from).collect()
    }

    /// What was recovered from them of lots that are not affected.
    #[graphql(complexity = "5 * child_complexity.max(1)")]
    fn foreign(&self) -> Vec<MaterialQuantity> {
        self.0.foreign.iter().map(MaterialQuantity::from).collect()
    }

    /// What they were told; absent: nothing yet.
    fn notice(&self) -> Option<CustomerNotice> {
        self.0.notice.as_ref().map(CustomerNotice::from)
    }
}

/// What a customer was told of a recall.
#[derive(SimpleObject)]
pub struct CustomerNotice {
    /// How often they were told.
    sent: u32,
    /// When they were told first.
    first_sent_at: Option<Moment>,
    /// When they were told last.
    last_sent_at: Option<Moment>,
    /// When they confirmed it first; absent: not yet.
    acknowledged_at: Option<Moment>,
    /// How the last word went.
    channel: Option<String>,
    /// What is to be said about the last word.
    note: Option<String>,
    /// The id of the event of the last word.
    event: ID,
    /// Who recorded that.
    actor: String,
}

impl From<&Notice> for CustomerNotice {
    fn from(notice: &Notice) -> Self {
        Self {
            sent: notice.sent,
            first_sent_at: notice.first_sent_at.map(Moment),
            last_sent_at: notice.last_sent_at.map(Moment),
            acknowledged_at: notice.acknowledged_at.map(Moment),
            channel: notice.channel.as_ref().map(ToString::to_string),
            note: notice.note.as_ref().map(ToString::to_string),
            event: ID::from(notice.event.as_str()),
            actor: notice.actor.to_string(),
        }
    }
}

/// Recovered goods.
pub struct RecallRecovery(Recovery);

/// Some of a lot that was recovered.
pub struct RecoveredLot {
    lot: LotId,
    quantity: lotgraph_domain::Quantity,
}

/// Some of a lot that was recovered.
#[Object]
impl RecoveredLot {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.lot).await
    }

    /// How much, as recorded.
    fn quantity(&self) -> Quantity {
        (&self.quantity).into()
    }
}

/// Recovered goods.
#[Object]
impl RecallRecovery {
    /// Its id, that of its event.
    fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// When that was.
    fn at(&self) -> Moment {
        Moment(self.0.recover.at)
    }

    /// From which customer.
    async fn customer(&self, context: &Context<'_>) -> Result<Option<Party>> {
        party(context, self.0.recover.customer.as_ref()).await
    }

    /// What was recovered, at most 1000 items.
    #[graphql(complexity = "page_cost(5, child_complexity)")]
    fn items(&self) -> Vec<RecoveredLot> {
        let items = self.0.recover.items.iter().take(1_000);
        items.map(|item| RecoveredLot { lot: item.lot.clone(), quantity: item.quantity.clone() }).collect()
    }

    /// What is to become of it.
    fn disposition(&self) -> Option<Disposition> {
        self.0.recover.disposition.map(Into::into)
    }

    /// What is to be said about it.
    fn note(&self) -> Option<&str> {
        self.0.recover.note.as_ref().map(AsRef::as_ref)
    }

    /// When it was recorded.
    fn recorded_at(&self) -> Moment {
        Moment(self.0.recorded_at)
    }

    /// Who recorded it.
    fn actor(&self) -> &str {
        self.0.actor.as_str()
    }
}

connection!(
    /// A page of customers of a recall.
    RecallCustomerConnection,
    /// A customer of a recall, in a page.
    RecallCustomerEdge,
    RecallCustomer
);
connection!(
    /// A page of recoveries.
    RecallRecoveryConnection,
    /// A recovery in a page.
    RecallRecoveryEdge,
    RecallRecovery
);
