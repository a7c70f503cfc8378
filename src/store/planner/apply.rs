//! Judges the events of a batch one after the other and collects what they change.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt};

use super::flow::{count_link, material_claims};
use super::hold::Holds;
use super::records::Records;
use super::state::State;
use super::writes::{EventRow, LinkRow, LotChange, LotRow, OperationRow, Plan, VoidRow, Writes};
use crate::domain::{
    ErrorCode, Event, EventId, Fact, Lot, LotId, Master, MasterRef, MaterialCode, Operation, Problem,
    Quantity, Role, Timestamp, Void, Voided,
};
use crate::format::canonical;
use crate::store::{Batch, EventOutcome, Status};

/// The canonical bodies of a batch's events, in order: needed by [`plan`], and to be had without the store's lock.
#[must_use]
pub fn bodies(batch: &Batch) -> Vec<String> {
    batch.events.iter().map(|event| canonical::body(&event.fact)).collect()
}

/// Decides what a batch changes, given the bodies of its events and the state that its needs named.
///
/// Events are judged in order, each seeing those before it. A rejected event leaves no trace; in an atomic batch it
/// refuses all of them.
#[must_use]
pub fn plan(batch: &Batch, bodies: Vec<String>, state: State) -> Plan {
    let mut planner = Planner::new(batch, state);
    let outcomes: Vec<EventOutcome> = batch
        .events
        .iter()
        .zip(bodies)
        .map(|(event, body)| EventOutcome { id: event.id.clone(), status: planner.judge(event, body) })
        .collect();
    planner.settle_holds();
    planner.settle_first_links();
    planner.tell_recalls_touched();
    planner.settle_anomalies();
    let refused = batch.atomic && outcomes.iter().any(|o| matches!(o.status, Status::Rejected(_)));
    if refused {
        return Plan { applied: false, outcomes: withhold(outcomes), writes: Writes::default() };
    }
    Plan { applied: true, outcomes, writes: planner.into_writes() }
}

fn withhold(outcomes: Vec<EventOutcome>) -> Vec<EventOutcome> {
    let withheld = |outcome: EventOutcome| match outcome.status {
        Status::Accepted => EventOutcome { status: Status::Withheld, ..outcome },
        Status::Duplicate | Status::Rejected(_) | Status::Withheld => outcome,
    };
    outcomes.into_iter().map(withheld).collect()
}

/// Lots that an operation changes; boxed, since a lot is large and a tree moves what it holds.
type ChangedLots<'a> = BTreeMap<&'a LotId, Box<Lot>>;

pub(super) struct Planner<'a> {
    pub(super) batch: &'a Batch,
    pub(super) state: State,
    sent: HashMap<&'a EventId, Sent<'a>>,
    /// The lots that change, as they come to be; `state` keeps them as they were.
    touched: HashMap<LotId, Lot>,
    /// Lots that lost links by a void.
    pub(super) withdrawn: BTreeSet<LotId>,
    masters: BTreeMap<MasterRef, Master>,
    mentions: BTreeSet<MasterRef>,
    pub(super) holds: Holds,
    pub(super) records: Records,
    writes: Writes,
}

/// An event that this batch records.
struct Sent<'a> {
    fact: &'a Fact,
    /// Its place in the rows of the ledger, where its body is.
    row: usize,
    voided_by: Option<EventId>,
}

impl<'a> Planner<'a> {
    fn new(batch: &'a Batch, state: State) -> Self {
        Self {
            batch,
            holds: Holds::new(&state),
            state,
            sent: HashMap::with_capacity(batch.events.len()),
            // Most operations make or draw a lot or two: no growing, which would move what is there.
            touched: HashMap::with_capacity(2 * batch.events.len()),
            withdrawn: BTreeSet::new(),
            masters: BTreeMap::new(),
            mentions: BTreeSet::new(),
            records: Records::default(),
            writes: Writes::default(),
        }
    }

    fn judge(&mut self, event: &'a Event, body: String) -> Status {
        if let Some(recorded) = self.state.events.get(&event.id) {
            return judge_known(event, &body, &recorded.body, recorded.commit == self.batch.commit);
        }
        if let Some(sent) = self.sent.get(&event.id) {
            // A repetition inside a batch is a duplicate, not a retry.
            return judge_known(event, &body, &self.writes.events[sent.row].body, false);
        }
        let done = match &event.fact {
            Fact::Master(master) => self.declare(master),
            Fact::Operation(operation) => self.operate(&event.id, operation),
            Fact::Void(void) => self.withdraw(&event.id, void),
            Fact::Hold(hold) => self.hold(&event.id, hold),
            Fact::Release(release) => self.release(&event.id, release),
            Fact::Override(permit) => self.permit(&event.id, permit),
            Fact::Recall(recall) => self.open_recall(&event.id, recall),
            Fact::Notify(notify) => self.notify(&event.id, notify),
            Fact::Recover(recover) => self.recover(&event.id, recover),
            Fact::CloseRecall(close) => self.close_recall(&event.id, close),
            Fact::Acknowledge(done) => self.acknowledge(&event.id, done),
            Fact::Refusal(refusal) => {
                self.record_refusal(&event.id, refusal);
                Ok(())
            }
        };
        if let Err(problem) = done {
            return Status::Rejected(problem);
        }
        let row = self.writes.events.len();
        let event_type = event.fact.event_type();
        self.writes.events.push(EventRow { id: event.id.clone(), event_type, body });
        self.sent.insert(&event.id, Sent { fact: &event.fact, row, voided_by: None });
        Status::Accepted
    }

    fn declare(&mut self, master: &Master) -> Result<(), Problem> {
        match master {
            Master::Material(material) => {
                self.state.materials.insert(material.code.clone(), material.clone());
            }
            Master::Equipment(equipment) => {
                if let Some(parent) = &equipment.parent {
                    self.mentions.insert(MasterRef::Equipment(parent.clone()));
                }
            }
            Master::Operator(_) | Master::Shift(_) | Master::Party(_) => {}
        }
        self.masters.insert(master.reference(), master.clone());
        Ok(())
    }

    fn operate(&mut self, id: &EventId, operation: &Operation) -> Result<(), Problem> {
        self.admit(id, operation)?;
        let changed = self.changed_lots(operation)?;
        self.tell_overridden(id, operation);
        for lot in changed {
            self.touch(lot);
        }
        self.follow(id, operation);
        self.mention(operation);
        self.writes.operations.push(operation_row(id, operation));
        self.writes.links.extend(link_rows(id, operation));
        Ok(())
    }

    /// The lots as they are after the operation; nothing is kept unless all of it is fine.
    fn changed_lots(&self, operation: &Operation) -> Result<Vec<Lot>, Problem> {
        let mut lots: ChangedLots<'_> = BTreeMap::new();
        for link in operation.links() {
            lots.entry(link.lot).or_insert_with(|| Box::new(self.lot(link.lot)));
        }
        self.state_materials(operation, &mut lots)?;
        for lot in lots.values_mut().filter(|lot| self.known_lot(&lot.id).is_none()) {
            let material = lot.material.as_ref().and_then(|code| self.state.materials.get(code));
            lot.quarantine.inspection_due = material.is_some_and(|material| material.inspection_required);
        }
        for link in operation.links() {
            let path = link_path(link.role, link.position);
            let lot = lots.get_mut(link.lot).ok_or_else(|| lost_lot(&path))?;
            self.check_unit(lot, link.quantity, &path)?;
            count_link(lot, operation.kind, link, true).map_err(|_| {
                Problem::new(
                    ErrorCode::QuantityTooLarge,
                    format!("{path}.quantity"),
                    format!("the sum of this lot's quantities would exceed exact decimals (lot {})", lot.id),
                )
            })?;
            match link.role {
                Role::Produced => {
                    let earlier = |known: Timestamp| known.min(link.earliest);
                    lot.earliest_production = Some(lot.earliest_production.map_or(link.earliest, earlier));
                }
                Role::Consumed => {
                    let earlier = |known: Timestamp| known.min(link.latest);
                    lot.earliest_draw = Some(lot.earliest_draw.map_or(link.latest, earlier));
                }
                Role::InPlace => {}
            }
        }
        Ok(lots.into_values().map(|lot| *lot).collect())
    }

    /// The lot as the events judged so far leave it.
    pub(super) fn lot(&self, id: &LotId) -> Lot {
        self.known_lot(id).cloned().unwrap_or_else(|| Lot::named(id.clone()))
    }

    /// The same, if any event named it so far.
    pub(super) fn known_lot(&self, id: &LotId) -> Option<&Lot> {
        self.touched.get(id).or_else(|| self.state.lots.get(id))
    }

    /// The lots whose flows or first production this batch changes, as they are by now; in no order.
    pub(super) fn changed_flows(&self) -> impl Iterator<Item = (&LotId, &Lot)> {
        self.touched.iter().filter_map(|(id, lot)| {
            let same = |before: &Lot| {
                before.received == lot.received
                    && before.produced == lot.produced
                    && before.consumed == lot.consumed
                    && before.shipped == lot.shipped
                    && before.scrapped == lot.scrapped
                    && before.earliest_production == lot.earliest_production
                    && before.earliest_draw == lot.earliest_draw
            };
            (!self.state.lots.get(id).is_some_and(same)).then_some((id, lot))
        })
    }

    /// The events that this batch records, in order.
    pub(super) fn accepted(&self) -> impl Iterator<Item = &'a Event> {
        // An id may stand in the batch twice, refused with one content and accepted with the other.
        self.batch.events.iter().filter(|event| {
            self.sent.get(&event.id).is_some_and(|sent| std::ptr::eq(sent.fact, &raw const event.fact))
        })
    }

    /// An operation, recorded before or by this batch.
    pub(super) fn operation(&self, id: &EventId) -> Option<&Operation> {
        let recorded = self.state.events.get(id).map(|recorded| &recorded.event.fact);
        match recorded.or_else(|| self.sent.get(id).map(|sent| sent.fact))? {
            Fact::Operation(operation) => Some(operation),
            _ => None,
        }
    }

    pub(super) fn touch(&mut self, lot: Lot) {
        self.touched.insert(lot.id.clone(), lot);
    }

    /// Operations that count at the end of the batch, of those that it records or would have voided.
    pub(super) fn live_operations(&self) -> impl Iterator<Item = &Operation> {
        let spared = self.batch.events.iter().filter_map(|event| {
            let Fact::Void(void) = &event.fact else { return None };
            let recorded = self.state.events.get(&void.event)?;
            recorded.voided_by.is_none().then_some(&recorded.event.fact)
        });
        let sent = self.sent.values().filter(|sent| sent.voided_by.is_none()).map(|sent| sent.fact);
        spared.chain(sent).filter_map(|fact| match fact {
            Fact::Operation(operation) => Some(operation),
            _ => None,
        })
    }

    /// Takes over what the items say about their lots: material, number, attributes.
    fn state_materials(&self, operation: &Operation, lots: &mut ChangedLots<'_>) -> Result<(), Problem> {
        for (n, input) in operation.inputs.iter().enumerate() {
            if let (Some(material), Some(lot)) = (&input.material, lots.get_mut(&input.lot)) {
                claim_material(lot, material, &link_path(Role::Consumed, n as u32))?;
            }
        }
        for (n, output) in operation.outputs.iter().enumerate() {
            let Some(lot) = lots.get_mut(&output.lot) else { continue };
            if let Some(material) = &output.material {
                claim_material(lot, material, &link_path(Role::Produced, n as u32))?;
            }
            if output.number.is_some() {
                lot.number.clone_from(&output.number);
            }
            if output.supplier_lot.is_some() {
                lot.supplier_lot.clone_from(&output.supplier_lot);
            }
            lot.attributes.extend(output.attributes.clone());
        }
        Ok(())
    }

    pub(super) fn check_unit(
        &self,
        lot: &Lot,
        quantity: Option<&Quantity>,
        path: &str,
    ) -> Result<(), Problem> {
        let material = lot.material.as_ref().and_then(|code| self.state.materials.get(code));
        let (Some(quantity), Some(material)) = (quantity, material) else { return Ok(()) };
        let Some(unit) = &material.unit else { return Ok(()) };
        if material.factor(&quantity.unit).is_some() {
            return Ok(());
        }
        let message = format!(
            "material {} is measured in {unit} and declares no conversion from {}; use {unit} or declare the conversion",
            material.code, quantity.unit
        );
        Err(Problem::new(ErrorCode::UnitMismatch, format!("{path}.unit"), message))
    }

    fn mention(&mut self, operation: &Operation) {
        let inputs = operation.inputs.iter().filter_map(|input| input.material.clone());
        let outputs = operation.outputs.iter().filter_map(|output| output.material.clone());
        self.mentions.extend(inputs.chain(outputs).map(MasterRef::Material));
        self.mentions.extend(operation.party.clone().map(MasterRef::Party));
        self.mentions.extend(processed_by(operation));
    }

    fn withdraw(&mut self, id: &EventId, void: &Void) -> Result<(), Problem> {
        let operation = self.voidable(void)?;
        self.unfollow(&void.event, &operation);
        for link in operation.links() {
            let mut lot = self.lot(link.lot);
            count_link(&mut lot, operation.kind, link, false).map_err(|_| lost_lot("event"))?;
            self.touch(lot);
            self.withdrawn.insert(link.lot.clone());
        }
        let lots: BTreeSet<&LotId> = operation.links().map(|link| link.lot).collect();
        for lot in lots {
            if let Some(lot) = self.touched.get_mut(lot) {
                let claims = material_claims(&operation, lot);
                lot.material_claims = lot.material_claims.saturating_sub(claims);
            }
        }
        if let Some(recorded) = self.state.events.get_mut(&void.event) {
            recorded.voided_by = Some(id.clone());
        } else if let Some(sent) = self.sent.get_mut(&void.event) {
            sent.voided_by = Some(id.clone());
        }
        let voided =
            Voided { by: id.clone(), reason: void.reason.clone(), replaced_by: void.replaced_by.clone() };
        self.writes.voids.push(VoidRow { operation: void.event.clone(), voided });
        Ok(())
    }

    fn voidable(&self, void: &Void) -> Result<Operation, Problem> {
        let refuse = |code, message: String| Err(Problem::new(code, "event", message));
        let recorded = self.state.events.get(&void.event).map(|known| (&known.event.fact, &known.voided_by));
        let sent = self.sent.get(&void.event).map(|sent| (sent.fact, &sent.voided_by));
        let Some((fact, voided_by)) = recorded.or(sent) else {
            return refuse(
                ErrorCode::EventUnknown,
                format!("no event {} is in the ledger; send it first, or correct the id", void.event),
            );
        };
        if let Some(by) = voided_by {
            let message = format!("event {} was voided before, by {by}", void.event);
            return refuse(ErrorCode::AlreadyVoided, message);
        }
        match fact {
            Fact::Operation(operation) => Ok(operation.clone()),
            Fact::Master(_) => refuse(
                ErrorCode::NotVoidable,
                format!("{} declares master data; send the corrected declaration instead", void.event),
            ),
            Fact::Hold(_) | Fact::Release(_) | Fact::Override(_) => refuse(
                ErrorCode::NotVoidable,
                format!("{} is about a hold, which is ended by a release and stays on record", void.event),
            ),
            Fact::Recall(_) | Fact::Notify(_) | Fact::Recover(_) | Fact::CloseRecall(_) => refuse(
                ErrorCode::NotVoidable,
                format!("{} is about a recall, which is ended by closing it and stays on record", void.event),
            ),
            Fact::Acknowledge(_) | Fact::Refusal(_) => refuse(
                ErrorCode::NotVoidable,
                format!("{} is about an alert and stays on record", void.event),
            ),
            Fact::Void(_) => refuse(
                ErrorCode::NotVoidable,
                format!("{} is itself a void; record the operation again under a new id instead", void.event),
            ),
        }
    }

    fn into_writes(self) -> Writes {
        let Self { state, touched, masters, mentions, records, mut writes, .. } = self;
        writes.records = records.into_rows();
        // References are sorted before the rows are made: a lot is large, and sorting moves what it sorts.
        let mut touched: Vec<(LotId, Box<Lot>)> =
            touched.into_iter().map(|(id, lot)| (id, Box::new(lot))).collect();
        touched.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let rows = touched.into_iter().map(|(id, lot)| {
            let lot = *lot;
            let change = LotChange::between(state.lots.get(&id), &lot);
            let before = state.lots.get(&id);
            let quarantine = before.is_none_or(|before| before.quarantine != lot.quarantine);
            let anomalies = before.is_none_or(|before| before.anomalies != lot.anomalies);
            LotRow { lot, change, quarantine, anomalies }
        });
        writes.lots = rows.collect();
        writes.mentions = mentions.into_iter().filter(|m| !masters.contains_key(m)).collect();
        writes.masters = masters.into_values().collect();
        writes.operations.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        writes.links.sort_unstable_by(|a, b| {
            (&a.operation, a.role, a.position).cmp(&(&b.operation, b.role, b.position))
        });
        writes
    }
}

/// An event whose id is known: a duplicate, this very commit retried, or a conflict.
fn judge_known(event: &Event, body: &str, known: &str, same_commit: bool) -> Status {
    if known == body {
        return if same_commit { Status::Accepted } else { Status::Duplicate };
    }
    let message = format!(
        "id {} is taken by another event; recorded: {}; sent: {}",
        event.id,
        shorten(known),
        shorten(body)
    );
    Status::Rejected(Problem::new(ErrorCode::IdConflict, "id", message))
}

/// Events may be a megabyte; a message shows their beginning.
fn shorten(body: &str) -> String {
    const CHARS_MAX: usize = 2_000;
    match body.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &body[..end], body.len()),
        None => body.to_owned(),
    }
}

fn claim_material(lot: &mut Lot, material: &MaterialCode, path: &str) -> Result<(), Problem> {
    match &lot.material {
        Some(known) if known != material && lot.material_claims > 0 => {
            let message = format!(
                "lot {} is of material {known}, not {material}; correct the lot or the material, or void the event that said {known}",
                lot.id
            );
            return Err(Problem::new(ErrorCode::LotMaterialConflict, format!("{path}.material"), message));
        }
        _ => lot.material = Some(material.clone()),
    }
    lot.material_claims = lot.material_claims.saturating_add(1);
    Ok(())
}

pub(super) fn link_path(role: Role, position: u32) -> String {
    match role {
        Role::Consumed => format!("inputs[{position}]"),
        Role::Produced => format!("outputs[{position}]"),
        Role::InPlace => format!("lots[{position}]"),
    }
}

/// Cannot happen while stores load what the needs name; reported instead of trusted.
fn lost_lot(path: &str) -> Problem {
    Problem::new(ErrorCode::Internal, path, "the lot's state was not loaded")
}

fn processed_by(operation: &Operation) -> Vec<MasterRef> {
    let equipment = operation.equipment.iter().cloned().map(MasterRef::Equipment);
    let operators = operation.operators.iter().cloned().map(MasterRef::Operator);
    let shift = operation.shift.iter().cloned().map(MasterRef::Shift);
    let all: BTreeSet<MasterRef> = equipment.chain(operators).chain(shift).collect();
    all.into_iter().collect()
}

fn operation_row(id: &EventId, operation: &Operation) -> OperationRow {
    OperationRow {
        id: id.clone(),
        kind: operation.kind,
        name: operation.name.clone(),
        start: operation.start(),
        end: operation.at,
        party: operation.party.clone(),
        processed_by: processed_by(operation),
    }
}

fn link_rows(id: &EventId, operation: &Operation) -> Vec<LinkRow> {
    operation
        .links()
        .map(|link| LinkRow {
            operation: id.clone(),
            role: link.role,
            position: link.position,
            lot: link.lot.clone(),
            quantity: link.quantity.cloned(),
            earliest: link.earliest,
            latest: link.latest,
        })
        .collect()
}
