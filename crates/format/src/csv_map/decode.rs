//! Turns bytes of a declared encoding into text, chunk by chunk, noting where they were not in it.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use encoding_rs::{Decoder, DecoderResult, Encoding};

/// Text decoded so far and not used up; a byte order mark at the start decides over the declared encoding.
pub struct Decoding<R> {
    source: R,
    decoder: Decoder,
    /// The text not used up.
    pub text: String,
    /// Offsets into `text` of the U+FFFD that stand for undecodable bytes, in order.
    pub damaged: VecDeque<usize>,
    /// Bytes read from the source.
    pub bytes: u64,
    ended: bool,
}

impl<R: BufRead> Decoding<R> {
    /// Starts to read.
    pub fn new(source: R, encoding: &'static Encoding) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder(),
            text: String::new(),
            damaged: VecDeque::new(),
            bytes: 0,
            ended: false,
        }
    }

    /// Decodes some more; false at the end of the source.
    ///
    /// # Errors
    /// Only those of the source.
    pub fn more(&mut self) -> io::Result<bool> {
        /// Bounds the growth of the text by one call.
        const CHUNK: usize = 64 * 1024;
        if self.ended {
            return Ok(false);
        }
        let chunk = loop {
            match self.source.fill_buf() {
                Ok(chunk) => break chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        let chunk = &chunk[..chunk.len().min(CHUNK)];
        let used = chunk.len();
        let last = used == 0;
        let mut rest = chunk;
        loop {
            let needed = self.decoder.max_utf8_buffer_length_without_replacement(rest.len());
            self.text.reserve(needed.unwrap_or(4 * CHUNK));
            let (result, read) =
                self.decoder.decode_to_string_without_replacement(rest, &mut self.text, last);
            rest = &rest[read..];
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.damaged.push_back(self.text.len());
                    self.text.push('\u{fffd}');
                }
            }
        }
        self.source.consume(used);
        self.bytes += used as u64;
        self.ended = last;
        Ok(!last)
    }

    /// Forgets the first bytes of the text.
    pub fn discard(&mut self, bytes: usize) {
        self.text.drain(..bytes);
        while self.damaged.front().is_some_and(|offset| *offset < bytes) {
            self.damaged.pop_front();
        }
        for offset in &mut self.damaged {
            *offset -= bytes;
        }
    }
}
