//! Plans, from the real server: what hot reads must and must not do.

use lotgraph::domain::Event;
use lotgraph::store::Store;
use lotgraph::store::neo4j::{Bound, statements};

use super::empty_store;
use crate::support::events::{batch, plant};
use crate::support::servers;

/// Statements that walk a whole index or label on purpose, because they count.
const COUNTS: &str = "read/count_";

async fn explain(client: &reqwest::Client, text: String) -> String {
    let answer = client.post(servers::explain()).body(text).send().await.unwrap();
    let good = answer.status().is_success();
    let plan = answer.text().await.unwrap();
    assert!(good, "{plan}");
    plan
}

/// Enough of a plant that no statistic is zero: the planner treats an empty database in its own way.
fn plant_of(chains: usize) -> Vec<Event> {
    let mut text = String::new();
    for n in 0..chains {
        text.push_str(&format!("-> R{n}; R{n} -> P{n}; P{n} -> F{n}; ~ F{n}; F{n} ->;"));
    }
    plant(&text)
}

#[tokio::test]
async fn statements_are_accepted_and_planned_as_intended() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    store.commit(&batch(plant_of(200))).await.unwrap();
    let client = reqwest::Client::new();
    for statement in statements() {
        let plan = explain(&client, statement.text.to_owned()).await;
        let (name, context) = (statement.name, format!("{}\n{plan}", statement.name));
        if name.starts_with("schema/") {
            continue;
        }
        for bad in ["AllNodesScan", "CartesianProduct", "RelationshipTypeScan"] {
            assert!(!plan.contains(bad), "{bad} in {context}");
        }
        assert!(!plan.contains("NodeByLabelScan"), "a label scan in {context}");
        if !name.starts_with(COUNTS) {
            assert!(!plan.contains("NodeIndexScan"), "a walk along a whole index in {context}");
        }
        let unrelated = ["01N52", "01N50", "01N51"];
        let warned =
            plan.lines().any(|l| l.starts_with('!') && !unrelated.iter().any(|code| l.contains(code)));
        assert!(!warned, "the server warns about {context}");
    }
}

#[tokio::test]
async fn closures_prune_from_a_seek_at_every_bound() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    store.commit(&batch(plant_of(200))).await.unwrap();
    let client = reqwest::Client::new();
    for name in ["read/closure_forward", "read/closure_backward"] {
        let statement = statements().iter().find(|statement| statement.name == name).unwrap();
        let steps = Bound::STEPS.into_iter().map(Bound::Edges).chain([Bound::None]);
        for bound in steps {
            let plan = explain(&client, statement.bounded(bound).into_owned()).await;
            assert!(plan.contains("VarLengthExpand(Pruning,BFS,All)"), "{bound:?}: {plan}");
            assert!(plan.contains("NodeUniqueIndexSeek | UNIQUE s:Lot(id)"), "{bound:?}: {plan}");
            if let Bound::Edges(edges) = bound {
                assert!(plan.contains(&format!("PRODUCED*0..{edges}]")), "{bound:?}: {plan}");
            }
        }
    }
}

#[tokio::test]
async fn pages_follow_an_index_instead_of_sorting() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    store.commit(&batch(plant_of(200))).await.unwrap();
    let client = reqwest::Client::new();
    let ordered = ["read/find_lots", "read/find_operations", "read/find_masters", "read/read_changes"];
    for name in ordered {
        let statement = statements().iter().find(|statement| statement.name == name).unwrap();
        let plan = explain(&client, statement.text.to_owned()).await;
        let sorts =
            plan.lines().any(|l| ["Sort", "Top ", "PartialTop"].iter().any(|o| l.trim().starts_with(o)));
        assert!(!sorts, "{name} sorts: {plan}");
        assert!(plan.contains("Limit"), "{name} has no limit: {plan}");
    }
}
