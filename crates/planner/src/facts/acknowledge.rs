//! Acknowledgements: somebody takes note of an alert.

use std::collections::BTreeSet;

use lotgraph_domain::{Acknowledge, Acknowledgement, ErrorCode, EventId, Problem, RecordBody, RecordRef};

use super::{Recordable, Touches};
use crate::projection::Projection;
use crate::state::State;

/// Why an event about an alert cannot be withdrawn.
pub(super) const STAYS: &str = "is about an alert and stays on record";

impl Recordable for Acknowledge {
    fn touches<'f>(&'f self, _: &mut Touches<'f>) {}

    fn records(&self, _: &State, records: &mut BTreeSet<RecordRef>) {
        records.insert(RecordRef::Alert(self.alert.clone()));
    }

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        let reference = RecordRef::Alert(self.alert.clone());
        let Some(RecordBody::Alert(alert)) = so_far.records.get(&reference) else {
            let message = format!("there is no alert {}; check the id", self.alert);
            return Err(Problem::new(ErrorCode::AlertUnknown, "alert", message));
        };
        if let Some(before) = &alert.acknowledged {
            let message =
                format!("alert {} was acknowledged before, by {} ({})", alert.id, before.actor, before.event);
            return Err(Problem::new(ErrorCode::AlertAcknowledged, "alert", message));
        }
        Ok(())
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let actor = so_far.records.recording().actor.clone();
        let reference = RecordRef::Alert(self.alert.clone());
        if let Some(RecordBody::Alert(alert)) = so_far.records.change(&reference) {
            let done = Acknowledgement { event: id.clone(), actor, at: self.at, note: self.note.clone() };
            alert.acknowledged.get_or_insert(done);
        }
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}
