//! Reads a file with recordings, revision by revision, and checks everything that it says about itself.

use std::io::{self, BufRead, Read as _};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Digest, FORMAT, HEADER, Header, RECORDED, TRAILER, Trailer, VERSION};
use crate::{event, json};
use lotgraph_domain::{
    Event, LedgerPosition, Problem, RecordedRevision, Recording, Revision, Text, Timestamp,
};

/// The longest line that is read: far above any event, and the bound of the memory that a file can ask for.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// Why a file with recordings cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// It cannot be read.
    #[error("the file cannot be read")]
    Read(#[from] io::Error),
    /// It ends before its last line.
    #[error("the file ends after line {line} ({reached}) without the line that ends it: it was cut short")]
    Truncated {
        /// The last whole line.
        line: u64,
        /// The revision that was reached, in words.
        reached: String,
    },
    /// A newer lotgraph wrote it.
    #[error(
        "the file has version {0} of its form, written by a newer lotgraph; this one knows version {VERSION}: use the newer program"
    )]
    Newer(u32),
    /// It says something that cannot be.
    #[error("line {line}: {what}")]
    Wrong {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
}

/// Reads revisions in order; holds one revision at a time.
///
/// Lines are checked as values, not as bytes: white space and the order of members do not matter, and the digest is over
/// the lines as lotgraph would write them.
pub struct RecordedReader<R> {
    source: R,
    header: Header,
    line: u64,
    bytes: u64,
    digest: Digest,
    events: u64,
    position: LedgerPosition,
    /// The revision being read, and the event behind it that showed that it has ended.
    open: Option<(Recording, Vec<Event>)>,
    next: Option<(LedgerPosition, Recording, Event, Digest)>,
    /// Bytes, events and digest at the end of the last whole revision.
    whole: Whole,
    ended: bool,
}

/// Up to where a file is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// The last whole revision; one less than the first of the file when there is none.
    pub revision: Revision,
    /// Where it ends in the file.
    pub bytes: u64,
    /// Events up to there.
    pub events: u64,
    /// The digest of the ledger up to there.
    pub digest: Digest,
}

/// What a line turned out to be.
enum Line {
    Event(LedgerPosition, Recording, Box<Event>),
    End(Trailer),
}

impl<R: BufRead> RecordedReader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// When it is not that of a ledger with recordings, or a newer program wrote it.
    pub fn open(mut source: R) -> Result<Self, RecordedError> {
        let mut bytes = 0;
        let header = read_line(&mut source, 1, &mut bytes)?;
        let header = match header {
            Some(RawLine { text, .. }) => read_header(&text)?,
            None => {
                return Err(wrong(
                    1,
                    "the file is empty; a ledger with recordings begins with a line of its own",
                ));
            }
        };
        let position = LedgerPosition::end_of(Revision(header.first.0 - 1));
        let whole = Whole { revision: position.revision, bytes, events: 0, digest: header.follows };
        Ok(Self {
            source,
            line: 1,
            bytes,
            digest: header.follows,
            events: 0,
            position,
            open: None,
            next: None,
            whole,
            ended: false,
            header,
        })
    }

    /// What the first line says.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes read so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Up to where the file is whole, as far as it was read: up to the revision returned last.
    #[must_use]
    pub fn whole(&self) -> Whole {
        self.whole
    }

    /// The next revision; nothing behind the last one, and then the file was as it should be to its end.
    ///
    /// # Errors
    /// When the file is cut short, or a line is not the one that must stand there.
    pub fn next_revision(&mut self) -> Result<Option<RecordedRevision>, RecordedError> {
        if self.ended {
            return Ok(None);
        }
        if let Some((position, recording, event, digest)) = self.next.take() {
            self.take(position, recording, event, digest);
        }
        loop {
            let before = self.bytes;
            match self.read()? {
                Line::End(trailer) => {
                    self.check_end(&trailer)?;
                    self.ended = true;
                    return Ok(self.close(before));
                }
                Line::Event(position, recording, event) => {
                    self.check_place(position, &recording)?;
                    let digest = self.digest.followed_by(&super::line(position, &recording, &event));
                    if position.index == 1 && self.open.is_some() {
                        self.next = Some((position, recording, *event, digest));
                        return Ok(self.close(before));
                    }
                    self.take(position, recording, *event, digest);
                }
            }
        }
    }

    fn take(&mut self, position: LedgerPosition, recording: Recording, event: Event, digest: Digest) {
        self.position = position;
        self.digest = digest;
        self.events += 1;
        self.open.get_or_insert_with(|| (recording, Vec::new())).1.push(event);
    }

    /// The revision that ended before this byte.
    fn close(&mut self, bytes: u64) -> Option<RecordedRevision> {
        let (recording, events) = self.open.take()?;
        let number = self.position.revision;
        self.whole = Whole { revision: number, bytes, events: self.events, digest: self.digest };
        Some(RecordedRevision { number, recording, events: Arc::new(events) })
    }

    fn read(&mut self) -> Result<Line, RecordedError> {
        let line = self.line + 1;
        let read = read_line(&mut self.source, line, &mut self.bytes)?;
        let Some(RawLine { text, torn }) = read else { return Err(self.truncated()) };
        let parsed = parse_line(&text);
        match parsed {
            // What is torn from the end of a line is no mistake of the line.
            Err(_) if torn => Err(self.truncated()),
            Err(what) => Err(wrong(line, what)),
            Ok(parsed) => {
                self.line = line;
                Ok(parsed)
            }
        }
    }

    fn truncated(&self) -> RecordedError {
        let reached = match self.position.index {
            u32::MAX => "before its first event".to_owned(),
            index => {
                format!("revision {} event {index}, of revision {}", self.position.revision, self.header.last)
            }
        };
        RecordedError::Truncated { line: self.line, reached }
    }

    /// Whether an event may stand here.
    fn check_place(&self, position: LedgerPosition, recording: &Recording) -> Result<(), RecordedError> {
        let show =
            |position: LedgerPosition| format!("revision {} event {}", position.revision, position.index);
        let LedgerPosition { revision, index } = self.position;
        let begun = self.open.is_some();
        let opens = position == LedgerPosition { revision: Revision(revision.0 + 1), index: 1 };
        let goes_on = begun && position == LedgerPosition { revision, index: index + 1 };
        if !opens && !goes_on {
            let before =
                if begun { show(self.position) } else { format!("the start of revision {}", revision.0 + 1) };
            let what = if position <= self.position && begun {
                format!(
                    "{} stands behind {before}: it is there twice, or lines were reordered",
                    show(position)
                )
            } else {
                format!("{} follows {before}: something between them is missing", show(position))
            };
            return Err(wrong(self.line, what));
        }
        if position.revision > self.header.last {
            let what = format!("{} lies behind the last revision, {}", show(position), self.header.last);
            return Err(wrong(self.line, what));
        }
        match &self.open {
            Some((first, _)) if goes_on && first != recording => Err(wrong(
                self.line,
                format!(
                    "{} was recorded otherwise than the events before it in its revision",
                    show(position)
                ),
            )),
            _ => Ok(()),
        }
    }

    fn check_end(&mut self, trailer: &Trailer) -> Result<(), RecordedError> {
        let reached = self.position.revision;
        if reached != self.header.last || trailer.last != self.header.last {
            let what = format!(
                "the file ends at revision {reached}, its first line says {} and its last {}: something is missing",
                self.header.last, trailer.last
            );
            return Err(wrong(self.line, what));
        }
        if trailer.events != self.events {
            let what =
                format!("the file has {} events, and its last line says {}", self.events, trailer.events);
            return Err(wrong(self.line, what));
        }
        if trailer.digest != self.digest {
            let what = format!(
                "the events have the digest {}, and the last line says {}: something was changed",
                self.digest, trailer.digest
            );
            return Err(wrong(self.line, what));
        }
        match read_line(&mut self.source, self.line + 1, &mut self.bytes)? {
            None => Ok(()),
            Some(_) => Err(wrong(self.line + 1, "there is more behind the line that ends the file")),
        }
    }
}

fn wrong(line: u64, what: impl Into<String>) -> RecordedError {
    RecordedError::Wrong { line, what: what.into() }
}

/// A line, and whether the file ended before the line did.
struct RawLine {
    text: Vec<u8>,
    torn: bool,
}

/// The next line that is not empty; nothing at the end of the file.
fn read_line(
    source: &mut impl BufRead,
    line: u64,
    bytes: &mut u64,
) -> Result<Option<RawLine>, RecordedError> {
    let mut text = Vec::new();
    let read = source.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut text)? as u64;
    *bytes += read;
    if read == 0 {
        return Ok(None);
    }
    if read == LINE_BYTES_MAX && text.last() != Some(&b'\n') {
        return Err(wrong(line, format!("the line is longer than {LINE_BYTES_MAX} bytes")));
    }
    Ok(Some(RawLine { torn: text.last() != Some(&b'\n'), text }))
}

fn read_header(text: &[u8]) -> Result<Header, RecordedError> {
    let object = object(text).map_err(|what| wrong(1, what))?;
    let none = || {
        wrong(
            1,
            "the file does not begin as a ledger with recordings does; lotgraph import takes plain events, and \
                  lotgraph backup writes what can be restored",
        )
    };
    let said = object.get(HEADER).and_then(Value::as_object).ok_or_else(none)?;
    if said.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(none());
    }
    // The version comes first: a newer one may say more.
    match said.get("version").and_then(Value::as_u64) {
        Some(version) if version > u64::from(VERSION) => {
            return Err(RecordedError::Newer(u32::try_from(version).unwrap_or(u32::MAX)));
        }
        _ => {}
    }
    let header: Header = serde_json::from_value(Value::Object(said.clone()))
        .map_err(|error| wrong(1, format!("the first line cannot be read: {error}")))?;
    let whole = header.first.0 > 0 && header.last.0 + 1 >= header.first.0;
    if !whole || (header.first == Revision(1) && header.follows != Digest::start()) {
        return Err(wrong(1, "the first line contradicts itself"));
    }
    Ok(header)
}

fn object(text: &[u8]) -> Result<Map<String, Value>, String> {
    match json::parse(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("the line is not an object in braces".to_owned()),
        Err(error) => Err(error.problem.message),
    }
}

fn parse_line(text: &[u8]) -> Result<Line, String> {
    let mut object = object(text)?;
    if let Some(end) = object.get(TRAILER) {
        let trailer = serde_json::from_value(end.clone());
        return trailer.map(Line::End).map_err(|error| format!("the line that ends the file: {error}"));
    }
    let Some(recorded) = object.remove(RECORDED) else {
        return Err(format!("the event has no {RECORDED:?}: where and how it was recorded"));
    };
    let (position, recording) = read_recording(&recorded)?;
    if !object.contains_key("id") {
        return Err("the event has no id".to_owned());
    }
    let event = event::parse(&Value::Object(object)).map_err(|problems| {
        let words = problems.iter().map(Problem::to_string).collect::<Vec<String>>();
        words.join("; ")
    })?;
    Ok(Line::Event(position, recording, Box::new(event)))
}

fn read_recording(recorded: &Value) -> Result<(LedgerPosition, Recording), String> {
    let wanted = || format!("{RECORDED:?} must have revision, index, at, actor and source");
    let object = recorded.as_object().filter(|object| object.len() == 5).ok_or_else(wanted)?;
    let number = |name: &str| object.get(name).and_then(Value::as_u64).ok_or_else(wanted);
    let text = |name: &str| object.get(name).and_then(Value::as_str).ok_or_else(wanted);
    let index = u32::try_from(number("index")?).map_err(|_| wanted())?;
    let position = LedgerPosition { revision: Revision(number("revision")?), index };
    let words =
        |name: &'static str| Text::parse(text(name)?).map_err(|error| format!("{RECORDED}.{name}: {error}"));
    let at = Timestamp::parse(text("at")?).map_err(|error| format!("{RECORDED}.at: {error}"))?;
    Ok((position, Recording { recorded_at: at, actor: words("actor")?, source: words("source")? }))
}

#[cfg(test)]
mod tests;
