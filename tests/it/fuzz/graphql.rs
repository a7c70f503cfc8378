//! Fuzzing of GraphQL documents: limits, parser, validation and execution.

use std::time::Duration;

use crate::support::events::tester;
use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::ErrorCode;
use lotgraph::graphql::limits::{DocumentLimits, check_nesting};
use lotgraph::graphql::{Request, Response, Schema, Services, code_of};
use lotgraph::service::Questions;
use lotgraph::service::alerts::AlertFeed;
use lotgraph::service::as_of::{AsOfLimits, History};
use lotgraph::service::commits::CommitFeed;
use lotgraph::service::recall::Recalls;
use lotgraph::service::recorder::Recorder;
use lotgraph::service::trace::TraceLimits;
use serde_json::{Value, json};

use super::{Allowed, Target, ensure, linear};
use crate::support::events::batch;
use crate::support::service::{DAIRY, WHERE_DID_IT_GO};
use crate::support::stores;

/// Far beyond what any document within the limits takes here.
const DEADLINE: Duration = Duration::from_secs(60);
/// Looking for brackets allocates nothing.
const NESTING: Allowed = Allowed { fixed: 0, per_byte: 0 };
/// An answer is at most as large as the limits allow, whatever the size of the question.
const ANSWER: Allowed = Allowed { fixed: 16 << 20, per_byte: 400 };

const WORDS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "\\",
    "#",
    "!",
    "$",
    "$input",
    "@skip(if: true)",
    "@include(if: $x)",
    "...",
    "...F",
    "fragment F on Lot { id ...F }",
    " on Query ",
    "query",
    "mutation",
    "subscription",
    "__typename",
    "__schema",
    "{ types { fields { type { fields { name } } } } }",
    "a: ",
    "first: 1000",
    "first: -1",
    "first: 2147483648",
    "after: \"AAAA\"",
    "null",
    "1e400",
    "lots",
    "nodes { id }",
    "edges { node { id } }",
    "{ id }",
    "id: \"MILK-1\"",
    "direction: BACKWARD",
    "asOf: { revision: \"1\" }",
    "\n",
    "\r",
    "\u{feff}",
    "\u{0}",
    "\u{1f600}",
    ",",
];

const DOCUMENTS: &[&str] = &[
    "query A($code: String = \"88/1\") { resolve(code: $code) { ...L } } fragment L on Lot { id material { code name } }",
    "{ lots(first: 3, filter: { origins: [PRODUCED] }) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }",
    "{ lot(id: \"PAST-1\") { links(first: 2) { nodes { role operation { id inputs(first: 1) { nodes { lot { id } } } } } } } }",
    "{ a: lot(id: \"MILK-1\", asOf: { revision: \"1\" }) { id @include(if: true) } b: lot(id: \"\"\"MILK\"-2\"\"\", asOf: { revision: \"1\" }) { id } } # end",
    "{ __schema { queryType { name } types { name fields { name } } } __type(name: \"Lot\") { name } }",
    "{ trace(input: { lots: [\"MILK-1\"], direction: FORWARD }) { summary { lotCount } lots(first: 2) { edges { cursor } } } }",
    "query One { operations(first: 1) { nodes { id } } } query Two { alerts { nodes { id } } }",
];

/// The API over the small dairy in a file of its own.
pub struct Api {
    runtime: tokio::runtime::Runtime,
    schema: Schema,
    _fresh: stores::Fresh,
}

impl Api {
    pub fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // Some services start tasks of their own when they are made.
        let _inside = runtime.enter();
        let fresh = runtime.block_on(stores::sqlite());
        let hold =
            r#"{"type":"hold","id":"H-1","at":"2026-01-06T00:00:00Z","lots":["PAST-1"],"reason":"smell"}"#;
        let lines = DAIRY.lines().filter(|line| !line.is_empty()).chain([hold]);
        let read = |line: &str| lotgraph::format::event::parse(&serde_json::from_str(line).unwrap()).unwrap();
        let receipt = runtime.block_on(fresh.store.commit(&batch(lines.map(read).collect()))).unwrap();
        assert!(receipt.applied, "{receipt:?}");
        let store = fresh.store.clone();
        let questions = Questions::over(store.clone(), TraceLimits::default());
        let history =
            History::new(store.clone(), scratch_stores(), AsOfLimits::default(), TraceLimits::default());
        let services = Services {
            questions: questions.clone(),
            recalls: Recalls::new(questions, history.clone()),
            recorder: Recorder::new(store.clone()),
            feed: AlertFeed::new(CommitFeed::new(store.clone())),
            history,
        };
        let schema = lotgraph::graphql::schema(services, DocumentLimits::default());
        Self { runtime, schema, _fresh: fresh }
    }

    /// Asks, and says what is wrong with the answer: every error in it must blame the question.
    pub fn ask(&self, query: &str, variables: Value) -> Result<Response, String> {
        let request: Request =
            serde_json::from_value(json!({ "query": query, "variables": variables })).unwrap();
        let response = self.runtime.block_on(self.schema.execute(&tester(), request, DEADLINE));
        for error in &response.errors {
            let blames =
                code_of(error).is_some_and(|code| !code.is_fault() && code != ErrorCode::DeadlineExceeded);
            ensure(blames && !error.message.is_empty(), || format!("{error:?}"))?;
        }
        serde_json::to_string(&response).map_err(|error| error.to_string())?;
        Ok(response)
    }
}

#[test]
fn documents_are_answered_or_refused() {
    let api = Api::new();
    let mut corpus: Vec<Vec<u8>> = DOCUMENTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    corpus.push(WHERE_DID_IT_GO.into());
    for document in &corpus[..6] {
        let response = api.ask(std::str::from_utf8(document).unwrap(), json!({})).unwrap();
        assert!(response.errors.is_empty(), "{:?}", response.errors);
    }
    Target { name: "graphql", corpus, words: WORDS, property: &|input| document(&api, input) }.run();
}

fn document(api: &Api, bytes: &[u8]) -> Result<(), String> {
    // Whoever posts other bytes is refused before.
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let limits = DocumentLimits::default();
    let nesting = linear(text.len(), &NESTING, || check_nesting(text, &limits))?;
    let variables = json!({ "input": { "lots": ["MILK-1"], "direction": "FORWARD" }, "x": true });
    let response = linear(text.len(), &ANSWER, || api.ask(text, variables))??;
    ensure(nesting.is_ok() || !response.errors.is_empty(), || "answered beyond the limits".to_owned())
}
