//! Stores for a while: what a ledger is replayed into, to be asked and thrown away.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;

use super::{Batch, Receipt, Result, Store};

/// A store that nothing depends on: it is filled by replaying a ledger, and goes with its last user.
#[async_trait]
pub trait ScratchStore: Store {
    /// Commits batches in their order, as [`Store::commit`] would one after the other, in as few writes as it can.
    ///
    /// # Errors
    /// Those of the first batch that failed; later ones may have been committed all the same.
    async fn commit_all(&self, batches: Vec<Batch>) -> Result<Vec<Receipt>>;

    /// Another such store with the content of this one, to which nobody may be committing.
    async fn duplicate(&self) -> Result<Arc<dyn ScratchStore>>;
}

/// Makes empty stores for a while, prepared.
pub type ScratchStores = Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn ScratchStore>>> + Send + Sync>;
