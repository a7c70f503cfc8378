//! Sister plants in one ledger, over both stores: what one ships and the other receives is one thing, whichever was recorded
//! first.

use serde_json::{Value, json};

use crate::recall::on_both_stores;
use crate::support::service::Service;
use crate::support::stores::Fresh;

const MADE: &str = r#"{"type":"material","code":"GEAR","unit":"EA"}
{"type":"party","code":"PLANT-B","roles":["CUSTOMER","SUPPLIER"]}
{"type":"operation","id":"P-1","kind":"PRODUCE","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"GEAR-1","material":"GEAR","quantity":"10","unit":"EA"},{"lot":"GEAR-2","material":"GEAR","quantity":"10","unit":"EA"}]}"#;
const SHIPPED: &str = r#"{"type":"ship","id":"S-1","at":"2026-03-02T08:00:00Z","customer":"PLANT-B","document":"DN-1","inputs":[{"lot":"GEAR-1","quantity":"10","unit":"EA"},{"lot":"GEAR-2","quantity":"10","unit":"EA"}]}"#;
const RECEIVED: &str = r#"{"type":"receive","id":"R-1","at":"2026-03-03T08:00:00Z","supplier":"PLANT-A","document":"DN-1","outputs":[{"lot":"GEAR-1","material":"GEAR","quantity":"10","unit":"EA"},{"lot":"B-7001","material":"GEAR","quantity":"10","unit":"EA","supplierLot":"GEAR-2"}]}"#;
const SENT_ON: &str = r#"{"type":"ship","id":"S-2","at":"2026-03-04T08:00:00Z","customer":"C-9","document":"DN-9","inputs":[{"lot":"GEAR-1","quantity":"10","unit":"EA"},{"lot":"B-7001","quantity":"10","unit":"EA"}]}"#;

async fn service(fresh: &Fresh, events: &[&str]) -> Service {
    let service = Service::over(fresh.store.clone());
    for events in events {
        service.record(events).await;
    }
    service
}

const SCOPE: &str = "recallScope(input: {lots: [{lot: \"GEAR-1\"}, {lot: \"GEAR-2\"}]}) {
    customers { nodes { customer { code } quantities { quantity { amount } } transferred { quantity { amount } }
        remaining { quantity { amount } } } }
    lots { nodes { lot { id origin balance { received produced shipped returned onHand } } whereabouts
        transferred { amount } onHand { amount } } }
    trace { links(first: 50) { nodes { operation { id } lot { id } role continues } }
        completeness { timeConflicts { nodes { operation { id } } } }
        atRisk { isCertain source shipped { low high } resting { low high } usedUp { low high }
            customers { customer { code } carried { low high } } } } }";

fn amount(amount: &str) -> Value {
    json!([{"quantity": {"amount": amount}}])
}

/// `../shared/cases/answers/24-intercompany.ndjson`.
async fn what_a_sister_plant_received_is_where_it_has_it(fresh: Fresh) {
    let service = service(&fresh, &[MADE, SHIPPED, RECEIVED, SENT_ON]).await;
    let scope = service.ask(&format!("{{ {SCOPE} }}")).await["recallScope"].clone();
    assert_eq!(
        scope["customers"]["nodes"],
        json!([
            {"customer": {"code": "C-9"}, "quantities": amount("20"), "transferred": [], "remaining": amount("20")},
            {"customer": {"code": "PLANT-B"}, "quantities": amount("20"), "transferred": amount("20"),
                "remaining": amount("0")},
        ])
    );
    let lots = scope["lots"]["nodes"].as_array().unwrap();
    let whereabouts: Vec<(&Value, &Value)> =
        lots.iter().map(|lot| (&lot["lot"]["id"], &lot["whereabouts"])).collect();
    assert_eq!(
        whereabouts,
        [
            (&json!("GEAR-1"), &json!(["SHIPPED"])),
            (&json!("GEAR-2"), &json!([])),
            (&json!("B-7001"), &json!(["SHIPPED"]))
        ]
    );
    let balance = &lots[0]["lot"]["balance"];
    assert_eq!(
        balance,
        &json!({"received": "0", "produced": "10", "shipped": "20", "returned": "10", "onHand": "0"})
    );
    let at_risk = &scope["trace"]["atRisk"];
    let exactly = |amount: &str| json!({"low": amount, "high": amount});
    assert_eq!((&at_risk["isCertain"], &at_risk["source"]), (&json!(true), &json!("20")), "{at_risk}");
    assert_eq!((&at_risk["shipped"], &at_risk["resting"]), (&exactly("20"), &exactly("0")), "{at_risk}");
    assert_eq!(at_risk["customers"][0], json!({"customer": {"code": "C-9"}, "carried": exactly("20")}));
    let links = scope["trace"]["links"]["nodes"].as_array().unwrap();
    let continues: Vec<&Value> = links.iter().filter(|link| link["continues"] == "S-1").collect();
    assert_eq!(continues.len(), 3, "two lots into the receipt, one out of it into itself: {links:?}");
    assert_eq!(service.reached("GEAR-2", "FORWARD").await, ["B-7001"]);
    assert_eq!(service.reached("B-7001", "BACKWARD").await, ["GEAR-2"]);
}

/// Whatever is recorded first, the graph is the same; a void of either takes the link away, and only the link.
async fn the_order_of_recording_does_not_matter(fresh: Fresh) {
    let orders: [&[&str]; 4] = [
        &[MADE, RECEIVED, SENT_ON, SHIPPED],
        &[RECEIVED, SHIPPED, MADE, SENT_ON],
        &[SENT_ON, SHIPPED, RECEIVED, MADE],
        &[MADE, SHIPPED, RECEIVED, SENT_ON],
    ];
    let void = |event: &str, n: usize| {
        format!(r#"{{"type":"void","id":"V-{event}-{n}","event":"{event}","reason":"mistake"}}"#)
    };
    let again =
        |text: &str, id: &str| text.replace(&format!("\"id\":\"{id}\""), &format!("\"id\":\"{id}A\""));
    let service = service(&fresh, &[]).await;
    let mut seen: Vec<Value> = Vec::new();
    for (n, order) in orders.into_iter().enumerate() {
        // Each order is recorded under ids of its own, over lots of its own.
        let own = |text: &str| {
            let mut text = text.to_owned();
            for name in ["GEAR-1", "GEAR-2", "B-7001", "P-1", "S-1", "R-1", "S-2", "DN-1"] {
                text = text.replace(&format!("\"{name}\""), &format!("\"{name}.{n}\""));
            }
            text
        };
        for events in order {
            service.record(&own(events)).await;
        }
        let scope = own(SCOPE);
        let bare = |answer: Value| -> Value {
            serde_json::from_str(
                &answer.to_string().replace(&format!(".{n}A\""), "\"").replace(&format!(".{n}\""), "\""),
            )
            .unwrap()
        };
        let linked = bare(service.ask(&format!("{{ {scope} }}")).await);
        service.record(&void(&format!("S-1.{n}"), n)).await;
        let unlinked = bare(service.ask(&format!("{{ {scope} }}")).await);
        service.record(&again(&own(SHIPPED), &format!("S-1.{n}"))).await;
        let once_more = bare(service.ask(&format!("{{ {scope} }}")).await);
        service.record(&void(&format!("R-1.{n}"), n)).await;
        let gone = bare(service.ask(&format!("{{ {scope} }}")).await);
        assert_eq!(once_more, linked, "order {n}");
        let all = json!([linked, unlinked, gone]);
        assert!(!unlinked.to_string().contains("\"continues\":\"S-1"), "{unlinked}");
        assert!(!gone.to_string().contains("\"continues\":\"S-1"), "{gone}");
        assert_ne!(linked, unlinked);
        seen.push(all);
    }
    for other in &seen[1..] {
        assert_eq!(&seen[0], other);
    }
}

/// What was not received is still where it was shipped to; what is more than was shipped is told, and nothing is hidden.
async fn a_part_is_received_or_too_much(fresh: Fresh) {
    let part = RECEIVED.replace("\"quantity\":\"10\"", "\"quantity\":\"4\"");
    let service = service(&fresh, &[MADE, SHIPPED, &part]).await;
    let customers = "{ recallScope(input: {lots: [{lot: \"GEAR-1\"}, {lot: \"GEAR-2\"}]}) { customers { nodes {
        transferred { quantity { amount } } remaining { quantity { amount } } } }
        transfers { quantity { amount } excess } trace { atRisk { shipped { low high } resting { low high } } } } }";
    let scope = service.ask(customers).await["recallScope"].clone();
    assert_eq!(scope["customers"]["nodes"], json!([{"transferred": amount("8"), "remaining": amount("12")}]));
    assert_eq!(scope["trace"]["atRisk"]["shipped"], json!({"low": "12", "high": "12"}), "{scope}");
    assert_eq!(scope["trace"]["atRisk"]["resting"], json!({"low": "8", "high": "8"}), "{scope}");
    let more = RECEIVED.replace("\"R-1\"", "\"R-2\"").replace("\"quantity\":\"10\"", "\"quantity\":\"9\"");
    service.record(&more).await;
    let scope = service.ask(customers).await["recallScope"].clone();
    assert_eq!(scope["customers"]["nodes"], json!([{"transferred": amount("20"), "remaining": amount("0")}]));
    let excess: Vec<&Value> =
        scope["transfers"].as_array().unwrap().iter().map(|one| &one["excess"]).collect();
    assert_eq!(excess, [&json!("0"), &json!("0"), &json!("3"), &json!("3")], "{scope}");
}

async fn status(service: &Service) -> Value {
    service.ask("{ lot(id: \"B-7001\") { status } }").await["lot"]["status"].clone()
}

/// A hold goes with the goods, and comes off what was received when the shipment is withdrawn.
async fn a_hold_goes_with_the_goods(fresh: Fresh) {
    let hold =
        r#"{"type":"hold","id":"H-1","at":"2026-03-02T09:00:00Z","lots":["GEAR-2"],"reason":"cracks"}"#;
    let one = service(&fresh, &[MADE, SHIPPED, hold, RECEIVED]).await;
    assert_eq!(status(&one).await, "SUSPECT");
    let response = one.post_events(SENT_ON).await;
    let text = response.text().await.unwrap();
    assert!(text.contains("LOT_ON_HOLD"), "what is suspect may not be sent on: {text}");
    one.record(r#"{"type":"void","id":"V-1","event":"S-1","reason":"mistake"}"#).await;
    assert_eq!(status(&one).await, "AVAILABLE");
    one.record(&SHIPPED.replace("S-1", "S-1A").replace("2026-03-02T08", "2026-03-02T07")).await;
    assert_eq!(status(&one).await, "SUSPECT", "the shipment came late");
}

/// A lot is found by the number printed on it, also when that is told last.
async fn a_printed_number_links(fresh: Fresh) {
    let made = r#"{"type":"operation","id":"P-2","kind":"PRODUCE","at":"2026-03-01T08:00:00Z","outputs":[{"lot":"GEAR-3","material":"GEAR","quantity":"5","unit":"EA","number":"G3"}]}"#;
    let shipped = r#"{"type":"ship","id":"S-3","at":"2026-03-02T08:00:00Z","customer":"PLANT-B","document":"DN-3","inputs":[{"lot":"GEAR-3","quantity":"5","unit":"EA"}]}"#;
    let received = r#"{"type":"receive","id":"R-3","at":"2026-03-03T08:00:00Z","document":"DN-3","outputs":[{"lot":"B-7003","material":"GEAR","quantity":"5","unit":"EA","number":"G3"}]}"#;
    let service = service(&fresh, &[received, shipped]).await;
    assert_eq!(service.reached("GEAR-3", "FORWARD").await, Vec::<String>::new());
    service.record(made).await;
    assert_eq!(service.reached("GEAR-3", "FORWARD").await, ["B-7003"]);
    assert_eq!(service.reached("B-7003", "BACKWARD").await, ["GEAR-3"]);
}

/// A clock that is wrong in one of the plants hides nothing, and is told. What a plant receives and sends on under the same
/// document is not a transfer of itself.
async fn times_that_contradict_hide_nothing(fresh: Fresh) {
    let early = RECEIVED.replace("2026-03-03", "2026-03-02").replace("08:00", "07:00");
    let service = service(&fresh, &[MADE, &early, SHIPPED]).await;
    assert_eq!(service.reached("GEAR-2", "FORWARD").await, ["B-7001"]);
    assert_eq!(service.reached("B-7001", "BACKWARD").await, ["GEAR-2"]);
    let trace = service.ask("{ trace(input: {lots: [\"GEAR-2\"], direction: FORWARD}) { completeness { timeConflicts { nodes { operation { id } } } } } }",
    )
    .await;
    assert_eq!(
        trace["trace"]["completeness"]["timeConflicts"]["nodes"],
        json!([{"operation": {"id": "R-1"}}])
    );
    let forwarded = r#"{"type":"receive","id":"R-5","at":"2026-03-01T08:00:00Z","document":"PO-5","outputs":[{"lot":"IN-5","material":"GEAR","quantity":"1","unit":"EA"}]}
{"type":"ship","id":"S-5","at":"2026-03-02T08:00:00Z","customer":"C-9","document":"PO-5","inputs":[{"lot":"IN-5","quantity":"1","unit":"EA"}]}"#;
    service.record(forwarded).await;
    let lot = service.ask("{ lot(id: \"IN-5\") { origin balance { received returned } } }").await;
    assert_eq!(lot["lot"], json!({"origin": "RECEIVED", "balance": {"received": "1", "returned": "0"}}));
}

/// Only the number matches: nothing is linked, and whoever records it is told.
async fn a_number_alone_is_a_hint(fresh: Fresh) {
    let service = service(&fresh, &[MADE, SHIPPED]).await;
    let other = RECEIVED.replace("DN-1", "DN-77");
    let receipt = service.record(&other).await;
    let warnings = receipt["events"][0]["warnings"].as_array().unwrap();
    let codes: Vec<&Value> = warnings.iter().map(|warning| &warning["code"]).collect();
    assert_eq!(codes, ["LOT_SHIPPED_BEFORE", "LOT_SHIPPED_BEFORE"], "{receipt}");
    assert_eq!(warnings[1]["path"], "outputs[1].supplierLot", "{receipt}");
    assert_eq!(service.reached("GEAR-2", "FORWARD").await, Vec::<String>::new());
    let query = "{ trace(input: {lots: [\"GEAR-2\"], direction: FORWARD}) { mayBeTransfers { shipped { id } received { id } } } }";
    assert_eq!(
        service.ask(query).await["trace"]["mayBeTransfers"],
        json!([{"shipped": {"id": "GEAR-2"}, "received": {"id": "B-7001"}}])
    );
}

on_both_stores! {
    what_a_sister_plant_received_is_where_it_has_it,
    the_order_of_recording_does_not_matter,
    a_part_is_received_or_too_much,
    a_hold_goes_with_the_goods,
    a_printed_number_links,
    times_that_contradict_hide_nothing,
    a_number_alone_is_a_hint,
}
