//! Every way in which a file with recordings can be damaged is recognised, and named with its line.

use super::*;
use crate::recorded;

fn event(code: &str) -> Event {
    event::parse(&serde_json::json!({"type": "operator", "code": code, "id": format!("E-{code}")}))
        .expect("an event")
}

fn recording(actor: &str) -> Recording {
    let text = |text: &str| Text::parse(text).expect("a text");
    let at = Timestamp::parse("2026-01-05T06:00:00.000001Z").expect("a time");
    Recording { recorded_at: at, actor: text(actor), source: text("rest") }
}

/// Revisions of two, one and three events, from a revision on.
fn lines(first: u64, follows: Digest) -> Vec<String> {
    let mut lines = Vec::new();
    let mut digest = follows;
    for (revision, events) in (first..).zip([2, 1, 3]) {
        for index in 1..=events {
            let position = LedgerPosition { revision: Revision(revision), index };
            let actor = format!("\"王\" {revision}");
            lines.push(recorded::line(position, &recording(&actor), &event(&format!("{revision}-{index}"))));
            digest = digest.followed_by(lines.last().expect("just pushed"));
        }
    }
    let header = Header::new("ledger".to_owned(), Revision(first), Revision(first + 2), follows);
    let trailer = Trailer { events: 6, last: Revision(first + 2), digest };
    lines.insert(0, header.line());
    lines.push(trailer.line());
    lines
}

fn whole() -> Vec<String> {
    lines(1, Digest::start())
}

fn read(text: &str) -> Result<(Vec<RecordedRevision>, Whole), RecordedError> {
    let mut reader = RecordedReader::open(io::BufReader::with_capacity(11, text.as_bytes()))?;
    let mut revisions = Vec::new();
    while let Some(revision) = reader.next_revision()? {
        revisions.push(revision);
    }
    assert_eq!(reader.bytes(), text.len() as u64);
    Ok((revisions, reader.whole()))
}

fn refused(lines: &[String]) -> String {
    match read(&(lines.join("\n") + "\n")) {
        Ok(_) => panic!("taken: {lines:#?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_was_written_is_read_again() {
    let text = whole().join("\n") + "\n";
    let (revisions, whole) = read(&text).expect("whole");
    let counts: Vec<(u64, usize)> = revisions.iter().map(|one| (one.number.0, one.events.len())).collect();
    assert_eq!(counts, [(1, 2), (2, 1), (3, 3)]);
    assert_eq!(revisions[1].recording, recording("\"王\" 2"));
    assert_eq!(revisions[2].events[2], event("3-3"));
    assert_eq!((whole.revision, whole.events), (Revision(3), 6));
    // Neither white space nor a missing line feed at the end changes what is said.
    let spaced = text.replace("\",\"", "\" , \"").replace('\n', "\r\n");
    assert_eq!(read(spaced.trim_end()).expect("the same").0, revisions);
}

#[test]
fn a_part_begins_where_the_part_before_ended() {
    let (_, before) = read(&(whole().join("\n") + "\n")).expect("whole");
    let part = lines(4, before.digest).join("\n") + "\n";
    let mut reader = RecordedReader::open(part.as_bytes()).expect("a part");
    assert_eq!((reader.header().first, reader.header().follows), (Revision(4), before.digest));
    assert_eq!(reader.next_revision().expect("whole").map(|one| one.number), Some(Revision(4)));
}

#[test]
fn a_file_that_was_cut_short_says_so_and_up_to_where_it_is_whole() {
    let text = whole().join("\n") + "\n";
    let last = text.trim_end().rfind('\n').expect("several lines") + 1;
    for cut in (whole()[0].len() + 1..text.len() - 3).step_by(7) {
        let mut reader = match RecordedReader::open(&text.as_bytes()[..cut]) {
            Ok(reader) => reader,
            Err(error) => panic!("{cut}: {error}"),
        };
        let error = loop {
            match reader.next_revision() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("taken up to {cut}"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, RecordedError::Truncated { .. }), "{cut}: {error}");
        let whole = reader.whole();
        assert!(whole.bytes <= cut as u64 && text.as_bytes()[whole.bytes as usize - 1] == b'\n', "{whole:?}");
        // The last revision is only known to be whole by the line behind it.
        assert!(whole.revision.0 < 3 || cut > last, "{whole:?} at {cut}");
    }
}

#[test]
#[allow(clippy::too_many_lines)] // One table of damages, each with what is said of it.
fn damaged_files_are_refused_with_the_line() {
    let good = whole();
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = good.clone();
        change(&mut lines);
        refused(&lines)
    };
    for (what, said, words) in [
        (
            "reordered",
            changed(&|lines| lines.swap(1, 2)),
            "line 2: revision 1 event 2 follows the start of revision 1: something between them is missing",
        ),
        (
            "reordered later",
            changed(&|lines| lines.swap(4, 5)),
            "line 5: revision 3 event 2 follows revision 2 event 1: something between them is missing",
        ),
        (
            "a duplicate",
            changed(&|lines| {
                let line = lines[4].clone();
                lines.insert(5, line);
            }),
            "line 6: revision 3 event 1 stands behind revision 3 event 1: it is there twice",
        ),
        (
            "an older one again",
            changed(&|lines| {
                let line = lines[1].clone();
                lines.insert(5, line);
            }),
            "line 6: revision 1 event 1 stands behind revision 3 event 1",
        ),
        (
            "a gap",
            changed(&|lines| {
                lines.remove(3);
            }),
            "line 4: revision 3 event 1 follows revision 1 event 2: something between them is missing",
        ),
        (
            "a gap at the end",
            changed(&|lines| {
                lines.remove(6);
            }),
            "line 7: the file has 5 events, and its last line says 6",
        ),
        (
            "a revision lost at the end",
            changed(&|lines| {
                lines.drain(4..7);
            }),
            "line 5: the file ends at revision 2, its first line says 3",
        ),
        (
            "edited",
            changed(&|lines| lines[2] = lines[2].replace("1-2", "1-X")),
            "line 8: the events have the digest",
        ),
        (
            "another sender",
            changed(&|lines| lines[3] = lines[3].replace("王", "李")),
            "line 8: the events have the digest",
        ),
        (
            "two senders in a revision",
            changed(&|lines| lines[2] = lines[2].replace("王", "李")),
            "line 3: revision 1 event 2 was recorded otherwise",
        ),
        (
            "more behind the end",
            changed(&|lines| {
                let line = lines[1].clone();
                lines.push(line);
            }),
            "line 9: there is more behind",
        ),
        (
            "no recording",
            changed(&|lines| lines[1] = r#"{"type":"operator","code":"A"}"#.to_owned()),
            "line 2: the event has no \"recorded\"",
        ),
        (
            "an unknown field",
            changed(&|lines| lines[1] = lines[1].replacen("\"code\"", "\"color\":1,\"code\"", 1)),
            "line 2: ",
        ),
        (
            "plain events",
            changed(&|lines| {
                lines.remove(0);
            }),
            "line 1: the file does not begin as a ledger with recordings does",
        ),
        (
            "a newer form",
            changed(&|lines| lines[0] = lines[0].replace("\"version\":1", "\"version\":2")),
            "version 2 of its form, written by a newer lotgraph",
        ),
        (
            "a first part that follows something",
            changed(&|lines| {
                lines[0] = lines[0].replace("follows\":\"", "follows\":\"0").replacen(
                    "0\",\"format",
                    "\",\"format",
                    1,
                )
            }),
            "line 1: ",
        ),
        ("nothing", refused(&[]), "line 1: "),
    ] {
        assert!(said.contains(words), "{what}: {said}");
    }
}

#[test]
fn import_says_that_recordings_are_for_restore() {
    for line in whole() {
        let value = json::parse(line.as_bytes()).expect("JSON");
        let problems = event::parse(&value).expect_err("no plain event");
        assert_eq!(problems[0].code, lotgraph_domain::ErrorCode::RecordingUnexpected, "{line}");
        assert_eq!(problems.len(), 1);
    }
}
