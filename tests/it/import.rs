//! Files into the store and out again: both formats, dry runs, rejected rows, export and copy.

use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::path::Path;
use std::sync::Arc;

use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::{Caller, Entry, ErrorCode, EventId, ImportedFile, Node, NodeRef, RecordKind, Text};
use lotgraph::format::csv_map::Mapping;
use lotgraph::planner::Rules;
use lotgraph::service::ServiceResult;
use lotgraph::service::copy::{Compared, Extent, compare, copy};
use lotgraph::service::export::export;
use lotgraph::service::import::{
    Counts, DryRun, Format, ImportError, Observer, Options, Rejected, Summary, import,
};
use lotgraph::service::lookup::Lookup;
use lotgraph::service::recorder::Recorder;
use lotgraph::store::{Find, Ledger, LotFilter, OperationFilter, RecordFilter, Tally, What};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::conformance::ask::AnyStore;
use crate::support::data::{TABLET_PLANT, shared_data};
use crate::support::events::tester;
use crate::support::stores::{neo4j, sqlite as fresh};

/// Keeps what an import tells.
#[derive(Default)]
pub struct Told {
    pub rows: Vec<Rejected>,
    pub remarks: Vec<Rejected>,
    pub progress: Vec<(u64, Counts)>,
}

impl Observer for Told {
    fn progress(&mut self, bytes: u64, counts: &Counts) {
        self.progress.push((bytes, *counts));
    }

    fn rejected(&mut self, row: &Rejected) -> io::Result<()> {
        self.rows.push(row.clone());
        Ok(())
    }

    fn remarked(&mut self, row: &Rejected) -> io::Result<()> {
        self.remarks.push(row.clone());
        Ok(())
    }
}

async fn compared(left: &AnyStore, right: &AnyStore, extent: Extent) -> ServiceResult<Compared> {
    compare(&tester(), left.as_ref(), right.as_ref(), extent, &mut |_| {}).await
}

/// Imports in batches of that many events.
pub fn options(format: Format, batch: usize) -> Options {
    let entry = Entry::Import { file: ImportedFile::parse("test").unwrap() };
    Options { format, batch, dry_run: None, caller: Caller { entry, ..tester() } }
}

/// Imports, and keeps what is told.
pub async fn run(store: &Arc<dyn Ledger>, bytes: &[u8], options: Options) -> (Summary, Told) {
    let mut told = Told::default();
    let source = Box::new(Cursor::new(bytes.to_vec()));
    let summary = import(&Recorder::new(Arc::clone(store)), source, options, &mut told).await.unwrap();
    (summary, told)
}

/// Imports NDJSON in batches of that many events.
pub async fn ndjson(store: &Arc<dyn Ledger>, text: &[u8], batch: usize) -> (Summary, Told) {
    run(store, text, options(Format::Ndjson, batch)).await
}

fn counts(read: u64, accepted: u64, duplicate: u64, rejected: u64) -> Counts {
    Counts { read, accepted, duplicate, rejected, ..Counts::default() }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> Vec<u8> {
    std::fs::read(root().join("examples").join(name)).unwrap()
}

fn mapped(name: &str) -> Format {
    let text = String::from_utf8(example(name)).unwrap();
    Format::Csv(Arc::new(Mapping::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"))))
}

async fn lots_by_material(store: &dyn Ledger) -> BTreeMap<String, u64> {
    let buckets = store.tally(&Tally::LotsByMaterial(LotFilter::default())).await.unwrap();
    buckets
        .into_iter()
        .map(|bucket| (bucket.key.map_or_else(String::new, |key| key.to_string()), bucket.count))
        .collect()
}

async fn count(store: &dyn Ledger, what: What) -> u64 {
    store.tally(&Tally::Count(what)).await.unwrap().iter().map(|bucket| bucket.count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tablet_plant_comes_to_its_known_counts() {
    let Some(folder) = shared_data("pharma-batches", TABLET_PLANT) else { return };
    let file = std::fs::read(folder.join("Laboratory.csv")).unwrap();
    let fresh = fresh().await;
    let (first, told) = run(&fresh.store, &file, options(mapped("pharma.toml"), 300)).await;
    assert_eq!(told.rows, []);
    assert_eq!(first.counts, counts(1_010, 1_010, 0, 0));
    assert_eq!(first.bytes, file.len() as u64);
    let lots = lots_by_material(fresh.store.as_ref()).await;
    let raw: u64 = ["API", "SMCC", "LACTOSE", "STARCH"].iter().map(|material| lots[*material]).sum();
    assert_eq!((raw, lots["TABLET"], lots.len()), (317, 1_005, 5));
    let compared = compared(&fresh.store, &fresh.store, Extent::Everything).await.unwrap();
    assert_eq!(compared.links, 4_020 + 1_005);
    let (second, _) = run(&fresh.store, &file, options(mapped("pharma.toml"), 5_000)).await;
    assert_eq!(second.counts, counts(1_010, 0, 1_010, 0));
    assert_eq!(second.revision, first.revision, "a second import changes nothing");
    let reference = NodeRef::Operation(EventId::parse("BATCH-1").unwrap());
    let Some(Node::Operation(batch)) = fresh.store.get(&[reference]).await.unwrap().remove(0) else {
        panic!("batch 1 is missing")
    };
    assert_eq!(batch.operation.start().to_string(), "2018-10-31T23:00:00Z");
    assert_eq!(batch.operation.at.to_string(), "2018-11-30T22:59:59.999999Z");
    assert_eq!((batch.operation.parameters.len(), batch.operation.outputs[0].attributes.len()), (39, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_are_imported_whole() {
    let fresh = fresh().await;
    let (plant, told) = ndjson(&fresh.store, &example("plant.ndjson"), 5).await;
    assert_eq!((told.rows, plant.counts), (Vec::new(), counts(23, 23, 0, 0)));
    let (receipts, told) =
        run(&fresh.store, &example("receipts.csv"), options(mapped("receipts.toml"), 100)).await;
    assert_eq!((told.rows, receipts.counts), (Vec::new(), counts(6, 6, 0, 0)));
    let lot = NodeRef::Lot(lotgraph::domain::LotId::parse("生乳-0105-1").unwrap());
    let Some(Node::Lot(lot)) = fresh.store.get(&[lot]).await.unwrap().remove(0) else { panic!("no lot") };
    assert_eq!(lot.received.sums.values().next().unwrap().0.to_string(), "12000.5");
    assert_eq!(count(fresh.store.as_ref(), What::Operations(OperationFilter::default())).await, 12 + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_csv_in_gb18030_gives_the_same_events() {
    let (left, right) = (fresh().await, fresh().await);
    run(&left.store, &example("receipts.csv"), options(mapped("receipts.toml"), 100)).await;
    let text = String::from_utf8(example("receipts.csv")).unwrap();
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    let mapping = String::from_utf8(example("receipts.toml")).unwrap().replace("\"utf-8\"", "\"gb18030\"");
    let format = Format::Csv(Arc::new(Mapping::parse(&mapping).unwrap()));
    let (summary, _) = run(&right.store, &bytes, options(format, 100)).await;
    assert_eq!(summary.counts, counts(6, 6, 0, 0));
    compared(&left.store, &right.store, Extent::Everything).await.unwrap();
    let undeclared = Box::new(Cursor::new(bytes.into_owned()));
    let error = import(
        &Recorder::new(left.store),
        undeclared,
        options(mapped("receipts.toml"), 100),
        &mut Told::default(),
    )
    .await;
    assert!(matches!(error, Err(ImportError::Header(_))), "bytes of another encoding are never guessed at");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_are_reported_in_order_and_the_rest_is_kept() {
    let text = concat!(
        r#"{"type":"receive","id":"R-1","at":"2026-01-05T06:10:00Z","outputs":[{"lot":"A"}]}"#,
        "\n",
        r#"{"type":"void","id":"V-1","event":"NONE","reason":"?"}"#,
        "\n",
        "not json\n",
        r#"{"type":"receive","id":"R-1","at":"2026-01-05T06:10:00Z","outputs":[{"lot":"B"}]}"#,
        "\n",
        r#"{"type":"receive","id":"R-2","at":"noon","outputs":[{"lot":"C","quantity":"-1","unit":"EA"}]}"#,
        "\n",
        r#"{"type":"receive","id":"R-3","at":"2026-01-05T06:10:00Z","outputs":[{"lot":"D"}]}"#,
    );
    for batch in [1, 2, 100] {
        let fresh = fresh().await;
        let (summary, told) = ndjson(&fresh.store, text.as_bytes(), batch).await;
        assert_eq!(summary.counts, counts(6, 2, 0, 4));
        let rows: Vec<(u64, &str, ErrorCode, &str)> = told
            .rows
            .iter()
            .map(|row| (row.line, row.column.as_str(), row.code, row.path.as_str()))
            .collect();
        assert_eq!(
            rows,
            [
                (2, "", ErrorCode::EventUnknown, "event"),
                (3, "2", ErrorCode::JsonMalformed, ""),
                (4, "", ErrorCode::IdConflict, "id"),
                (5, "", ErrorCode::TimeInvalid, "at"),
                (5, "", ErrorCode::QuantityNotPositive, "outputs[0].quantity"),
            ]
        );
        assert!(
            told.rows[2].reason.contains("\"lot\":\"A\"") && told.rows[2].reason.contains("\"lot\":\"B\"")
        );
        let last = told.progress.last().unwrap();
        assert_eq!(*last, (text.len() as u64, summary.counts));
        assert_eq!(count(fresh.store.as_ref(), What::Lots(LotFilter::default())).await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_csv_row_names_its_column_even_when_the_store_refuses_it() {
    let fresh = fresh().await;
    run(&fresh.store, &example("receipts.csv"), options(mapped("receipts.toml"), 100)).await;
    let text = String::from_utf8(example("receipts.csv")).unwrap();
    // Sugar is sold by the piece from now on, so a receipt in kilograms does not fit it.
    let piece = r#"{"type":"material","code":"EGG","unit":"EA"}"#;
    ndjson(&fresh.store, piece.as_bytes(), 1).await;
    let changed = text.replace("DN-1001;2026-01-05 06:10", "DN-1001;2026-01-05 06:11")
        + "DN-9;2026-01-05 06:11;EGG;E-1;;5;F;\n";
    let (summary, told) = run(&fresh.store, changed.as_bytes(), options(mapped("receipts.toml"), 100)).await;
    assert_eq!(summary.counts, counts(7, 0, 5, 2));
    let found: Vec<(u64, &str, ErrorCode)> =
        told.rows.iter().map(|row| (row.line, row.column.as_str(), row.code)).collect();
    assert_eq!(found, [(2, "收货单号", ErrorCode::IdConflict), (6, "", ErrorCode::UnitMismatch)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_judges_like_an_import_and_writes_nothing() {
    let fresh = fresh().await;
    let mut text = example("plant.ndjson");
    text.extend_from_slice(
        concat!(
            r#"{"type":"void","id":"V-9","event":"S-2","reason":"again"}"#, "\n",
            r#"{"type":"ship","id":"S-1","at":"2026-01-06T05:30:00+08:00","inputs":[{"lot":"PALLET-2"}]}"#, "\n",
            r#"{"type":"scrap","id":"X-9","at":"2026-01-06T05:30:00+08:00","inputs":[{"lot":"PALLET-1","quantity":"1","unit":"KGM"}]}"#, "\n",
        )
        .as_bytes(),
    );
    let rehearse = |batch| Options {
        dry_run: Some(DryRun { scratch: scratch_stores(), rules: Rules::default() }),
        ..options(Format::Ndjson, batch)
    };
    let (dry, dry_told) = run(&fresh.store, &text, rehearse(100)).await;
    assert_eq!(fresh.store.revision().await.unwrap().0, 0);
    let (real, real_told) = ndjson(&fresh.store, &text, 100).await;
    assert_eq!((dry.counts, &dry_told.rows), (real.counts, &real_told.rows));
    assert_eq!(real.counts, counts(26, 23, 0, 3));
    for batch in [1, 4, 100] {
        let (again, told) = run(&fresh.store, &text, rehearse(batch)).await;
        assert_eq!((again.counts, told.rows.len()), (counts(26, 0, 23, 3), 3), "batches of {batch}");
    }
    let empty = self::fresh().await;
    for batch in [1, 4] {
        let (across, _) = run(&empty.store, &text, rehearse(batch)).await;
        assert!(across.counts.rejected <= 3, "no false alarm across batches of {batch}: {:?}", across.counts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_imported_at_all_is_an_error() {
    let fresh = fresh().await;
    let fails = async |bytes: &[u8], options| {
        let source = Box::new(Cursor::new(bytes.to_vec()));
        import(&Recorder::new(Arc::clone(&fresh.store)), source, options, &mut Told::default())
            .await
            .unwrap_err()
    };
    let header = fails(b"a;b\n1;2\n", options(mapped("receipts.toml"), 10)).await;
    assert!(matches!(header, ImportError::Header(_)), "{header}");
    for batch in [0, 10_001] {
        let error = fails(b"", options(Format::Ndjson, batch)).await;
        assert!(matches!(error, ImportError::BatchSize { max: 10_000 }), "{error}");
    }
    struct Broken(usize);
    impl io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let text = b"{\"type\":\"operator\",\"code\":\"A\"}\n";
            self.0 += 1;
            if self.0 > 1 {
                return Err(io::Error::other("the disk is gone"));
            }
            buffer[..text.len()].copy_from_slice(text);
            Ok(text.len())
        }
    }
    let source = Box::new(Broken(0));
    let mut told = Told::default();
    let error =
        import(&Recorder::new(Arc::clone(&fresh.store)), source, options(Format::Ndjson, 10), &mut told)
            .await
            .unwrap_err();
    assert!(matches!(error, ImportError::Read(_)), "{error}");
    assert_eq!(told.progress.last().unwrap().1.accepted, 1, "what was read before is recorded");
}

async fn exported(store: &Arc<dyn Ledger>) -> Vec<u8> {
    let mut bytes = Vec::new();
    export(&Lookup::new(store.clone()), &tester(), &mut bytes, &mut |_| {}).await.unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_imported_elsewhere_gives_the_same_genealogy() {
    let (left, right) = (fresh().await, fresh().await);
    ndjson(&left.store, &example("plant.ndjson"), 4).await;
    let text = exported(&left.store).await;
    assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 23);
    let (summary, _) = ndjson(&right.store, &text, 7).await;
    assert_eq!(summary.counts, counts(23, 23, 0, 0));
    let compared = compared(&left.store, &right.store, Extent::Genealogy).await.unwrap();
    assert!(compared.nodes > 20 && compared.links > 10, "{compared:?}");
    assert_eq!(exported(&right.store).await, text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_equal_can_go_on_and_refuses_other_content() {
    let (from, to) = (fresh().await, fresh().await);
    let text = example("plant.ndjson");
    let half = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(11).unwrap().0 + 1;
    ndjson(&from.store, &text[..half], 4).await;
    let first = copy(&crate::support::events::tester(), from.store.as_ref(), to.store.as_ref(), &mut |_| {})
        .await
        .unwrap();
    assert_eq!((first.skipped, first.copied, first.revision.0), (0, 12, 3));
    ndjson(&from.store, &text[half..], 4).await;
    let second = copy(&crate::support::events::tester(), from.store.as_ref(), to.store.as_ref(), &mut |_| {})
        .await
        .unwrap();
    assert_eq!((second.skipped, second.copied), (12, 11));
    let third = copy(&crate::support::events::tester(), from.store.as_ref(), to.store.as_ref(), &mut |_| {})
        .await
        .unwrap();
    assert_eq!((third.skipped, third.copied, third.compared), (23, 0, second.compared));
    assert_ne!(second.compared, Compared::default());
    let page = lotgraph::store::LedgerPosition::default();
    let (ours, theirs) =
        (from.store.changes(page, 100).await.unwrap(), to.store.changes(page, 100).await.unwrap());
    assert_eq!(ours, theirs, "the recordings are the original ones");

    let other = fresh().await;
    ndjson(&other.store, br#"{"type":"operator","code":"SOMEONE"}"#, 1).await;
    let refused =
        copy(&crate::support::events::tester(), from.store.as_ref(), other.store.as_ref(), &mut |_| {})
            .await
            .unwrap_err();
    assert!(refused.message.contains("other content") && refused.message.contains("SOMEONE"), "{refused}");
    assert_eq!(other.store.revision().await.unwrap().0, 1);
    let itself =
        copy(&crate::support::events::tester(), from.store.as_ref(), from.store.as_ref(), &mut |_| {})
            .await
            .unwrap_err();
    assert!(itself.message.contains("same store"), "{itself}");
    let differs = compared(&from.store, &other.store, Extent::Everything).await.unwrap_err();
    assert!(differs.message.contains("differ"), "{differs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_goes_to_neo4j_and_back() {
    let (from, server, back) = (fresh().await, neo4j().await, fresh().await);
    ndjson(&from.store, &example("plant.ndjson"), 4).await;
    run(&from.store, &example("receipts.csv"), options(mapped("receipts.toml"), 100)).await;
    let there =
        copy(&crate::support::events::tester(), from.store.as_ref(), server.store.as_ref(), &mut |_| {})
            .await
            .unwrap();
    assert_eq!((there.copied, there.revision), (29, from.store.revision().await.unwrap()));
    let again =
        copy(&crate::support::events::tester(), from.store.as_ref(), server.store.as_ref(), &mut |_| {})
            .await
            .unwrap();
    assert_eq!((again.skipped, again.copied), (29, 0));
    let home =
        copy(&crate::support::events::tester(), server.store.as_ref(), back.store.as_ref(), &mut |_| {})
            .await
            .unwrap();
    assert_eq!((home.copied, home.compared), (29, there.compared));
    assert_eq!(exported(&back.store).await, exported(&from.store).await);
}

/// Everybody must know of a flow that was refused, also when a file tried it; once, however often the file is sent.
async fn a_refused_flow_is_an_alert(store: Arc<dyn Ledger>) {
    let lines = r#"{"type":"receive","id":"R","at":"2026-01-05T06:00:00Z","outputs":[{"lot":"A"}]}
{"type":"hold","id":"H","at":"2026-01-05T07:00:00Z","lots":["A"],"reason":"smells"}
{"type":"ship","id":"S","at":"2026-01-05T08:00:00Z","customer":"C","inputs":[{"lot":"A"}]}
"#;
    // In one batch: a dry run does not see holds of the batch before.
    let dry = Options {
        dry_run: Some(DryRun { scratch: scratch_stores(), rules: Rules::default() }),
        ..options(Format::Ndjson, 3)
    };
    let (summary, _) = run(&store, lines.as_bytes(), dry).await;
    assert_eq!(summary.counts, counts(3, 2, 0, 1));
    assert_eq!(store.revision().await.unwrap().0, 0, "a dry run writes nothing");
    let (first, told) = ndjson(&store, lines.as_bytes(), 2).await;
    assert_eq!((first.counts, told.rows[0].code), (counts(3, 2, 0, 1), ErrorCode::LotOnHold));
    assert_eq!(first.revision, store.revision().await.unwrap(), "the refusal included");
    let filter =
        RecordFilter { categories: Some(vec![Text::parse("FLOW_REFUSED").unwrap()]), ..Default::default() };
    let alerts = async || count(store.as_ref(), What::Records(RecordKind::Alert, filter.clone())).await;
    assert_eq!(alerts().await, 1);
    let (second, _) = ndjson(&store, lines.as_bytes(), 2).await;
    assert_eq!((second.counts, second.revision), (counts(3, 0, 2, 1), first.revision));
    assert_eq!(alerts().await, 1);
}

#[tokio::test]
async fn a_refused_flow_is_an_alert_on_sqlite() {
    a_refused_flow_is_an_alert(fresh().await.store).await;
}

#[tokio::test]
async fn a_refused_flow_is_an_alert_on_neo4j() {
    a_refused_flow_is_an_alert(neo4j().await.store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_import_reads_ahead_of_the_store_but_not_far() {
    let lines: String =
        (0..30_000).map(|n| format!("{{\"type\":\"operator\",\"code\":\"OP-{n}\"}}\n")).collect();
    let fresh = fresh().await;
    let (summary, told) = ndjson(&fresh.store, lines.as_bytes(), 1_000).await;
    assert_eq!((summary.counts, told.progress.len()), (counts(30_000, 30_000, 0, 0), 30));
    assert!(told.progress.is_sorted_by_key(|(bytes, _)| *bytes));
}

/// The example plant without its void, which must follow the event it withdraws.
fn plant_lines() -> Vec<String> {
    let text = String::from_utf8(example("plant.ndjson")).unwrap();
    text.lines().filter(|line| !line.contains("\"void\"")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn order_and_repetition_of_lines_do_not_matter() {
    let in_order = fresh().await;
    ndjson(&in_order.store, plant_lines().join("\n").as_bytes(), 100).await;
    for seed in 0..24 {
        let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut lines = plant_lines();
        for _ in 0..chance.random_range(0..30) {
            lines.push(lines[chance.random_range(0..lines.len())].clone());
        }
        lines.shuffle(&mut chance);
        let shuffled = fresh().await;
        let batch = chance.random_range(1..12);
        let (summary, told) = ndjson(&shuffled.store, lines.join("\n").as_bytes(), batch).await;
        assert_eq!(told.rows, [], "seed {seed}");
        assert_eq!(summary.counts, counts(lines.len() as u64, 22, lines.len() as u64 - 22, 0), "seed {seed}");
        let compared = compared(&in_order.store, &shuffled.store, Extent::Genealogy).await;
        compared.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}

#[test]
fn every_example_of_the_events_page_is_read() {
    let page = std::fs::read_to_string(root().join("docs/EVENTS.md")).unwrap();
    let mut types = std::collections::BTreeSet::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```json";
        } else if inside {
            let value = lotgraph::format::json::parse(line.as_bytes())
                .unwrap_or_else(|error| panic!("{line}: {error:?}"));
            let event = lotgraph::format::event::parse(&value)
                .unwrap_or_else(|problems| panic!("{line}: {problems:?}"));
            types.insert(event.fact.event_type());
        }
    }
    assert_eq!(types.len(), lotgraph::domain::EventType::ALL.len(), "every type has an example");
}

/// The import page shows whole mappings; each must be one.
#[test]
fn every_mapping_of_the_import_page_is_one() {
    let page = std::fs::read_to_string(root().join("docs/IMPORT.md")).unwrap();
    let mappings: Vec<&str> =
        page.split("```toml\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert!(!mappings.is_empty());
    for mapping in mappings {
        Mapping::parse(mapping).unwrap_or_else(|error| panic!("{mapping}\n{error}"));
    }
}

/// What `find` lists, for tests that look closer.
pub async fn operations(store: &dyn Ledger) -> Vec<Node> {
    let query = Find { what: What::Operations(OperationFilter::default()), after: None, first: 1_000 };
    store.find(&query).await.unwrap().items
}
