//! A store for a while in a folder for temporary files: filled in bulk, copied page by page.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::SqliteStore;
use super::connection::{self, Durability};
use super::error::Fallible;
use lotgraph_planner::Writes;
use lotgraph_store::scratch::ScratchStore;
use lotgraph_store::{Result, StoreError, StoreErrorKind};

/// Every page at once: nobody else writes to either file, so nobody has to be let in between.
const ALL_PAGES: i32 = i32::MAX;

#[async_trait]
impl ScratchStore for SqliteStore {
    async fn overlay(&self, writes: Writes) -> Result<()> {
        self.writer("overlay")?.overlay(writes).await
    }

    async fn duplicate(&self) -> Result<Arc<dyn ScratchStore>> {
        let path = self.readers.path().to_owned();
        let copied = tokio::task::spawn_blocking(move || {
            SqliteStore::temporary_with(|file| copy(&path, file))
                .map(|store| -> Arc<dyn ScratchStore> { Arc::new(store) })
        });
        let failed = |error| StoreError::with_source(StoreErrorKind::Internal, "duplicate", error);
        copied.await.map_err(failed)?
    }
}

fn copy(from: &Path, to: &Path) -> Fallible<()> {
    let source = connection::open_reader(from)?;
    let mut target: Connection = connection::open_writer(to, Durability::None)?;
    Backup::new(&source, &mut target)?.run_to_completion(ALL_PAGES, Duration::ZERO, None)?;
    Ok(())
}
