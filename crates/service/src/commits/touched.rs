//! What events touch by what they say themselves.
//!
//! The planner's list answers another question: what must be read before events are judged. It knows no links, of master
//! data only materials, and not the lots of refusals; but it has those of observe events, of which only the sightings change.

use std::collections::BTreeSet;

use lotgraph_domain::recall::NoticeId;
use lotgraph_domain::{
    Changes, Event, EventId, Fact, LotId, Master, MasterRef, Operation, RecordRef, Release, Role,
};

/// What some events touch; sets, so that nothing is named twice.
#[derive(Debug, Default)]
pub(super) struct Touched {
    lots: BTreeSet<LotId>,
    operations: BTreeSet<EventId>,
    links: BTreeSet<(EventId, LotId, Role)>,
    records: BTreeSet<RecordRef>,
    masters: BTreeSet<MasterRef>,
}

impl Touched {
    /// Takes note of an event.
    pub(super) fn by(&mut self, event: &Event) {
        let id = &event.id;
        match &event.fact {
            Fact::Master(master) => self.declared(master),
            Fact::Operation(operation) => self.operation(id, operation),
            // What they move is not in the event.
            Fact::Alias(alias) => self.lots.extend(alias.same_lot().all().cloned()),
            Fact::MergeLots(merge) => self.lots.extend(merge.same_lot().all().cloned()),
            // Which lots the operation had is not in the event that withdraws it.
            Fact::Void(void) => self.operations.extend([void.event.clone()]),
            Fact::Hold(hold) => {
                self.records.insert(RecordRef::Hold(id.clone()));
                self.records.extend(hold.recall.clone().map(RecordRef::Recall));
                self.lots.extend(hold.lots.iter().cloned());
            }
            Fact::Release(Release { hold, lots, .. }) => {
                self.records.extend(hold.clone().map(RecordRef::Hold));
                self.lots.extend(lots.iter().cloned());
            }
            Fact::Override(permit) => self.lots.extend(permit.lots.iter().cloned()),
            Fact::Recall(recall) => {
                self.records.insert(RecordRef::Recall(id.clone()));
                self.lots.extend(recall.lots.iter().map(|lot| lot.lot.clone()));
            }
            Fact::Notify(notify) => {
                let notice = NoticeId::derived(&notify.recall, &notify.customer);
                self.records.extend([RecordRef::Notice(notice), RecordRef::Recall(notify.recall.clone())]);
                self.masters.insert(MasterRef::Party(notify.customer.clone()));
            }
            Fact::Recover(recover) => {
                let records = [RecordRef::Recovery(id.clone()), RecordRef::Recall(recover.recall.clone())];
                self.records.extend(records);
                self.lots.extend(recover.items.iter().map(|item| item.lot.clone()));
                self.masters.extend(recover.customer.clone().map(MasterRef::Party));
            }
            Fact::CloseRecall(close) => self.records.extend([RecordRef::Recall(close.recall.clone())]),
            Fact::AddToRecall(add) => {
                self.records.insert(RecordRef::Recall(add.recall.clone()));
                self.lots.extend(add.lots.iter().map(|lot| lot.lot.clone()));
            }
            Fact::ReopenRecall(reopen) => self.records.extend([RecordRef::Recall(reopen.recall.clone())]),
            Fact::Acknowledge(done) => self.records.extend([RecordRef::Alert(done.alert.clone())]),
            Fact::Observe(observe) => {
                self.records.extend(observe.lots.iter().cloned().map(RecordRef::Sightings));
            }
            Fact::Refusal(refusal) => self.lots.extend(refusal.lots.iter().cloned()),
        }
    }

    fn declared(&mut self, master: &Master) {
        self.masters.insert(master.reference());
    }

    fn operation(&mut self, id: &EventId, operation: &Operation) {
        self.operations.insert(id.clone());
        for link in operation.links() {
            self.lots.insert(link.lot.clone());
            self.links.insert((id.clone(), link.lot.clone(), link.role));
        }
        let consumed = operation.inputs.iter().filter_map(|input| input.material.clone());
        let produced = operation.outputs.iter().filter_map(|output| output.material.clone());
        self.masters.extend(consumed.chain(produced).map(MasterRef::Material));
        self.masters.extend(operation.equipment.iter().cloned().map(MasterRef::Equipment));
        self.masters.extend(operation.operators.iter().cloned().map(MasterRef::Operator));
        self.masters.extend(operation.shift.clone().map(MasterRef::Shift));
        self.masters.extend(operation.party.clone().map(MasterRef::Party));
    }

    /// All of it, each list in order.
    pub(super) fn finish(self) -> Changes {
        Changes {
            lots: self.lots.into_iter().collect(),
            operations: self.operations.into_iter().collect(),
            links: self.links.into_iter().collect(),
            records: self.records.into_iter().collect(),
            masters: self.masters.into_iter().collect(),
        }
    }
}
