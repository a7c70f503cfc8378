//! Health, metrics and the schemas: what operators and their tools ask for.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::State;
use super::failure::Failure;
use lotgraph_domain::ErrorCode;
use lotgraph_format as format;
use lotgraph_graphql as graphql;

/// How long the store may take to say that it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// `GET /livez`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive", "version": env!("CARGO_PKG_VERSION") }))
}

/// `GET /readyz`: the store answers. A cache that is away only costs speed, so it is reported and no more.
pub async fn ready(state: web::Data<State>) -> Result<HttpResponse, Failure> {
    let lookup = &state.context.questions.lookup;
    let readiness = tokio::time::timeout(READY_TIMEOUT, lookup.ready()).await;
    let mut caches: Vec<Value> = Vec::new();
    for cache in &state.context.caches {
        caches.push(json!({ "name": cache.name(), "healthy": cache.healthy().await }));
    }
    let caches = json!({ "caches": caches });
    match readiness {
        Ok(Ok(readiness)) => Ok(HttpResponse::Ok().json(json!({
            "status": "ready",
            "store": { "name": lookup.name(), "server": readiness.server, "revision": readiness.revision.to_string() },
            "caches": caches["caches"],
        }))),
        Ok(Err(error)) => Err(Failure::from(error).with(caches)),
        Err(_) => Err(Failure::new(ErrorCode::StoreUnavailable, "the store does not answer").with(caches)),
    }
}

/// `GET /metrics`: counts and times in the Prometheus text format.
pub async fn metrics(state: web::Data<State>) -> Result<HttpResponse, Failure> {
    let Some(handle) = &state.context.metrics else {
        return Err(Failure::new(ErrorCode::NotFound, "metrics are switched off"));
    };
    metrics::counter!("lotgraph_service::query_statements_total")
        .absolute(state.context.questions.lookup.statements());
    for cache in &state.context.caches {
        let counts = cache.counts();
        let count =
            |name: &'static str, value| metrics::counter!(name, "cache" => cache.name()).absolute(value);
        count("lotgraph_cache_hits_total", counts.hits);
        count("lotgraph_cache_misses_total", counts.misses);
        count("lotgraph_cache_failures_total", counts.failures);
    }
    (state.context.counted)();
    handle.run_upkeep();
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(handle.render()))
}

/// `GET /schema.graphql`: the GraphQL schema.
pub async fn schema() -> HttpResponse {
    HttpResponse::Ok().content_type("application/graphql; charset=utf-8").body(graphql::sdl())
}

/// `GET /schema/events.json`: the JSON Schema of events.
pub async fn event_schema() -> HttpResponse {
    HttpResponse::Ok().content_type("application/schema+json").body(format::schema::text())
}
