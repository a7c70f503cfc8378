//! NDJSON, one event a line: a reader in constant memory for files and for request bodies.

use std::io::{self, BufRead};

use super::batch::EVENT_MEMORY;
use super::gauge::Gauge;
use super::item::{Columns, Item, LINE_BYTES_MAX};
use super::json::{BYTE_ORDER_MARK, Bounds, Strict};
use super::{event, json, signature};
use lotgraph_domain::event::EVENT_ITEMS_MAX;
use lotgraph_domain::{ErrorCode, Problem};

/// Reads events from lines of JSON; a line that is not an event never stops those after it.
///
/// Lines end with LF or CR LF; empty ones are skipped but counted; a byte order mark at the start is skipped. A byte
/// slice is a [`BufRead`] too, so the same reader serves bodies already in memory.
pub struct NdjsonReader<R> {
    source: R,
    line: u64,
    bytes: u64,
    buffer: Vec<u8>,
    gauge: Gauge,
}

/// What a line turned out to be.
enum Line {
    End,
    Whole,
    TooLong,
}

impl<R: BufRead> NdjsonReader<R> {
    /// Reads from a source.
    pub fn new(source: R) -> Self {
        let gauge = Gauge::new(Bounds { items_max: EVENT_ITEMS_MAX, memory_max: EVENT_MEMORY });
        Self { source, line: 0, bytes: 0, buffer: Vec::new(), gauge }
    }

    /// Bytes read so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// About what the last line takes as an event.
    pub(super) fn take_kept(&self) -> usize {
        self.gauge.take_kept()
    }

    /// Reads one line into the buffer, without its end; of an overlong one it keeps nothing beyond the limit.
    fn read_line(&mut self) -> io::Result<Line> {
        self.buffer.clear();
        let mut any = false;
        let mut too_long = false;
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            // One more than the limit, for the CR of a CR LF.
            too_long |= self.buffer.len() + part.len() > LINE_BYTES_MAX + 1;
            if !too_long {
                self.buffer.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.source.consume(used);
            self.bytes += used as u64;
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(Line::End);
        }
        self.line += 1;
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        if self.line == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(if too_long || self.buffer.len() > LINE_BYTES_MAX { Line::TooLong } else { Line::Whole })
    }

    fn item(&self) -> Item {
        let line = self.line;
        if line == 1
            && let Some(kind) = signature::of_utf8(&self.buffer)
        {
            let problem = Problem::new(ErrorCode::FileNotText, "", kind.message("NDJSON"));
            return Item::refused(line, Columns::Whole, problem);
        }
        let text = match std::str::from_utf8(&self.buffer) {
            Ok(text) => text,
            Err(error) => {
                let good = String::from_utf8_lossy(&self.buffer[..error.valid_up_to()]);
                let column = good.chars().count() + 1;
                let message = format!(
                    "the bytes from byte {} of the line are not UTF-8; save the file as UTF-8",
                    error.valid_up_to() + 1
                );
                let problem = Problem::new(ErrorCode::EncodingInvalid, "", message);
                return Item::refused(line, Columns::Character(column), problem);
            }
        };
        // Where files were joined, a mark stands in the middle; places are counted behind it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        self.gauge.begin();
        match json::read(text.as_bytes(), &self.gauge, Strict(&self.gauge)) {
            Ok(value) => {
                let event = match self.gauge.take_skipped() {
                    Some(problem) => Err(vec![problem]),
                    None => event::parse(&value),
                };
                Item { line, columns: Columns::Whole, event }
            }
            Err(error) => {
                // The parser counts bytes, people and editors count characters.
                let column = characters_before(text, error.column.saturating_sub(1)) + 1;
                Item::refused(line, Columns::Character(column), error.problem)
            }
        }
    }

    fn too_long(&self) -> Item {
        let message = format!("the line is longer than {LINE_BYTES_MAX} bytes; it was skipped");
        Item::refused(self.line, Columns::Whole, Problem::new(ErrorCode::LineTooLong, "", message))
    }
}

/// How many characters start before a byte offset.
fn characters_before(text: &str, offset: usize) -> usize {
    text.char_indices().take_while(|(start, _)| *start < offset).count()
}

impl<R: BufRead> Iterator for NdjsonReader<R> {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read_line() {
                Err(error) => return Some(Err(error)),
                Ok(Line::End) => return None,
                Ok(Line::TooLong) => return Some(Ok(self.too_long())),
                Ok(Line::Whole) if self.buffer.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Line::Whole) => return Some(Ok(self.item())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"type":"operator","code":"OP-7"}"#;

    fn read(bytes: &[u8]) -> Vec<Item> {
        // A tiny buffer, so that every line is put together from several chunks.
        let source = io::BufReader::with_capacity(7, bytes);
        NdjsonReader::new(source).collect::<io::Result<_>>().expect("memory does not fail")
    }

    fn code(item: &Item) -> Option<ErrorCode> {
        item.event.as_ref().err().map(|problems| problems[0].code)
    }

    #[test]
    fn marks_line_ends_and_blank_lines() {
        let text = format!("\u{feff}{GOOD}\r\n\r\n  \n{GOOD}\n{GOOD}");
        let items = read(text.as_bytes());
        let lines: Vec<(u64, bool)> = items.iter().map(|item| (item.line, item.event.is_ok())).collect();
        assert_eq!(lines, [(1, true), (4, true), (5, true)]);
        assert!(read(b"").is_empty());
    }

    #[test]
    fn marks_of_joined_files_are_skipped_and_other_files_are_named() {
        let text = format!("\u{feff}{GOOD}\n\u{feff}{GOOD}\n\u{feff}{{\"a\": nope}}");
        let items = read(text.as_bytes());
        assert_eq!(items.iter().filter(|item| item.event.is_ok()).count(), 2);
        let problem = &items[2].event.as_ref().expect_err("no JSON")[0];
        assert_eq!(items[2].columns.of(0, problem), "8");
        assert_eq!(code(&read(b"\x1f\x8b\x08\0\n")[0]), Some(ErrorCode::FileNotText));
        assert_eq!(code(&read(b"\xff\xfe{\0}\0\n")[0]), Some(ErrorCode::FileNotText));
    }

    #[test]
    fn a_bad_line_never_hides_the_good_ones() {
        let text = format!("{GOOD}\n{{\"type\": nope}}\n{GOOD}\n{{\"批次\":1 2}}\n");
        let items = read(text.as_bytes());
        assert_eq!(items.iter().filter(|item| item.event.is_ok()).count(), 2);
        assert_eq!((items[1].line, code(&items[1])), (2, Some(ErrorCode::JsonMalformed)));
        let problem = &items[3].event.as_ref().expect_err("two numbers")[0];
        assert_eq!(items[3].columns.of(0, problem), "9", "characters are counted, not bytes");
    }

    #[test]
    fn an_overlong_line_is_one_rejected_row() {
        let mut text = GOOD.as_bytes().to_vec();
        text.push(b'\n');
        text.resize(text.len() + 10_000_000, b'x');
        text.push(b'\n');
        text.extend_from_slice(GOOD.as_bytes());
        let mut reader = NdjsonReader::new(text.as_slice());
        let items: Vec<Item> = reader.by_ref().map(|item| item.expect("memory")).collect();
        assert_eq!(items.len(), 3);
        assert_eq!((items[1].line, code(&items[1])), (2, Some(ErrorCode::LineTooLong)));
        assert!(items[2].event.is_ok());
        assert_eq!(reader.bytes(), text.len() as u64);
        let small = io::BufReader::with_capacity(4096, text.as_slice());
        let mut reader = NdjsonReader::new(small);
        assert_eq!(reader.by_ref().count(), 3);
        assert!(reader.buffer.capacity() <= 4 * LINE_BYTES_MAX, "{}", reader.buffer.capacity());
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_read() {
        let mut text = GOOD.as_bytes().to_vec();
        text.resize(LINE_BYTES_MAX, b' ');
        text.extend_from_slice(b"\r\n");
        assert!(read(&text)[0].event.is_ok());
        text.insert(0, b' ');
        assert_eq!(code(&read(&text)[0]), Some(ErrorCode::LineTooLong));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_reported() {
        let items = read(b"{\"type\":\"\xc4\xfa\"}\n{\"type\":\"operator\",\"code\":\"A\"}");
        assert_eq!((items[0].line, code(&items[0])), (1, Some(ErrorCode::EncodingInvalid)));
        let problem = &items[0].event.as_ref().expect_err("not UTF-8")[0];
        assert_eq!(items[0].columns.of(0, problem), "10");
        assert!(items[1].event.is_ok());
    }
}
