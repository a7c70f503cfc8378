//! The write door: lock, load, plan, write, all in one transaction.

use std::sync::Arc;
use std::time::Duration;

use backon::Retryable;
use neo4rs::BoltType;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::closure::closure_within;
use super::connection::{Connection, Deadline, Transaction, retries};
use super::decode::{self, LotProperties, MasterProperties};
use super::encode::{self, integer, list, text, texts, time};
use super::error::{Attempt, Failure};
use super::nodes::Keys;
use super::statement::{self, Statement};
use super::{ledger, nodes};
use crate::domain::{Event, EventId, LotId, Master, MasterKind, OperationKind, RecordRef, Role};
use crate::store::planner::{
    self, FirstLinks, FirstLinksNeeds, HoldPaths, LinkRow, LotChange, LotRow, RecordChange, RecordRow,
    RecordedEvent, State, Writes, events_needed, first_links_needed, hold_lots_needed, holds_needed,
    lots_needed, materials_needed, paths_needed, records_needed,
};
use crate::store::{Batch, Receipt, Result, Revision, StoreError, StoreErrorKind};

/// A commit that takes longer is given up; the server's own limit is usually the same.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);
/// Rows in one statement.
const CHUNK: usize = 5_000;

/// Commits a batch. The work goes on when the caller goes away, so that no transaction is left open half done.
pub(super) async fn commit(connection: Arc<Connection>, batch: Arc<Batch>) -> Result<Receipt> {
    let work = async move {
        // A commit whose outcome is unknown is simply tried again: the planner finds its events by commit id.
        let attempt = || attempt(&connection, &batch);
        attempt.retry(retries()).when(Failure::transient).await
    };
    let done = tokio::spawn(work)
        .await
        .map_err(|error| StoreError::with_source(StoreErrorKind::Internal, "commit", error))?;
    done.map_err(|failure| failure.into_store("commit"))
}

async fn attempt(connection: &Connection, batch: &Batch) -> Attempt<Receipt> {
    let mut transaction = connection.begin(Deadline::after(TIMEOUT)).await?;
    match write(&mut transaction, batch).await {
        Ok((receipt, true)) => {
            transaction.commit().await?;
            connection.settle(receipt.revision.0);
            Ok(receipt)
        }
        Ok((receipt, false)) => {
            transaction.rollback().await;
            // The lock was held: everything up to here is applied.
            connection.settle(receipt.revision.0);
            Ok(receipt)
        }
        Err(failure) => {
            transaction.rollback().await;
            Err(failure)
        }
    }
}

/// Writes what the planner decides; false when that is nothing.
async fn write(transaction: &mut Transaction<'_>, batch: &Batch) -> Attempt<(Receipt, bool)> {
    let commit = batch.commit.hyphenated().to_string();
    let bodies = planner::bodies(batch);
    let current = ledger::lock(transaction, &commit).await?;
    let state = load(transaction, batch).await?;
    let plan = planner::plan(batch, bodies, state);
    let changes = plan.applied && !plan.writes.is_empty();
    let revision = if changes { Revision(current.0 + 1) } else { current };
    if changes {
        Writer { transaction, batch, commit: &commit, revision }.write(&plan.writes).await?;
    }
    Ok((Receipt { revision, applied: plan.applied, outcomes: plan.outcomes }, changes))
}

#[derive(Deserialize)]
struct EventRow {
    id: EventId,
    body: String,
    commit: String,
    voided_by: Option<EventId>,
}

impl EventRow {
    fn into_recorded(self) -> Result<RecordedEvent> {
        let commit = uuid::Uuid::parse_str(&self.commit);
        let commit = commit.map_err(|error| decode::corrupt(format!("event {}: {error}", self.id)))?;
        let fact = decode::fact(self.id.clone(), &self.body)?;
        let event = Event { id: self.id, fact };
        Ok(RecordedEvent { event, body: self.body, commit, voided_by: self.voided_by })
    }
}

/// Reads the state that the planner needs, step by step: a void names an event that names lots, and lots name holds.
async fn load(transaction: &mut Transaction<'_>, batch: &Batch) -> Attempt<State> {
    let mut state = State::default();
    load_events(transaction, &mut state, events_needed(batch)).await?;
    let ids = lots_needed(batch, &state);
    load_lots(transaction, &mut state, ids).await?;
    let codes = materials_needed(batch, &state);
    let of = Keys::Codes(MasterKind::Material);
    for row in rows::<nodes::MasterRow>(transaction, &statement::READ_MASTERS, of, &codes).await? {
        if let Master::Material(material) = MasterProperties::into_master(row.master)? {
            state.materials.insert(material.code.clone(), material);
        }
    }
    if let Some(needs) = first_links_needed(batch, &state) {
        load_first_links(transaction, &mut state, &needs).await?;
    }
    let ids = holds_needed(&state);
    load_events(transaction, &mut state, ids).await?;
    if let Some(needs) = paths_needed(batch, &state) {
        let deadline = Deadline::after(TIMEOUT);
        let forward = closure_within(transaction, &needs.forward, deadline).await?;
        let producers = closure_within(transaction, &needs.producers, deadline).await?;
        state.paths = Some(HoldPaths { forward, producers });
        let ids = hold_lots_needed(&state);
        load_lots(transaction, &mut state, ids).await?;
    }
    let needed = records_needed(batch, &state);
    load_records(transaction, &mut state, needed).await?;
    Ok(state)
}

#[derive(Deserialize)]
struct FirstLinksRow {
    lot: LotId,
    production: Option<i64>,
    draw: Option<i64>,
}

async fn load_first_links(
    transaction: &mut Transaction<'_>,
    state: &mut State,
    needs: &FirstLinksNeeds,
) -> Attempt<()> {
    for chunk in needs.lots.chunks(CHUNK) {
        let parameters = vec![("ids", texts(chunk)), ("without", texts(&needs.without))];
        for row in transaction.rows::<FirstLinksRow>(&statement::READ_FIRST_LINKS, parameters).await? {
            let (production, draw) =
                (decode::optional_time(row.production)?, decode::optional_time(row.draw)?);
            state.first_links.insert(row.lot, FirstLinks { production, draw });
        }
    }
    Ok(())
}

async fn load_records(
    transaction: &mut Transaction<'_>,
    state: &mut State,
    needed: Vec<RecordRef>,
) -> Attempt<()> {
    // They come sorted, so those of one kind stand together.
    for needed in needed.chunk_by(|one, next| one.kind() == next.kind()) {
        let Some(first) = needed.first() else { continue };
        let ids: Vec<&str> = needed.iter().map(RecordRef::id).collect();
        let of = Keys::Records(first.kind());
        for row in rows::<nodes::RecordRow>(transaction, &statement::READ_RECORDS, of, &ids).await? {
            let record = row.record.into_record()?;
            state.records.insert(record.body.reference(), record);
        }
    }
    Ok(())
}

async fn load_events(transaction: &mut Transaction<'_>, state: &mut State, ids: Vec<EventId>) -> Attempt<()> {
    for row in rows::<EventRow>(transaction, &statement::READ_EVENTS, Keys::Ids, &ids).await? {
        let recorded = row.into_recorded()?;
        state.events.insert(recorded.event.id.clone(), recorded);
    }
    Ok(())
}

async fn load_lots(transaction: &mut Transaction<'_>, state: &mut State, ids: Vec<LotId>) -> Attempt<()> {
    for row in rows::<nodes::LotRow>(transaction, &statement::READ_LOTS, Keys::Ids, &ids).await? {
        let lot = LotProperties::into_lot(row.lot)?;
        state.lots.insert(lot.id.clone(), lot);
    }
    Ok(())
}

async fn rows<Row: DeserializeOwned>(
    transaction: &mut Transaction<'_>,
    statement: &Statement,
    of: Keys,
    keys: &[impl AsRef<str>],
) -> Attempt<Vec<Row>> {
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let parameters = of.parameters(chunk);
        found.extend(transaction.rows::<Row>(statement, parameters).await?);
    }
    Ok(found)
}

/// Lists of at most [`CHUNK`] of the rows, which move: they are the bulk of a large commit.
fn chunks(rows: Vec<BoltType>) -> impl Iterator<Item = BoltType> {
    let mut rows = rows.into_iter().peekable();
    std::iter::from_fn(move || {
        rows.peek()?;
        Some(list(rows.by_ref().take(CHUNK)))
    })
}

struct Writer<'a, 'b> {
    transaction: &'a mut Transaction<'b>,
    batch: &'a Batch,
    commit: &'a str,
    revision: Revision,
}

impl Writer<'_, '_> {
    /// In the order of the fields of [`Writes`]; steps without rows send nothing.
    async fn write(mut self, writes: &Writes) -> Attempt<()> {
        self.events(writes).await?;
        self.masters(writes).await?;
        self.lots(writes).await?;
        self.operations(writes).await?;
        self.links(&writes.links).await?;
        let voids = writes.voids.iter().map(encode::void).collect();
        self.run(&statement::VOID_OPERATIONS, voids).await?;
        self.records(&writes.records).await?;
        let revision = vec![("revision", self.revision_value())];
        self.transaction.run(&statement::BUMP_LEDGER, revision).await
    }

    fn revision_value(&self) -> BoltType {
        integer(i64::try_from(self.revision.0).unwrap_or(i64::MAX))
    }

    async fn run(&mut self, statement: &Statement, rows: Vec<BoltType>) -> Attempt<()> {
        for chunk in chunks(rows) {
            self.transaction.run(statement, vec![("rows", chunk)]).await?;
        }
        Ok(())
    }

    async fn events(&mut self, writes: &Writes) -> Attempt<()> {
        let recording = &self.batch.recording;
        let rows: Vec<BoltType> =
            writes.events.iter().enumerate().map(|(index, row)| encode::event(index, row)).collect();
        for chunk in chunks(rows) {
            let parameters = vec![
                ("rows", chunk),
                ("revision", self.revision_value()),
                ("commit", text(self.commit)),
                ("recorded_at", time(recording.recorded_at)),
                ("actor", text(&recording.actor)),
                ("source", text(&recording.source)),
            ];
            self.transaction.run(&statement::CREATE_EVENTS, parameters).await?;
        }
        Ok(())
    }

    async fn masters(&mut self, writes: &Writes) -> Attempt<()> {
        let declared = writes.masters.iter().map(encode::master).collect();
        self.run(&statement::MERGE_MASTERS, declared).await?;
        let mentioned = writes.mentions.iter().map(encode::mention).collect();
        self.run(&statement::MERGE_MENTIONS, mentioned).await?;
        let parents = writes.masters.iter().filter_map(encode::parent).collect();
        self.run(&statement::LINK_PARENTS, parents).await
    }

    async fn lots(&mut self, writes: &Writes) -> Attempt<()> {
        let (created, kept): (Vec<&LotRow>, Vec<&LotRow>) =
            writes.lots.iter().partition(|row| row.change == LotChange::Created);
        self.run(&statement::CREATE_LOTS, created.iter().copied().map(encode::lot).collect()).await?;
        self.run(&statement::UPDATE_LOTS, kept.iter().copied().map(encode::lot).collect()).await?;
        let other = kept.iter().filter(|row| row.change == LotChange::Described { material: true });
        let moved: Vec<&LotRow> = other.copied().collect();
        let ids: Vec<_> = moved.iter().map(|row| &row.lot.id).collect();
        self.run_lots(&statement::UNLINK_MATERIALS, &ids).await?;
        let materials =
            created.iter().chain(&moved).filter_map(|row| encode::lot_material(&row.lot)).collect();
        self.run(&statement::LINK_MATERIALS, materials).await
    }

    async fn run_lots(&mut self, statement: &Statement, lots: &[&LotId]) -> Attempt<()> {
        for chunk in lots.chunks(CHUNK) {
            self.transaction.run(statement, vec![("lots", texts(chunk))]).await?;
        }
        Ok(())
    }

    async fn operations(&mut self, writes: &Writes) -> Attempt<()> {
        let operations = &writes.operations;
        self.run(&statement::CREATE_OPERATIONS, operations.iter().map(encode::operation).collect()).await?;
        let processed = operations.iter().flat_map(|operation| {
            operation.processed_by.iter().map(|reference| encode::processed_by(&operation.id, reference))
        });
        self.run(&statement::LINK_PROCESSED_BY, processed.collect()).await?;
        let parties = |receipt: bool| {
            let side = operations.iter().filter(move |row| (row.kind == OperationKind::Receive) == receipt);
            side.filter_map(encode::operation_party).collect()
        };
        self.run(&statement::LINK_SUPPLIERS, parties(true)).await?;
        self.run(&statement::LINK_CUSTOMERS, parties(false)).await
    }

    async fn links(&mut self, links: &[LinkRow]) -> Attempt<()> {
        let of = |role: Role| links.iter().filter(move |row| row.role == role).map(encode::link).collect();
        self.run(&statement::LINK_CONSUMED, of(Role::Consumed)).await?;
        self.run(&statement::LINK_PRODUCED, of(Role::Produced)).await?;
        self.run(&statement::LINK_IN_PLACE, of(Role::InPlace)).await
    }

    async fn records(&mut self, records: &[RecordRow]) -> Attempt<()> {
        let raised = |row: &&RecordRow| matches!(row.change, RecordChange::Raised { .. });
        let (raised, changed): (Vec<&RecordRow>, Vec<&RecordRow>) = records.iter().partition(raised);
        for chunk in chunks(raised.into_iter().map(encode::record).collect()) {
            let parameters = vec![("rows", chunk), ("revision", self.revision_value())];
            self.transaction.run(&statement::CREATE_RECORDS, parameters).await?;
        }
        self.run(&statement::UPDATE_RECORDS, changed.into_iter().map(encode::record).collect()).await
    }
}
