//! The ledger's revision and the feed.
//!
//! Neo4j applies a commit while others read: the new revision can be visible a moment before the last of its links.
//! So a revision that this process has not yet seen whole is confirmed by taking the writers' lock once, which waits
//! for the commit in flight; own commits are whole when they are acknowledged and need no such thing.

use std::collections::HashMap;

use serde::Deserialize;

use super::connection::{Connection, Deadline, Transaction};
use super::decode;
use super::encode::{integer, text, texts, time};
use super::error::Attempt;
use super::statement;
use lotgraph_domain::{Event, EventId, Text, Timestamp};
use lotgraph_store::project::whole_revisions;
use lotgraph_store::{
    CLOCKS_APART_MAX, ChangePage, LedgerEntry, LedgerPosition, Readiness, RecordedEvent, RecordedRevision,
    Recording, Result, Revision, StoreError, StoreErrorKind,
};

#[derive(Deserialize)]
struct RevisionRow {
    revision: i64,
}

/// The current revision, with every commit up to it applied whole.
pub(super) async fn revision(
    connection: &Connection,
    operation: &'static str,
    deadline: Deadline,
) -> Result<Revision> {
    let rows: Vec<RevisionRow> =
        connection.read(operation, &statement::READ_REVISION, Vec::new(), deadline).await?;
    let Some(row) = rows.first() else { return Ok(Revision(0)) };
    let seen = decode::unsigned(row.revision)?;
    if seen <= connection.settled() {
        return Ok(Revision(seen));
    }
    confirm(connection, deadline).await.map_err(|failure| failure.into_store(operation))
}

/// The current revision, once no commit is under way.
pub(super) async fn settled_revision(connection: &Connection, deadline: Deadline) -> Result<Revision> {
    let confirmed = confirm(connection, deadline).await;
    confirmed.map_err(|failure| failure.into_store("settled_revision"))
}

async fn confirm(connection: &Connection, deadline: Deadline) -> Attempt<Revision> {
    let mut transaction = connection.begin(deadline).await?;
    let locked = lock(&mut transaction, "").await;
    transaction.rollback().await;
    let revision = locked?;
    connection.settle(revision.0);
    Ok(revision)
}

/// Takes the writers' lock and reads the revision under it.
pub(super) async fn lock(transaction: &mut Transaction<'_>, commit: &str) -> Attempt<Revision> {
    let parameters = vec![("commit", text(commit))];
    let rows: Vec<RevisionRow> = transaction.rows(&statement::LOCK_LEDGER, parameters).await?;
    let row = rows.first().ok_or_else(|| missing("commit"))?;
    Ok(Revision(decode::unsigned(row.revision)?))
}

#[derive(Deserialize)]
struct IdentityRow {
    identity: String,
}

/// The name of this ledger.
pub(super) async fn identity(connection: &Connection, deadline: Deadline) -> Result<String> {
    let rows: Vec<IdentityRow> =
        connection.read("identity", &statement::READ_IDENTITY, Vec::new(), deadline).await?;
    rows.into_iter().next().map(|row| row.identity).ok_or_else(|| missing("identity"))
}

fn missing(operation: &'static str) -> StoreError {
    let what = "the ledger's node is missing; prepare the store first".to_owned();
    StoreError::new(StoreErrorKind::Corrupt(what), operation)
}

#[derive(Deserialize)]
struct ServerRow {
    name: String,
    version: String,
    edition: String,
}

pub(super) async fn ready(connection: &Connection, deadline: Deadline) -> Result<Readiness> {
    let rows: Vec<ServerRow> =
        connection.read("ready", &statement::READ_SERVER, Vec::new(), deadline).await?;
    let server = rows.first().map(|row| format!("{} {} {}", row.name, row.version, row.edition));
    let revision = revision(connection, "ready", deadline).await?;
    Ok(Readiness { server: server.unwrap_or_else(|| "Neo4j".to_owned()), revision })
}

#[derive(Deserialize)]
struct RevisionAtRow {
    revision: Option<i64>,
}

/// The last revision recorded at or before a moment.
pub(super) async fn revision_at(
    connection: &Connection,
    at: Timestamp,
    deadline: Deadline,
) -> Result<Revision> {
    let until = revision(connection, "revision_at", deadline).await?;
    let apart = i64::try_from(CLOCKS_APART_MAX.as_micros()).unwrap_or(i64::MAX);
    let signed = |value: u64| integer(i64::try_from(value).unwrap_or(i64::MAX));
    let parameters = vec![("at", time(at)), ("apart", integer(apart)), ("until", signed(until.0))];
    let rows: Vec<RevisionAtRow> =
        connection.read("revision_at", &statement::READ_REVISION_AT, parameters, deadline).await?;
    let number = rows.first().and_then(|row| row.revision).map_or(Ok(0), decode::unsigned);
    Ok(Revision(number?))
}

/// One event of the ledger, as statements return it.
#[derive(Deserialize)]
pub(super) struct ChangeRow {
    revision: i64,
    index: u32,
    recorded_at: i64,
    id: EventId,
    body: String,
    actor: Text,
    source: Text,
}

pub(super) async fn changes(
    connection: &Connection,
    after: LedgerPosition,
    limit: u32,
    deadline: Deadline,
) -> Result<ChangePage> {
    let until = revision(connection, "changes", deadline).await?;
    let signed = |value: u64| integer(i64::try_from(value).unwrap_or(i64::MAX));
    let parameters = vec![
        ("revision", signed(after.revision.0)),
        ("index", integer(after.index)),
        ("until", signed(until.0)),
        ("limit", integer(i64::from(limit) + 1)),
    ];
    let mut rows: Vec<ChangeRow> =
        connection.read("changes", &statement::READ_CHANGES, parameters, deadline).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let entries = rows.into_iter().map(ChangeRow::into_entry).collect::<Result<_>>()?;
    Ok(ChangePage { entries, more })
}

/// What the ledger has under the numbers of these revisions, which stand in order, read under the writers' lock.
pub(super) async fn same_revisions(
    transaction: &mut Transaction<'_>,
    revisions: &[RecordedRevision],
) -> Attempt<Vec<RecordedRevision>> {
    let (Some(first), Some(last)) = (revisions.first(), revisions.last()) else { return Ok(Vec::new()) };
    let events: usize = revisions.iter().map(|revision| revision.events.len()).sum();
    let signed = |value: u64| integer(i64::try_from(value).unwrap_or(i64::MAX));
    let parameters = vec![
        ("revision", signed(first.number.0)),
        ("index", integer(0)),
        ("until", signed(last.number.0)),
        // One more than that: the last revision may have more events here.
        ("limit", signed(events as u64 + 1)),
    ];
    let rows: Vec<ChangeRow> = transaction.rows(&statement::READ_CHANGES, parameters).await?;
    let entries = rows.into_iter().map(ChangeRow::into_entry).collect::<Result<_>>()?;
    Ok(whole_revisions(entries, false))
}

impl ChangeRow {
    pub(super) fn into_entry(self) -> Result<LedgerEntry> {
        let fact = decode::fact(self.id.clone(), &self.body)?;
        Ok(LedgerEntry {
            position: LedgerPosition {
                revision: Revision(decode::unsigned(self.revision)?),
                index: self.index,
            },
            recording: Recording {
                recorded_at: decode::time(self.recorded_at)?,
                actor: self.actor,
                source: self.source,
            },
            event: Event { id: self.id, fact },
        })
    }
}

/// An event as the ledger has it.
#[derive(Deserialize)]
pub(super) struct RecordedRow {
    id: EventId,
    body: String,
    commit: String,
    voided_by: Option<EventId>,
}

impl RecordedRow {
    pub(super) fn into_recorded(self) -> Result<RecordedEvent> {
        let commit = uuid::Uuid::parse_str(&self.commit);
        let commit = commit.map_err(|error| decode::corrupt(format!("event {}: {error}", self.id)))?;
        let fact = decode::fact(self.id.clone(), &self.body)?;
        let event = Event { id: self.id, fact };
        Ok(RecordedEvent { event, body: self.body, commit, voided_by: self.voided_by })
    }
}

/// Ids in one statement: keeps a message and the server's row buffers small.
const CHUNK: usize = 5_000;

/// The events with these ids.
pub(super) async fn events(
    connection: &Connection,
    ids: &[EventId],
    deadline: Deadline,
) -> Result<Vec<Option<RecordedEvent>>> {
    let mut sought: Vec<&EventId> = ids.iter().collect();
    sought.sort_unstable();
    sought.dedup();
    let mut found: HashMap<EventId, RecordedEvent> = HashMap::new();
    for chunk in sought.chunks(CHUNK) {
        let parameters = vec![("ids", texts(chunk))];
        let rows: Vec<RecordedRow> =
            connection.read("events", &statement::READ_EVENTS, parameters, deadline).await?;
        for row in rows {
            let recorded = row.into_recorded()?;
            found.insert(recorded.event.id.clone(), recorded);
        }
    }
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}
