//! Pages of nodes: order and cuts.

use lotgraph::domain::MasterKind;
use lotgraph::store::{Find, FindKey, StoreErrorKind, What};
use serde_json::{Value, json};

use super::ask::{
    AnyStore, assert_limit, build, found, found_in_pages, id_of, lots, masters, operations, record, text,
};
use crate::support::events::minute;

/// Ids whose order by code point differs from that of UTF-16, of a dictionary and of case folding.
const MIXED: [&str; 12] =
    ["a", "B", "10", "9", "Z-1", "é", "e\u{301}", "批次", "中", "\u{FF21}", "😀", "\u{10FFFD}"];

fn in_order(ids: &[&str]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    ids.sort_by(|a, b| a.chars().cmp(b.chars()));
    ids
}

pub async fn lots_come_in_code_point_order(store: &AnyStore) {
    build(store, &format!("-> {}", MIXED.join(" "))).await;
    assert_eq!(found(store, lots(|_| {})).await, in_order(&MIXED));
    assert_eq!(found_in_pages(store, &lots(|_| {}), 5).await, in_order(&MIXED));
}

pub async fn operations_come_by_end_then_id(store: &AnyStore) {
    build(store, "中@5:-> A; 😀@5:-> B; \u{FF21}@5:-> C; b@5:-> D; B@5:-> E; late@9:-> F; early@1:-> G")
        .await;
    let expected = ["early", "B", "b", "中", "\u{FF21}", "😀", "late"];
    assert_eq!(found(store, operations(|_| {})).await, expected);
    for first in [1, 2, 3, 6, 7, 8] {
        assert_eq!(found_in_pages(store, &operations(|_| {}), first).await, expected, "pages of {first}");
    }
}

pub async fn masters_come_by_code(store: &AnyStore) {
    let declared: Vec<Value> =
        MIXED.iter().map(|code| json!({"type":"operator","code":code,"name":"x"})).collect();
    record(store, &declared).await;
    let what = masters(MasterKind::Operator, |_| {});
    assert_eq!(found(store, what.clone()).await, in_order(&MIXED));
    assert_eq!(found_in_pages(store, &what, 1).await, in_order(&MIXED));
    assert_eq!(found(store, masters(MasterKind::Party, |_| {})).await, Vec::<String>::new());
}

pub async fn pages_join_without_gap_or_overlap(store: &AnyStore) {
    let ids: Vec<String> = (0..23).map(|n| format!("L{n:02}")).collect();
    build(store, &format!("-> {}", ids.join(" "))).await;
    for first in [1, 7, 22, 23, 24] {
        assert_eq!(found_in_pages(store, &lots(|_| {}), first).await, ids, "pages of {first}");
    }
}

pub async fn a_page_of_none_says_whether_more_follow(store: &AnyStore) {
    let none = Find { what: lots(|_| {}), after: None, first: 0 };
    let page = store.find(&none).await.unwrap();
    assert_eq!((page.items.len(), page.more), (0, false));
    build(store, "-> A").await;
    let page = store.find(&none).await.unwrap();
    assert_eq!((page.items.len(), page.more), (0, true));
}

pub async fn a_key_that_was_never_there_still_cuts(store: &AnyStore) {
    build(store, "A@1:-> A; C@3:-> C; E@5:-> E").await;
    let after = |at: Option<i64>, id: &str| match at.map(minute) {
        Some(at) => FindKey::Operation { at, id: text(id) },
        None => FindKey::Id(text(id)),
    };
    let find = |what: What, after| Find { what, after: Some(after), first: 10 };
    let ids = async |query: Find| -> Vec<String> {
        store.find(&query).await.unwrap().items.iter().map(id_of).collect()
    };
    assert_eq!(ids(find(lots(|_| {}), after(None, "B"))).await, ["C", "E"]);
    assert_eq!(ids(find(lots(|_| {}), after(None, "E"))).await, Vec::<String>::new());
    assert_eq!(ids(find(operations(|_| {}), after(Some(3), "B"))).await, ["C", "E"]);
    assert_eq!(ids(find(operations(|_| {}), after(Some(3), "C"))).await, ["E"]);
    assert_eq!(ids(find(operations(|_| {}), after(Some(4), "A"))).await, ["E"]);
    // A key before the filter's own start does not widen it.
    let from = operations(|filter| filter.from = Some(minute(5)));
    assert_eq!(ids(find(from, after(Some(1), "A"))).await, ["E"]);
    // A key of another kind of list is refused.
    for (what, key) in [(lots(|_| {}), after(Some(1), "A")), (operations(|_| {}), after(None, "A"))] {
        let error = store.find(&find(what, key)).await.unwrap_err();
        assert!(matches!(error.kind, StoreErrorKind::Invalid(_)), "{error:?}");
    }
}

pub async fn lots_by_any_of_their_names(store: &AnyStore) {
    record(
        store,
        &[json!({"type":"receive","id":"R","at":"2026-01-05T00:00:00Z","outputs":[
            {"lot":"L1","number":"77","supplierLot":"S-9"},
            {"lot":"L2","number":"77"},
            {"lot":"77"},
            {"lot":"L4","number":"L4","supplierLot":"L4"},
            {"lot":"L5","number":"770"}
        ]})],
    )
    .await;
    let named = |name: &str| What::LotsNamed(text(name));
    assert_eq!(found(store, named("77")).await, ["77", "L1", "L2"]);
    assert_eq!(found_in_pages(store, &named("77"), 1).await, ["77", "L1", "L2"]);
    assert_eq!(found(store, named("S-9")).await, ["L1"]);
    assert_eq!(found(store, named("L4")).await, ["L4"]);
    assert_eq!(found(store, named("s-9")).await, Vec::<String>::new(), "exactly this");
}

pub async fn limits_refuse(store: &AnyStore) {
    let first = store.limits().page_max + 1;
    for what in [lots(|_| {}), operations(|_| {}), masters(MasterKind::Shift, |_| {})] {
        assert_limit(store.find(&Find { what, after: None, first }).await);
    }
}
