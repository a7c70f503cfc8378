//! `lotgraph restore`: a backup into an empty store, with its whole history.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use super::shown::{print_error, print_out};
use super::{caller, progress};
use crate::app::{self, StoreUri};
use crate::settings::{Settings, redact};
use lotgraph_service::copy::{self, copy};
use lotgraph_service::lookup::Lookup;
use lotgraph_service::restore::{Step, restore};

/// Take a backup over into an empty store, or go on with a restore that was stopped.
#[derive(Debug, Clone, Args)]
pub struct RestoreArguments {
    /// The backup: one SQLite file, or NDJSON files in their order, each going on where the one before ended
    #[arg(required = true, value_name = "FROM")]
    from: Vec<PathBuf>,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
}

/// Restores into the configured store.
///
/// # Errors
/// When the backup cannot be used, or the store holds something else than its beginning.
pub async fn run(arguments: RestoreArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    if !app::is_store_file(&arguments.from[0])? {
        return ledger(arguments, settings).await;
    }
    let [from] = arguments.from.as_slice() else {
        bail!("a backup that is a SQLite file stands alone; name one file");
    };
    match StoreUri::parse(&settings.store)? {
        StoreUri::Sqlite(to) if !to.exists() => {
            let from = from.clone();
            let copied =
                tokio::task::spawn_blocking(move || app::restore_file(&from, &to, &mut |_, _| {})).await??;
            // An older backup becomes a store of this program's at once, and not at the next start.
            let store = app::open_store(settings).await?;
            let identity = Lookup::new(store).identity(&caller::reader()).await?;
            let revision = copied.revision;
            say(&settings.store, revision.0, &copied.identity, &identity, None)
        }
        _ => file_into_store(arguments, settings).await,
    }
}

/// A file that becomes a store of another kind, or an existing one, is replayed like any store.
async fn file_into_store(arguments: RestoreArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let uri = format!("sqlite:{}", arguments.from[0].display());
    let from = app::open_store_to_read_at(&uri, settings).await?;
    let to = app::open_store(settings).await?;
    let caller = caller::reader();
    let (source, target) = (Lookup::new(from.clone()), Lookup::new(to.clone()));
    let length = source.revision(&caller).await?.0;
    let bar = progress::steps(Some(length), arguments.no_progress);
    let done = copy(&caller, from.as_ref(), to.as_ref(), &mut |step| {
        if let copy::Step::Ledger { revision, of } = step {
            bar.set_position(revision.0);
            bar.set_message(format!("revision {revision} of {of}"));
        }
    })
    .await;
    bar.finish_and_clear();
    let copied = done?;
    let (of, identity) = (source.identity(&caller).await?, target.identity(&caller).await?);
    say(&settings.store, copied.revision.0, &of, &identity, None)
}

async fn ledger(arguments: RestoreArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    // Before the store is opened: a slip in a name must not leave an empty store behind.
    for file in &arguments.from {
        File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    }
    let store = app::open_store(settings).await?;
    let bar = progress::steps(None, arguments.no_progress);
    let done = restore(&caller::reader(), &arguments.from, store.as_ref(), &mut |step| {
        bar.tick();
        bar.set_message(match step {
            Step::Checked(revision) => format!("checked up to revision {revision}"),
            Step::Compared(revision) => format!("compared up to revision {revision}"),
            Step::Restored { revision, of } => format!("revision {revision} of {of}"),
        });
    })
    .await;
    bar.finish_and_clear();
    let restored = done.with_context(|| format!("restoring into {}", redact(&settings.store)))?;
    if restored.from.0 > 0 {
        print_error(&format!("went on behind revision {}, which the store had already", restored.from));
    }
    let digest = Some(restored.state.digest.to_string());
    let identity = Lookup::new(store).identity(&caller::reader()).await?;
    say(&settings.store, restored.state.revision.0, &restored.identity, &identity, digest)
}

fn say(
    store: &str,
    revision: u64,
    of: &str,
    identity: &str,
    digest: Option<String>,
) -> anyhow::Result<ExitCode> {
    let store = redact(store);
    let digest = digest.map_or_else(String::new, |digest| format!("; digest {digest}"));
    let line =
        format!("{store}: revision {revision} of ledger {of}, as ledger {identity} from now on{digest}\n");
    print_out(&line)?;
    Ok(ExitCode::SUCCESS)
}
