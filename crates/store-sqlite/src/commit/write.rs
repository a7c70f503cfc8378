//! Writes the rows of a plan, in the order of its fields.

use foldhash::{HashMap, HashMapExt};
use rusqlite::{CachedStatement, params};

use super::MasterKeys;
use super::load::{Known, attributes_text};
use crate::error::{Fallible, Fault};
use crate::readers::Snapshot;
use crate::rows::role_number;
use crate::statements as sql;
use lotgraph_domain::{
    EventId, Fact, Likeness, Lot, LotId, LotStatus, Master, MasterRef, MaterialClass, Text,
};
use lotgraph_format::{canonical, record as record_format};
use lotgraph_planner::{
    LinkKey, LotChange, LotRow, MovedOperation, OperationRow, RecordChange, RecordRow, RevisionRow, VoidRow,
    Writes,
};
use lotgraph_store::lot_state;

/// Writes a plan that changes something.
pub(super) fn write(
    snapshot: &Snapshot<'_>,
    keys: &mut MasterKeys,
    known: Known,
    writes: &Writes,
    first_event: i64,
) -> Fallible<()> {
    let mut run = Run { snapshot, keys, events: known.events, lots: HashMap::new() };
    run.revisions(writes, first_event)?;
    run.masters(writes)?;
    run.lots(writes, &known.lots)?;
    run.operations(writes)?;
    run.unlinks(writes)?;
    run.links(writes)?;
    run.voids(writes)?;
    run.records(writes)
}

struct Run<'a> {
    snapshot: &'a Snapshot<'a>,
    keys: &'a mut MasterKeys,
    events: HashMap<EventId, i64>,
    lots: HashMap<LotId, i64>,
}

/// Cannot happen while the planner names what it uses; reported instead of trusted.
fn lost(what: &str, id: &str) -> Fault {
    Fault::Explained(
        lotgraph_store::StoreErrorKind::Internal,
        format!("the plan refers to {what} {id}, which is neither loaded nor written"),
    )
}

impl Run<'_> {
    fn revisions(&mut self, writes: &Writes, first_event: i64) -> Fallible<()> {
        let mut open = self.snapshot.statement(sql::INSERT_REVISION)?;
        let mut append = self.snapshot.statement(sql::INSERT_EVENT)?;
        let mut key = first_event;
        for RevisionRow { number, commit, recording, events } in &writes.revisions {
            open.execute(params![
                number.0.cast_signed(),
                commit.as_bytes(),
                recording.recorded_at.micros(),
                recording.actor.as_str(),
                recording.source.as_str(),
                key,
                events.len() as i64,
            ])?;
            for event in events {
                append.execute(params![
                    key,
                    event.id.as_str(),
                    number.0.cast_signed(),
                    event.event_type.name(),
                    event.body
                ])?;
                self.events.insert(event.id.clone(), key);
                key += 1;
            }
        }
        Ok(())
    }

    fn masters(&mut self, writes: &Writes) -> Fallible<()> {
        let mut declare = self.snapshot.statement(sql::DECLARE_MASTER)?;
        for master in &writes.masters {
            let reference = master.reference();
            let (class, parent) = match master {
                Master::Material(material) => (material.class.map(MaterialClass::name), None),
                Master::Equipment(equipment) => (None, equipment.parent.as_ref().map(AsRef::as_ref)),
                Master::Operator(_) | Master::Shift(_) | Master::Party(_) => (None, None),
            };
            let mut search = reference.code().to_lowercase();
            if let Some(name) = master.name() {
                search.push('\n');
                search.push_str(&name.as_str().to_lowercase());
            }
            declare.execute(params![
                reference.kind().name(),
                reference.code(),
                canonical::body(&Fact::Master(master.clone())),
                class,
                parent as Option<&str>,
                search,
            ])?;
        }
        let mut mention = self.snapshot.statement(sql::MENTION_MASTER)?;
        for reference in &writes.mentions {
            if self.keys.get(reference).is_none() {
                let search = reference.code().to_lowercase();
                mention.execute(params![reference.kind().name(), reference.code(), search])?;
            }
        }
        Ok(())
    }

    fn master_key(
        keys: &mut MasterKeys,
        lookup: &mut CachedStatement<'_>,
        reference: &MasterRef,
    ) -> Fallible<i64> {
        if let Some(key) = keys.get(reference) {
            return Ok(key);
        }
        let mut rows = lookup.query(params![reference.kind().name(), reference.code()])?;
        let row = rows.next()?.ok_or_else(|| lost("master data", reference.code()))?;
        let key = row.get(0)?;
        keys.put(reference.clone(), key);
        Ok(key)
    }

    fn lots(&mut self, writes: &Writes, known: &HashMap<LotId, i64>) -> Fallible<()> {
        let mut lookup = self.snapshot.statement(sql::LOAD_MASTER_KEY)?;
        let mut statements = LotStatements {
            insert: self.snapshot.statement(sql::INSERT_LOT)?,
            state: self.snapshot.statement(sql::UPDATE_LOT_STATE)?,
            names: self.snapshot.statement(sql::UPDATE_LOT_NAMES)?,
            status: self.snapshot.statement(sql::UPDATE_LOT_STATUS)?,
        };
        for LotRow { lot, change, quarantine, .. } in &writes.lots {
            let material = match &lot.material {
                None => None,
                Some(code) => {
                    let reference = MasterRef::Material(code.clone());
                    Some(Self::master_key(self.keys, &mut lookup, &reference)?)
                }
            };
            let known = || known.get(&lot.id).copied().ok_or_else(|| lost("lot", lot.id.as_str()));
            let key = match change {
                LotChange::Created => statements.insert(lot, material)?,
                LotChange::Described { .. } => {
                    let key = known()?;
                    statements.update_state(key, lot)?;
                    statements.update_names(key, lot, material)?;
                    key
                }
                LotChange::State => {
                    let key = known()?;
                    statements.update_state(key, lot)?;
                    key
                }
            };
            if *quarantine && *change != LotChange::Created {
                statements.update_status(key, lot)?;
            }
            self.lots.insert(lot.id.clone(), key);
        }
        Ok(())
    }

    fn operations(&mut self, writes: &Writes) -> Fallible<()> {
        let mut lookup = self.snapshot.statement(sql::LOAD_MASTER_KEY)?;
        let mut insert = self.snapshot.statement(sql::INSERT_OPERATION)?;
        let mut take_part = self.snapshot.statement(sql::INSERT_PARTICIPATION)?;
        for row in &writes.operations {
            let OperationRow { id, kind, name, start, end, party, pairs, names, document, processed_by } =
                row;
            let key = self.event_key(id)?;
            let party = party.clone().map(MasterRef::Party);
            let party = match &party {
                None => None,
                Some(party) => Some(Self::master_key(self.keys, &mut lookup, party)?),
            };
            insert.execute(params![
                key,
                id.as_str(),
                kind.name(),
                name.as_ref().map(AsRef::<str>::as_ref),
                start.micros(),
                end.micros(),
                party,
                pairs.text(),
                lot_state::names_text(names),
                document.as_ref().map(Text::as_str),
            ])?;
            for resource in processed_by {
                let resource = Self::master_key(self.keys, &mut lookup, resource)?;
                take_part.execute(params![resource, end.micros(), key])?;
            }
            if let Some(party) = party {
                take_part.execute(params![party, end.micros(), key])?;
            }
        }
        Ok(())
    }

    fn unlinks(&mut self, writes: &Writes) -> Fallible<()> {
        for MovedOperation { operation, .. } in &writes.moved {
            let key = self.event_key(&operation.id)?;
            let names = lot_state::names_text(&operation.names);
            let pairs = operation.pairs.text();
            self.snapshot.statement(sql::RENAME_OPERATION)?.execute(params![key, names, pairs])?;
        }
        for LinkKey { operation, role, position, lot: _ } in &writes.unlinks {
            let key = self.event_key(operation)?;
            self.snapshot.statement(sql::DELETE_LINK)?.execute(params![key, role_number(*role), position])?;
        }
        Ok(())
    }

    fn links(&mut self, writes: &Writes) -> Fallible<()> {
        let mut insert = self.snapshot.statement(sql::INSERT_LINK)?;
        // Links come operation by operation: each is looked up once.
        let mut operation: Option<(&EventId, i64)> = None;
        for link in &writes.links {
            let operation = match operation {
                Some((id, key)) if *id == link.operation => key,
                _ => {
                    let key = self.event_key(&link.operation)?;
                    operation = Some((&link.operation, key));
                    key
                }
            };
            let lot = self.lots.get(&link.lot).ok_or_else(|| lost("lot", link.lot.as_str()))?;
            let amount = link.quantity.as_ref().map(|quantity| quantity.amount.to_string());
            insert.execute(params![
                operation,
                role_number(link.role),
                link.position,
                lot,
                amount,
                link.quantity.as_ref().map(|quantity| quantity.unit.as_str()),
                link.earliest.micros(),
                link.latest.micros(),
                link.sense.text(),
            ])?;
        }
        Ok(())
    }

    fn voids(&mut self, writes: &Writes) -> Fallible<()> {
        for VoidRow { operation: id, voided, end, party, processed_by, .. } in &writes.voids {
            let key = self.event_key(id)?;
            self.snapshot.statement(sql::DELETE_LINKS)?.execute([key])?;
            let mut lookup = self.snapshot.statement(sql::LOAD_MASTER_KEY)?;
            let mut leave = self.snapshot.statement(sql::DELETE_PARTICIPATION)?;
            let party = party.clone().map(MasterRef::Party);
            for resource in processed_by.iter().chain(&party) {
                let resource = Self::master_key(self.keys, &mut lookup, resource)?;
                leave.execute(params![resource, end.micros(), key])?;
            }
            let by = self.event_key(&voided.by)?;
            self.snapshot.statement(sql::VOID_OPERATION)?.execute([key, by])?;
        }
        Ok(())
    }

    fn records(&mut self, writes: &Writes) -> Fallible<()> {
        if writes.records.is_empty() {
            return Ok(());
        }
        let mut insert = self.snapshot.statement(sql::INSERT_RECORD)?;
        let mut update = self.snapshot.statement(sql::UPDATE_RECORD)?;
        for RecordRow { body, place, change } in &writes.records {
            let name = body.reference();
            let (kind, id, state) = (name.kind().name(), name.id(), body.state().name());
            let text =
                record_format::body(body).map_err(|error| Fault::damaged(format!("{kind} {id}: {error}")))?;
            match change {
                RecordChange::Raised => insert.execute(params![
                    kind,
                    id,
                    place.revision.0.cast_signed(),
                    place.place,
                    state,
                    body.category(),
                    body.lot().map(AsRef::<str>::as_ref),
                    text,
                ])?,
                RecordChange::Changed => update.execute(params![kind, id, state, text])?,
            };
        }
        Ok(())
    }

    fn event_key(&self, id: &EventId) -> Fallible<i64> {
        self.events.get(id).copied().ok_or_else(|| lost("event", id.as_str()))
    }
}

struct LotStatements<'a> {
    insert: CachedStatement<'a>,
    state: CachedStatement<'a>,
    names: CachedStatement<'a>,
    status: CachedStatement<'a>,
}

impl LotStatements<'_> {
    fn insert(&mut self, lot: &Lot, material: Option<i64>) -> Fallible<i64> {
        Ok(self.insert.insert(params![
            lot.id.as_str(),
            lot.number.as_ref().map(AsRef::<str>::as_ref),
            lot.supplier_lot.as_ref().map(AsRef::<str>::as_ref),
            material,
            attributes_text(lot)?,
            lot.search_text(),
            lot.origin().name(),
            lot.earliest_production.map(|at| at.micros()),
            lot_state::write(lot),
            status_text(lot),
            lot_state::overdrawn_text(&lot.overdrawn),
            Likeness::of(lot.id.as_str()).as_str(),
            alias_text(lot),
        ])?)
    }

    fn update_state(&mut self, key: i64, lot: &Lot) -> Fallible<()> {
        let production = lot.earliest_production.map(|at| at.micros());
        let overdrawn = lot_state::overdrawn_text(&lot.overdrawn);
        self.state.execute(params![
            key,
            lot.origin().name(),
            production,
            lot_state::write(lot),
            overdrawn
        ])?;
        Ok(())
    }

    fn update_status(&mut self, key: i64, lot: &Lot) -> Fallible<()> {
        self.status.execute(params![key, status_text(lot)])?;
        Ok(())
    }

    fn update_names(&mut self, key: i64, lot: &Lot, material: Option<i64>) -> Fallible<()> {
        self.names.execute(params![
            key,
            lot.number.as_ref().map(AsRef::<str>::as_ref),
            lot.supplier_lot.as_ref().map(AsRef::<str>::as_ref),
            material,
            attributes_text(lot)?,
            lot.search_text(),
            alias_text(lot),
        ])?;
        Ok(())
    }
}

/// What a lot is only another name of.
fn alias_text(lot: &Lot) -> Option<&str> {
    lot.alias_of.as_ref().map(|alias| alias.lot.as_str())
}

/// A status as the index holds it: nothing for an available lot.
fn status_text(lot: &Lot) -> Option<&'static str> {
    Some(lot.status()).filter(|status| *status != LotStatus::Available).map(LotStatus::name)
}
