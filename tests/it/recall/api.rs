//! A recall at night through GraphQL and REST.

use serde_json::{Value, json};

use super::plant::{at, bad_delivery, service};
use crate::support::service::Service;

const RECEIPT: &str = "{ applied accepted events { id status problems { code message } }
  standing { lot inspectionDue holds { hold kind reason } } }";

async fn mutate(service: &Service, field: &str, arguments: &str, variables: Value) -> Value {
    let declared = variables.as_object().unwrap().keys().map(|name| match name.as_str() {
        "input" => {
            let kind = match field {
                "notifyAllCustomers" => "NotifyAllInput",
                "addToRecall" => "AddToRecallInput",
                "closeRecall" => "CloseRecallInput",
                "reopenRecall" => "ReopenRecallInput",
                "holdLots" => "HoldInput",
                "recordRecovery" => "RecoverInput",
                other => panic!("{other} is no mutation of this test"),
            };
            format!("$input: {kind}!")
        }
        other => panic!("{other} is no variable of this test"),
    });
    let declared = declared.collect::<Vec<String>>().join(", ");
    let query = format!("mutation({declared}) {{ {field}({arguments}) {RECEIPT} }}");
    let answer = service.graphql(&query, variables).await;
    // What was refused is told by the error, in the same shape.
    let refused = &answer["errors"][0]["extensions"];
    if refused["events"].is_array() {
        assert_eq!(answer["data"], Value::Null, "{answer}");
        return refused.clone();
    }
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["data"][field].clone()
}

#[tokio::test]
async fn a_night_goes_through_by_graphql_alone() {
    let service = service().await;
    let open = "mutation($input: OpenRecallInput!) { openRecall(input: $input) { recall { id } standing { lot holds { hold } } } }";
    let dent = json!({"id": "H-1", "at": at(59), "lots": ["MILK-B"], "reason": "dent"});
    mutate(&service, "holdLots", "input: $input", json!({"input": dent})).await;
    let input = json!({"id": "RC", "at": at(60), "reason": "listeria", "scope": bad_delivery()});
    let opened = service.graphql(open, json!({"input": input})).await;
    let standing = json!([{"lot": "MILK-B", "holds": [{"hold": "H-1"}]}]);
    assert_eq!(opened["data"]["openRecall"]["standing"], standing, "{opened}");
    let dent = json!({"id": "H-2", "at": at(61), "lots": ["YOG-2"], "reason": "dent"});
    let held = mutate(&service, "holdLots", "input: $input", json!({"input": dent})).await;
    let holds = held["standing"][0]["holds"].as_array().unwrap();
    assert!(holds.iter().any(|hold| hold["kind"] == "SUSPECT" && hold["reason"] == "listeria"), "{held}");
    let all = json!({"at": at(62), "recall": "RC", "channel": "mail"});
    let told = mutate(&service, "notifyAllCustomers", "input: $input", json!({"input": all})).await;
    assert_eq!((&told["applied"], &told["accepted"]), (&json!(true), &json!(2)), "{told}");
    let again = mutate(&service, "notifyAllCustomers", "input: $input", json!({"input": all})).await;
    assert_eq!(again["accepted"], 0, "{again}");
    let stranger = json!({"at": at(63), "recall": "RC", "customer": "SHOP-9",
        "items": [{"lot": "YOG-2", "quantity": "1", "unit": "EA"}]});
    let refused = mutate(&service, "recordRecovery", "input: $input", json!({"input": stranger})).await;
    assert_eq!(refused["events"][0]["problems"][0]["code"], "RECALL_CUSTOMER_UNKNOWN", "{refused}");
    let add = json!({"at": at(64), "recall": "RC", "lots": [{"lot": "YOG-1"}], "reason": "it too"});
    let added = mutate(&service, "addToRecall", "input: $input", json!({"input": add})).await;
    assert_eq!(added["accepted"], 2, "the word and the hold: {added}");
    let mut close = json!({"at": at(90), "recall": "RC", "report": "QA-1"});
    let refused =
        mutate(&service, "closeRecall", "input: $input, release: SCRAP", json!({"input": close})).await;
    assert_eq!(refused["events"][0]["index"], 2, "{refused}");
    assert_eq!(refused["events"][0]["problems"][0]["code"], "RECALL_UNFINISHED", "{refused}");
    (close["acceptOpen"], close["reason"]) = (true.into(), "eaten".into());
    let closed =
        mutate(&service, "closeRecall", "input: $input, release: SCRAP", json!({"input": close})).await;
    assert_eq!((&closed["applied"], &closed["accepted"]), (&json!(true), &json!(3)), "{closed}");
    let reopen = json!({"at": at(95), "recall": "RC", "reason": "found more"});
    let reopened = mutate(&service, "reopenRecall", "input: $input", json!({"input": reopen})).await;
    assert_eq!(reopened["applied"], true, "{reopened}");
    let shown = "{ recall(id: \"RC\") { state stillOpen additions { reason lots } reopenings { reason closing { accepted } } closing { at }
        changes { lotsAdded { nodes { lot { id } } } } } }";
    let shown = service.graphql(shown, json!({})).await;
    let recall = &shown["data"]["recall"];
    assert_eq!(recall["additions"], json!([{"reason": "it too", "lots": ["YOG-1"]}]), "{shown}");
    assert_eq!(recall["reopenings"], json!([{"reason": "found more", "closing": {"accepted": "eaten"}}]));
    assert_eq!(recall["stillOpen"], "still with customers: 230 EA YOG");
    assert_eq!((&recall["state"], &recall["closing"]), (&json!("OPEN"), &Value::Null));
    assert_eq!(recall["changes"]["lotsAdded"]["nodes"], json!([{"lot": {"id": "YOG-1"}}]));
}

#[tokio::test]
async fn rest_judges_the_same_and_tells_what_else_holds() {
    let service = service().await;
    let recall = json!({"type": "recall", "id": "RC", "at": at(60), "reason": "r", "scope": {"lots": [{"lot": "YOG-2"}]},
        "lots": [{"lot": "YOG-2"}]});
    let hold = |id: &str| json!({"type": "hold", "id": id, "at": at(60), "lots": ["YOG-2"], "reason": id});
    let post = async |events: Value| {
        let response = service.post("/api/v1/events", events).await;
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(post(json!([recall, hold("H-1")])).await.0, 200);
    let (status, body) = post(json!([hold("H-2")])).await;
    let standing = json!([{"lot": "YOG-2", "inspectionDue": false,
        "holds": [{"hold": "H-1", "kind": "HELD", "reason": "H-1", "path": "YOG-2"}]}]);
    assert_eq!((status, &body["standing"]), (200, &standing), "{body}");
    let release =
        json!({"type": "release", "at": at(61), "hold": "H-2", "reason": "r", "disposition": "RELEASED"});
    assert_eq!(post(json!([release])).await.1["standing"], standing);
    let close = json!({"type": "closeRecall", "at": at(70), "recall": "RC", "report": "r"});
    let (status, body) = post(close).await;
    let problem = &body["events"][0]["problems"][0];
    assert_eq!((status, &problem["code"]), (422, &json!("RECALL_UNFINISHED")), "{body}");
    let stranger = json!({"type": "notify", "at": at(70), "recall": "RC", "customer": "SHOP-9"});
    let (_, body) = post(stranger).await;
    assert_eq!(body["events"][0]["problems"][0]["code"], "RECALL_CUSTOMER_UNKNOWN", "{body}");
    let scope = service.post("/api/v1/recall-scope", json!({"causes": [{"step": "FIL"}]})).await;
    assert_eq!(scope.status(), 422);
    let body: Value = scope.json().await.unwrap();
    assert_eq!(body["error"]["code"], "NAME_UNKNOWN", "{body}");
}

#[tokio::test]
async fn numbers_and_contacts_are_found() {
    let service = service().await;
    let shop = json!({"type": "party", "code": "SHOP-2", "address": "12 Mill Lane", "contacts": [{"name": "Ms Li", "phone": "1"}]});
    assert_eq!(service.post_events(&shop.to_string()).await.status(), 200);
    let query = "{ party(code: \"SHOP-2\") { address contacts { name email phone } }
        resolve(code: \"yog-2\") { id }
        findNumber(text: \"so-3\") { lotCount operationCount isCut operations { whole operation { id party { code } } } }
        some: findNumber(text: \"yog\", first: 1) { lotCount lots { by whole lot { id } } } }";
    let answer = service.graphql(query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let data = &answer["data"];
    let contacts = json!([{"name": "Ms Li", "email": null, "phone": "1"}]);
    assert_eq!(data["party"], json!({"address": "12 Mill Lane", "contacts": contacts}));
    assert_eq!(data["resolve"], json!([{"id": "YOG-2"}]));
    let shipped = json!([{"whole": true, "operation": {"id": "S-3", "party": {"code": "SHOP-2"}}}]);
    assert_eq!(
        data["findNumber"],
        json!({"lotCount": 0, "operationCount": 1, "isCut": false, "operations": shipped})
    );
    assert_eq!(
        data["some"],
        json!({"lotCount": 3, "lots": [{"by": "ID", "whole": false, "lot": {"id": "YOG-1"}}]})
    );
}
