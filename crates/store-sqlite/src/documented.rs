//! Shipments and receipts by the document that they bear.

use super::error::Fallible;
use super::readers::Snapshot;
use super::rows;
use super::statements::LIST_DOCUMENTED;
use lotgraph_domain::{EventId, OperationKind, Text};

/// For each document the operations that bear it, at most so many, by id.
pub(super) fn documented(
    snapshot: &Snapshot<'_>,
    documents: &[Text],
    limit: u32,
) -> Fallible<Vec<Vec<(EventId, OperationKind)>>> {
    let mut statement = snapshot.statement(LIST_DOCUMENTED)?;
    let mut all = Vec::with_capacity(documents.len());
    for document in documents {
        let mut found = statement.query(rusqlite::params![document.as_str(), limit])?;
        let mut operations = Vec::new();
        while let Some(row) = found.next()? {
            operations
                .push((rows::parse(rows::needed(row, 0)?, EventId::parse)?, rows::operation_kind(row, 1)?));
        }
        all.push(operations);
    }
    Ok(all)
}
