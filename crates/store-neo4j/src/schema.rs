//! What the store needs before it works: constraints, indexes and the ledger's node.

use std::time::Duration;

use backon::Retryable;

use super::connection::{Connection, Deadline, Parameters, retries};
use super::encode::{integer, text};
use super::error::Failure;
use super::statement::{self, Statement};
use lotgraph_store::Result;
use lotgraph_store::upgrade::{FORMAT, PROJECTION};

/// Indexes of a full database are built in the background; this is how long one statement may wait for them.
pub(super) const TIMEOUT: Duration = Duration::from_secs(120);

/// They come before the ledger's node: MERGE is safe against a second one only with its constraint.
const STATEMENTS: &[Statement] = &[
    statement::CONSTRAIN_LOT_ID,
    statement::CONSTRAIN_OPERATION_ID,
    statement::CONSTRAIN_EVENT_ID,
    statement::CONSTRAIN_MASTER_CODE,
    statement::CONSTRAIN_LEDGER_ID,
    statement::CONSTRAIN_RECORD_ID,
    statement::INDEX_LOT_NUMBER,
    statement::INDEX_LOT_SUPPLIER_NUMBER,
    statement::INDEX_LOT_MATERIAL,
    statement::INDEX_LOT_STATUS,
    statement::INDEX_LOT_SEARCH,
    statement::INDEX_LOT_LIKENESS,
    statement::INDEX_OPERATION_END,
    statement::INDEX_OPERATION_DOCUMENT,
    statement::INDEX_EVENT_POSITION,
    statement::INDEX_EVENT_RECORDING,
    statement::INDEX_RECORD_PLACE,
    statement::INDEX_RECORD_STATE,
    statement::INDEX_RECORD_LOT,
    statement::INDEX_RETIRED_POSITION,
    statement::AWAIT_INDEXES,
];

/// Creates what is missing; safe when two services start at once. A database of an older lotgraph is left as it is, but for
/// that.
pub(super) async fn prepare(connection: &Connection) -> Result<()> {
    for statement in STATEMENTS {
        apply(connection, statement, Vec::new()).await?;
    }
    let parameters = vec![
        ("identity", text(uuid::Uuid::new_v4().simple().to_string())),
        ("format", integer(FORMAT)),
        ("projection", integer(PROJECTION)),
    ];
    apply(connection, &statement::MERGE_LEDGER, parameters).await
}

/// Runs a statement in a transaction of its own, again when that may help.
pub(super) async fn apply(
    connection: &Connection,
    statement: &Statement,
    parameters: Parameters,
) -> Result<()> {
    let attempt = || connection.apply(statement, parameters.clone(), Deadline::after(TIMEOUT));
    let applied = attempt.retry(retries()).when(worth_retrying).await;
    applied.map_err(|failure| failure.into_store("prepare"))
}

/// Two services that create the same index at once: one of them is told that it exists by now, and then it does.
fn worth_retrying(failure: &Failure) -> bool {
    let raced = matches!(failure, Failure::Driver(neo4rs::Error::Neo4j(error))
        if error.code().contains(".Schema.") || error.code().contains("ConstraintValidationFailed"));
    raced || failure.transient()
}
