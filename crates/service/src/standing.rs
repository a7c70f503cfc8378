//! What else holds lots: told to whoever holds or releases some, since one hold says nothing of the others.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;

use crate::ServiceResult;
use crate::lookup::{Lookup, Reading};
use lotgraph_domain::{
    Caller, Event, EventId, Fact, HoldMark, Lot, LotId, MarkKind, Node, NodeRef, Record, RecordBody,
    RecordRef,
};

/// A lot that something else holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingLot {
    /// The lot.
    pub lot: LotId,
    /// The other holds: those that name the lot first, then those that reach it.
    pub holds: Vec<HoldMark>,
    /// Whether it waits for its release from inspection besides.
    pub inspection_due: bool,
}

impl StandingLot {
    /// What else holds a lot, leaving some holds aside; `None` when nothing does.
    fn of(lot: Lot, aside: &BTreeSet<EventId>) -> Option<Self> {
        let inspection_due = lot.quarantine.inspection_due;
        let mut holds: Vec<HoldMark> =
            lot.quarantine.marks.into_iter().filter(|mark| !aside.contains(&mark.hold)).collect();
        holds.sort_by_key(|mark| mark.kind);
        (inspection_due || !holds.is_empty()).then_some(Self { lot: lot.id, holds, inspection_due })
    }

    /// It in words: `lot A is held by hold H-2 (why); suspect by hold H-3 (why), path …`.
    #[must_use]
    pub fn words(&self) -> String {
        let said = self.holds.iter().map(|mark| match mark.kind {
            MarkKind::Held => format!("held by hold {} ({})", mark.hold, mark.reason),
            MarkKind::Suspect => {
                format!("suspect by hold {} ({}), path {}", mark.hold, mark.reason, mark.path_text())
            }
        });
        let due = self.inspection_due.then(|| "due for its release from inspection".to_owned());
        let said: Vec<String> = said.chain(due).collect();
        format!("lot {} is {}", self.lot, said.join("; "))
    }
}

/// What else holds the lots that events hold or release, by lot, as it is now.
///
/// # Errors
/// The store's.
pub fn standing<'a>(
    lookup: &'a Lookup,
    caller: &'a Caller,
    events: &'a [Event],
) -> BoxFuture<'a, ServiceResult<Vec<StandingLot>>> {
    Box::pin(async move {
        let reading = lookup.by(caller);
        // For each lot the holds that the events themselves are about.
        let mut lots: BTreeMap<LotId, BTreeSet<EventId>> = BTreeMap::new();
        let mut note = |named: &[LotId], hold: Option<&EventId>| {
            for lot in named {
                lots.entry(lot.clone()).or_default().extend(hold.cloned());
            }
        };
        for event in events {
            match &event.fact {
                Fact::Hold(hold) => note(&hold.lots, Some(&event.id)),
                Fact::Release(release) if release.lots.is_empty() => {
                    if let Some(hold) = &release.hold {
                        note(&released(reading, hold, &event.id).await?, Some(hold));
                    }
                }
                Fact::Release(release) => note(&release.lots, release.hold.as_ref()),
                _ => {}
            }
        }
        among(reading, &lots).await
    })
}

/// What else holds lots, leaving aside for each lot the holds given.
///
/// # Errors
/// The store's.
pub(super) async fn among(
    reading: Reading<'_>,
    lots: &BTreeMap<LotId, BTreeSet<EventId>>,
) -> ServiceResult<Vec<StandingLot>> {
    let found = reading.lots(lots.keys().cloned().collect()).await?;
    Ok(lots.values().zip(found).filter_map(|(aside, lot)| StandingLot::of(lot?, aside)).collect())
}

/// The lots that a release which names none freed.
async fn released(reading: Reading<'_>, hold: &EventId, release: &EventId) -> ServiceResult<Vec<LotId>> {
    let found = reading.get(&[NodeRef::Record(RecordRef::Hold(hold.clone()))]).await?;
    let Some(Node::Record(record)) = found.into_iter().flatten().next() else { return Ok(Vec::new()) };
    let Record { body: RecordBody::Hold(record), .. } = *record else { return Ok(Vec::new()) };
    let of_event = record.releases.into_iter().find(|known| known.event == *release);
    Ok(of_event.map(|known| known.lots).unwrap_or_default())
}
