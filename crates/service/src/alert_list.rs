//! Alerts as JSON and CSV, for machines and the command line.

use serde_json::{Value, json};

use super::ServiceResult;
use super::lookup::{Lookup, record};
use lotgraph_domain::{
    Alert, AlertKind, Caller, Record, RecordBody, RecordKind, RecordPlace, Severity, Text,
};
use lotgraph_store::{Find, FindKey, RecordFilter, What};

/// A page of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertPage {
    /// The alerts with their places, in order.
    pub alerts: Vec<(RecordPlace, Alert)>,
    /// Whether more follow.
    pub more: bool,
}

/// Reads a page of the alerts that pass a filter.
///
/// # Errors
/// When the store fails.
pub async fn list(
    lookup: &Lookup,
    caller: &Caller,
    filter: RecordFilter,
    after: Option<RecordPlace>,
    first: u32,
) -> ServiceResult<AlertPage> {
    let what = What::Records(RecordKind::Alert, filter);
    let page = lookup.find(caller, &Find { what, after: after.map(FindKey::Record), first }).await?;
    let alert = |record: Record| {
        let RecordBody::Alert(alert) = record.body else { return None };
        Some((record.place, alert))
    };
    let records: Vec<Record> = page.items.into_iter().map(record).collect::<ServiceResult<_>>()?;
    Ok(AlertPage { alerts: records.into_iter().filter_map(alert).collect(), more: page.more })
}

/// The categories that stand for kinds and severities, each absent for any: the severity is that of the kind.
#[must_use]
pub fn categories(kinds: Option<&[AlertKind]>, severities: Option<&[Severity]>) -> Option<Vec<Text>> {
    if kinds.is_none() && severities.is_none() {
        return None;
    }
    let passes = |kind: &AlertKind| {
        kinds.is_none_or(|kinds| kinds.contains(kind))
            && severities.is_none_or(|severities| severities.contains(&kind.severity()))
    };
    let names = AlertKind::ALL.iter().copied().filter(passes);
    Some(names.filter_map(|kind| Text::parse(kind.name()).ok()).collect())
}

/// An alert as JSON; what is absent is left out.
#[must_use]
pub fn json_of(place: RecordPlace, alert: &Alert) -> Value {
    let mut value = json!({
        "id": alert.id.as_str(),
        "position": place.to_string(),
        "revision": place.revision.to_string(),
        "kind": alert.kind.name(),
        "severity": alert.kind.severity().name(),
        "state": alert.state().name(),
        "message": alert.message,
        "cause": alert.cause.as_str(),
        "raisedAt": alert.raised_at.to_string(),
        "actor": alert.actor.as_str(),
    });
    let about = [
        ("lot", alert.lot.as_ref().map(|id| id.as_str())),
        ("operation", alert.operation.as_ref().map(|id| id.as_str())),
        ("hold", alert.hold.as_ref().map(|id| id.as_str())),
        ("recall", alert.recall.as_ref().map(|id| id.as_str())),
    ];
    for (name, id) in about {
        if let Some(id) = id {
            value[name] = id.into();
        }
    }
    if let Some(done) = &alert.acknowledged {
        let note = done.note.as_ref().map(|note| note.as_str());
        value["acknowledged"] = json!({ "event": done.event.as_str(), "actor": done.actor.as_str(),
            "at": done.at.to_string(), "note": note });
    }
    if let Some(done) = &alert.resolved {
        value["resolved"] = json!({ "event": done.event.as_str(), "at": done.at.to_string() });
    }
    value
}
