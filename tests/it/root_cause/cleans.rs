//! A factor behind a clean is no exposure (rule 8), one that a clean may not have removed is, and a clean is a factor itself.

use serde_json::{Value, json};

use crate::support::service::Service;

const QUESTION: &str = "query($input: RootCauseInput!) { rootCause(input: $input) {
  groups(first: 50) { exposedCases exposedControls factors(first: 50) { label } } } }";
const CLEAN: &str = r#"{"type":"clean","id":"C-1","startedAt":"2026-01-05T08:00:00Z","at":"2026-01-05T09:00:00Z","lots":["TANK"],"equipment":["CIP-1"]}"#;
const BEFORE: [&str; 5] = ["CUP-01", "CUP-02", "CUP-03", "CUP-04", "CUP-05"];
/// Drawn while the tank was being cleaned.
const DURING: &str = "CUP-06";
const AFTER: [&str; 5] = ["CUP-07", "CUP-08", "CUP-09", "CUP-10", "CUP-11"];

/// One tank, filled twice: in the morning with milk of FARM-1 heated by PAST-1, later with milk of FARM-2 heated by PAST-2.
fn creamery(clean: Option<&str>) -> String {
    let mut events = Vec::new();
    for (n, filled) in [(1, "06:00"), (2, "10:00")] {
        let kilograms = |lot: &str| json!({"lot": lot, "quantity": "100", "unit": "KGM"});
        let made = |lot: &str, material: &str| json!({"lot": lot, "material": material, "quantity": "100", "unit": "KGM"});
        let (raw, heated) = (format!("RAW-{n}"), format!("HEATED-{n}"));
        events.push(json!({"type": "receive", "id": format!("R-{n}"), "at": "2026-01-05T04:00:00Z",
            "supplier": format!("FARM-{n}"), "outputs": [made(&raw, "MILK")]}));
        events.push(
            json!({"type": "operation", "kind": "PRODUCE", "name": "PASTEURISE", "id": format!("P-{n}"),
            "at": "2026-01-05T05:00:00Z", "equipment": [format!("PAST-{n}")],
            "inputs": [kilograms(&raw)], "outputs": [made(&heated, "HEATED")]}),
        );
        events.push(
            json!({"type": "operation", "kind": "PRODUCE", "name": "FILL TANK", "id": format!("T-{n}"),
            "at": format!("2026-01-05T{filled}:00Z"),
            "inputs": [kilograms(&heated)], "outputs": [made("TANK", "TANK MILK")]}),
        );
    }
    let cups = BEFORE.map(|cup| (cup, "07:00")).into_iter().chain([(DURING, "08:30")]);
    for (cup, drawn) in cups.chain(AFTER.map(|cup| (cup, "11:00"))) {
        events.push(json!({"type": "operation", "kind": "PRODUCE", "name": "FILL CUP", "id": format!("F-{cup}"),
            "at": format!("2026-01-05T{drawn}:00Z"), "inputs": [{"lot": "TANK", "quantity": "1", "unit": "KGM"}],
            "outputs": [{"lot": cup, "material": "CUP", "quantity": "1", "unit": "EA"}]}));
    }
    let lines = events.iter().map(Value::to_string).chain(clean.map(str::to_owned));
    lines.collect::<Vec<String>>().join("\n")
}

/// Exposed cases and controls of each of these factors; none where it is not a factor of any of them.
async fn exposed<const N: usize>(
    service: &Service,
    (cases, controls): (&[&str], &[&str]),
    factors: [&str; N],
) -> [Option<(u64, u64)>; N] {
    let answer = service.graphql(QUESTION, json!({"input": {"cases": cases, "controls": controls}})).await;
    let groups = answer["data"]["rootCause"]["groups"].as_array().unwrap_or_else(|| panic!("{answer}"));
    factors.map(|label| {
        let has = |group: &&Value| group["factors"].as_array().unwrap().iter().any(|f| f["label"] == label);
        let group = groups.iter().find(has)?;
        Some((group["exposedCases"].as_u64().unwrap(), group["exposedControls"].as_u64().unwrap()))
    })
}

async fn service(clean: Option<&str>) -> Service {
    let service = Service::empty().await;
    let response = service.post_events(&creamery(clean)).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    service
}

const FIRST: [&str; 4] = ["FARM-1", "RAW-1", "PAST-1", "HEATED-1"];
const SECOND: [&str; 4] = ["FARM-2", "RAW-2", "PAST-2", "HEATED-2"];

#[tokio::test]
async fn what_was_cleaned_away_is_no_exposure() {
    let late: Vec<&str> = [DURING].into_iter().chain(AFTER).collect();
    let cleaned = service(Some(CLEAN)).await;
    let found = exposed(&cleaned, (&BEFORE, &late), FIRST).await;
    // Of the controls only the cup that was drawn during the clean may hold the first milk.
    assert_eq!(found, [Some((5, 1)); 4]);
    let found = exposed(&cleaned, (&BEFORE, &late), ["TANK"]).await;
    assert_eq!(found, [Some((5, 6))], "a clean ends the contents, not the tank");
    // The same plant with a heel: what was left of the first milk is in every cup.
    let heel = service(None).await;
    assert_eq!(exposed(&heel, (&BEFORE, &late), FIRST).await, [Some((5, 6)); 4]);
}

#[tokio::test]
async fn what_came_after_the_clean_and_the_clean_itself_are_exposures() {
    let early: Vec<&str> = BEFORE.into_iter().chain([DURING]).collect();
    let cleaned = service(Some(CLEAN)).await;
    // The second milk is in no cup that was drawn before it came (time rule), and the clean is where it may have gone wrong.
    assert_eq!(exposed(&cleaned, (&AFTER, &early), SECOND).await, [Some((5, 0)); 4]);
    assert_eq!(exposed(&cleaned, (&AFTER, &early), ["CIP-1"]).await, [Some((5, 1))]);
    let found = exposed(&cleaned, (&AFTER, &early), FIRST).await;
    assert!(found.iter().all(|found| found.is_none_or(|(cases, _)| cases == 0)), "{found:?}");
    // A clean after the last cup bounds nothing.
    let late = CLEAN.replace("T08:", "T20:").replace("T09:", "T21:");
    let found = exposed(&service(Some(&late)).await, (&AFTER, &early), FIRST).await;
    assert_eq!(found, [Some((5, 6)); 4]);
}
