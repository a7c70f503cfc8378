//! `lotgraph import`: files of events into the store.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;

use super::{progress, write_out};
use crate::domain::Text;
use crate::format::csv_map::Mapping;
use crate::service::import::{
    BATCH_EVENTS_DEFAULT, Counts, Format, Observer, Options, Rejected, RejectsFile, RejectsFormat, Summary,
    import,
};
use crate::service::ingest::Sender;
use crate::store::Store;

/// The most rejected rows shown on the terminal.
const SHOWN_MAX: u64 = 20;

/// A format of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// One JSON event a line
    Ndjson,
    /// A table, with --map
    Csv,
}

/// Record events from NDJSON or mapped CSV files.
#[derive(Debug, Clone, Args)]
pub struct ImportArguments {
    /// The files to import, in this order; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The column mapping of CSV files (docs/IMPORT.md)
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// The format [default: csv with --map, else by the file's extension]
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// Events committed together
    #[arg(long, value_name = "EVENTS", default_value_t = BATCH_EVENTS_DEFAULT)]
    batch: usize,
    /// Read and judge everything, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write every rejected row to this file: NDJSON if it ends with .ndjson, else CSV
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Who imports, for the ledger
    #[arg(long, value_name = "NAME", default_value = "cli")]
    actor: String,
    /// Show no progress bar
    #[arg(long)]
    no_progress: bool,
}

impl ImportArguments {
    /// Whether nothing is to be written.
    #[must_use]
    pub fn dry_run(&self) -> bool {
        self.dry_run
    }
}

/// Imports; the exit code is 1 when a row was rejected.
///
/// # Errors
/// When a file, the mapping or the store cannot be used.
pub async fn run(arguments: ImportArguments, store: Arc<dyn Store>) -> anyhow::Result<ExitCode> {
    let mapping = arguments.map.as_deref().map(read_mapping).transpose()?.map(Arc::new);
    let actor = Text::parse(&arguments.actor).context("--actor")?;
    // Every file is looked at before the first is imported, so that a slip in the last name costs nothing.
    let formats: Vec<Format> = arguments
        .files
        .iter()
        .map(|file| choose(&arguments, file, mapping.as_ref()))
        .collect::<Result<_, _>>()?;
    let mut rejects = arguments.rejects.as_deref().map(|path| open_rejects(path, &arguments)).transpose()?;
    let mut total = Counts::default();
    for (file, format) in arguments.files.iter().zip(formats) {
        let source = Text::parse(&format!("import:{}", shown(file))).context("the file's name")?;
        let options = Options {
            format,
            batch: arguments.batch,
            dry_run: arguments.dry_run,
            sender: Sender { actor: actor.clone(), source },
        };
        let (reader, length) = open(file)?;
        let bar = progress::bytes(length, arguments.no_progress);
        let mut terminal =
            Terminal { bar, file, shown: total.rejected.min(SHOWN_MAX), rejects: &mut rejects };
        let started = Instant::now();
        let done = import(Arc::clone(&store), reader, options, &mut terminal).await;
        terminal.bar.finish_and_clear();
        if let Some(rejects) = &mut rejects {
            rejects.finish().context("cannot write the rejected rows")?;
        }
        let summary = done.with_context(|| format!("importing {}", shown(file)))?;
        print_summary(file, &summary, started, arguments.dry_run)?;
        total.rejected += summary.counts.rejected;
    }
    if total.rejected == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    match &arguments.rejects {
        Some(path) => eprintln!("rejected rows: {}", path.display()),
        None => {
            eprintln!("hint: --rejects FILE writes every rejected row with its line, column, code and reason")
        }
    }
    Ok(ExitCode::FAILURE)
}

fn shown(file: &Path) -> String {
    if is_standard_input(file) { "standard input".to_owned() } else { file.display().to_string() }
}

fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Reads a mapping file.
fn read_mapping(path: &Path) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Mapping::parse(&text).with_context(|| format!("the mapping {} cannot be used", path.display()))
}

fn choose(
    arguments: &ImportArguments,
    file: &Path,
    mapping: Option<&Arc<Mapping>>,
) -> anyhow::Result<Format> {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let name = arguments.format.or(match extension.to_ascii_lowercase().as_str() {
        "ndjson" | "jsonl" => Some(FormatName::Ndjson),
        _ if mapping.is_some() => Some(FormatName::Csv),
        "csv" | "tsv" | "txt" => Some(FormatName::Csv),
        _ => None,
    });
    match (name, mapping) {
        (Some(FormatName::Ndjson), _) => Ok(Format::Ndjson),
        (Some(FormatName::Csv), Some(mapping)) => Ok(Format::Csv(Arc::clone(mapping))),
        (Some(FormatName::Csv), None) => {
            bail!("{}: a CSV file needs a column mapping: add --map FILE (see docs/IMPORT.md)", shown(file))
        }
        (None, _) => bail!("{}: the format is not clear: add --format ndjson, or --map FILE", shown(file)),
    }
}

fn open(file: &Path) -> anyhow::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if is_standard_input(file) {
        return Ok((Box::new(io::stdin()), None));
    }
    let opened = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let length = opened.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    Ok((Box::new(opened), length))
}

fn open_rejects(path: &Path, arguments: &ImportArguments) -> anyhow::Result<RejectsFile<BufWriter<File>>> {
    let same = |file: &PathBuf| match (file.canonicalize(), path.canonicalize()) {
        (Ok(file), Ok(path)) => file == path,
        _ => false,
    };
    if arguments.files.iter().chain(&arguments.map).any(same) {
        bail!("--rejects {} would overwrite a file that is read; choose another name", path.display());
    }
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    RejectsFile::start(BufWriter::new(file), RejectsFormat::of(path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Shows an import on the terminal and keeps its rejected rows.
struct Terminal<'a> {
    bar: ProgressBar,
    file: &'a Path,
    shown: u64,
    rejects: &'a mut Option<RejectsFile<BufWriter<File>>>,
}

impl Observer for Terminal<'_> {
    fn progress(&mut self, bytes: u64, counts: &Counts) {
        self.bar.set_position(bytes);
        self.bar.set_message(format!("{} events", counts.read));
    }

    fn rejected(&mut self, row: &Rejected) -> io::Result<()> {
        if self.shown < SHOWN_MAX {
            let line = describe(self.file, row);
            self.bar.suspend(|| eprintln!("{line}"));
        } else if self.shown == SHOWN_MAX {
            self.bar.suspend(|| eprintln!("… further rejected rows are not shown"));
        }
        self.shown += 1;
        match self.rejects {
            Some(rejects) => rejects.write(row),
            None => Ok(()),
        }
    }
}

/// One rejected row on one line, like a compiler's message.
fn describe(file: &Path, row: &Rejected) -> String {
    const CHARS_MAX: usize = 300;
    let column = if row.column.is_empty() { String::new() } else { format!(", column {}", row.column) };
    let path = if row.path.is_empty() { String::new() } else { format!(" at {}", row.path) };
    let mut reason: String = row.reason.chars().take(CHARS_MAX).collect();
    if reason.len() < row.reason.len() {
        reason.push('…');
    }
    format!("{}: line {}{column}: {}{path}: {reason}", shown(file), row.line, row.code)
}

fn print_summary(file: &Path, summary: &Summary, started: Instant, dry_run: bool) -> io::Result<()> {
    let Counts { read, accepted, duplicate, rejected } = summary.counts;
    let verb = if dry_run { "would be accepted" } else { "accepted" };
    let seconds = started.elapsed().as_secs_f64();
    let mut line = format!(
        "{}: {read} read, {accepted} {verb}, {duplicate} duplicate, {rejected} rejected; revision {}",
        shown(file),
        summary.revision
    );
    if io::stderr().is_terminal() {
        line.push_str(&format!(" ({seconds:.1} s)"));
    }
    // The summary is the command's result: standard output, where scripts look.
    line.push('\n');
    write_out(line.as_bytes())
}
