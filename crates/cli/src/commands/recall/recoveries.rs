//! A file of recoveries, one a line: every line is judged, a bad one names itself, and all or none are recorded.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

use lotgraph_domain::{Event, Problem};
use lotgraph_format as format;
use lotgraph_service::recorder::{ItemStatus, Report};

/// What a line may say, by the names of columns and of fields.
const COLUMNS: [&str; 7] = ["lot", "quantity", "unit", "customer", "disposition", "at", "note"];
/// The most bad lines that are named.
const SHOWN_MAX: usize = 20;

/// What holds for every recovery unless its line says otherwise.
pub(super) struct Common {
    pub(super) recall: String,
    pub(super) at: String,
    pub(super) customer: Option<String>,
    pub(super) disposition: Option<String>,
    pub(super) unexpected: bool,
}

impl Common {
    /// The event of one recovery, by what its line says.
    pub(super) fn event(&self, line: Value) -> Value {
        let own = |name: &str| line.get(name).filter(|value| !value.is_null()).cloned();
        let or = |name: &str, common: Option<&String>| own(name).or_else(|| common.cloned().map(Value::from));
        let item: Map<String, Value> = ["lot", "quantity", "unit"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), own(name)?)))
            .collect();
        // Whoever types it in lower case means the same.
        let disposition = or("disposition", self.disposition.as_ref());
        let disposition = disposition.map(|value| match value {
            Value::String(name) => Value::from(name.to_uppercase()),
            other => other,
        });
        json!({"type": "recover", "recall": self.recall, "unexpected": self.unexpected, "items": [item],
            "at": or("at", Some(&self.at)), "customer": or("customer", self.customer.as_ref()),
            "disposition": disposition, "note": own("note")})
    }
}

/// Reads a file of recoveries: the lines, and the event of each.
///
/// # Errors
/// When the file cannot be read, and every line that is no recovery.
pub(super) fn read(file: &Path, common: &Common) -> anyhow::Result<(Vec<u64>, Vec<Event>)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let found = if text.trim_start().starts_with('{') { of_json(text) } else { of_csv(file, text)? };
    let (mut lines, mut events, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for (line, value) in found {
        let event = value.and_then(|value| format::event::parse(&common.event(value)));
        match event {
            Ok(event) => {
                lines.push(line);
                events.push(event);
            }
            Err(problems) => bad.push((line, problems)),
        }
    }
    refuse(file, &bad)?;
    if events.is_empty() {
        bail!("{} names no recovery; add at least one line", file.display());
    }
    let mut seen = HashSet::new();
    if let Some(n) = events.iter().position(|event| !seen.insert(event.id.as_str())) {
        bail!(
            "{}: line {} says the same as a line before it; leave it out, or tell the two apart by at or note",
            file.display(),
            lines[n]
        );
    }
    Ok((lines, events))
}

/// Refuses what the ledger refused, line by line.
///
/// # Errors
/// The lines refused.
pub(super) fn check(file: &Path, lines: &[u64], report: &Report) -> anyhow::Result<()> {
    let bad = lines.iter().zip(&report.outcomes).filter_map(|(line, outcome)| match &outcome.status {
        ItemStatus::Rejected(problems) => Some((*line, problems.clone())),
        ItemStatus::Accepted | ItemStatus::Duplicate | ItemStatus::Withheld => None,
    });
    refuse(file, &bad.collect::<Vec<(u64, Vec<Problem>)>>())
}

fn refuse(file: &Path, bad: &[(u64, Vec<Problem>)]) -> anyhow::Result<()> {
    if bad.is_empty() {
        return Ok(());
    }
    let mut said: Vec<String> = Vec::new();
    for (line, problems) in bad.iter().take(SHOWN_MAX) {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        said.push(format!("{}: line {line}: {}", file.display(), problems.join("; ")));
    }
    if bad.len() > SHOWN_MAX {
        said.push(format!("… {} more lines", bad.len() - SHOWN_MAX));
    }
    bail!("nothing was recorded, since {} lines cannot be:\n{}", bad.len(), said.join("\n"))
}

type Lines = Vec<(u64, Result<Value, Vec<Problem>>)>;

fn of_json(text: &str) -> Lines {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |line: &str| {
        let value = format::json::parse(line.as_bytes()).map_err(|error| vec![error.problem])?;
        let unknown = value.as_object().into_iter().flat_map(|object| object.keys());
        let unknown = unknown.filter(|name| !COLUMNS.contains(&name.as_str()));
        let problem = |name: &String| {
            let message = format!("there is no field {name}; a recovery has {}", COLUMNS.join(", "));
            Problem::new(lotgraph_domain::ErrorCode::FieldUnknown, name.clone(), message)
        };
        let problems: Vec<Problem> = unknown.map(problem).collect();
        if problems.is_empty() { Ok(value) } else { Err(problems) }
    };
    lines.map(|(number, line)| (number, read(line))).collect()
}

fn of_csv(file: &Path, text: &str) -> anyhow::Result<Lines> {
    let semicolons = text.lines().next().is_some_and(|line| line.contains(';') && !line.contains(','));
    let delimiter = if semicolons { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().with_context(|| format!("cannot read {}", file.display()))?.clone();
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        bail!("{}: there is no column {unknown:?}; a recovery has {}", file.display(), COLUMNS.join(", "));
    }
    let mut lines: Lines = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("{} is no table", file.display()))?;
        let cells = header.iter().zip(row.iter()).filter(|(_, cell)| !cell.is_empty());
        let object: Map<String, Value> =
            cells.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect();
        lines.push((row.position().map_or(0, csv::Position::line), Ok(Value::Object(object))));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common() -> Common {
        Common {
            recall: "RC".to_owned(),
            at: "2026-01-05T06:00:00Z".to_owned(),
            customer: Some("SHOP-1".to_owned()),
            disposition: None,
            unexpected: false,
        }
    }

    fn read_text(text: &str) -> Result<(Vec<u64>, Vec<Event>), String> {
        let folder = std::env::temp_dir().join(format!("recoveries-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join(format!("{:x}", text.len()));
        std::fs::write(&file, text).expect("a file");
        read(&file, &common()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_line_goes_before_the_flags_in_both_forms() {
        let csv = "lot,quantity,unit,customer,disposition\nP-1,2,EA,,SCRAP\nP-1,3,EA,SHOP-2,\n";
        let json = "{\"lot\":\"P-1\",\"quantity\":\"2\",\"unit\":\"EA\",\"disposition\":\"SCRAP\"}\n\n\
            {\"lot\":\"P-1\",\"quantity\":3,\"unit\":\"EA\",\"customer\":\"SHOP-2\"}\n";
        let (csv, json) = (read_text(csv).expect("a table"), read_text(json).expect("lines"));
        assert_eq!((csv.0, json.0), (vec![2, 3], vec![1, 3]));
        assert_eq!(csv.1, json.1);
        let customers: Vec<Option<String>> = csv
            .1
            .iter()
            .map(|event| match &event.fact {
                lotgraph_domain::Fact::Recover(recover) => recover.customer.as_ref().map(ToString::to_string),
                _ => None,
            })
            .collect();
        assert_eq!(customers, [Some("SHOP-1".to_owned()), Some("SHOP-2".to_owned())]);
    }

    #[test]
    fn a_bad_line_names_itself_and_nothing_is_taken() {
        for (text, words) in [
            ("lot,quantity,unit\nP-1,2,EA\nP-1,-2,EA\n", "line 3: QUANTITY_NOT_POSITIVE"),
            ("lot,amount,unit\nP-1,2,EA\n", "there is no column \"amount\""),
            ("{\"lot\":\"P-1\",\"quantity\":\"2\",\"unit\":\"EA\",\"who\":\"me\"}", "line 1: FIELD_UNKNOWN"),
            ("lot,quantity,unit\n", "names no recovery"),
            ("lot,quantity,unit\nP-1,2,EA\nP-1,2,EA\n", "line 3 says the same as a line before it"),
        ] {
            let refused = read_text(text).expect_err("a bad file");
            assert!(refused.contains(words), "{refused}");
        }
    }
}
