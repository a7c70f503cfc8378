//! Pages of nodes under a filter.

use rusqlite::{Params, Row, params};

use super::error::{Fallible, Fault};
use super::filter::{LotParameters, MasterParameters, OperationParameters, RecordParameters};
use super::readers::Snapshot;
use super::rows;
use super::statements::{
    FIND_LOTS, FIND_LOTS_NAMED, FIND_LOTS_OF_MATERIAL, FIND_LOTS_OF_STATUS, FIND_MASTERS, FIND_OPERATIONS,
    FIND_OPERATIONS_OF, FIND_RECORDS, FIND_RECORDS_OF_LOT, FIND_RECORDS_OF_STATE,
};
use lotgraph_domain::{Lot, MasterKind, Node, Record, RecordKind, RecordPlace, RecordedOperation, Timestamp};
use lotgraph_store::{Find, LotFilter, MasterFilter, OperationFilter, Page, RecordFilter, What};

/// Up to this many materials are read from their own ranges of the index and merged. When there are more, one
/// walk over all lots reads less.
const MATERIALS_MERGED_MAX: usize = 16;

/// A page of nodes. One item more than asked for is read, which tells whether more follow.
pub(super) fn find(snapshot: &Snapshot<'_>, query: &Find) -> Fallible<Page<Node>> {
    let after_id = || query.after_id().map_err(Fault::Refused);
    let limit = i64::from(query.first) + 1;
    let mut items: Vec<Node> = match &query.what {
        What::Lots(filter) => lots(snapshot, filter, after_id()?, limit)?.into_iter().map(lot_node).collect(),
        What::LotsNamed(text) => {
            let named =
                list(snapshot, FIND_LOTS_NAMED, params![text.as_str(), after_id()?, limit], rows::lot)?;
            named.into_iter().map(lot_node).collect()
        }
        What::Operations(filter) => {
            let found =
                operations(snapshot, filter, query.after_operation().map_err(Fault::Refused)?, limit)?;
            found.into_iter().map(|operation| Node::Operation(Box::new(operation))).collect()
        }
        What::Masters(kind, filter) => masters(snapshot, *kind, filter, after_id()?, limit)?,
        What::Records(kind, filter) => {
            let found =
                records(snapshot, *kind, filter, query.after_record().map_err(Fault::Refused)?, limit)?;
            found.into_iter().map(|record| Node::Record(Box::new(record))).collect()
        }
    };
    let more = items.len() > query.first as usize;
    items.truncate(query.first as usize);
    Ok(Page { items, more })
}

fn lot_node(lot: Lot) -> Node {
    Node::Lot(Box::new(lot))
}

fn list<T>(
    snapshot: &Snapshot<'_>,
    text: &'static str,
    parameters: impl Params,
    read: impl Fn(&Row<'_>) -> Fallible<T>,
) -> Fallible<Vec<T>> {
    let mut statement = snapshot.statement(text)?;
    let mut found = statement.query(parameters)?;
    let mut items = Vec::new();
    while let Some(row) = found.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}

fn lots(snapshot: &Snapshot<'_>, filter: &LotFilter, after: &str, limit: i64) -> Fallible<Vec<Lot>> {
    let p = LotParameters::new(snapshot, filter)?;
    let p = &p;
    if let Some(statuses) = &p.marked {
        return lots_of_statuses(snapshot, p, statuses, after, limit);
    }
    let merged = p.materials.as_ref().filter(|materials| materials.len() <= MATERIALS_MERGED_MAX);
    let Some(materials) = merged else {
        let materials = p.materials_array()?;
        let parameters = params![
            after,
            p.origins,
            p.text,
            p.produced_from,
            p.produced_before,
            materials,
            limit,
            p.statuses
        ];
        return list(snapshot, FIND_LOTS, parameters, rows::lot);
    };
    let mut lots = Vec::new();
    for material in materials {
        let parameters = params![
            after,
            p.origins,
            p.text,
            p.produced_from,
            p.produced_before,
            material,
            limit,
            p.statuses
        ];
        lots.append(&mut list(snapshot, FIND_LOTS_OF_MATERIAL, parameters, rows::lot)?);
    }
    // The lots of each material come ordered by id. A stable sort of such runs does no more work than merging
    // them.
    lots.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(lots)
}

fn lots_of_statuses(
    snapshot: &Snapshot<'_>,
    p: &LotParameters,
    statuses: &[&str],
    after: &str,
    limit: i64,
) -> Fallible<Vec<Lot>> {
    let materials = p.materials_array()?;
    let mut lots = Vec::new();
    for status in statuses {
        let parameters = params![
            after,
            p.origins,
            p.text,
            p.produced_from,
            p.produced_before,
            status,
            limit,
            materials,
            p.hold
        ];
        lots.append(&mut list(snapshot, FIND_LOTS_OF_STATUS, parameters, rows::lot)?);
    }
    lots.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(lots)
}

fn operations(
    snapshot: &Snapshot<'_>,
    filter: &OperationFilter,
    after: Option<(Timestamp, &str)>,
    limit: i64,
) -> Fallible<Vec<RecordedOperation>> {
    let Some(p) = OperationParameters::new(snapshot, filter)? else { return Ok(Vec::new()) };
    // No identifier is empty, so (moment, "") stands before everything of that moment.
    let (mut end, mut id) = (p.from, "");
    if let Some((at, after)) = after.filter(|(at, _)| at.micros() >= end) {
        (end, id) = (at.micros(), after);
    }
    match p.resources.as_slice() {
        [first, second, third, fourth] => {
            let parameters = params![
                end,
                id,
                p.before,
                p.kinds,
                p.name,
                p.voided,
                first,
                second,
                third,
                fourth,
                limit,
                p.started_before,
                p.equipment
            ];
            list(snapshot, FIND_OPERATIONS_OF, parameters, rows::operation)
        }
        _ => {
            let parameters =
                params![end, id, p.before, p.kinds, p.name, p.voided, limit, p.started_before, p.equipment];
            list(snapshot, FIND_OPERATIONS, parameters, rows::operation)
        }
    }
}

fn masters(
    snapshot: &Snapshot<'_>,
    kind: MasterKind,
    filter: &MasterFilter,
    after: &str,
    limit: i64,
) -> Fallible<Vec<Node>> {
    let p = MasterParameters::new(filter);
    let parameters = params![kind.name(), after, p.text, p.declared, p.class, p.parent, p.role, limit];
    list(snapshot, FIND_MASTERS, parameters, |row| Ok(Node::Master(rows::master(row, kind)?)))
}

fn records(
    snapshot: &Snapshot<'_>,
    kind: RecordKind,
    filter: &RecordFilter,
    after: Option<RecordPlace>,
    limit: i64,
) -> Fallible<Vec<Record>> {
    let p = RecordParameters::new(filter, after)?;
    let read = |row: &Row<'_>| rows::record(row, kind);
    if let Some(lot) = &filter.lot {
        let states = p.states_array()?;
        let lot = lot.as_str();
        let parameters = params![kind.name(), p.revision, p.place, p.until, p.categories, limit, states, lot];
        return list(snapshot, FIND_RECORDS_OF_LOT, parameters, read);
    }
    let Some(states) = &p.states else {
        let parameters = params![kind.name(), p.revision, p.place, p.until, p.categories, limit];
        return list(snapshot, FIND_RECORDS, parameters, read);
    };
    let mut records = Vec::new();
    for state in states {
        let parameters = params![kind.name(), p.revision, p.place, p.until, p.categories, limit, state];
        records.append(&mut list(snapshot, FIND_RECORDS_OF_STATE, parameters, read)?);
    }
    // The records of each state come ordered by position. A stable sort of such runs does no more work than
    // merging them.
    records.sort_by_key(|record| record.place);
    Ok(records)
}
