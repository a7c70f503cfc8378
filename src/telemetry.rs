//! Logs to standard error and metrics in Prometheus' text format.

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, LogSettings};

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
    let filter = EnvFilter::try_new(&level).with_context(|| {
        format!("log.level {:?} is neither error, warn, info, debug nor a tracing filter", settings.level)
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Already started means that the caller's choice stands.
    let _started_before = match settings.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    Ok(())
}

/// Starts collecting metrics; `None` when something else in this process collects them already.
#[must_use]
pub fn start_metrics() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(&[
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ]);
    builder.ok()?.install_recorder().ok()
}
