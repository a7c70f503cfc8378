//! `lotgraph verify`: whether a store equals a backup or another store, and what differs.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::shown::print_out;
use super::{caller, progress};
use crate::app::{self, StoreUri};
use crate::settings::{Settings, redact};
use lotgraph_service::copy::{self, Extent};
use lotgraph_service::restore::restore;
use lotgraph_service::verify::{Compared, Summary, compare, of_files, of_store};
use lotgraph_store::{Ledger, Reader};

/// Compare the store with a backup or another store: revision, counts by kind, digest of the ledger.
#[derive(Debug, Clone, Args)]
pub struct VerifyArguments {
    /// What to compare with: a store (sqlite:PATH, neo4j://HOST:PORT), a SQLite file, or NDJSON files in their order
    /// [default: nothing, the store is only summed up]
    #[arg(value_name = "AGAINST")]
    against: Vec<String>,
    /// Compare every lot, operation, link, item of master data and record as well; a backup as NDJSON is restored into a
    /// temporary store for that
    #[arg(long)]
    deep: bool,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
}

/// The other side of a comparison.
enum Other {
    Store(Arc<dyn Ledger>),
    Files(Vec<PathBuf>),
}

/// Compares the configured store; the exit code is 1 when something differs.
///
/// # Errors
/// When a store or a backup cannot be used.
pub async fn run(arguments: VerifyArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let store = app::open_store_to_read(settings).await?;
    let bar = progress::steps(None, arguments.no_progress);
    let mut told = |revision| {
        bar.tick();
        bar.set_message(format!("revision {revision}"));
    };
    let ours = of_store(&caller::reader(), store.as_ref(), &mut told).await?;
    if arguments.against.is_empty() {
        bar.finish_and_clear();
        print_out(&shown(&ours))?;
        return Ok(ExitCode::SUCCESS);
    }
    let other = open(&arguments.against, settings).await?;
    let theirs = match &other {
        Other::Store(other) => of_store(&caller::reader(), other.as_ref(), &mut told).await?,
        Other::Files(files) => of_files(files, &mut told)?,
    };
    let lines = compare(&ours, &theirs);
    print_out(&table(&lines))?;
    let mut equal = lines.iter().all(Compared::equal);
    if equal && arguments.deep {
        let found = deep(store.as_ref(), &other).await;
        match found {
            Ok(compared) => {
                let line =
                    format!("equal: {} nodes and {} links, one by one\n", compared.nodes, compared.links);
                print_out(&line)?;
            }
            Err(error) => {
                print_out(&format!("{error}\n"))?;
                equal = false;
            }
        }
    }
    bar.finish_and_clear();
    print_out(if equal { "the same history\n" } else { "NOT the same\n" })?;
    Ok(if equal { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn open(against: &[String], settings: &Settings) -> anyhow::Result<Other> {
    if let [one] = against {
        let file = PathBuf::from(one);
        if file.is_file() && app::is_store_file(&file)? {
            let store = app::open_store_to_read_at(&format!("sqlite:{one}"), settings).await?;
            return Ok(Other::Store(store));
        }
        if !file.exists() && StoreUri::parse(one).is_ok() {
            let store = app::open_store_to_read_at(one, settings).await;
            return Ok(Other::Store(store.with_context(|| format!("cannot use {}", redact(one)))?));
        }
    }
    Ok(Other::Files(against.iter().map(PathBuf::from).collect()))
}

async fn deep(store: &dyn Reader, other: &Other) -> anyhow::Result<copy::Compared> {
    let compared = match other {
        Other::Store(other) => {
            copy::compare(&caller::reader(), store, other.as_ref(), Extent::Everything, &mut |_| {}).await?
        }
        Other::Files(files) => {
            let scratch = (app::scratch_stores())().await?;
            restore(&caller::reader(), files, scratch.as_ref(), &mut |_| {}).await?;
            copy::compare(&caller::reader(), store, scratch.as_ref(), Extent::Everything, &mut |_| {}).await?
        }
    };
    Ok(compared)
}

fn shown(summary: &Summary) -> String {
    let ledger = &summary.ledger;
    let mut lines = format!("ledger {}\nrevision {}\n", summary.identity, ledger.revision);
    for (kind, count) in &ledger.events {
        lines.push_str(&format!("events {} {count}\n", kind.name()));
    }
    for (what, count) in summary.graph.iter().flatten() {
        lines.push_str(&format!("{what} {count}\n"));
    }
    lines + &format!("digest {}\n", ledger.digest)
}

fn table(lines: &[Compared]) -> String {
    let mut text = String::new();
    for line in lines {
        let none = || "none".to_owned();
        let ours = line.ours.clone().unwrap_or_else(none);
        text += &if line.equal() {
            format!("same     {} {ours}\n", line.what)
        } else {
            let theirs = line.theirs.clone().unwrap_or_else(none);
            format!("DIFFERS  {} {ours}, the other side {theirs}\n", line.what)
        };
    }
    text
}
