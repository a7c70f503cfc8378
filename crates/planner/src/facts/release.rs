//! Releases: lots are freed from a hold, or from inspection.

use std::collections::BTreeSet;

use lotgraph_domain::{
    AlertKind, Disposition, ErrorCode, EventId, Fact, HoldRelease, LotId, Problem, RecordBody, RecordRef,
    Recording, Release,
};

use super::hold::STAYS;
use super::recall::note_release;
use super::{Recordable, Touches};
use crate::projection::Projection;
use crate::records::{About, Records, listed, only};
use crate::state::State;

impl Recordable for Release {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.events.extend(&self.hold);
        touches.lots.extend(&self.lots);
    }

    fn records(&self, state: &State, records: &mut BTreeSet<RecordRef>) {
        records.extend(self.hold.clone().map(RecordRef::Hold));
        let held = self.hold.as_ref().and_then(|hold| state.events.get(hold));
        if let Some(Fact::Hold(hold)) = held.map(|recorded| &recorded.event.fact) {
            records.extend(hold.recall.clone().map(RecordRef::Recall));
        }
    }

    fn reads_marks(&self) -> bool {
        true
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        let Some(id) = &self.hold else { return so_far.must_know(&self.lots, "lots", "") };
        let Some(hold) = so_far.holds.get(id) else {
            let message = format!("no hold {id} is in the ledger; send it first, or correct the id");
            return Err(Problem::new(ErrorCode::HoldUnknown, "hold", message));
        };
        let lots = so_far.holds.held(id, hold, self, &so_far.lots);
        if !lots.iter().any(|(_, held)| *held) {
            let message = format!("hold {id} was released before");
            return Err(Problem::new(ErrorCode::HoldReleased, "hold", message));
        }
        // A release that names lots means every one of them, so each must still be held. A release that names
        // none means all that are still held: parts of the hold may have been released before.
        let free = lots.iter().position(|(_, held)| !held).filter(|_| !self.lots.is_empty());
        if let Some(n) = free {
            let message = format!("lot {} is not held by {id}, or was released before", lots[n].0);
            return Err(Problem::new(ErrorCode::HoldReleased, format!("lots[{n}]"), message));
        }
        Ok(())
    }

    fn project(&self, event: &EventId, so_far: &mut Projection<'_>) {
        let Some(id) = &self.hold else { return release_lots(self, so_far) };
        let Some(hold) = so_far.holds.get(id) else { return };
        let lots = so_far.holds.held(id, hold, self, &so_far.lots);
        let ended: Vec<LotId> =
            lots.iter().filter(|(_, held)| *held).map(|(lot, _)| (*lot).clone()).collect();
        let freed = so_far.holds.free(id, &ended, &mut so_far.lots);
        for lot in freed.iter().filter(|_| self.disposition != Disposition::Released) {
            so_far.lots.change(lot).quarantine.dispose(self.disposition);
        }
        record(self, event, id, &ended, &mut so_far.records);
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}

/// Releases lots from inspection, and from the disposition that an earlier release gave them.
fn release_lots(release: &Release, so_far: &mut Projection<'_>) {
    for lot in &release.lots {
        let meant = so_far.lots.aliases.meant(lot).clone();
        let quarantine = &mut so_far.lots.change(&meant).quarantine;
        quarantine.inspection_due = false;
        quarantine.dispose(release.disposition);
    }
}

/// Notes the release in the record of its hold, and raises an alert about it.
fn record(release: &Release, event: &EventId, hold: &EventId, lots: &[LotId], records: &mut Records) {
    let Recording { recorded_at, actor, source: _ } = records.recording().clone();
    if let Some(RecordBody::Hold(record)) = records.change(&RecordRef::Hold(hold.clone())) {
        record.releases.push(HoldRelease {
            event: event.clone(),
            at: release.at,
            recorded_at,
            actor,
            lots: lots.to_vec(),
            reason: release.reason.clone(),
            disposition: release.disposition,
        });
        let recall = record.hold.recall.clone().filter(|_| record.held().is_empty());
        if let Some(recall) = recall {
            note_release(&recall, hold, records);
        }
    }
    let disposition = release.disposition.name();
    let message =
        format!("hold {hold} was released for {} as {disposition} ({})", listed(lots), release.reason);
    let about = About { lot: only(lots), hold: Some(hold), ..About::default() };
    records.alert(AlertKind::HoldReleased, hold.as_str(), event, about, message);
}
