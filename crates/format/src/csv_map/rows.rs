//! Cuts text into rows of cells (RFC 4180), so that a stray quote or an endless row costs its own line and no other.
//!
//! The csv crate does this faster, but it bounds no row, and after a quote that is never closed it takes the rest of
//! the file for one cell. Here such a row is reported and reading goes on at its second line.

use std::io::{self, BufRead};
use std::ops::Range;

use super::decode::Decoding;
use crate::item::LINE_BYTES_MAX;
use lotgraph_domain::{ErrorCode, Problem};

/// The characters that shape a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Between cells.
    pub delimiter: u8,
    /// Around cells that hold delimiters or line ends, if any.
    pub quote: Option<u8>,
}

/// What came next in the file.
#[derive(Debug, PartialEq, Eq)]
pub enum Row {
    /// A row, in [`Rows::text`] and [`Rows::cells`].
    Cells,
    /// A row that cannot be read.
    Bad(Problem),
    /// Nothing more.
    End,
}

/// What a look at the text at hand comes to.
enum Scan {
    /// A row of so many bytes.
    Row(usize),
    /// The row goes on behind the text at hand.
    Incomplete,
    /// The quotes do not fit.
    Misquoted(&'static str),
}

/// Reads rows in constant memory.
pub struct Rows<R> {
    decoding: Decoding<R>,
    dialect: Dialect,
    /// How many cells a row must have, once known.
    pub width: Option<usize>,
    position: usize,
    ended: bool,
    next_line: u64,
    /// The line that the row starts on, from 1.
    pub line: u64,
    /// The text of the row, without quotes and delimiters.
    pub text: String,
    /// The cells, as ranges of the text.
    pub cells: Vec<Range<usize>>,
    /// Whether bytes of the row were not in the encoding.
    pub damaged: bool,
}

impl<R: BufRead> Rows<R> {
    /// Starts at the first row.
    pub fn new(decoding: Decoding<R>, dialect: Dialect) -> Self {
        Self {
            decoding,
            dialect,
            width: None,
            position: 0,
            ended: false,
            next_line: 1,
            line: 0,
            text: String::new(),
            cells: Vec::new(),
            damaged: false,
        }
    }

    /// Bytes read from the source so far.
    pub fn bytes(&self) -> u64 {
        self.decoding.bytes
    }

    /// The cell at a place of the row.
    pub fn cell(&self, index: usize) -> &str {
        &self.text[self.cells[index].clone()]
    }

    /// Reads the next row; blank ones are skipped.
    ///
    /// # Errors
    /// Only those of the source.
    pub fn advance(&mut self) -> io::Result<Row> {
        loop {
            self.line = self.next_line;
            let rest = self.decoding.text.len() - self.position;
            if rest == 0 && self.ended {
                return Ok(Row::End);
            }
            match self.scan() {
                Scan::Incomplete if rest > LINE_BYTES_MAX => return self.give_up(),
                Scan::Incomplete => self.fill()?,
                Scan::Misquoted(reason) => return Ok(self.refuse_line(reason.to_owned())),
                Scan::Row(used) if used > LINE_BYTES_MAX => return self.give_up(),
                Scan::Row(used) => {
                    if let Some(row) = self.accept(used) {
                        return Ok(row);
                    }
                }
            }
        }
    }

    /// Gets at least as much text again, so that a row that arrives in small pieces is not scanned for each of them.
    fn fill(&mut self) -> io::Result<()> {
        const GROWTH_MIN: usize = 64 << 10;
        self.decoding.discard(self.position);
        self.position = 0;
        let wanted = self.decoding.text.len() + self.decoding.text.len().max(GROWTH_MIN);
        while !self.ended && self.decoding.text.len() < wanted {
            self.ended = !self.decoding.more()?;
        }
        Ok(())
    }

    /// Takes a scanned row; `None` for a blank one.
    fn accept(&mut self, used: usize) -> Option<Row> {
        let several = self.decoding.text[self.position..self.position + used].trim_end().contains('\n');
        let found = self.cells.len();
        let wrong = self.width.filter(|width| *width != found);
        if let (Some(width), true) = (wrong, several) {
            let reason = format!(
                "the row has {found} columns instead of {width} and runs over several lines: is a quote missing?"
            );
            return Some(self.refuse_line(reason));
        }
        self.damaged = self.use_up(used);
        if found == 1 && self.cell(0).trim().is_empty() {
            return None;
        }
        Some(match wrong {
            Some(width) => {
                let message = format!("the row has {found} columns, the header has {width}");
                Row::Bad(Problem::new(ErrorCode::CsvMalformed, "", message))
            }
            None => Row::Cells,
        })
    }

    /// Moves on by some bytes; true when some of them stand for undecodable ones.
    fn use_up(&mut self, bytes: usize) -> bool {
        let end = self.position + bytes;
        let lines = self.decoding.text.as_bytes()[self.position..end].iter().filter(|byte| **byte == b'\n');
        self.next_line += lines.count() as u64;
        let mut damaged = false;
        while self.decoding.damaged.front().is_some_and(|offset| *offset < end) {
            self.decoding.damaged.pop_front();
            damaged = true;
        }
        self.position = end;
        damaged
    }

    /// Reports the row and goes on with its second line.
    fn refuse_line(&mut self, reason: String) -> Row {
        let rest = &self.decoding.text[self.position..];
        let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.use_up(line);
        Row::Bad(Problem::new(ErrorCode::CsvMalformed, "", reason))
    }

    /// A row beyond the limit: skips its first line, whose end may lie far ahead, keeping nothing of it.
    fn give_up(&mut self) -> io::Result<Row> {
        if let Some(end) = self.decoding.text[self.position..].find('\n')
            && end <= LINE_BYTES_MAX
        {
            let reason = format!("a quote opened here is not closed within {LINE_BYTES_MAX} bytes");
            return Ok(self.refuse_line(reason));
        }
        loop {
            if let Some(end) = self.decoding.text[self.position..].find('\n') {
                self.use_up(end + 1);
                break;
            }
            if self.ended {
                self.position = self.decoding.text.len();
                break;
            }
            self.position = self.decoding.text.len();
            self.fill()?;
        }
        let message = format!("the row is longer than {LINE_BYTES_MAX} bytes; it was skipped");
        Ok(Row::Bad(Problem::new(ErrorCode::LineTooLong, "", message)))
    }

    /// Reads one row from the text at hand into `text` and `cells`.
    fn scan(&mut self) -> Scan {
        let source = &self.decoding.text[self.position..];
        let bytes = source.as_bytes();
        self.text.clear();
        self.cells.clear();
        let mut at = 0;
        loop {
            let start = self.text.len();
            let end = if self.dialect.quote.is_some() && bytes.get(at) == self.dialect.quote.as_ref() {
                match quoted(source, at, bytes[at], self.ended, &mut self.text) {
                    Ok(end) => end,
                    Err(scan) => return scan,
                }
            } else {
                let stop = |byte: &u8| *byte == self.dialect.delimiter || *byte == b'\n';
                let end = match bytes[at..].iter().position(stop) {
                    Some(length) => at + length,
                    None if self.ended => bytes.len(),
                    None => return Scan::Incomplete,
                };
                let cell = &source[at..end];
                let last = bytes.get(end) != Some(&self.dialect.delimiter);
                self.text.push_str(if last { cell.strip_suffix('\r').unwrap_or(cell) } else { cell });
                end
            };
            self.cells.push(start..self.text.len());
            match bytes.get(end) {
                None => return Scan::Row(end),
                Some(byte) if *byte == self.dialect.delimiter => at = end + 1,
                Some(b'\n') => return Scan::Row(end + 1),
                Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => return Scan::Row(end + 2),
                Some(b'\r') if bytes.len() == end + 1 && self.ended => return Scan::Row(end + 1),
                Some(b'\r') if bytes.len() == end + 1 => return Scan::Incomplete,
                // The line is refused as a whole, so its end must be at hand.
                Some(_) if !self.ended && !source[end..].contains('\n') => return Scan::Incomplete,
                Some(_) => return Scan::Misquoted("there is text behind a closing quote"),
            }
        }
    }
}

/// Copies a quoted cell that starts at `at`, and returns where it ends, behind the closing quote.
fn quoted(source: &str, at: usize, quote: u8, ended: bool, text: &mut String) -> Result<usize, Scan> {
    let bytes = source.as_bytes();
    let mut at = at + 1;
    loop {
        let Some(length) = bytes[at..].iter().position(|byte| *byte == quote) else {
            return Err(if ended {
                Scan::Misquoted("a quote opened here is never closed")
            } else {
                Scan::Incomplete
            });
        };
        text.push_str(&source[at..at + length]);
        at += length + 1;
        match bytes.get(at) {
            Some(byte) if *byte == quote => text.push(char::from(quote)),
            None if !ended => return Err(Scan::Incomplete),
            _ => return Ok(at),
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with(bytes: &[u8], encoding: &'static encoding_rs::Encoding, width: usize) -> Vec<String> {
        // Tiny pieces, so that rows are put together from many; not for the huge texts.
        let source = io::BufReader::with_capacity(if bytes.len() > 1 << 20 { 4096 } else { 5 }, bytes);
        let dialect = Dialect { delimiter: b';', quote: Some(b'"') };
        let mut rows = Rows::new(Decoding::new(source, encoding), dialect);
        rows.width = Some(width);
        let mut read = Vec::new();
        loop {
            let row = rows.advance().expect("memory does not fail");
            let mark = if rows.damaged { "!" } else { "" };
            read.push(match row {
                Row::End => return read,
                Row::Bad(problem) => format!("{} {}", rows.line, problem.code),
                Row::Cells => {
                    let cells: Vec<&str> = (0..rows.cells.len()).map(|index| rows.cell(index)).collect();
                    format!("{}{mark} {}", rows.line, cells.join("|"))
                }
            });
        }
    }

    fn read(text: &str, width: usize) -> Vec<String> {
        read_with(text.as_bytes(), encoding_rs::UTF_8, width)
    }

    #[test]
    fn rows_quotes_and_line_ends() {
        assert_eq!(
            read("\u{feff}a;b\r\n\r\n1;\"2;\"\"x\"\"\r\ny\"\r\n3;", 2),
            ["1 a|b", "3 1|2;\"x\"\r\ny", "5 3|"]
        );
        assert_eq!(read("a;b\n c ; \"d\"", 2), ["1 a|b", "2  c | \"d\""]);
        assert_eq!(read("", 2), Vec::<String>::new());
        assert_eq!(read("a;\"b\"\r", 2), ["1 a|b"]);
    }

    #[test]
    fn a_bad_row_costs_its_own_line_only() {
        assert_eq!(read("1;\"2\n3;4\n5;6\n", 2), ["1 CSV_MALFORMED", "2 3|4", "3 5|6"]);
        assert_eq!(read("1;\"2\n3;\"4\"\n5;6\n", 2), ["1 CSV_MALFORMED", "2 3|4", "3 5|6"]);
        assert_eq!(read("1;\"2\n3;4\n5;\"6;\"\n7;8", 2), ["1 CSV_MALFORMED", "2 3|4", "3 5|6;", "4 7|8"]);
        assert_eq!(read("1\n1;2;3\n4;5\n", 2), ["1 CSV_MALFORMED", "2 CSV_MALFORMED", "3 4|5"]);
    }

    /// Text is decoded 64 KiB at a time; the rest of a bad line that begins near such an end was once read as a row.
    #[test]
    fn a_bad_row_is_refused_whole_wherever_the_text_at_hand_ends() {
        for rows in 16_380..16_386 {
            let text = format!("{}\"a\"b;c;d;e\n5;6", "1;2\n".repeat(rows));
            let read = read(&text, 2);
            assert_eq!(read[rows..], [format!("{} CSV_MALFORMED", rows + 1), format!("{} 5|6", rows + 2)]);
        }
    }

    #[test]
    fn overlong_rows_are_skipped_and_not_kept() {
        let long = "x".repeat(10_000_000);
        let text = format!("1;2\n{long};2\n3;4\n{long}");
        assert_eq!(read(&text, 2), ["1 1|2", "2 LINE_TOO_LONG", "3 3|4", "4 LINE_TOO_LONG"]);
        let lines = "5;6\n".repeat(400_000);
        let read = read(&format!("1;\"2\n{lines}"), 2);
        assert_eq!((read.len(), read[0].as_str(), read[1].as_str()), (400_001, "1 CSV_MALFORMED", "2 5|6"));
    }

    #[test]
    fn encodings_are_decoded_and_damage_is_placed() {
        let (bytes, _, _) = encoding_rs::GB18030.encode("批号;数量\n牛奶;1,5\n");
        assert_eq!(read_with(&bytes, encoding_rs::GB18030, 2), ["1 批号|数量", "2 牛奶|1,5"]);
        let mut bytes = bytes.into_owned();
        bytes.extend_from_slice(b"\xff\xff;2\n3;4\n");
        let read = read_with(&bytes, encoding_rs::GB18030, 2);
        assert_eq!((read[2].starts_with("3!"), read[3].as_str()), (true, "4 3|4"));
        let marked = b"\xef\xbb\xbf\xe6\x89\xb9;b";
        assert_eq!(read_with(marked, encoding_rs::GB18030, 2), ["1 批|b"], "a byte order mark decides");
        let genuine = read_with("\u{fffd};b".as_bytes(), encoding_rs::UTF_8, 2);
        assert_eq!(genuine, ["1 \u{fffd}|b"], "a replacement character in the file is no damage");
    }
}
