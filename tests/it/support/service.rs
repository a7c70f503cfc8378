//! A whole service over a store of its own, spoken to over HTTP.

use std::sync::Arc;
use std::time::Duration;

use lotgraph::cli::app::scratch_stores;
use lotgraph::http::{HttpContext, HttpOptions, server};
use lotgraph::service::Questions;
use lotgraph::service::alerts::AlertFeed;
use lotgraph::service::as_of::{AsOfLimits, History};
use lotgraph::service::commits::CommitFeed;
use lotgraph::service::recorder::Recorder;
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::Ledger;
use lotgraph::store::sqlite::SqliteStore;
use serde_json::{Value, json};

/// A running service; it stops when dropped.
pub struct Service {
    pub url: String,
    pub client: reqwest::Client,
    pub store: Arc<dyn Ledger>,
    pub feed: AlertFeed,
    handle: actix_web::dev::ServerHandle,
    _directory: Option<tempfile::TempDir>,
}

/// A small dairy: one delivery, pasteurised, filled into two pallets, one shipped; a second delivery nobody used.
pub const DAIRY: &str = r#"
{"type":"material","code":"MILK","name":"Raw milk","unit":"KGM","class":"RAW"}
{"type":"material","code":"PAST","name":"Pasteurised milk","unit":"KGM","class":"INTERMEDIATE"}
{"type":"material","code":"PACK","name":"Pallet of milk","unit":"EA","class":"FINISHED"}
{"type":"equipment","code":"LINE-1","name":"Line 1"}
{"type":"equipment","code":"PAST-1","name":"Pasteuriser 1","parent":"LINE-1"}
{"type":"operator","code":"OP-7","name":"Ada"}
{"type":"shift","code":"2026-01-05/A","startsAt":"2026-01-05T06:00:00+08:00","endsAt":"2026-01-05T14:00:00+08:00"}
{"type":"party","code":"FARM-3","name":"Hill farm","roles":["SUPPLIER"]}
{"type":"party","code":"SHOP-9","name":"Corner shop","roles":["CUSTOMER"]}
{"type":"receive","id":"R-1","at":"2026-01-05T06:10:00+08:00","supplier":"FARM-3","document":"DN-88","outputs":[{"lot":"MILK-1","material":"MILK","quantity":"12000","unit":"KGM","number":"88/1"}]}
{"type":"receive","id":"R-2","at":"2026-01-05T06:20:00+08:00","supplier":"FARM-3","outputs":[{"lot":"MILK-2","material":"MILK","quantity":"9000","unit":"KGM"}]}
{"type":"operation","id":"O-1","name":"PASTEURISE","kind":"PRODUCE","startedAt":"2026-01-05T07:00:00+08:00","at":"2026-01-05T08:00:00+08:00","inputs":[{"lot":"MILK-1","quantity":"4000","unit":"KGM"}],"outputs":[{"lot":"PAST-1","material":"PAST","quantity":"3980","unit":"KGM"}],"equipment":["PAST-1"],"operators":["OP-7"],"shift":"2026-01-05/A","parameters":[{"name":"temperature","value":"72.4","unit":"CEL"}]}
{"type":"operation","id":"O-2","name":"FILL","kind":"PRODUCE","at":"2026-01-05T09:00:00+08:00","inputs":[{"lot":"PAST-1","quantity":"3000","unit":"KGM"},{"lot":"CARTON-1","quantity":"80","unit":"EA"}],"outputs":[{"lot":"PACK-1","material":"PACK","quantity":"40","unit":"EA"},{"lot":"PACK-2","material":"PACK","quantity":"40","unit":"EA"}]}
{"type":"ship","id":"S-1","at":"2026-01-05T12:00:00+08:00","customer":"SHOP-9","document":"SO-5","inputs":[{"lot":"PACK-1","quantity":"40","unit":"EA"}]}
"#;

impl Service {
    /// A service over an empty store.
    pub async fn empty() -> Self {
        Self::with(|store| store, HttpOptions::default()).await
    }

    /// A service over the small dairy.
    pub async fn dairy() -> Self {
        let service = Self::empty().await;
        let response = service.post_events(DAIRY).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        service
    }

    /// A service whose store is wrapped, with options.
    pub async fn with(wrap: impl FnOnce(Arc<dyn Ledger>) -> Arc<dyn Ledger>, options: HttpOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("lotgraph.sqlite")).unwrap();
        store.prepare().await.unwrap();
        Self::serving(wrap(Arc::new(store)), options, Some(directory))
    }

    /// A service over a store that is there; whoever made it keeps what it lies in.
    pub fn over(store: Arc<dyn Ledger>) -> Self {
        Self::serving(store, HttpOptions::default(), None)
    }

    fn serving(store: Arc<dyn Ledger>, options: HttpOptions, directory: Option<tempfile::TempDir>) -> Self {
        let commits = CommitFeed::new(store.clone());
        let feed = AlertFeed::new(commits.clone());
        let context = HttpContext {
            questions: Questions::over(store.clone(), TraceLimits::default()),
            recorder: Recorder::new(store.clone()).telling(commits),
            feed: feed.clone(),
            history: History::new(
                store.clone(),
                scratch_stores(),
                AsOfLimits::default(),
                TraceLimits::default(),
            ),
            caches: Vec::new(),
            samples: json!({ "samples": [{
                "title": "Where did the delivery MILK-1 go?",
                "query": WHERE_DID_IT_GO,
                "variables": { "input": { "lots": ["MILK-1"], "direction": "FORWARD" } },
            }] }),
            metrics: None,
            counted: || {},
        };
        let options = HttpOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            workers: 1,
            handle_signals: false,
            shutdown_timeout: Duration::ZERO,
            ..options
        };
        let (server, address) = server(context, options).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let client = reqwest::Client::new();
        Self { url: format!("http://{address}"), client, store, feed, handle, _directory: directory }
    }

    /// Posts NDJSON events.
    pub async fn post_events(&self, lines: &str) -> reqwest::Response {
        let request = self.client.post(format!("{}/api/v1/events", self.url));
        request.header("content-type", "application/x-ndjson").body(lines.to_owned()).send().await.unwrap()
    }

    /// Asks a GraphQL question; the whole answer.
    pub async fn graphql(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        self.post("/graphql", body).await.json().await.unwrap()
    }

    /// Records events, which must be taken; what the receipt says.
    pub async fn record(&self, events: &str) -> Value {
        let response = self.post_events(events).await;
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The data of an answer that has no errors.
    pub async fn ask(&self, query: &str) -> Value {
        let answer = self.graphql(query, serde_json::json!({})).await;
        assert_eq!(answer["errors"], Value::Null, "{answer}");
        answer["data"].clone()
    }

    /// The ids of the lots that a trace reaches, in their order.
    pub async fn reached(&self, lot: &str, direction: &str) -> Vec<String> {
        let query = format!(
            "{{ trace(input: {{lots: [\"{lot}\"], direction: {direction}}}) {{ lots {{ nodes {{ lot {{ id }} }} }} }} }}"
        );
        let answer = self.ask(&query).await;
        let nodes = answer["trace"]["lots"]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| node["lot"]["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: Value) -> reqwest::Response {
        self.client.post(format!("{}{path}", self.url)).json(&body).send().await.unwrap()
    }

    /// Gets a path.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The future needs no driving: it only tells the server.
        drop(self.handle.stop(false));
    }
}

/// The first sample question.
pub const WHERE_DID_IT_GO: &str = "query WhereDidItGo($input: TraceInput!) {
  trace(input: $input) {
    summary { lotCount operationCount maxDepth }
    lots(first: 100) { nodes { depth lot { id material { name } } } }
    completeness { isPartial }
  }
}";
