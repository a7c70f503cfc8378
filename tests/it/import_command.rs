//! The commands import, export and copy as their users run them: exit status, summary, rejected rows, files.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn lotgraph(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotgraph"));
    command.args(arguments).current_dir(folder).env_remove("LOTGRAPH__STORE");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (bool, String, String) {
    told(lotgraph(folder, arguments).output().unwrap())
}

fn told(output: Output) -> (bool, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn example(name: &str) -> String {
    format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn import_export_and_copy_go_round() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (map, receipts, plant) = (example("receipts.toml"), example("receipts.csv"), example("plant.ndjson"));
    let (good, out, error) =
        run(folder, &["import", "--store", "sqlite:a.sqlite", "--map", &map, &receipts, &plant]);
    assert!(good, "{error}");
    assert!(out.contains("receipts.csv: 6 read, 6 accepted, 0 duplicate, 0 rejected"), "{out}");
    assert!(out.contains("plant.ndjson: 23 read, 23 accepted"), "{out}");
    let (good, out, _) = run(folder, &["import", "--store", "sqlite:a.sqlite", &plant]);
    assert!(good && out.contains("23 read, 0 accepted, 23 duplicate"), "{out}");

    let (good, _, error) = run(folder, &["export", "--store", "sqlite:a.sqlite", "-o", "ledger.ndjson"]);
    assert!(good, "{error}");
    let (good, _, error) = run(folder, &["export", "--store", "sqlite:a.sqlite", "-o", "ledger.ndjson"]);
    assert!(!good && error.contains("--force"), "an export is not overwritten: {error}");
    let (_, ledger, _) = run(folder, &["export", "--store", "sqlite:a.sqlite"]);
    assert_eq!(ledger, std::fs::read_to_string(folder.join("ledger.ndjson")).unwrap());
    assert_eq!(ledger.lines().count(), 29);

    let copy = ["copy", "--from", "sqlite:a.sqlite", "--to", "sqlite:b.sqlite"];
    let (good, out, error) = run(folder, &copy);
    assert!(good && out.contains("29 events copied, 0 there before"), "{out}{error}");
    let (good, out, _) = run(folder, &copy);
    assert!(good && out.contains("0 events copied, 29 there before"), "{out}");
    let (good, _, error) = run(folder, &["copy", "--from", "sqlite:a.sqlite", "--to", "sqlite:a.sqlite"]);
    assert!(!good, "{error}");
}

#[test]
fn rejected_rows_are_shown_written_and_decide_the_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut text: String = (0..30).map(|n| format!("{{\"type\":\"operator\",\"code\":{n}}}\n")).collect();
    text.push_str("{\"type\":\"operator\",\"code\":\"OP-1\"}\n");
    std::fs::write(folder.join("bad.ndjson"), text).unwrap();
    let (good, out, error) = run(folder, &["import", "--dry-run", "bad.ndjson"]);
    assert!(
        !good && out.contains("31 read, 1 would be accepted, 0 duplicate, 30 rejected; revision 0"),
        "{out}{error}"
    );
    assert_eq!(error.lines().filter(|line| line.contains("FIELD_TYPE at code")).count(), 20, "{error}");
    assert!(error.contains("bad.ndjson: line 1") && error.contains("--rejects FILE"), "{error}");
    let (good, out, error) = run(folder, &["import", "bad.ndjson", "--rejects", "rejects.csv"]);
    assert!(!good && out.contains("1 accepted"), "{out}");
    assert!(error.contains("rejects.csv"), "{error}");
    let rejects = std::fs::read_to_string(folder.join("rejects.csv")).unwrap();
    assert_eq!(rejects.lines().count(), 31);
    assert!(rejects.starts_with("line,column,code,path,reason\n1,,FIELD_TYPE,code,"), "{rejects}");
    let (good, _, error) = run(folder, &["import", "bad.ndjson", "--rejects", "bad.ndjson"]);
    assert!(!good && error.contains("would overwrite"), "{error}");
    assert!(std::fs::read_to_string(folder.join("bad.ndjson")).unwrap().contains("OP-1"));
}

#[test]
fn standard_input_is_a_file_and_unclear_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut child = lotgraph(folder, &["import", "--format", "ndjson", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(example("plant.ndjson")).unwrap()).unwrap();
    let (good, out, error) = told(child.wait_with_output().unwrap());
    assert!(good && out.contains("standard input: 23 read, 23 accepted"), "{out}{error}");

    let receipts = example("receipts.csv");
    let (good, _, error) = run(folder, &["import", &receipts]);
    assert!(!good && error.contains("--map"), "{error}");
    let (good, _, error) = run(folder, &["import", "-"]);
    assert!(!good && error.contains("--format"), "{error}");
    let (good, _, error) = run(folder, &["import", "nowhere.ndjson"]);
    assert!(!good && error.contains("nowhere.ndjson"), "{error}");
    std::fs::write(folder.join("map.toml"), "[file]\ndelimeter = \";\"\n").unwrap();
    let (good, _, error) = run(folder, &["import", "--map", "map.toml", &receipts]);
    assert!(!good && error.contains("MAPPING_INVALID at 2:1: there is no key \"delimeter\""), "{error}");
    let (good, out, error) = run(folder, &["import", "--map", &example("pharma.toml"), &receipts]);
    assert!(!good && error.contains("CSV_COLUMN_MISSING"), "{out}{error}");
}

const MAP: &str = r#"
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
when = { column = "kind", is = ["IN"] }
type = "receive"
id = "R-{lot}"
at = "{at}"
outputs = [{ lot = "{lot}", material = "MILK" }]
"#;

#[test]
fn a_missing_input_leaves_no_store_behind() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("map.toml"), MAP).unwrap();
    std::fs::write(folder.join("good.csv"), "lot,at,kind\nA,2026-01-05 06:00,IN\n").unwrap();
    std::fs::write(folder.join("plant.ndjson.gz"), b"\x1f\x8b\x08\0\0\0").unwrap();
    std::fs::write(folder.join("book.csv"), b"PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xml").unwrap();
    std::fs::write(folder.join("utf16.ndjson"), b"\xff\xfe{\0}\0\n\0").unwrap();
    let fails = |arguments: &[&str], said: &str| {
        let (good, _, error) = run(folder, arguments);
        assert!(!good && error.contains(said), "{arguments:?}: {error}");
        assert!(!folder.join("lotgraph.sqlite").exists(), "{arguments:?} left a store behind");
    };
    fails(&["import", "missing.ndjson"], "missing.ndjson");
    fails(&["import", "--map", "map.toml", "good.csv", "missing.csv"], "missing.csv");
    fails(&["import", "--map", "missing.toml", "good.csv"], "missing.toml");
    fails(&["import", "--map", "map.toml", "."], "is a folder");
    fails(&["import", "plant.ndjson.gz"], "FILE_NOT_TEXT: this is a file compressed with gzip");
    fails(&["import", "--map", "map.toml", "book.csv"], "FILE_NOT_TEXT: this is an Excel workbook (.xlsx)");
    fails(&["import", "book.csv"], "FILE_NOT_TEXT: this is an Excel workbook (.xlsx)");
    fails(&["restore", "missing.ndjson"], "missing.ndjson");
    let backup = example("plant.ndjson");
    fails(&["restore", &backup, "missing.ndjson"], "missing.ndjson");
    fails(&["copy", "--from", "sqlite:missing.sqlite", "--to", "sqlite:lotgraph.sqlite"], "missing.sqlite");
    let (good, _, error) = run(folder, &["import", "utf16.ndjson"]);
    assert!(!good && error.contains("FILE_NOT_TEXT: this is text in UTF-16"), "{error}");
}

#[test]
fn what_comes_by_standard_input_is_recognised_too() {
    let folder = tempfile::tempdir().unwrap();
    let piped = |bytes: &[u8]| {
        let mut child = lotgraph(folder.path(), &["import", "--format", "ndjson", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        told(child.wait_with_output().unwrap())
    };
    let (good, _, error) = piped(b"\x1f\x8b\x08\0\0\0");
    assert!(!good && error.contains("FILE_NOT_TEXT: this is a file compressed with gzip"), "{error}");
    let (good, out, error) = piped("\u{feff}{\"type\":\"operator\",\"code\":\"OP-1\"}\n".as_bytes());
    assert!(good && out.contains("1 read, 1 accepted"), "{out}{error}");
}

#[test]
fn rows_that_come_to_nothing_are_listed_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // A mapping from a Windows editor.
    std::fs::write(folder.join("map.toml"), format!("\u{feff}{MAP}")).unwrap();
    let rows = "A,2026-01-05 06:00,IN\nB,2026-01-05 06:00,OUT\nA,2026-01-05 06:00,IN\n";
    std::fs::write(folder.join("rows.csv"), format!("lot,at,kind\n{rows}")).unwrap();
    std::fs::write(folder.join("none.csv"), "lot,at,kind\nB,2026-01-05 06:00,OUT\n").unwrap();
    for dry in [&["--dry-run"][..], &[]] {
        let arguments = ["import", "--map", "map.toml", "rows.csv", "--rejects", "told.csv"];
        let (good, out, error) = run(folder, &[&arguments[..], dry].concat());
        assert!(good, "remarks are no failure: {error}");
        assert!(out.contains("3 read, 2 ") && out.contains("1 duplicate, 0 rejected"), "{out}");
        assert!(out.contains("; 1 row without an event; 1 row repeated"), "{out}");
        assert!(error.contains("rows.csv: line 3: CSV_ROW_UNMATCHED"), "{error}");
        assert!(
            error.contains("rows.csv: line 4: CSV_ROW_REPEATED") && error.contains("line 2 says"),
            "{error}"
        );
        let listed = std::fs::read_to_string(folder.join("told.csv")).unwrap();
        assert!(
            listed.contains("3,,CSV_ROW_UNMATCHED,") && listed.contains("4,,CSV_ROW_REPEATED,"),
            "{listed}"
        );
    }
    let (good, _, error) =
        run(folder, &["import", "--map", "map.toml", "--store", "sqlite:b.sqlite", "none.csv"]);
    assert!(!good && error.contains("none of the 1 rows makes an event"), "{error}");
    let (_, ledger, _) = run(folder, &["export", "--store", "sqlite:b.sqlite"]);
    assert_eq!(ledger, "", "not even the master data of the mapping");
}

#[test]
fn the_future_is_refused_unless_it_is_allowed_and_then_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let line = |id: &str, at: &str| {
        format!(
            "{{\"type\":\"receive\",\"id\":\"{id}\",\"at\":\"{at}\",\"outputs\":[{{\"lot\":\"{id}\"}}]}}\n"
        )
    };
    let text = line("PAST", "2020-01-05T06:00:00Z") + &line("AHEAD", "2150-01-05T06:00:00Z");
    std::fs::write(folder.join("lots.ndjson"), text).unwrap();
    for dry in [&["--dry-run"][..], &[]] {
        let (good, out, error) = run(folder, &[&["import", "lots.ndjson"], dry].concat());
        assert!(!good && out.contains("2 read, 1 ") && out.contains("1 rejected"), "{out}");
        assert!(
            error.contains("line 2: TIME_IN_FUTURE at at: 2150-01-05T06:00:00Z lies more than a day"),
            "{error}"
        );
    }
    let held = ["hold", "PAST", "--reason", "r", "--at", "2150-01-05T06:00:00Z"];
    let (good, _, error) = run(folder, &held);
    assert!(!good && error.contains("TIME_IN_FUTURE"), "{error}");
    for dry in [&["--dry-run"][..], &[]] {
        let (good, out, error) = run(folder, &[&["import", "--allow-future", "lots.ndjson"], dry].concat());
        assert!(
            good && out.contains("2 read, 1 ") && out.contains("1 duplicate, 0 rejected"),
            "{out}{error}"
        );
    }
    let (good, out, error) = run(folder, &["alerts", "--format", "csv"]);
    assert!(good && out.matches("TIME_IN_FUTURE").count() == 1 && out.contains("AHEAD"), "{out}{error}");
    // The bound is a setting.
    std::fs::write(folder.join("lots.ndjson"), line("AHEAD-2", "2150-01-06T06:00:00Z")).unwrap();
    let mut wide = lotgraph(folder, &["import", "lots.ndjson"]);
    let (good, out, _) = told(wide.env("LOTGRAPH__CAPTURE__AHEAD_MAX_S", "9000000000").output().unwrap());
    assert!(good && out.contains("1 accepted"), "{out}");
}
