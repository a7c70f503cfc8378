//! Fuzzing of mapping files, and of CSV rows read through mappings.

use std::io::{BufReader, Read};
use std::sync::{Arc, LazyLock};

use lotgraph::domain::ErrorCode;
use lotgraph::format::csv_map::{CsvReader, Mapping, OpenError};
use lotgraph::format::item::{Columns, Item};

use super::events::{comes_back, has_text, same_in_pieces};
use super::{Allowed, Target, corpus, ensure, linear};

/// A mapping: the TOML tree, templates, and stand-ins that every event is tried with.
const MAPPING: Allowed = Allowed { fixed: 256 << 10, per_byte: 400 };
/// A table: a short row can make an event of the mapping's full length.
const ROWS: Allowed = Allowed { fixed: 2 << 20, per_byte: 2_000 };

const WORDS: &[&str] = &[
    "\"",
    "\"\"",
    "\"\"\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "[[events]]\n",
    "[[masters]]\n",
    "[file]\n",
    "=",
    "\n",
    "\r\n",
    ";",
    ",",
    "\t",
    "{a}",
    "{a?}",
    "{{",
    "}}",
    "1",
    "-1",
    "1.000,5",
    "1e3",
    "2026-02-30 25:61",
    "31.12.2199",
    "%Y",
    "%d.%m.%Y",
    "%",
    "+99:99",
    "utf-8",
    "gb18030",
    "windows-1252",
    "utf-16le",
    "true",
    "false",
    "type = \"receive\"\n",
    "id = \"{x}\"\n",
    "when = ",
    "is",
    "\u{feff}",
    "\u{0}",
    "\u{fffd}",
    "批号",
    "skip = [\"x\"]\n",
    "header = [\"a\", \"b\"]\n",
    "kind = \"number\"",
    "#",
    "\\",
];

/// Mappings, each with a table that goes with it.
fn pairs() -> Vec<(String, Vec<u8>)> {
    let mut pairs =
        vec![(corpus::file("examples/receipts.toml"), corpus::file("examples/receipts.csv").into_bytes())];
    let page = corpus::blocks("docs/IMPORT.md", "toml");
    assert!(!page.is_empty(), "docs/IMPORT.md lost its mapping");
    let table = "arrived;Menge (kg);note;farm;state;remark\n05.01.2026 06:10;1.200,5;1;FARM-3;OK;\n06.01.2026 07:00;;2;;SOUR;\"a; b\"\n";
    pairs.extend(page.into_iter().map(|mapping| (mapping, table.into())));
    let press = corpus::file("examples/pharma_press.toml");
    pairs.push((press, b"start;batch\nnov.18;1\n".to_vec()));
    pairs
}

#[test]
fn mappings_are_read_or_refused() {
    let mut corpus: Vec<Vec<u8>> = pairs().into_iter().map(|(mapping, _)| mapping.into_bytes()).collect();
    corpus.push(corpus::file("examples/pharma.toml").into_bytes());
    Target { name: "mapping", corpus, words: WORDS, property: &mapping }.run();
}

#[test]
fn rows_are_read_or_refused() {
    let corpus = pairs().into_iter().map(|(_, table)| table).collect();
    Target { name: "rows", corpus, words: WORDS, property: &rows }.run();
}

fn mapping(bytes: &[u8]) -> Result<(), String> {
    // A file that is not UTF-8 is refused where it is opened.
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let error = match linear(bytes.len(), &MAPPING, || Mapping::parse(text))? {
        Ok(mapping) => {
            let mapping = Arc::new(mapping);
            return pairs().iter().try_for_each(|(_, table)| read(&mapping, table));
        }
        Err(error) => error,
    };
    ensure(!error.problems.is_empty(), || "refused without a reason".to_owned())?;
    for problem in &error.problems {
        has_text(problem)?;
        let place = problem
            .path
            .split_once(':')
            .and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
        let found = place.is_some_and(|(line, column): (usize, usize)| {
            let texts: Vec<&str> = text.split('\n').collect();
            (1..=texts.len()).contains(&line) && (1..=texts[line - 1].chars().count() + 1).contains(&column)
        });
        ensure(problem.code == ErrorCode::MappingInvalid && found, || format!("no such place: {problem:?}"))?;
    }
    Ok(())
}

fn rows(bytes: &[u8]) -> Result<(), String> {
    static MAPPINGS: LazyLock<Vec<Arc<Mapping>>> = LazyLock::new(|| {
        pairs().iter().map(|(mapping, _)| Arc::new(Mapping::parse(mapping).unwrap())).collect()
    });
    MAPPINGS.iter().try_for_each(|mapping| read(mapping, bytes))
}

/// Reads a table through a mapping.
fn read(mapping: &Arc<Mapping>, bytes: &[u8]) -> Result<(), String> {
    let opened = linear(bytes.len(), &ROWS, || {
        CsvReader::open(bytes, Arc::clone(mapping)).map(|mut reader| {
            let items: Vec<Item> = reader.by_ref().map(|item| item.unwrap()).collect();
            (items, reader.bytes())
        })
    })?;
    let (items, length) = match opened {
        Ok(read) => read,
        Err(OpenError::Io(error)) => return Err(format!("memory does not fail: {error}")),
        Err(OpenError::Header(problems)) => {
            ensure(!problems.is_empty(), || "refused without a reason".to_owned())?;
            return problems.iter().try_for_each(has_text);
        }
    };
    ensure(length == bytes.len() as u64, || format!("{length} bytes read of {}", bytes.len()))?;
    let mut last = 0;
    for item in &items {
        ensure(last <= item.line, || format!("line {} after {last}", item.line))?;
        last = item.line;
        match &item.event {
            Ok(event) => comes_back(event)?,
            Err(problems) => {
                ensure(!problems.is_empty(), || "refused without a reason".to_owned())?;
                for (n, problem) in problems.iter().enumerate() {
                    has_text(problem)?;
                    let column = item.columns.of(n, problem);
                    ensure(!matches!(item.columns, Columns::Named(_)) || !column.is_empty(), || {
                        format!("no column: {problem:?}")
                    })?;
                }
            }
        }
    }
    let pieces = BufReader::with_capacity(7, bytes.chain(&b""[..]));
    let again =
        CsvReader::open(pieces, Arc::clone(mapping)).map_err(|error| format!("in pieces: {error}"))?;
    let again: Vec<Item> = again.map(|item| item.unwrap()).collect();
    same_in_pieces(&items, &again)
}
