//! A real tablet plant: the commands of docs/ROOT_CAUSE.md give the answers that stand below them.

use std::path::Path;
use std::process::Command;

use crate::support::data::{TABLET_PLANT, shared_data};

/// Blocks of the page whose first lines are commands, each with the answer behind it.
fn examples(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|block| {
            let is_command = |line: &&str| line.starts_with("$ ") || line.starts_with("> ");
            let commands: Vec<&str> = block.lines().take_while(is_command).map(|line| &line[2..]).collect();
            let answer: Vec<&str> = block.lines().skip(commands.len()).collect();
            (commands.join("\n"), answer.join("\n"))
        })
        .collect()
}

/// Lines without what an abridged answer leaves out: the page says `…` in their place.
fn assert_answer(command: &str, expected: &str, got: &str) {
    let mut lines = got.lines();
    for wanted in expected.lines() {
        if wanted == "…" {
            continue;
        }
        assert!(
            lines.any(|line| line.trim_end() == wanted.trim_end()),
            "{command}\nlacks {wanted:?}:\n{got}"
        );
    }
    let abridged = expected.lines().any(|line| line == "…");
    assert!(abridged || got.lines().count() == expected.lines().count(), "{command}\n{got}");
}

#[test]
fn low_dissolution_answers_as_the_page_says() {
    let Some(data) = shared_data("pharma-batches", TABLET_PLANT) else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/ROOT_CAUSE.md")).unwrap();
    let examples = examples(&page);
    assert!(examples.len() == 5, "{} commands found", examples.len());
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_lotgraph")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for (command, expected) in examples {
        let done = Command::new("bash")
            .args(["-o", "pipefail", "-c", &command])
            .current_dir(root)
            .env("PATH", &path)
            .env("D", &data)
            .env("LOTGRAPH__STORE", format!("sqlite:{}", folder.path().join("pharma.sqlite").display()))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command}\n{said}");
        assert_answer(&command, &expected, &format!("{said}{}", String::from_utf8_lossy(&done.stdout)));
    }
}
