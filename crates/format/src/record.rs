//! Records as stores keep them: JSON of their own, read back only by lotgraph.

use lotgraph_domain::{RecordBody, RecordKind};

/// The body of a record as JSON.
///
/// # Errors
/// When it has no JSON form, which none of ours lacks.
pub fn body(record: &RecordBody) -> serde_json::Result<String> {
    match record {
        RecordBody::Alert(alert) => serde_json::to_string(alert),
        RecordBody::Hold(hold) => serde_json::to_string(hold),
        RecordBody::Recall(recall) => serde_json::to_string(recall),
        RecordBody::Notice(notice) => serde_json::to_string(notice),
        RecordBody::Recovery(recovery) => serde_json::to_string(recovery),
        RecordBody::Sightings(sightings) => serde_json::to_string(sightings),
    }
}

/// Reads a body back.
///
/// # Errors
/// When [`body`] did not write it for a record of this kind.
pub fn read(kind: RecordKind, body: &str) -> serde_json::Result<RecordBody> {
    match kind {
        RecordKind::Alert => serde_json::from_str(body).map(RecordBody::Alert),
        RecordKind::Hold => serde_json::from_str(body).map(RecordBody::Hold),
        RecordKind::Recall => serde_json::from_str(body).map(RecordBody::Recall),
        RecordKind::Notice => serde_json::from_str(body).map(RecordBody::Notice),
        RecordKind::Recovery => serde_json::from_str(body).map(RecordBody::Recovery),
        RecordKind::Sightings => serde_json::from_str(body).map(RecordBody::Sightings),
    }
}
