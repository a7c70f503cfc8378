//! One hop from lots.

use lotgraph::domain::{OperationKind, Role};
use lotgraph::store::{Edge, EdgesOf};
use serde_json::json;

use super::ask::{AnyStore, assert_limit, build, lot_id, record};
use crate::support::events::minute;

fn of(lots: &[&str], roles: &[Role], first: u32) -> EdgesOf {
    EdgesOf { lots: lots.iter().map(|id| lot_id(id)).collect(), roles: roles.to_vec(), after: None, first }
}

fn shown(edges: &[Edge]) -> Vec<String> {
    let sign = |role: Role| match role {
        Role::Consumed => ">",
        Role::Produced => "<",
        Role::InPlace => "~",
    };
    edges.iter().map(|e| format!("{}{}{}", sign(e.key.role), e.key.operation, e.key.position)).collect()
}

/// A tank with links of every role, several at one moment.
async fn tank(store: &AnyStore) {
    build(store, "z@1:-> T; 中@3:T -> A; a@3:T T -> T; 😀@3:~ T; \u{FF21}@3:-> T; b@2:T ->").await;
}

const TANK: [&str; 8] = ["<z0", ">b0", ">a0", ">a1", "<a0", ">中0", "<\u{FF21}0", "~😀0"];

pub async fn come_by_time_operation_role_position(store: &AnyStore) {
    tank(store).await;
    let pages = store.edges(&of(&["T"], Role::ALL, 100)).await.unwrap();
    assert_eq!(shown(&pages[0].edges), TANK);
    assert!(!pages[0].more);
}

pub async fn page_through_parallel_links(store: &AnyStore) {
    tank(store).await;
    for first in 1..=8 {
        let mut query = of(&["T"], Role::ALL, first);
        let mut all = Vec::new();
        loop {
            let page = store.edges(&query).await.unwrap().remove(0);
            assert!(!page.more || page.edges.len() == first as usize);
            query.after = page.edges.last().map(|edge| edge.key.clone());
            all.extend(shown(&page.edges));
            if !page.more {
                break;
            }
        }
        assert_eq!(all, TANK, "pages of {first}");
    }
}

pub async fn keep_the_order_of_lots(store: &AnyStore) {
    build(store, "-> A; A -> B; B ->").await;
    let pages = store.edges(&of(&["B", "none", "A", "B"], Role::ALL, 1)).await.unwrap();
    let all: Vec<(Vec<String>, bool)> = pages.iter().map(|page| (shown(&page.edges), page.more)).collect();
    let edge = |text: &str, more| (vec![text.to_owned()], more);
    assert_eq!(all, [edge("<O20", true), (vec![], false), edge("<O10", true), edge("<O20", true)]);
    assert!(store.edges(&of(&[], Role::ALL, 1)).await.unwrap().is_empty());
}

pub async fn only_of_the_roles_asked(store: &AnyStore) {
    tank(store).await;
    let ask = async |roles: &[Role]| shown(&store.edges(&of(&["T"], roles, 100)).await.unwrap()[0].edges);
    assert_eq!(ask(&[Role::InPlace]).await, ["~😀0"]);
    assert_eq!(ask(&[Role::Produced]).await, ["<z0", "<a0", "<\u{FF21}0"]);
    assert_eq!(ask(&[Role::Produced, Role::Produced]).await.len(), 3, "a role named twice is one role");
    assert_eq!(ask(&[Role::InPlace, Role::Consumed]).await, [">b0", ">a0", ">a1", ">中0", "~😀0"]);
    assert_eq!(ask(&[]).await, Vec::<String>::new());
}

pub async fn say_kind_quantity_and_moments(store: &AnyStore) {
    record(
        store,
        &[json!({"type":"operation","kind":"MERGE","id":"O","startedAt":minute(1).to_string(),
            "at":minute(9).to_string(),
            "inputs":[{"lot":"A","quantity":"0.10","unit":"KGM","at":minute(4).to_string()},{"lot":"A"}],
            "outputs":[{"lot":"B","quantity":"7","unit":"EA"}]})],
    )
    .await;
    let pages = store.edges(&of(&["A", "B"], Role::ALL, 9)).await.unwrap();
    let [unmeasured, measured] = &pages[0].edges[..] else { panic!("{pages:?}") };
    assert_eq!((unmeasured.key.position, &unmeasured.quantity), (1, &None));
    assert_eq!((unmeasured.key.earliest, unmeasured.latest), (minute(1), minute(9)));
    assert_eq!((measured.key.earliest, measured.latest), (minute(4), minute(4)));
    assert_eq!(measured.quantity.as_ref().map(ToString::to_string), Some("0.1 KGM".to_owned()));
    assert_eq!(measured.kind, OperationKind::Merge);
    assert_eq!(pages[1].edges[0].quantity.as_ref().map(ToString::to_string), Some("7 EA".to_owned()));
}

pub async fn limits_refuse(store: &AnyStore) {
    assert_limit(store.edges(&of(&["A"], Role::ALL, store.limits().page_max + 1)).await);
    let mut many = of(&[], Role::ALL, 1);
    many.lots = vec![lot_id("A"); store.limits().refs_max + 1];
    assert_limit(store.edges(&many).await);
}
