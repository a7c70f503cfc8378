//! A small dairy whose silo is filled twice: a good delivery goes in first, then a bad one.

use lotgraph::cli::app::scratch_stores;
use lotgraph::service::Questions;
use lotgraph::service::as_of::{AsOfLimits, History};
use lotgraph::service::recall::{Recalls, ScopeAnswer};
use lotgraph::service::trace::TraceLimits;
use serde_json::{Value, json};

use crate::support::events::tester;
use crate::support::events::{batch, event, minute};
use crate::support::service::Service;
use crate::support::stores::Fresh;

/// Minute `n` as events write it.
pub fn at(n: i64) -> String {
    minute(n).to_string()
}

fn step(id: &str, name: &str, minute: i64, inputs: Value, outputs: Value, more: Value) -> Value {
    let mut step = json!({"type": "operation", "kind": "PRODUCE", "id": id, "name": name, "at": at(minute),
        "inputs": inputs, "outputs": outputs});
    for (name, value) in more.as_object().unwrap() {
        step[name] = value.clone();
    }
    step
}

fn kilograms(lot: &str, amount: &str) -> Value {
    json!([{"lot": lot, "quantity": amount, "unit": "KGM"}])
}

fn cups(lot: &str, amount: &str) -> Value {
    json!([{"lot": lot, "material": "YOG", "quantity": amount, "unit": "EA"}])
}

fn fill(
    id: &str,
    minute: i64,
    drawn: &str,
    cup: (&str, &str),
    filler: &str,
    who: (&str, &str),
    heat: &str,
) -> Value {
    let more = json!({"equipment": [filler], "operators": [who.0], "shift": who.1,
        "parameters": [{"name": "temperature", "value": heat, "unit": "CEL"}]});
    step(id, "FILL", minute, kilograms("SILO", drawn), cups(cup.0, cup.1), more)
}

/// The master data.
pub fn masters() -> Vec<Value> {
    vec![
        json!({"type": "material", "code": "MILK", "unit": "KGM"}),
        json!({"type": "material", "code": "YOG", "unit": "EA", "conversions": [{"unit": "BX", "factor": "12"}]}),
        json!({"type": "equipment", "code": "LINE-1", "parent": "SITE"}),
        json!({"type": "equipment", "code": "FILLER-1", "parent": "LINE-1"}),
        json!({"type": "equipment", "code": "LABELLER", "parent": "LINE-1"}),
        json!({"type": "equipment", "code": "FILLER-2", "parent": "LINE-2"}),
        // Master data may go in circles.
        json!({"type": "equipment", "code": "SITE", "parent": "LINE-1"}),
    ]
}

/// What happens until the cups stand in the store room.
pub fn making() -> Vec<Value> {
    let receive = |id: &str, minute: i64, supplier: &str, lot: &str, amount: &str, number: &str| {
        json!({"type": "receive", "id": id, "at": at(minute), "supplier": supplier, "outputs":
            [{"lot": lot, "material": "MILK", "quantity": amount, "unit": "KGM", "supplierLot": number}]})
    };
    let silo = |amount: &str| json!([{"lot": "SILO", "material": "MIX", "quantity": amount, "unit": "KGM"}]);
    vec![
        receive("R-1", 0, "FARM-1", "MILK-A", "100", "F1"),
        step("O-1", "TRANSFER", 5, kilograms("MILK-A", "100"), silo("100"), json!({})),
        fill("O-2", 10, "40", ("YOG-1", "120"), "FILLER-1", ("ANN", "S1"), "72"),
        receive("R-2", 15, "FARM-2", "MILK-B", "60", "F2"),
        step("O-3", "TRANSFER", 20, kilograms("MILK-B", "60"), silo("60"), json!({})),
        fill("O-4", 30, "50", ("YOG-2", "150"), "FILLER-2", ("BOB", "S2"), "65"),
        fill("O-5", 40, "20", ("YOG-3", "60"), "FILLER-1", ("ANN", "S2"), "73.5"),
        json!({"type": "operation", "kind": "PROCESS", "id": "P-1", "name": "LABEL", "at": at(45),
            "lots": ["YOG-3"], "equipment": ["LABELLER"], "operators": ["CAT"],
            "parameters": [{"name": "temperature", "value": "cold"}]}),
    ]
}

/// What leaves.
pub fn leaving() -> Vec<Value> {
    let ship = |id: &str, minute: i64, customer: &str, document: &str, inputs: Value| json!({"type": "ship", "id": id, "at": at(minute), "customer": customer, "document": document, "inputs": inputs});
    vec![
        ship("S-1", 50, "SHOP-1", "SO-1", json!([{"lot": "YOG-1", "quantity": "120", "unit": "EA"}])),
        ship("S-2", 51, "SHOP-1", "SO-2", json!([{"lot": "YOG-2", "quantity": "5", "unit": "BX"}])),
        ship(
            "S-3",
            52,
            "SHOP-2",
            "SO-3",
            json!([{"lot": "YOG-2", "quantity": "40", "unit": "EA"},
            {"lot": "YOG-3", "quantity": "10", "unit": "EA"}]),
        ),
        json!({"type": "scrap", "id": "X-1", "at": at(53), "reason": "leaking",
            "inputs": [{"lot": "YOG-2", "quantity": "20", "unit": "EA"}]}),
    ]
}

/// Everything.
pub fn events() -> Vec<Value> {
    [masters(), making(), leaving()].concat()
}

/// Records events one after the other, as one atomic batch.
pub async fn record(fresh: &Fresh, events: &[Value]) {
    let receipt = fresh.store.commit(&batch(events.iter().map(event).collect())).await.unwrap();
    assert!(receipt.applied, "{receipt:?}");
}

/// Recalls over a store.
pub fn recalls(fresh: &Fresh) -> Recalls {
    let (store, limits) = (fresh.store.clone(), TraceLimits::default());
    let history = History::new(store.clone(), scratch_stores(), AsOfLimits::default(), limits);
    Recalls::new(Questions::over(store, limits), history)
}

/// Asks for a scope given as JSON.
pub async fn ask(fresh: &Fresh, scope: Value) -> std::sync::Arc<ScopeAnswer> {
    let scope = lotgraph::format::recall::parse_scope(&scope).unwrap();
    recalls(fresh).scope(&tester(), &scope, None).await.unwrap()
}

/// The seeds in short: `LOT@MINUTE`, or `LOT` for one that is bad always.
pub fn seeds(answer: &ScopeAnswer) -> Vec<String> {
    let minutes = |moment: lotgraph::domain::Timestamp| (moment.micros() - minute(0).micros()) / 60_000_000;
    let seeds = answer.seeds.iter().map(|seed| match seed.since {
        Some(since) => format!("{}@{}", seed.lot, minutes(since)),
        None => seed.lot.to_string(),
    });
    seeds.collect()
}

/// The affected lots in short, in their order: `LOT DEPTH`.
pub fn lots(answer: &ScopeAnswer) -> Vec<String> {
    let lots = answer.scope.lots.iter();
    lots.map(|lot| format!("{} {}", answer.lot_id(lot.lot), lot.depth)).collect()
}

/// The API over the whole plant.
pub async fn service() -> Service {
    let service = Service::empty().await;
    let lines: Vec<String> = events().iter().map(Value::to_string).collect();
    let response = service.post_events(&lines.join("\n")).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    service
}

/// The scope of the bad delivery.
pub fn bad_delivery() -> Value {
    json!({"causes": [{"supplier": "FARM-2"}]})
}
