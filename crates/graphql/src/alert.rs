//! Alerts: what somebody should know, and who took note of it.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Result};
use serde::Serialize;

use super::connection::connection;
use super::enums::{AlertKind, AlertSeverity, AlertState};
use super::filters::{choices, optional};
use super::hold_record::Hold;
use super::loader::{Loaded, loaders};
use super::lot::Lot;
use super::operation::Operation;
use super::scalars::Moment;
use lotgraph_domain::{
    self as domain, ErrorCode, LotId, NodeRef, Record, RecordBody, RecordPlace, RecordRef, Revision,
};
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::alert_list::categories;
use lotgraph_service::query::RecordFilter;
use lotgraph_service::{ServiceError, ServiceResult};

/// Something that somebody should know, raised by the commit that caused it.
#[derive(Clone)]
pub struct Alert(Arc<Record>);

impl Alert {
    /// The alert of a record that is one.
    pub(super) fn of(record: Arc<Record>) -> Option<Self> {
        matches!(record.body, RecordBody::Alert(_)).then_some(Self(record))
    }

    fn alert(&self) -> Result<&domain::Alert> {
        match &self.0.body {
            RecordBody::Alert(alert) => Ok(alert),
            other => {
                let message = format!("{:?} stands in place of an alert", other.reference());
                Err(ServiceError::new(ErrorCode::Internal, message).into())
            }
        }
    }
}

/// Something that somebody should know, raised by the commit that caused it.
#[Object]
impl Alert {
    /// Its id; the same in every replay of the ledger.
    fn id(&self) -> Result<ID> {
        Ok(ID::from(self.alert()?.id.as_str()))
    }

    /// What it tells of.
    fn kind(&self) -> Result<AlertKind> {
        Ok(self.alert()?.kind.into())
    }

    /// How grave it is: that of its kind.
    fn severity(&self) -> Result<AlertSeverity> {
        Ok(self.alert()?.kind.severity().into())
    }

    /// How far it is worked off.
    fn state(&self) -> Result<AlertState> {
        Ok(self.alert()?.state().into())
    }

    /// What happened.
    fn message(&self) -> Result<&str> {
        Ok(&self.alert()?.message)
    }

    /// The id of the event that raised it.
    fn cause(&self) -> Result<ID> {
        Ok(ID::from(self.alert()?.cause.as_str()))
    }

    /// When that event was recorded.
    fn raised_at(&self) -> Result<Moment> {
        Ok(Moment(self.alert()?.raised_at))
    }

    /// Who recorded that event.
    fn actor(&self) -> Result<&str> {
        Ok(self.alert()?.actor.as_str())
    }

    /// The revision that raised it.
    fn revision(&self) -> String {
        self.0.place.revision.to_string()
    }

    /// Its number among the records that this revision raised, from 1.
    fn place(&self) -> u32 {
        self.0.place.place
    }

    /// Revision and place in one, to resume the feed behind it.
    fn position(&self) -> String {
        self.0.place.to_string()
    }

    /// The lot that it is about, when it is about one.
    async fn lot(&self, context: &Context<'_>) -> Result<Option<Lot>> {
        match &self.alert()?.lot {
            Some(id) => Ok(Some(Lot::load(context, id).await?)),
            None => Ok(None),
        }
    }

    /// The id of the operation that it is about, which may have been refused.
    fn operation_id(&self) -> Result<Option<ID>> {
        Ok(self.alert()?.operation.as_ref().map(|id| ID::from(id.as_str())))
    }

    /// The operation that it is about, if it is on record.
    async fn operation(&self, context: &Context<'_>) -> Result<Option<Operation>> {
        let Some(id) = &self.alert()?.operation else { return Ok(None) };
        match loaders(context).node(NodeRef::Operation(id.clone())).await? {
            Some(Loaded::Operation(operation)) => Ok(Some(Operation(operation))),
            _ => Ok(None),
        }
    }

    /// The hold that it is about.
    async fn hold(&self, context: &Context<'_>) -> Result<Option<Hold>> {
        let Some(id) = &self.alert()?.hold else { return Ok(None) };
        match loaders(context).node(NodeRef::Record(RecordRef::Hold(id.clone()))).await? {
            Some(Loaded::Record(record)) => Ok(Hold::of(record)),
            _ => Ok(None),
        }
    }

    /// The id of the recall that it is about.
    fn recall_id(&self) -> Result<Option<ID>> {
        Ok(self.alert()?.recall.as_ref().map(|id| ID::from(id.as_str())))
    }

    /// Who took note of it; absent while nobody did.
    fn acknowledged(&self) -> Result<Option<Acknowledgement>> {
        Ok(self.alert()?.acknowledged.as_ref().map(Acknowledgement::from))
    }

    /// What ended its cause; absent while that lasts.
    fn resolved(&self) -> Result<Option<AlertResolution>> {
        Ok(self.alert()?.resolved.as_ref().map(AlertResolution::from))
    }
}

/// Who took note of an alert.
#[derive(SimpleObject)]
pub struct Acknowledgement {
    /// The id of the event that says so.
    event: ID,
    /// Who sent it.
    actor: String,
    /// When it was done.
    at: Moment,
    /// What is to be said about it.
    note: Option<String>,
}

impl From<&domain::Acknowledgement> for Acknowledgement {
    fn from(done: &domain::Acknowledgement) -> Self {
        Self {
            event: ID::from(done.event.as_str()),
            actor: done.actor.as_str().to_owned(),
            at: Moment(done.at),
            note: done.note.as_ref().map(|note| note.as_str().to_owned()),
        }
    }
}

/// Takes note of an alert.
#[derive(InputObject, Serialize)]
pub struct AcknowledgeInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When it was done.
    at: Moment,
    /// The id of the alert.
    alert: ID,
    /// What is to be said about it.
    note: Option<String>,
}

/// What ended the cause of an alert.
#[derive(SimpleObject)]
pub struct AlertResolution {
    /// The id of the event that ended it.
    event: ID,
    /// When that was recorded.
    at: Moment,
}

impl From<&domain::Resolution> for AlertResolution {
    fn from(done: &domain::Resolution) -> Self {
        Self { event: ID::from(done.event.as_str()), at: Moment(done.at) }
    }
}

/// Which alerts; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct AlertFilter {
    /// In one of these states.
    pub states: Option<Vec<AlertState>>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<AlertKind>>,
    /// Of one of these severities.
    pub severities: Option<Vec<AlertSeverity>>,
    /// About the lot with this id.
    pub lot: Option<ID>,
    /// Raised by a revision after this one.
    pub raised_after: Option<String>,
}

impl AlertFilter {
    /// The store's filter.
    pub(super) fn read(self) -> ServiceResult<RecordFilter> {
        let states: Option<Vec<domain::AlertState>> = choices(self.states);
        let kinds: Option<Vec<domain::AlertKind>> = choices(self.kinds);
        let severities: Option<Vec<domain::Severity>> = choices(self.severities);
        Ok(RecordFilter {
            states: states.map(|states| states.into_iter().map(Into::into).collect()),
            categories: categories(kinds.as_deref(), severities.as_deref()),
            lot: optional("lot", self.lot.as_deref(), LotId::parse)?,
            raised_after: self
                .raised_after
                .as_deref()
                .map(|text| revision("raisedAfter", text))
                .transpose()?,
            raised_until: None,
        })
    }
}

/// Reads a revision as answers write it.
pub(super) fn revision(argument: &str, text: &str) -> ServiceResult<Revision> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse().ok().filter(|_| digits) {
        Some(number) => Ok(Revision(number)),
        None => {
            let message =
                format!("{argument} {text:?} is not a revision; write a whole number, as answers do");
            Err(ServiceError::new(ErrorCode::ArgumentInvalid, message))
        }
    }
}

/// Reads where a feed goes on: behind a revision, or behind one of its alerts.
pub(super) fn position(argument: &str, text: &str) -> ServiceResult<RecordPlace> {
    if let Some(place) = RecordPlace::parse(text) {
        return Ok(place);
    }
    revision(argument, text).map(RecordPlace::end_of).map_err(|_| {
        let message =
            format!("{argument} {text:?} is neither a revision nor a position, written like 12 or 12-3");
        ServiceError::new(ErrorCode::ArgumentInvalid, message)
    })
}

connection!(
    /// A page of alerts.
    AlertConnection,
    /// An alert in a page.
    AlertEdge,
    Alert
);

/// How many alerts there are of one kind.
#[derive(SimpleObject)]
pub struct AlertKindCount {
    /// The kind.
    pub(super) kind: AlertKind,
    /// How many.
    pub(super) count: u64,
}

/// How many alerts there are in one state.
#[derive(SimpleObject)]
pub struct AlertStateCount {
    /// The state.
    pub(super) state: AlertState,
    /// How many.
    pub(super) count: u64,
}

/// How many alerts pass a filter.
#[derive(SimpleObject)]
pub struct AlertCounts {
    /// By kind; kinds without any are not listed.
    pub(super) kinds: Vec<AlertKindCount>,
    /// By state; states without any are not listed.
    pub(super) states: Vec<AlertStateCount>,
}
