//! What the conformance suite cannot ask of every store: races of schema, unknown outcomes, servers that are away.

use std::time::{Duration, Instant};

use lotgraph::domain::{LotId, NodeRef};
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore};
use lotgraph::store::{
    Closure, Direction, Ledger, LedgerPosition, Reader, Revision, Status, StoreErrorKind, Subgraph,
};

use super::{connect, empty_store};
use crate::support::events::{batch, event, plant};
use crate::support::servers;

fn closure(seeds: &[&str], direction: Direction) -> Closure {
    Closure {
        seeds: seeds.iter().map(|seed| LotId::parse(seed).unwrap()).collect(),
        direction,
        max_depth: None,
        nodes_max: 100_000,
        deadline: Duration::from_secs(20),
        skip_cache: false,
        at: None,
    }
}

/// `id@hops` of lots, then of operations, in the subgraph's order.
fn reached(subgraph: &Subgraph) -> String {
    let lots = subgraph.lots.iter().map(|lot| format!("{}@{}", lot.id, lot.hops));
    let operations = subgraph.operations.iter().map(|o| format!("{}@{}", o.id, o.hops));
    lots.chain(operations).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn two_services_may_prepare_at_once() {
    let (uri, _turn) = servers::neo4j().await;
    empty_store(&uri).await;
    let stores = [connect(&uri).await, connect(&uri).await, connect(&uri).await];
    let [first, second, third] = &stores;
    let (a, b, c) = tokio::join!(first.prepare(), second.prepare(), third.prepare());
    a.and(b).and(c).unwrap();
    assert_eq!(first.revision().await.unwrap(), Revision(0));
    assert_eq!(first.identity().await.unwrap(), second.identity().await.unwrap());
}

#[tokio::test]
async fn a_closure_is_one_statement_whatever_its_seeds_and_its_depth() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    let deep: String = (0..60).map(|n| format!("D{n} -> D{};", n + 1)).collect();
    let wide: String = (0..200).map(|n| format!("W{n} -> TANK; ~ W{n};")).collect();
    store.commit(&batch(plant(&format!("{deep}{wide}TANK -> P")))).await.unwrap();
    store.revision().await.unwrap();
    let wide: Vec<String> = (0..200).map(|n| format!("W{n}")).collect();
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    for seeds in [&["D0"][..], &["D0", "D1", "D2", "D3", "D4"], &wide] {
        for max_depth in [None, Some(3)] {
            let before = store.statements();
            store.closure(&Closure { max_depth, ..closure(seeds, Direction::Forward) }).await.unwrap();
            assert_eq!(store.statements() - before, 1, "{} seeds to {max_depth:?}", seeds.len());
        }
    }
}

#[tokio::test]
async fn a_ladder_of_diamonds_costs_what_it_reaches() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    let rungs = 40;
    let text: String = (0..rungs)
        .map(|n| {
            let next = n + 1;
            format!("A{n} -> B{n} C{n}; B{n} -> A{next}; C{n} -> A{next};")
        })
        .collect();
    store.commit(&batch(plant(&text))).await.unwrap();
    for (seed, direction) in [("A0", Direction::Forward), ("A40", Direction::Backward)] {
        let subgraph = store.closure(&closure(&[seed], direction)).await.unwrap();
        assert_eq!(subgraph.lots.len(), 3 * rungs + 1);
        assert_eq!(subgraph.operations.len(), 3 * rungs);
        assert_eq!(subgraph.links.len(), 7 * rungs);
        assert_eq!(subgraph.cut, None);
    }
}

#[tokio::test]
async fn few_and_many_seeds_give_the_same_answer() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    // Six deliveries into one tank, a cycle of rework, work in place at every end, and a lot beside all that.
    let mut text = String::from("T -> X; X -> Y; Y -> X; ~ X; ~ Y; Y ->; ~ T; -> Z;");
    text.extend((0..6).map(|n| format!("D{n}@{}: -> D{n}; F{n}@{}: D{n} -> T;", n + 50, n + 60)));
    store.commit(&batch(plant(&text))).await.unwrap();
    let seeds = ["D0", "D1", "D2", "D3", "D4", "D5", "GONE"];
    for direction in [Direction::Forward, Direction::Backward] {
        for (max_depth, nodes_max) in
            [(None, 1_000), (Some(1), 1_000), (Some(2), 1_000), (None, 9), (None, 15)]
        {
            let ask = |seeds: &[&str]| Closure { max_depth, nodes_max, ..closure(seeds, direction) };
            let many = store.closure(&ask(&seeds)).await.unwrap();
            assert_eq!(many.unknown_seeds.len(), 1, "{many:?}");
            // The same again through the statement for few seeds, by a lot that leads to all of it.
            let few = store.closure(&ask(&["X", "Y", "T"])).await.unwrap();
            let wide = store.closure(&ask(&["X", "Y", "T", "X1", "X2", "X3", "X4"])).await.unwrap();
            assert_eq!(
                (few.lots, few.operations, few.links, few.cut),
                (wide.lots, wide.operations, wide.links, wide.cut)
            );
            assert!(many.lots.len() + many.operations.len() <= nodes_max as usize);
        }
    }
    let few = store.closure(&closure(&["D0"], Direction::Forward)).await.unwrap();
    assert_eq!(reached(&few), "D0@0 T@2 X@4 Y@6 F0@1 O1@3 O7@3 O2@5 O4@5 O3@7 O5@7 O6@7");
    let one_step = Closure { max_depth: Some(1), ..closure(&["D0"], Direction::Forward) };
    let bounded = store.closure(&one_step).await.unwrap();
    assert_eq!(reached(&bounded), "D0@0 T@2 F0@1 O7@3");
    assert!(bounded.lots[1].leads_on && !bounded.lots[0].leads_on);
}

#[tokio::test]
async fn at_the_depth_limit_links_inside_the_answer_are_told_from_those_that_leave_it() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    // B is as far as one operation goes, and is drawn both by P, reached from A itself, and by W, which is not.
    let text = "P@1: A B -> C; Q@2: A -> B; W@3: B -> D; X@4: E -> F; Y@5: E G -> F; Z@6: H -> G";
    store.commit(&batch(plant(text))).await.unwrap();
    let answers = [
        ("A", Direction::Forward, "A@0 B@2 C@2 P@1 Q@1", vec!["B"], 5),
        ("C", Direction::Backward, "C@0 A@2 B@2 P@1", vec!["B"], 3),
        ("F", Direction::Backward, "F@0 E@2 G@2 X@1 Y@1", vec!["G"], 5),
    ];
    for (seed, direction, nodes, leads_on, links) in answers {
        for more in [vec![], vec!["N1", "N2", "N3", "N4", "N5"]] {
            let seeds: Vec<&str> = std::iter::once(seed).chain(more).collect();
            let ask = Closure { max_depth: Some(1), ..closure(&seeds, direction) };
            let subgraph = store.closure(&ask).await.unwrap();
            assert_eq!(reached(&subgraph), nodes);
            let on: Vec<&str> = subgraph.lots.iter().filter(|l| l.leads_on).map(|l| l.id.as_str()).collect();
            assert_eq!((on, subgraph.links.len()), (leads_on.clone(), links), "{subgraph:?}");
        }
    }
}

#[tokio::test]
async fn a_commit_with_an_unknown_outcome_is_told_apart_from_a_duplicate() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    let first = batch(plant("-> A; A -> B"));
    let receipt = store.commit(&first).await.unwrap();
    assert_eq!(receipt.revision, Revision(1));
    let again = store.commit(&first).await.unwrap();
    let answer =
        |receipt: &lotgraph::store::Receipt| (receipt.revision, receipt.applied, receipt.outcomes.clone());
    assert_eq!(answer(&again), answer(&receipt), "the same attempt is answered as it was");
    assert!(again.changes.is_empty(), "and changed nothing more");
    let other = store.commit(&batch(plant("-> A; A -> B"))).await.unwrap();
    assert!(other.outcomes.iter().all(|outcome| outcome.status == Status::Duplicate));
    assert_eq!(other.revision, Revision(1));
}

#[tokio::test]
async fn writers_of_several_services_take_turns() {
    let (uri, _turn) = servers::neo4j().await;
    let first = empty_store(&uri).await;
    let second = connect(&uri).await;
    let plants: Vec<_> = (0..10).map(|n| batch(plant(&format!("R{n}@1: -> T; S{n}@2: T -> S{n}")))).collect();
    let (left, right) = plants.split_at(5);
    let write = async |store: &Neo4jStore, batches: &[lotgraph::store::Batch]| {
        for batch in batches {
            assert!(store.commit(batch).await.unwrap().applied);
        }
    };
    tokio::join!(write(&first, left), write(&second, right));
    assert_eq!(first.revision().await.unwrap(), Revision(10));
    let page = second.changes(LedgerPosition::default(), 100).await.unwrap();
    let positions: Vec<_> = page.entries.iter().map(|e| (e.position.revision.0, e.position.index)).collect();
    let expected: Vec<_> = (1..=10).flat_map(|revision| [(revision, 1), (revision, 2)]).collect();
    assert_eq!((positions, page.more), (expected, false));
    let lot = first.get(&[NodeRef::Lot(LotId::parse("T").unwrap())]).await.unwrap().remove(0).unwrap();
    let lotgraph::domain::Node::Lot(lot) = lot else { panic!("{lot:?}") };
    assert_eq!((lot.received.count, lot.consumed.count), (10, 10), "no update is lost");
}

#[tokio::test]
async fn a_void_takes_every_edge_away_and_the_node_stays() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    store.commit(&batch(plant("-> A; A -> B; -> B; B -> C"))).await.unwrap();
    let void = event(&serde_json::json!({"type": "void", "id": "V", "event": "O2", "reason": "wrong lot"}));
    store.commit(&batch(vec![void])).await.unwrap();
    let subgraph = store.closure(&closure(&["A"], Direction::Forward)).await.unwrap();
    assert_eq!(reached(&subgraph), "A@0");
    let subgraph = store.closure(&closure(&["C"], Direction::Backward)).await.unwrap();
    assert_eq!(reached(&subgraph), "C@0 B@2 O4@1 O3@3");
    assert_eq!(subgraph.lots[1].earliest_production, Some(crate::support::events::minute(3)));
}

#[tokio::test]
async fn a_server_that_is_away_is_said_to_be_so_soon() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let store = connect(&format!("neo4j://{nobody}")).await;
    let start = Instant::now();
    let error = store.ready().await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
    let error = store.closure(&closure(&["A"], Direction::Forward)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
    let error = store.commit(&batch(plant("-> A"))).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error:?}");
    assert!(error.retryable());
    // Not a measurement: the driver alone would try for minutes.
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_deadline_stops_the_read_and_gives_no_part_of_it() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    store.commit(&batch(plant("-> A; A -> B"))).await.unwrap();
    let hasty = Closure { deadline: Duration::ZERO, ..closure(&["A"], Direction::Forward) };
    assert_eq!(store.closure(&hasty).await.unwrap_err().kind, StoreErrorKind::Timeout);
    let late = Neo4jOptions { uri, query_timeout: Duration::ZERO, ..Neo4jOptions::default() };
    let late = Neo4jStore::connect(&late).await.unwrap();
    assert_eq!(late.revision().await.unwrap_err().kind, StoreErrorKind::Timeout);
}
