//! The ledger as a feed.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, OptionalExtension, params};
use uuid::Uuid;

use super::error::Fallible;
use super::readers::Snapshot;
use super::rows;
use super::statements::{GET_LEDGER_PLACE, GET_REVISION_AT, LIST_EVENTS, LOAD_EVENT};
use lotgraph_domain::{Event, EventId, Text, Timestamp};
use lotgraph_store::project::whole_revisions;
use lotgraph_store::{
    CLOCKS_APART_MAX, ChangePage, LedgerEntry, LedgerPosition, RecordedEvent, RecordedRevision, Recording,
    Revision,
};

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

/// What the ledger has under the numbers of these revisions, which stand in order.
pub(super) fn same_revisions(
    snapshot: &Snapshot<'_>,
    revisions: &[RecordedRevision],
) -> Fallible<Vec<RecordedRevision>> {
    let [first, ..] = revisions else { return Ok(Vec::new()) };
    let events: usize = revisions.iter().map(|revision| revision.events.len()).sum();
    let before = LedgerPosition::end_of(Revision(first.number.0.saturating_sub(1)));
    // One more than that: the last revision may have more events here.
    let page = changes(snapshot, before, u32::try_from(events + 1).unwrap_or(u32::MAX))?;
    Ok(whole_revisions(page.entries, false))
}

/// The events with these ids.
pub(super) fn events(snapshot: &Snapshot<'_>, ids: &[EventId]) -> Fallible<Vec<Option<RecordedEvent>>> {
    let mut statement = snapshot.statement(LOAD_EVENT)?;
    ids.iter().map(|id| Ok(event(&mut statement, id)?.map(|(_, event)| event))).collect()
}

/// An event with its key.
pub(super) fn event(
    statement: &mut CachedStatement<'_>,
    id: &EventId,
) -> Fallible<Option<(i64, RecordedEvent)>> {
    let mut found = statement.query([id.as_str()])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let body = rows::needed(row, 1)?.to_owned();
    let commit = Uuid::from_bytes(row.get(2)?);
    let voided_by = rows::column(row, 3)?.map(|by| rows::parse(by, EventId::parse)).transpose()?;
    let event = Event { fact: rows::fact(id, &body)?, id: id.clone() };
    Ok(Some((row.get(0)?, RecordedEvent { event, body, commit, voided_by })))
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
