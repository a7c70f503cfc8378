//! Many at once: writers, readers, and stores being prepared.

use std::collections::BTreeSet;
use std::sync::Arc;

use lotgraph::domain::{NodeRef, OperationKind};
use lotgraph::store::{LedgerPosition, Status, Tally};

use super::ask::{AnyStore, build, found, id_of, lot, lot_id, lots, operations};
use crate::support::events::{batch, plant};

pub async fn no_update_is_lost(store: &AnyStore) {
    const WRITERS: usize = 8;
    const EACH: usize = 12;
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(store);
        tasks.push(tokio::spawn(async move {
            let mut revisions = Vec::new();
            for n in 0..EACH {
                // Everybody draws from the same tank: its totals are the contended row.
                let events = plant(&format!("W{writer}-{n}@{n}: TANK -> P{writer}-{n}"));
                let receipt = store.commit(&batch(events)).await.unwrap();
                assert_eq!(receipt.outcomes[0].status, Status::Accepted);
                revisions.push(receipt.revision.0);
            }
            revisions
        }));
    }
    let mut revisions = BTreeSet::new();
    for task in tasks {
        let own = task.await.unwrap();
        assert!(own.is_sorted_by(|a, b| a < b), "a sender sees its own commits in order");
        revisions.extend(own);
    }
    let total = WRITERS * EACH;
    assert_eq!(revisions, (1..=total as u64).collect(), "one revision for each commit, none left out");
    let tank = lot(store, "TANK").await;
    assert_eq!(tank.consumed.count as usize, total);
    assert_eq!(tank.consumed.sums.values().next().map(|sum| sum.0.to_string()), Some(total.to_string()));
    assert_eq!(found(store, lots(|_| {})).await.len(), total + 1);
    let page = store.changes(LedgerPosition::default(), 1_000).await.unwrap();
    assert_eq!(page.entries.len(), total);
}

pub async fn the_same_event_at_once_is_taken_once(store: &AnyStore) {
    let mut tasks = Vec::new();
    for _ in 0..10 {
        let store = Arc::clone(store);
        tasks.push(tokio::spawn(async move {
            store.commit(&batch(plant("X@1:-> A"))).await.unwrap().outcomes.remove(0).status
        }));
    }
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Status::Accepted => accepted += 1,
            Status::Duplicate => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(accepted, 1);
    assert_eq!((lot(store, "A").await.received.count, store.revision().await.unwrap().0), (1, 1));
}

pub async fn two_prepares_at_once(store: &AnyStore) {
    build(store, "-> A").await;
    let (one, two) = tokio::join!(store.prepare(), store.prepare());
    one.unwrap();
    two.unwrap();
    assert_eq!(store.revision().await.unwrap().0, 1);
    assert_eq!(lot(store, "A").await.received.count, 1);
}

pub async fn what_is_acknowledged_is_visible(store: &AnyStore) {
    let mut tasks = Vec::new();
    for writer in 0..4 {
        let store = Arc::clone(store);
        tasks.push(tokio::spawn(async move {
            for n in 0..10 {
                let id = format!("L{writer}-{n}");
                let receipt = store.commit(&batch(plant(&format!("E{id}@1:-> {id}")))).await.unwrap();
                let nodes = store.get(&[NodeRef::Lot(lot_id(&id))]).await.unwrap();
                assert_eq!(nodes[0].as_ref().map(id_of), Some(id.clone()));
                assert!(store.revision().await.unwrap() >= receipt.revision);
                let seen = super::ask::backward(&store, &[&id]).await;
                assert!(seen.revision >= receipt.revision);
                assert_eq!(seen.operations.len(), 1);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

pub async fn a_read_sees_whole_commits(store: &AnyStore) {
    let writer = Arc::clone(store);
    let writing = tokio::spawn(async move {
        for n in 0..30 {
            // Two operations in each commit: no one call may ever count an odd number.
            let events = plant(&format!("A{n}@{n}:-> T; B{n}@{n}:T ->"));
            writer.commit(&batch(events)).await.unwrap();
        }
    });
    while !writing.is_finished() {
        let closure = super::ask::backward(store, &["T"]).await;
        assert!(closure.operations.len() as u64 >= closure.revision.0, "every commit up to the revision");
        let buckets = store.tally(&Tally::OperationsByKind(Default::default())).await.unwrap();
        if store.name().starts_with("sqlite") {
            let counts: Vec<u64> = buckets.iter().map(|bucket| bucket.count).collect();
            assert!(counts.windows(2).all(|pair| pair[0] == pair[1]), "{buckets:?}");
        }
    }
    writing.await.unwrap();
    let ships = operations(|f| f.kinds = Some(vec![OperationKind::Ship]));
    assert_eq!(found(store, ships).await.len(), 30);
}

pub async fn a_settled_revision_has_nothing_behind_it(store: &AnyStore) {
    const EACH: u64 = 200;
    let writer = Arc::clone(store);
    let writing = tokio::spawn(async move {
        for n in 0..15 {
            let events: String = (0..EACH).map(|m| format!("E{n}-{m}@{n}:-> T{m};")).collect();
            writer.commit(&batch(plant(&events))).await.unwrap();
        }
    });
    loop {
        let last = writing.is_finished();
        let before = store.revision().await.unwrap();
        let counts = store.tally(&Tally::OperationsByKind(Default::default())).await.unwrap();
        let after = store.settled_revision().await.unwrap();
        if before == after {
            let count: u64 = counts.iter().map(|bucket| bucket.count).sum();
            assert_eq!(count, EACH * before.0, "a read between two equal revisions is of that one");
        }
        if last {
            assert_eq!((before.0, after.0), (15, 15));
            break;
        }
    }
    writing.await.unwrap();
}
