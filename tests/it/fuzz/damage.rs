//! Damage to valid inputs: bytes and whole tokens replaced, removed, repeated, and taken from other inputs.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// Repeating and splicing stop here.
const INPUT_BYTES_MAX: usize = 64 << 10;

/// An input, shown in a form that a test can be written from.
#[derive(Clone)]
pub struct Input(pub Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b\"{}\" ({} bytes)", self.0.escape_ascii(), self.0.len())
    }
}

/// One change. Places are relative, so that a change keeps its meaning when those before it are dropped to find a smaller
/// input that fails.
#[derive(Debug, Clone)]
enum Damage {
    SetByte(Index, u8),
    InsertBytes(Index, Vec<u8>),
    InsertWord(Index, Index),
    ReplaceToken(Index, Index),
    RemoveTokens(Index, usize),
    RepeatTokens(Index, usize, usize),
    MoveTokens(Index, usize, Index),
    Splice(Index, Index, usize, Index),
    Truncate(Index),
}

/// Inputs of the corpus with up to six changes each.
pub fn inputs(corpus: &[Vec<u8>], words: &'static [&'static str]) -> impl Strategy<Value = Input> + use<> {
    let corpus = corpus.to_vec();
    (any::<Index>(), vec(damage(), 0..6)).prop_map(move |(start, changes)| {
        let mut bytes = start.get(&corpus).clone();
        for change in &changes {
            apply(change, &mut bytes, &corpus, words);
            bytes.truncate(INPUT_BYTES_MAX);
        }
        Input(bytes)
    })
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        2 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::SetByte(at, byte)),
        1 => (place(), vec(any::<u8>(), 1..5)).prop_map(|(at, bytes)| Damage::InsertBytes(at, bytes)),
        4 => (place(), place()).prop_map(|(at, word)| Damage::InsertWord(at, word)),
        6 => (place(), place()).prop_map(|(at, word)| Damage::ReplaceToken(at, word)),
        4 => (place(), 1..12_usize).prop_map(|(at, tokens)| Damage::RemoveTokens(at, tokens)),
        2 => (place(), 1..40_usize, 1..4_000_usize).prop_map(|(at, tokens, times)| Damage::RepeatTokens(at, tokens, times)),
        4 => (place(), 1..30_usize, place()).prop_map(|(from, tokens, to)| Damage::MoveTokens(from, tokens, to)),
        2 => (place(), place(), 1..60_usize, place()).prop_map(|(other, from, tokens, to)| Damage::Splice(other, from, tokens, to)),
        1 => place().prop_map(Damage::Truncate),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
    let ends = token_ends(bytes);
    let start = |place: &Index| ends[place.index(ends.len())];
    let range = |place: &Index, tokens: usize| {
        let first = place.index(ends.len());
        ends[first]..ends[(first + tokens).min(ends.len() - 1)]
    };
    match damage {
        Damage::SetByte(at, byte) => {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
        }
        Damage::InsertBytes(at, new) => insert(bytes, start(at), new),
        Damage::InsertWord(at, word) => insert(bytes, start(at), word.get(words).as_bytes()),
        Damage::ReplaceToken(at, word) => {
            bytes.splice(range(at, 1), word.get(words).bytes());
        }
        Damage::RemoveTokens(at, tokens) => drop(bytes.drain(range(at, *tokens))),
        Damage::RepeatTokens(at, tokens, times) => {
            let piece = bytes[range(at, *tokens)].to_vec();
            let times = (*times).min(INPUT_BYTES_MAX / piece.len().max(1));
            insert(bytes, start(at), &piece.repeat(times));
        }
        Damage::MoveTokens(from, tokens, to) => {
            let piece = bytes[range(from, *tokens)].to_vec();
            insert(bytes, start(to), &piece);
        }
        Damage::Splice(other, from, tokens, to) => {
            let other = other.get(corpus);
            let others = token_ends(other);
            let first = from.index(others.len());
            let piece = &other[others[first]..others[(first + tokens).min(others.len() - 1)]];
            insert(bytes, start(to), piece);
        }
        Damage::Truncate(at) => bytes.truncate(at.index(bytes.len() + 1)),
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    bytes.splice(at..at, new.iter().copied());
}

/// Where tokens end, from 0 to the length: runs of letters and digits (of any script) are tokens, every other byte is one.
fn token_ends(bytes: &[u8]) -> Vec<usize> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
    let mut ends = vec![0];
    ends.extend((1..bytes.len()).filter(|at| !(is_word(bytes[at - 1]) && is_word(bytes[*at]))));
    if !bytes.is_empty() {
        ends.push(bytes.len());
    }
    ends
}
