//! `lotgraph backup`: a copy of the store that `lotgraph restore` makes a store of again.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use super::shown::{print_error, print_out};
use super::{caller, progress};
use crate::app::{self, StoreUri};
use crate::settings::Settings;
use lotgraph_service::backup::back_up;
use lotgraph_service::lookup::Lookup;
use lotgraph_store::Revision;

/// The form of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BackupForm {
    /// A copy of the SQLite file
    Sqlite,
    /// The ledger with its recordings, one event a line
    Ndjson,
}

/// Copy the store to a file that is not there yet, also beside a running server.
#[derive(Debug, Clone, Args)]
pub struct BackupArguments {
    /// The file to write
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// The form [default: sqlite for a SQLite store, else ndjson]
    #[arg(long, value_enum, value_name = "FORM")]
    form: Option<BackupForm>,
    /// Only what was recorded behind this revision: the last one of the backup before
    #[arg(long, value_name = "REVISION")]
    since: Option<u64>,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
}

/// Backs the configured store up.
///
/// # Errors
/// When the file is there already, or the store or the disk fails.
pub async fn run(arguments: BackupArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let uri = StoreUri::parse(&settings.store)?;
    let form = arguments.form.unwrap_or(match (&uri, arguments.since) {
        (StoreUri::Sqlite(_), None) => BackupForm::Sqlite,
        _ => BackupForm::Ndjson,
    });
    match (form, uri) {
        (BackupForm::Sqlite, _) if arguments.since.is_some() => {
            bail!("--since goes with --form ndjson: a copy of the file is always the whole store")
        }
        (BackupForm::Sqlite, StoreUri::Sqlite(path)) => copy_file(arguments, path).await,
        (BackupForm::Sqlite, StoreUri::Neo4j(_)) => bail!("--form sqlite is for SQLite stores; leave it out"),
        (BackupForm::Ndjson, _) => export(arguments, settings).await,
    }
}

async fn copy_file(arguments: BackupArguments, from: PathBuf) -> anyhow::Result<ExitCode> {
    let bar = progress::steps(Some(0), arguments.no_progress);
    let (shown, to) = (bar.clone(), arguments.to.clone());
    let work = move || {
        app::back_up_file(&from, &to, &mut |done, of| {
            shown.set_length(of);
            shown.set_position(done);
            shown.set_message(format!("{done} of {of} pages"));
        })
    };
    let done = tokio::task::spawn_blocking(work).await?;
    bar.finish_and_clear();
    let copied = done.with_context(|| format!("no backup was made at {}", arguments.to.display()))?;
    let line =
        format!("{}: revision {} of ledger {}\n", arguments.to.display(), copied.revision, copied.identity);
    print_out(&line)?;
    Ok(ExitCode::SUCCESS)
}

async fn export(arguments: BackupArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let store = app::open_store_to_read(settings).await?;
    let caller = caller::reader();
    let current = Lookup::new(store.clone()).revision(&caller).await?;
    let bar = progress::steps(Some(current.0), arguments.no_progress);
    let since = Revision(arguments.since.unwrap_or(0));
    let done = back_up(&caller, store.as_ref(), &arguments.to, since, &mut |revision| {
        bar.set_position(revision.0);
        bar.set_message(format!("revision {revision}"));
    })
    .await;
    bar.finish_and_clear();
    let done = done.with_context(|| format!("no backup was made at {}", arguments.to.display()))?;
    if let Some(revision) = done.resumed {
        print_error(&format!("went on behind revision {revision}, which an earlier run had reached"));
    }
    let line = format!(
        "{}: {} events, revisions {} to {} of ledger {}; digest {}\n",
        arguments.to.display(),
        done.trailer.events,
        done.header.first,
        done.header.last,
        done.header.identity,
        done.trailer.digest
    );
    print_out(&line)?;
    Ok(ExitCode::SUCCESS)
}
