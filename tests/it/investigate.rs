//! docs/INVESTIGATE.md as a test: its commands are run, in order, and must print what the page shows.
//!
//! The lines of a block `sh` are commands (but `cargo …`, done before); the block `text` behind it is what they print.
//! A line `…` there stands for any lines, a `…` inside a line for any characters. `UPDATE_EXPECT=1` writes the page's
//! blocks anew, where what they show no longer fits; look at the difference before you commit it.

use std::path::{Path, PathBuf};
use std::process::Command;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/INVESTIGATE.md")
}

/// Runs a line of the page in a folder; what it prints, to both streams.
fn run(line: &str, folder: &Path) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_lotgraph")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let output =
        Command::new("sh").arg("-c").arg(line).current_dir(folder).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Whether a line is as shown; `…` stands for any characters.
fn line_fits(shown: &str, printed: &str) -> bool {
    let mut rest = printed;
    let mut parts = shown.split('…');
    let Some(after) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = after;
    let parts: Vec<&str> = parts.collect();
    for (number, part) in parts.iter().enumerate() {
        if number + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// Whether lines are as shown; a line `…` stands for any lines.
fn fits(shown: &[&str], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&"…", rest)) => (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..])),
        Some((first, rest)) => {
            printed.split_first().is_some_and(|(line, more)| line_fits(first, line) && fits(rest, more))
        }
    }
}

#[test]
fn ellipses_stand_for_what_may_differ() {
    assert!(fits(&["a", "…", "d"], &["a", "b", "c", "d"]) && fits(&["…"], &[]));
    assert!(!fits(&["a", "…", "d"], &["a", "b"]) && !fits(&["a"], &["a", "b"]));
    assert!(line_fits("took … ms, … lots", "took 12 ms, 3 lots") && !line_fits("took … ms", "took 12 s"));
}

#[test]
fn the_investigation_goes_as_the_page_says() {
    let text = std::fs::read_to_string(page()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut anew, mut printed, mut wrong) = (String::new(), None::<String>, Vec::new());
    let mut commands = 0;
    for (number, part) in text.split("```").enumerate() {
        let mut part = part.to_owned();
        if number % 2 == 1 {
            if let Some(lines) = part.strip_prefix("sh\n") {
                let lines: Vec<&str> = lines.lines().filter(|line| !line.starts_with("cargo ")).collect();
                commands += lines.len();
                printed = Some(lines.iter().map(|line| run(line, folder.path())).collect());
            } else if let Some(shown) = part.strip_prefix("text\n") {
                let got = printed.take().expect("a block of text follows a block of commands");
                let lines: Vec<&str> = got.trim_end().lines().map(str::trim_end).collect();
                if !fits(&shown.trim_end().lines().collect::<Vec<&str>>(), &lines) {
                    wrong.push(format!("the page shows:\n{shown}\nbut this is printed:\n{got}"));
                    part = format!("text\n{}\n", lines.join("\n"));
                }
            }
        }
        anew.push_str(if number > 0 { "```" } else { "" });
        anew.push_str(&part);
    }
    if crate::support::update_expected() {
        std::fs::write(page(), anew).unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(commands >= 5, "{commands} commands");
}
