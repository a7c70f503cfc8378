//! The ledger as a feed.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, params};

use super::error::Fallible;
use super::readers::Snapshot;
use super::rows;
use super::statements::{GET_LEDGER_PLACE, GET_REVISION_AT, LIST_EVENTS};
use crate::domain::{Event, EventId, Text, Timestamp};
use crate::store::{CLOCKS_APART_MAX, ChangePage, LedgerEntry, LedgerPosition, Recording, Revision};

/// The ledger behind a position, at most `limit` events.
pub(super) fn changes(snapshot: &Snapshot<'_>, after: LedgerPosition, limit: u32) -> Fallible<ChangePage> {
    let after = key_of(snapshot, after)?;
    let mut statement = snapshot.statement(LIST_EVENTS)?;
    let mut found = statement.query(params![after, i64::from(limit) + 1])?;
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        if entries.len() == limit as usize {
            return Ok(ChangePage { entries, more: true });
        }
        let id = rows::parse(rows::needed(row, 5)?, EventId::parse)?;
        let fact = rows::fact(&id, rows::needed(row, 6)?)?;
        entries.push(LedgerEntry {
            position: LedgerPosition { revision: Revision(rows::count(row, 0)?), index: row.get(1)? },
            recording: Recording {
                recorded_at: rows::time(row, 2)?,
                actor: rows::parse(rows::needed(row, 3)?, Text::parse)?,
                source: rows::parse(rows::needed(row, 4)?, Text::parse)?,
            },
            event: Event { id, fact },
        });
    }
    Ok(ChangePage { entries, more: false })
}

/// The last revision recorded at or before a moment.
pub(super) fn revision_at(snapshot: &Snapshot<'_>, at: Timestamp) -> Fallible<Revision> {
    let apart = i64::try_from(CLOCKS_APART_MAX.as_micros()).unwrap_or(i64::MAX);
    let mut statement = snapshot.statement(GET_REVISION_AT)?;
    let mut found = statement.query(params![at.micros(), apart])?;
    let Some(row) = found.next()? else { return Ok(Revision(0)) };
    match row.get_ref(0)? {
        ValueRef::Null => Ok(Revision(0)),
        _ => Ok(Revision(rows::count(row, 0)?)),
    }
}

/// The key of the last event at or before a position; 0 before the first.
fn key_of(snapshot: &Snapshot<'_>, position: LedgerPosition) -> Fallible<i64> {
    // Revisions are counted from 1 and fit SQLite's integers for as long as anybody will commit.
    let revision = i64::try_from(position.revision.0).unwrap_or(i64::MAX);
    let mut statement = snapshot.statement(GET_LEDGER_PLACE)?;
    let place: Option<(i64, i64, i64)> =
        statement.query_row([revision], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((number, first_event, events)) = place else { return Ok(0) };
    let before = if number == revision { events.min(i64::from(position.index)) } else { events };
    Ok(first_event - 1 + before)
}
