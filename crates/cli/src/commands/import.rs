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

use super::caller::ActorArguments;
use super::progress;
use super::shown::{print_error, print_out};
use crate::app;
use crate::settings::PolicyName;
use lotgraph_domain::{Caller, Entry, ErrorCode, ImportedFile};
use lotgraph_format::csv_map::Mapping;
use lotgraph_format::signature;
use lotgraph_planner::Rules;
use lotgraph_service::import::{
    BATCH_EVENTS_DEFAULT, Counts, DryRun, Format, Observer, Options, Rejected, RejectsFile, RejectsFormat,
    Summary, import,
};
use lotgraph_service::recorder::Recorder;
use lotgraph_store::Ledger;

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
    /// Take events that lie further ahead of the clock than capture.ahead_max_s, as when data are migrated; each raises an
    /// alert
    #[arg(long)]
    allow_future: bool,
    /// What becomes of printed and supplier's numbers that stand for lots which are drawn or worked on: strict, resolve or
    /// create [default: capture.lot_numbers]
    #[arg(long, value_name = "POLICY")]
    lot_numbers: Option<PolicyName>,
    /// Write every rejected row to this file: NDJSON if it ends with .ndjson, else CSV
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    actor: ActorArguments,
    /// Show no progress bar
    #[arg(long)]
    no_progress: bool,
}

impl ImportArguments {
    /// Whether events are taken however far ahead of the clock they lie.
    #[must_use]
    pub fn allow_future(&self) -> bool {
        self.allow_future
    }

    /// What becomes of numbers that stand for lots, when it is said for this import.
    #[must_use]
    pub fn lot_numbers(&self) -> Option<PolicyName> {
        self.lot_numbers
    }
}

/// An import whose files were all looked at.
pub struct Prepared {
    arguments: ImportArguments,
    caller: Caller,
    /// How each file is read, in their order.
    formats: Vec<Format>,
    rejects: Option<RejectsFile<BufWriter<File>>>,
}

impl Prepared {
    /// Whether nothing is to be written.
    #[must_use]
    pub fn dry_run(&self) -> bool {
        self.arguments.dry_run
    }
}

/// Looks at everything that is read, before a store is opened: a slip in the last name costs nothing.
///
/// # Errors
/// When a file is not there or is none of text, the mapping cannot be used, or a format is not clear.
pub fn prepare(arguments: ImportArguments) -> anyhow::Result<Prepared> {
    let caller = arguments.actor.caller(Entry::Cli)?;
    let mapping = arguments.map.as_deref().map(read_mapping).transpose()?.map(Arc::new);
    let formats: Vec<Format> = arguments
        .files
        .iter()
        .map(|file| look_at(file).and_then(|()| choose(&arguments, file, mapping.as_ref())))
        .collect::<Result<_, _>>()?;
    let rejects = arguments.rejects.as_deref().map(|path| open_rejects(path, &arguments)).transpose()?;
    Ok(Prepared { arguments, caller, formats, rejects })
}

/// Whether a file can be read, and is not one that is known to be no text.
fn look_at(file: &Path) -> anyhow::Result<()> {
    let (reader, length) = open(file)?;
    // What comes from elsewhere than a file can be read once only; the import looks at it when it begins.
    if length.is_some() {
        let mut start = Vec::with_capacity(signature::BYTES);
        let read = reader.take(signature::BYTES as u64).read_to_end(&mut start);
        read.with_context(|| format!("cannot read {}", file.display()))?;
        if let Some(kind) = signature::of(&start) {
            bail!("{}: {}: {}", shown(file), ErrorCode::FileNotText, kind.message("CSV or NDJSON"));
        }
    }
    Ok(())
}

/// Imports into a store that has these rules; the exit code is 1 when a row was rejected.
///
/// # Errors
/// When a file or the store cannot be used.
pub async fn run(prepared: Prepared, store: Arc<dyn Ledger>, rules: Rules) -> anyhow::Result<ExitCode> {
    let Prepared { arguments, caller, formats, mut rejects } = prepared;
    let recorder = Recorder::new(store);
    let (mut total, mut remarks) = (Counts::default(), 0);
    for (file, format) in arguments.files.iter().zip(formats) {
        let entry = Entry::Import { file: ImportedFile::parse(&shown(file)).context("the file's name")? };
        let options = Options {
            format,
            batch: arguments.batch,
            dry_run: arguments
                .dry_run
                .then(|| DryRun { scratch: app::scratch_stores(), rules: rules.clone() }),
            caller: Caller { entry, ..caller.clone() },
        };
        let (reader, length) = open(file)?;
        let bar = progress::bytes(length, arguments.no_progress);
        let mut terminal =
            Terminal { bar, file, shown: (total.rejected + remarks).min(SHOWN_MAX), rejects: &mut rejects };
        let started = Instant::now();
        let done = import(&recorder, reader, options, &mut terminal).await;
        terminal.bar.finish_and_clear();
        if let Some(rejects) = &mut rejects {
            rejects.finish().context("cannot write the rejected rows")?;
        }
        let summary = done.with_context(|| format!("importing {}", shown(file)))?;
        print_summary(file, &summary, started, arguments.dry_run)?;
        total.rejected += summary.counts.rejected;
        remarks += summary.counts.unmatched + summary.counts.repeated + summary.counts.warned;
    }
    if total.rejected == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    match &arguments.rejects {
        Some(path) => print_error(&format!("rejected rows: {}", path.display())),
        None => print_error(
            "hint: --rejects FILE writes every rejected row with its line, column, code and reason",
        ),
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
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Mapping::parse(text).with_context(|| format!("the mapping {} cannot be used", path.display()))
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
    if opened.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        bail!("{} is a folder; name its files", file.display());
    }
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
        self.show(row)
    }

    fn remarked(&mut self, row: &Rejected) -> io::Result<()> {
        self.show(row)
    }
}

impl Terminal<'_> {
    /// Shows a row and keeps it.
    fn show(&mut self, row: &Rejected) -> io::Result<()> {
        if self.shown < SHOWN_MAX {
            let line = describe(self.file, row);
            self.bar.suspend(|| print_error(&line));
        } else if self.shown == SHOWN_MAX {
            self.bar.suspend(|| print_error("… further rows are not shown; --rejects FILE lists them all"));
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
    let Counts { read, accepted, duplicate, rejected, unmatched, repeated, warned } = summary.counts;
    let verb = if dry_run { "would be accepted" } else { "accepted" };
    let seconds = started.elapsed().as_secs_f64();
    let mut line = format!(
        "{}: {read} read, {accepted} {verb}, {duplicate} duplicate, {rejected} rejected; revision {}",
        shown(file),
        summary.revision
    );
    // Said only where there is something to say, so that the line of a good import stays as it is.
    let rows = |number: u64| if number == 1 { "1 row".to_owned() } else { format!("{number} rows") };
    if unmatched > 0 {
        line.push_str(&format!("; {} without an event", rows(unmatched)));
    }
    if repeated > 0 {
        line.push_str(&format!("; {} repeated", rows(repeated)));
    }
    if warned > 0 {
        line.push_str(&format!("; {warned} with warnings"));
    }
    if io::stderr().is_terminal() {
        line.push_str(&format!(" ({seconds:.1} s)"));
    }
    // The summary is the command's result: standard output, where scripts look.
    line.push('\n');
    print_out(&line)
}
