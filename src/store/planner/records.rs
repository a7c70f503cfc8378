//! The records that a batch raises and changes: holds with their releases, and alerts.

use std::collections::BTreeMap;

use super::apply::Planner;
use super::writes::{RecordChange, RecordRow};
use crate::domain::{
    Acknowledge, Acknowledgement, Alert, AlertId, AlertKind, ErrorCode, EventId, Hold, HoldRecord,
    HoldRelease, LotId, Override, Problem, RecordBody, RecordRef, Refusal, Release, Resolution,
};

/// The records of a batch as they come to be.
#[derive(Default)]
pub(super) struct Records {
    /// Raised by this batch, in order.
    raised: Vec<RecordBody>,
    /// Where in `raised` a record stands.
    places: BTreeMap<RecordRef, usize>,
    /// Recorded before, and changed by this batch.
    changed: BTreeMap<RecordRef, RecordBody>,
}

impl Records {
    fn raise(&mut self, record: RecordBody) {
        self.places.insert(record.reference(), self.raised.len());
        self.raised.push(record);
    }

    /// The rows to write: raised ones in order, then the changed ones by name.
    pub(super) fn into_rows(self) -> Vec<RecordRow> {
        let raised = self.raised.into_iter().zip(1..);
        let raised = raised.map(|(body, place)| RecordRow { body, change: RecordChange::Raised { place } });
        let changed = self.changed.into_values();
        raised.chain(changed.map(|body| RecordRow { body, change: RecordChange::Changed })).collect()
    }
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    pub(super) lot: Option<&'a LotId>,
    pub(super) operation: Option<&'a EventId>,
    pub(super) hold: Option<&'a EventId>,
    pub(super) recall: Option<&'a EventId>,
}

impl Planner<'_> {
    /// Raises a record.
    pub(super) fn raise(&mut self, record: RecordBody) {
        self.records.raise(record);
    }

    /// A record as the events judged so far leave it.
    pub(super) fn record(&self, reference: &RecordRef) -> Option<&RecordBody> {
        let raised = self.records.places.get(reference).and_then(|place| self.records.raised.get(*place));
        let known = || self.state.records.get(reference).map(|record| &record.body);
        raised.or_else(|| self.records.changed.get(reference)).or_else(known)
    }

    /// A record to be changed, as the events judged so far leave it.
    pub(super) fn record_mut(&mut self, reference: &RecordRef) -> Option<&mut RecordBody> {
        if let Some(place) = self.records.places.get(reference) {
            return self.records.raised.get_mut(*place);
        }
        if !self.records.changed.contains_key(reference) {
            let known = self.state.records.get(reference)?.body.clone();
            self.records.changed.insert(reference.clone(), known);
        }
        self.records.changed.get_mut(reference)
    }

    /// Raises an alert; `subject` tells it from others of its kind and cause.
    pub(super) fn alert(
        &mut self,
        kind: AlertKind,
        subject: &str,
        cause: &EventId,
        about: About<'_>,
        message: String,
    ) {
        let recording = &self.batch.recording;
        self.records.raise(RecordBody::Alert(Alert {
            id: AlertId::derived(kind, subject, cause),
            kind,
            cause: cause.clone(),
            lot: about.lot.cloned(),
            operation: about.operation.cloned(),
            hold: about.hold.cloned(),
            recall: about.recall.cloned(),
            message,
            raised_at: recording.recorded_at,
            actor: recording.actor.clone(),
            acknowledged: None,
            resolved: None,
        }));
    }

    /// Notes that the cause of an alert is over; false when the alert was not loaded.
    pub(super) fn resolve(&mut self, alert: AlertId, event: &EventId) -> bool {
        let at = self.batch.recording.recorded_at;
        match self.record_mut(&RecordRef::Alert(alert)) {
            Some(RecordBody::Alert(alert)) => {
                alert.resolved = Some(Resolution { event: event.clone(), at });
                true
            }
            Some(
                RecordBody::Hold(_) | RecordBody::Recall(_) | RecordBody::Notice(_) | RecordBody::Recovery(_),
            )
            | None => false,
        }
    }

    pub(super) fn record_hold(&mut self, id: &EventId, hold: &Hold) {
        let recording = &self.batch.recording;
        self.records.raise(RecordBody::Hold(HoldRecord {
            id: id.clone(),
            hold: hold.clone(),
            recorded_at: recording.recorded_at,
            actor: recording.actor.clone(),
            releases: Vec::new(),
        }));
        let message = format!("hold {id} was placed on {} ({})", listed(&hold.lots), hold.reason);
        let about =
            About { lot: only(&hold.lots), hold: Some(id), recall: hold.recall.as_ref(), ..About::default() };
        self.alert(AlertKind::HoldPlaced, id.as_str(), id, about, message);
    }

    pub(super) fn record_release(&mut self, id: &EventId, hold: &EventId, release: &Release, lots: &[LotId]) {
        let recording = &self.batch.recording;
        let done = HoldRelease {
            event: id.clone(),
            at: release.at,
            recorded_at: recording.recorded_at,
            actor: recording.actor.clone(),
            lots: lots.to_vec(),
            reason: release.reason.clone(),
            disposition: release.disposition,
        };
        if let Some(RecordBody::Hold(record)) = self.record_mut(&RecordRef::Hold(hold.clone())) {
            record.releases.push(done);
            let recall = record.hold.recall.clone().filter(|_| record.held().is_empty());
            if let Some(recall) = recall {
                self.note_release(&recall, hold);
            }
        }
        let disposition = release.disposition.name();
        let message =
            format!("hold {hold} was released for {} as {disposition} ({})", listed(lots), release.reason);
        let about = About { lot: only(lots), hold: Some(hold), ..About::default() };
        self.alert(AlertKind::HoldReleased, hold.as_str(), id, about, message);
    }

    pub(super) fn acknowledge(&mut self, id: &EventId, done: &Acknowledge) -> Result<(), Problem> {
        let actor = self.batch.recording.actor.clone();
        let Some(RecordBody::Alert(alert)) = self.record_mut(&RecordRef::Alert(done.alert.clone())) else {
            let message = format!("there is no alert {}; check the id", done.alert);
            return Err(Problem::new(ErrorCode::AlertUnknown, "alert", message));
        };
        if let Some(before) = &alert.acknowledged {
            let message =
                format!("alert {} was acknowledged before, by {} ({})", alert.id, before.actor, before.event);
            return Err(Problem::new(ErrorCode::AlertAcknowledged, "alert", message));
        }
        alert.acknowledged =
            Some(Acknowledgement { event: id.clone(), actor, at: done.at, note: done.note.clone() });
        Ok(())
    }

    pub(super) fn record_refusal(&mut self, id: &EventId, refusal: &Refusal) {
        let about = About {
            lot: only(&refusal.lots),
            operation: Some(&refusal.event),
            hold: refusal.hold.as_ref(),
            ..About::default()
        };
        let message = format!("event {} was refused: {}", refusal.event, refusal.message);
        self.alert(AlertKind::FlowRefused, refusal.event.as_str(), id, about, message);
    }

    pub(super) fn record_override(&mut self, id: &EventId, permit: &Override) {
        let operation = &permit.operation;
        let message = format!(
            "override {id} lets operation {operation} draw from {} ({})",
            listed(&permit.lots),
            permit.reason
        );
        let about = About { lot: only(&permit.lots), operation: Some(operation), ..About::default() };
        self.alert(AlertKind::HoldOverridden, operation.as_str(), id, about, message);
    }
}

/// The one lot, when it is one.
pub(super) fn only(lots: &[LotId]) -> Option<&LotId> {
    match lots {
        [lot] => Some(lot),
        _ => None,
    }
}

/// Lots for people: the first few, and how many in all.
pub(super) fn listed(lots: &[LotId]) -> String {
    const SHOWN_MAX: usize = 5;
    let shown: Vec<&str> = lots.iter().take(SHOWN_MAX).map(LotId::as_str).collect();
    match lots.len() {
        1 => format!("lot {}", shown.join(", ")),
        count if count > SHOWN_MAX => format!("{count} lots: {}, …", shown.join(", ")),
        count => format!("{count} lots: {}", shown.join(", ")),
    }
}
