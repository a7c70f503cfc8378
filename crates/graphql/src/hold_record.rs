//! Holds as they are worked off: what was held, what is still held, what became of the rest.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Result};

use super::connection::{connection, page_cost};
use super::enums::{Disposition, HoldPolicy, HoldState, LateCapture};
use super::errors::wrong_node;
use super::filters::{choices, read};
use super::found::find;
use super::lot::{Lot, LotConnection};
use super::scalars::Moment;
use lotgraph_domain::{self as domain, ErrorCode, HoldRecord, Node, Record, RecordBody, Text};
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::query::{LotFilter, RecordFilter, What};
use lotgraph_service::{ServiceError, ServiceResult};

/// A hold with everything that was done about it.
#[derive(Clone)]
pub struct Hold(Arc<Record>);

impl Hold {
    /// The hold of a record that is one.
    pub(super) fn of(record: Arc<Record>) -> Option<Self> {
        matches!(record.body, RecordBody::Hold(_)).then_some(Self(record))
    }

    fn hold(&self) -> Result<&HoldRecord> {
        match &self.0.body {
            RecordBody::Hold(hold) => Ok(hold),
            other => {
                let message = format!("{:?} stands in place of a hold", other.reference());
                Err(ServiceError::new(ErrorCode::Internal, message).into())
            }
        }
    }
}

fn ids<'a>(lots: impl IntoIterator<Item = &'a domain::LotId>) -> Vec<ID> {
    lots.into_iter().map(|lot| ID::from(lot.as_str())).collect()
}

/// A hold with everything that was done about it.
#[Object]
impl Hold {
    /// Its id, that of the event that placed it.
    fn id(&self) -> Result<ID> {
        Ok(ID::from(self.hold()?.id.as_str()))
    }

    /// How far it is worked off.
    fn state(&self) -> Result<HoldState> {
        Ok(self.hold()?.state().into())
    }

    /// When it was decided.
    fn at(&self) -> Result<Moment> {
        Ok(Moment(self.hold()?.hold.at))
    }

    /// When it was recorded.
    fn recorded_at(&self) -> Result<Moment> {
        Ok(Moment(self.hold()?.recorded_at))
    }

    /// Who recorded it.
    fn actor(&self) -> Result<&str> {
        Ok(self.hold()?.actor.as_str())
    }

    /// The revision that placed it: from then on nothing draws from its lots.
    fn revision(&self) -> String {
        self.0.place.revision.to_string()
    }

    /// Why.
    fn reason(&self) -> Result<&str> {
        Ok(self.hold()?.hold.reason.as_str())
    }

    /// What sort of trouble it is.
    fn category(&self) -> Result<Option<&str>> {
        Ok(self.hold()?.hold.category.as_ref().map(AsRef::as_ref))
    }

    /// Whether everything made of its lots is suspect too.
    fn propagate(&self) -> Result<bool> {
        Ok(self.hold()?.hold.propagate)
    }

    /// Whether suspect lots may flow on.
    fn policy(&self) -> Result<HoldPolicy> {
        Ok(self.hold()?.hold.policy.into())
    }

    /// What becomes of draws that happened before it and are recorded after it.
    fn late_capture(&self) -> Result<LateCapture> {
        Ok(self.hold()?.hold.late_capture.into())
    }

    /// The id of the recall that it belongs to.
    fn recall_id(&self) -> Result<Option<ID>> {
        Ok(self.hold()?.hold.recall.as_ref().map(|id| ID::from(id.as_str())))
    }

    /// The ids of the lots that it names.
    fn lot_ids(&self) -> Result<Vec<ID>> {
        Ok(ids(&self.hold()?.hold.lots))
    }

    /// The ids of those that it still holds.
    fn held_ids(&self) -> Result<Vec<ID>> {
        Ok(ids(self.hold()?.held()))
    }

    /// The lots that it marks now: those still held, and those that it reaches. By id.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn marked(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<LotConnection> {
        let hold = Some(self.hold()?.id.clone());
        let what = What::Lots(LotFilter { hold, ..LotFilter::default() });
        let found = find(context, what, first, after).await?;
        let lots = found.nodes.into_iter().map(|(cursor, node)| match node {
            Node::Lot(lot) => Ok((cursor, Lot(lot.into()))),
            other => Err(wrong_node(&other)),
        });
        Ok(LotConnection::new(lots.collect::<Result<_>>()?, found.more, found.further, found.total))
    }

    /// Its releases, in order.
    fn releases(&self) -> Result<Vec<HoldRelease>> {
        Ok(self.hold()?.releases.iter().map(HoldRelease::from).collect())
    }
}

/// One release of a hold, or of some of its lots.
#[derive(SimpleObject)]
pub struct HoldRelease {
    /// The id of the event.
    event: ID,
    /// When it was decided.
    at: Moment,
    /// When it was recorded.
    recorded_at: Moment,
    /// Who recorded it.
    actor: String,
    /// The ids of the lots that it freed.
    lot_ids: Vec<ID>,
    /// Why.
    reason: String,
    /// What is to become of the lots.
    disposition: Disposition,
}

impl From<&domain::HoldRelease> for HoldRelease {
    fn from(release: &domain::HoldRelease) -> Self {
        Self {
            event: ID::from(release.event.as_str()),
            at: Moment(release.at),
            recorded_at: Moment(release.recorded_at),
            actor: release.actor.as_str().to_owned(),
            lot_ids: ids(&release.lots),
            reason: release.reason.as_str().to_owned(),
            disposition: release.disposition.into(),
        }
    }
}

/// Which holds; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct HoldFilter {
    /// In one of these states.
    pub states: Option<Vec<HoldState>>,
    /// Of one of these categories.
    pub categories: Option<Vec<String>>,
}

impl HoldFilter {
    /// The store's filter.
    pub(super) fn read(self) -> ServiceResult<RecordFilter> {
        let states: Option<Vec<domain::HoldState>> = choices(self.states);
        let categories = self.categories.map(|categories| {
            let read = categories.iter().map(|category| read("categories", category, Text::parse));
            read.collect::<ServiceResult<Vec<Text>>>()
        });
        Ok(RecordFilter {
            states: states.map(|states| states.into_iter().map(Into::into).collect()),
            categories: choices(categories.transpose()?),
            ..RecordFilter::default()
        })
    }
}

connection!(
    /// A page of holds.
    HoldConnection,
    /// A hold in a page.
    HoldEdge,
    Hold
);
