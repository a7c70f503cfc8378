//! `lotgraph copy`: the ledger of one store into another.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::shown::print_out;
use super::{caller, progress};
use lotgraph_service::copy::{Step, copy};
use lotgraph_service::lookup::Lookup;
use lotgraph_store::Ledger;

/// Replay the ledger of one store into another, then compare the two; can be stopped and run again.
#[derive(Debug, Clone, Args)]
pub struct CopyArguments {
    /// The store to read: sqlite:PATH or neo4j://HOST:PORT
    #[arg(long, value_name = "URI")]
    from: String,
    /// The store to write: empty, or left by an earlier copy of the same
    #[arg(long, value_name = "URI")]
    to: String,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
}

impl CopyArguments {
    /// The address of the store to read.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// The address of the store to write.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }
}

/// Copies.
///
/// # Errors
/// When a store fails, the target holds other content, or the two differ afterwards.
pub async fn run(
    arguments: CopyArguments,
    from: Arc<dyn Ledger>,
    to: Arc<dyn Ledger>,
) -> anyhow::Result<ExitCode> {
    let caller = caller::reader();
    let length = Lookup::new(from.clone()).revision(&caller).await?.0;
    let bar = progress::steps(Some(length), arguments.no_progress);
    let done = copy(&caller, from.as_ref(), to.as_ref(), &mut |step| match step {
        Step::Ledger { revision, of } => {
            bar.set_position(revision.0);
            bar.set_message(format!("revision {revision} of {of}"));
        }
        Step::Comparison(compared) => {
            bar.set_message(format!("{} nodes and {} links compared", compared.nodes, compared.links));
        }
    })
    .await;
    bar.finish_and_clear();
    let copied = done?;
    let line = format!(
        "{} events copied, {} there before; revision {}; equal: {} nodes, {} links\n",
        copied.copied, copied.skipped, copied.revision, copied.compared.nodes, copied.compared.links
    );
    print_out(&line)?;
    Ok(ExitCode::SUCCESS)
}
