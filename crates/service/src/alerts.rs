//! Alerts as a feed that goes on for ever, resumable from where a reader left off: a follower of the feed of commits.

use std::collections::VecDeque;

use futures::Stream;
use futures::stream::try_unfold;

use super::ServiceResult;
use super::commits::{CommitFeed, Progress};
use super::lookup::record;
use lotgraph_domain::{Caller, Record, RecordKind, RecordPlace, RecordRef, Revision};
use lotgraph_store::{Find, FindKey, RecordFilter, What};

/// Alerts read at once. A reader that is slower than the alerts come holds this many and no more: it reads on from the
/// store when it is ready.
const PAGE: u32 = 100;

/// The feed of alerts.
#[derive(Clone)]
pub struct AlertFeed(CommitFeed);

impl AlertFeed {
    /// The alerts that commits raise.
    #[must_use]
    pub fn new(commits: CommitFeed) -> Self {
        Self(commits)
    }

    /// Ends every reader, now and later: the service stops.
    pub fn close(&self) {
        self.0.close();
    }

    /// Waits until the feed is closed.
    pub async fn closed(&self) {
        self.0.closed().await;
    }

    /// Alerts that pass a filter, in the order in which they were raised: those behind a place, then those to come.
    /// Without a place only those to come. Every one is handed out once; the place of the last one seen resumes the feed
    /// without a gap.
    ///
    /// The stream ends when the feed is closed, and with an error when the store fails.
    pub fn read(
        &self,
        caller: &Caller,
        filter: RecordFilter,
        after: Option<RecordPlace>,
    ) -> impl Stream<Item = ServiceResult<Record>> + Send + use<> {
        let reader = AlertReader {
            commits: self.0.clone(),
            caller: caller.clone(),
            progress: None,
            filter,
            after,
            page: VecDeque::new(),
        };
        try_unfold(reader, |mut reader| async move {
            let next = reader.next().await?;
            Ok(next.map(|record| (record, reader)))
        })
    }
}

/// One reader of the feed.
struct AlertReader {
    commits: CommitFeed,
    caller: Caller,
    /// How far it got, once it began.
    progress: Option<Progress>,
    filter: RecordFilter,
    after: Option<RecordPlace>,
    page: VecDeque<Record>,
}

impl AlertReader {
    async fn next(&mut self) -> ServiceResult<Option<Record>> {
        loop {
            if self.progress.as_ref().is_some_and(Progress::is_closed) {
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
        let progress = match &mut self.progress {
            Some(progress) => progress,
            None => {
                let place = self.after;
                // Of the revision that the place names, further alerts may follow.
                let before = place.map(|place| Revision(place.revision.0.saturating_sub(1)));
                let known = self.commits.progress(&self.caller, place.map(|place| place.revision)).await?;
                let progress = self.progress.insert(known);
                if let Some(before) = before {
                    progress.go_back(before);
                } else {
                    self.after = Some(RecordPlace::end_of(progress.reached()));
                }
                progress
            }
        };
        loop {
            let Some(until) = progress.newer().await else { return Ok(None) };
            let alert = |record: &RecordRef| record.kind() == RecordKind::Alert;
            if !progress.nothing_of(until, |changes| changes.records.iter().any(alert)) {
                return Ok(Some(until));
            }
            progress.reach(until);
        }
    }

    async fn read(&mut self, until: Revision) -> ServiceResult<()> {
        let filter = RecordFilter { raised_until: Some(until), ..self.filter.clone() };
        let what = What::Records(RecordKind::Alert, filter);
        let find = Find { what, after: self.after.map(FindKey::Record), first: PAGE };
        let page = self.commits.lookup().find(&self.caller, &find).await?;
        self.page = page.items.into_iter().map(record).collect::<ServiceResult<_>>()?;
        // With more to come this revision is read again, behind the page.
        if let (false, Some(progress)) = (page.more, &mut self.progress) {
            progress.reach(until);
        }
        Ok(())
    }
}
