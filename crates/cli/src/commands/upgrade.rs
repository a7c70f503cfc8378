//! `lotgraph upgrade`: a store that an older lotgraph wrote, for this one.

use std::process::ExitCode;

use clap::Args;

use super::progress;
use super::shown::print_out;
use crate::app;
use crate::settings::{Settings, redact};
use lotgraph_store::upgrade::{UpgradeStep, Versions};

/// Bring the store to this program's format; serve and import do so at their start as well.
#[derive(Debug, Clone, Args)]
pub struct UpgradeArguments {
    /// Only say whether there is anything to do; the exit code is 1 when there is
    #[arg(long)]
    check: bool,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
}

/// Upgrades the configured store.
///
/// # Errors
/// When the store is of a newer program, in use, or the disk is full; it is as before then.
pub async fn run(arguments: UpgradeArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let store = redact(&settings.store);
    let say = |words: &str| print_out(&format!("{store}: {words}\n"));
    let Some(before) = app::versions(settings).await? else {
        say("nothing was recorded yet")?;
        return Ok(ExitCode::SUCCESS);
    };
    let named =
        |versions: Versions| format!("format {}, graph version {}", versions.format, versions.projection);
    let target = named(Versions::CURRENT);
    if before.is_current() {
        say(&format!("{target}; nothing to upgrade"))?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.check {
        say(&format!("{}; to be upgraded to {target}", named(before)))?;
        return Ok(ExitCode::FAILURE);
    }
    let bar = progress::steps(Some(0), arguments.no_progress);
    let shown = bar.clone();
    let step = move |step| match step {
        UpgradeStep::Migrated { from, to } => shown.set_message(format!("format {from} became {to}")),
        UpgradeStep::Rebuilding { revision, of } => {
            shown.set_length(of.0);
            shown.set_position(revision.0);
            shown.set_message(format!("the graph at revision {revision} of {of}"));
        }
        UpgradeStep::Replacing => shown.set_message("the new graph takes the place of the old one"),
    };
    let done = app::upgrade(settings, Box::new(step)).await;
    bar.finish_and_clear();
    done?;
    say(&format!("upgraded from {} to {target}", named(before)))?;
    Ok(ExitCode::SUCCESS)
}
