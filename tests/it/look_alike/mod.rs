//! Numbers that look alike: what nobody sees in them is refused, what looks like another is told, and a number never makes a
//! lot where the lot that bears it is meant. Each case is asked over both stores, through the doors that people use.

mod numbers;
mod warnings;

use lotgraph::domain::ErrorCode;
use serde_json::{Value, json};

use crate::support::service::Service;
use crate::support::stores::Fresh;

/// What became of one event, as REST tells it.
async fn send(service: &Service, event: Value) -> Value {
    let answer: Value = service.post_events(&event.to_string()).await.json().await.unwrap();
    answer.get("events").unwrap_or_else(|| panic!("{answer}"))[0].clone()
}

/// The same, which must be accepted.
async fn accepted(service: &Service, event: Value) -> Value {
    let outcome = send(service, event).await;
    assert_eq!(outcome["status"], "ACCEPTED", "{outcome}");
    outcome
}

/// Code, path and message of what is wrong with an event that must be refused.
async fn refused(service: &Service, event: Value) -> (String, String, String) {
    let outcome = send(service, event).await;
    assert_eq!(outcome["status"], "REJECTED", "{outcome}");
    told(&outcome["problems"][0])
}

/// Code, path and message.
fn told(problem: &Value) -> (String, String, String) {
    let text = |field: &str| problem[field].as_str().unwrap().to_owned();
    (text("code"), text("path"), text("message"))
}

async fn ask(service: &Service, query: &str) -> Value {
    let answer = service.graphql(query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"].clone()
}

fn receipt(id: &str, lot: &str) -> Value {
    json!({"type":"receive","id":id,"at":"2026-01-01T08:00:00Z","supplier":"SUP-1",
        "outputs":[{"lot":lot,"material":"SALT","quantity":"50","unit":"KGM"}]})
}

fn produce(id: &str, from: &str, to: &str) -> Value {
    json!({"type":"operation","id":id,"kind":"PRODUCE","at":"2026-01-02T08:00:00Z",
        "inputs":[{"lot":from,"quantity":"10","unit":"KGM"}],
        "outputs":[{"lot":to,"material":"CHIP","quantity":"100","unit":"KGM"}]})
}

/// Invisible characters in whatever names something.
async fn what_nobody_sees_is_refused(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    accepted(&service, receipt("R-1", "SALT-0017")).await;
    let (code, path, message) = refused(&service, produce("P-4", "SALT-0017\u{200b}", "CHIP-4")).await;
    assert_eq!((code.as_str(), path.as_str()), ("TEXT_INVISIBLE", "inputs[0].lot"));
    assert_eq!(
        message,
        "the identifier \"SALT-0017<U+200B>\" has U+200B (zero width space) as its character 10, which nobody sees; \
         remove it where the identifier comes from"
    );
    let (code, _, message) = refused(&service, produce("P-5", "SALT-0017\u{a0}", "CHIP-5")).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("TEXT_INVALID", "lot ends with white space (U+00A0); remove it")
    );
    let everywhere = [
        (json!({"type":"equipment","code":"E\u{feff}1"}), "code"),
        (json!({"type":"equipment","code":"E","id":"x\u{ad}y"}), "id"),
        (json!({"type":"void","event":"R\u{2066}-1","reason":"r"}), "event"),
        (
            json!({"type":"hold","at":"2026-01-01T09:00:00Z","lots":["A","SALT\u{202e}"],"reason":"r"}),
            "lots[1]",
        ),
        (
            json!({"type":"receive","id":"R-2","at":"2026-01-01T08:00:00Z","document":"DN\u{a0}7","outputs":[{"lot":"B"}]}),
            "document",
        ),
        (
            json!({"type":"receive","id":"R-2","at":"2026-01-01T08:00:00Z","outputs":[{"lot":"B","supplierLot":"7\u{200d}"}]}),
            "outputs[0].supplierLot",
        ),
    ];
    for (event, at) in everywhere {
        let (code, path, message) = refused(&service, event.clone()).await;
        assert_eq!((code.as_str(), path.as_str()), ("TEXT_INVISIBLE", at), "{event}: {message}");
    }
    // In words they have their uses: scripts join letters by them.
    let words = json!({"type":"equipment","code":"E","name":"می\u{200c}خواهم"});
    accepted(&service, words).await;
    let lots = ask(&service, "{ lots { nodes { id } } }").await;
    assert_eq!(lots["lots"]["nodes"], json!([{"id":"SALT-0017"}]), "nothing half-recorded");
}

/// The case of a plant: one salt, five spellings.
async fn a_lot_number_corrected(fresh: Fresh) {
    let service = Service::over(fresh.store.clone());
    let first = accepted(&service, receipt("R-1", "SALT-0O17")).await;
    assert_eq!(first["warnings"], Value::Null);
    for (id, lot, like) in [
        ("P-1", "SALT-0017", "SALT-0O17"),
        ("P-2", "salt-0017", "SALT-0017 and SALT-0O17"),
        ("P-3", "SALT\u{2010}0017", "SALT-0017, SALT-0O17 and salt-0017"),
    ] {
        let outcome = accepted(&service, produce(id, lot, &format!("CHIP-{id}"))).await;
        let (code, path, message) = told(&outcome["warnings"][0]);
        assert_eq!((code.as_str(), path.as_str()), (ErrorCode::LotLooksAlike.name(), "inputs[0].lot"));
        assert_eq!(
            message,
            format!(
                "lot {lot} is new and looks like lot {like}; if it is the same lot, correct the id and void event {id}"
            )
        );
        assert_eq!(outcome["warnings"].as_array().unwrap().len(), 1, "CHIP-{id} looks like nothing else");
    }
    assert_eq!(send(&service, produce("P-1", "SALT-0017", "CHIP-P-1")).await["status"], "DUPLICATE");
    assert_eq!(refused(&service, produce("P-4", "SALT-0017\u{200b}", "CHIP-4")).await.0, "TEXT_INVISIBLE");
    let scope = ask(
        &service,
        "{ recallScope(input: {causes: [{supplier: \"SUP-1\"}]}) { summary { lotCount }
            lookAlikes { lot { id } like { id } } } }",
    )
    .await;
    assert_eq!(scope["recallScope"]["summary"]["lotCount"], 1);
    let beside = |id: &str| json!({"lot":{"id":id},"like":{"id":"SALT-0O17"}});
    assert_eq!(
        scope["recallScope"]["lookAlikes"],
        json!([beside("SALT-0017"), beside("SALT\u{2010}0017"), beside("salt-0017")])
    );
}

crate::recall::on_both_stores!(what_nobody_sees_is_refused, a_lot_number_corrected);
