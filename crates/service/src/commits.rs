//! The feed of commits: what each changed, in the order of revisions, to whoever follows it in this process.
//!
//! Commits of this process come with what they changed in the graph; the latest are kept. Whoever starts earlier, falls
//! behind, or follows commits of another process reads from the ledger what their events say, so nothing is missed, nothing
//! comes twice, and no commit ever waits for a reader. Commits of other processes are found by asking the store for its
//! revision.

mod touched;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::Stream;
use futures::stream::try_unfold;
use tokio::sync::watch;

use super::lookup::Lookup;
use super::{ServiceError, ServiceResult};
use lotgraph_domain::{Caller, Changes, ErrorCode};
use lotgraph_store::project::Revisions;
use lotgraph_store::{LedgerPosition, Reader, Receipt, RecordedRevision, Revision};

/// How often the store is asked for commits of other processes; commits of this one wake readers at once.
const POLL: Duration = Duration::from_secs(1);
/// Names in the commits that are kept for readers, over all of them. A reader that falls behind them reads the ledger.
const NAMES_MAX: usize = 200_000;
/// Ledger entries read at once.
const PAGE: u32 = 1_000;

/// How much a summary tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything that the commit changed in the graph.
    Graph,
    /// What its events name by themselves: not what follows from them elsewhere, as the lots that a hold reaches and the
    /// alerts that are raised.
    Events,
}

/// What one commit touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitSummary {
    /// Its revision.
    pub revision: Revision,
    /// How much this tells.
    pub extent: Extent,
    /// What it touched.
    pub changes: Changes,
}

/// The feed of commits of one store.
#[derive(Clone)]
pub struct CommitFeed(Arc<Inner>);

struct Inner {
    lookup: Lookup,
    /// The newest revision that is known to be there whole.
    known: watch::Sender<Revision>,
    closed: watch::Sender<bool>,
    polling: AtomicBool,
    recent: Mutex<Recent>,
}

/// The latest commits of this process.
#[derive(Default)]
struct Recent {
    commits: BTreeMap<Revision, Arc<CommitSummary>>,
    names: usize,
}

fn names(changes: &Changes) -> usize {
    let Changes { lots, operations, links, records, masters } = changes;
    lots.len() + operations.len() + links.len() + records.len() + masters.len()
}

impl Recent {
    fn keep(&mut self, commit: CommitSummary) {
        self.names += names(&commit.changes);
        if let Some(same) = self.commits.insert(commit.revision, Arc::new(commit)) {
            self.names -= names(&same.changes);
        }
        while self.names > NAMES_MAX {
            let Some((_, oldest)) = self.commits.pop_first() else { break };
            self.names -= names(&oldest.changes);
        }
    }
}

impl CommitFeed {
    /// The feed of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Reader>) -> Self {
        let (known, _) = watch::channel(Revision(0));
        let (closed, _) = watch::channel(false);
        let (polling, recent) = (AtomicBool::new(false), Mutex::default());
        Self(Arc::new(Inner { lookup: Lookup::new(store), known, closed, polling, recent }))
    }

    pub(super) fn lookup(&self) -> &Lookup {
        &self.0.lookup
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.0.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of a commit that was acknowledged. One that does not say what it changed, as one that another attempt wrote
    /// before it, is read from the ledger by whoever wants to know.
    pub fn publish(&self, receipt: &Receipt) {
        // Without readers nothing is kept: whoever comes starts behind it, or reads the ledger.
        let followed = self.0.known.receiver_count() > 0;
        if followed && !receipt.changes.is_empty() {
            let (revision, changes) = (receipt.revision, receipt.changes.clone());
            self.recent().keep(CommitSummary { revision, extent: Extent::Graph, changes });
        }
        self.wake(receipt.revision);
    }

    /// Wakes readers: everything up to this revision is there whole.
    fn wake(&self, revision: Revision) {
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

    /// Follows commits behind a revision; without one, those to come. The revision of the last one seen resumes the feed
    /// without a gap.
    ///
    /// # Errors
    /// `ARGUMENT_INVALID` for a revision that is not there yet, and the store's.
    pub async fn follow(&self, caller: &Caller, after: Option<Revision>) -> ServiceResult<Commits> {
        let progress = self.progress(caller, after).await?;
        Ok(Commits { progress, caller: caller.clone(), from_ledger: VecDeque::new() })
    }

    /// The same as a stream, which ends when the feed is closed, and with an error when the store fails.
    ///
    /// # Errors
    /// As [`CommitFeed::follow`].
    pub async fn stream(
        &self,
        caller: &Caller,
        after: Option<Revision>,
    ) -> ServiceResult<impl Stream<Item = ServiceResult<Arc<CommitSummary>>> + Send + use<>> {
        let commits = self.follow(caller, after).await?;
        Ok(try_unfold(commits, |mut commits| async move {
            let next = commits.next().await?;
            Ok(next.map(|commit| (commit, commits)))
        }))
    }

    /// Follows how far the ledger got.
    pub(super) async fn progress(&self, caller: &Caller, after: Option<Revision>) -> ServiceResult<Progress> {
        // Before the revision is asked: a commit in between must wake this reader.
        let (known, closed) = (self.0.known.subscribe(), self.0.closed.subscribe());
        let until = self.0.lookup.revision(caller).await?;
        if let Some(after) = after.filter(|after| *after > until) {
            let message = format!(
                "there is no revision {after} yet, the newest is {until}; was the place given out by another ledger?"
            );
            return Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
        }
        self.wake(until);
        self.poll();
        Ok(Progress { feed: self.clone(), known, closed, reached: after.unwrap_or(until) })
    }

    /// The commits behind one revision up to another, if all of them are kept.
    fn kept(&self, after: Revision, until: Revision) -> Option<Vec<Arc<CommitSummary>>> {
        let recent = self.recent();
        let found: Vec<_> =
            recent.commits.range(after.next()..=until).map(|(_, commit)| Arc::clone(commit)).collect();
        (found.len() as u64 == until.0.saturating_sub(after.0)).then_some(found)
    }

    /// Asks the store for new revisions as long as anybody reads.
    fn poll(&self) {
        if self.0.polling.swap(true, Ordering::SeqCst) {
            return;
        }
        let feed = self.clone();
        let caller = Caller::system();
        tokio::spawn(async move {
            let inner = &feed.0;
            loop {
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    () = feed.closed() => return,
                }
                match inner.lookup.revision(&caller).await {
                    Ok(revision) => feed.wake(revision),
                    // Readers find out for themselves when they read; polling goes on.
                    Err(error) => tracing::warn!(%error, "the feed of commits cannot ask the store for news"),
                }
                if inner.known.receiver_count() == 0 {
                    *feed.recent() = Recent::default();
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

/// One reader's place in the feed.
pub(super) struct Progress {
    pub(super) feed: CommitFeed,
    known: watch::Receiver<Revision>,
    closed: watch::Receiver<bool>,
    /// Everything up to this revision was handed out.
    reached: Revision,
}

impl Progress {
    pub(super) fn reached(&self) -> Revision {
        self.reached
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    /// Everything up to this revision was handed out.
    pub(super) fn reach(&mut self, revision: Revision) {
        self.reached = self.reached.max(revision);
    }

    /// Nothing behind this revision counts as handed out.
    pub(super) fn go_back(&mut self, revision: Revision) {
        self.reached = self.reached.min(revision);
    }

    /// The newest revision that is there whole, once it is behind the one reached; `None` when the feed is closed before.
    pub(super) async fn newer(&mut self) -> Option<Revision> {
        if self.is_closed() {
            return None;
        }
        let reached = self.reached;
        tokio::select! {
            known = self.known.wait_for(|known| *known > reached) => known.ok().map(|known| *known),
            _ = self.closed.wait_for(|closed| *closed) => None,
        }
    }

    /// Whether the commits up to a revision are known to have touched nothing of the kind asked for.
    pub(super) fn nothing_of(&self, until: Revision, wanted: impl Fn(&Changes) -> bool) -> bool {
        let kept = self.feed.kept(self.reached, until);
        kept.is_some_and(|commits| !commits.iter().any(|commit| wanted(&commit.changes)))
    }
}

/// A reader of the feed.
pub struct Commits {
    progress: Progress,
    caller: Caller,
    /// Summaries read from the ledger and not handed out yet, in order.
    from_ledger: VecDeque<Arc<CommitSummary>>,
}

impl Commits {
    /// The next commit, waiting for it; `None` when the feed is closed.
    ///
    /// # Errors
    /// The store's; the same commit is tried again when asked once more.
    pub async fn next(&mut self) -> ServiceResult<Option<Arc<CommitSummary>>> {
        loop {
            if self.progress.is_closed() {
                return Ok(None);
            }
            let next = self.progress.reached().next();
            let kept = self.progress.feed.recent().commits.get(&next).cloned();
            // What was read from the ledger is handed out only where nothing better is known by now.
            let read = match self.from_ledger.front() {
                Some(read) if read.revision == next => self.from_ledger.pop_front(),
                _ => None,
            };
            if let Some(commit) = kept.or(read) {
                self.progress.reach(commit.revision);
                return Ok(Some(commit));
            }
            let Some(until) = self.progress.newer().await else { return Ok(None) };
            if self.progress.feed.recent().commits.contains_key(&next) {
                continue;
            }
            self.from_ledger = self.read(until).await?;
            if self.from_ledger.is_empty() {
                let message = format!("the ledger is at revision {until}, but does not hold revision {next}");
                return Err(ServiceError::new(ErrorCode::StoreCorrupt, message));
            }
        }
    }

    /// Reads the next revisions from the ledger, at least one of them whole, and none behind the one that is known to be
    /// there whole: of those behind it, a part may be visible before the rest.
    async fn read(&self, until: Revision) -> ServiceResult<VecDeque<Arc<CommitSummary>>> {
        let mut after = LedgerPosition::end_of(self.progress.reached());
        let mut revisions = Revisions::default();
        loop {
            let page = self.progress.feed.0.lookup.changes(&self.caller, after, PAGE).await?;
            after = page.entries.last().map_or(after, |entry| entry.position);
            let mut ended = revisions.take(page.entries);
            if !page.more {
                ended.extend(revisions.end());
            }
            ended.retain(|revision| revision.number <= until);
            if !ended.is_empty() || !page.more || after.revision > until {
                return Ok(ended.iter().map(summary).map(Arc::new).collect());
            }
        }
    }
}

fn summary(revision: &RecordedRevision) -> CommitSummary {
    let mut touched = touched::Touched::default();
    for event in revision.events.iter() {
        touched.by(event);
    }
    CommitSummary { revision: revision.number, extent: Extent::Events, changes: touched.finish() }
}
