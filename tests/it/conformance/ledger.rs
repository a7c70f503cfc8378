//! The ledger as a feed.

use std::sync::Arc;

use lotgraph::domain::Event;
use lotgraph::store::project::whole_revisions;
use lotgraph::store::{Batch, LedgerEntry, LedgerPosition, RecordedRevision, Revision, StoreErrorKind};
use serde_json::json;

use super::ask::{AnyStore, assert_limit, build, commit, partial};
use crate::support::events::{batch, event, minute, plant};
use crate::support::stores::scratch;

fn at(revision: u64, index: u32) -> LedgerPosition {
    LedgerPosition { revision: Revision(revision), index }
}

fn shown(entries: &[LedgerEntry]) -> Vec<String> {
    let place = |entry: &LedgerEntry| format!("{}.{}", entry.position.revision, entry.position.index);
    entries.iter().map(|entry| format!("{} {}", place(entry), entry.event.id)).collect()
}

/// Three revisions: two events, one, three.
async fn three(store: &AnyStore) -> Vec<Batch> {
    let mut void = plant("F@6:B -> D");
    void.push(event(&json!({"type":"void","id":"V","event":"B","reason":"slip"})));
    void.push(event(&json!({"type":"material","id":"M","code":"MILK","unit":"KGM"})));
    let batches = [plant("B@1:-> A; A@2:A -> B"), plant("C@3:B -> C"), void].map(batch);
    for batch in &batches {
        assert!(store.commit(batch).await.unwrap().applied);
    }
    batches.into()
}

pub async fn tells_everything_in_order(store: &AnyStore) {
    assert!(store.changes(LedgerPosition::default(), 10).await.unwrap().entries.is_empty());
    let batches = three(store).await;
    let page = store.changes(LedgerPosition::default(), 10).await.unwrap();
    assert_eq!(shown(&page.entries), ["1.1 B", "1.2 A", "2.1 C", "3.1 F", "3.2 V", "3.3 M"]);
    assert!(!page.more);
    let events: Vec<Event> = page.entries.iter().map(|entry| entry.event.clone()).collect();
    let sent: Vec<Event> = batches.iter().flat_map(|batch| batch.events.iter().cloned()).collect();
    assert_eq!(events, sent, "as they were sent, in the order sent");
    assert_eq!(page.entries[2].recording, batches[1].recording);
}

pub async fn pages_inside_a_revision(store: &AnyStore) {
    three(store).await;
    let whole = store.changes(LedgerPosition::default(), 10).await.unwrap().entries;
    for limit in 1..=7 {
        let mut position = LedgerPosition::default();
        let mut all = Vec::new();
        loop {
            let page = store.changes(position, limit).await.unwrap();
            assert!(!page.more || page.entries.len() == limit as usize);
            position = page.entries.last().map_or(position, |entry| entry.position);
            all.extend(page.entries);
            if !page.more {
                break;
            }
        }
        assert_eq!(all, whole, "pages of {limit}");
    }
    let none = store.changes(LedgerPosition::default(), 0).await.unwrap();
    assert_eq!((none.entries.len(), none.more), (0, true));
}

pub async fn starts_anywhere(store: &AnyStore) {
    three(store).await;
    let after = async |position| shown(&store.changes(position, 10).await.unwrap().entries);
    assert_eq!(after(at(0, 7)).await.len(), 6);
    assert_eq!(after(at(1, 1)).await.len(), 5);
    assert_eq!(after(at(1, 2)).await, after(LedgerPosition::end_of(Revision(1))).await);
    assert_eq!(after(at(2, 0)).await, ["2.1 C", "3.1 F", "3.2 V", "3.3 M"]);
    assert_eq!(after(LedgerPosition::end_of(Revision(2))).await, ["3.1 F", "3.2 V", "3.3 M"]);
    assert_eq!(after(at(3, 2)).await, ["3.3 M"]);
    assert_eq!(after(LedgerPosition::end_of(Revision(3))).await, Vec::<String>::new());
    assert_eq!(after(at(99, 1)).await, Vec::<String>::new());
}

/// Commits one receipt for each minute given, recorded in that minute: revisions 1, 2, …
async fn recorded(store: &AnyStore, minutes: &[i64]) {
    for (index, at) in minutes.iter().enumerate() {
        let mut batch = batch(plant(&format!("R{index}@1:-> L{index}; S{index}@2:L{index} ->")));
        batch.recording.recorded_at = minute(*at);
        assert!(store.commit(&batch).await.unwrap().applied);
    }
}

pub async fn finds_the_revision_of_a_moment(store: &AnyStore) {
    assert_eq!(store.revision_at(minute(5)).await.unwrap(), Revision(0), "the ledger is empty");
    recorded(store, &[10, 20, 20, 90]).await;
    for (at, expected) in [(9, 0), (10, 1), (19, 1), (20, 3), (89, 3), (90, 4), (100_000, 4)] {
        assert_eq!(store.revision_at(minute(at)).await.unwrap(), Revision(expected), "minute {at}");
    }
}

pub async fn finds_it_although_clocks_differ(store: &AnyStore) {
    // The second clock is five minutes ahead: what it recorded comes before what the first records later.
    recorded(store, &[10, 15, 11, 16, 12, 30]).await;
    for (at, expected) in [(9, 0), (10, 1), (11, 3), (12, 5), (15, 5), (16, 5), (29, 5), (30, 6)] {
        assert_eq!(store.revision_at(minute(at)).await.unwrap(), Revision(expected), "minute {at}");
    }
}

pub async fn replays_into_the_same_graph(store: &AnyStore) {
    three(store).await;
    // A rejected and a repeated event leave no trace in the ledger.
    let receipt = store.commit(&partial(plant("B@1:-> A; C@9:-> X"))).await.unwrap();
    assert_eq!(receipt.revision.0, 3);
    let entries = store.changes(LedgerPosition::default(), 100).await.unwrap().entries;
    let other = crate::support::stores::sqlite().await;
    // Revision by revision: what a commit makes of its events depends on what it sees together.
    for of_one in entries.chunk_by(|one, next| one.position.revision == next.position.revision) {
        commit(&other.store, of_one.iter().map(|entry| entry.event.clone()).collect()).await;
    }
    for seed in ["A", "B", "C", "D"] {
        let mut here = super::ask::forward(store, &[seed]).await;
        let there = super::ask::forward(&other.store, &[seed]).await;
        (here.revision, here.computed_at, here.cached) = (there.revision, there.computed_at, there.cached);
        assert_eq!(here, there);
        assert_eq!(super::ask::lot(store, seed).await, super::ask::lot(&other.store, seed).await);
    }
}

/// The revisions of another ledger: two events, one, three, and one more.
async fn recorded_elsewhere() -> (AnyStore, Vec<RecordedRevision>) {
    let other = scratch().await.store;
    three(&other).await;
    build(&other, "G@7:D -> E").await;
    let entries = other.changes(LedgerPosition::default(), 100).await.unwrap().entries;
    (other, whole_revisions(entries, false))
}

pub async fn takes_over_what_it_has_already_as_a_repetition(store: &AnyStore) {
    let (other, revisions) = recorded_elsewhere().await;
    // Whoever got no answer cannot know how far it went: everything again, a part of it, and a part with more behind it.
    for (from, until, reached) in
        [(0, 2, 2), (0, 2, 2), (1, 2, 2), (0, 1, 2), (1, 3, 3), (0, 4, 4), (0, 4, 4), (2, 3, 4)]
    {
        let current = store.project(revisions[from..until].to_vec()).await.unwrap();
        assert_eq!(current, Revision(reached), "revisions {} to {until}", from + 1);
        assert_eq!(store.revision().await.unwrap(), Revision(reached));
    }
    let all = LedgerPosition::default();
    assert_eq!(store.changes(all, 100).await.unwrap(), other.changes(all, 100).await.unwrap());
    for seed in ["A", "B", "C", "D", "E"] {
        assert_eq!(super::ask::lot(store, seed).await, super::ask::lot(&other, seed).await);
    }
}

pub async fn refuses_other_revisions_under_numbers_that_it_has(store: &AnyStore) {
    let (_, revisions) = recorded_elsewhere().await;
    store.project(revisions[..3].to_vec()).await.unwrap();
    let before = store.changes(LedgerPosition::default(), 100).await.unwrap();
    let of_third = |change: &dyn Fn(&mut RecordedRevision)| {
        let mut changed = revisions.clone();
        change(&mut changed[2]);
        changed
    };
    let mut later = revisions[3].clone();
    later.number = Revision(5);
    let wrong = [
        (
            "other content",
            of_third(&|third| third.events = Arc::new(plant("F@6:B -> X; V@7:X ->; M@8:-> Y"))),
        ),
        ("fewer events", of_third(&|third| third.events = Arc::new(third.events[..2].to_vec()))),
        (
            "more events",
            of_third(&|third| third.events = Arc::new([&third.events[..], &plant("X@9:-> X")].concat())),
        ),
        (
            "another order",
            of_third(&|third| third.events = Arc::new(third.events.iter().rev().cloned().collect())),
        ),
        ("another time", of_third(&|third| third.recording.recorded_at = minute(1))),
        ("another actor", of_third(&|third| third.recording.actor = super::ask::text("somebody else"))),
        ("a gap", vec![later]),
        ("a gap behind a repetition", vec![revisions[1].clone(), revisions[3].clone()]),
    ];
    for (what, wrong) in wrong {
        let refused = store.project(wrong).await.expect_err(what);
        assert!(matches!(refused.kind, StoreErrorKind::Invalid(_)), "{what}: {refused:?}");
        assert_eq!(store.changes(LedgerPosition::default(), 100).await.unwrap(), before, "{what}");
    }
    assert_eq!(store.project(revisions).await.unwrap(), Revision(4), "what is right goes on");
}

pub async fn limits_refuse(store: &AnyStore) {
    build(store, "-> A").await;
    assert_limit(store.changes(LedgerPosition::default(), store.limits().page_max + 1).await);
}
