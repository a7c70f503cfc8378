//! The structural closure under limits: where it is cut, and that it says so.

use std::time::Duration;

use lotgraph::genealogy::subgraph::Cut;
use lotgraph::store::{Direction, Revision, StoreErrorKind, Subgraph};

use super::ask::{AnyStore, assert_limit, build, links_of, lots_of, operations_of, question};

async fn to_depth(store: &AnyStore, seed: &str, direction: Direction, depth: u32) -> Subgraph {
    let mut query = question(&[seed], direction);
    query.max_depth = Some(depth);
    store.closure(&query).await.unwrap()
}

async fn to_nodes(store: &AnyStore, seeds: &[&str], nodes: u32) -> Subgraph {
    let mut query = question(seeds, Direction::Forward);
    query.nodes_max = nodes;
    store.closure(&query).await.unwrap()
}

const CHAIN: &str = "-> A; A -> B X; B -> C; C -> D; ~ B; ~ C; X ->";

pub async fn depth_stops_and_says_where(store: &AnyStore) {
    build(store, CHAIN).await;
    let got = to_depth(store, "A", Direction::Forward, 1).await;
    assert_eq!(lots_of(&got), "A/0 B/2* X/2*");
    assert_eq!(operations_of(&got), "O2/1 O5/3", "work on a lot at the limit is listed with it");
    assert_eq!((links_of(&got).as_str(), got.cut), ("A>O2 O2>B O2>X#1 B~O5", Some(Cut::Depth)));
    let got = to_depth(store, "A", Direction::Forward, 2).await;
    assert_eq!(lots_of(&got), "A/0 B/2 X/2 C/4*");
    assert_eq!(operations_of(&got), "O2/1 O3/3 O5/3 O7/3 O6/5");
    let got = to_depth(store, "D", Direction::Backward, 2).await;
    assert_eq!((lots_of(&got).as_str(), got.cut), ("D/0 C/2 B/4*", Some(Cut::Depth)));
}

pub async fn depth_zero_is_the_seeds_and_work_on_them(store: &AnyStore) {
    build(store, CHAIN).await;
    let got = to_depth(store, "B", Direction::Forward, 0).await;
    assert_eq!((lots_of(&got), operations_of(&got)), ("B/0*".to_owned(), "O5/1".to_owned()));
    let got = to_depth(store, "D", Direction::Forward, 0).await;
    assert_eq!((lots_of(&got).as_str(), got.operations.len(), got.cut), ("D/0", 0, None));
}

pub async fn depth_keeps_links_between_its_nodes(store: &AnyStore) {
    // B at the limit goes back into O2, which is inside: that link is there, and B does not lead on by it.
    build(store, "-> A; A B -> B; A -> C; C -> D").await;
    let got = to_depth(store, "A", Direction::Forward, 1).await;
    assert_eq!(lots_of(&got), "A/0 B/2 C/2*");
    assert_eq!(links_of(&got), "A>O2 B>O2#1 O2>B A>O3 O3>C");
}

pub async fn depth_that_suffices_cuts_nothing(store: &AnyStore) {
    build(store, CHAIN).await;
    for depth in [3, 4, 1_000, u32::MAX] {
        let got = to_depth(store, "A", Direction::Forward, depth).await;
        assert_eq!((lots_of(&got).as_str(), got.cut), ("A/0 B/2 X/2 C/4 D/6", None));
    }
}

pub async fn nodes_are_cut_in_order(store: &AnyStore) {
    // In (hops, id) order: A | O2 O3 | B C D E | O4 O5 | F G.
    build(store, "-> A; A -> E B; A -> D C; B -> F; E -> G").await;
    let cut = async |nodes| {
        let got = to_nodes(store, &["A"], nodes).await;
        assert_eq!(got.cut, Some(Cut::Nodes));
        assert_eq!((got.lots.len() + got.operations.len()) as u32, nodes);
        (lots_of(&got), operations_of(&got), links_of(&got))
    };
    let all = |lots: &str, operations: &str, links: &str| {
        (lots.to_owned(), operations.to_owned(), links.to_owned())
    };
    assert_eq!(cut(0).await, all("", "", ""));
    assert_eq!(cut(1).await, all("A/0*", "", ""));
    assert_eq!(cut(2).await, all("A/0*", "O2/1", "A>O2"));
    assert_eq!(cut(3).await, all("A/0", "O2/1 O3/1", "A>O2 A>O3"));
    assert_eq!(cut(5).await, all("A/0 B/2* C/2", "O2/1 O3/1", "A>O2 O2>B#1 A>O3 O3>C#1"));
    assert_eq!(cut(7).await, all("A/0 B/2* C/2 D/2 E/2*", "O2/1 O3/1", "A>O2 O2>E O2>B#1 A>O3 O3>D O3>C#1"));
    assert_eq!(cut(8).await.1, "O2/1 O3/1 O4/3");
    assert_eq!(cut(9).await.0, "A/0 B/2 C/2 D/2 E/2");
    assert_eq!(cut(10).await.0, "A/0 B/2 C/2 D/2 E/2 F/4");
}

pub async fn nodes_are_cut_among_seeds(store: &AnyStore) {
    build(store, "-> C B A; A -> D").await;
    let got = to_nodes(store, &["C", "A", "B"], 2).await;
    assert_eq!((lots_of(&got).as_str(), got.operations.len()), ("A/0* B/0", 0));
    assert_eq!(got.cut, Some(Cut::Nodes));
}

pub async fn nodes_that_just_suffice_cut_nothing(store: &AnyStore) {
    build(store, "-> A; A -> B; B -> A").await;
    let got = to_nodes(store, &["A"], 4).await;
    assert_eq!((got.lots.len(), got.operations.len(), got.cut), (2, 2, None));
    let got = to_nodes(store, &["A"], 3).await;
    assert_eq!((lots_of(&got).as_str(), got.cut), ("A/0 B/2*", Some(Cut::Nodes)));
    // Both limits at once: the node limit is the one named.
    let mut query = question(&["A"], Direction::Forward);
    (query.nodes_max, query.max_depth) = (2, Some(1));
    let got = store.closure(&query).await.unwrap();
    assert_eq!((lots_of(&got).as_str(), got.cut), ("A/0", Some(Cut::Nodes)));
}

pub async fn a_stale_revision_is_refused(store: &AnyStore) {
    build(store, "-> A").await;
    let at = |revision| {
        let mut query = question(&["A"], Direction::Forward);
        // A cache may keep an older answer; this question is about the store.
        (query.at, query.skip_cache) = (Some(Revision(revision)), true);
        query
    };
    assert_eq!(store.closure(&at(1)).await.unwrap().revision, Revision(1));
    assert_eq!(store.closure(&at(2)).await.unwrap_err().kind, StoreErrorKind::Stale);
    build(store, "X@3:A ->").await;
    assert_eq!(store.closure(&at(1)).await.unwrap_err().kind, StoreErrorKind::Stale);
    assert_eq!(store.closure(&at(2)).await.unwrap().operations.len(), 1);
}

pub async fn a_passed_deadline_is_a_timeout(store: &AnyStore) {
    build(store, "-> A; A -> B").await;
    let mut query = question(&["A"], Direction::Forward);
    (query.deadline, query.skip_cache) = (Duration::ZERO, true);
    assert_eq!(store.closure(&query).await.unwrap_err().kind, StoreErrorKind::Timeout);
}

pub async fn limits_refuse(store: &AnyStore) {
    let limits = store.limits();
    let many: Vec<String> = (0..=limits.seeds_max).map(|n| format!("L{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_limit(store.closure(&question(&many, Direction::Forward)).await);
    let mut query = question(&["A"], Direction::Backward);
    query.nodes_max = limits.nodes_max + 1;
    assert_limit(store.closure(&query).await);
}
