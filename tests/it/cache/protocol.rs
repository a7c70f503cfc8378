//! What is kept, what is served, and for which revision.

use std::sync::Arc;
use std::time::Duration;

use lotgraph::cache::Cache;
use lotgraph::domain::{LotId, NodeRef, Role};
use lotgraph::genealogy::subgraph::Cut;
use lotgraph::store::layer::cached::CachedStore;
use lotgraph::store::{
    Closure, EdgesOf, Find, Ledger, LotFilter, Reader, Revision, StoreErrorKind, Tally, What,
};

use super::{cached, content, forward, memory, planted, receive};
use crate::support::events::{batch, plant};

#[tokio::test]
async fn the_second_equal_question_is_answered_from_the_cache() {
    let inner = planted("-> A; A -> B; B -> C").await;
    let store = cached(&inner, [memory()]);
    let first = store.closure(&forward("A")).await.unwrap();
    let second = store.closure(&forward("A")).await.unwrap();
    assert!(!first.cached && second.cached);
    assert_eq!(first.computed_at, second.computed_at, "when it was computed, not when it was served");
    assert_eq!(content(first), content(second.clone()));
    assert_eq!(second.revision, inner.revision().await.unwrap());
    assert_eq!(inner.count("closure"), 1);
    let backward = store.closure(&forward("B")).await.unwrap();
    assert!(!backward.cached, "another question");
}

#[tokio::test]
async fn every_read_is_cached_and_equal() {
    let inner = planted("-> A; A -> B; B -> C").await;
    let store = cached(&inner, [memory()]);
    let lot = |id: &str| LotId::parse(id).unwrap();
    let refs = [NodeRef::Lot(lot("A")), NodeRef::Lot(lot("missing")), NodeRef::Lot(lot("A"))];
    let all = What::Lots(LotFilter::default());
    let find = Find { what: all.clone(), after: None, first: 2 };
    let edges = EdgesOf { lots: vec![lot("B")], roles: vec![Role::Consumed], after: None, first: 10 };
    let tally = Tally::Count(all);
    for _ in 0..3 {
        assert_eq!(store.get(&refs).await.unwrap(), inner.get(&refs).await.unwrap());
        assert_eq!(store.find(&find).await.unwrap(), inner.find(&find).await.unwrap());
        assert_eq!(store.edges(&edges).await.unwrap(), inner.edges(&edges).await.unwrap());
        assert_eq!(store.tally(&tally).await.unwrap(), inner.tally(&tally).await.unwrap());
    }
    for method in ["get", "find", "edges", "tally"] {
        // Three by the test itself, one by the cached store.
        assert_eq!(inner.count(method), 4, "{method}");
    }
}

#[tokio::test]
async fn a_commit_makes_every_answer_new() {
    let inner = planted("-> A").await;
    let store = cached(&inner, [memory()]);
    let before = store.closure(&forward("A")).await.unwrap();
    let receipt = receive(inner.as_ref(), "X").await;
    let after = store.closure(&forward("A")).await.unwrap();
    assert!(!after.cached);
    assert!(before.revision < after.revision);
    assert_eq!(after.revision, receipt.revision);
}

#[tokio::test]
async fn a_late_fill_is_never_served_for_a_later_revision() {
    let inner = planted("-> A").await;
    let cache = memory();
    let store = cached(&inner, [cache.clone()]);
    let refs = vec![NodeRef::Lot(LotId::parse("X").unwrap())];
    // Both are computed before the commit and come back after it.
    inner.hold();
    let closure = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.closure(&forward("A")).await.unwrap() }
    });
    let get = tokio::spawn({
        let (store, refs) = (Arc::clone(&store), refs.clone());
        async move { store.get(&refs).await.unwrap() }
    });
    inner.called("closure", 1).await;
    inner.called("get", 1).await;
    let receipt = receive(store.as_ref(), "X").await;
    inner.open();
    inner.release(2);
    assert!(closure.await.unwrap().revision < receipt.revision);
    assert_eq!(get.await.unwrap(), vec![None]);
    let fresh = store.closure(&forward("A")).await.unwrap();
    assert_eq!((fresh.revision, fresh.cached), (receipt.revision, false));
    assert!(store.get(&refs).await.unwrap()[0].is_some(), "the acknowledged receipt is missing");
}

#[tokio::test]
async fn an_answer_newer_than_its_question_is_kept_under_its_own_revision() {
    let inner = planted("-> A; A -> B").await;
    let early = cached(&inner, [memory()]);
    // Asked at revision 1, but the commit comes between that and the computation.
    inner.then_commit(batch(plant("X@9: -> X")));
    let answer = early.closure(&forward("A")).await.unwrap();
    assert_eq!(answer.revision, Revision(2));
    let at = |revision| Closure { at: Some(Revision(revision)), ..forward("A") };
    let kept = early.closure(&at(2)).await.unwrap();
    assert!(kept.cached && kept.revision == Revision(2));
    let stale = early.closure(&at(1)).await.unwrap_err();
    assert_eq!(stale.kind, StoreErrorKind::Stale);
}

#[tokio::test]
async fn a_past_revision_is_served_while_a_cache_has_it() {
    let inner = planted("-> A; A -> B").await;
    let store = cached(&inner, [memory()]);
    let old = store.closure(&forward("A")).await.unwrap();
    receive(store.as_ref(), "X").await;
    let at = Closure { at: Some(old.revision), ..forward("A") };
    let again = store.closure(&at).await.unwrap();
    assert!(again.cached);
    assert_eq!(content(again), content(old.clone()));
    let never_asked = Closure { at: Some(old.revision), ..forward("B") };
    assert_eq!(store.closure(&never_asked).await.unwrap_err().kind, StoreErrorKind::Stale);
    let skipping = Closure { skip_cache: true, ..at };
    assert_eq!(store.closure(&skipping).await.unwrap_err().kind, StoreErrorKind::Stale);
    let future = Closure { at: Some(Revision(99)), ..forward("A") };
    assert_eq!(store.closure(&future).await.unwrap_err().kind, StoreErrorKind::Stale);
    let current = Closure { at: Some(inner.revision().await.unwrap()), ..forward("A") };
    assert!(!store.closure(&current).await.unwrap().cached);
    assert!(store.closure(&current).await.unwrap().cached);
}

#[tokio::test]
async fn cut_answers_are_not_kept_but_depth_cuts_that_were_asked_for_are() {
    let inner = planted("-> A; A -> B; B -> C; C -> D").await;
    let store = cached(&inner, [memory()]);
    let few = Closure { nodes_max: 3, ..forward("A") };
    for asked in 1..=3 {
        let answer = store.closure(&few).await.unwrap();
        assert_eq!((answer.cut, answer.cached), (Some(Cut::Nodes), false));
        assert_eq!(inner.count("closure"), asked);
    }
    let shallow = Closure { max_depth: Some(1), ..forward("A") };
    assert_eq!(store.closure(&shallow).await.unwrap().cut, Some(Cut::Depth));
    let again = store.closure(&shallow).await.unwrap();
    assert_eq!((again.cut, again.cached), (Some(Cut::Depth), true));
}

#[tokio::test]
async fn errors_are_not_kept() {
    let inner = planted("-> A").await;
    let store = cached(&inner, [memory()]);
    inner.fail(Some(StoreErrorKind::Unavailable));
    assert_eq!(store.closure(&forward("A")).await.unwrap_err().kind, StoreErrorKind::Unavailable);
    inner.fail(None);
    assert!(!store.closure(&forward("A")).await.unwrap().cached);
    assert!(store.closure(&forward("A")).await.unwrap().cached);
}

#[tokio::test]
async fn skipping_the_cache_computes_anew_and_renews_what_is_kept() {
    let inner = planted("-> A; A -> B").await;
    let store = cached(&inner, [memory()]);
    let first = store.closure(&forward("A")).await.unwrap();
    let skipping = Closure { skip_cache: true, ..forward("A") };
    let fresh = store.closure(&skipping).await.unwrap();
    assert!(!fresh.cached);
    assert_eq!(inner.count("closure"), 2);
    let renewed = store.closure(&forward("A")).await.unwrap();
    assert!(renewed.cached);
    assert_eq!(renewed.computed_at, fresh.computed_at);
    assert!(renewed.computed_at >= first.computed_at);
}

#[tokio::test]
async fn a_farther_hit_fills_the_nearer_cache() {
    let inner = planted("-> A").await;
    let (near, far) = (memory(), memory());
    cached(&inner, [far.clone()]).closure(&forward("A")).await.unwrap();
    let store = cached(&inner, [near.clone(), far.clone()]);
    assert!(store.closure(&forward("A")).await.unwrap().cached);
    assert!(store.closure(&forward("A")).await.unwrap().cached);
    assert_eq!((near.counts().hits, far.counts().hits), (1, 1));
    assert_eq!(inner.count("closure"), 1);
}

#[tokio::test]
async fn two_ledgers_in_one_cache_share_nothing() {
    let (one, two) = (planted("-> A; A -> B").await, planted("-> A; A -> C").await);
    let cache = memory();
    let caches = || vec![cache.clone() as Arc<dyn Cache>];
    let one = CachedStore::new(one, caches(), Duration::ZERO);
    let two = CachedStore::new(two, caches(), Duration::ZERO);
    let first = one.closure(&forward("A")).await.unwrap();
    let second = two.closure(&forward("A")).await.unwrap();
    assert_eq!(first.revision, second.revision, "only the ledger tells them apart");
    assert!(!second.cached);
    assert_ne!(content(first), content(second));
}

#[tokio::test]
async fn the_revision_may_be_as_old_as_configured_and_no_older() {
    let inner = planted("-> A").await;
    let caches: Vec<Arc<dyn Cache>> = vec![memory()];
    let patient = CachedStore::new(inner.clone(), caches.clone(), Duration::from_secs(3_600));
    let old = patient.closure(&forward("A")).await.unwrap();
    let reads = inner.count("revision");
    // By another instance: not noticed within the bound.
    receive(inner.as_ref(), "X").await;
    let still = patient.closure(&forward("A")).await.unwrap();
    assert_eq!(
        (still.revision, still.cached),
        (old.revision, true),
        "the answer states the revision it is of"
    );
    assert_eq!(inner.count("revision"), reads, "the store was not asked");
    // An own commit is seen at once, and what others did before it too.
    let receipt = receive(&patient, "Y").await;
    assert_eq!(patient.closure(&forward("A")).await.unwrap().revision, receipt.revision);
    assert_eq!(inner.count("revision"), reads);
    // So is whatever a fresh computation saw.
    let later = receive(inner.as_ref(), "Z").await;
    let skipping = Closure { skip_cache: true, ..forward("A") };
    assert_eq!(patient.closure(&skipping).await.unwrap().revision, later.revision);
    assert_eq!(patient.closure(&forward("A")).await.unwrap().revision, later.revision);

    let brief = CachedStore::new(inner.clone(), caches, Duration::from_millis(50));
    brief.closure(&forward("A")).await.unwrap();
    let last = receive(inner.as_ref(), "W").await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(brief.closure(&forward("A")).await.unwrap().revision, last.revision);
}

#[tokio::test]
async fn a_commit_without_an_answer_makes_the_revision_uncertain() {
    let inner = planted("-> A").await;
    let caches: Vec<Arc<dyn Cache>> = vec![memory()];
    let store = CachedStore::new(inner.clone(), caches, Duration::from_secs(3_600));
    let old = store.closure(&forward("A")).await.unwrap();
    inner.fail(Some(StoreErrorKind::Timeout));
    // It takes effect, but nobody is told.
    assert!(store.commit(&batch(plant("X@9: -> X"))).await.is_err());
    inner.fail(None);
    assert!(store.closure(&forward("A")).await.unwrap().revision > old.revision);
}

#[tokio::test]
async fn a_store_that_answers_from_the_past_is_not_believed() {
    let inner = planted("-> A").await;
    let store = cached(&inner, [memory()]);
    inner.lag(1);
    let error = store.closure(&forward("A")).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(error.retryable());
    inner.lag(0);
    assert!(!store.closure(&forward("A")).await.unwrap().cached, "it was not kept either");
}
