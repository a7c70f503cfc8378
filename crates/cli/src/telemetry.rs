//! Logs to standard error and metrics in Prometheus' text format.
//!
//! A log that cannot be written costs its lines and nothing else: a thread of its own writes them, so that nobody waits for
//! whoever reads the log, and what there is no room for is counted (`lotgraph_log_lines_lost_total`).

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, bail};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, LogSettings};

/// Lines that wait to be written; more are lost.
const LINES_WAITING_MAX: usize = 10_000;

/// Where the log is written, until the process ends.
static LOG: Mutex<Option<WorkerGuard>> = Mutex::new(None);
/// Lines that found no room.
static LOST: OnceLock<ErrorCounter> = OnceLock::new();

/// Writes out what is still waiting; nothing is logged afterwards.
pub fn finish_logs() {
    // A guard that is dropped waits a moment for its thread.
    drop(LOG.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// Tells the metrics how many lines of the log were lost.
pub fn count_lost_lines() {
    let lost = LOST.get().map_or(0, ErrorCounter::dropped_lines);
    metrics::counter!("lotgraph_log_lines_lost_total").absolute(lost as u64);
}

/// Standard error, whose own failures are nobody's.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _lost = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts logging; a second call (tests) changes nothing. `usual` are directives that hold unless the level names their
/// crate itself.
///
/// # Errors
/// When the level is no filter.
pub fn start_logs(settings: &LogSettings, usual: &[&str]) -> anyhow::Result<()> {
    let mut level = settings.level.clone();
    for directive in usual {
        let name = directive.split("::").next().unwrap_or(directive);
        if !settings.level.contains(name) {
            level.push(',');
            level.push_str(directive);
        }
    }
    let filter = filter(&level).with_context(|| {
        format!("log.level {:?} is neither error, warn, info, debug nor a tracing filter", settings.level)
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES_WAITING_MAX);
    let (writer, guard) = builder.finish(StandardError);
    let lost = writer.error_counter();
    let lines = tracing_subscriber::fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(writer);
    // Already started means that the caller's choice stands.
    let started = match settings.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    if started.is_ok() {
        LOST.get_or_init(|| lost);
        *LOG.lock().unwrap_or_else(PoisonError::into_inner) = Some(guard);
    }
    Ok(())
}

/// Reads directives between commas: a level, or a target with `=` and a level, or a target alone, of which all is shown.
/// Without any directive errors are shown.
///
/// The library's `EnvFilter` also filters by span. No span is opened anywhere here, and its matchers are one of the dearest
/// things to build.
fn filter(directives: &str) -> anyhow::Result<Targets> {
    let directives: Vec<&str> =
        directives.split(',').map(str::trim).filter(|directive| !directive.is_empty()).collect();
    if directives.is_empty() {
        return Ok(Targets::new().with_default(LevelFilter::ERROR));
    }
    if let Some(span) = directives.iter().find(|directive| directive.contains('[')) {
        bail!("{span:?} filters by span or field, and there are no spans");
    }
    Ok(directives.join(",").parse()?)
}

/// Starts collecting metrics; `None` when something else in this process collects them already.
#[must_use]
pub fn start_metrics() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(&[
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ]);
    builder.ok()?.install_recorder().ok()
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn levels_and_targets_are_read() {
        let named = filter("warn, lotgraph_store=debug,neo4rs").unwrap();
        assert!(
            named.would_enable("actix_web", &Level::WARN) && !named.would_enable("actix_web", &Level::INFO)
        );
        assert!(named.would_enable("lotgraph_store::layer", &Level::DEBUG));
        assert!(named.would_enable("neo4rs::connection", &Level::TRACE));
        let none = filter("").unwrap();
        assert!(none.would_enable("lotgraph", &Level::ERROR) && !none.would_enable("lotgraph", &Level::WARN));
        for nothing in ["lotgraph=loud", "a=b=info", "lotgraph[{lot}]=info"] {
            assert!(filter(nothing).is_err(), "{nothing}");
        }
    }
}
