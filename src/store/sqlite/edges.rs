//! The links of lots, one hop, a page for each.

use std::collections::BTreeSet;

use rusqlite::{CachedStatement, OptionalExtension, params};

use super::error::Fallible;
use super::readers::Snapshot;
use super::rows::{self, Units, role_number};
use super::statements::{GET_LOT_KEY, LIST_EDGES};
use crate::domain::{EventId, Role};
use crate::store::{Edge, EdgeKey, EdgePage, EdgesOf};

/// A page of links for each lot, in the order asked.
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
    /// Reads each role by itself, in order of time, and merges them: the first page of the whole lies within the first
    /// pages of the roles.
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

    /// One more than a page, and then the rest of the last moment: inside a moment, rows come in no useful order.
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
            });
            taken += 1;
            last = Some(earliest);
        }
        Ok(())
    }
}
