//! Alerts as lists and as a feed that goes on for ever, resumable from where a reader left off.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::Stream;
use futures::stream::try_unfold;
use tokio::sync::watch;

use super::{ServiceError, ServiceResult};
use crate::domain::{ErrorCode, Node, Record, RecordKind, RecordPlace, Revision};
use crate::store::{Find, FindKey, RecordFilter, Store, What};

/// How often the store is asked for commits of other instances; commits of this one wake readers at once.
const POLL: Duration = Duration::from_secs(1);

/// Alerts read at once. A reader that is slower than the alerts come holds this many and no more: it reads on from the
/// store when it is ready.
const PAGE: u32 = 100;

/// The feed of alerts.
#[derive(Clone)]
pub struct AlertFeed(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    /// The newest revision that is known to be there whole.
    known: watch::Sender<Revision>,
    closed: watch::Sender<bool>,
    polling: AtomicBool,
}

impl AlertFeed {
    /// The feed of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let (known, _) = watch::channel(Revision(0));
        let (closed, _) = watch::channel(false);
        Self(Arc::new(Inner { store, known, closed, polling: AtomicBool::new(false) }))
    }

    /// Wakes readers: a commit up to this revision was acknowledged.
    pub fn wake(&self, revision: Revision) {
        self.0.known.send_if_modified(|known| {
            let newer = revision > *known;
            *known = (*known).max(revision);
            newer
        });
    }

    /// Ends every reader, now and later: the service stops.
    pub fn close(&self) {
        self.0.closed.send_replace(true);
    }

    /// Waits until the feed is closed.
    pub async fn closed(&self) {
        // An error means that the sender is gone, and it lives as long as this feed.
        let mut closed = self.0.closed.subscribe();
        let _gone = closed.wait_for(|closed| *closed).await;
    }

    /// Alerts that pass a filter, in the order in which they were raised: those behind a place, then those to come.
    /// Without a place only those to come. Every one is handed out once; the place of the last one seen resumes the feed
    /// without a gap.
    ///
    /// The stream ends when the feed is closed, and with an error when the store fails.
    pub fn read(
        &self,
        filter: RecordFilter,
        after: Option<RecordPlace>,
    ) -> impl Stream<Item = ServiceResult<Record>> + Send + use<> {
        let reader = Reader {
            feed: self.clone(),
            known: self.0.known.subscribe(),
            closed: self.0.closed.subscribe(),
            filter,
            after,
            page: VecDeque::new(),
            drained: None,
        };
        try_unfold(reader, |mut reader| async move {
            let next = reader.next().await?;
            Ok(next.map(|record| (record, reader)))
        })
    }

    /// Asks the store for new revisions as long as anybody reads.
    fn poll(&self) {
        if self.0.polling.swap(true, Ordering::SeqCst) {
            return;
        }
        let feed = self.clone();
        tokio::spawn(async move {
            let inner = &feed.0;
            loop {
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    () = feed.closed() => return,
                }
                match inner.store.revision().await {
                    Ok(revision) => feed.wake(revision),
                    // Readers find out for themselves when they read; polling goes on.
                    Err(error) => tracing::warn!(%error, "the alert feed cannot ask the store for news"),
                }
                if inner.known.receiver_count() == 0 {
                    inner.polling.store(false, Ordering::SeqCst);
                    // Somebody may have come in between, and then found that polling was still on.
                    if inner.known.receiver_count() == 0 || inner.polling.swap(true, Ordering::SeqCst) {
                        return;
                    }
                }
            }
        });
    }
}

/// One reader of the feed.
struct Reader {
    feed: AlertFeed,
    known: watch::Receiver<Revision>,
    closed: watch::Receiver<bool>,
    filter: RecordFilter,
    after: Option<RecordPlace>,
    page: VecDeque<Record>,
    /// Everything up to this revision was handed out.
    drained: Option<Revision>,
}

impl Reader {
    async fn next(&mut self) -> ServiceResult<Option<Record>> {
        loop {
            if *self.closed.borrow() {
                return Ok(None);
            }
            if let Some(record) = self.page.pop_front() {
                self.after = Some(record.place);
                return Ok(Some(record));
            }
            let Some(until) = self.target().await? else { return Ok(None) };
            self.read(until).await?;
        }
    }

    /// A revision that is there whole and not handed out yet; `None` when the feed is closed meanwhile.
    ///
    /// Only what a confirmed revision raised is read: while a commit is still being applied, its later alerts may be
    /// visible before its earlier ones, which would then be passed over for good.
    async fn target(&mut self) -> ServiceResult<Option<Revision>> {
        let Some(drained) = self.drained else {
            let until = self.feed.0.store.revision().await?;
            self.feed.wake(until);
            self.feed.poll();
            match self.after {
                None => self.after = Some(RecordPlace::end_of(until)),
                Some(after) if after.revision > until => {
                    let message = format!(
                        "there is no revision {} yet, the newest is {until}; was the place given out by another ledger?",
                        after.revision
                    );
                    return Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
                }
                Some(_) => {}
            }
            return Ok(Some(until));
        };
        tokio::select! {
            known = self.known.wait_for(|known| *known > drained) => Ok(known.ok().map(|known| *known)),
            _ = self.closed.wait_for(|closed| *closed) => Ok(None),
        }
    }

    async fn read(&mut self, until: Revision) -> ServiceResult<()> {
        let filter = RecordFilter { raised_until: Some(until), ..self.filter.clone() };
        let what = What::Records(RecordKind::Alert, filter);
        let find = Find { what, after: self.after.map(FindKey::Record), first: PAGE };
        let page = self.feed.0.store.find(&find).await?;
        self.page = page.items.into_iter().map(record).collect::<ServiceResult<_>>()?;
        // With more to come this revision is read again, behind the page.
        if !page.more {
            self.drained = Some(until);
        }
        Ok(())
    }
}

/// The record of a node that must be one.
///
/// # Errors
/// `STORE_CORRUPT` for anything else.
pub fn record(node: Node) -> ServiceResult<Record> {
    match node {
        Node::Record(record) => Ok(*record),
        other => {
            let message = format!("the store answered with {:?}", other.reference());
            Err(ServiceError::new(ErrorCode::StoreCorrupt, message))
        }
    }
}
