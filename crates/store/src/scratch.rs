//! Temporary stores. A ledger is replayed into one, questions are asked, and it is thrown away.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;

use super::{Ledger, Result};
use lotgraph_planner::Writes;

/// A store that nothing else depends on. It is filled by replaying a ledger, and vanishes with its last user.
#[async_trait]
pub trait ScratchStore: Ledger {
    /// Writes the rows of a plan that was made for another store. They replace whatever this store has
    /// already, and a void of an operation that this store does not have is left out. So this store then
    /// holds, of the other one, what plans change.
    async fn overlay(&self, writes: Writes) -> Result<()>;

    /// Another such store with the same content. Nobody may be committing to this one meanwhile.
    async fn duplicate(&self) -> Result<Arc<dyn ScratchStore>>;
}

/// Makes empty temporary stores, ready for use.
pub type ScratchStores = Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn ScratchStore>>> + Send + Sync>;
