//! The ledger as a feed.

use lotgraph::domain::Event;
use lotgraph::store::{Batch, LedgerEntry, LedgerPosition, Revision};
use serde_json::json;

use super::ask::{AnyStore, assert_limit, build, commit, partial};
use crate::support::events::{batch, event, minute, plant};

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

pub async fn limits_refuse(store: &AnyStore) {
    build(store, "-> A").await;
    assert_limit(store.changes(LedgerPosition::default(), store.limits().page_max + 1).await);
}
