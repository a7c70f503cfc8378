//! `lotgraph serve`: the API over the configured store and cache, until SIGTERM or Ctrl-C.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::app::{self, Served};
use crate::http::{self, AllowedHosts, HttpContext, HttpOptions};
use crate::service::alerts::AlertFeed;
use crate::service::ingest::Ingest;
use crate::service::trace::Tracer;
use crate::settings::{Settings, redact};
use crate::telemetry;

pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    check_address(settings)?;
    let served = app::open_served(settings).await?;
    serve(settings, served, Value::Null, |address| {
        eprintln!("lotgraph serves {} at http://{address}/graphiql (Ctrl-C stops)", redact(&settings.store));
    })
    .await
}

/// Nobody has to log in, so only this machine may ask, unless told otherwise.
pub(super) fn check_address(settings: &Settings) -> anyhow::Result<()> {
    if settings.listen.ip().is_loopback() || settings.insecure {
        return Ok(());
    }
    bail!(
        "{} can be reached from other machines and nobody has to log in: listen on 127.0.0.1 behind a proxy that \
         checks who asks, or say --insecure if the network is trusted",
        settings.listen
    )
}

/// Serves until the process is told to stop; then requests in progress are finished.
pub(super) async fn serve(
    settings: &Settings,
    served: Served,
    samples: Value,
    started: impl FnOnce(SocketAddr),
) -> anyhow::Result<ExitCode> {
    let Served { store, caches, history } = served;
    let feed = AlertFeed::new(store.clone());
    let context = HttpContext {
        tracer: Tracer::new(store.clone(), app::trace_limits(settings)),
        ingest: Ingest::new(store.clone()).waking(feed.clone()),
        feed: feed.clone(),
        store,
        history,
        caches,
        samples,
        metrics: telemetry::start_metrics(),
    };
    let options = options(settings);
    let (server, address) = http::server(context, options)
        .with_context(|| format!("cannot listen on {}; is another program there?", settings.listen))?;
    started(address);
    let handle = server.handle();
    let mut running = tokio::spawn(server);
    tokio::select! {
        ended = &mut running => ended.context("the server stopped")??,
        () = told_to_stop() => {
            tracing::info!("stopping: requests in progress are finished");
            // Streams would go on for ever; whoever reads them resumes elsewhere.
            feed.close();
            handle.stop(true).await;
            running.await.context("the server stopped")??;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn options(settings: &Settings) -> HttpOptions {
    HttpOptions {
        listen: settings.listen,
        body_bytes_max: settings.http.graphql_bytes_max,
        events_bytes_max: settings.http.events_bytes_max,
        request_timeout: Duration::from_millis(settings.http.request_timeout_ms),
        shutdown_timeout: Duration::from_secs(settings.http.shutdown_timeout_s),
        streams_max: settings.http.streams_max,
        handle_signals: false,
        allowed_hosts: allowed_hosts(settings),
        ..HttpOptions::default()
    }
}

fn allowed_hosts(settings: &Settings) -> AllowedHosts {
    let named = settings.http.allowed_hosts.split(',').map(str::trim).filter(|name| !name.is_empty());
    let named: Vec<String> = named.map(str::to_owned).collect();
    if named.is_empty() && !settings.listen.ip().is_loopback() {
        return AllowedHosts::any();
    }
    AllowedHosts::local_and(named)
}

/// SIGTERM or Ctrl-C.
async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be watched; Ctrl-C stops");
            // An error here leaves nothing to wait for either.
            let _watched = interrupt.await;
        }
    }
}
