//! `lotgraph export`: the ledger as NDJSON.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::shown::print_error;
use super::{caller, progress};
use lotgraph_service::backup::export_recorded;
use lotgraph_service::export::{ExportError, Exported, export};
use lotgraph_service::lookup::Lookup;
use lotgraph_store::{Ledger, Revision};

/// Write the ledger as NDJSON, one event a line.
#[derive(Debug, Clone, Args)]
pub struct ExportArguments {
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    /// Write each event with its revision, time and sender, as lotgraph restore takes it (docs/EVENTS.md)
    #[arg(long)]
    with_recordings: bool,
    /// Only what was recorded behind this revision
    #[arg(long, value_name = "REVISION", requires = "with_recordings")]
    since: Option<u64>,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
}

/// Exports.
///
/// # Errors
/// When the store or the output fails.
pub async fn run(arguments: ExportArguments, store: Arc<dyn Ledger>) -> anyhow::Result<ExitCode> {
    let mut output: Box<dyn Write + Send> = match &arguments.output {
        Some(path) => {
            let mut options = File::options();
            options.write(true);
            // An export must not destroy the one before by accident.
            let options =
                if arguments.force { options.create(true).truncate(true) } else { options.create_new(true) };
            let file = options.open(path).with_context(|| {
                format!("cannot create {}; --force replaces a file that is there", path.display())
            })?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let bar = progress::steps(None, arguments.no_progress || arguments.output.is_none());
    let (lookup, caller) = (Lookup::new(store.clone()), caller::reader());
    let done = if arguments.with_recordings {
        let since = Revision(arguments.since.unwrap_or(0));
        let progress = &mut |revision| {
            bar.tick();
            bar.set_message(format!("revision {revision}"));
        };
        let done = export_recorded(&caller, store.as_ref(), since, output.as_mut(), progress).await;
        done.map(|trailer| Exported { events: trailer.events, revision: trailer.last })
    } else {
        export(&lookup, &caller, output.as_mut(), &mut |events| {
            bar.tick();
            bar.set_message(format!("{events} events"));
        })
        .await
    };
    bar.finish_and_clear();
    match done {
        Ok(exported) => {
            print_error(&format!(
                "{} events exported, up to revision {}",
                exported.events, exported.revision
            ));
            Ok(ExitCode::SUCCESS)
        }
        // `| head` closes the pipe when it has seen enough.
        Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}
