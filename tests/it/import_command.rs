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
