//! `lotgraph generate`: writes a synthetic plant as NDJSON events.

use super::shown::print_error;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use lotgraph_domain::Event;
use lotgraph_format::canonical;
use lotgraph_generate::planted::{CauseKind, MILLION, PlantedCause};
use lotgraph_generate::{LOTS_MAX, PlantRequest, RUNGS_MAX, events};

/// Large enough that a write costs nothing beside the events in it.
const BUFFER_BYTES: usize = 1 << 20;

/// The plants to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlantName {
    /// Discrete assembly: closures of tens to hundreds of lots.
    Assembly,
    /// Tanks with heels, blends and splits: closures of thousands.
    Process,
    /// Diamonds in a row: few lots, 2^rungs paths.
    Ladder,
    /// The dairy of the demo; its size and seed are fixed.
    Dairy,
}

/// What makes items fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CauseName {
    /// One machine.
    Equipment,
    /// One lot of a component.
    MaterialLot,
    /// One shift.
    Shift,
    /// A parameter in its upper fifth.
    Parameter,
}

/// What to generate, and where to write it.
#[derive(Debug, Clone, Args)]
pub struct GenerateArguments {
    /// Which plant.
    #[arg(long, value_enum)]
    pub plant: PlantName,
    /// About how many lots (assembly and process).
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=LOTS_MAX))]
    pub lots: u64,
    /// Chooses among plants of the same kind (assembly and process).
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Let items fail because of this (assembly): they carry the attribute result=FAIL.
    #[arg(long, value_enum)]
    pub cause: Option<CauseName>,
    /// The share of items that fail among those that the cause touched.
    #[arg(long, default_value_t = 0.6, requires = "cause", value_parser = share)]
    pub rate: f64,
    /// The share of items that fail among all others.
    #[arg(long, default_value_t = 0.02, requires = "cause", value_parser = share)]
    pub background: f64,
    /// How many rungs (ladder).
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=i64::from(RUNGS_MAX)))]
    pub rungs: u32,
    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl GenerateArguments {
    /// The plant these arguments ask for.
    #[must_use]
    pub fn request(&self) -> PlantRequest {
        match self.plant {
            PlantName::Assembly => match self.planted_cause() {
                None => PlantRequest::Assembly { lots: self.lots, seed: self.seed },
                Some(cause) => PlantRequest::Failing { lots: self.lots, seed: self.seed, cause },
            },
            PlantName::Process => PlantRequest::Process { lots: self.lots, seed: self.seed },
            PlantName::Ladder => PlantRequest::Ladder { rungs: self.rungs },
            PlantName::Dairy => PlantRequest::Dairy,
        }
    }
}

impl GenerateArguments {
    fn planted_cause(&self) -> Option<PlantedCause> {
        let kind = match self.cause? {
            CauseName::Equipment => CauseKind::Equipment,
            CauseName::MaterialLot => CauseKind::MaterialLot,
            CauseName::Shift => CauseKind::Shift,
            CauseName::Parameter => CauseKind::Parameter,
        };
        let of_million = |share: f64| (share * f64::from(MILLION)).round() as u32;
        Some(PlantedCause { kind, rate: of_million(self.rate), background: of_million(self.background) })
    }
}

/// Reads a share, 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("must be a number from 0 to 1".to_owned()),
    }
}

/// Runs the command. A reader that goes away (`| head`) ends it quietly.
///
/// # Errors
/// When the output cannot be written.
pub async fn run(arguments: GenerateArguments) -> anyhow::Result<()> {
    if arguments.cause.is_some() && arguments.plant != PlantName::Assembly {
        bail!("--cause is for --plant assembly");
    }
    tokio::task::spawn_blocking(move || generate(&arguments)).await?
}

fn generate(arguments: &GenerateArguments) -> anyhow::Result<()> {
    let events = events(arguments.request());
    match &arguments.output {
        None => match write_events(events, io::stdout().lock()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map(|_| ()).context("cannot write to standard output"),
        },
        Some(path) => write_file(path, events),
    }
}

fn write_file(path: &Path, events: impl Iterator<Item = Event>) -> anyhow::Result<()> {
    if path.is_dir() {
        bail!("{} is a directory; name a file", path.display());
    }
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let written = write_events(events, &file).and_then(|written| file.sync_all().map(|()| written));
    let written = written.with_context(|| format!("cannot write {}", path.display()))?;
    print_error(&format!("{written} events written to {}", path.display()));
    Ok(())
}

/// Writes events as NDJSON; returns how many.
///
/// # Errors
/// Those of the writer.
pub fn write_events(events: impl Iterator<Item = Event>, writer: impl Write) -> io::Result<u64> {
    let mut writer = BufWriter::with_capacity(BUFFER_BYTES, writer);
    let mut written = 0;
    for event in events {
        writer.write_all(canonical::line(&event).as_bytes())?;
        writer.write_all(b"\n")?;
        written += 1;
    }
    writer.flush()?;
    Ok(written)
}
