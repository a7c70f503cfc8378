//! Refusals: lotgraph itself records that a draw was refused.

use std::collections::BTreeSet;

use lotgraph_domain::{AlertKind, EventId, Fact, Problem, RecordRef, Refusal};

use super::acknowledge::STAYS;
use super::{Recordable, Touches};
use crate::projection::Projection;
use crate::records::{About, only};
use crate::state::State;

impl Recordable for Refusal {
    /// The hold, which says whether a recall is concerned.
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.events.extend(&self.hold);
    }

    fn records(&self, _: &State, _: &mut BTreeSet<RecordRef>) {}

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, _: &Projection<'_>) -> Result<(), Problem> {
        Ok(())
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let (lot, hold) = (only(&self.lots), self.hold.as_ref());
        let recall = match hold.and_then(|hold| so_far.log.get(hold)).map(|known| known.fact) {
            Some(Fact::Hold(hold)) => hold.recall.clone(),
            _ => None,
        };
        let about = About { lot, operation: Some(&self.event), hold, recall: recall.as_ref() };
        let message = format!("event {} was refused: {}", self.event, self.message);
        so_far.records.alert(AlertKind::FlowRefused, self.event.as_str(), id, about, message);
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}
