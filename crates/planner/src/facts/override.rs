//! Overrides: one operation may draw from lots that must stay where they are.

use std::collections::BTreeSet;

use lotgraph_domain::{AlertKind, EventId, Override, Permit, Problem, RecordRef};

use super::hold::STAYS;
use super::{Recordable, Touches};
use crate::projection::Projection;
use crate::records::{About, listed, only};
use crate::state::State;

impl Recordable for Override {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(&self.lots);
    }

    fn records(&self, _: &State, _: &mut BTreeSet<RecordRef>) {}

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        so_far.must_know(&self.lots, "lots", "")
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        for lot in &self.lots {
            let operation = self.operation.clone();
            let permit = Permit { operation, by: id.clone(), reason: self.reason.clone() };
            let meant = so_far.lots.aliases.meant(lot).clone();
            so_far.lots.change(&meant).quarantine.permits.push(permit);
        }
        let operation = &self.operation;
        let message = format!(
            "override {id} lets operation {operation} draw from {} ({})",
            listed(&self.lots),
            self.reason
        );
        let about = About { lot: only(&self.lots), operation: Some(operation), ..About::default() };
        so_far.records.alert(AlertKind::HoldOverridden, operation.as_str(), id, about, message);
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}
