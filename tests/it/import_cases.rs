//! Files as plants have them: what is read of each, what is refused, and what is said about it, at every door.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotgraph::domain::ErrorCode;
use lotgraph::format::csv_map::{CsvReader, Mapping};
use lotgraph::service::import::{Format, Rejected, RejectsFile, RejectsFormat};
use reqwest::StatusCode;
use serde_json::Value;

use crate::import::{options, run};
use crate::support::service::Service;
use crate::support::stores::sqlite as fresh;

/// A file of the cases beside the repository; says so loudly when they are not there.
fn case(name: &str) -> Option<Vec<u8>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases/files");
    let places: [PathBuf; 2] = [beside, "/work/shared/cases/files".into()];
    let found = places.iter().find_map(|place| std::fs::read(place.join(name)).ok());
    if found.is_none() {
        eprintln!("\n*** NOT CHECKED: {name} is absent from ../shared/cases/files ***\n");
    }
    found
}

fn mapping(formats: &str, event: &str) -> Arc<Mapping> {
    let text = format!(
        "[times.any]\nformats = {formats}\noffset = '+01:00'\n[columns]\nat = 'any'\n[[events]]\n{event}"
    );
    Arc::new(Mapping::parse(&text).unwrap_or_else(|error| panic!("{text}\n{error}")))
}

/// What a file comes to: the id and time of each event, or the code and column of what is told of its row.
fn read(bytes: &[u8], mapping: &Arc<Mapping>) -> Vec<String> {
    let reader = CsvReader::open(bytes, Arc::clone(mapping)).unwrap_or_else(|error| panic!("{error}"));
    let told = reader.map(|item| {
        let item = item.unwrap();
        match &item.event {
            Ok(event) => {
                let value: Value =
                    serde_json::from_str(&lotgraph::format::canonical::body(&event.fact)).unwrap();
                format!("{} {}", event.id, value["at"].as_str().unwrap())
            }
            Err(problems) => {
                format!("{} {} {}", item.line, problems[0].code, item.columns.of(0, &problems[0]))
            }
        }
    });
    told.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn times_with_offsets_are_the_right_moment_or_refused() {
    let receive = "type = 'receive'\nid = 'R-{lot}'\nat = '{at}'\noutputs = [{ lot = '{lot}', quantity = '{qty}', unit = 'KGM' }]";
    let formats = "['%Y-%m-%dT%H:%M:%S%.f%z', '%Y-%m-%d %H:%M:%S%.f']";
    let rows = "lot,at,qty\nA-1,2026-01-05T06:00:00.123Z,1\nA-2,2026-01-05T06:00:00+01:00,1\n\
                A-4,2026-01-05T24:00:00Z,1\nA-6,2026-01-05T06:00:00-0800,1\nA-7,2026-01-05,1\n";
    let right = [
        "R-A-1 2026-01-05T06:00:00.123Z",
        "R-A-2 2026-01-05T05:00:00Z",
        "4 CSV_CELL_INVALID at",
        "R-A-6 2026-01-05T14:00:00Z",
        "6 CSV_CELL_INVALID at",
    ];
    assert_eq!(read(rows.as_bytes(), &mapping(formats, receive)), right);
    let permissive = formats.replace("%z", "%#z");
    assert_eq!(read(rows.as_bytes(), &mapping(&permissive, receive)), right);
    let Some(file) = case("b24_iso.csv") else { return };
    let told = read(&file, &mapping(formats, receive));
    let moments = [
        "R-A-1 2026-01-05T06:00:00.123Z",
        "R-A-2 2026-01-05T05:00:00Z",
        "R-A-3 2026-01-05T05:00:00.123456Z",
        "5 CSV_CELL_INVALID at",
    ];
    assert_eq!(told[..4], moments);
    assert!(
        told[4] == "6 CSV_CELL_INVALID at" || told[4] == "R-A-5 2026-01-06T00:00:00Z",
        "a leap second is the next second, or refused: {}",
        told[4]
    );
    assert_eq!(told[5..], ["R-A-6 2026-01-05T05:00:00Z", "8 CSV_CELL_INVALID at"]);
}

#[test]
fn lists_and_equal_rows_of_the_cases_are_told() {
    let made = "type = 'operation'\nid = '{id}'\nkind = 'PRODUCE'\nat = '{at}'\ninputs = [{ lot = '{inputs}' }]\noutputs = [{ lot = '{output}' }]";
    if let Some(file) = case("b29_list.csv") {
        let told = read(&file, &mapping("['%Y-%m-%d %H:%M']", made));
        assert_eq!(told, ["2 CSV_CELL_INVALID inputs", "3 CSV_CELL_INVALID inputs"]);
    }
    let Some(file) = case("identical.csv") else { return };
    let receive = "type = 'receive'\nid = 'R-{lot}'\nat = '{at}'\noutputs = [{ lot = '{lot}', quantity = '{qty}', unit = 'KGM' }]";
    let told = read(&file, &mapping("['%Y-%m-%d %H:%M']", receive));
    assert_eq!(told, ["R-A-1 2026-01-05T05:00:00Z", "3 CSV_ROW_REPEATED"]);
    let numbered = receive.replace("R-{lot}", "R-{lot}-{line}");
    let told = read(&file, &mapping("['%Y-%m-%d %H:%M']", &numbered));
    assert_eq!(told, ["R-A-1-2 2026-01-05T05:00:00Z", "R-A-1-3 2026-01-05T05:00:00Z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_rows_count_as_in_the_store_whatever_the_batch() {
    let receive = "type = 'receive'\nid = 'R-{lot}'\nat = '{at}'\noutputs = [{ lot = '{lot}' }]";
    let rows = "lot,at\nA,2026-01-05 06:00\nB,2026-01-05 06:00\nA,2026-01-05 06:00\n";
    for batch in [1, 100] {
        let fresh = fresh().await;
        let format = || Format::Csv(mapping("['%Y-%m-%d %H:%M']", receive));
        for accepted in [2, 0] {
            let (summary, told) = run(&fresh.store, rows.as_bytes(), options(format(), batch)).await;
            let counts = summary.counts;
            assert_eq!((counts.read, counts.accepted, counts.duplicate), (3, accepted, 3 - accepted));
            assert_eq!((counts.rejected, counts.repeated, told.rows.len()), (0, 1, 0));
            assert_eq!((told.remarks[0].line, told.remarks[0].code), (4, ErrorCode::CsvRowRepeated));
        }
    }
}

#[tokio::test]
async fn rest_and_graphql_read_past_a_byte_order_mark_and_name_other_files() {
    let service = Service::dairy().await;
    let send = async |path: &str, kind: &'static str, body: Vec<u8>| {
        let request = service.client.post(format!("{}{path}", service.url)).header("content-type", kind);
        let answer = request.body(body).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
    let operator = |n: u8| format!("{{\"type\":\"operator\",\"code\":\"BOM-{n}\"}}");
    for (kind, body) in [
        ("application/json", marked(&operator(1))),
        ("application/x-ndjson", marked(&operator(2))),
        ("application/x-ndjson", [marked(&operator(3)), marked(&operator(4))].join(&b'\n')),
    ] {
        let (status, answer) = send("/api/v1/events", kind, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert!(answer.contains("\"rejected\":0"), "{answer}");
    }
    let (status, answer) =
        send("/graphql", "application/json", marked("{\"query\":\"{ __typename }\"}")).await;
    assert!(status == StatusCode::OK && answer.contains("\"data\""), "{answer}");
    for kind in ["application/json", "application/x-ndjson"] {
        let (status, answer) = send("/api/v1/events", kind, b"\x1f\x8b\x08\0\0\0".to_vec()).await;
        assert!(status.is_client_error() && answer.contains("FILE_NOT_TEXT"), "{kind}: {answer}");
    }
}

#[test]
fn rejected_rows_are_a_file_too() {
    let row = Rejected {
        line: 7,
        column: "批号".to_owned(),
        code: ErrorCode::TextInvalid,
        path: "id".to_owned(),
        reason: "has, a \"comma\"".to_owned(),
    };
    let write = |format| {
        let mut bytes = Vec::new();
        let mut file = RejectsFile::start(&mut bytes, format).unwrap();
        file.write(&row).unwrap();
        file.finish().unwrap();
        drop(file);
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(
        write(RejectsFormat::of(Path::new("bad.csv"))),
        "line,column,code,path,reason\n7,批号,TEXT_INVALID,id,\"has, a \"\"comma\"\"\"\n"
    );
    let line: serde_json::Value =
        serde_json::from_str(&write(RejectsFormat::of(Path::new("bad.ndjson")))).unwrap();
    assert_eq!((line["line"].as_u64(), line["column"].as_str()), (Some(7), Some("批号")));
}
