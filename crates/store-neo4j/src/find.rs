//! Pages of nodes by filter, and counts of them.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::connection::{Connection, Deadline, Parameters};
use super::encode::{comparable, integer, null, optional, text, texts, time};
use super::nodes::{IntoNode, LotRow, MasterRow, OperationRow, RecordRow};
use super::statement::{self, Statement};
use lotgraph_domain::time::{EARLIEST_MICROS, LATEST_MICROS};
use lotgraph_domain::{LotStatus, MasterKind, Node, RecordKind, RecordPlace, Text, Timestamp};
use lotgraph_store::query::{
    Bucket, Find, LotFilter, MasterFilter, OperationFilter, Page, RecordCount, RecordFilter, Tally, What,
    sum_up,
};
use lotgraph_store::{Result, StoreError, StoreErrorKind};

pub(super) async fn find(connection: &Connection, query: &Find, deadline: Deadline) -> Result<Page<Node>> {
    let search = Search { connection, query, deadline };
    match &query.what {
        What::Lots(filter) => {
            let statement = lot_statement(filter, search.after()?);
            search.page::<LotRow>(statement, lots(filter)).await
        }
        What::LotsNamed(name) => {
            let behind = name.as_str() > search.after()?;
            let parameters = vec![("name", text(name)), ("self", behind.into())];
            search.page::<LotRow>(&statement::FIND_LOTS_NAMED, parameters).await
        }
        What::Operations(filter) => search.operations(filter).await,
        What::Masters(kind, filter) => {
            search.page::<MasterRow>(&statement::FIND_MASTERS, masters(*kind, filter)).await
        }
        What::Records(kind, filter) => search.records(*kind, filter).await,
    }
}

struct Search<'a> {
    connection: &'a Connection,
    query: &'a Find,
    deadline: Deadline,
}

impl Search<'_> {
    /// The id or code behind which the page begins. At the start it is the empty text, which is before every
    /// id.
    fn after(&self) -> Result<&str> {
        self.query.after_id().map_err(refused)
    }

    /// One item more than asked for, which tells whether more follow.
    fn limit(&self) -> usize {
        self.query.first as usize + 1
    }

    async fn page<Row>(&self, statement: &Statement, mut parameters: Parameters) -> Result<Page<Node>>
    where
        Row: IntoNode + DeserializeOwned + Send,
    {
        parameters.push(("after", text(self.after()?)));
        self.cut(self.rows::<Row>(statement, parameters, self.limit()).await?)
    }

    async fn rows<Row: DeserializeOwned + Send>(
        &self,
        statement: &Statement,
        mut parameters: Parameters,
        limit: usize,
    ) -> Result<Vec<Row>> {
        parameters.push(("limit", integer(i64::try_from(limit).unwrap_or(i64::MAX))));
        self.connection.read("find", statement, parameters, self.deadline).await
    }

    fn cut<Row: IntoNode>(&self, rows: Vec<Row>) -> Result<Page<Node>> {
        let first = self.query.first as usize;
        let more = rows.len() > first;
        let items = rows.into_iter().take(first).map(IntoNode::into_node).collect::<Result<_>>()?;
        Ok(Page { items, more })
    }

    /// The page behind a key consists of the operations that end at the moment of the key, then of those that
    /// end later.
    async fn operations(&self, filter: &OperationFilter) -> Result<Page<Node>> {
        let (mut from, before) = span(filter);
        let mut rows: Vec<OperationRow> = Vec::new();
        if let Some((at, id)) = self.query.after_operation().map_err(refused)? {
            let at = at.micros();
            if (from..before).contains(&at) {
                let mut parameters = operations(filter);
                parameters.extend([("at", integer(at)), ("after", text(id))]);
                rows = self.rows(&statement::FIND_OPERATIONS_AT, parameters, self.limit()).await?;
            }
            from = from.max(at + 1);
        }
        if rows.len() < self.limit() {
            let mut parameters = operations(filter);
            parameters.extend([("from", integer(from)), ("before", integer(before))]);
            let limit = self.limit() - rows.len();
            rows.extend(self.rows(&statement::FIND_OPERATIONS, parameters, limit).await?);
        }
        self.cut(rows)
    }

    async fn records(&self, kind: RecordKind, filter: &RecordFilter) -> Result<Page<Node>> {
        let statement = match (&filter.lot, &filter.states) {
            (Some(_), _) => &statement::FIND_RECORDS_OF_LOT,
            (None, Some(_)) => &statement::FIND_RECORDS_BY_STATE,
            (None, None) => &statement::FIND_RECORDS,
        };
        let after = self.query.after_record().map_err(refused)?;
        let mut parameters = records(kind, filter, after);
        parameters.push(("place", integer(filter.span(after).0.place)));
        self.cut(self.rows::<RecordRow>(statement, parameters, self.limit()).await?)
    }
}

fn refused(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "find")
}

fn records(kind: RecordKind, filter: &RecordFilter, after: Option<RecordPlace>) -> Parameters {
    let (from, until) = filter.span(after);
    vec![
        ("kind", text(kind.name())),
        ("revision", integer(from.revision.0.cast_signed())),
        ("until", integer(until.0.cast_signed())),
        ("categories", optional(filter.categories.as_ref(), texts)),
        ("states", optional(filter.states.as_ref(), |all| texts(all.iter().map(|state| state.name())))),
        ("lot", optional(filter.lot.as_ref(), text)),
    ]
}

/// Chooses the statement whose index leads to the fewest lots.
fn lot_statement(filter: &LotFilter, after: &str) -> &'static Statement {
    // The text index works on groups of three characters. With a shorter text all of the index would be read.
    let selective = filter.text.as_ref().is_some_and(|text| text.as_str().chars().count() >= 3);
    if filter.hold.is_some() {
        &statement::FIND_LOTS_BY_STATUS
    } else if selective && comparable(after) {
        &statement::FIND_LOTS_BY_TEXT
    } else if marked_only(filter) {
        &statement::FIND_LOTS_BY_STATUS
    } else if filter.materials.is_some() {
        &statement::FIND_LOTS_BY_MATERIAL
    } else {
        &statement::FIND_LOTS
    }
}

/// Whether the filter leaves out available lots. Those carry no status, so they are not in the index of
/// statuses.
fn marked_only(filter: &LotFilter) -> bool {
    filter.statuses.as_ref().is_some_and(|statuses| !statuses.contains(&LotStatus::Available))
}

fn lots(filter: &LotFilter) -> Parameters {
    vec![
        ("materials", optional(filter.materials.as_ref(), texts)),
        ("origins", optional(filter.origins.as_ref(), |all| texts(all.iter().map(|origin| origin.name())))),
        ("hold", optional(filter.hold.as_ref(), text)),
        (
            "statuses",
            optional(filter.statuses_possible(), |all| texts(all.iter().map(|status| status.name()))),
        ),
        ("text", optional(filter.text.as_ref(), |value| text(value.as_str().to_lowercase()))),
        ("produced_from", optional(filter.produced_from, time)),
        ("produced_before", optional(filter.produced_before, time)),
        ("classes", optional(filter.classes.as_ref(), |all| texts(all.iter().map(|class| class.name())))),
    ]
}

/// The range of moments in which operations may end, in microseconds.
fn span(filter: &OperationFilter) -> (i64, i64) {
    let from = filter.from.map_or(EARLIEST_MICROS, Timestamp::micros);
    (from, filter.before.map_or(LATEST_MICROS, Timestamp::micros))
}

fn operations(filter: &OperationFilter) -> Parameters {
    vec![
        ("kinds", optional(filter.kinds.as_ref(), |all| texts(all.iter().map(|kind| kind.name())))),
        ("name", optional(filter.name.as_ref(), text)),
        ("voided", filter.voided.map_or_else(null, neo4rs::BoltType::from)),
        ("party", optional(filter.party.as_ref(), text)),
        ("equipment", optional(filter.equipment.as_ref(), texts)),
        ("started_before", optional(filter.started_before, time)),
        ("operator", optional(filter.operator.as_ref(), text)),
        ("shift", optional(filter.shift.as_ref(), text)),
    ]
}

fn counted_operations(filter: &OperationFilter) -> Parameters {
    let (from, before) = span(filter);
    let mut parameters = operations(filter);
    parameters.extend([("from", integer(from)), ("before", integer(before))]);
    parameters
}

fn masters(kind: MasterKind, filter: &MasterFilter) -> Parameters {
    vec![
        ("kind", text(kind.name())),
        ("text", optional(filter.text.as_ref(), |value| text(value.as_str().to_lowercase()))),
        ("declared", filter.declared.map_or_else(null, neo4rs::BoltType::from)),
        ("class", optional(filter.class, |class| text(class.name()))),
        ("parent", optional(filter.parent.as_ref(), text)),
        ("role", optional(filter.role, |role| text(role.name()))),
    ]
}

#[derive(Deserialize)]
struct CountRow {
    key: Option<Text>,
    count: u64,
}

pub(super) async fn tally(connection: &Connection, query: &Tally, deadline: Deadline) -> Result<Vec<Bucket>> {
    let (statement, parameters) = match query {
        Tally::Count(What::Lots(filter)) => (&statement::COUNT_LOTS, lots(filter)),
        Tally::Count(What::LotsNamed(name)) => (&statement::COUNT_LOTS_NAMED, vec![("name", text(name))]),
        Tally::Count(What::Operations(filter)) => (&statement::COUNT_OPERATIONS, counted_operations(filter)),
        Tally::Count(What::Masters(kind, filter)) => (&statement::COUNT_MASTERS, masters(*kind, filter)),
        Tally::Count(What::Records(kind, filter)) => {
            let counts = record_counts(connection, *kind, filter, deadline).await?;
            return Ok(vec![Bucket { key: None, count: counts.iter().map(|(_, count)| count).sum() }]);
        }
        Tally::RecordsByState(kind, filter) => {
            let counts = record_counts(connection, *kind, filter, deadline).await?;
            return Ok(sum_up(counts, |(state, _)| state));
        }
        Tally::RecordsByCategory(kind, filter) => {
            let counts = record_counts(connection, *kind, filter, deadline).await?;
            return Ok(sum_up(counts, |(_, category)| category));
        }
        Tally::LotsByMaterial(filter) => (&statement::COUNT_LOTS_BY_MATERIAL, lots(filter)),
        Tally::OperationsByKind(filter) => (&statement::COUNT_OPERATIONS_BY_KIND, counted_operations(filter)),
    };
    let rows: Vec<CountRow> = connection.read("tally", statement, parameters, deadline).await?;
    Ok(rows.into_iter().map(|row| Bucket { key: row.key, count: row.count }).collect())
}

#[derive(Deserialize)]
struct RecordCountRow {
    state: Text,
    category: Option<Text>,
    count: u64,
}

/// Counts records by state and category.
async fn record_counts(
    connection: &Connection,
    kind: RecordKind,
    filter: &RecordFilter,
    deadline: Deadline,
) -> Result<Vec<RecordCount>> {
    let parameters = records(kind, filter, None);
    let rows: Vec<RecordCountRow> =
        connection.read("tally", &statement::COUNT_RECORDS, parameters, deadline).await?;
    Ok(rows.into_iter().map(|row| ((Some(row.state), row.category), row.count)).collect())
}
