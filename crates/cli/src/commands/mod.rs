//! The commands of the program.

mod alerts;
mod alias;
mod at_risk;
mod balance;
mod caller;
mod completions;
mod demo;
mod doctor;
mod find;
mod hold;
mod independent;
mod picture;
mod progress;
mod recall;
mod root_cause;
mod schema;
mod serve;
mod shown;
mod table;
mod trace;
mod trace_diff;

pub mod backup;
pub mod copy;
pub mod export;
pub mod generate;
pub mod import;
pub mod restore;
mod returns;
pub mod upgrade;
pub mod verify;

use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::app;
use crate::settings::{Loaded, Settings, Sources, load};
use crate::telemetry;
use lotgraph_service::as_of::{AsOfLimits, History, Point};
use lotgraph_store::Ledger;

/// Manufacturing genealogy: what went into a lot, where it went, and how complete the answer is.
#[derive(Debug, Parser)]
#[command(name = "lotgraph", version, max_term_width = 110)]
pub struct Arguments {
    /// The configuration file [default: lotgraph.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What to log: error, warn, info, debug [default: info for serve and demo, warn otherwise]
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

/// Which store and cache a command uses.
#[derive(Debug, Clone, Default, Args)]
pub struct StoreArguments {
    /// The store: sqlite:PATH, or neo4j://HOST:PORT [default: sqlite:lotgraph.sqlite]
    #[arg(long, value_name = "URI", global = true)]
    store: Option<String>,
}

/// Where and over which store and cache to serve.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArguments {
    #[command(flatten)]
    store: StoreArguments,
    /// The cache: memory, redis://HOST:PORT/, or none [default: memory]
    #[arg(long, value_name = "URI")]
    cache: Option<String>,
    /// The address to serve on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Allow an address that other machines reach, although nobody has to log in
    #[arg(long)]
    insecure: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve GraphQL, REST and GraphiQL
    Serve(ServeArguments),
    /// Load a generated dairy plant and serve it
    Demo(demo::DemoArguments),
    /// Record events from NDJSON or mapped CSV files
    Import {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: import::ImportArguments,
    },
    /// Write the ledger as NDJSON
    Export {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: export::ExportArguments,
    },
    /// Replay the ledger of one store into another
    Copy(copy::CopyArguments),
    /// Copy the store to a file, also beside a running server
    Backup {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: backup::BackupArguments,
    },
    /// Take a backup over into an empty store, with its whole history
    Restore {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: restore::RestoreArguments,
    },
    /// Compare the store with a backup or another store
    Verify {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: verify::VerifyArguments,
    },
    /// Bring a store of an older lotgraph to this one's format
    Upgrade {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: upgrade::UpgradeArguments,
    },
    /// Trace lots forward (where did it go) or backward (what went into it)
    Trace {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: trace::TraceArguments,
    },
    /// What a number in hand may be: lots, receipts, shipments
    Find {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: find::FindArguments,
    },
    /// What came into lots against where it is, and the yields between
    Balance {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: balance::BalanceArguments,
    },
    /// What the bad lots have in common that lots like them have not
    RootCause {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: root_cause::RootCauseArguments,
    },
    /// Find what must be recalled, open a recall or an exercise, and follow it
    Recall {
        #[command(flatten)]
        store: StoreArguments,
        #[command(subcommand)]
        command: Box<recall::RecallCommand>,
    },
    /// List alerts
    Alerts {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: alerts::AlertsArguments,
    },
    /// Says that numbers are further names of a lot: what was recorded under them is the lot's
    Alias {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: alias::AliasArguments,
    },
    /// Says that lots which were recorded apart were one lot all along
    MergeLots {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: alias::MergeLotsArguments,
    },
    /// Record that a customer sent lots back
    Return {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: returns::ReturnArguments,
    },
    /// Put lots into quarantine, and everything made of them under suspicion
    Hold {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: hold::HoldArguments,
    },
    /// End a hold, or free some of its lots
    Release {
        #[command(flatten)]
        store: StoreArguments,
        #[command(flatten)]
        arguments: hold::ReleaseArguments,
    },
    /// Write a synthetic plant as NDJSON
    Generate(generate::GenerateArguments),
    /// Print the GraphQL schema
    Schema,
    /// Check the configuration, store, cache and disk, and say what to do
    Doctor(ServeArguments),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl StoreArguments {
    fn flags(&self) -> Vec<(&'static str, String)> {
        self.store.iter().map(|uri| ("store", uri.clone())).collect()
    }
}

impl ServeArguments {
    fn flags(&self) -> Vec<(&'static str, String)> {
        let mut flags = self.store.flags();
        flags.extend(self.cache.iter().map(|uri| ("cache", uri.clone())));
        flags.extend(self.listen.iter().map(|address| ("listen", address.clone())));
        if self.insecure {
            flags.push(("insecure", "true".to_owned()));
        }
        flags
    }
}

/// Runs the command that the process was started with.
///
/// Boxed, because the program would compile all that is inside a plain future once more.
#[must_use]
pub fn run() -> Pin<Box<dyn Future<Output = ExitCode>>> {
    Box::pin(async {
        let arguments = Arguments::parse();
        let ended = dispatch(arguments).await;
        telemetry::finish_logs();
        match ended {
            Ok(code) => code,
            Err(error) => {
                shown::print_error(&format!("lotgraph: {error:#}"));
                ExitCode::FAILURE
            }
        }
    })
}

#[expect(clippy::too_many_lines, reason = "one arm for each command, and nothing else")]
async fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { config, log, command } = arguments;
    let quiet = log.clone().unwrap_or_else(|| "warn".to_owned());
    let loaded = |mut flags: Vec<(&'static str, String)>, log: Option<String>| -> anyhow::Result<Loaded> {
        flags.extend(log.map(|level| ("log.level", level)));
        let loaded = load(&Sources { file: config.clone(), flags })?;
        telemetry::start_logs(&loaded.settings.log, &app::LOG_DIRECTIVES)?;
        Ok(loaded)
    };
    match command {
        Command::Serve(arguments) => serve::run(&loaded(arguments.flags(), log)?.settings).await,
        Command::Demo(arguments) => {
            let settings = loaded(arguments.flags(), Some(quiet))?.settings;
            demo::run(&arguments, settings).await
        }
        Command::Import { store, arguments } => {
            import_files(arguments, loaded(store.flags(), Some(quiet))?.settings).await
        }
        Command::Export { store, arguments } => {
            let store = app::open_store_to_read(&loaded(store.flags(), Some(quiet))?.settings).await?;
            export::run(arguments, store).await
        }
        Command::Copy(arguments) => {
            let settings = loaded(Vec::new(), Some(quiet))?.settings;
            let from = app::open_store_to_read_at(arguments.from(), &settings).await?;
            let to = app::open_store_at(arguments.to(), &settings).await?;
            copy::run(arguments, from, to).await
        }
        Command::Backup { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            Box::pin(backup::run(arguments, &settings)).await
        }
        Command::Restore { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            Box::pin(restore::run(arguments, &settings)).await
        }
        Command::Verify { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            Box::pin(verify::run(arguments, &settings)).await
        }
        Command::Upgrade { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            Box::pin(upgrade::run(arguments, &settings)).await
        }
        Command::Trace { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            let store = app::open_store_to_read(&settings).await?;
            let history = history(&store, &settings);
            trace::run(&arguments, store, history, app::trace_limits(&settings)).await
        }
        Command::Find { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            find::run(&arguments, app::open_store_to_read(&settings).await?).await
        }
        Command::Balance { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            let store = app::open_store_to_read(&settings).await?;
            let history = history(&store, &settings);
            balance::run(&arguments, store, history, app::trace_limits(&settings)).await
        }
        Command::RootCause { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            let store = app::open_store_to_read(&settings).await?;
            let history = history(&store, &settings);
            root_cause::run(&arguments, store, history, app::trace_limits(&settings)).await
        }
        Command::Recall { store, command } => {
            recall::run(*command, &loaded(store.flags(), Some(quiet))?.settings).await
        }
        Command::Alerts { store, arguments } => {
            let store = app::open_store_to_read(&loaded(store.flags(), Some(quiet))?.settings).await?;
            alerts::run(&arguments, store).await
        }
        Command::Alias { store, arguments } => {
            alias::alias(
                &arguments,
                app::open_store_to_record(&loaded(store.flags(), Some(quiet))?.settings).await?,
            )
            .await
        }
        Command::MergeLots { store, arguments } => {
            alias::merge(
                &arguments,
                app::open_store_to_record(&loaded(store.flags(), Some(quiet))?.settings).await?,
            )
            .await
        }
        Command::Return { store, arguments } => {
            returns::run(
                &arguments,
                app::open_store_to_record(&loaded(store.flags(), Some(quiet))?.settings).await?,
            )
            .await
        }
        Command::Hold { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            hold::hold(&arguments, app::open_store_to_record(&settings).await?).await
        }
        Command::Release { store, arguments } => {
            let settings = loaded(store.flags(), Some(quiet))?.settings;
            hold::release(&arguments, app::open_store_to_record(&settings).await?).await
        }
        Command::Generate(arguments) => {
            generate::run(arguments).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema => schema::run(),
        Command::Doctor(arguments) => {
            let mut flags = arguments.flags();
            flags.push(("log.level", log.unwrap_or_else(|| "error".to_owned())));
            doctor::run(&Sources { file: config, flags }).await
        }
        Command::Completions { shell } => completions::run(shell),
    }
}

async fn import_files(
    arguments: import::ImportArguments,
    mut settings: Settings,
) -> anyhow::Result<ExitCode> {
    let allow_future = arguments.allow_future();
    if allow_future {
        settings.capture.allow_future();
    }
    settings.capture.lot_numbers.import = arguments.lot_numbers().or(settings.capture.lot_numbers.import);
    // Everything that is read is looked at first: a slip in a name must not leave an empty store behind.
    let prepared = import::prepare(arguments)?;
    let store = match prepared.dry_run() {
        true => app::open_store_to_rehearse(&settings).await?,
        // A server has rules of its own, which --allow-future does not change.
        false if allow_future => app::open_store(&settings).await?,
        false => app::open_store_to_record(&settings).await?,
    };
    import::run(prepared, store, app::rules(&settings)).await
}

/// The history of a store; whoever types a command waits for a replay as long as it takes.
fn history(store: &Arc<dyn Ledger>, settings: &Settings) -> History {
    let limits = AsOfLimits { patience: Duration::MAX, ..app::as_of_limits(settings) };
    app::history(store.clone(), settings, limits)
}

/// A point in the ledger's history as a flag gives it.
fn point(flag: &str, text: &str) -> anyhow::Result<Point> {
    Point::parse(text).map_err(|error| anyhow::anyhow!("{flag} {}", error.message))
}

/// Writes to standard output; a reader that went away (`| head`) is no error.
fn write_out(bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
