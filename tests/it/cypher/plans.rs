//! Plans, from the real server: what hot reads must and must not do.

use lotgraph::domain::Event;
use lotgraph::store::Ledger;
use lotgraph::store::neo4j::statements;
use serde_json::json;

use super::empty_store;
use crate::support::events::{batch, event, plant};
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

/// Whether a plan multiplies anything but two unique seeks, which is one row by one row.
fn multiplies(plan: &str) -> bool {
    let lines: Vec<&str> = plan.lines().map(str::trim).collect();
    let seeks = |line: Option<&&str>| line.is_some_and(|line| line.starts_with("NodeUniqueIndexSeek"));
    let products = lines.iter().enumerate().filter(|(_, line)| line.starts_with("CartesianProduct"));
    products.into_iter().any(|(n, _)| !seeks(lines.get(n + 1)) || !seeks(lines.get(n + 2)))
}

/// What is wrong with the plan of a statement.
fn faults_of(name: &str, plan: &str) -> Vec<&'static str> {
    let mut faults = Vec::new();
    if name.starts_with("schema/") {
        return faults;
    }
    for bad in ["AllNodesScan", "NodeByLabelScan", "RelationshipTypeScan"] {
        if plan.contains(bad) {
            faults.push(bad);
        }
    }
    if plan.contains("NodeIndexScan") && !name.starts_with(COUNTS) {
        faults.push("a walk along a whole index");
    }
    if multiplies(plan) {
        faults.push("a product of more than two seeks");
    }
    if plan.lines().any(|line| line.starts_with('!')) {
        faults.push("a warning of the server");
    }
    faults
}

/// Enough of a plant that no statistic is zero: the planner treats an empty database in its own way.
fn plant_of(chains: usize) -> Vec<Event> {
    let mut text = String::new();
    for n in 0..chains {
        text.push_str(&format!("-> R{n}; R{n} -> P{n}; P{n} -> F{n}; ~ F{n}; F{n} ->;"));
    }
    let mut events = plant(&text);
    // One of everything else, so that every label, type and property exists: the server warns about unknown ones.
    let rest = [
        json!({"type": "material", "code": "M", "name": "m", "unit": "EA", "class": "RAW"}),
        json!({"type": "equipment", "code": "E", "name": "e", "parent": "LINE"}),
        json!({"type": "party", "code": "P", "name": "p", "roles": ["SUPPLIER", "CUSTOMER"]}),
        json!({"type": "receive", "id": "RX", "at": "2026-01-05T06:10:00Z", "supplier": "P", "outputs": [
            {"lot": "X", "material": "M", "quantity": "1", "unit": "EA", "number": "1", "supplierLot": "2"}]}),
        json!({"type": "operation", "id": "OX", "name": "n", "kind": "PRODUCE", "at": "2026-01-05T07:10:00Z",
            "inputs": [{"lot": "X"}], "outputs": [{"lot": "Y", "material": "M"}],
            "equipment": ["E"], "operators": ["O"], "shift": "S"}),
        json!({"type": "ship", "id": "SX", "at": "2026-01-05T08:10:00Z", "customer": "P", "inputs": [{"lot": "Y"}]}),
        json!({"type": "scrap", "id": "SC", "at": "2026-01-05T08:10:00Z", "reason": "r", "inputs": [{"lot": "Y"}]}),
        json!({"type": "hold", "id": "H", "at": "2026-01-05T09:10:00Z", "lots": ["Y"], "reason": "r", "category": "c"}),
        json!({"type": "receive", "id": "RZ", "at": "2026-01-05T06:10:00Z", "outputs": [{"lot": "Z", "quantity": "1", "unit": "EA"}]}),
        json!({"type": "ship", "id": "SZ", "at": "2026-01-05T07:10:00Z", "inputs": [{"lot": "Z", "quantity": "5", "unit": "EA"}]}),
        json!({"type": "receive", "id": "RO", "at": "2026-01-05T09:10:00Z", "outputs": [{"lot": "Z", "quantity": "9", "unit": "EA"}]}),
        json!({"type": "ship", "id": "SU", "at": "2026-01-05T08:10:00Z", "inputs": [{"lot": "GHOST"}]}),
        json!({"type": "return", "id": "BX", "at": "2026-01-05T09:10:00Z", "customer": "P", "outputs": [{"lot": "Y"}]}),
        json!({"type": "void", "id": "V", "event": "SC", "reason": "not at all", "replacedBy": "SX"}),
    ];
    events.extend(rest.iter().map(event));
    events
}

#[tokio::test]
async fn statements_are_accepted_and_planned_as_intended() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    store.commit(&batch(plant_of(200))).await.unwrap();
    let client = reqwest::Client::new();
    let mut faults = Vec::new();
    for statement in statements() {
        let plan = explain(&client, statement.text.to_owned()).await;
        let found = faults_of(statement.name, &plan);
        if !found.is_empty() {
            faults.push(format!("{}: {}\n{plan}", statement.name, found.join(", ")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A path of any length would enumerate every walk; the closures prune or go level by level instead.
#[tokio::test]
async fn closures_seek_their_seeds_and_prune_or_expand_a_step_at_a_time() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    store.commit(&batch(plant_of(200))).await.unwrap();
    let client = reqwest::Client::new();
    let closures: Vec<_> = statements().iter().filter(|s| s.name.starts_with("read/closure_")).collect();
    assert_eq!(closures.len(), 6);
    for statement in closures {
        let plan = explain(&client, statement.text.to_owned()).await;
        assert!(plan.contains("NodeUniqueIndexSeek | UNIQUE s:Lot(id)"), "{}: {plan}", statement.name);
        let few = statement.name.ends_with("_from_few");
        assert_eq!(few, plan.contains("VarLengthExpand(Pruning,BFS"), "{}: {plan}", statement.name);
        let mut long = plan.lines().filter(|line| line.contains("VarLengthExpand"));
        let bounded = |line: &str| line.contains("PROCESSED_IN*0..1") || line.contains("(Pruning,BFS");
        assert!(long.all(bounded), "{}: {plan}", statement.name);
        assert!(!plan.contains("ShortestPath"), "{}: {plan}", statement.name);
    }
}

#[tokio::test]
async fn pages_follow_an_index_instead_of_sorting() {
    let (uri, _turn) = servers::neo4j().await;
    let store = empty_store(&uri).await;
    store.commit(&batch(plant_of(200))).await.unwrap();
    let client = reqwest::Client::new();
    let ordered = [
        "read/find_lots",
        "read/find_operations",
        "read/find_operations_at",
        "read/find_masters",
        "read/find_records",
        "read/read_changes",
        "read/read_revision_at",
    ];
    for name in ordered {
        let statement = statements().iter().find(|statement| statement.name == name).unwrap();
        let plan = explain(&client, statement.text.to_owned()).await;
        let sorts =
            plan.lines().any(|l| ["Sort", "Top ", "PartialTop"].iter().any(|o| l.trim().starts_with(o)));
        assert!(!sorts, "{name} sorts: {plan}");
        assert!(plan.contains("Limit"), "{name} has no limit: {plan}");
    }
}
