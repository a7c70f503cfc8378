//! The structural closure: shapes of genealogies.

use lotgraph::domain::OperationKind;
use lotgraph::genealogy::subgraph::Cut;
use lotgraph::store::Direction;
use serde_json::json;

use super::ask::{
    AnyStore, backward, build, forward, links_of, lot_id, lots_of, operations_of, question, record,
};
use crate::support::events::minute;

pub async fn of_a_diamond_visits_each_once(store: &AnyStore) {
    build(store, "-> A; A -> B C; B -> D; C -> E; D E -> F").await;
    let got = forward(store, &["A"]).await;
    assert_eq!(lots_of(&got), "A/0 B/2 C/2 D/4 E/4 F/6");
    assert_eq!(operations_of(&got), "O2/1 O3/3 O4/3 O5/5");
    assert_eq!(links_of(&got), "A>O2 O2>B O2>C#1 B>O3 O3>D C>O4 O4>E D>O5 E>O5#1 O5>F");
    assert_eq!((got.revision.0, got.cut, got.cached, got.direction), (1, None, false, Direction::Forward));
    assert_eq!(got.unknown_seeds, []);
    assert_eq!(got.seeds().collect::<Vec<u32>>(), [0]);
}

pub async fn of_a_ladder_is_linear(store: &AnyStore) {
    // 2^40 paths lead to the end; 82 lots and 80 operations are all there is.
    let mut notation = String::from("S@0:-> A0 B0;");
    for n in 0..40 {
        let m = n + 1;
        notation += &format!("L{n}@{m}:A{n} B{n} -> A{m}; R{n}@{m}:A{n} B{n} -> B{m};");
    }
    build(store, &notation).await;
    let got = forward(store, &["A0"]).await;
    assert_eq!((got.lots.len(), got.operations.len()), (81, 80));
    assert_eq!(got.links.len(), 80 * 3 - 2, "B0 is no seed and not reached");
    assert_eq!(got.lots.last().map(|lot| lot.hops), Some(80));
    let got = backward(store, &["B40"]).await;
    assert_eq!((got.lots.len(), got.operations.len()), (81, 80));
}

pub async fn of_a_cycle_ends(store: &AnyStore) {
    build(store, "-> A; A -> B; B -> A; A -> C").await;
    let expected = "A>O2 O2>B A>O4 O4>C B>O3 O3>A";
    let got = forward(store, &["A"]).await;
    assert_eq!((lots_of(&got).as_str(), links_of(&got).as_str()), ("A/0 B/2 C/2", expected));
    let got = backward(store, &["A"]).await;
    assert_eq!((lots_of(&got), operations_of(&got)), ("A/0 B/2".to_owned(), "O1/1 O3/1 O2/3".to_owned()));
    assert_eq!(links_of(&got), "O1>A B>O3 O3>A A>O2 O2>B");
}

pub async fn of_a_refilled_lot(store: &AnyStore) {
    build(store, "-> M1; -> M2; M1 -> T; T -> P1; M2 T -> T; T -> P2").await;
    let got = forward(store, &["M1"]).await;
    assert_eq!(lots_of(&got), "M1/0 T/2 P1/4 P2/4");
    assert_eq!(links_of(&got), "M1>O3 O3>T T>O4 O4>P1 T>O5#1 O5>T T>O6 O6>P2");
    let got = backward(store, &["P2"]).await;
    assert_eq!(lots_of(&got), "P2/0 T/2 M1/4 M2/4");
    assert_eq!(links_of(&got), "T>O6 O6>P2 M1>O3 O3>T M2>O5 T>O5#1 O5>T O1>M1 O2>M2");
}

pub async fn lists_work_in_place(store: &AnyStore) {
    build(store, "-> A; ~ A B; A -> C; ~ C; ~ B").await;
    let got = forward(store, &["A"]).await;
    assert_eq!(lots_of(&got), "A/0 C/2", "work in place leads nowhere");
    assert_eq!(operations_of(&got), "O2/1 O3/1 O4/3");
    assert_eq!(links_of(&got), "A~O2 A>O3 O3>C C~O4");
    let got = backward(store, &["C"]).await;
    assert_eq!(operations_of(&got), "O3/1 O4/1 O1/3 O2/3");
    assert_eq!(links_of(&got), "A>O3 O3>C C~O4 O1>A A~O2");
}

pub async fn of_several_seeds(store: &AnyStore) {
    build(store, "-> A; A -> B; B -> C; -> X; X C -> D").await;
    // B is reached from A and is a seed all the same: it stays at 0 hops. Order and repetition do not matter.
    let got = forward(store, &["B", "X", "A", "B"]).await;
    assert_eq!(lots_of(&got), "A/0 B/0 X/0 C/2 D/2");
    assert_eq!(operations_of(&got), "O2/1 O3/1 O5/1");
    assert_eq!(links_of(&got), "A>O2 O2>B B>O3 O3>C X>O5 C>O5#1 O5>D");
    assert_eq!(got.seeds().count(), 3);
}

pub async fn of_unknown_seeds(store: &AnyStore) {
    build(store, "-> A; A -> B").await;
    let got = forward(store, &["z", "A", "中", "z", "b"]).await;
    assert_eq!(got.unknown_seeds, [lot_id("z"), lot_id("中"), lot_id("b")], "in the order asked, each once");
    assert_eq!(lots_of(&got), "A/0 B/2");
    let got = forward(store, &["nobody"]).await;
    assert_eq!((got.unknown_seeds.len(), got.lots.len(), got.cut), (1, 0, None));
}

pub async fn of_many_seeds_that_share(store: &AnyStore) {
    // Sixty lots of one delivery, each worked on in place, into one tank, and out of it again.
    let seeds: Vec<String> = (0..60).map(|n| format!("S{n:02}")).collect();
    let mut text = format!("-> R; R -> {};", seeds.join(" "));
    for seed in &seeds {
        text.push_str(&format!("{seed} -> TANK; ~ {seed};"));
    }
    text.push_str("TANK -> P; TANK P -> Q; Q -> TANK");
    build(store, &text).await;
    let names: Vec<&str> = seeds.iter().map(String::as_str).collect();
    let got = forward(store, &names).await;
    let hops = |id: &str| got.lots.iter().find(|lot| lot.id.as_str() == id).map(|lot| lot.hops);
    assert_eq!(got.seeds().count(), 60);
    assert_eq!([hops("TANK"), hops("P"), hops("Q"), hops("R")], [Some(2), Some(4), Some(4), None]);
    assert_eq!((got.lots.len(), got.operations.len()), (63, 60 + 60 + 3));
    let got = backward(store, &names).await;
    assert_eq!((got.lots.len(), got.operations.len()), (61, 60 + 2), "what they come of, and work on them");
    let mut shallow = question(&names, Direction::Forward);
    shallow.max_depth = Some(1);
    let got = store.closure(&shallow).await.unwrap();
    assert_eq!((got.lots.len(), got.cut), (61, Some(Cut::Depth)));
}

pub async fn of_a_very_deep_chain(store: &AnyStore) {
    // Deeper than the first statement of Neo4j walks.
    let depth = 1_100;
    let text: String = (0..depth).map(|n| format!("L{n} -> L{};", n + 1)).collect();
    build(store, &text).await;
    for got in [forward(store, &["L0"]).await, backward(store, &["L1100"]).await] {
        assert_eq!((got.lots.len(), got.operations.len(), got.cut), (depth + 1, depth, None));
        assert_eq!(got.lots.iter().map(|lot| lot.hops).max(), Some(2 * depth as u32));
    }
}

pub async fn of_no_seeds(store: &AnyStore) {
    build(store, "-> A").await;
    let got = forward(store, &[]).await;
    assert_eq!((got.revision.0, got.lots.len(), got.operations.len(), got.cut), (1, 0, 0, None));
}

pub async fn backward_mirrors_forward(store: &AnyStore) {
    build(store, "-> A; -> B; A B -> C; C -> D E; E ->; D A -> F").await;
    let lots = ["A", "B", "C", "D", "E", "F"];
    for x in lots {
        let reached = forward(store, &[x]).await;
        for y in lots {
            let down = reached.lots.iter().any(|lot| lot.id.as_str() == y);
            let up = backward(store, &[y]).await.lots.iter().any(|lot| lot.id.as_str() == x);
            assert_eq!(down, up, "{y} in forward({x}), {x} in backward({y})");
        }
    }
}

pub async fn carries_parallel_links(store: &AnyStore) {
    build(store, "-> A; A A -> B B").await;
    let expected = "A>O2 A>O2#1 O2>B O2>B#1";
    assert_eq!(links_of(&forward(store, &["A"]).await), expected);
    assert_eq!(links_of(&backward(store, &["B"]).await), format!("{expected} O1>A"));
}

pub async fn leaves_voided_operations_out(store: &AnyStore) {
    build(store, "-> A; A -> B; A -> C; ~ A").await;
    record(
        store,
        &[
            json!({"type":"void","id":"V1","event":"O2","reason":"slip"}),
            json!({"type":"void","id":"V2","event":"O4","reason":"slip"}),
        ],
    )
    .await;
    let got = forward(store, &["A"]).await;
    assert_eq!((links_of(&got).as_str(), got.cut), ("A>O3 O3>C", None));
    assert_eq!(lots_of(&backward(store, &["B"]).await), "B/0");
    assert_eq!(got.revision.0, 2);
}

pub async fn carries_what_the_rules_need(store: &AnyStore) {
    record(
        store,
        &[
            json!({"type":"receive","id":"R","at":minute(2).to_string(),"supplier":"FARM",
                "outputs":[{"lot":"A","material":"MILK","quantity":"5.50","unit":"KGM"}]}),
            json!({"type":"receive","id":"R0","at":minute(1).to_string(),"outputs":[{"lot":"B"}]}),
            json!({"type":"operation","kind":"REWORK","id":"O","startedAt":minute(3).to_string(),
                "at":minute(9).to_string(),"inputs":[{"lot":"A","at":minute(4).to_string()}],
                "outputs":[{"lot":"B","quantity":"1","unit":"EA"}]}),
            json!({"type":"ship","id":"S","at":minute(12).to_string(),"customer":"SHOP","inputs":[{"lot":"B"}]}),
        ],
    )
    .await;
    let got = forward(store, &["A"]).await;
    assert_eq!(got.lots[0].material.as_ref().map(AsRef::as_ref), Some("MILK"));
    let earliest: Vec<_> = got.lots.iter().map(|lot| lot.earliest_production).collect();
    assert_eq!(earliest, [Some(minute(2)), Some(minute(1))], "also of productions outside the subgraph");
    let [rework, ship] = &got.operations[..] else { panic!("{got:?}") };
    assert_eq!((rework.kind, rework.start, rework.end), (OperationKind::Rework, minute(3), minute(9)));
    assert_eq!((rework.party.as_ref(), ship.party.as_ref().map(AsRef::as_ref)), (None, Some("SHOP")));
    let moments: Vec<_> = got.links.iter().map(|link| (link.earliest, link.latest)).collect();
    assert_eq!(moments, [(minute(4), minute(4)), (minute(3), minute(9)), (minute(12), minute(12))]);
    let quantities: Vec<String> = got
        .links
        .iter()
        .map(|link| link.quantity.as_ref().map_or(String::new(), ToString::to_string))
        .collect();
    assert_eq!(quantities, ["", "1 EA", ""]);
    let back = backward(store, &["A"]).await;
    assert_eq!(back.operations[0].party.as_ref().map(AsRef::as_ref), Some("FARM"));
}

pub async fn orders_by_code_point_inside_a_level(store: &AnyStore) {
    build(store, "S@0:-> A; 😀@1:A -> é; b@1:A -> \u{FF21}; 中@1:A -> Z; B@1:A -> 😀").await;
    let mut query = question(&["A"], Direction::Forward);
    let got = store.closure(&query).await.unwrap();
    assert_eq!(operations_of(&got), "B/1 b/1 中/1 😀/1");
    assert_eq!(lots_of(&got), "A/0 Z/2 é/2 \u{FF21}/2 😀/2");
    query.nodes_max = 8;
    assert_eq!(lots_of(&store.closure(&query).await.unwrap()), "A/0 Z/2 é/2 \u{FF21}/2");
}
