//! Events of a recall that belong together in one batch: lots that are taken in and their hold, an end and the releases before
//! it, a word to each customer who was not told yet.

use futures::future::BoxFuture;

use super::open::{Words, hold};
use super::scope::Recalls;
use crate::ServiceResult;
use lotgraph_domain::recall::{AddToRecall, CloseRecall, Notify};
use lotgraph_domain::{Caller, Disposition, Event, EventId, Fact, Release, Text, Timestamp};
use lotgraph_format::canonical;
use lotgraph_format::event::derived_id;

/// How all customers of a recall are told who were not told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The recall.
    pub recall: EventId,
    /// When.
    pub at: Timestamp,
    /// How: telephone, letter, mail …
    pub channel: Option<Text>,
    /// What is to be said about it.
    pub note: Option<Text>,
}

impl Recalls {
    /// An event and the one that belongs to it: lots that are taken into a recall under way are held with it, unless it is an
    /// exercise.
    ///
    /// # Errors
    /// `RECALL_UNKNOWN`, and the store's.
    pub fn with_hold<'a>(
        &'a self,
        caller: &'a Caller,
        event: Event,
    ) -> BoxFuture<'a, ServiceResult<Vec<Event>>> {
        Box::pin(async move {
            let Fact::AddToRecall(AddToRecall { at, recall, lots, reason }) = &event.fact else {
                return Ok(vec![event]);
            };
            let record = self.must_find(caller, recall).await?.record;
            if record.recall.mock {
                return Ok(vec![event]);
            }
            let words = Words { at: *at, reason: reason.clone(), category: record.recall.category };
            let hold = hold(recall, words, lots.iter().map(|lot| lot.lot.clone()).collect());
            Ok(vec![event, hold])
        })
    }

    /// The end of a recall, and before it the release of each of its holds, with what is to become of the lots.
    ///
    /// # Errors
    /// `RECALL_UNKNOWN`, and the store's.
    pub fn with_releases<'a>(
        &'a self,
        caller: &'a Caller,
        event: Event,
        disposition: Disposition,
    ) -> BoxFuture<'a, ServiceResult<Vec<Event>>> {
        Box::pin(async move {
            let Fact::CloseRecall(CloseRecall { at, recall, report, .. }) = &event.fact else {
                return Ok(vec![event]);
            };
            let record = self.must_find(caller, recall).await?.record;
            let held = record.holds.into_iter().filter(|hold| !hold.released);
            let release = |hold| {
                let (at, reason) = (*at, report.clone());
                whole(Fact::Release(Release { at, hold: Some(hold), lots: Vec::new(), reason, disposition }))
            };
            let mut events: Vec<Event> = held.map(|hold| release(hold.hold)).collect();
            events.push(event);
            Ok(events)
        })
    }

    /// A word to each affected customer who was not told yet, by code; none when everybody was.
    ///
    /// # Errors
    /// `RECALL_UNKNOWN`, and those of [`Recalls::current`] and [`Recalls::progress`].
    pub fn telling_all<'a>(
        &'a self,
        caller: &'a Caller,
        telling: &'a Telling,
    ) -> BoxFuture<'a, ServiceResult<Vec<Event>>> {
        Box::pin(async move {
            let found = self.must_find(caller, &telling.recall).await?;
            let current = self.current(caller, &found).await?;
            let progress = self.progress(caller, &found, current.as_deref()).await?;
            let untold = progress.affected().filter(|consignee| consignee.notice.is_none());
            let customers = untold.filter_map(|consignee| consignee.customer.clone());
            let word = |customer| {
                whole(Fact::Notify(Notify {
                    at: telling.at,
                    recall: telling.recall.clone(),
                    customer,
                    channel: telling.channel.clone(),
                    acknowledged: false,
                    note: telling.note.clone(),
                    unexpected: false,
                }))
            };
            Ok(customers.map(word).collect())
        })
    }
}

/// An event with the id that its content gives.
fn whole(fact: Fact) -> Event {
    Event { id: derived_id(&canonical::body(&fact)), fact }
}
