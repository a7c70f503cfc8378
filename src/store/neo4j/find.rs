//! Pages of nodes by filter, and counts of them.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::connection::{Connection, Deadline, Parameters};
use super::encode::{integer, null, optional, text, texts, time};
use super::nodes::{IntoNode, LotRow, MasterRow, OperationRow};
use super::statement::{self, Statement};
use crate::domain::time::{EARLIEST_MICROS, LATEST_MICROS};
use crate::domain::{MasterKind, Node, Text, Timestamp};
use crate::store::query::{
    Bucket, Find, FindKey, LotFilter, MasterFilter, OperationFilter, Page, Tally, What,
};
use crate::store::{Result, StoreError, StoreErrorKind};

pub(super) async fn find(connection: &Connection, query: &Find, deadline: Deadline) -> Result<Page<Node>> {
    let search = Search { connection, query, deadline };
    match &query.what {
        What::Lots(filter) => search.page::<LotRow>(lot_statement(filter), lots(filter)).await,
        What::LotsNamed(name) => {
            search.page::<LotRow>(&statement::FIND_LOTS_NAMED, vec![("name", text(name))]).await
        }
        What::Operations(filter) => {
            let parameters = operations(filter, query.after.as_ref())?;
            search.page::<OperationRow>(&statement::FIND_OPERATIONS, parameters).await
        }
        What::Masters(kind, filter) => {
            search.page::<MasterRow>(&statement::FIND_MASTERS, masters(*kind, filter)).await
        }
    }
}

struct Search<'a> {
    connection: &'a Connection,
    query: &'a Find,
    deadline: Deadline,
}

impl Search<'_> {
    async fn page<Row>(&self, statement: &Statement, mut parameters: Parameters) -> Result<Page<Node>>
    where
        Row: IntoNode + DeserializeOwned,
    {
        let first = self.query.first as usize;
        let after = self.query.after.as_ref();
        match after.and_then(|key| key.at) {
            at if matches!(self.query.what, What::Operations(_)) => {
                parameters.push(("after_at", integer(at.map_or(EARLIEST_MICROS - 1, Timestamp::micros))));
                parameters.push(("after_id", text(after.map_or("", |key| key.id.as_str()))));
            }
            _ => parameters.push(("after", text(after.map_or("", |key| key.id.as_str())))),
        }
        // One more than asked tells whether more follow.
        parameters.push(("limit", integer(i64::from(self.query.first) + 1)));
        let rows: Vec<Row> = self.connection.read("find", statement, parameters, self.deadline).await?;
        let more = rows.len() > first;
        let items = rows.into_iter().take(first).map(IntoNode::into_node).collect::<Result<_>>()?;
        Ok(Page { items, more })
    }
}

/// The index that leads to the fewest lots.
fn lot_statement(filter: &LotFilter) -> &'static Statement {
    // The text index works on trigrams: a shorter text would read all of it.
    if filter.text.as_ref().is_some_and(|text| text.as_str().chars().count() >= 3) {
        &statement::FIND_LOTS_BY_TEXT
    } else if filter.materials.is_some() {
        &statement::FIND_LOTS_BY_MATERIAL
    } else {
        &statement::FIND_LOTS
    }
}

fn lots(filter: &LotFilter) -> Parameters {
    vec![
        ("materials", optional(filter.materials.as_ref(), texts)),
        ("origins", optional(filter.origins.as_ref(), |all| texts(all.iter().map(|origin| origin.name())))),
        ("text", optional(filter.text.as_ref(), |value| text(value.as_str().to_lowercase()))),
        ("produced_from", optional(filter.produced_from, time)),
        ("produced_before", optional(filter.produced_before, time)),
        ("classes", optional(filter.classes.as_ref(), |all| texts(all.iter().map(|class| class.name())))),
    ]
}

fn operations(filter: &OperationFilter, after: Option<&FindKey>) -> Result<Parameters> {
    if after.is_some_and(|key| key.at.is_none()) {
        let why = "a place among operations needs the operation's end".to_owned();
        return Err(StoreError::new(StoreErrorKind::Invalid(why), "find"));
    }
    let key = after.and_then(|key| key.at).map_or(EARLIEST_MICROS, Timestamp::micros);
    let from = filter.from.map_or(EARLIEST_MICROS, Timestamp::micros).max(key);
    Ok(vec![
        ("from", integer(from)),
        ("before", integer(filter.before.map_or(LATEST_MICROS, Timestamp::micros))),
        ("kinds", optional(filter.kinds.as_ref(), |all| texts(all.iter().map(|kind| kind.name())))),
        ("name", optional(filter.name.as_ref(), text)),
        ("voided", filter.voided.map_or_else(null, neo4rs::BoltType::from)),
        ("party", optional(filter.party.as_ref(), text)),
        ("equipment", optional(filter.equipment.as_ref(), text)),
        ("operator", optional(filter.operator.as_ref(), text)),
        ("shift", optional(filter.shift.as_ref(), text)),
    ])
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
        Tally::Count(What::Operations(filter)) => (&statement::COUNT_OPERATIONS, operations(filter, None)?),
        Tally::Count(What::Masters(kind, filter)) => (&statement::COUNT_MASTERS, masters(*kind, filter)),
        Tally::LotsByMaterial(filter) => (&statement::COUNT_LOTS_BY_MATERIAL, lots(filter)),
        Tally::OperationsByKind(filter) => (&statement::COUNT_OPERATIONS_BY_KIND, operations(filter, None)?),
    };
    let rows: Vec<CountRow> = connection.read("tally", statement, parameters, deadline).await?;
    Ok(rows.into_iter().map(|row| Bucket { key: row.key, count: row.count }).collect())
}
