//! What is asked after names were corrected: every door answers for the lot that is meant, and a void takes it back.

use serde_json::json;

use crate::recall::on_both_stores;
use crate::support::service::Service;
use crate::support::stores::Fresh;

/// `../shared/cases/answers/16-lot-number-corrected.ndjson`, its hidden characters left out: a salt was received under a misread
/// number.
const SALT: &str = r#"{"type":"receive","id":"R-1","at":"2026-01-01T08:00:00Z","supplier":"SUP-1","outputs":[{"lot":"SALT-0O17","material":"SALT","quantity":"50","unit":"KGM","supplierLot":"S-17","attributes":{"grade":"fine"}}]}
{"type":"operation","id":"P-1","kind":"PRODUCE","at":"2026-01-02T08:00:00Z","inputs":[{"lot":"SALT-0017","quantity":"10","unit":"KGM"}],"outputs":[{"lot":"CHIP-1","material":"CHIP","quantity":"100","unit":"KGM"}]}
{"type":"operation","id":"P-2","kind":"PRODUCE","at":"2026-01-03T08:00:00Z","inputs":[{"lot":"salt-0017","quantity":"10","unit":"KGM"}],"outputs":[{"lot":"CHIP-2","material":"CHIP","quantity":"100","unit":"KGM"}]}
{"type":"ship","id":"S-1","at":"2026-01-04T08:00:00Z","customer":"C-1","inputs":[{"lot":"CHIP-1","quantity":"100","unit":"KGM"}]}
{"type":"observe","id":"SEEN-1","at":"2026-01-04T09:00:00Z","lots":["salt-0017"],"equipment":"RACK-1"}"#;

const ALIAS: &str = r#"{"type":"alias","id":"A-1","at":"2026-01-05T08:00:00Z","lot":"SALT-0017","names":["SALT-0O17","salt-0017"],"reason":"misread labels"}"#;

async fn a_recall_finds_what_was_made_under_every_name(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    service.record(SALT).await;
    let scope = "{ recallScope(input: {causes: [{supplier: \"SUP-1\"}]}) { lots { nodes { lot { id } } } lookAlikes { lot { id } } } }";
    let before = service.ask(scope).await;
    assert_eq!(before["recallScope"]["lots"]["nodes"], json!([{"lot": {"id": "SALT-0O17"}}]));
    service.record(ALIAS).await;
    let after = service.ask(scope).await;
    let ids = json!([{"lot": {"id": "SALT-0017"}}, {"lot": {"id": "CHIP-1"}}, {"lot": {"id": "CHIP-2"}}]);
    assert_eq!(after["recallScope"]["lots"]["nodes"], ids);
    assert_eq!(after["recallScope"]["lookAlikes"], json!([]), "a name of a lot is not beside it");
    for name in ["SALT-0017", "SALT-0O17", "salt-0017"] {
        assert_eq!(service.reached(name, "FORWARD").await, ["CHIP-1", "CHIP-2"], "{name}");
        let lot = format!(
            "{{ lot(id: \"{name}\") {{ id supplierLot attributes {{ name value }} aliases {{ name event }} sightingCount
                balance {{ received consumed onHand }} }} resolve(code: \"{name}\") {{ id }} }}"
        );
        let answer = service.ask(&lot).await;
        let wanted = json!({"id": "SALT-0017", "supplierLot": "S-17", "attributes": [{"name": "grade", "value": "fine"}],
            "aliases": [{"name": "SALT-0O17", "event": "A-1"}, {"name": "salt-0017", "event": "A-1"}], "sightingCount": 1,
            "balance": {"received": "50", "consumed": "20", "onHand": "30"}});
        assert_eq!(answer["lot"], wanted, "{name}");
        assert_eq!(answer["resolve"], json!([{"id": "SALT-0017"}]), "{name}");
    }
    assert_eq!(service.reached("CHIP-2", "BACKWARD").await, ["SALT-0017"]);
    let all = service.ask("{ lots { totalCount nodes { id } } }").await;
    let lots = json!({"totalCount": 3, "nodes": [{"id": "CHIP-1"}, {"id": "CHIP-2"}, {"id": "SALT-0017"}]});
    assert_eq!(all["lots"], lots, "names are no lots of their own");
    let found = service.ask("{ lots(filter: {text: \"s-17\"}) { nodes { id } } }").await;
    assert_eq!(found["lots"]["nodes"], json!([{"id": "SALT-0017"}]), "found by the number that a name bears");
    let balance = service.ask("{ massBalance(lots: [\"SALT-0017\", \"SALT-0O17\"]) { lotCount } }").await;
    assert_eq!(balance["massBalance"]["lotCount"], 1, "one lot counts once");
}

async fn later_events_under_a_name_are_the_lots(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    service.record(SALT).await;
    service.record(ALIAS).await;
    service.record(r#"{"type":"operation","id":"P-3","kind":"PRODUCE","at":"2026-01-06T08:00:00Z","inputs":[{"lot":"SALT-0O17","quantity":"5","unit":"KGM"}],"outputs":[{"lot":"CHIP-3","material":"CHIP","quantity":"50","unit":"KGM"}]}"#,
    )
    .await;
    assert_eq!(service.reached("SALT-0017", "FORWARD").await, ["CHIP-1", "CHIP-2", "CHIP-3"]);
    let operation = service
        .ask("{ operation(id: \"P-3\") { inputs { nodes { lot { id } } } renamed { number lot } } }")
        .await;
    let said = json!({"inputs": {"nodes": [{"lot": {"id": "SALT-0017"}}]}, "renamed": [{"number": "SALT-0O17", "lot": "SALT-0017"}]});
    assert_eq!(operation["operation"], said);
    // The number that the name bears is the lot's.
    service.record(r#"{"type":"operation","id":"P-4","kind":"PRODUCE","at":"2026-01-07T08:00:00Z","resolve":true,"inputs":[{"lot":"S-17","quantity":"5","unit":"KGM"}],"outputs":[{"lot":"CHIP-4","material":"CHIP","quantity":"50","unit":"KGM"}]}"#,
    )
    .await;
    assert_eq!(service.reached("SALT-0O17", "FORWARD").await, ["CHIP-1", "CHIP-2", "CHIP-3", "CHIP-4"]);
}

async fn a_void_makes_the_name_a_lot_again(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    service.record(SALT).await;
    let state = "{ lots { nodes { id origin supplierLot attributes { name } aliases { name } balance { received consumed onHand } } } }";
    let before = service.ask(state).await;
    service.record(ALIAS).await;
    assert_ne!(service.ask(state).await, before);
    service.record(r#"{"type":"void","id":"V-1","event":"A-1","reason":"they were two salts"}"#).await;
    assert_eq!(service.ask(state).await, before, "nothing is left of it");
    assert_eq!(service.reached("salt-0017", "FORWARD").await, ["CHIP-2"]);
    let then = service.ask("{ trace(input: {lots: [\"salt-0017\"], direction: FORWARD}, asOf: {revision: \"2\"}) { lots { nodes { lot { id } } } } }").await;
    let nodes = json!([{"lot": {"id": "CHIP-1"}}, {"lot": {"id": "CHIP-2"}}]);
    assert_eq!(then["trace"]["lots"]["nodes"], nodes, "as of then the names meant one lot");
}

async fn a_hold_on_a_name_holds_the_lot(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    service.record(SALT).await;
    let status = "{ salt: lot(id: \"SALT-0017\") { status holds { hold } } chip: lot(id: \"CHIP-2\") { status } other: lot(id: \"CHIP-1\") { status } }";
    let hold =
        r#"{"type":"hold","id":"H-1","at":"2026-01-05T07:00:00Z","lots":["SALT-0O17"],"reason":"metal"}"#;
    service.record(hold).await;
    assert_eq!(service.ask(status).await["salt"]["status"], "AVAILABLE");
    service.record(ALIAS).await;
    let held = service.ask(status).await;
    assert_eq!(held["salt"], json!({"status": "QUARANTINED", "holds": [{"hold": "H-1"}]}));
    assert_eq!((&held["chip"]["status"], &held["other"]["status"]), (&json!("SUSPECT"), &json!("SUSPECT")));
    service.record(r#"{"type":"void","id":"V-1","event":"A-1","reason":"they were two salts"}"#).await;
    let parted = service.ask(status).await;
    assert_eq!(
        (&parted["salt"]["status"], &parted["chip"]["status"]),
        (&json!("AVAILABLE"), &json!("AVAILABLE"))
    );
    service.record(r#"{"type":"alias","id":"A-2","at":"2026-01-05T08:00:00Z","lot":"SALT-0017","names":["SALT-0O17"],"reason":"after all"}"#).await;
    service.record(r#"{"type":"release","id":"RL-1","at":"2026-01-05T09:00:00Z","hold":"H-1","reason":"clear","disposition":"RELEASED"}"#).await;
    let freed = service.ask(status).await;
    assert_eq!(
        (&freed["salt"]["status"], &freed["other"]["status"]),
        (&json!("AVAILABLE"), &json!("AVAILABLE"))
    );
    let hold = service.ask("{ holds { nodes { id state } } }").await;
    assert_eq!(hold["holds"]["nodes"], json!([{"id": "H-1", "state": "RELEASED"}]));
    service.record(r#"{"type":"void","id":"V-2","event":"A-2","reason":"no"}"#).await;
    let name = service.ask("{ lot(id: \"SALT-0O17\") { status } }").await;
    assert_eq!(name["lot"]["status"], "AVAILABLE", "what was freed as one lot is free");
}

async fn two_receipts_were_one_lot_all_along(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    service.record(r#"{"type":"receive","id":"R-1","at":"2026-01-01T08:00:00Z","supplier":"SUP-1","outputs":[{"lot":"A","material":"M","quantity":"30","unit":"KGM"}]}
{"type":"receive","id":"R-2","at":"2026-01-02T08:00:00Z","supplier":"SUP-1","outputs":[{"lot":"B","material":"M","quantity":"20","unit":"KGM"}]}
{"type":"ship","id":"S-1","at":"2026-01-03T08:00:00Z","customer":"C-1","inputs":[{"lot":"B","quantity":"45","unit":"KGM"}]}"#,
    )
    .await;
    let alerts = "{ alerts(filter: {states: [OPEN]}) { nodes { kind lot { id } } } }";
    let before = service.ask(alerts).await;
    assert_eq!(before["alerts"]["nodes"], json!([{"kind": "QUANTITY_GAP", "lot": {"id": "B"}}]));
    service.record(r#"{"type":"mergeLots","id":"M-1","at":"2026-01-04T08:00:00Z","into":"A","lots":["B"],"reason":"one delivery, two trucks"}"#).await;
    let lot = service.ask("{ lot(id: \"B\") { id balance { received shipped onHand } } }").await;
    assert_eq!(lot["lot"], json!({"id": "A", "balance": {"received": "50", "shipped": "45", "onHand": "5"}}));
    assert_eq!(
        service.ask(alerts).await["alerts"]["nodes"],
        json!([]),
        "what was missing came in under the other name"
    );
}

on_both_stores!(
    a_recall_finds_what_was_made_under_every_name,
    later_events_under_a_name_are_the_lots,
    a_void_makes_the_name_a_lot_again,
    a_hold_on_a_name_holds_the_lot,
    two_receipts_were_one_lot_all_along,
);
