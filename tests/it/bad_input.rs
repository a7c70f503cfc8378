//! Bad events: each kind gets its code, its place and its line; an atomic batch with one records nothing, an import with
//! one records all the others.

use std::sync::Arc;

use lotgraph::domain::{ErrorCode, EventId, LotId, Node, NodeRef};
use lotgraph::format::ndjson::NdjsonReader;
use lotgraph::service::recorder::{ItemStatus, Recorder, Report};
use lotgraph::store::Ledger;

use crate::import::{ndjson, operations};
use crate::support::events::tester;
use crate::support::service::Service;
use crate::support::stores::sqlite as fresh;

/// What every case finds in the store.
const BEFORE: &str = r#"{"type":"material","code":"MILK","unit":"KGM","conversions":[{"unit":"LTR","factor":"1.03"}]}
{"type":"receive","id":"R-1","at":"2026-01-05T06:10:00+08:00","outputs":[{"lot":"A","material":"MILK","quantity":"10","unit":"KGM"}]}
{"type":"receive","id":"R-2","at":"2026-01-05T06:10:00+08:00","outputs":[{"lot":"B"}]}
{"type":"operator","id":"MASTER","code":"OP-1"}
{"type":"void","id":"V-1","event":"R-2","reason":"never came"}"#;

struct Case {
    line: String,
    code: ErrorCode,
    path: &'static str,
}

fn case(line: impl Into<String>, code: ErrorCode, path: &'static str) -> Case {
    Case { line: line.into(), code, path }
}

/// A receipt with something in place of its quantity and unit.
fn receipt(rest: &str) -> String {
    format!(
        r#"{{"type":"receive","id":"R-9","at":"2026-01-05T06:10:00Z","outputs":[{{"lot":"L-9"{rest}}}]}}"#
    )
}

fn amount(text: &str) -> String {
    receipt(&format!(r#","quantity":{text},"unit":"KGM""#))
}

fn at(text: &str) -> String {
    format!(r#"{{"type":"receive","id":"R-9","at":"{text}","outputs":[{{"lot":"L-9"}}]}}"#)
}

fn lot(text: &str) -> String {
    format!(r#"{{"type":"receive","id":"R-9","at":"2026-01-05T06:10:00Z","outputs":[{{"lot":"{text}"}}]}}"#)
}

fn malformed() -> Vec<Case> {
    use ErrorCode as E;
    vec![
        case("{", E::JsonMalformed, ""),
        case("{\"type\":\"operator\",}", E::JsonMalformed, ""),
        case("{\"type\":\"operator\",\"code\":\"A\"} trailing", E::JsonMalformed, ""),
        case("{'type':'operator'}", E::JsonMalformed, ""),
        case("[".repeat(200_000), E::JsonMalformed, ""),
        case("[]", E::FieldType, ""),
        case("null", E::FieldType, ""),
        case("{}", E::FieldMissing, "type"),
        case(r#"{"type":7}"#, E::FieldType, "type"),
        case(r#"{"type":"teleport","id":"R-9"}"#, E::EventTypeUnknown, "type"),
        case(r#"{"type":"operator","code":"A","colour":"red"}"#, E::FieldUnknown, "colour"),
        case(receipt(r#","colour":"red""#), E::FieldUnknown, "outputs[0].colour"),
        case(r#"{"type":"operator","code":"A","code":"B"}"#, E::FieldDuplicate, ""),
        case(receipt(r#","lot":"M""#), E::FieldDuplicate, ""),
        case(r#"{"type":"operator"}"#, E::FieldMissing, "code"),
        case(r#"{"type":"operator","code":7}"#, E::FieldType, "code"),
        case(r#"{"type":"material","code":"M","unit":"KGM","class":"LIQUID"}"#, E::ValueUnknown, "class"),
        case("x".repeat(10_000_000), E::LineTooLong, ""),
    ]
}

fn quantities() -> Vec<Case> {
    use ErrorCode as E;
    const PATH: &str = "outputs[0].quantity";
    let mut cases: Vec<Case> =
        ["\"NaN\"", "\"inf\"", "\"-Infinity\"", "\"1e3\"", "\"1,5\"", "\"0x10\"", "\"\"", "\" 1\"", "\"١\""]
            .iter()
            .map(|text| case(amount(text), E::QuantityInvalid, PATH))
            .collect();
    cases.extend([
        case(amount("NaN"), E::JsonMalformed, ""),
        case(amount("-1"), E::QuantityNotPositive, PATH),
        case(amount("\"-0.5\""), E::QuantityNotPositive, PATH),
        case(amount("\"1000000000000\""), E::QuantityTooLarge, PATH),
        case(amount(&format!("\"{}\"", "9".repeat(1_000))), E::QuantityTooLarge, PATH),
        case(amount("\"0.0000000001\""), E::QuantityTooPrecise, PATH),
        case(amount("true"), E::FieldType, PATH),
        case(receipt(r#","quantity":"1""#), E::FieldMissing, "outputs[0].unit"),
        case(receipt(r#","unit":"KGM""#), E::FieldMissing, PATH),
        case(receipt(r#","quantity":"1","unit":"k g""#), E::UnitInvalid, "outputs[0].unit"),
        case(receipt(r#","quantity":"1","unit":"""#), E::TextEmpty, "outputs[0].unit"),
        case(receipt(r#","material":"MILK","quantity":"1","unit":"EA""#), E::UnitMismatch, "outputs[0].unit"),
    ]);
    cases
}

fn times_and_texts() -> Vec<Case> {
    use ErrorCode as E;
    const LOT: &str = "outputs[0].lot";
    vec![
        case(at("2026-01-05T06:10:00"), E::TimeWithoutOffset, "at"),
        case(at("2026-01-05"), E::TimeWithoutOffset, "at"),
        case(at("9999-01-05T06:10:00Z"), E::TimeOutOfRange, "at"),
        case(at("0001-01-05T06:10:00Z"), E::TimeOutOfRange, "at"),
        case(at("2026-02-30T06:10:00Z"), E::TimeInvalid, "at"),
        case(at("yesterday"), E::TimeInvalid, "at"),
        case(at(""), E::TimeInvalid, "at"),
        case(
            r#"{"type":"operation","id":"R-9","kind":"PROCESS","startedAt":"2026-01-05T07:00:00Z","at":"2026-01-05T06:59:59Z","lots":["L-9"]}"#,
            E::TimeOrder,
            "at",
        ),
        case(lot(""), E::TextEmpty, LOT),
        case(lot("   "), E::TextEmpty, LOT),
        case(lot(&"批".repeat(201)), E::TextTooLong, LOT),
        case(lot(r"A\u0007"), E::TextInvalid, LOT),
        case(lot(r"A\n"), E::TextInvalid, LOT),
        case(lot(r"\u0000"), E::TextInvalid, LOT),
        case(lot(" A"), E::TextInvalid, LOT),
        case(at("2026-01-05T06:10:00Z").replace("R-9", &"x".repeat(201)), E::TextTooLong, "id"),
        case(at("2026-01-05T06:10:00Z").replace("R-9", ""), E::TextEmpty, "id"),
    ]
}

fn meanings() -> Vec<Case> {
    use ErrorCode as E;
    let void = |event: &str| format!(r#"{{"type":"void","id":"V-9","event":"{event}","reason":"?"}}"#);
    let operation =
        |rest: &str| format!(r#"{{"type":"operation","id":"R-9","at":"2026-01-05T06:10:00Z",{rest}}}"#);
    vec![
        case(at("2026-01-05T06:10:00Z").replace("R-9", "R-1"), E::IdConflict, "id"),
        case(
            receipt(r#","material":"CREAM""#).replace("L-9", "A"),
            E::LotMaterialConflict,
            "outputs[0].material",
        ),
        case(void("NEVER"), E::EventUnknown, "event"),
        case(void("R-2"), E::AlreadyVoided, "event"),
        case(void("MASTER"), E::NotVoidable, "event"),
        case(void("V-1"), E::NotVoidable, "event"),
        case(void("V-9"), E::SelfReference, "event"),
        case(void("R-1").replace("}", r#","replacedBy":"R-1"}"#), E::SelfReference, "replacedBy"),
        case(operation(r#""inputs":[{"lot":"A"}],"outputs":[{"lot":"L-9"}]"#), E::FieldMissing, "kind"),
        case(operation(r#""kind":"RECEIVE","outputs":[{"lot":"L-9"}]"#), E::ValueUnknown, "kind"),
        case(operation(r#""kind":"SPLIT","inputs":[{"lot":"A"}]"#), E::ItemsNone, "outputs"),
        case(operation(r#""kind":"PROCESS""#), E::ItemsNone, "lots"),
        case(
            operation(r#""kind":"PROCESS","lots":["A"],"inputs":[{"lot":"A"}]"#),
            E::FieldNotAllowed,
            "inputs",
        ),
        case(
            operation(r#""kind":"PRODUCE","lots":["A"],"outputs":[{"lot":"L-9"}]"#),
            E::FieldNotAllowed,
            "lots",
        ),
        case(r#"{"type":"ship","id":"R-9","at":"2026-01-05T06:10:00Z","inputs":[]}"#, E::ItemsNone, "inputs"),
        case(
            operation(&format!(r#""kind":"PROCESS","lots":[{}]"#, vec!["\"A\""; 10_001].join(","))),
            E::ItemsTooMany,
            "lots",
        ),
        case(r#"{"type":"equipment","id":"R-9","code":"E","parent":"E"}"#, E::SelfReference, "parent"),
        case(
            operation(
                r#""kind":"PRODUCE","inputs":[{"lot":"A"},{"lot":"A","quantity":"2","unit":"KGM","returned":"3"}]"#,
            ),
            E::ReturnedTooMuch,
            "inputs[1].returned",
        ),
        case(
            operation(r#""kind":"PRODUCE","yieldMin":"90","yieldMax":"80","inputs":[{"lot":"A"}]"#),
            E::LimitsOrder,
            "yieldMin",
        ),
        case(
            r#"{"type":"material","id":"R-9","code":"MILK","unit":"KGM","conversions":[{"unit":"LTR","factor":"1.04"}]}"#,
            E::ConversionChanged,
            "conversions[0].factor",
        ),
        case(
            r#"{"type":"material","id":"R-9","code":"MILK","unit":"GRM","conversions":[{"unit":"KGM","factor":"1000"}]}"#,
            E::MaterialUnitChanged,
            "unit",
        ),
        case(
            receipt(r#","factors":[{"unit":"BX","factor":"2"}]"#)
                .replace("}]}]}", r#"}]},{"lot":"L-9","factors":[{"unit":"BX","factor":"3"}]}]}"#),
            E::LotFactorConflict,
            "outputs[1].factors[0]",
        ),
        case(
            receipt(r#","factors":[{"unit":"BX","factor":"2","perUnit":"3"}]"#),
            E::FieldNotAllowed,
            "outputs[0].factors[0].factor",
        ),
        case(
            r#"{"type":"shift","id":"R-9","code":"S","startsAt":"2026-01-05T07:00:00Z","endsAt":"2026-01-05T06:00:00Z"}"#,
            E::TimeOrder,
            "endsAt",
        ),
    ]
}

fn good(id: &str) -> String {
    format!(
        r#"{{"type":"receive","id":"{id}","at":"2026-01-05T06:10:00Z","outputs":[{{"lot":"lot of {id}"}}]}}"#
    )
}

async fn record(store: &Arc<dyn Ledger>, text: &str, atomic: bool) -> Report {
    let items = NdjsonReader::new(text.as_bytes()).map(|item| item.unwrap().event).collect();
    Recorder::new(Arc::clone(store)).record(items, atomic, &tester()).await.unwrap()
}

async fn exists(store: &dyn Ledger, reference: NodeRef) -> bool {
    store.get(&[reference]).await.unwrap()[0].is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_bad_event_is_refused_with_its_code_and_place() {
    let fresh = fresh().await;
    let store = &fresh.store;
    assert!(record(store, BEFORE, true).await.applied);
    let cases = [malformed(), quantities(), times_and_texts(), meanings()];
    for (number, case) in cases.into_iter().flatten().enumerate() {
        let shown: String = case.line.chars().take(200).collect();
        let before = store.revision().await.unwrap();
        let (first, last) = (format!("G-{number}-1"), format!("G-{number}-2"));
        let text = format!("{}\n{}\n{}\n", good(&first), case.line, good(&last));

        let report = record(store, &text, true).await;
        assert!(!report.applied, "{shown}");
        assert_eq!(store.revision().await.unwrap(), before, "{shown}");
        assert_eq!(report.count(|status| *status == ItemStatus::Withheld), 2, "{shown}: {report:?}");
        let ItemStatus::Rejected(problems) = &report.outcomes[1].status else {
            panic!("{shown}: {report:?}")
        };
        let found: Vec<(ErrorCode, &str)> =
            problems.iter().map(|problem| (problem.code, problem.path.as_str())).collect();
        assert_eq!(found, [(case.code, case.path)], "{shown}");
        assert!(
            !exists(store.as_ref(), NodeRef::Operation(EventId::parse(&first).unwrap())).await,
            "{shown}"
        );

        let (summary, told) = ndjson(store, text.as_bytes(), 100).await;
        assert_eq!((summary.counts.accepted, summary.counts.rejected), (2, 1), "{shown}");
        let found: Vec<(u64, ErrorCode, &str)> =
            told.rows.iter().map(|row| (row.line, row.code, row.path.as_str())).collect();
        assert_eq!(found, [(2, case.code, case.path)], "{shown}");
        for id in [&first, &last] {
            assert!(exists(store.as_ref(), NodeRef::Operation(EventId::parse(id).unwrap())).await, "{shown}");
        }
        assert!(!exists(store.as_ref(), NodeRef::Lot(LotId::parse("L-9").unwrap())).await, "{shown}");
        assert!(!exists(store.as_ref(), NodeRef::Operation(EventId::parse("R-9").unwrap())).await, "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_shows_both_contents_and_keeps_the_first() {
    let fresh = fresh().await;
    record(&fresh.store, BEFORE, true).await;
    let report = record(&fresh.store, &at("2026-01-05T06:10:00Z").replace("R-9", "R-1"), false).await;
    let ItemStatus::Rejected(problems) = &report.outcomes[0].status else { panic!("{report:?}") };
    assert!(problems[0].message.contains("\"lot\":\"A\"") && problems[0].message.contains("\"lot\":\"L-9\""));
    let kept =
        fresh.store.get(&[NodeRef::Operation(EventId::parse("R-1").unwrap())]).await.unwrap().remove(0);
    let Some(Node::Operation(kept)) = kept else { panic!("R-1 is gone") };
    assert_eq!(kept.operation.outputs[0].lot.as_str(), "A");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_of_an_event_is_told_at_once() {
    let fresh = fresh().await;
    let line = r#"{"type":"receive","id":"","at":"noon","colour":1,"outputs":[{"lot":" ","quantity":"-1","unit":"k g"}]}"#;
    let report = record(&fresh.store, line, false).await;
    let ItemStatus::Rejected(problems) = &report.outcomes[0].status else { panic!("{report:?}") };
    let mut paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    paths.sort_unstable();
    for path in ["at", "colour", "outputs[0].lot", "outputs[0].quantity", "outputs[0].unit"] {
        assert!(paths.contains(&path), "{paths:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_scripts_are_kept_verbatim() {
    let fresh = fresh().await;
    let text = lot("批次-2026/01 №7 ω 🐄").replace("R-9", "收货-1");
    let (summary, _) = ndjson(&fresh.store, text.as_bytes(), 1).await;
    assert_eq!(summary.counts.accepted, 1);
    let found = operations(fresh.store.as_ref()).await;
    let Node::Operation(operation) = &found[0] else { panic!("{found:?}") };
    assert_eq!(operation.id.as_str(), "收货-1");
    assert_eq!(operation.operation.outputs[0].lot.as_str(), "批次-2026/01 №7 ω 🐄");
    assert!(exists(fresh.store.as_ref(), NodeRef::Lot(LotId::parse("批次-2026/01 №7 ω 🐄").unwrap())).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_utf8_cost_their_line_only() {
    let fresh = fresh().await;
    let mut text = good("G-1").into_bytes();
    text.extend_from_slice(b"\n{\"type\":\"operator\",\"code\":\"\xc4\xe3\"}\n");
    text.extend_from_slice(good("G-2").as_bytes());
    let (summary, told) = ndjson(&fresh.store, &text, 10).await;
    assert_eq!((summary.counts.accepted, summary.counts.rejected), (2, 1));
    assert_eq!(
        (told.rows[0].line, told.rows[0].code, told.rows[0].column.as_str()),
        (2, ErrorCode::EncodingInvalid, "28")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn request_bodies_are_read_like_files() {
    let service = Service::dairy().await;
    let mut text = "\u{feff}".to_owned().into_bytes();
    text.extend_from_slice(good("G-1").as_bytes());
    text.extend_from_slice(b"\r\n\r\n{\"type\":\"operator\",\"code\":\"\xc4\xe3\"}\n");
    text.resize(text.len() + 2_000_000, b'x');
    text.extend_from_slice(b"\n{\"type\":\"operator\",}\n");
    text.extend_from_slice(good("G-2").as_bytes());
    let url = format!("{}/api/v1/events?atomic=false", service.url);
    let request = service.client.post(url).header("content-type", "application/x-ndjson").body(text);
    let body: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!((body["accepted"].as_u64(), body["rejected"].as_u64()), (Some(2), Some(3)), "{body}");
    let expected = [
        ("ENCODING_INVALID", "at line 3 column 28"),
        ("LINE_TOO_LONG", "at line 4"),
        ("JSON_MALFORMED", "at line 5 column 20"),
    ];
    for (index, (code, place)) in expected.into_iter().enumerate() {
        let problem = &body["events"][index + 1]["problems"][0];
        assert_eq!(problem["code"], code, "{body}");
        assert!(problem["message"].as_str().unwrap().ends_with(place), "{problem}");
    }
}
