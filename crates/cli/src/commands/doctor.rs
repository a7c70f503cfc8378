//! `lotgraph doctor`: configuration, store, cache, disk and versions, each with a verdict and what to do.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::serve;
use super::shown::print_out;
use crate::app::{self, StoreUri};
use crate::settings::{Settings, Sources, load, redact};
use lotgraph_service::lookup::Lookup;

/// Below this the disk is called full.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// How long a part may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What doctor thinks of one part.
enum Verdict {
    Good(String),
    Warning(String, &'static str),
    Bad(String, &'static str),
}

pub(super) async fn run(sources: &Sources) -> anyhow::Result<ExitCode> {
    let version = env!("CARGO_PKG_VERSION");
    print_out(&format!("lotgraph {version}, SQLite {}\n", lotgraph_store_sqlite::version()))?;
    let loaded = match load(sources) {
        Ok(loaded) => loaded,
        Err(error) => {
            say("configuration", &Verdict::Bad(format!("{error:#}"), "correct it where the message says"))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut values = String::from("\nconfiguration (value, where it came from)\n");
    for (key, (value, origin)) in &loaded.origins {
        let value = if value.is_empty() { "(empty)" } else { value };
        let _ = writeln!(values, "  {key:<36} {value:<28} {origin}");
    }
    values.push('\n');
    print_out(&values)?;
    let settings = loaded.settings;
    let mut good = true;
    // Each as soon as it is known: a store or cache that is away takes its time.
    let mut judge = |part: &str, verdict: Verdict| {
        good &= !matches!(verdict, Verdict::Bad(..));
        say(part, &verdict)
    };
    judge("configuration", Verdict::Good("readable, no unknown keys".to_owned()))?;
    judge("address", address(&settings))?;
    judge("callers", callers(&settings))?;
    judge("store", store(&settings).await)?;
    judge("cache", cache(&settings).await)?;
    judge("disk", disk(&settings))?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say(part: &str, verdict: &Verdict) -> std::io::Result<()> {
    let line = match verdict {
        Verdict::Good(what) => format!("ok       {part}: {what}\n"),
        Verdict::Warning(what, remedy) => format!("warning  {part}: {what}\n         -> {remedy}\n"),
        Verdict::Bad(what, remedy) => format!("FAILED   {part}: {what}\n         -> {remedy}\n"),
    };
    print_out(&line)
}

fn address(settings: &Settings) -> Verdict {
    if settings.listen.ip().is_loopback() {
        return Verdict::Good(format!("{}, this machine only", settings.listen));
    }
    let what = format!("{} can be reached from other machines and nobody has to log in", settings.listen);
    if settings.insecure {
        Verdict::Warning(what, "keep the network trusted, or put a proxy that checks who asks in front")
    } else {
        Verdict::Bad(what, "listen on 127.0.0.1, or set insecure = true if the network is trusted")
    }
}

/// Who is believed about who asks.
fn callers(settings: &Settings) -> Verdict {
    let header = &settings.http.trusted_proxy_user_header;
    match serve::trusted_proxies(settings) {
        Err(error) => Verdict::Bad(format!("{error:#}"), "correct these two keys"),
        Ok(None) => Verdict::Good("anonymous".to_owned()),
        Ok(Some(proxies)) if proxies.are_local() => {
            Verdict::Good(format!("named by a proxy on this machine in {header}, else anonymous"))
        }
        Ok(Some(_)) => Verdict::Good(format!(
            "named by the proxies {} in {header}, else anonymous",
            settings.http.trusted_proxies
        )),
    }
}

async fn store(settings: &Settings) -> Verdict {
    let uri = redact(&settings.store);
    match StoreUri::parse(&settings.store) {
        Err(error) => return Verdict::Bad(format!("{error:#}"), "correct the key store"),
        Ok(StoreUri::Sqlite(path)) if !path.exists() => {
            let what = format!("{} does not exist yet", path.display());
            return Verdict::Warning(what, "lotgraph serve, demo or import create it");
        }
        Ok(_) => {}
    }
    if let Ok(Ok(Some(versions))) = tokio::time::timeout(PATIENCE, app::versions(settings)).await
        && !versions.is_current()
    {
        return Verdict::Bad(
            format!("{uri}: {}", versions.too_old()),
            "back it up, then run lotgraph upgrade",
        );
    }
    let look = async {
        let store = app::open_store_to_read(settings).await?;
        Ok::<_, anyhow::Error>(Lookup::new(store).ready().await?)
    };
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(readiness)) => {
            Verdict::Good(format!("{uri}: {}, revision {}", readiness.server, readiness.revision))
        }
        Ok(Err(error)) => Verdict::Bad(
            format!("{uri}: {error:#}"),
            "start the database, or correct store and neo4j.user/password",
        ),
        Err(_) => Verdict::Bad(format!("{uri}: no answer in {PATIENCE:?}"), "check host, port and firewall"),
    }
}

async fn cache(settings: &Settings) -> Verdict {
    let caches = match app::open_caches(settings).await {
        Ok(caches) => caches,
        Err(error) => return Verdict::Bad(format!("{error:#}"), "correct the key cache"),
    };
    for cache in &caches {
        let healthy = tokio::time::timeout(PATIENCE, cache.healthy()).await.unwrap_or(false);
        if !healthy {
            return Verdict::Warning(
                format!("{} ({}) does not answer", cache.name(), redact(&settings.cache)),
                "answers stay right and come without it, only slower; start it or correct the key cache",
            );
        }
    }
    Verdict::Good(redact(&settings.cache))
}

fn disk(settings: &Settings) -> Verdict {
    let Ok(StoreUri::Sqlite(path)) = StoreUri::parse(&settings.store) else {
        return Verdict::Good("the store keeps its data elsewhere".to_owned());
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let what = format!("{:.1} GiB free at {}", free as f64 / (1_u64 << 30) as f64, folder.display());
            if free < FREE_BYTES_MIN {
                Verdict::Bad(what, "make room: with a full disk nothing can be recorded")
            } else {
                Verdict::Good(what)
            }
        }
        Err(error) => Verdict::Bad(
            format!("{} cannot be looked at: {error}", folder.display()),
            "create the folder, or name another with --store",
        ),
    }
}
