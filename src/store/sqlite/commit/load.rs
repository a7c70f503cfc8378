//! Reads the state that the planner judges a batch against.

use std::time::Instant;

use foldhash::HashMap;
use uuid::Uuid;

use crate::domain::{
    Event, EventId, Lot, LotId, Master, MasterKind, MasterRef, Material, MaterialCode, RecordRef,
};
use crate::store::Batch;
use crate::store::planner::{
    FirstLinks, FirstLinksNeeds, HoldPaths, RecordedEvent, State, events_needed, first_links_needed,
    hold_lots_needed, holds_needed, lots_needed, materials_needed, paths_needed, records_needed,
};
use crate::store::sqlite::closure::closure;
use crate::store::sqlite::error::{Fallible, Fault};
use crate::store::sqlite::nodes;
use crate::store::sqlite::readers::Snapshot;
use crate::store::sqlite::rows;
use crate::store::sqlite::statements::{GET_LOT, GET_RECORD, LOAD_EVENT, LOAD_FIRST_LINKS, LOAD_MATERIAL};

/// Keys of what is in the file already.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) events: HashMap<EventId, i64>,
    pub(super) lots: HashMap<LotId, i64>,
}

/// The text that holds a lot's attributes; none for none.
pub(super) fn attributes_text(lot: &Lot) -> Fallible<Option<String>> {
    if lot.attributes.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(&lot.attributes)
        .map(Some)
        .map_err(|error| Fault::damaged(format!("attributes of {}: {error}", lot.id)))
}

/// Reads what the planner needs, key by key: inside the process a look-up costs about a microsecond.
pub(super) fn load(snapshot: &Snapshot<'_>, batch: &Batch) -> Fallible<(State, Known)> {
    let mut state = State::default();
    let mut known = Known::default();
    load_events(snapshot, events_needed(batch), &mut state, &mut known)?;
    load_lots(snapshot, lots_needed(batch, &state), &mut state, &mut known)?;
    load_materials(snapshot, batch, &mut state)?;
    if let Some(needs) = first_links_needed(batch, &state) {
        load_first_links(snapshot, &needs, &mut state, &known)?;
    }
    load_events(snapshot, holds_needed(&state), &mut state, &mut known)?;
    if let Some(needs) = paths_needed(batch, &state) {
        let forward = closure(snapshot, &needs.forward, Instant::now())?;
        let producers = closure(snapshot, &needs.producers, Instant::now())?;
        state.paths = Some(HoldPaths { forward, producers });
        load_lots(snapshot, hold_lots_needed(&state), &mut state, &mut known)?;
    }
    let needed = records_needed(batch, &state);
    if !needed.is_empty() {
        load_records(snapshot, needed, &mut state)?;
    }
    Ok((state, known))
}

fn load_records(snapshot: &Snapshot<'_>, needed: Vec<RecordRef>, state: &mut State) -> Fallible<()> {
    let mut statement = snapshot.statement(GET_RECORD)?;
    for reference in needed {
        if let Some(record) = nodes::record(&mut statement, &reference)? {
            state.records.insert(reference, record);
        }
    }
    Ok(())
}

fn load_events(
    snapshot: &Snapshot<'_>,
    ids: Vec<EventId>,
    state: &mut State,
    known: &mut Known,
) -> Fallible<()> {
    let mut statement = snapshot.statement(LOAD_EVENT)?;
    for id in ids {
        let mut found = statement.query([id.as_str()])?;
        let Some(row) = found.next()? else { continue };
        let body = rows::needed(row, 1)?.to_owned();
        let commit: [u8; 16] = row.get(2)?;
        let voided_by = rows::column(row, 3)?.map(|by| rows::parse(by, EventId::parse)).transpose()?;
        let event = Event { fact: rows::fact(&id, &body)?, id: id.clone() };
        known.events.insert(id.clone(), row.get(0)?);
        let recorded = RecordedEvent { event, body, commit: Uuid::from_bytes(commit), voided_by };
        state.events.insert(id, recorded);
    }
    Ok(())
}

fn load_lots(snapshot: &Snapshot<'_>, ids: Vec<LotId>, state: &mut State, known: &mut Known) -> Fallible<()> {
    let mut statement = snapshot.statement(GET_LOT)?;
    for id in ids {
        let mut found = statement.query([id.as_str()])?;
        let Some(row) = found.next()? else { continue };
        let lot = rows::lot(row)?;
        known.lots.insert(id.clone(), row.get(0)?);
        state.lots.insert(id, lot);
    }
    Ok(())
}

fn load_first_links(
    snapshot: &Snapshot<'_>,
    needs: &FirstLinksNeeds,
    state: &mut State,
    known: &Known,
) -> Fallible<()> {
    let without: Vec<i64> = needs.without.iter().filter_map(|id| known.events.get(id).copied()).collect();
    let without = serde_json::to_string(&without)
        .map_err(|error| Fault::damaged(format!("keys of operations: {error}")))?;
    let mut statement = snapshot.statement(LOAD_FIRST_LINKS)?;
    for id in &needs.lots {
        let Some(key) = known.lots.get(id) else { continue };
        let mut found = statement.query(rusqlite::params![key, without])?;
        let Some(row) = found.next()? else { continue };
        let (production, draw) = (rows::optional_time(row, 0)?, rows::optional_time(row, 1)?);
        state.first_links.insert(id.clone(), FirstLinks { production, draw });
    }
    Ok(())
}

fn load_materials(snapshot: &Snapshot<'_>, batch: &Batch, state: &mut State) -> Fallible<()> {
    let mut statement = snapshot.statement(LOAD_MATERIAL)?;
    for code in materials_needed(batch, state) {
        let mut found = statement.query([code.as_str()])?;
        let Some(row) = found.next()? else { continue };
        let material = read_material(&code, rows::column(row, 0)?)?;
        state.materials.insert(code, material);
    }
    Ok(())
}

fn read_material(code: &MaterialCode, body: Option<&str>) -> Fallible<Material> {
    let Some(body) = body else { return Ok(Material::mentioned(code.clone())) };
    match rows::master_body(MasterKind::Material, code.as_str(), body)? {
        Master::Material(material) => Ok(material),
        other => {
            let other: MasterRef = other.reference();
            Err(Fault::damaged(format!(
                "material {code} is recorded as {} {}",
                other.kind().name(),
                other.code()
            )))
        }
    }
}
