//! Writes rejected rows to a file, as CSV or NDJSON.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::Rejected;
use crate::render::harmless;

/// The shape of a file of rejected rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectsFormat {
    /// With a header row.
    Csv,
    /// One object a line.
    Ndjson,
}

impl RejectsFormat {
    /// The format that a file's name asks for: NDJSON for `.ndjson`, `.jsonl` and `.json`, else CSV.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let ndjson = ["ndjson", "jsonl", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known));
        if ndjson { Self::Ndjson } else { Self::Csv }
    }
}

/// A file of rejected rows.
pub enum RejectsFile<W: Write> {
    /// With a header row.
    Csv(Box<csv::Writer<W>>),
    /// One object a line.
    Ndjson(W),
}

impl<W: Write> RejectsFile<W> {
    /// Starts the file; a CSV file gets its header at once, so that none rejected is a file too.
    ///
    /// # Errors
    /// Only those of the output.
    pub fn start(output: W, format: RejectsFormat) -> io::Result<Self> {
        match format {
            RejectsFormat::Ndjson => Ok(Self::Ndjson(output)),
            RejectsFormat::Csv => {
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(["line", "column", "code", "path", "reason"])?;
                Ok(Self::Csv(Box::new(writer)))
            }
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Only those of the output.
    pub fn write(&mut self, row: &Rejected) -> io::Result<()> {
        let Rejected { line, column, code, path, reason } = row;
        match self {
            Self::Csv(writer) => {
                let cells = [&line.to_string(), column.as_str(), code.name(), path.as_str(), reason.as_str()];
                Ok(writer.write_record(cells.map(harmless))?)
            }
            Self::Ndjson(writer) => {
                let object = json!({"line": line, "column": column, "code": code.name(), "path": path, "reason": reason});
                writeln!(writer, "{object}")
            }
        }
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// Only those of the output.
    pub fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Csv(writer) => writer.flush(),
            Self::Ndjson(writer) => writer.flush(),
        }
    }
}
