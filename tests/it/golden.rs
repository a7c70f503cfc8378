//! The golden stores: what an older program wrote is opened, upgraded, and answered as that program answered it.
//!
//! `tests/golden/format-3/README.md` says how they came about, and why they are never made again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::support::events::tester;
use futures::{StreamExt, stream};
use lotgraph::domain::EventId;
use lotgraph::format::{canonical, event};
use lotgraph::service::export::export;
use lotgraph::service::lookup::Lookup;
use lotgraph::store::sqlite::SqliteStore;
use lotgraph::store::{Ledger, LedgerPosition};
use serde_json::{Value, json};

use crate::support::service::Service;
use crate::support::stores;

/// The subjects of the questions; a file each.
const SUBJECTS: &[&str] =
    &["lots", "operations", "masters", "holds", "alerts", "recalls", "traces", "causes", "history"];

/// What is left out of the comparison, wherever it stands: a clock, and whether a cache had the answer.
const LEFT_OUT: &[&str] = &["computedAt", "cached"];

/// How far two numbers with a fraction may be apart, as a part of the larger: the last bits of a logarithm are the
/// machine's.
const NEAR: f64 = 1e-9;

/// Questions that are asked at once.
const AT_ONCE: usize = 8;

/// Questions that are shown when several are answered otherwise.
const SHOWN: usize = 5;

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/format-3")
}

fn text(name: &str) -> String {
    let path = folder().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn lines(name: &str) -> Vec<Value> {
    text(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The first difference of two answers: where it is, what was kept there, and what is there now.
fn difference(kept: &Value, now: &Value, path: &str) -> Option<String> {
    let differs = || Some(format!("{path}\n    kept: {kept}\n    now:  {now}"));
    match (kept, now) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let new = theirs.keys().filter(|name| !ours.contains_key(*name));
            let mut names = ours.keys().chain(new).filter(|name| !LEFT_OUT.contains(&name.as_str()));
            names.find_map(|name| match (ours.get(name), theirs.get(name)) {
                (Some(ours), Some(theirs)) => difference(ours, theirs, &format!("{path}.{name}")),
                (ours, theirs) => Some(format!("{path}.{name}\n    kept: {ours:?}\n    now:  {theirs:?}")),
            })
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            let pairs = ours.iter().zip(theirs).enumerate();
            let found = pairs.map(|(n, (ours, theirs))| difference(ours, theirs, &format!("{path}[{n}]")));
            let (before, after) = (ours.len(), theirs.len());
            found.flatten().next().or_else(|| {
                (before != after)
                    .then(|| format!("{path}\n    kept: {before} items\n    now:  {after} items"))
            })
        }
        (Value::Number(ours), Value::Number(theirs)) if ours.is_f64() && theirs.is_f64() => {
            let (ours, theirs) = (ours.as_f64()?, theirs.as_f64()?);
            if (ours - theirs).abs() <= NEAR * ours.abs().max(theirs.abs()) { None } else { differs() }
        }
        _ if kept == now => None,
        _ => differs(),
    }
}

/// A question as it is shown, and what is answered to it, in the shape in which answers are kept.
async fn ask(service: &Service, kept: &Value) -> (String, Value) {
    let (question, response) = if let Some(name) = kept["graphql"].as_str() {
        let query = text(&format!("answers/{name}.graphql"));
        let body = json!({"query": query, "variables": kept["variables"]});
        (format!("{name}.graphql with {}", kept["variables"]), service.post("/graphql", body).await)
    } else if let Some(path) = kept["get"].as_str() {
        (format!("GET {path}"), service.get(path).await)
    } else {
        let path = kept["post"].as_str().unwrap_or_else(|| panic!("no question: {kept}"));
        (format!("POST {path} {}", kept["body"]), service.post(path, kept["body"].clone()).await)
    };
    let status = response.status().as_u16();
    let given = response.text().await.unwrap();
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let answer = if kept["lines"].is_array() {
        json!({"status": status, "lines": given.lines().map(parsed).collect::<Vec<Value>>()})
    } else if kept["text"].is_string() {
        // Line by line, so that the first one that differs is shown and not all of them.
        json!({"status": status, "text": given.split('\n').collect::<Vec<_>>()})
    } else {
        json!({"status": status, "answer": parsed(&given)})
    };
    (question, answer)
}

/// What was kept of an answer, without the question.
fn kept_answer(kept: &Value) -> Value {
    let mut answer = json!({"status": kept["status"]});
    for name in ["answer", "lines"] {
        if let Some(value) = kept.get(name) {
            answer[name] = value.clone();
        }
    }
    if let Some(text) = kept["text"].as_str() {
        answer["text"] = text.split('\n').collect();
    }
    answer
}

/// Asks everything and compares; then records something, since an old store goes on.
pub(crate) async fn answers_are_the_same(store: Arc<dyn Ledger>) {
    ledger_is_the_same(&store).await;
    let service = Service::over(store);
    let (mut asked, mut wrong) = (0, Vec::new());
    for subject in SUBJECTS {
        let kept = lines(&format!("answers/{subject}.ndjson"));
        let mut answers =
            stream::iter(&kept).map(|kept| ask(&service, kept)).buffered(AT_ONCE).zip(stream::iter(&kept));
        while let Some(((question, now), kept)) = answers.next().await {
            asked += 1;
            if let Some(found) = difference(&kept_answer(kept), &now, "") {
                wrong.push(format!("{subject}: {question}\n  first difference at {found}"));
            }
        }
    }
    let shown = wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} of {asked} questions are answered otherwise:\n\n{shown}", wrong.len());
    assert!(asked > 500, "only {asked} questions were found");
    let last = lines("ledger.ndjson").pop().unwrap()["revision"].as_u64().unwrap();
    let answer = service.post_events(r#"{"type":"operator","code":"OP-99"}"#).await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["revision"], (last + 1).to_string(), "{answer}");
}

/// Every event is where it was, as it was recorded, and exports as it did.
async fn ledger_is_the_same(store: &Arc<dyn Ledger>) {
    let page = store.changes(LedgerPosition::default(), 1_000).await.unwrap();
    let now: Vec<Value> = page
        .entries
        .iter()
        .map(|entry| {
            let (position, recording) = (entry.position, &entry.recording);
            json!({
                "revision": position.revision.0, "index": position.index,
                "recordedAt": recording.recorded_at.to_string(),
                "actor": recording.actor.as_str(), "source": recording.source.as_str(),
                "id": entry.event.id.as_str(), "type": entry.event.fact.event_type().name(),
                "body": canonical::body(&entry.event.fact),
            })
        })
        .collect();
    assert!(!page.more);
    let found = difference(&Value::Array(lines("ledger.ndjson")), &Value::Array(now), "ledger");
    assert!(found.is_none(), "first difference at {}", found.unwrap_or_default());
    let mut exported = Vec::new();
    export(&Lookup::new(store.clone()), &tester(), &mut exported, &mut |_| {}).await.unwrap();
    let exported = String::from_utf8(exported).unwrap();
    let kept = text("answers/export.ndjson");
    let differs = kept.lines().zip(exported.lines()).position(|(kept, now)| kept != now);
    assert!(kept == exported, "the export differs, first in line {:?} from 0", differs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_format_3_answers_as_it_did() {
    let folder_of_copy = tempfile::tempdir().unwrap();
    let copy = folder_of_copy.path().join("store.sqlite");
    fs::copy(folder().join("store.sqlite"), &copy).unwrap();
    let store = SqliteStore::open(&copy).unwrap();
    store.prepare().await.unwrap();
    answers_are_the_same(Arc::new(store)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_format_3_answers_as_it_did() {
    let fresh = stores::neo4j_of(&lines("neo4j.ndjson")).await;
    answers_are_the_same(fresh.store.clone()).await;
}

#[test]
fn every_body_is_read_and_written_again_the_same() {
    let ledger = lines("ledger.ndjson");
    let (mut types, mut derived) = (Vec::new(), 0);
    for entry in &ledger {
        let [id, kind, body] = ["id", "type", "body"].map(|name| entry[name].as_str().unwrap());
        let id = EventId::parse(id).unwrap();
        let read = event::from_body(id.clone(), body).unwrap_or_else(|why| panic!("{body}: {why:?}"));
        assert_eq!(read.fact.event_type().name(), kind, "{body}");
        assert_eq!(canonical::body(&read.fact), body);
        // As somebody sends it again: with its id, and without one, when its id came from its content.
        let mut sent: Value = serde_json::from_str(body).unwrap();
        if event::derived_id(body) == id {
            derived += 1;
        } else {
            sent["id"] = id.as_str().into();
        }
        assert_eq!(event::parse(&sent).unwrap(), read, "{body}");
        types.push(kind);
    }
    // Those of refusals follow from what was refused instead.
    assert_eq!((ledger.len(), derived), (138, 43), "ids that follow from the content stay what they are");
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), 21, "every type that format 3 knew: {types:?}");
}
