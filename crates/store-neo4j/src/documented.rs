//! Shipments and receipts by the document that they bear.

use std::collections::HashMap;

use serde::Deserialize;

use super::connection::{Connection, Deadline, Transaction};
use super::decode;
use super::encode::{integer, texts};
use super::error::Attempt;
use super::statement::READ_DOCUMENTED;
use lotgraph_domain::{EventId, OperationKind, Text};
use lotgraph_store::Result;

/// Documents in one statement.
const CHUNK: usize = 5_000;

#[derive(Deserialize)]
struct DocumentedRow {
    document: Text,
    operations: Vec<(EventId, String)>,
}

type Operations = Vec<(EventId, OperationKind)>;

fn take(rows: Vec<DocumentedRow>, found: &mut HashMap<Text, Operations>) -> Result<()> {
    for DocumentedRow { document, operations } in rows {
        let operation = |(id, kind): (EventId, String)| {
            let kind = OperationKind::from_name(&kind)
                .ok_or_else(|| decode::corrupt(format!("{kind:?} is no kind of operation")))?;
            Ok((id, kind))
        };
        found.insert(document, operations.into_iter().map(operation).collect::<Result<_>>()?);
    }
    Ok(())
}

/// For each document the operations that bear it, at most so many, by id.
pub(super) async fn documented(
    connection: &Connection,
    documents: &[Text],
    limit: u32,
    deadline: Deadline,
) -> Result<Vec<Operations>> {
    let mut found = HashMap::new();
    for chunk in documents.chunks(CHUNK) {
        let parameters = vec![("documents", texts(chunk)), ("limit", integer(limit))];
        take(connection.read("documented", &READ_DOCUMENTED, parameters, deadline).await?, &mut found)?;
    }
    Ok(documents.iter().map(|document| found.get(document).cloned().unwrap_or_default()).collect())
}

/// The operations of documents that any bears, as a commit sees them.
pub(super) async fn documented_within(
    transaction: &mut Transaction<'_>,
    documents: &[Text],
    limit: usize,
) -> Attempt<HashMap<Text, Operations>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = HashMap::new();
    for chunk in documents.chunks(CHUNK) {
        let parameters = vec![("documents", texts(chunk)), ("limit", integer(limit))];
        take(transaction.rows(&READ_DOCUMENTED, parameters).await?, &mut found)?;
    }
    found.retain(|_, operations| !operations.is_empty());
    Ok(found)
}
