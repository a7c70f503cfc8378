//! Mappings and readers together: what a mapping can say, and how bad rows and bad mappings are reported.

use std::sync::Arc;

use super::*;
use crate::item::Item;
use lotgraph_domain::{ErrorCode, Event, Fact, Operation};

const RECEIPTS: &str = r#"
skip = ["note"]
[file]
delimiter = ";"
decimal = ","
thousands = "."
empty = ["-"]
[times.local]
formats = ["%d.%m.%Y %H:%M"]
offset = "+01:00"
[times.day]
formats = ["%Y-%m-%d"]
offset = "+01:00"
[columns]
arrived = "local"
amount = "number"
best_before = "day"
lot = { column = "lot no." }
[[masters]]
type = "material"
code = "MILK"
unit = "KGM"
[[events]]
type = "receive"
id = "R-{lot}"
at = "{arrived}"
supplier = "{supplier?}"
outputs = [
  { lot = "{lot}", material = "MILK", quantity = "{amount?}", unit = "KGM", attributes = { bestBefore = "{best_before|last?}" } },
  { lot = "{second?}", material = "MILK" },
]
[[events]]
when = { column = "state", is = ["BAD"] }
type = "scrap"
id = "X-{lot}"
at = "{arrived}"
reason = "said {{{state}}}"
inputs = [{ lot = "{lot}" }]
"#;

const HEADER: &str = "lot no.;arrived;amount;supplier;second;state;best_before;note\n";

fn mapping(text: &str) -> Arc<Mapping> {
    Arc::new(Mapping::parse(text).unwrap_or_else(|error| panic!("{error}")))
}

fn read(mapping_text: &str, file: &str) -> Vec<Item> {
    let reader = CsvReader::open(file.as_bytes(), mapping(mapping_text));
    let reader = reader.unwrap_or_else(|error| panic!("{error}"));
    reader.map(|item| item.expect("memory does not fail")).collect()
}

fn operation(event: &Event) -> &Operation {
    match &event.fact {
        Fact::Operation(operation) => operation,
        other => panic!("{other:?} is no operation"),
    }
}

fn refusal(item: &Item) -> (u64, String, ErrorCode) {
    let problem = &item.event.as_ref().expect_err("a refused row")[0];
    (item.line, item.columns.of(0, problem), problem.code)
}

#[test]
fn a_row_becomes_its_events() {
    let rows = "A1;05.01.2026 06:10;1.200,50;F-3;B1;OK;2026-02-01;x\nA2;05.01.2026 06:20;-;;;BAD;;\n";
    let items = read(RECEIPTS, &format!("{HEADER}{rows}"));
    let lines: Vec<u64> = items.iter().map(|item| item.line).collect();
    assert_eq!(lines, [0, 2, 3, 3]);
    let events: Vec<&Event> = items.iter().map(|item| item.event.as_ref().expect("a good row")).collect();
    let first = operation(events[1]);
    assert_eq!(events[1].id.as_str(), "R-A1");
    assert_eq!(first.at.to_string(), "2026-01-05T05:10:00Z");
    assert_eq!(first.outputs[0].quantity.as_ref().map(ToString::to_string).as_deref(), Some("1200.5 KGM"));
    let best_before = first.outputs[0].attributes.values().next().map(|text| text.as_str());
    assert_eq!(best_before, Some("2026-02-01T22:59:59.999999Z"));
    assert_eq!(first.outputs[1].lot.as_str(), "B1");
    let second = operation(events[2]);
    assert_eq!((second.outputs.len(), &second.party, &second.outputs[0].quantity), (1, &None, &None));
    assert!(second.outputs[0].attributes.is_empty());
    assert_eq!(operation(events[3]).reason.as_ref().map(|text| text.as_str()), Some("said {BAD}"));
}

#[test]
fn bad_rows_are_placed_and_hide_nothing() {
    let rows = [
        "A1;yesterday;1;;;;;",
        "A2;05.01.2026 06:10;1.5;;;;;",
        ";05.01.2026 06:10;1;;;;;",
        "A4;05.01.2026 06:10;-1;;;;;",
        "A5;05.01.2026 06:10;1",
        "A6;05.01.2026 06:10;\"1;;;;;",
        "A7\u{7};05.01.2026 06:10;1;;;;;",
        "A8;05.01.2026 06:10;1;;;;;",
    ];
    let items = read(RECEIPTS, &format!("{HEADER}{}", rows.join("\n")));
    let named = |line, column: &str, code| (line, column.to_owned(), code);
    assert_eq!(refusal(&items[1]), named(2, "arrived", ErrorCode::CsvCellInvalid));
    assert_eq!(refusal(&items[2]), named(3, "amount", ErrorCode::CsvCellInvalid));
    assert_eq!(refusal(&items[3]), named(4, "lot no.", ErrorCode::CsvCellInvalid));
    assert_eq!(refusal(&items[4]), named(5, "amount", ErrorCode::QuantityNotPositive));
    assert_eq!(refusal(&items[5]), named(6, "", ErrorCode::CsvMalformed));
    assert_eq!(refusal(&items[6]), named(7, "", ErrorCode::CsvMalformed));
    assert_eq!(refusal(&items[7]), named(8, "lot no.", ErrorCode::TextInvalid));
    assert!(items[8].event.is_ok());
    assert_eq!(items.len(), 9);
}

#[test]
fn a_problem_behind_omitted_items_is_still_placed() {
    let text =
        RECEIPTS.replace("{ lot = \"{second?}\"", "{ lot = \"{supplier?}\"},\n  { lot = \"{second?}\"");
    let items = read(&text, &format!("{HEADER}A1;05.01.2026 06:10;1;;B\u{1};;;"));
    let problem = &items[1].event.as_ref().expect_err("a control character")[0];
    assert_eq!(problem.path, "outputs[1].lot", "the list as the event has it");
    assert_eq!(items[1].columns.of(0, problem), "second");
}

#[test]
fn every_column_is_used_or_skipped() {
    let open = |header: &str| match CsvReader::open(header.as_bytes(), mapping(RECEIPTS)) {
        Err(OpenError::Header(problems)) => {
            problems.into_iter().map(|problem| (problem.code, problem.path)).collect::<Vec<_>>()
        }
        _ => panic!("{header} must be refused"),
    };
    let missing = HEADER.replace("amount;", "").replace(";note", "");
    assert_eq!(
        open(&missing),
        [
            (ErrorCode::CsvColumnMissing, "amount".to_owned()),
            (ErrorCode::CsvColumnMissing, "note".to_owned())
        ]
    );
    assert_eq!(
        open(&HEADER.replace("note", "note;colour")),
        [(ErrorCode::MappingInvalid, "colour".to_owned())]
    );
    assert_eq!(
        open(&HEADER.replace("note", "note;amount")),
        [(ErrorCode::MappingInvalid, "amount".to_owned())]
    );
    assert_eq!(open("")[0].0, ErrorCode::CsvMalformed);
}

#[test]
fn mistakes_in_a_mapping_are_told_with_their_place() {
    let complaint = |from: &str, to: &str| {
        assert!(RECEIPTS.contains(from), "{from}");
        let error = Mapping::parse(&RECEIPTS.replacen(from, to, 1)).expect_err("a mistake");
        assert!(error.problems.iter().all(|problem| problem.code == ErrorCode::MappingInvalid));
        error
            .problems
            .iter()
            .map(|problem| format!("{} {}", problem.path, problem.message))
            .collect::<Vec<_>>()
    };
    let has = |from: &str, to: &str, start: &str| {
        let found = complaint(from, to);
        assert!(found.iter().any(|message| message.starts_with(start)), "{from} -> {to}: {found:#?}");
    };
    has("delimiter =", "delimeter =", "4:1 there is no key \"delimeter\" here");
    has("decimal = \",\"", "encoding = \"klingon\"", "5:12 there is no encoding \"klingon\"");
    has("\"receive\"", "\"{state}\"", "24:8 type: there is no event type \"1\"");
    has("supplier = ", "suplier = ", "27:11 suplier: there is no field \"suplier\"");
    has("at = \"{arrived}\"", "", "23:1 at: at is missing");
    has("\"receive\"", "\"recieve\"", "24:8 type: there is no event type \"recieve\"");
    has("{best_before|last?}", "{best_before?}", "29:");
    has("{arrived}", "{amount}", "26:6 at: at is not a date");
    has("{amount?}", "{amount|first}", "29:");
    has("unit = \"KGM\", attr", "attr", "29:");
    has("best_before = \"day\"", "best_before = \"date\"", "17:15 there is no kind \"date\"");
    has(
        "amount = \"number\"",
        "amount = \"number\"\ncolour = \"text\"",
        "17:1 column \"colour\" is declared and never used",
    );
    has(
        "skip = [\"note\"]",
        "skip = [\"note\", \"supplier\"]",
        "2:17 column \"supplier\" is skipped and used",
    );
    has("{lot}", "{lot", "25:6 \"R-{lot\" has a lone {");
    has("offset = \"+01:00\"", "", "8:1 offset is missing");
    has("offset = \"+01:00\"", "offset = \"CET\"", "10:10 offset \"CET\"");
    has("code = \"MILK\"", "code = \"{lot}\"", "19:1 [[masters]] are written once");
    has("[[events]]", "[[event]]", "23:3 there is no key \"event\"");
    has("[file]", "[file", "3:");
}

#[test]
fn a_file_without_header_and_other_encodings() {
    let text = r#"
[file]
encoding = "gb18030"
delimiter = "\t"
quote = ""
header = ["批号", "数量"]
[columns]
"数量" = "number"
[[events]]
type = "receive"
id = "收-{批号}"
at = "2026-01-05T06:10:00+08:00"
outputs = [{ lot = "{批号}", quantity = "{数量}", unit = "KGM" }]
"#;
    let (bytes, _, _) = encoding_rs::GB18030.encode("牛奶\"1\t12.5\n");
    let mut bytes = bytes.into_owned();
    bytes.extend_from_slice(b"A\xff\t1\n");
    let reader = CsvReader::open(bytes.as_slice(), mapping(text)).unwrap_or_else(|error| panic!("{error}"));
    let items: Vec<Item> = reader.map(|item| item.expect("memory does not fail")).collect();
    let event = items[0].event.as_ref().expect("a good row");
    assert_eq!(event.id.as_str(), "收-牛奶\"1");
    assert_eq!(refusal(&items[1]), (2, "批号".to_owned(), ErrorCode::EncodingInvalid));
}

const PLAIN: &str = r#"
[times.any]
formats = ["%Y-%m-%d %H:%M"]
offset = "Z"
[columns]
at = "any"
[[masters]]
type = "material"
code = "MILK"
unit = "KGM"
[[events]]
when = { column = "kind", not = ["TOTAL"] }
type = "receive"
id = "R-{lot}"
at = "{at}"
outputs = [{ lot = "{lot}", material = "MILK" }]
"#;

const AT: &str = "2026-01-05 06:00";

fn summary(items: &[Item]) -> Vec<String> {
    let told = |item: &Item| match &item.event {
        Ok(event) => format!("{} {}", item.line, event.id.as_str()),
        Err(_) => {
            let (line, column, code) = refusal(item);
            format!("{line} {code} {column}").trim_end().to_owned()
        }
    };
    items.iter().filter(|item| item.line > 0 || item.event.is_err()).map(told).collect()
}

#[test]
fn a_list_in_a_cell_is_not_one_lot() {
    for cell in ["\"A-1,A-2\"", "['P-1'; 'A-4']", "A|B", "A;B", "\"A\nB\"", "A、B", "\"A-1,\""] {
        let items = read(PLAIN, &format!("lot,at,kind\n{cell},{AT},\n"));
        assert_eq!(summary(&items), ["2 CSV_CELL_INVALID lot"], "{cell}");
        let problem = &items[1].event.as_ref().expect_err("a list")[0];
        assert!(problem.message.contains("looks like a list") && problem.message.contains("single = true"));
    }
    let single = PLAIN.replace("at = \"any\"", "at = \"any\"\nlot = { single = true }");
    let items = read(&single, &format!("lot,at,kind\n\"A,1\",{AT},\n"));
    assert_eq!(summary(&items), ["2 R-A,1"]);
    let operators = PLAIN.replace("outputs =", "operators = [\"{who}\"]\noutputs =");
    let items = read(&operators, &format!("lot,at,kind,who\nA,{AT},,\"Ann, Bob\"\n"));
    assert_eq!(summary(&items), ["2 CSV_CELL_INVALID who"]);
    // Words are free to have commas.
    let words = PLAIN.replace("material = \"MILK\"", "attributes = { note = \"{note}\" }");
    let items = read(&words, &format!("lot,at,kind,note\nA,{AT},,\"cold, fresh\"\n"));
    assert_eq!(summary(&items), ["2 R-A"]);
}

#[test]
fn what_a_spreadsheet_leaves_in_a_cell_is_named() {
    let told = |lot: &str, at: &str| {
        let items = read(PLAIN, &format!("lot,at,kind\n{lot},{at},\n"));
        items[1].event.as_ref().expect_err("a formula")[0].message.clone()
    };
    assert!(told("=\"0010\"", AT).contains("formula for the text \"0010\""), "{}", told("=\"0010\"", AT));
    assert!(told("\"=\"\"0010\"\"\"", AT).contains("formula for the text"));
    assert!(told("A", "=\"2026-01-05 06:00\"").contains("formula for the text"));
    assert!(told("#REF!", AT).contains("an error of a spreadsheet"));
    assert!(told("A", "#########").contains("too narrow"));
    let blank = PLAIN.replace("material = \"MILK\"", "attributes = { note = \"{note?}\" }");
    let items =
        read(&format!("[file]\nempty = [\"#N/A\"]\n{blank}"), &format!("lot,at,kind,note\nA,{AT},,#N/A\n"));
    assert_eq!(summary(&items), ["2 R-A"]);
}

#[test]
fn rows_without_an_event_and_repeated_rows_are_told() {
    let rows = format!("A,{AT},\nx,{AT},TOTAL\nA,{AT},\nB,{AT},\nA, {AT} ,\n");
    let items = read(PLAIN, &format!("lot,at,kind\n{rows}"));
    assert_eq!(
        summary(&items),
        ["2 R-A", "3 CSV_ROW_UNMATCHED", "4 CSV_ROW_REPEATED", "5 R-B", "6 CSV_ROW_REPEATED"]
    );
    let repeated = &items[3].event.as_ref().expect_err("a repeated row")[0];
    assert!(repeated.message.contains("what line 2 says"), "{repeated}");
    // A column that the mapping ignores does not tell rows apart; the number of the line does.
    let ignoring = format!("skip = [\"no\"]\n{PLAIN}");
    let rows = format!("A,{AT},,1\nA,{AT},,2\n");
    assert_eq!(
        summary(&read(&ignoring, &format!("lot,at,kind,no\n{rows}"))),
        ["2 R-A", "3 CSV_ROW_REPEATED"]
    );
    let numbered = ignoring.replace("\"R-{lot}\"", "\"R-{lot}-{line}\"");
    assert_eq!(summary(&read(&numbered, &format!("lot,at,kind,no\n{rows}"))), ["2 R-A-2", "3 R-A-3"]);
}

#[test]
fn no_master_data_of_a_file_whose_rows_make_no_event() {
    let header = "lot,at,kind\n";
    assert_eq!(read(PLAIN, header).len(), 1, "a file without rows still declares its master data");
    let only_totals = read(PLAIN, &format!("{header}x,{AT},TOTAL\n"));
    assert_eq!((only_totals.len(), summary(&only_totals)), (1, vec!["2 CSV_ROW_UNMATCHED".to_owned()]));
    let refused = read(PLAIN, &format!("{header}x,yesterday,\n"));
    assert_eq!(refused.len(), 2, "master data come before a row that is refused");
}

#[test]
fn the_number_of_the_line_and_a_column_named_line_are_not_mixed_up() {
    let text = PLAIN.replace("\"R-{lot}\"", "\"R-{lot}-{line}\"");
    let open = |text: &str, header: &str| match CsvReader::open(header.as_bytes(), mapping(text)) {
        Err(OpenError::Header(problems)) => problems.iter().map(ToString::to_string).collect(),
        _ => String::new(),
    };
    let told = open(&text, "lot,at,kind,line\n");
    assert!(told.contains("{line} is the number of the row's line unless line = \"text\""), "{told}");
    let declared = text.replace("[columns]", "[columns]\nline = \"text\"");
    let items = read(&declared, &format!("lot,at,kind,line\nA,{AT},,L7\n"));
    assert_eq!(summary(&items), ["2 R-A-L7"]);
    assert!(open(&declared, "lot,at,kind\n").contains("CSV_COLUMN_MISSING"));
    let condition = PLAIN.replace("column = \"kind\"", "column = \"line\"");
    let error = Mapping::parse(&condition).expect_err("a condition on the number of the line");
    assert!(error.to_string().contains("decides nothing"), "{error}");
}
