//! The links of lots, which is one hop in the graph: a page for each lot.

use std::collections::BTreeSet;

use rusqlite::{CachedStatement, OptionalExtension, params};

use super::error::Fallible;
use super::readers::Snapshot;
use super::rows::{self, Units, role_number};
use super::statements::{GET_LOT_KEY, LIST_EDGES};
use lotgraph_domain::{EventId, Role};
use lotgraph_store::{Edge, EdgeKey, EdgePage, EdgesOf};

/// A page of links for each lot, in the order in which the lots are asked for.
pub(super) fn edges(snapshot: &Snapshot<'_>, query: &EdgesOf) -> Fallible<Vec<EdgePage>> {
    let mut lot_key = snapshot.statement(GET_LOT_KEY)?;
    let mut reader = Reader {
        statement: snapshot.statement(LIST_EDGES)?,
        units: Units::default(),
        query,
        roles: query.roles.iter().copied().collect(),
    };
    let mut pages = Vec::with_capacity(query.lots.len());
    for lot in &query.lots {
        let key: Option<i64> = lot_key.query_row([lot.as_str()], |row| row.get(0)).optional()?;
        pages.push(match key {
            Some(key) => reader.page(key)?,
            None => EdgePage { edges: Vec::new(), more: false },
        });
    }
    Ok(pages)
}

struct Reader<'a> {
    statement: CachedStatement<'a>,
    units: Units,
    query: &'a EdgesOf,
    roles: BTreeSet<Role>,
}

impl Reader<'_> {
    /// Reads each role by itself in order of time, then merges them. Any link of the first page of all is
    /// also in the first page of its role, so one page of each role is enough.
    fn page(&mut self, lot: i64) -> Fallible<EdgePage> {
        let mut edges = Vec::new();
        for role in self.roles.clone() {
            self.read(lot, role, &mut edges)?;
        }
        edges.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let first = self.query.first as usize;
        let more = edges.len() > first;
        edges.truncate(first);
        Ok(EdgePage { edges, more })
    }

    /// Reads one link more than a page, which tells whether more follow. Then it reads the rest of the last
    /// moment too, because rows of one moment come in no useful order.
    fn read(&mut self, lot: i64, role: Role, edges: &mut Vec<Edge>) -> Fallible<()> {
        let after = self.query.after.as_ref();
        let from = after.map_or(i64::MIN, |key| key.earliest.micros());
        let mut found = self.statement.query(params![lot, role_number(role), from])?;
        let mut taken = 0_usize;
        let mut last = None;
        while let Some(row) = found.next()? {
            let earliest = rows::time(row, 0)?;
            if taken > self.query.first as usize && last != Some(earliest) {
                break;
            }
            let operation = rows::parse(rows::needed(row, 1)?, EventId::parse)?;
            let key = EdgeKey { earliest, operation, role, position: row.get(2)? };
            if after.is_some_and(|after| key <= *after) {
                continue;
            }
            edges.push(Edge {
                key,
                kind: rows::operation_kind(row, 3)?,
                latest: rows::time(row, 4)?,
                quantity: self.units.quantity(row, 5, 6)?,
                sense: rows::sense(row, 7)?,
            });
            taken += 1;
            last = Some(earliest);
        }
        Ok(())
    }
}
