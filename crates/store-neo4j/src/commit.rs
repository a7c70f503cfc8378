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
use super::documented::documented_within;
use super::encode::{self, list, texts};
use super::error::{Attempt, Failure};
use super::namesakes::namesakes_within;
use super::nodes::Keys;
use super::statement::{self, Statement};
use super::{ledger, nodes};
use lotgraph_domain::{EventId, LotId, Master, MasterKind, MaterialCode, OperationKind, RecordRef, Role};
use lotgraph_genealogy::subgraph::RawLink;
use lotgraph_planner::{
    FirstLinks, FirstLinksNeeds, HoldPaths, LinkRow, LotChange, LotRow, Movement, Need, Planning,
    RecordChange, RecordRow, RecordedUnder, Rules, State, Writes, bodies,
};
use lotgraph_store::project::{check_order, check_repeated};
use lotgraph_store::{
    Batch, Closure, Direction, Receipt, RecordedRevision, Result, Revision, StoreError, StoreErrorKind,
};

/// A commit that takes longer is given up; the server's own limit is usually the same.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);
/// Rows in one statement.
const CHUNK: usize = 5_000;

/// What is to be written.
#[derive(Clone)]
pub(super) enum Work {
    /// A batch, to be judged by these rules and the ledger's own.
    Judge(Batch, Rules),
    /// Recorded revisions, to be taken over.
    Project(Vec<RecordedRevision>),
}

impl Work {
    fn operation(&self) -> &'static str {
        match self {
            Self::Judge(..) => "commit",
            Self::Project(_) => "project",
        }
    }

    /// Who takes the lock, for those who look into the database.
    fn writer(&self) -> String {
        match self {
            Self::Judge(batch, _) => batch.commit.hyphenated().to_string(),
            Self::Project(_) => "project".to_owned(),
        }
    }

    fn planning(self) -> Planning {
        match self {
            Self::Judge(batch, rules) => Planning::judge(batch, rules),
            Self::Project(revisions) => Planning::project(revisions),
        }
    }
}

/// Writes what work comes to. It goes on when the caller goes away, so that no transaction is left open half done.
pub(super) async fn write(connection: Arc<Connection>, work: Work) -> Result<Receipt> {
    let operation = work.operation();
    let task = async move {
        // A commit whose outcome is unknown is simply tried again: the planner finds its events by commit id, and
        // revisions that a lost attempt took over are compared with what is there.
        let attempt = || attempt(&connection, &work);
        attempt.retry(retries()).when(Failure::transient).await
    };
    let done = tokio::spawn(task)
        .await
        .map_err(|error| StoreError::with_source(StoreErrorKind::Internal, operation, error))?;
    done.map_err(|failure| failure.into_store(operation))
}

async fn attempt(connection: &Connection, work: &Work) -> Attempt<Receipt> {
    let mut transaction = connection.begin(Deadline::after(TIMEOUT)).await?;
    match carry_out(&mut transaction, work).await {
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

/// Plans and writes what the plan comes to; false when that is nothing.
async fn carry_out(transaction: &mut Transaction<'_>, work: &Work) -> Attempt<(Receipt, bool)> {
    // What needs no lock is done before it is taken: every other writer waits for it.
    let mut planning = work.clone().planning();
    let mut written = bodies(&planning.events());
    let current = ledger::lock(transaction, &work.writer()).await?;
    if let Work::Project(revisions) = work {
        let refused = |kind: StoreErrorKind| StoreError::new(kind, "project");
        let repeated = check_order(current, revisions).map_err(refused)?;
        if repeated > 0 {
            let (repeated, due) = revisions.split_at(repeated);
            let held = ledger::same_revisions(transaction, repeated).await?;
            check_repeated(&held, repeated).map_err(refused)?;
            planning = Planning::project(due.to_vec());
            written = bodies(&planning.events());
        }
    }
    while let Some(need) = planning.next_need() {
        answer(transaction, need, &mut planning.state).await?;
    }
    let plan = planning.finish(current, written);
    let revision = plan.writes.revision();
    if let Some(revision) = revision {
        Writer { transaction, revision }.write(&plan.writes).await?;
    }
    Ok((plan.into_receipt(current), revision.is_some()))
}

/// Answers one need of the planner.
async fn answer(transaction: &mut Transaction<'_>, need: Need, state: &mut State) -> Attempt<()> {
    match need {
        Need::Events(ids) => load_events(transaction, state, ids).await,
        Need::Lots(ids) => load_lots(transaction, state, ids).await,
        Need::Namesakes(names) => {
            state.namesakes.extend(namesakes_within(transaction, &names).await?);
            Ok(())
        }
        Need::RecordedUnder { names, limit } => load_recorded_under(transaction, state, &names, limit).await,
        Need::Documents { documents, limit } => {
            state.documents.extend(documented_within(transaction, &documents, limit).await?);
            Ok(())
        }
        Need::Materials(codes) => load_materials(transaction, state, codes).await,
        Need::MaterialsInUse(codes) => load_materials_in_use(transaction, state, &codes).await,
        Need::Movements(ids) => load_movements(transaction, state, &ids).await,
        Need::FirstLinks(needs) => load_first_links(transaction, state, &needs).await,
        Need::HoldPaths { forward, producers } => {
            let deadline = Deadline::after(TIMEOUT);
            let forward = Closure::for_holds(forward, Direction::Forward, None);
            let producers = Closure::for_holds(producers, Direction::Backward, Some(1));
            let forward = closure_within(transaction, &forward, deadline).await?;
            let producers = closure_within(transaction, &producers, deadline).await?;
            state.paths = Some(HoldPaths::of(&forward, &producers));
            Ok(())
        }
        Need::Records(needed) => load_records(transaction, state, needed).await,
    }
}

async fn load_materials(
    transaction: &mut Transaction<'_>,
    state: &mut State,
    codes: Vec<MaterialCode>,
) -> Attempt<()> {
    let of = Keys::Codes(MasterKind::Material);
    for row in rows::<nodes::MasterRow>(transaction, &statement::READ_MASTERS, of, &codes).await? {
        if let Master::Material(material) = MasterProperties::into_master(row.master)? {
            state.materials.insert(material.code.clone(), material);
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct MaterialRow {
    material: MaterialCode,
}

async fn load_materials_in_use(
    transaction: &mut Transaction<'_>,
    state: &mut State,
    codes: &[MaterialCode],
) -> Attempt<()> {
    for chunk in codes.chunks(CHUNK) {
        let parameters = vec![("materials", texts(chunk))];
        let rows = transaction.rows::<MaterialRow>(&statement::READ_MATERIALS_IN_USE, parameters).await?;
        state.in_use.extend(rows.into_iter().map(|row| row.material));
    }
    Ok(())
}

#[derive(Deserialize)]
struct RecordedUnderRow {
    operation: EventId,
}

async fn load_recorded_under(
    transaction: &mut Transaction<'_>,
    state: &mut State,
    names: &[RecordedUnder],
    limit: Option<usize>,
) -> Attempt<()> {
    let limit = limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(i64::MAX);
    for chunk in names.chunks(CHUNK) {
        let rows = list(chunk.iter().map(encode::recorded_under));
        let parameters = vec![("rows", rows), ("limit", encode::integer(limit))];
        let found = transaction.rows::<RecordedUnderRow>(&statement::READ_RECORDED_UNDER, parameters).await?;
        state.recorded_under.extend(found.into_iter().map(|row| row.operation));
    }
    Ok(())
}

#[derive(Deserialize)]
struct MovementRow {
    lot: LotId,
    operation: EventId,
    kind: String,
    role: String,
    position: u32,
    quantity: Option<String>,
    unit: Option<String>,
    earliest: i64,
    latest: i64,
    continues: Option<String>,
}

impl MovementRow {
    fn into_movement(self) -> Result<Movement> {
        let kind = OperationKind::from_name(&self.kind)
            .ok_or_else(|| decode::corrupt(format!("{:?} is no kind of operation", self.kind)))?;
        let role = Role::from_name(&self.role)
            .ok_or_else(|| decode::corrupt(format!("{:?} is no role", self.role)))?;
        let link = RawLink {
            lot: self.lot,
            operation: self.operation,
            role,
            position: self.position,
            quantity: decode::quantity(self.quantity.as_deref(), self.unit.as_deref())?,
            earliest: decode::time(self.earliest)?,
            latest: decode::time(self.latest)?,
            sense: decode::sense(self.continues.as_deref())?,
        };
        Ok(Movement { kind, link })
    }
}

async fn load_movements(transaction: &mut Transaction<'_>, state: &mut State, ids: &[LotId]) -> Attempt<()> {
    for chunk in ids.chunks(CHUNK) {
        let parameters = vec![("ids", texts(chunk))];
        for row in transaction.rows::<MovementRow>(&statement::READ_MOVEMENTS, parameters).await? {
            let movement = row.into_movement()?;
            state.movements.entry(movement.link.lot.clone()).or_default().push(movement);
        }
    }
    Ok(())
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
    for row in rows::<ledger::RecordedRow>(transaction, &statement::READ_EVENTS, Keys::Ids, &ids).await? {
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

async fn rows<Row: DeserializeOwned + Send>(
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
    /// The revision that the ledger stands at once this is written.
    revision: Revision,
}

impl Writer<'_, '_> {
    /// In the order of the fields of [`Writes`]; steps without rows send nothing.
    async fn write(mut self, writes: &Writes) -> Attempt<()> {
        self.events(writes).await?;
        self.masters(writes).await?;
        self.lots(writes).await?;
        self.operations(writes).await?;
        self.run(&statement::RENAME_OPERATIONS, writes.moved.iter().map(encode::renamed).collect()).await?;
        self.run(&statement::UNLINK_LOTS, writes.unlinks.iter().map(encode::unlink).collect()).await?;
        self.links(&writes.links).await?;
        let voids = writes.voids.iter().map(encode::void).collect();
        self.run(&statement::VOID_OPERATIONS, voids).await?;
        self.records(&writes.records).await?;
        let revision = vec![("revision", encode::revision(self.revision))];
        self.transaction.run(&statement::BUMP_LEDGER, revision).await
    }

    async fn run(&mut self, statement: &Statement, rows: Vec<BoltType>) -> Attempt<()> {
        for chunk in chunks(rows) {
            self.transaction.run(statement, vec![("rows", chunk)]).await?;
        }
        Ok(())
    }

    async fn events(&mut self, writes: &Writes) -> Attempt<()> {
        let rows = writes.revisions.iter().flat_map(encode::events).collect();
        self.run(&statement::CREATE_EVENTS, rows).await
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
        let came_from = |kind| matches!(kind, OperationKind::Receive | OperationKind::Return);
        let parties = |inward: bool| {
            let side = operations.iter().filter(move |row| came_from(row.kind) == inward);
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
        let raised = |row: &&RecordRow| row.change == RecordChange::Raised;
        let (raised, changed): (Vec<&RecordRow>, Vec<&RecordRow>) = records.iter().partition(raised);
        self.run(&statement::CREATE_RECORDS, raised.into_iter().map(encode::record).collect()).await?;
        self.run(&statement::UPDATE_RECORDS, changed.into_iter().map(encode::record).collect()).await
    }
}
