//! Holds: lots are put into quarantine.

use std::collections::BTreeSet;

use lotgraph_domain::{AlertKind, EventId, Hold, HoldRecord, Problem, RecordBody, RecordRef, Recording};

use super::recall::{note_hold, recall_for_hold};
use super::{Recordable, Touches};
use crate::projection::Projection;
use crate::records::{About, listed, only};
use crate::state::State;

/// Why an event about a hold cannot be withdrawn.
pub(super) const STAYS: &str = "is about a hold, which is ended by a release and stays on record";

impl Recordable for Hold {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(&self.lots);
    }

    fn records(&self, _: &State, records: &mut BTreeSet<RecordRef>) {
        records.extend(self.recall.clone().map(RecordRef::Recall));
    }

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        so_far.must_know(&self.lots, "lots", "")?;
        match &self.recall {
            Some(recall) => recall_for_hold(recall, &so_far.records),
            None => Ok(()),
        }
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        if let Some(recall) = &self.recall {
            note_hold(recall, id, &mut so_far.records);
        }
        so_far.holds.place(id, self, &mut so_far.lots);
        let Recording { recorded_at, actor, source: _ } = so_far.records.recording().clone();
        so_far.records.raise(RecordBody::Hold(HoldRecord {
            id: id.clone(),
            hold: self.clone(),
            recorded_at,
            actor,
            releases: Vec::new(),
        }));
        let message = format!("hold {id} was placed on {} ({})", listed(&self.lots), self.reason);
        let (lot, recall) = (only(&self.lots), self.recall.as_ref());
        let about = About { lot, hold: Some(id), recall, ..About::default() };
        so_far.records.alert(AlertKind::HoldPlaced, id.as_str(), id, about, message);
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}
