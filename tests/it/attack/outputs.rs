//! One table of outputs and of ids that are made to hurt whoever opens them: each output shows them, and none does what they
//! say.

use std::path::Path;
use std::sync::Arc;

use lotgraph::domain::{Event, RecordedRevision, Revision};
use lotgraph::store::Ledger;
use lotgraph::store::sqlite::SqliteStore;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::events::{batch, minute};

/// Ids as a supplier may print them. Those that nobody sees are refused today; a ledger may have them from earlier.
const NASTY: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "%%{init: {\"securityLevel\":\"loose\"}}%%",
    "%% comment",
    "a\"]; click l0 \"javascript:alert(1)",
    "#quot;] --> b[#quot;",
    "&lt;b&gt;&quot;]; x",
    "`**bold**`",
    "\"`markdown`\"",
    "\\N\\G\\\" , URL=\"javascript:alert(1)",
    "end",
    "=HYPERLINK(\"http://evil.example\";\"x\")",
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "＝1+1",
    "#comment",
    "a,b;c",
    "\u{202e}gnp.TOL",
    "\u{2066}x\u{2069}",
    "LOT\u{2028}2",
    "LOT\u{2029}3",
    "LOT\u{200b}4",
    "\u{feff}LOT",
    "|pipe|",
    "[x](javascript:alert(1))",
    "{{template}} ${x} $(x)",
];

/// Writes a store in which everything is called like that: lots, operations, parties.
async fn plant(folder: &Path) {
    let store = SqliteStore::open(&folder.join("lotgraph.sqlite")).unwrap();
    store.prepare().await.unwrap();
    let event = |value: Value| lotgraph::format::event::parse(&value).unwrap();
    let mut events: Vec<Event> = Vec::new();
    for (n, id) in NASTY.iter().enumerate() {
        let at = format!("2026-01-05T06:{n:02}:00Z");
        events.push(event(
            json!({ "type": "operation", "id": format!("{id} O"), "kind": "PRODUCE", "at": at,
            "inputs": [{ "lot": "SEED", "quantity": "1", "unit": "KGM" }],
            "outputs": [{ "lot": id, "quantity": "1", "unit": "KGM" }] }),
        ));
        events.push(event(json!({ "type": "ship", "id": format!("{id} S"), "at": at, "customer": id,
            "inputs": [{ "lot": id, "quantity": "1", "unit": "KGM" }] })));
    }
    let recording = batch(Vec::new()).recording;
    let recording = lotgraph::domain::Recording { recorded_at: minute(1), ..recording };
    let revision = RecordedRevision { number: Revision(1), recording, events: Arc::new(events) };
    store.project(vec![revision]).await.unwrap();
}

async fn printed(folder: &Path, arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_lotgraph");
    let output = Command::new(program).args(arguments).current_dir(folder).output().await.unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a terminal would act upon, or nobody would see.
fn acts(character: char) -> bool {
    (character.is_control() && !"\n\t".contains(character))
        || "\u{200b}\u{2028}\u{2029}\u{202e}\u{2066}\u{2069}\u{feff}".contains(character)
}

/// The texts between these marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

async fn trace(folder: &Path, format: &str) -> String {
    printed(folder, &["trace", "SEED", "--direction", "forward", "--format", format]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_for_mermaid_holds_no_syntax_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path()).await;
    let text = trace(folder.path(), "mermaid").await;
    let labels = [between(&text, "[\"", "\"]"), between(&text, "([\"", "\"])")].concat();
    assert!(labels.len() > 3 * NASTY.len(), "{text}");
    for line in text.lines() {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        assert!(!line.contains("%%") && !line.contains('`') && !line.contains(acts), "{line}");
    }
    for label in labels {
        let plain = label.replace("<br/>", "");
        let good = |c: char| c.is_alphanumeric() || " -.,/:+#;".contains(c);
        assert!(plain.chars().all(good), "{label}");
        // An entity of ours is a number; one of the sender's would be a name.
        assert!(between(&plain, "#", ";").iter().all(|number| number.parse::<u32>().is_ok()), "{label}");
    }
    assert!(text.contains("#60;script#62;alert#40;1#41;#60;/script#62;"), "{text}");
    assert!(text.contains("#60;U+202E#62;gnp.TOL"), "what nobody sees is written out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_for_graphviz_holds_no_syntax_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path()).await;
    let text = trace(folder.path(), "dot").await;
    for line in text.lines().filter(|line| line.contains("label=")) {
        // Outside of its quotes, a line holds what we wrote.
        let (mut outside, mut inside, mut escaped, mut quoted) = (String::new(), String::new(), false, false);
        for character in line.chars() {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = !quoted,
                _ => {}
            }
            if quoted { &mut inside } else { &mut outside }.push(character);
        }
        assert!(!quoted, "{line}");
        let good = |c: char| c.is_ascii_alphanumeric() || " []=,;\"->_".contains(c);
        assert!(outside.chars().all(good), "{line}");
        assert!(!outside.contains("URL") && !inside.contains(acts) && !inside.contains(['<', '>']), "{line}");
    }
    assert!(text.contains("&lt;script&gt;") && text.contains("&amp;lt;b&amp;gt;"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path()).await;
    let mut texts = vec![trace(folder.path(), "table").await];
    for arguments in [
        &["trace", "SEED", "--direction", "forward", "--at-risk"][..],
        &["balance", "\u{202e}gnp.TOL", "LOT\u{2028}2"],
        &["find", "LOT\u{2028}2"],
        &["recall", "scope", "--lot", "SEED"],
        &["alerts"],
    ] {
        texts.push(printed(folder.path(), arguments).await);
    }
    for text in texts {
        assert!(!text.contains(acts), "{text:?}");
        assert!(text.lines().count() > 1, "{text}");
    }
    // Errors go to a terminal, too.
    let program = env!("CARGO_BIN_EXE_lotgraph");
    let arguments = ["trace", "\u{202e}NOBODY", "--direction", "forward"];
    let output = Command::new(program).args(arguments).current_dir(folder.path()).output().await.unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("NOBODY") && !text.contains(acts), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_for_spreadsheets_has_no_formulas() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path()).await;
    for arguments in [
        &["trace", "SEED", "--direction", "forward", "--format", "csv"][..],
        &["trace", "SEED", "--direction", "forward", "--at-risk", "--format", "csv"],
        &["balance", "=HYPERLINK(\"http://evil.example\";\"x\")", "@SUM(A1)", "--format", "csv"],
        &["recall", "scope", "--lot", "SEED", "--format", "csv"],
        &["recall", "scope", "--lot", "SEED", "--format", "csv", "--table", "customers"],
        &["alerts", "--format", "csv"],
    ] {
        let text = printed(folder.path(), arguments).await;
        let mut cells = 0;
        for cell in text.lines().flat_map(|line| line.split(',')) {
            let cell = cell.trim_start_matches('"');
            let number = cell.trim_end_matches('"').parse::<f64>().is_ok();
            assert!(number || !cell.starts_with(['=', '+', '-', '@', '＝']), "{arguments:?}: {cell}");
            cells += 1;
        }
        assert!(cells > 5, "{text}");
    }
    let text = trace(folder.path(), "csv").await;
    assert!(text.contains("\"'=HYPERLINK(\"\"http://evil.example\"\";\"\"x\"\")\""), "{text}");
    assert!(text.contains("\"#comment\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_programs_read_is_as_it_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path()).await;
    let text = trace(folder.path(), "json").await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    let lots = answer["lots"].as_array().unwrap();
    for id in NASTY {
        assert!(lots.iter().any(|lot| lot["id"] == *id), "{id:?}");
    }
}
