//! Reads the state that the planner asks for.

use std::time::Instant;

use foldhash::HashMap;

use crate::closure::closure;
use crate::documented::documented;
use crate::error::{Fallible, Fault};
use crate::ledger;
use crate::namesakes::namesakes;
use crate::nodes;
use crate::readers::Snapshot;
use crate::rows;
use crate::statements::{
    GET_LOT, GET_RECORD, LIST_RECORDED_UNDER, LOAD_EVENT, LOAD_FIRST_LINKS, LOAD_MATERIAL,
    LOAD_MATERIAL_IN_USE, WALK_FROM_LOT,
};
use lotgraph_domain::{
    EventId, Lot, LotId, LotName, Master, MasterKind, MasterRef, Material, MaterialCode, RecordRef, Role,
};
use lotgraph_genealogy::subgraph::RawLink;
use lotgraph_planner::{FirstLinks, FirstLinksNeeds, HoldPaths, Movement, Need, RecordedUnder, State};
use lotgraph_store::{Closure, Direction};

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

/// Answers one need of the planner, key by key: inside the process a look-up costs about a microsecond.
pub(super) fn answer(
    snapshot: &Snapshot<'_>,
    need: Need,
    state: &mut State,
    known: &mut Known,
) -> Fallible<()> {
    match need {
        Need::Events(ids) => load_events(snapshot, ids, state, known),
        Need::Lots(ids) => load_lots(snapshot, ids, state, known),
        Need::Namesakes(names) => load_namesakes(snapshot, names, state),
        Need::RecordedUnder { names, limit } => load_recorded_under(snapshot, &names, limit, state),
        Need::Documents { documents, limit } => {
            let found = documented(snapshot, &documents, u32::try_from(limit).unwrap_or(u32::MAX))?;
            let found = documents.into_iter().zip(found).filter(|(_, operations)| !operations.is_empty());
            state.documents.extend(found);
            Ok(())
        }
        Need::Materials(codes) => load_materials(snapshot, codes, state),
        Need::MaterialsInUse(codes) => load_materials_in_use(snapshot, codes, state),
        Need::Movements(ids) => load_movements(snapshot, &ids, state, known),
        Need::FirstLinks(needs) => load_first_links(snapshot, &needs, state, known),
        Need::HoldPaths { forward, producers } => {
            let forward = Closure::for_holds(forward, Direction::Forward, None);
            let producers = Closure::for_holds(producers, Direction::Backward, Some(1));
            let forward = closure(snapshot, &forward, Instant::now())?;
            let producers = closure(snapshot, &producers, Instant::now())?;
            state.paths = Some(HoldPaths::of(&forward, &producers));
            Ok(())
        }
        Need::Records(needed) => load_records(snapshot, needed, state),
    }
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
        if let Some((key, recorded)) = ledger::event(&mut statement, &id)? {
            known.events.insert(id.clone(), key);
            state.events.insert(id, recorded);
        }
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

fn load_namesakes(snapshot: &Snapshot<'_>, names: Vec<LotName>, state: &mut State) -> Fallible<()> {
    let found = namesakes(snapshot, &names)?;
    state.namesakes.extend(names.into_iter().zip(found).filter(|(_, found)| found.count > 0));
    Ok(())
}

fn load_recorded_under(
    snapshot: &Snapshot<'_>,
    names: &[RecordedUnder],
    limit: Option<usize>,
    state: &mut State,
) -> Fallible<()> {
    let mut statement = snapshot.statement(LIST_RECORDED_UNDER)?;
    for RecordedUnder { lot, names } in names {
        let left = limit.map_or(i64::MAX, |limit| {
            i64::try_from(limit.saturating_sub(state.recorded_under.len())).unwrap_or(i64::MAX)
        });
        let names = serde_json::to_string(names)
            .map_err(|error| Fault::damaged(format!("names of {lot}: {error}")))?;
        let mut found = statement.query(rusqlite::params![lot.as_str(), names, left])?;
        while let Some(row) = found.next()? {
            state.recorded_under.push(rows::parse(rows::needed(row, 0)?, EventId::parse)?);
        }
    }
    Ok(())
}

fn load_movements(snapshot: &Snapshot<'_>, ids: &[LotId], state: &mut State, known: &Known) -> Fallible<()> {
    let mut statement = snapshot.statement(WALK_FROM_LOT)?;
    let (first, last) = (rows::role_number(Role::Consumed), rows::role_number(Role::Produced));
    let mut units = rows::Units::default();
    for id in ids {
        let Some(key) = known.lots.get(id) else { continue };
        let mut movements = Vec::new();
        let mut found = statement.query(rusqlite::params![key, first, last])?;
        while let Some(row) = found.next()? {
            let role = rows::role(row, 1)?;
            let link = RawLink {
                lot: id.clone(),
                operation: rows::parse(rows::needed(row, 7)?, EventId::parse)?,
                role,
                position: row.get(2)?,
                quantity: units.quantity(row, 3, 4)?,
                earliest: rows::time(row, 5)?,
                latest: rows::time(row, 6)?,
                sense: rows::sense(row, 13)?,
            };
            movements.push(Movement { kind: rows::operation_kind(row, 8)?, link });
        }
        state.movements.insert(id.clone(), movements);
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

fn load_materials(snapshot: &Snapshot<'_>, codes: Vec<MaterialCode>, state: &mut State) -> Fallible<()> {
    let mut statement = snapshot.statement(LOAD_MATERIAL)?;
    for code in codes {
        let mut found = statement.query([code.as_str()])?;
        let Some(row) = found.next()? else { continue };
        let material = read_material(&code, rows::column(row, 0)?)?;
        state.materials.insert(code, material);
    }
    Ok(())
}

fn load_materials_in_use(
    snapshot: &Snapshot<'_>,
    codes: Vec<MaterialCode>,
    state: &mut State,
) -> Fallible<()> {
    let mut statement = snapshot.statement(LOAD_MATERIAL_IN_USE)?;
    for code in codes {
        if statement.query_row([code.as_str()], |row| row.get(0))? {
            state.in_use.insert(code);
        }
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
