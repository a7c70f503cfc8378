//! Exports the ledger as NDJSON: one event a line with its id, in the order of the ledger.

use std::io::{self, Write};

use super::lookup::Lookup;
use crate::ServiceError;
use futures::future::BoxFuture;
use lotgraph_domain::Caller;
use lotgraph_format::canonical;
use lotgraph_store::{LedgerPosition, Revision, StoreError};

/// Events read from the store at once.
const PAGE: u32 = 1_000;

/// What an export came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Events written.
    pub events: u64,
    /// The revision of the last one.
    pub revision: Revision,
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was asked for cannot be written.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The output failed.
    #[error("the export cannot be written")]
    Write(#[from] io::Error),
}

/// Writes the ledger, event by event; an import of the output into an empty store gives the same genealogy.
///
/// # Errors
/// When the store or the output fails.
pub fn export<'a>(
    lookup: &'a Lookup,
    caller: &'a Caller,
    output: &'a mut (dyn Write + Send),
    progress: &'a mut (dyn FnMut(u64) + Send),
) -> BoxFuture<'a, Result<Exported, ExportError>> {
    Box::pin(async move {
        let mut after = LedgerPosition::default();
        let mut events = 0;
        loop {
            let page = lookup.changes(caller, after, PAGE).await?;
            for entry in &page.entries {
                writeln!(output, "{}", canonical::line(&entry.event))?;
                after = entry.position;
            }
            events += page.entries.len() as u64;
            progress(events);
            if !page.more {
                output.flush()?;
                return Ok(Exported { events, revision: after.revision });
            }
        }
    })
}
