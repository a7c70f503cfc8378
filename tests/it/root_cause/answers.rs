//! What the API and the command answer, and what they refuse.

use serde_json::{Value, json};

use crate::support::service::Service;

const QUESTION: &str = "query($input: RootCauseInput!) { rootCause(input: $input) {
  caseCount controlCount leftOutCount testedCount groupCount cautions isPartial
  groups(first: 50) { exposedCases exposedControls coverage verdict oddsRatio { estimate low high } p q factorCount
    factors { kind label codes depth band { side at unit p rankP measuredCases measuredControls }
      evidence { case { id } lot { id } operation { id } paths { length } } } }
  explaining { factors { label } } unexplained { id } freshness { revision } } }";

/// Twenty pieces: the first ten from press P1 and resin R1, the others from press P2, every third of them from R1 too.
/// Pieces 1 to 8 are bad. Each is baked an hour later, the bad ones at 180 to 187 degrees, the good ones at 150 to 161.
fn press_shop() -> String {
    let mut lines = String::from(
        r#"{"type":"receive","id":"REC-1","at":"2026-01-05T05:00:00Z","supplier":"RESINS","outputs":[{"lot":"R1","material":"RESIN","quantity":"90","unit":"KGM"}]}
{"type":"receive","id":"REC-2","at":"2026-01-05T05:00:00Z","supplier":"RESINS","outputs":[{"lot":"R2","material":"RESIN","quantity":"90","unit":"KGM"}]}
"#,
    );
    for piece in 1..=20 {
        let press = if piece <= 10 { "P1" } else { "P2" };
        let resin = if piece <= 10 || piece % 3 == 0 { "R1" } else { "R2" };
        let (degrees, result) = if piece <= 8 { (179 + piece, "FAIL") } else { (141 + piece, "PASS") };
        let pressed = json!({"type": "operation", "kind": "PRODUCE", "name": "PRESS", "id": format!("PRESS-{piece:02}"),
            "at": "2026-01-05T07:00:00Z", "inputs": [{"lot": resin}], "equipment": [press],
            "outputs": [{"lot": format!("BLANK-{piece:02}"), "material": "BLANK"}]});
        let baked = json!({"type": "operation", "kind": "PRODUCE", "name": "BAKE", "id": format!("BAKE-{piece:02}"),
            "at": "2026-01-05T08:00:00Z", "inputs": [{"lot": format!("BLANK-{piece:02}")}],
            "parameters": [{"name": "temperature", "value": degrees.to_string(), "unit": "CEL"}],
            "outputs": [{"lot": format!("PIECE-{piece:02}"), "material": "PIECE", "attributes": {"result": result}}]});
        lines.push_str(&format!("{pressed}\n{baked}\n"));
    }
    lines
}

async fn service() -> Service {
    let service = Service::empty().await;
    let response = service.post_events(&press_shop()).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    service
}

fn pieces(numbers: impl Iterator<Item = u32>) -> Vec<String> {
    numbers.map(|n| format!("PIECE-{n:02}")).collect()
}

fn group<'a>(answer: &'a Value, label: &str) -> &'a Value {
    let groups = answer["data"]["rootCause"]["groups"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let has = |group: &&Value| group["factors"].as_array().unwrap().iter().any(|f| f["label"] == label);
    groups.iter().find(has).unwrap_or_else(|| panic!("no {label} in {answer}"))
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

/// `python -c "from scipy.stats import fisher_exact as f; print(f([[8, 0], [2, 10]], alternative='greater').pvalue)"`.
#[tokio::test]
async fn the_press_is_told_from_the_resin() {
    let service = service().await;
    let input = json!({"input": {"cases": pieces(1..=8), "controls": pieces(9..=20)}});
    let answer = service.graphql(QUESTION, input).await;
    let cause = &answer["data"]["rootCause"];
    assert_eq!(
        (&cause["caseCount"], &cause["controlCount"], &cause["cautions"]),
        (&json!(8), &json!(12), &json!([]))
    );
    let press = group(&answer, "P1");
    assert_eq!((&press["exposedCases"], &press["exposedControls"]), (&json!(8), &json!(2)));
    assert!((press["p"].as_f64().unwrap() / 0.000_357_227_911_407_477_97 - 1.0).abs() < 1e-9, "{press}");
    let ratio = (8.5 * 10.5) / (0.5 * 2.5);
    assert!((press["oddsRatio"]["estimate"].as_f64().unwrap() / ratio - 1.0).abs() < 1e-9, "{press}");
    let evidence = &press["factors"][0]["evidence"];
    assert_eq!((&evidence["case"]["id"], &evidence["lot"]["id"]), (&json!("PIECE-01"), &json!("BLANK-01")));
    assert_eq!(
        (&evidence["operation"]["id"], &evidence["paths"][0]["length"]),
        (&json!("PRESS-01"), &json!(1))
    );
    // The resin goes into all of P1's pieces and into a third of P2's: weaker. Its supplier delivered everything.
    assert!(group(&answer, "R1")["p"].as_f64() > press["p"].as_f64());
    let supplier = group(&answer, "RESINS");
    assert_eq!(
        (&supplier["verdict"], &supplier["p"], &supplier["q"]),
        (&json!("NO_CONTRAST"), &Value::Null, &Value::Null)
    );
    assert_eq!(group(&answer, "BLANK-01")["verdict"], "UNTESTABLE");
}

/// A count does nothing to its lot: who counted, and in which shift, is no factor, though it is work in place like a test.
#[tokio::test]
async fn a_stock_count_is_no_factor() {
    let service = service().await;
    let count = r#"{"type":"count","id":"C","at":"2026-01-05T06:00:00Z","operators":["CLERK"],"lots":[{"lot":"R1","quantity":"90","unit":"KGM"}]}
{"type":"operation","kind":"PROCESS","id":"T","name":"TEST","at":"2026-01-05T06:30:00Z","operators":["CHEMIST"],"lots":["R1"]}"#;
    assert_eq!(service.post_events(count).await.status(), 200);
    let input = json!({"input": {"cases": pieces(1..=8), "controls": pieces(9..=20)}});
    let answer = service.graphql(QUESTION, input).await;
    assert_eq!(group(&answer, "CHEMIST")["exposedCases"], 8);
    assert!(!answer.to_string().contains("CLERK"), "{answer}");
}

#[tokio::test]
async fn lots_by_attribute_find_their_controls_and_the_temperature() {
    let service = service().await;
    let failed = json!({"attributes": [{"name": "result", "value": {"is": "FAIL"}}]});
    let answer = service.graphql(QUESTION, json!({"input": {"casesWhere": failed}})).await;
    let cause = &answer["data"]["rootCause"];
    assert_eq!((&cause["caseCount"], &cause["controlCount"]), (&json!(8), &json!(12)), "{answer}");
    let baked = group(&answer, "BAKE: temperature ≥ 180 CEL");
    assert_eq!(cause["groups"][0], *baked);
    let band = &baked["factors"][0]["band"];
    assert_eq!(
        (&band["side"], &band["at"], &band["unit"]),
        (&json!("AT_LEAST"), &json!(180.0), &json!("CEL"))
    );
    assert_eq!(cause["explaining"][0]["factors"][0]["label"], "BAKE: temperature ≥ 180 CEL");
    assert_eq!(cause["unexplained"], json!([]));
    let matched = json!({"input": {"casesWhere": failed, "controlsPerCase": 1}});
    assert_eq!(service.graphql(QUESTION, matched).await["data"]["rootCause"]["controlCount"], 8);
}

/// The temperature tells bad from good without an exception. Given it, nothing is left to tell, so the press follows it.
#[tokio::test]
async fn the_press_follows_the_temperature() {
    const CAUSES: &str =
        "query($input: RootCauseInput!) { rootCause(input: $input) { independentCauses { p q followerCount alikeCount
      alike { p } group { q factors { label } } followers { pGivenCause group { p factors { label } } } } } }";
    let service = service().await;
    let input = json!({"input": {"cases": pieces(1..=8), "controls": pieces(9..=20)}});
    let answer = service.graphql(CAUSES, input).await;
    let causes = answer["data"]["rootCause"]["independentCauses"].as_array();
    let [cause] = &causes.unwrap_or_else(|| panic!("{answer}"))[..] else { panic!("{answer}") };
    assert_eq!(cause["group"]["factors"][0]["label"], "BAKE: temperature ≥ 180 CEL");
    assert!(cause["q"] == cause["group"]["q"] && cause["q"].as_f64() <= Some(0.05), "{cause}");
    let followers = cause["followers"].as_array().unwrap();
    assert_eq!(cause["followerCount"], followers.len());
    assert_eq!((&cause["alikeCount"], &cause["alike"]), (&json!(0), &json!([])));
    let press = followers.iter().find(|follower| follower["group"]["factors"][0]["label"] == "P1");
    let press = press.unwrap_or_else(|| panic!("{cause}"));
    assert!(press["group"]["p"].as_f64() < Some(0.05) && press["pGivenCause"] == json!(1.0), "{press}");
}

#[tokio::test]
async fn controls_can_be_chosen_among_other_lots() {
    let service = service().await;
    let count = async |among: Value| {
        let input = json!({"input": {"cases": pieces(1..=8), "controlsAmong": among}});
        let answer = service.graphql(QUESTION, input).await;
        answer["data"]["rootCause"]["controlCount"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    };
    assert_eq!(count(json!({"materials": ["PIECE"]})).await, 12);
    assert_eq!(count(json!({"materials": ["BLANK"]})).await, 20);
    assert_eq!(count(json!({"materials": ["PIECE"], "producedFrom": "2026-01-06T00:00:00Z"})).await, 0);
    let both = json!({"input": {"cases": ["PIECE-01"], "controls": ["PIECE-09"], "controlsAmong": {}}});
    assert_eq!(code(&service.graphql(QUESTION, both).await), "ARGUMENT_INVALID");
}

#[tokio::test]
async fn numbers_below_a_limit_are_cases_and_lots_without_a_number_are_left_out() {
    let service = Service::empty().await;
    let batch = |n: u32, line: &str, strength: Option<&str>| {
        let attributes = match strength {
            Some(strength) => json!({"line": line, "strength": strength}),
            None => json!({"line": line}),
        };
        json!({"type": "receive", "id": format!("R{n}"), "at": "2026-01-05T08:00:00Z",
            "outputs": [{"lot": format!("B{n}"), "material": "ROD", "attributes": attributes}]})
    };
    let events = [
        batch(1, "A", Some("9.5")),
        batch(2, "A", Some("10.0")),
        batch(3, "A", Some("100")),
        batch(4, "A", None),
        batch(5, "A", Some("unreadable")),
        batch(6, "B", Some("11")),
        batch(7, "B", None),
    ];
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    service.post_events(&lines).await.error_for_status().unwrap();
    let weak = json!({"name": "strength", "value": {"below": "10"}});
    let on_line_a = json!([{"name": "line", "value": {"is": "A"}}]);
    let counts = async |input: Value| {
        let answer = service.graphql(QUESTION, json!({"input": input})).await;
        let cause = answer["data"]["rootCause"].clone();
        [&cause["caseCount"], &cause["controlCount"], &cause["leftOutCount"]].map(Clone::clone)
    };
    assert_eq!(counts(json!({"casesWhere": {"attributes": [weak]}})).await, [1, 3, 3]);
    let matched = json!({"casesWhere": {"attributes": [weak]}, "controlsWhere": on_line_a});
    assert_eq!(counts(matched).await, [1, 2, 2]);
    let at_most = json!({"name": "strength", "value": {"atMost": 10}});
    assert_eq!(counts(json!({"casesWhere": {"attributes": [at_most]}})).await, [2, 2, 3]);
}

#[tokio::test]
async fn small_groups_and_missing_controls_say_so() {
    let service = service().await;
    let few = json!({"input": {"cases": ["PIECE-01"], "controls": pieces(9..=12)}});
    let answer = service.graphql(QUESTION, few).await;
    assert_eq!(answer["data"]["rootCause"]["cautions"], json!(["GROUPS_TOO_SMALL"]), "{answer}");
    assert_eq!(group(&answer, "P1")["p"], Value::Null);
    let all = json!({"input": {"cases": pieces(1..=20)}});
    let answer = service.graphql(QUESTION, all).await;
    assert_eq!(answer["data"]["rootCause"]["cautions"], json!(["NO_CONTROLS"]), "{answer}");
    assert_eq!(group(&answer, "P1")["verdict"], "NO_CONTROLS");
    let raw = json!({"input": {"cases": ["R1"], "controls": ["R2"]}});
    let answer = service.graphql(QUESTION, raw).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused() {
    let service = service().await;
    for (input, expected) in [
        (json!({}), "CASES_NONE"),
        (json!({"cases": []}), "CASES_NONE"),
        (json!({"casesWhere": {"attributes": [{"name": "result", "value": {"is": "LOST"}}]}}), "CASES_NONE"),
        (
            json!({"casesWhere": {"attributes": [{"name": "Result", "value": {"is": "LOST"}}]}}),
            "NAME_UNKNOWN",
        ),
        (json!({"cases": ["PIECE-01"], "controlsAmong": {"materials": ["PEICE"]}}), "NAME_UNKNOWN"),
        (json!({"cases": ["PIECE-01"], "controls": []}), "CONTROLS_NONE"),
        (json!({"cases": ["PIECE-01"], "controls": ["PIECE-02", "PIECE-01"]}), "CASES_AND_CONTROLS_OVERLAP"),
        (json!({"cases": ["NOBODY"]}), "LOT_UNKNOWN"),
        (json!({"cases": ["PIECE-01"], "controls": ["NOBODY"]}), "LOT_UNKNOWN"),
        (json!({"cases": pieces(0..=1_000)}), "LIMIT_EXCEEDED"),
        (json!({"cases": ["PIECE-01"], "controlsPerCase": 0}), "ARGUMENT_INVALID"),
        (json!({"cases": ["PIECE-01"], "controls": ["PIECE-09"], "controlsPerCase": 1}), "ARGUMENT_INVALID"),
        (
            json!({"cases": ["PIECE-01"], "casesWhere": {"attributes": [{"name": "a", "value": {"is": "b"}}]}}),
            "ARGUMENT_INVALID",
        ),
        (json!({"casesWhere": {"attributes": []}}), "ARGUMENT_INVALID"),
        (
            json!({"casesWhere": {"attributes": [{"name": "a", "value": {"below": "1e3"}}]}}),
            "ARGUMENT_INVALID",
        ),
        (json!({"cases": ["PIECE-01"], "controls": ["PIECE-09"], "controlsWhere": []}), "ARGUMENT_INVALID"),
    ] {
        let answer = service.graphql(QUESTION, json!({"input": input})).await;
        assert_eq!(code(&answer), expected, "{input}");
    }
}

#[tokio::test]
async fn plain_sets_share_ancestors_and_descendants() {
    let service = service().await;
    let query = "{ commonAncestors(lots: [\"PIECE-11\", \"PIECE-13\"]) { lotCount lots { lot { id } leastDepth greatestDepth } }
        apart: commonAncestors(lots: [\"PIECE-11\", \"PIECE-12\"]) { lotCount }
        commonDescendants(lots: [\"R2\", \"BLANK-11\"]) { lots { lot { id } leastDepth greatestDepth } isPartial } }";
    let answer = service.graphql(query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    let up = json!([{"lot": {"id": "R2"}, "leastDepth": 2, "greatestDepth": 2}]);
    assert_eq!(answer["data"]["commonAncestors"]["lots"], up);
    assert_eq!(answer["data"]["apart"]["lotCount"], 0);
    let down = json!([{"lot": {"id": "PIECE-11"}, "leastDepth": 1, "greatestDepth": 2}]);
    assert_eq!(answer["data"]["commonDescendants"]["lots"], down);
    let nobody = service.graphql("{ commonAncestors(lots: []) { lotCount } }", json!({})).await;
    assert_eq!(code(&nobody), "ARGUMENT_INVALID");
}

#[tokio::test]
async fn the_command_prints_every_format() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shop.ndjson"), press_shop()).unwrap();
    let run = async |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_lotgraph");
        let output =
            tokio::process::Command::new(program).args(arguments).current_dir(folder.path()).output();
        output.await.unwrap()
    };
    assert!(run(&["import", "shop.ndjson"]).await.status.success());
    let ask = ["root-cause", "--where", "result=FAIL", "--format"];
    let printed = async |format: &str| {
        let output = run(&[&ask[..], &[format]].concat()).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let table = printed("table").await;
    let parts = [
        "8 cases against 12 controls",
        "1. PARAMETER BAKE: temperature ≥ 180 CEL\n   8 of 8 cases, 0 of 12 controls; q 7.94e-5\n",
        "     EQUIPMENT P1: 8 of 8 cases, 2 of 12 controls\n",
        "It touches 8 of 8 cases.",
        "8/8",
        "complete",
    ];
    for part in parts {
        assert!(table.contains(part), "no {part:?} in\n{table}");
    }
    let (causes, _) = table.split_once("Every factor alone").unwrap();
    assert!(causes.lines().all(|line| line.chars().count() <= 80), "{causes}");
    let answer: Value = serde_json::from_str(&printed("json").await).unwrap();
    let cause = &answer["independentCauses"][0];
    assert_eq!((&answer["explaining"], &cause["group"]), (&json!([0]), &answer["groups"][0]));
    assert_eq!(cause["followers"][0]["group"]["factors"][0]["label"], "P1");
    assert_eq!((&answer["caseCount"], &answer["groups"][0]["verdict"]), (&json!(8), &json!("TESTED")));
    let csv = printed("csv").await;
    assert!(csv.starts_with("group,kind,factor,depth,exposed_cases"));
    let place =
        |start: &str| csv.lines().find(|line| line.starts_with(start)).unwrap().rsplitn(4, ',').take(3);
    assert_eq!(place("1,PARAMETER").collect::<Vec<_>>(), ["", "", "1"]);
    assert_eq!(place("2,EQUIPMENT").collect::<Vec<_>>(), ["", "1", ""]);
    let refused = run(&["root-cause", "--cases", "PIECE-01", "--controls", "PIECE-01"]).await;
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && words.contains("a case and a control"), "{words}");
}
