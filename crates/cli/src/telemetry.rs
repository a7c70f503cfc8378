//! Logs to standard error and metrics in Prometheus' text format.

use anyhow::{Context, bail};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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
    let filter = filter(&level).with_context(|| {
        format!("log.level {:?} is neither error, warn, info, debug nor a tracing filter", settings.level)
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // Already started means that the caller's choice stands.
    let _started_before = match settings.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
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
