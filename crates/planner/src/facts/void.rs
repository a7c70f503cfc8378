//! Voids: an operation is withdrawn. Its links leave the graph; its node stays and says that it was
//! withdrawn. A further name of a lot is withdrawn likewise, and is a lot of its own again.

use std::collections::BTreeSet;

use lotgraph_domain::{
    ErrorCode, EventId, Fact, LotId, Problem, RENAMED_OPERATIONS_MAX, RecordRef, SameLot, Void, Voided,
};

use super::operation::processed_by;
use super::{Recordable, Touches, alias, recordable};
use crate::flow::{count_link, material_claims};
use crate::need::anomalies;
use crate::projection::Projection;
use crate::state::State;
use crate::writes::VoidRow;
use crate::{imbalance, lot_factors};

impl Recordable for Void {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.events.insert(&self.event);
    }

    /// The alerts that something does not add up about a lot that loses a link, or about the operation itself. Losing a
    /// link may end them.
    fn records(&self, state: &State, records: &mut BTreeSet<RecordRef>) {
        let recorded = state.fact(&self.event);
        if let Some(said) = recorded.and_then(SameLot::of) {
            alias::settles(said, state, records);
        }
        if let Some(Fact::Operation(operation)) = recorded {
            operation.links().for_each(|link| anomalies(state, link.lot, records));
            imbalance::alerts(state, &self.event, operation, records);
        }
    }

    fn reads_marks(&self) -> bool {
        true
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        let refuse = |code, message: String| Err(Problem::new(code, "event", message));
        let Some(known) = so_far.log.get(&self.event) else {
            let message =
                format!("no event {} is in the ledger; send it first, or correct the id", self.event);
            return refuse(ErrorCode::EventUnknown, message);
        };
        if let Some(by) = known.voided_by {
            let message = format!("event {} was voided before, by {by}", self.event);
            return refuse(ErrorCode::AlreadyVoided, message);
        }
        if let Some(said) = SameLot::of(known.fact) {
            let by = |name| so_far.lots.get(name)?.alias_of.as_ref().map(|alias| &alias.by);
            if !said.names.iter().any(|name| by(name) == Some(&self.event)) {
                return refuse(ErrorCode::AlreadyVoided, format!("event {} was voided before", self.event));
            }
            if so_far.recorded_under > RENAMED_OPERATIONS_MAX {
                let message = format!(
                    "more than {RENAMED_OPERATIONS_MAX} operations were recorded under the names that {} gave, which is the most \
                     that one event may move",
                    self.event
                );
                return refuse(ErrorCode::AliasTooWide, message);
            }
        }
        match recordable(known.fact).voidable() {
            Ok(()) => Ok(()),
            Err(why) => refuse(ErrorCode::NotVoidable, format!("{} {why}", self.event)),
        }
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let Some(fact) = so_far.log.get(&self.event).map(|known| known.fact.clone()) else { return };
        if let Some(said) = SameLot::of(&fact) {
            so_far.log.withdraw(&self.event, id);
            return alias::part(said, &self.event, id, so_far);
        }
        let Fact::Operation(operation) = fact else { return };
        so_far.holds.unfollow(&self.event, &operation, &so_far.lots);
        for link in operation.links() {
            count_link(so_far.lots.change(link.lot), &operation, link, false);
            so_far.withdrawn.insert(link.lot.clone());
        }
        let lots: BTreeSet<&LotId> = operation.links().map(|link| link.lot).collect();
        for lot in lots {
            let lot = so_far.lots.change(lot);
            lot.material_claims = lot.material_claims.saturating_sub(material_claims(&operation, lot));
            lot_factors::forget(&operation, lot);
        }
        so_far.log.withdraw(&self.event, id);
        let (by, reason) = (id.clone(), self.reason.clone());
        let voided = Voided { by, reason, replaced_by: self.replaced_by.clone() };
        let links = operation.links().map(|link| (link.lot.clone(), link.role)).collect();
        so_far.voids.push(VoidRow {
            operation: self.event.clone(),
            voided,
            links,
            end: operation.at,
            party: operation.party.clone(),
            processed_by: processed_by(&operation),
        });
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err("is itself a void; record the operation again under a new id instead")
    }
}
