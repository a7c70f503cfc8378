//! The course of recalls: opened, told of, recovered, closed; and the holds that belong to them.

use super::apply::Planner;
use crate::domain::recall::{
    CloseRecall, Closing, Notice, NoticeId, Notify, Recall, RecallHold, RecallRecord, Recover, Recovery,
};
use crate::domain::{ErrorCode, EventId, LotId, Problem, RecordBody, RecordRef};

impl Planner<'_> {
    pub(super) fn open_recall(&mut self, id: &EventId, recall: &Recall) -> Result<(), Problem> {
        let lots: Vec<&LotId> = recall.lots.iter().map(|lot| &lot.lot).collect();
        if let Some(n) = lots.iter().position(|lot| self.known_lot(lot).is_none()) {
            let message = format!("no event names lot {}; record it first, or correct the id", lots[n]);
            return Err(Problem::new(ErrorCode::LotUnknown, format!("lots[{n}].lot"), message));
        }
        let recording = &self.batch.recording;
        self.raise(RecordBody::Recall(RecallRecord {
            id: id.clone(),
            recall: recall.clone(),
            recorded_at: recording.recorded_at,
            actor: recording.actor.clone(),
            holds: Vec::new(),
            closed: None,
        }));
        Ok(())
    }

    pub(super) fn notify(&mut self, id: &EventId, notify: &Notify) -> Result<(), Problem> {
        self.open_recall_of(&notify.recall)?;
        let actor = self.batch.recording.actor.clone();
        let reference = RecordRef::Notice(NoticeId::derived(&notify.recall, &notify.customer));
        let fresh = self.record_mut(&reference).is_none();
        if fresh {
            self.raise(RecordBody::Notice(Notice::none_yet(notify, id.clone(), actor.clone())));
        }
        if let Some(RecordBody::Notice(notice)) = self.record_mut(&reference) {
            notice.take(notify, id.clone(), actor);
        }
        Ok(())
    }

    pub(super) fn recover(&mut self, id: &EventId, recover: &Recover) -> Result<(), Problem> {
        self.open_recall_of(&recover.recall)?;
        for (n, item) in recover.items.iter().enumerate() {
            let path = format!("items[{n}]");
            let Some(lot) = self.known_lot(&item.lot) else {
                let message = format!("no event names lot {}; correct the id", item.lot);
                return Err(Problem::new(ErrorCode::LotUnknown, format!("{path}.lot"), message));
            };
            self.check_unit(lot, Some(&item.quantity), &path)?;
        }
        let recording = &self.batch.recording;
        self.raise(RecordBody::Recovery(Recovery {
            id: id.clone(),
            recover: recover.clone(),
            recorded_at: recording.recorded_at,
            actor: recording.actor.clone(),
        }));
        Ok(())
    }

    pub(super) fn close_recall(&mut self, id: &EventId, close: &CloseRecall) -> Result<(), Problem> {
        let record = self.open_recall_of(&close.recall)?;
        let open: Vec<&str> =
            record.holds.iter().filter(|hold| !hold.released).map(|hold| hold.hold.as_str()).collect();
        if !open.is_empty() {
            let message = format!(
                "recall {} still holds lots, by {}; release them first, each with what is to become of them",
                close.recall,
                open.join(", ")
            );
            return Err(Problem::new(ErrorCode::RecallHoldsOpen, "recall", message));
        }
        let actor = self.batch.recording.actor.clone();
        if let Some(RecordBody::Recall(record)) = self.record_mut(&RecordRef::Recall(close.recall.clone())) {
            let (event, at, report) = (id.clone(), close.at, close.report.clone());
            record.closed = Some(Closing { event, at, actor, report });
        }
        Ok(())
    }

    /// Refuses a hold that says to belong to a recall which cannot have any.
    pub(super) fn check_recall_of_hold(&self, recall: &EventId) -> Result<(), Problem> {
        if self.open_recall_of(recall)?.recall.mock {
            let message = format!("recall {recall} is an exercise, which holds nothing");
            return Err(Problem::new(ErrorCode::RecallMock, "recall", message));
        }
        Ok(())
    }

    /// Notes a hold with the recall that it belongs to.
    pub(super) fn note_hold(&mut self, recall: &EventId, hold: &EventId) {
        if let Some(RecordBody::Recall(record)) = self.record_mut(&RecordRef::Recall(recall.clone())) {
            record.holds.push(RecallHold { hold: hold.clone(), released: false });
        }
    }

    /// Notes that a hold of a recall has no lots any more.
    pub(super) fn note_release(&mut self, recall: &EventId, hold: &EventId) {
        if let Some(RecordBody::Recall(record)) = self.record_mut(&RecordRef::Recall(recall.clone())) {
            let of_hold = record.holds.iter_mut().filter(|known| known.hold == *hold);
            of_hold.for_each(|known| known.released = true);
        }
    }

    /// The record of a recall that is under way.
    fn open_recall_of(&self, recall: &EventId) -> Result<&RecallRecord, Problem> {
        let Some(RecordBody::Recall(record)) = self.record(&RecordRef::Recall(recall.clone())) else {
            let message = format!("no recall {recall} is in the ledger; open it first, or correct the id");
            return Err(Problem::new(ErrorCode::RecallUnknown, "recall", message));
        };
        match &record.closed {
            None => Ok(record),
            Some(closing) => {
                let message = format!("recall {recall} was closed before, by {}", closing.event);
                Err(Problem::new(ErrorCode::RecallClosed, "recall", message))
            }
        }
    }
}
