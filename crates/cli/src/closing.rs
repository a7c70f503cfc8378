//! The end of a store: whoever serves one waits for it, so that the process does not end while a file is being closed.
//!
//! Threads of the HTTP server let go of the store some moments after the server says that it has stopped, and the last one
//! to let go closes it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use lotgraph_store::Ledger;
use lotgraph_store::layer::Layer;

/// A store that tells its end.
struct Ending {
    // Fields are dropped in this order: the store is closed before its end is told.
    store: Arc<dyn Ledger>,
    _told: watch::Sender<()>,
}

impl Layer for Ending {
    fn inner(&self) -> &dyn Ledger {
        self.store.as_ref()
    }
}

/// The end of a store, which comes when nobody has the store any more and it is closed.
pub struct StoreEnd(watch::Receiver<()>);

/// The store, to be handed out, and its end. Nobody else may keep the store that is given here.
pub(crate) fn watched(store: Arc<dyn Ledger>) -> (Arc<dyn Ledger>, StoreEnd) {
    let (told, end) = watch::channel(());
    (Arc::new(Ending { store, _told: told }), StoreEnd(end))
}

impl StoreEnd {
    /// Waits until the store is closed, or for as long as patience lasts: what it acknowledged is safe either way.
    pub async fn wait(mut self, patience: Duration) {
        // Nothing is ever sent, so an error says that the sender is gone.
        let ended = async { while self.0.changed().await.is_ok() {} };
        if tokio::time::timeout(patience, ended).await.is_err() {
            let seconds = patience.as_secs();
            tracing::warn!(
                seconds,
                "the store is still in use, so it was not closed; nothing is lost, and the next start reads its log"
            );
        }
    }
}
