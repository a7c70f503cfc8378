//! `lotgraph serve`: the API over the configured store and cache, until SIGTERM or Ctrl-C.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use uuid::Uuid;

use super::shown::print_error;
use crate::app::{self, Served};
use crate::descriptors;
use crate::settings::{Settings, redact};
use crate::telemetry;
use lotgraph_http::local::LocalCommands;
use lotgraph_http::{self as http, AllowedHosts, HttpContext, HttpOptions, TrustedProxies};
use lotgraph_service::Questions;
use lotgraph_service::alerts::AlertFeed;
use lotgraph_service::commits::CommitFeed;
use lotgraph_service::recorder::Recorder;

/// How long a server that has stopped waits until its store is closed.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    check(settings)?;
    let served = app::open_served(settings).await?;
    serve(settings, served, Value::Null, |address| {
        print_error(&format!(
            "lotgraph serves {} at http://{address}/graphiql (Ctrl-C stops)",
            redact(&settings.store)
        ));
    })
    .await
}

/// Refuses settings that must not be served with, before anything is opened.
pub(super) fn check(settings: &Settings) -> anyhow::Result<()> {
    check_address(settings)?;
    allowed_hosts(settings)?;
    trusted_proxies(settings).map(|_| ())
}

/// The proxies that are believed about who asks, if there are any.
pub(super) fn trusted_proxies(settings: &Settings) -> anyhow::Result<Option<TrustedProxies>> {
    let (header, proxies) =
        (settings.http.trusted_proxy_user_header.trim(), listed(&settings.http.trusted_proxies));
    if header.is_empty() {
        if proxies.is_empty() {
            return Ok(None);
        }
        bail!(
            "http.trusted_proxies names proxies, but http.trusted_proxy_user_header names no header: set both"
        );
    }
    let trusted = TrustedProxies::parse(header, proxies).map_err(|why| {
        anyhow::anyhow!("http.trusted_proxy_user_header and http.trusted_proxies cannot be used: {why}")
    })?;
    if trusted.are_local() && !settings.listen.ip().is_loopback() {
        bail!(
            "{} can be reached from other machines, and http.trusted_proxy_user_header = {header:?} would let them say \
             who they are: name the proxies in http.trusted_proxies, or listen on 127.0.0.1",
            settings.listen
        );
    }
    Ok(Some(trusted))
}

/// The parts of a list that commas separate.
fn listed(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Nobody has to log in, so only this machine may ask, unless told otherwise.
fn check_address(settings: &Settings) -> anyhow::Result<()> {
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
    let Served { store, caches, history, ledger, end } = served;
    let secret = new_secret();
    let commits = CommitFeed::new(store.clone());
    let feed = AlertFeed::new(commits.clone());
    let context = HttpContext {
        questions: Questions::over(store.clone(), app::trace_limits(settings)),
        recorder: Recorder::new(store).telling(commits),
        feed: feed.clone(),
        history,
        caches,
        samples,
        metrics: telemetry::start_metrics(),
        counted: telemetry::count_lost_lines,
    };
    let local_commands = Some(LocalCommands::new(&secret, &ledger));
    let options = HttpOptions { local_commands, ..options(settings)? };
    let (server, address) = http::server(context, options)
        .with_context(|| format!("cannot listen on {}; is another program there?", settings.listen))?;
    if let Some(address) = from_this_machine(address) {
        // Commands then ask for the server to be stopped, as they would without any address.
        if let Err(error) = app::announce(settings, address, &secret).await {
            tracing::warn!(%error, "commands on this machine cannot record through this server");
        }
    }
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
    drop((handle, feed));
    end.wait(CLOSE_PATIENCE).await;
    Ok(ExitCode::SUCCESS)
}

/// A secret that nobody can guess: 244 random bits.
fn new_secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// The address under which this machine reaches the server; none when it listens on another network only, since commands are
/// believed from the loopback alone.
fn from_this_machine(address: SocketAddr) -> Option<SocketAddr> {
    let ip = match address.ip() {
        ip if ip.is_loopback() => ip,
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, address.port()))
}

fn options(settings: &Settings) -> anyhow::Result<HttpOptions> {
    Ok(HttpOptions {
        listen: settings.listen,
        body_bytes_max: settings.http.graphql_bytes_max,
        events_bytes_max: settings.http.events_bytes_max,
        bodies_max: settings.http.bodies_max,
        bodies_bytes_max: settings.http.bodies_bytes_max,
        body_rate_min: settings.http.body_rate_min,
        request_timeout: Duration::from_millis(settings.http.request_timeout_ms),
        shutdown_timeout: Duration::from_secs(settings.http.shutdown_timeout_s),
        connections_max: descriptors::connections(settings.http.connections_max),
        write_timeout: Duration::from_millis(settings.http.write_timeout_ms),
        sockets_waiting_max: settings.http.sockets_waiting_max,
        socket_idle_timeout: Duration::from_secs(settings.http.socket_idle_timeout_s),
        streams_max: settings.http.streams_max,
        handle_signals: false,
        allowed_hosts: allowed_hosts(settings)?,
        trusted_proxies: trusted_proxies(settings)?,
        ..HttpOptions::default()
    })
}

fn allowed_hosts(settings: &Settings) -> anyhow::Result<AllowedHosts> {
    let named = listed(&settings.http.allowed_hosts);
    if named.is_empty() && !settings.listen.ip().is_loopback() {
        return Ok(AllowedHosts::any());
    }
    AllowedHosts::local_and(named).map_err(|why| anyhow::anyhow!("http.allowed_hosts cannot be used: {why}"))
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
