//! What an import tells of numbers that look alike: as remarks with their lines, in a dry run as in the import itself, over
//! whatever the store holds and within the file.

use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::{ErrorCode, LotId, NodeRef};
use lotgraph::planner::Rules;
use lotgraph::service::copy::copy;
use lotgraph::service::import::{Counts, DryRun, Format};

use crate::import::{ndjson, options, run};
use crate::support::events::tester;
use crate::support::histories::lotgraph;
use crate::support::stores::Fresh;

const KNOWN: &str = r#"{"type":"receive","id":"R-1","at":"2026-01-01T08:00:00Z","outputs":[{"lot":"SALT-0O17","number":"17"}]}"#;

const FILE: &str = r#"{"type":"receive","id":"R-2","at":"2026-01-01T09:00:00Z","outputs":[{"lot":"salt-0o17"},{"lot":"TEA-1"}]}
{"type":"receive","id":"R-3","at":"2026-01-01T09:00:00Z","outputs":[{"lot":"TEA-l"},{"lot":"RICE"}]}
{"type":"ship","id":"S-1","at":"2026-01-02T09:00:00Z","inputs":[{"lot":"17"}]}
{"type":"ship","id":"S-2","at":"2026-01-02T09:00:00Z","inputs":[{"lot":"TEA-1"},{"lot":"TEA-\u00AD1"}]}
"#;

/// Line, code and path of what is told.
fn told(rows: &[lotgraph::service::import::Rejected]) -> Vec<(u64, ErrorCode, &str)> {
    rows.iter().map(|row| (row.line, row.code, row.path.as_str())).collect()
}

/// A dry run says what the import says, in one batch or in several.
async fn an_import_and_its_dry_run_warn(fresh: Fresh) {
    ndjson(&fresh.store, KNOWN.as_bytes(), 1).await;
    let expected_counts = Counts { read: 4, accepted: 2, rejected: 2, warned: 2, ..Counts::default() };
    let remarks =
        [(1, ErrorCode::LotLooksAlike, "outputs[0].lot"), (2, ErrorCode::LotLooksAlike, "outputs[0].lot")];
    let refused =
        [(3, ErrorCode::LotByNumber, "inputs[0].lot"), (4, ErrorCode::TextInvisible, "inputs[1].lot")];
    let dry = || Some(DryRun { scratch: scratch_stores(), rules: Rules::default() });
    for (batch, dry_run) in [(1, dry()), (100, dry()), (3, None)] {
        let options = lotgraph::service::import::Options { dry_run, ..options(Format::Ndjson, batch) };
        let (summary, found) = run(&fresh.store, FILE.as_bytes(), options).await;
        assert_eq!(summary.counts, expected_counts, "{batch}");
        assert_eq!(told(&found.remarks), remarks, "{batch}");
        assert_eq!(told(&found.rows), refused, "{batch}");
    }
    let (again, found) = ndjson(&fresh.store, FILE.as_bytes(), 100).await;
    assert_eq!((again.counts.duplicate, again.counts.warned, found.remarks), (2, 0, Vec::new()));
}

/// What an older ledger holds under such ids is opened, copied, asked for and worked with: only what is sent is judged.
async fn what_a_ledger_holds_stays_usable(fresh: Fresh) {
    let old = scratch_stores()().await.unwrap();
    let hidden = "{\"type\":\"receive\",\"id\":\"R-1\",\"at\":\"2026-01-01T08:00:00Z\",\"outputs\":[{\"lot\":\"A\u{200b}\"},{\"lot\":\"a\u{200b}\"}]}";
    let (_, found) = ndjson(&fresh.store, hidden.as_bytes(), 1).await;
    assert_eq!(told(&found.rows), [(1, ErrorCode::TextInvisible, "outputs[0].lot")]);
    let event = crate::support::events::event(&serde_json::from_str(hidden).unwrap());
    let recording = tester().recording(lotgraph::domain::Timestamp::parse("2026-01-01T08:00:00Z").unwrap());
    let number = lotgraph::domain::Revision(1);
    let revision =
        lotgraph::store::RecordedRevision { number, recording, events: std::sync::Arc::new(vec![event]) };
    old.project(vec![revision]).await.unwrap();
    copy(&tester(), old.as_ref(), fresh.store.as_ref(), &mut |_| {}).await.unwrap();
    let lot = NodeRef::Lot(LotId::parse("A\u{200b}").unwrap());
    assert!(fresh.store.get(&[lot]).await.unwrap()[0].is_some());
    let used = "{\"type\":\"ship\",\"id\":\"S-1\",\"at\":\"2026-01-02T08:00:00Z\",\"inputs\":[{\"lot\":\"A\u{200b}\"}]}
{\"type\":\"ship\",\"id\":\"S-2\",\"at\":\"2026-01-02T08:00:00Z\",\"inputs\":[{\"lot\":\"A\u{200b}\u{200b}\"}]}";
    let (summary, found) = ndjson(&fresh.store, used.as_bytes(), 1).await;
    assert_eq!(
        (summary.counts.accepted, told(&found.rows)),
        (1, vec![(2, ErrorCode::TextInvisible, "inputs[0].lot")])
    );
}

/// The command says it on the terminal, and in its summary.
async fn the_command_warns(fresh: Fresh) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    std::fs::write(&path, format!("{KNOWN}\n{FILE}")).unwrap();
    // The file of a SQLite store is closed first: one process writes to it.
    let uri = match fresh.uri.starts_with("sqlite:") {
        true => format!("sqlite:{}", folder.path().join("lots.sqlite").display()),
        false => fresh.uri.clone(),
    };
    let path = path.display().to_string();
    let (good, said) = lotgraph(folder.path(), &["import", &path, "--store", &uri]).await;
    assert!(!good, "{said}");
    let warning = "line 2: LOT_LOOKS_ALIKE at outputs[0].lot: lot salt-0o17 is new and looks like lot SALT-0O17; if it is the same lot, correct the id and void event R-2";
    assert!(said.contains(warning), "{said}");
    assert!(
        said.contains("5 read, 3 accepted, 0 duplicate, 2 rejected; revision 1; 2 with warnings"),
        "{said}"
    );
    let (_, said) =
        lotgraph(folder.path(), &["import", &path, "--lot-numbers", "resolve", "--store", &uri]).await;
    assert!(
        said.contains("no lot has the id 17; lot SALT-0O17 was taken, which bears it as a number"),
        "{said}"
    );
    assert!(said.contains("5 read, 1 accepted, 3 duplicate, 1 rejected"), "{said}");
    let (good, said) = lotgraph(folder.path(), &["hold", "17", "--reason", "r", "--store", &uri]).await;
    assert!(!good && said.contains("LOT_BY_NUMBER") && said.contains("SALT-0O17"), "{said}");
    for command in [&["trace", "17"][..], &["balance", "17"], &["recall", "scope", "--lot", "17"]] {
        let (good, said) = lotgraph(folder.path(), &[command, &["--store", &uri]].concat()).await;
        assert!(
            !good && said.contains("printed or supplier's number of lot SALT-0O17"),
            "{command:?}: {said}"
        );
    }
    let (good, said) =
        lotgraph(folder.path(), &["hold", "17", "--resolve", "--reason", "r", "--store", &uri]).await;
    assert!(good && said.contains("lot SALT-0O17 was taken"), "{said}");
}

crate::recall::on_both_stores!(
    an_import_and_its_dry_run_warn,
    what_a_ledger_holds_stays_usable,
    the_command_warns
);
