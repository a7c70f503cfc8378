//! The course of recalls: they are opened, customers are told and goods recovered, and they are closed. Also
//! the holds that belong to them.

use std::collections::BTreeSet;

use lotgraph_domain::recall::{
    AddToRecall, Addition, CloseRecall, Closing, Notice, NoticeId, Notify, Recall, RecallHold, RecallRecord,
    Recover, Recovery, ReopenRecall, Reopening,
};
use lotgraph_domain::{ErrorCode, EventId, Problem, RecordBody, RecordRef, Recording, Scale};

use super::{Recordable, Touches};
use crate::projection::Projection;
use crate::records::Records;
use crate::state::State;
use crate::units;

/// Why an event about a recall cannot be withdrawn.
const STAYS: &str = "is about a recall, which is ended by closing it and stays on record";

impl Recordable for Recall {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(self.lots.iter().map(|lot| &lot.lot));
    }

    fn records(&self, _: &State, _: &mut BTreeSet<RecordRef>) {}

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        so_far.must_know(self.lots.iter().map(|lot| &lot.lot), "lots", ".lot")
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let Recording { recorded_at, actor, source: _ } = so_far.records.recording().clone();
        so_far.records.raise(RecordBody::Recall(RecallRecord {
            id: id.clone(),
            recall: self.clone(),
            recorded_at,
            actor,
            holds: Vec::new(),
            closed: None,
            reopened: Vec::new(),
            added: Vec::new(),
        }));
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}

impl Recordable for Notify {
    fn touches<'f>(&'f self, _: &mut Touches<'f>) {}

    fn records(&self, _: &State, records: &mut BTreeSet<RecordRef>) {
        records.insert(RecordRef::Recall(self.recall.clone()));
        records.insert(RecordRef::Notice(NoticeId::derived(&self.recall, &self.customer)));
    }

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        open_recall(&self.recall, &so_far.records).map(|_| ())
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let records = &mut so_far.records;
        let actor = records.recording().actor.clone();
        let reference = RecordRef::Notice(NoticeId::derived(&self.recall, &self.customer));
        if records.get(&reference).is_none() {
            records.raise(RecordBody::Notice(Notice::none_yet(self, id.clone(), actor.clone())));
        }
        if let Some(RecordBody::Notice(notice)) = records.change(&reference) {
            notice.take(self, id.clone(), actor);
        }
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}

impl Recordable for Recover {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(self.items.iter().map(|item| &item.lot));
    }

    fn records(&self, _: &State, records: &mut BTreeSet<RecordRef>) {
        records.insert(RecordRef::Recall(self.recall.clone()));
    }

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        open_recall(&self.recall, &so_far.records)?;
        for (n, item) in self.items.iter().enumerate() {
            let Some(lot) = so_far.lots.get(&item.lot) else {
                return Err(so_far.naming.unknown(&item.lot, &so_far.lots, format!("items[{n}].lot")));
            };
            let material = lot.material.as_ref().and_then(|code| so_far.materials.get(code));
            units::check(&Scale::of(lot, material), Some(&item.quantity), || format!("items[{n}]"))?;
        }
        Ok(())
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let Recording { recorded_at, actor, source: _ } = so_far.records.recording().clone();
        let (id, recover) = (id.clone(), self.clone());
        so_far.records.raise(RecordBody::Recovery(Recovery { id, recover, recorded_at, actor }));
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}

impl Recordable for CloseRecall {
    fn touches<'f>(&'f self, _: &mut Touches<'f>) {}

    fn records(&self, _: &State, records: &mut BTreeSet<RecordRef>) {
        records.insert(RecordRef::Recall(self.recall.clone()));
    }

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        let record = open_recall(&self.recall, &so_far.records)?;
        let open: Vec<&str> =
            record.holds.iter().filter(|hold| !hold.released).map(|hold| hold.hold.as_str()).collect();
        if open.is_empty() || self.accept_open {
            return Ok(());
        }
        let message = format!(
            "recall {} still holds lots, by {}; release them first, each with what is to become of them, or send \
             acceptOpen: true with a reason",
            self.recall,
            open.join(", ")
        );
        Err(Problem::new(ErrorCode::RecallHoldsOpen, "recall", message))
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let actor = so_far.records.recording().actor.clone();
        let reference = RecordRef::Recall(self.recall.clone());
        if let Some(RecordBody::Recall(record)) = so_far.records.change(&reference) {
            let (event, at, report, accepted) =
                (id.clone(), self.at, self.report.clone(), self.reason.clone());
            record.closed.get_or_insert(Closing { event, at, actor, report, accepted });
        }
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}

impl Recordable for AddToRecall {
    fn touches<'f>(&'f self, touches: &mut Touches<'f>) {
        touches.lots.extend(self.lots.iter().map(|lot| &lot.lot));
    }

    fn records(&self, _: &State, records: &mut BTreeSet<RecordRef>) {
        records.insert(RecordRef::Recall(self.recall.clone()));
    }

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        open_recall(&self.recall, &so_far.records)?;
        so_far.must_know(self.lots.iter().map(|lot| &lot.lot), "lots", ".lot")
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let actor = so_far.records.recording().actor.clone();
        let reference = RecordRef::Recall(self.recall.clone());
        if let Some(RecordBody::Recall(record)) = so_far.records.change(&reference) {
            let (event, reason, lots) = (id.clone(), self.reason.clone(), self.lots.clone());
            record.added.push(Addition { event, at: self.at, actor, reason, lots });
        }
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}

impl Recordable for ReopenRecall {
    fn touches<'f>(&'f self, _: &mut Touches<'f>) {}

    fn records(&self, _: &State, records: &mut BTreeSet<RecordRef>) {
        records.insert(RecordRef::Recall(self.recall.clone()));
    }

    fn reads_marks(&self) -> bool {
        false
    }

    fn judge(&self, _: &EventId, so_far: &Projection<'_>) -> Result<(), Problem> {
        if known_recall(&self.recall, &so_far.records)?.closed.is_some() {
            return Ok(());
        }
        let message = format!("recall {} is open already; nothing is left to do", self.recall);
        Err(Problem::new(ErrorCode::RecallNotClosed, "recall", message))
    }

    fn project(&self, id: &EventId, so_far: &mut Projection<'_>) {
        let actor = so_far.records.recording().actor.clone();
        let reference = RecordRef::Recall(self.recall.clone());
        if let Some(RecordBody::Recall(record)) = so_far.records.change(&reference)
            && let Some(closing) = record.closed.take()
        {
            let (event, reason) = (id.clone(), self.reason.clone());
            record.reopened.push(Reopening { event, at: self.at, actor, reason, closing });
        }
    }

    fn voidable(&self) -> Result<(), &'static str> {
        Err(STAYS)
    }
}

/// Refuses a hold that names a recall to which no hold can belong.
pub(super) fn recall_for_hold(recall: &EventId, records: &Records) -> Result<(), Problem> {
    if open_recall(recall, records)?.recall.mock {
        let message = format!("recall {recall} is an exercise, which holds nothing");
        return Err(Problem::new(ErrorCode::RecallMock, "recall", message));
    }
    Ok(())
}

/// Notes with the recall that this hold belongs to it.
pub(super) fn note_hold(recall: &EventId, hold: &EventId, records: &mut Records) {
    if let Some(RecordBody::Recall(record)) = records.change(&RecordRef::Recall(recall.clone())) {
        record.holds.push(RecallHold { hold: hold.clone(), released: false });
    }
}

/// Notes with the recall that this hold of it has no lots any more.
pub(super) fn note_release(recall: &EventId, hold: &EventId, records: &mut Records) {
    if let Some(RecordBody::Recall(record)) = records.change(&RecordRef::Recall(recall.clone())) {
        let of_hold = record.holds.iter_mut().filter(|known| known.hold == *hold);
        of_hold.for_each(|known| known.released = true);
    }
}

/// The record of a recall.
fn known_recall<'r>(recall: &EventId, records: &'r Records) -> Result<&'r RecallRecord, Problem> {
    match records.get(&RecordRef::Recall(recall.clone())) {
        Some(RecordBody::Recall(record)) => Ok(record),
        _ => {
            let message = format!("no recall {recall} is in the ledger; open it first, or correct the id");
            Err(Problem::new(ErrorCode::RecallUnknown, "recall", message))
        }
    }
}

/// The record of a recall that is under way.
fn open_recall<'r>(recall: &EventId, records: &'r Records) -> Result<&'r RecallRecord, Problem> {
    let record = known_recall(recall, records)?;
    match &record.closed {
        None => Ok(record),
        Some(closing) => {
            let message =
                format!("recall {recall} was closed before, by {}; reopen it if it goes on", closing.event);
            Err(Problem::new(ErrorCode::RecallClosed, "recall", message))
        }
    }
}
