//! Fuzzing of every parser: valid inputs are damaged at random, and whatever comes out must be read or refused properly.
//!
//! In an ordinary test run the number of inputs and the seed are fixed, so that a run is the same everywhere;
//! `scripts/fuzz SECONDS` goes on from other seeds. docs/DEVELOPING.md says what to do with a failing input.

mod corpus;
mod csv;
mod cursors;
mod damage;
mod events;
mod graphql;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestError, TestRunner};

use damage::Input;

/// Damaged inputs tried by an ordinary test run, for each parser.
const INPUTS: u32 = 2_000;

/// What reading an input may allocate, some two times what the worst of 20,000 inputs took.
struct Allowed {
    /// Beside what grows with the input: tables, buffers, the messages of one refusal.
    fixed: u64,
    /// For each byte of the input.
    per_byte: u64,
}

/// A parser, and what must hold for every input.
struct Target<'a> {
    /// Also the name of the folder of its kept cases.
    name: &'static str,
    /// Valid inputs.
    corpus: Vec<Vec<u8>>,
    /// Pieces of text that parsers of this kind trip over.
    words: &'static [&'static str],
    /// Says what is wrong with how the parser treats an input; a panic is wrong, too.
    property: &'a dyn Fn(&[u8]) -> Result<(), String>,
}

impl Target<'_> {
    /// Holds every valid input, every kept case and many damaged inputs against the property.
    fn run(&self) {
        let note = Note::new(self.name);
        for input in self.corpus.iter().cloned().chain(self.kept()) {
            note.leave(&input);
            (self.property)(&input)
                .unwrap_or_else(|wrong| panic!("{}: {wrong}\n{:?}", self.name, Input(input)));
        }
        let seed = number("LOTGRAPH_FUZZ_SEED").unwrap_or(1);
        let Some(seconds) = number("LOTGRAPH_FUZZ_SECONDS") else { return self.try_seed(seed, &note) };
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut seeds = 0;
        while Instant::now() < end {
            self.try_seed(seed + seeds, &note);
            seeds += 1;
        }
        println!(
            "{}: {} inputs of seeds {seed} to {}",
            self.name,
            seeds * u64::from(INPUTS),
            seed + seeds - 1
        );
    }

    fn try_seed(&self, seed: u64, note: &Note) {
        let config = ProptestConfig {
            cases: INPUTS,
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            max_shrink_iters: 5_000,
            ..ProptestConfig::default()
        };
        let outcome = TestRunner::new(config).run(&damage::inputs(&self.corpus, self.words), |input| {
            note.leave(&input.0);
            (self.property)(&input.0).map_err(TestCaseError::fail)
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Abort(reason)) => panic!("{}: {reason}", self.name),
            Err(TestError::Fail(wrong, input)) => {
                let file = folder(self.name).join(format!("seed-{seed}"));
                let kept =
                    std::fs::create_dir_all(folder(self.name)).and_then(|()| std::fs::write(&file, &input.0));
                panic!(
                    "{} with seed {seed}: {wrong}\n{input:?}\nkept as {} ({kept:?}); give the file a name that says what is wrong",
                    self.name,
                    file.display()
                );
            }
        }
    }

    /// Inputs that were wrong once.
    fn kept(&self) -> Vec<Vec<u8>> {
        let Ok(entries) = std::fs::read_dir(folder(self.name)) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    }
}

/// Where an input is left before it is tried: a stack that overflows ends the process without a word.
struct Note(File);

impl Note {
    fn new(name: &str) -> Self {
        Self(File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"))).unwrap())
    }

    /// The file stays open: closing one that was emptied costs a write to the disk, ten times what most inputs take.
    fn leave(&self, input: &[u8]) {
        self.0.write_all_at(input, 0).unwrap();
        self.0.set_len(input.len() as u64).unwrap();
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fuzz/cases").join(name)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}, not a whole number")))
}

/// Does the work on an input of so many bytes and counts what it allocates, which must grow no faster than the input.
/// Counters tell the same on every machine; a clock would not.
fn linear<T>(input: usize, allowed: &Allowed, work: impl FnOnce() -> T) -> Result<T, String> {
    let mut result = None;
    let counted = allocation_counter::measure(|| result = Some(work()));
    let allowed = allowed.fixed + allowed.per_byte * input as u64;
    if counted.bytes_total > allowed {
        return Err(format!(
            "{} bytes allocated for an input of {input}, at most {allowed} allowed",
            counted.bytes_total
        ));
    }
    result.ok_or_else(|| "the work was not done".to_owned())
}

/// An error with the text, unless the condition holds.
fn ensure(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong()) }
}

#[test]
fn work_that_grows_with_the_square_is_found() {
    let input = vec![b'x'; 10_000];
    let square = || (0..input.len()).map(|end| input[..end].to_vec().len()).sum::<usize>();
    let allowed = Allowed { fixed: 256 << 10, per_byte: 100 };
    assert!(linear(input.len(), &allowed, square).is_err());
    assert!(linear(input.len(), &allowed, || input.clone()).is_ok());
}
