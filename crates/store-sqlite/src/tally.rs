//! Counts nodes by group.

use rusqlite::{Params, params};

use super::error::Fallible;
use super::filter::{LotParameters, MasterParameters, OperationParameters, RecordParameters};
use super::readers::Snapshot;
use super::rows;
use super::statements::{
    COUNT_ALL_LOTS, COUNT_LOTS, COUNT_LOTS_NAMED, COUNT_MASTERS, COUNT_OPERATIONS, COUNT_OPERATIONS_OF,
    COUNT_RECORDS,
};
use lotgraph_domain::{MasterKind, RecordKind, Text};
use lotgraph_store::query::{RecordCount, sum_up};
use lotgraph_store::{Bucket, LotFilter, MasterFilter, OperationFilter, RecordFilter, Tally, What};

/// The groups of a tally with their counts, ordered by key. One without a key comes last.
pub(super) fn tally(snapshot: &Snapshot<'_>, tally: &Tally) -> Fallible<Vec<Bucket>> {
    match tally {
        Tally::LotsByMaterial(filter) => lots(snapshot, filter),
        Tally::OperationsByKind(filter) => operations(snapshot, filter),
        Tally::RecordsByState(kind, filter) => {
            Ok(sum_up(records(snapshot, *kind, filter)?, |(state, _)| state))
        }
        Tally::RecordsByCategory(kind, filter) => {
            Ok(sum_up(records(snapshot, *kind, filter)?, |(_, category)| category))
        }
        Tally::Count(what) => {
            let count = match what {
                What::Lots(filter) => sum(&lots(snapshot, filter)?),
                What::Operations(filter) => sum(&operations(snapshot, filter)?),
                What::LotsNamed(text) => one(snapshot, COUNT_LOTS_NAMED, [text.as_str()])?,
                What::Masters(kind, filter) => masters(snapshot, *kind, filter)?,
                What::Records(kind, filter) => {
                    records(snapshot, *kind, filter)?.iter().map(|(_, count)| count).sum()
                }
            };
            Ok(vec![Bucket { key: None, count }])
        }
    }
}

fn sum(buckets: &[Bucket]) -> u64 {
    buckets.iter().map(|bucket| bucket.count).sum()
}

fn one(snapshot: &Snapshot<'_>, text: &'static str, parameters: impl Params) -> Fallible<u64> {
    let mut statement = snapshot.statement(text)?;
    let mut found = statement.query(parameters)?;
    let row = found.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    rows::count(row, 0)
}

fn groups(snapshot: &Snapshot<'_>, text: &'static str, parameters: impl Params) -> Fallible<Vec<Bucket>> {
    let mut statement = snapshot.statement(text)?;
    let mut found = statement.query(parameters)?;
    let mut buckets = Vec::new();
    while let Some(row) = found.next()? {
        let key = rows::column(row, 0)?.map(|key| rows::parse(key, Text::parse)).transpose()?;
        buckets.push(Bucket { key, count: rows::count(row, 1)? });
    }
    buckets.sort_by(|a, b| (a.key.is_none(), &a.key).cmp(&(b.key.is_none(), &b.key)));
    Ok(buckets)
}

fn lots(snapshot: &Snapshot<'_>, filter: &LotFilter) -> Fallible<Vec<Bucket>> {
    let p = LotParameters::new(snapshot, filter)?;
    if p.passes_all() {
        return groups(snapshot, COUNT_ALL_LOTS, []);
    }
    let materials = p.materials_array()?;
    let parameters =
        params![p.origins, p.text, p.produced_from, p.produced_before, materials, p.statuses, p.hold];
    groups(snapshot, COUNT_LOTS, parameters)
}

fn operations(snapshot: &Snapshot<'_>, filter: &OperationFilter) -> Fallible<Vec<Bucket>> {
    let Some(p) = OperationParameters::new(snapshot, filter)? else { return Ok(Vec::new()) };
    if let [first, second, third, fourth] = p.resources.as_slice() {
        let parameters = params![
            p.from,
            p.before,
            p.kinds,
            p.name,
            p.voided,
            first,
            second,
            third,
            fourth,
            p.started_before,
            p.equipment
        ];
        return groups(snapshot, COUNT_OPERATIONS_OF, parameters);
    }
    groups(
        snapshot,
        COUNT_OPERATIONS,
        params![p.from, p.before, p.kinds, p.name, p.voided, p.started_before, p.equipment],
    )
}

fn masters(snapshot: &Snapshot<'_>, kind: MasterKind, filter: &MasterFilter) -> Fallible<u64> {
    let p = MasterParameters::new(filter);
    one(snapshot, COUNT_MASTERS, params![kind.name(), p.text, p.declared, p.class, p.parent, p.role])
}

/// Counts records by state and category.
fn records(snapshot: &Snapshot<'_>, kind: RecordKind, filter: &RecordFilter) -> Fallible<Vec<RecordCount>> {
    let p = RecordParameters::new(filter, None)?;
    let lot = filter.lot.as_ref().map(|lot| lot.as_str());
    let mut statement = snapshot.statement(COUNT_RECORDS)?;
    let mut found =
        statement.query(params![kind.name(), p.revision, p.until, p.categories, p.states_array()?, lot])?;
    let mut counts = Vec::new();
    while let Some(row) = found.next()? {
        let text = |index| rows::column(row, index)?.map(|text| rows::parse(text, Text::parse)).transpose();
        counts.push(((text(0)?, text(1)?), rows::count(row, 2)?));
    }
    Ok(counts)
}
