//! The reading half of an import: bytes to chunks of items, on a thread of its own.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use lotgraph_domain::{ErrorCode, Problem};
use lotgraph_format::csv_map::{CsvReader, Mapping, OpenError};
use lotgraph_format::item::Item;
use lotgraph_format::ndjson::NdjsonReader;
use lotgraph_format::signature;

/// A chunk is closed at so many bytes of source, however few events they hold: lines may be long.
const CHUNK_BYTES_MAX: u64 = 8 << 20;
const BUFFER_BYTES: usize = 256 << 10;

/// How bytes are read as events.
#[derive(Debug, Clone)]
pub enum Format {
    /// One event a line.
    Ndjson,
    /// Rows, through a mapping.
    Csv(Arc<Mapping>),
}

/// Some items, and how many bytes were read up to their end.
#[derive(Debug)]
pub struct Chunk {
    /// The items, in the order of the file.
    pub items: Vec<Item>,
    /// Bytes read from the start.
    pub bytes: u64,
}

/// Why reading stopped.
#[derive(Debug)]
pub enum SourceError {
    /// The source failed.
    Read(io::Error),
    /// The file is none of text.
    NotText(Problem),
    /// The file does not go with the mapping.
    Header(Vec<Problem>),
}

/// What both readers are.
trait Items: Iterator<Item = io::Result<Item>> {
    fn bytes(&self) -> u64;
}

impl<R: io::BufRead> Items for NdjsonReader<R> {
    fn bytes(&self) -> u64 {
        Self::bytes(self)
    }
}

impl<R: io::BufRead> Items for CsvReader<R> {
    fn bytes(&self) -> u64 {
        Self::bytes(self)
    }
}

/// Reads everything and sends it chunk by chunk, until the end, an error, or nobody listens any more.
pub fn read(
    source: Box<dyn Read + Send>,
    format: &Format,
    batch: usize,
    sender: &Sender<Result<Chunk, SourceError>>,
) {
    let done = match begin(source, format) {
        Err(error) => Err(error),
        Ok(source) => read_items(source, format, batch, sender),
    };
    if let Err(error) = done {
        // When nobody listens any more, the error has no one to reach.
        let _ = sender.blocking_send(Err(error));
    }
}

/// A file whose beginning was read already.
struct Begun {
    start: Cursor<Vec<u8>>,
    /// What happened behind the beginning; what was read before is not lost by it.
    failed: Option<io::Error>,
    rest: Box<dyn Read + Send>,
}

impl Read for Begun {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.start.read(buffer)? {
            0 => self.failed.take().map_or_else(|| self.rest.read(buffer), Err),
            read => Ok(read),
        }
    }
}

/// Looks at the beginning of a file, and refuses one that is no text.
fn begin(mut source: Box<dyn Read + Send>, format: &Format) -> Result<BufReader<Begun>, SourceError> {
    let mut start = Vec::with_capacity(signature::BYTES);
    let failed = (&mut source).take(signature::BYTES as u64).read_to_end(&mut start).err();
    let (kind, expected) = match format {
        Format::Ndjson => (signature::of_utf8(&start), "NDJSON"),
        Format::Csv(_) => (signature::of(&start), "CSV"),
    };
    if let Some(kind) = kind {
        return Err(SourceError::NotText(Problem::new(ErrorCode::FileNotText, "", kind.message(expected))));
    }
    let begun = Begun { start: Cursor::new(start), failed, rest: source };
    Ok(BufReader::with_capacity(BUFFER_BYTES, begun))
}

fn read_items(
    source: BufReader<Begun>,
    format: &Format,
    batch: usize,
    sender: &Sender<Result<Chunk, SourceError>>,
) -> Result<(), SourceError> {
    match format {
        Format::Ndjson => send(NdjsonReader::new(source), batch, sender),
        Format::Csv(mapping) => match CsvReader::open(source, Arc::clone(mapping)) {
            Ok(reader) => send(reader, batch, sender),
            Err(OpenError::Io(error)) => Err(SourceError::Read(error)),
            Err(OpenError::Header(problems)) => Err(SourceError::Header(problems)),
        },
    }
}

fn send(
    mut reader: impl Items,
    batch: usize,
    sender: &Sender<Result<Chunk, SourceError>>,
) -> Result<(), SourceError> {
    let mut sent = 0;
    let mut items = Vec::with_capacity(batch);
    loop {
        let next = reader.next();
        let full = items.len() >= batch || reader.bytes().saturating_sub(sent) >= CHUNK_BYTES_MAX;
        let at_end = !matches!(next, Some(Ok(_)));
        if (full || at_end) && !items.is_empty() {
            sent = reader.bytes();
            let chunk =
                Chunk { items: std::mem::replace(&mut items, Vec::with_capacity(batch)), bytes: sent };
            if sender.blocking_send(Ok(chunk)).is_err() {
                return Ok(());
            }
        }
        match next {
            Some(Ok(item)) => items.push(item),
            Some(Err(error)) => return Err(SourceError::Read(error)),
            None => return Ok(()),
        }
    }
}
