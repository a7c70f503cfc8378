//! Where a lot was seen.

use async_graphql::{Context, ID, InputObject, Result};
use serde::Serialize;

use super::equipment::Equipment;
use super::loader::loaders;
use super::operator::Operator;
use super::party::Party;
use super::scalars::Moment;
use lotgraph_domain::{self as domain, Location, LotId, NodeRef, RecordBody, RecordRef, Sightings};
use lotgraph_graphql_macros::Object;

/// Lots are seen somewhere; nothing flows.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObserveInput {
    /// The event's id; absent: derived from the content.
    id: Option<ID>,
    /// When the lots were seen.
    at: Moment,
    /// The ids of the lots, at least one.
    lots: Vec<ID>,
    /// The code of the equipment or area where they were seen; either this or `party`.
    equipment: Option<ID>,
    /// The code of the supplier or customer at whose site they were seen.
    party: Option<ID>,
    /// The code of the operator who saw them.
    operator: Option<ID>,
    /// What saw them: a scanner or tag.
    source: Option<String>,
    /// What is to be said about it.
    note: Option<String>,
}

/// A lot was seen at a location; nothing flowed.
#[derive(Clone)]
pub struct Sighting(domain::Sighting);

/// What is kept of the sightings of a lot, under all its names.
pub(super) async fn sightings(context: &Context<'_>, lot: &domain::Lot) -> Result<Sightings> {
    let mut all = under(context, &lot.id).await?;
    for name in lot.aliases.keys() {
        all.join(under(context, name).await?);
    }
    Ok(all)
}

async fn under(context: &Context<'_>, name: &LotId) -> Result<Sightings> {
    let reference = NodeRef::Record(RecordRef::Sightings(name.clone()));
    Ok(match loaders(context).node(reference).await? {
        Some(super::loader::Loaded::Record(record)) => match &record.body {
            RecordBody::Sightings(sightings) => sightings.clone(),
            _ => Sightings::none_yet(name.clone()),
        },
        _ => Sightings::none_yet(name.clone()),
    })
}

/// The latest sightings, the last one first.
pub(super) fn latest(sightings: Sightings) -> Vec<Sighting> {
    sightings.latest.into_iter().map(Sighting).collect()
}

/// A lot was seen at a location; nothing flowed.
#[Object]
impl Sighting {
    /// The event that says so.
    fn event(&self) -> ID {
        ID::from(self.0.event.as_str())
    }

    /// When it was seen.
    fn at(&self) -> Moment {
        Moment(self.0.observe.at)
    }

    /// The equipment or area where it was seen, unless that was at the site of a party.
    async fn equipment(&self, context: &Context<'_>) -> Result<Option<Equipment>> {
        let Location::Equipment(code) = &self.0.observe.location else { return Ok(None) };
        Equipment::load(context, code).await.map(Some)
    }

    /// The supplier or customer at whose site it was seen.
    async fn party(&self, context: &Context<'_>) -> Result<Option<Party>> {
        let Location::Party(code) = &self.0.observe.location else { return Ok(None) };
        Party::load(context, code).await.map(Some)
    }

    /// Who saw it.
    async fn operator(&self, context: &Context<'_>) -> Result<Option<Operator>> {
        let Some(code) = &self.0.observe.operator else { return Ok(None) };
        Operator::load(context, code).await.map(Some)
    }

    /// The scanner or tag that saw it.
    fn source(&self) -> Option<&str> {
        self.0.observe.source.as_ref().map(AsRef::as_ref)
    }

    /// What is to be said about it.
    fn note(&self) -> Option<&str> {
        self.0.observe.note.as_ref().map(AsRef::as_ref)
    }

    /// When it was recorded.
    fn recorded_at(&self) -> Moment {
        Moment(self.0.recorded_at)
    }

    /// Who sent it.
    fn actor(&self) -> &str {
        self.0.actor.as_str()
    }
}
