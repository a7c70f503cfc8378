//! Exports: whoever gets one can check its rows with standard tools; REST, GraphQL and the command go the whole way.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::plant::{at, bad_delivery, events, service};
use crate::support::service::Service;

/// The value of a comment line.
fn header<'a>(text: &'a str, name: &str) -> &'a str {
    let start = format!("# {name}: ");
    let line = text.lines().find_map(|line| line.strip_prefix(start.as_str()));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim_end()
}

/// What the header says to run, run.
fn checked(text: &str) -> String {
    assert_eq!(header(text, "verify"), "grep -v '^#' FILE | sha256sum");
    let mut shell = Command::new("sh")
        .args(["-c", "grep -v '^#' | sha256sum"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
}

fn rows(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

async fn scope_csv(service: &Service, arguments: &str) -> String {
    let response = service.post(&format!("/api/v1/recall-scope?format=csv{arguments}"), bad_delivery()).await;
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

#[tokio::test]
async fn every_row_is_under_the_checksum() {
    let service = service().await;
    for arguments in ["", "&table=shipments", "&table=customers", "&whereabouts=SHIPPED", "&customer=SHOP-9"]
    {
        let text = scope_csv(&service, arguments).await;
        assert_eq!(header(&text, "sha256"), checked(&text), "{text}");
        let count: usize = header(&text, "rows").parse().unwrap();
        assert_eq!(rows(&text).len(), count + 1, "{text}");
        // A changed row does not pass.
        let forged =
            text.replacen("kept", "lost", 1).replacen("MILK", "SILK", 9).replacen("SHOP-1", "SHOP-3", 9);
        assert!(forged == text || header(&text, "sha256") != checked(&forged), "{forged}");
    }
    let text = scope_csv(&service, "").await;
    assert_eq!(header(&text, "question"), r#"{"causes":[{"supplier":"FARM-2"}]}"#);
    assert_eq!(header(&text, "revision"), service.store.revision().await.unwrap().to_string());
    assert_eq!((header(&text, "complete"), header(&text, "filter")), ("yes", "none"));
    assert_eq!(
        rows(&text)[3],
        "YOG-2,,,YOG,2,AVAILABLE,ON_HAND SHIPPED SCRAPPED,30 EA,,100 EA,20 EA,O-4,FILL,FILLER-2,2026-01-01T00:30:00Z,,25,25,KGM"
    );
}

#[tokio::test]
async fn a_customer_is_sent_what_is_theirs() {
    let service = service().await;
    let text = scope_csv(&service, "&table=shipments&customer=SHOP-2").await;
    assert_eq!(header(&text, "filter"), "customer SHOP-2");
    assert_eq!(
        rows(&text),
        [
            "customer,document,shippedAt,lot,number,material,quantity,unit,operation,returned,transferred",
            "SHOP-2,SO-3,2026-01-01T00:52:00Z,YOG-2,,YOG,40,EA,S-3,,",
            "SHOP-2,SO-3,2026-01-01T00:52:00Z,YOG-3,,YOG,10,EA,S-3,,",
        ]
    );
    let text = scope_csv(&service, "&table=customers&customer=SHOP-2").await;
    assert_eq!(
        rows(&text)[1..],
        ["SHOP-2,YOG,50,EA,2,1,0,2026-01-01T00:52:00Z,2026-01-01T00:52:00Z,,50,,,,"]
    );
    let text = scope_csv(&service, "&table=shipments&whereabouts=SCRAPPED").await;
    assert_eq!(rows(&text).len(), 3, "only those of lots shown: {text}");
    let lots = scope_csv(&service, "&material=MIX").await;
    assert_eq!((rows(&lots).len(), header(&lots, "filter")), (2, "materials MIX"));
}

#[tokio::test]
async fn json_is_checked_row_by_row() {
    let service = service().await;
    let response = service.post("/api/v1/recall-scope?table=shipments", bad_delivery()).await;
    let text = response.text().await.unwrap();
    let export: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let rows = export["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &export["header"]["rows"]), (3, &json!(3)));
    // As `jq -c '.rows[]'` writes them.
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let sum: String = Sha256::digest(lines.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(export["header"]["sha256"], sum);
    let none = service.post("/api/v1/recall-scope?table=shipments&customer=SHOP-9", bad_delivery()).await;
    let none: Value = none.json().await.unwrap();
    assert_eq!((&none["rows"], &none["header"]["rows"]), (&json!([]), &json!(0)));
}

const OPEN: &str = "mutation($input: OpenRecallInput!) { openRecall(input: $input) { alreadyOpen scopeMilliseconds totalMilliseconds
  lateLots { id } recall { id state mock question revision holdIds
    frozen { summary { lotCount } lots(first: 1) { totalCount pageInfo { endCursor } nodes { lot { id status } } } } } } }";

const SHOW: &str = "query($id: ID!) { recall(id: $id) { state closing { report }
  changes { isEmpty lotsAdded(first: 1) { totalCount pageInfo { hasNextPage endCursor } nodes { lot { id } } }
    customers { nodes { customer { code } before { quantity { amount } } after { quantity { amount } } } } }
  progress { holds { id state } lotStatuses { status count } customers { totalCount nodes { customer { code } affected shipped { quantity { amount unit } }
      recovered { quantity { amount } } notice { sent acknowledgedAt } } }
    recoveries { totalCount nodes { items { lot { id } quantity { amount unit } } } }
    effectiveness { customerCount notifiedCount acknowledgedCount acknowledgedPercent
      quantities { material { code } unit blocked shipped recovered recoveredPercent controlledPercent } } } }
  recalls(filter: {states: [OPEN]}) { totalCount nodes { id } } }";

#[tokio::test]
async fn a_recall_from_opening_to_closing() {
    let service = service().await;
    let input =
        json!({"id": "RC", "at": at(60), "reason": "listeria", "class": "I", "scope": bad_delivery()});
    let opened = service.graphql(OPEN, json!({"input": input})).await;
    assert_eq!(opened["errors"], Value::Null, "{opened}");
    let recall = &opened["data"]["openRecall"]["recall"];
    assert_eq!((&recall["state"], &recall["frozen"]["summary"]["lotCount"]), (&json!("OPEN"), &json!(4)));
    assert_eq!(recall["frozen"]["lots"]["nodes"][0]["lot"], json!({"id": "MILK-B", "status": "QUARANTINED"}));
    let again = service.graphql(OPEN, json!({"input": input})).await;
    assert_eq!(again["data"]["openRecall"]["alreadyOpen"], true, "{again}");
    let mutate = async |field: &str, kind: &str, input: Value| {
        let query = format!(
            "mutation($input: {kind}!) {{ {field}(input: $input) {{ applied rejected events {{ problems {{ code }} }} }} }}"
        );
        service.graphql(&query, json!({"input": input})).await
    };
    let told = json!({"at": at(61), "recall": "RC", "customer": "SHOP-1", "acknowledged": true});
    assert_eq!(
        mutate("notifyCustomer", "NotifyInput", told).await["data"]["notifyCustomer"]["applied"],
        true
    );
    let stranger = json!({"at": at(61), "recall": "RC", "customer": "NOBODY"});
    let refused = mutate("notifyCustomer", "NotifyInput", stranger).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "RECALL_CUSTOMER_UNKNOWN", "{refused}");
    let back = json!({"at": at(62), "recall": "RC", "customer": "SHOP-1", "items": [{"lot": "YOG-2", "quantity": "5", "unit": "BX"}]});
    assert_eq!(
        mutate("recordRecovery", "RecoverInput", back).await["data"]["recordRecovery"]["applied"],
        true
    );
    let close = json!({"at": at(90), "recall": "RC", "report": "60 of 110 cups back"});
    let early = mutate("closeRecall", "CloseRecallInput", close.clone()).await;
    assert_eq!(early["errors"][0]["extensions"]["code"], "RECALL_UNFINISHED", "{early}");
    let shown = service.graphql(SHOW, json!({"id": "RC"})).await;
    assert_eq!(shown["errors"], Value::Null, "{shown}");
    let (changes, progress) = (&shown["data"]["recall"]["changes"], &shown["data"]["recall"]["progress"]);
    assert_eq!((&changes["isEmpty"], &progress["recoveries"]["totalCount"]), (&json!(true), &json!(1)));
    let effectiveness = &progress["effectiveness"];
    assert_eq!(
        (&effectiveness["customerCount"], &effectiveness["acknowledgedPercent"]),
        (&json!(2), &json!("50"))
    );
    let cups = effectiveness["quantities"].as_array().unwrap().iter().find(|of| of["unit"] == "EA").unwrap();
    assert_eq!((&cups["recovered"], &cups["recoveredPercent"]), (&json!("60"), &json!("54.55")));
    let hold = recall["holdIds"][0].as_str().unwrap();
    let release =
        json!({"type": "release", "at": at(89), "hold": hold, "reason": "destroyed", "disposition": "SCRAP"});
    assert_eq!(service.post_events(&release.to_string()).await.status(), 200);
    let mut close = close;
    (close["acceptOpen"], close["reason"]) = (true.into(), "fifty were eaten".into());
    assert_eq!(
        mutate("closeRecall", "CloseRecallInput", close).await["data"]["closeRecall"]["applied"],
        true
    );
    let ended = service.graphql(SHOW, json!({"id": "RC"})).await;
    assert_eq!(ended["data"]["recall"]["closing"]["report"], "60 of 110 cups back");
    assert_eq!(ended["data"]["recalls"]["totalCount"], 0);
    // Half an hour from the decision to the end; the milk of the first delivery is accounted for as well.
    let measured =
        service.graphql("{ recall(id: \"RC\") { elapsedSeconds accountedPercent } }", json!({})).await;
    assert_eq!(
        measured["data"]["recall"],
        json!({"elapsedSeconds": 1800, "accountedPercent": "100"}),
        "{measured}"
    );
    let missing = service.graphql(SHOW, json!({"id": "NONE"})).await;
    assert_eq!(missing["data"]["recall"], Value::Null);
}

#[tokio::test]
async fn differences_are_paged_within_one_state_of_the_ledger() {
    let service = service().await;
    let input = json!({"id": "RC", "at": at(60), "reason": "listeria", "scope": bad_delivery()});
    assert_eq!(service.graphql(OPEN, json!({"input": input})).await["errors"], Value::Null);
    let late = |n: u32| json!({"type": "receive", "id": format!("R-L{n}"), "at": at(16), "supplier": "FARM-2", "outputs": [{"lot": format!("LATE-{n}")}]});
    assert_eq!(service.post_events(&format!("{}\n{}", late(1), late(2))).await.status(), 200);
    let page = async |after: &Value| {
        let query = "query($after: String) { recall(id: \"RC\") { changes {
            lotsAdded(first: 1, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { lot { id } } } } } }";
        service.graphql(query, json!({"after": after})).await
    };
    let first = page(&Value::Null).await;
    let added = &first["data"]["recall"]["changes"]["lotsAdded"];
    assert_eq!(
        (&added["totalCount"], &added["nodes"]),
        (&json!(2), &json!([{"lot": {"id": "LATE-1"}}])),
        "{first}"
    );
    let after = &added["pageInfo"]["endCursor"];
    let second = page(after).await;
    let added = &second["data"]["recall"]["changes"]["lotsAdded"];
    assert_eq!(
        (&added["nodes"], &added["pageInfo"]["hasNextPage"]),
        (&json!([{"lot": {"id": "LATE-2"}}]), &json!(false))
    );
    assert_eq!(service.post_events(&late(3).to_string()).await.status(), 200);
    assert_eq!(page(after).await["errors"][0]["extensions"]["code"], "CURSOR_STALE");
}

#[tokio::test]
async fn a_recall_is_exported_as_frozen_and_as_it_is() {
    let service = service().await;
    let input = json!({"id": "RC/1", "at": at(60), "reason": "listeria", "scope": bad_delivery()});
    assert_eq!(service.graphql(OPEN, json!({"input": input})).await["errors"], Value::Null);
    let late = json!({"type": "receive", "id": "R-9", "at": at(16), "supplier": "FARM-2", "outputs": [{"lot": "MILK-C"}]});
    assert_eq!(service.post_events(&late.to_string()).await.status(), 200);
    let get = async |path: &str| service.get(&format!("/api/v1/recalls/RC%2F1/{path}")).await;
    let frozen = get("lots?format=csv").await.text().await.unwrap();
    let current = get("lots?format=csv&state=current").await.text().await.unwrap();
    assert_eq!((rows(&frozen).len(), rows(&current).len()), (5, 6), "{frozen}{current}");
    for text in [&frozen, &current] {
        assert_eq!(header(text, "sha256"), checked(text));
        assert_eq!(header(text, "recall"), "RC/1");
    }
    assert_eq!(get("shipments?customer=SHOP-1").await.status(), 200);
    for (path, status) in
        [("lots?format=xml", 400), ("lots?state=then", 400), ("trucks", 400), ("lots?whereabouts=MOON", 400)]
    {
        assert_eq!(get(path).await.status(), status, "{path}");
    }
    assert_eq!(service.get("/api/v1/recalls/NONE/lots").await.status(), 404);
    assert_eq!(service.post("/api/v1/recall-scope", json!({"causes": [{}]})).await.status(), 422);
}

#[tokio::test]
async fn the_command_goes_the_whole_way() {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = events().iter().map(Value::to_string).collect();
    std::fs::write(folder.path().join("plant.ndjson"), lines.join("\n")).unwrap();
    std::fs::write(folder.path().join("scope.json"), bad_delivery().to_string()).unwrap();
    let run = async |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_lotgraph");
        let output = tokio::process::Command::new(program)
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .await
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    let must = async |arguments: &[&str]| {
        let (good, text) = run(arguments).await;
        assert!(good, "{arguments:?}: {text}");
        text
    };
    must(&["import", "plant.ndjson"]).await;
    let scope = must(&["recall", "scope", "--supplier", "FARM-2", "--store", "sqlite:lotgraph.sqlite"]).await;
    for part in ["4 lots affected from 1", "SHOP-2", "50 EA YOG", "FILL O-4 FILLER-2", "complete"] {
        assert!(scope.contains(part), "no {part:?} in\n{scope}");
    }
    let csv =
        must(&["recall", "scope", "--scope", "scope.json", "--format", "csv", "--customer", "SHOP-1"]).await;
    assert_eq!((header(&csv, "sha256"), rows(&csv).len()), (checked(&csv).as_str(), 2));
    let mock =
        must(&["recall", "mock", "--reason", "yearly exercise", "--id", "EX", "--supplier", "FARM-2"]).await;
    assert!(mock.contains("exercise EX is open") && mock.contains(" ms"), "{mock}");
    let opened = must(&[
        "recall",
        "open",
        "--reason",
        "listeria",
        "--class",
        "I",
        "--id",
        "RC",
        "--scope",
        "scope.json",
    ])
    .await;
    assert!(opened.contains("recall RC is open") && opened.contains("blocks"), "{opened}");
    must(&["recall", "notify", "RC", "--customer", "SHOP-1", "--acknowledged"]).await;
    must(&[
        "recall",
        "recover",
        "RC",
        "--customer",
        "SHOP-1",
        "--lot",
        "YOG-2",
        "--quantity",
        "60",
        "--unit",
        "EA",
    ])
    .await;
    let shown = must(&["recall", "show", "RC"]).await;
    for part in ["OPEN (listeria)", "1 told, 1 confirmed (50 %)", "54.55", "1 QUARANTINED, 3 SUSPECT"] {
        assert!(shown.contains(part), "no {part:?} in\n{shown}");
    }
    assert!(must(&["recall", "list"]).await.contains("yearly exercise"));
    let (good, text) = run(&["recall", "close", "RC", "--report", "done"]).await;
    assert!(!good && text.contains("1 customer was not told (SHOP-2)"), "{text}");
    must(&["recall", "close", "EX", "--report", "found everything"]).await;
    for (arguments, words) in [
        (&["recall", "scope"][..], "neither a lot nor a cause"),
        (
            &[
                "recall",
                "scope",
                "--equipment",
                "E",
                "--from",
                "2026-01-02T00:00:00Z",
                "--until",
                "2026-01-01T00:00:00Z",
            ][..],
            "lies before",
        ),
        (&["recall", "show", "NONE"][..], "no recall NONE"),
        (&["recall", "notify", "RC", "--customer", "NOBODY"][..], "was shipped to NOBODY"),
    ] {
        let (good, text) = run(arguments).await;
        assert!(!good && text.contains(words), "{arguments:?}: {text}");
    }
}
