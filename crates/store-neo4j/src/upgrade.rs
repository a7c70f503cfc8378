//! Databases of an older lotgraph: the ledger's node says the format, and an older graph is derived from the ledger anew.
//!
//! A rebuild goes through phases that the ledger's node names, so that whoever comes after a kill goes on there:
//!
//! * `RETIRE`: the ledger's events and the old graph are set aside, whole, under the label `Retired`;
//! * `PROJECT`: the events are projected again, in order, which gives the ledger and the new graph; its revision is how
//!   far that is. (`DISCARD`: what another program had begun to project is deleted first.)
//! * `DELETE`: both ledgers were found equal, event by event, and what was set aside goes. Only then the database says that
//!   its graph is the new one.
//!
//! Two processes that upgrade at once take turns on the ledger's lock, and every step reads the phase under that lock: each
//! does parts of the work, none of it twice. A phase ends only when nothing of it is left, looked at under the lock once
//! more: a transaction that a killed process left in the server may end after its successor has begun. Servers of an older lotgraph must be stopped before: they know nothing of
//! phases and would answer from half a graph.

use serde::Deserialize;

use super::connection::{Connection, Deadline, Parameters};
use super::encode::integer;
use super::error::Attempt;
use super::ledger::ChangeRow;
use super::schema::{self, TIMEOUT};
use super::statement::{self, Statement};
use super::{Neo4jStore, decode};
use lotgraph_store::project::{PORTION, groups, whole_revisions};
use lotgraph_store::upgrade::{FORMAT, PROJECTION, UpgradeProgress, UpgradeStep, Versions};
use lotgraph_store::{Ledger, Reader, Result, Revision, StoreError, StoreErrorKind};

/// Nodes set aside or deleted in one transaction.
const NODES: i64 = 5_000;
/// Events read at once; above the most that one commit may record, so that every page holds a whole revision.
const PAGE: usize = 12_000;

#[derive(Deserialize)]
struct VersionsRow {
    format: i64,
    projection: i64,
    phase: Option<String>,
    of: Option<i64>,
    revision: i64,
}

impl VersionsRow {
    fn versions(&self) -> Result<Versions> {
        let number = |value: i64| {
            u32::try_from(value).map_err(|_| decode::corrupt(format!("there is no version {value}")))
        };
        Ok(Versions { format: number(self.format)?, projection: number(self.projection)? })
    }

    /// How far the new graph is, and how far it must come.
    fn reached(&self) -> Result<(Revision, Revision)> {
        let of = decode::unsigned(self.of.unwrap_or(self.revision))?;
        Ok((Revision(decode::unsigned(self.revision)?), Revision(of)))
    }
}

async fn read(connection: &Connection) -> Result<Option<VersionsRow>> {
    let deadline = Deadline::after(TIMEOUT);
    let rows = connection.read("versions", &statement::READ_VERSIONS, Vec::new(), deadline).await?;
    Ok(rows.into_iter().next())
}

/// The versions of a database, unless a newer lotgraph wrote it; nothing when it is empty.
pub(super) async fn versions(connection: &Connection) -> Result<Option<Versions>> {
    let Some(row) = read(connection).await? else { return Ok(None) };
    let versions = row.versions()?;
    match versions.refusal() {
        Some(why) => Err(StoreError::new(StoreErrorKind::Invalid(why), "versions")),
        None => Ok(Some(versions)),
    }
}

/// Brings a prepared database to this program's versions.
pub(super) async fn upgrade(
    store: &Neo4jStore,
    connection: &Connection,
    progress: UpgradeProgress<'_>,
) -> Result<()> {
    let Some(row) = read(connection).await? else { return Ok(()) };
    let before = row.versions()?;
    if before.format < FORMAT {
        schema::apply(connection, &statement::MARK_FORMAT, Vec::new()).await?;
        progress(UpgradeStep::Migrated { from: before.format, to: FORMAT });
    }
    // A rebuild that an older program began is ended first; then this program's own follows.
    let mut projection = before.projection;
    while projection < PROJECTION {
        rebuild(store, connection, progress).await?;
        projection =
            read(connection).await?.map_or(Ok(PROJECTION), |row| row.versions().map(|now| now.projection))?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct PhaseRow {
    phase: String,
}

async fn rebuild(store: &Neo4jStore, connection: &Connection, progress: UpgradeProgress<'_>) -> Result<()> {
    let parameters = vec![("projection", integer(PROJECTION))];
    let rows: Vec<PhaseRow> = change(connection, &statement::BEGIN_REBUILD, parameters).await?;
    let mut phase = rows.into_iter().next().map(|row| row.phase);
    loop {
        match phase.as_deref() {
            Some("RETIRE") => {
                each(connection, &statement::RETIRE_NODES).await?;
                schema::apply(connection, &statement::BEGIN_PROJECTING, Vec::new()).await?;
            }
            Some("DISCARD") => {
                each(connection, &statement::DISCARD_NODES).await?;
                schema::apply(connection, &statement::BEGIN_PROJECTING, Vec::new()).await?;
            }
            Some("PROJECT") => {
                project(store, connection, progress).await?;
                progress(UpgradeStep::Replacing);
                check(connection).await?;
                schema::apply(connection, &statement::BEGIN_DELETING, Vec::new()).await?;
            }
            Some("DELETE") => {
                each(connection, &statement::DELETE_RETIRED).await?;
                schema::apply(connection, &statement::END_REBUILD, Vec::new()).await?;
            }
            _ => return Ok(()),
        }
        phase = read(connection).await?.and_then(|row| row.phase);
    }
}

#[derive(Deserialize)]
struct CountRow {
    count: i64,
}

/// Repeats a statement that changes some nodes, until there are none left.
async fn each(connection: &Connection, statement: &Statement) -> Result<()> {
    loop {
        let rows: Vec<CountRow> = change(connection, statement, vec![("rows", integer(NODES))]).await?;
        if rows.first().is_none_or(|row| row.count == 0) {
            return Ok(());
        }
    }
}

/// Runs a statement in a transaction of its own and returns its rows. Every one of them may be run again.
async fn change<T: serde::de::DeserializeOwned + Send>(
    connection: &Connection,
    statement: &Statement,
    parameters: Parameters,
) -> Result<Vec<T>> {
    use backon::Retryable;
    let attempt = || attempt(connection, statement, parameters.clone());
    let rows = attempt.retry(super::connection::retries()).when(super::error::Failure::transient).await;
    rows.map_err(|failure| failure.into_store("upgrade"))
}

async fn attempt<T: serde::de::DeserializeOwned + Send>(
    connection: &Connection,
    statement: &Statement,
    parameters: Parameters,
) -> Attempt<Vec<T>> {
    let mut transaction = connection.begin(Deadline::after(TIMEOUT)).await?;
    match transaction.rows(statement, parameters).await {
        Ok(rows) => {
            transaction.commit().await?;
            Ok(rows)
        }
        Err(failure) => {
            transaction.rollback().await;
            Err(failure)
        }
    }
}

/// Projects what was set aside, from where an earlier attempt stopped.
async fn project(store: &Neo4jStore, connection: &Connection, progress: UpgradeProgress<'_>) -> Result<()> {
    while let Some(row) = read(connection).await? {
        let (reached, of) = row.reached()?;
        progress(UpgradeStep::Rebuilding { revision: reached, of });
        // Another process may have gone on to the next phase.
        if row.phase.as_deref() != Some("PROJECT") || reached >= of {
            return Ok(());
        }
        let after = i64::try_from(reached.0).unwrap_or(i64::MAX);
        let parameters = vec![("after", integer(after)), ("limit", integer(PAGE as i64))];
        let deadline = Deadline::after(TIMEOUT);
        let rows: Vec<ChangeRow> =
            connection.read("upgrade", &statement::READ_RETIRED, parameters, deadline).await?;
        let more = rows.len() == PAGE;
        let entries = rows.into_iter().map(ChangeRow::into_entry).collect::<Result<Vec<_>>>()?;
        let revisions = whole_revisions(entries, more);
        if revisions.is_empty() {
            let what = format!("the ledger that was set aside ends before revision {of}");
            return Err(StoreError::new(StoreErrorKind::Corrupt(what), "upgrade"));
        }
        for portion in groups(revisions, PORTION) {
            match store.project(portion).await {
                Ok(revision) => progress(UpgradeStep::Rebuilding { revision, of }),
                // Another process was faster with these; what is due now is read again.
                Err(_) if store.settled_revision().await?.0 > reached.0 => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Whether the new ledger is the one that was set aside.
async fn check(connection: &Connection) -> Result<()> {
    if read(connection).await?.and_then(|row| row.phase).as_deref() != Some("PROJECT") {
        return Ok(());
    }
    let deadline = Deadline::after(TIMEOUT);
    let rows: Vec<CountRow> =
        connection.read("upgrade", &statement::COUNT_DIFFERING_EVENTS, Vec::new(), deadline).await?;
    match rows.first().map(|row| row.count) {
        Some(0) => Ok(()),
        differing => {
            let what = format!(
                "{} events of the ledger and of its projection differ; a server of an older lotgraph recorded meanwhile? What \
                 was there before is kept under the label Retired",
                differing.unwrap_or_default()
            );
            Err(StoreError::new(StoreErrorKind::Corrupt(what), "upgrade"))
        }
    }
}
