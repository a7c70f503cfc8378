//! `lotgraph generate` as a program.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lotgraph::generate::PlantRequest;

use super::bytes;

fn generate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotgraph"));
    command.arg("generate").args(arguments);
    command
}

#[test]
fn it_writes_the_plant_to_standard_output_or_a_file() {
    let expected = bytes(PlantRequest::Process { lots: 400, seed: 3 });
    let arguments = ["--plant", "process", "--lots", "400", "--seed", "3"];
    let printed = generate(&arguments).output().unwrap();
    assert!(printed.status.success());
    assert!(printed.stdout == expected, "standard output differs");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plant.ndjson");
    let written = generate(&arguments).arg("--output").arg(&file).output().unwrap();
    assert!(written.status.success() && written.stdout.is_empty());
    assert!(std::fs::read(&file).unwrap() == expected, "the file differs");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let arguments = ["--plant", "assembly", "--lots", "50000"];
    let mut child = generate(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with('{'));
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn impossible_sizes_and_files_are_refused() {
    for arguments in [
        &["--plant", "assembly", "--lots", "0"][..],
        &["--plant", "ladder", "--rungs", "0"],
        &["--plant", "brewery"],
        &[],
        &["--plant", "ladder", "--output", "/"],
    ] {
        let refused = generate(arguments).output().unwrap();
        assert!(!refused.status.success() && refused.stdout.is_empty(), "{arguments:?}");
        assert!(!refused.stderr.is_empty(), "{arguments:?} says why");
    }
}
