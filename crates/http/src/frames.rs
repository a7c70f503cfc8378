//! Refuses WebSocket frames by the length that they announce (RFC 6455, section 5.2), before anything of them is kept.
//!
//! The library keeps a frame until it is whole, and then looks whether it is too long.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use bytes::Bytes;
use futures::Stream;

/// The bytes of a connection up to the first frame that is too long, or makes its message too long.
pub(super) struct Frames {
    payload: Payload,
    bytes_max: u64,
    meter: Meter,
    too_long: Rc<Cell<bool>>,
}

/// Where in the frames the next byte stands.
#[derive(Default)]
struct Meter {
    /// The beginning of a frame, as far as it has come.
    head: Vec<u8>,
    /// Bytes of the frame that are still to come.
    left: u64,
    /// Bytes of the message that the frame belongs to.
    message: u64,
}

/// Says whether a frame was too long; then the bytes end there.
pub(super) type TooLong = Rc<Cell<bool>>;

impl Frames {
    pub(super) fn new(payload: Payload, bytes_max: usize) -> (Self, TooLong) {
        let too_long = TooLong::default();
        let (bytes_max, meter) = (bytes_max as u64, Meter::default());
        (Self { payload, bytes_max, meter, too_long: too_long.clone() }, too_long)
    }
}

impl Meter {
    /// Goes over bytes; the place of the first byte behind the head of a frame that is too long.
    fn pass(&mut self, bytes: &[u8], bytes_max: u64) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.left > 0 {
                let rest = (bytes.len() - at) as u64;
                let passed = self.left.min(rest);
                self.left -= passed;
                at += usize::try_from(passed).unwrap_or(usize::MAX);
                continue;
            }
            self.head.push(bytes[at]);
            at += 1;
            let Some((first, length)) = self.whole_head() else { continue };
            self.head.clear();
            self.left = length;
            let opcode = first & 0x0f;
            self.message = match opcode {
                // A further part of the message.
                0 => self.message.saturating_add(length),
                1 | 2 => length,
                // Control frames stand between the parts of a message.
                _ => self.message,
            };
            let length = if opcode < 8 { self.message } else { length };
            if length > bytes_max {
                return Some(at);
            }
        }
        None
    }

    /// The first byte and the announced length of a frame whose head, with its mask, is there.
    fn whole_head(&self) -> Option<(u8, u64)> {
        let (first, second) = (*self.head.first()?, *self.head.get(1)?);
        let mask = if second & 0x80 != 0 { 4 } else { 0 };
        let long = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if self.head.len() < 2 + long + mask {
            return None;
        }
        let number = self.head[2..2 + long].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some((first, if long == 0 { u64::from(second & 0x7f) } else { number }))
    }
}

impl Stream for Frames {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.too_long.get() {
            return Poll::Ready(None);
        }
        let next = Pin::new(&mut this.payload).poll_next(context);
        if let Poll::Ready(Some(Ok(bytes))) = &next
            && this.meter.pass(bytes, this.bytes_max).is_some()
        {
            this.too_long.set(true);
            return Poll::Ready(None);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, announced: u64, payload: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        match announced {
            0..=125 => bytes.push(0x80 | announced as u8),
            126..=65_535 => {
                bytes.push(0x80 | 126);
                bytes.extend((announced as u16).to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend(announced.to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.resize(bytes.len() + payload, b'x');
        bytes
    }

    /// Where the bytes of frames are refused, when they come in pieces of so many bytes.
    fn refused(frames: &[Vec<u8>], piece: usize) -> Option<usize> {
        let bytes = frames.concat();
        let mut meter = Meter::default();
        bytes.chunks(piece).enumerate().find_map(|(n, chunk)| Some(n * piece + meter.pass(chunk, 1_000)?))
    }

    #[test]
    fn a_frame_is_refused_at_the_end_of_its_head() {
        for piece in [1, 3, 7, 10_000] {
            let good = [frame(0x81, 5, 5), frame(0x82, 1_000, 1_000), frame(0x89, 125, 125)];
            assert_eq!(refused(&good, piece), None);
            let length: usize = good.iter().map(Vec::len).sum();
            for announced in [1_001, 65_536, u64::MAX] {
                let bad = frame(0x81, announced, 0);
                let frames = [&good[..], &[bad.clone(), vec![0; 50]]].concat();
                assert_eq!(refused(&frames, piece), Some(length + bad.len()), "{piece} {announced}");
            }
        }
    }

    #[test]
    fn a_message_of_many_frames_is_refused_by_the_frame_that_is_too_much() {
        let parts = [frame(0x01, 600, 600), frame(0x89, 100, 100), frame(0x00, 400, 400)];
        assert_eq!(refused(&parts, 64), None);
        let more = [&parts[..], &[frame(0x80, 1, 1)]].concat();
        assert!(refused(&more, 64).is_some());
        let next = [&parts[..], &[frame(0x81, 1_000, 1_000)]].concat();
        assert_eq!(refused(&next, 64), None, "another message counts anew");
    }
}
