//! One fresh, empty store for a test, of each kind that the conformance suite runs over.

use std::sync::Arc;

use lotgraph::store::Store;
use lotgraph::store::sqlite::SqliteStore;

/// A store, with what must live as long as it does: its folder, its turn on a shared server.
pub struct Fresh {
    /// The store, prepared and empty.
    pub store: Arc<dyn Store>,
    _kept: Vec<Box<dyn std::any::Any + Send>>,
}

/// A store in a file of its own.
pub async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("lots.db")).unwrap();
    store.prepare().await.unwrap();
    Fresh { store: Arc::new(store), _kept: vec![Box::new(folder)] }
}
