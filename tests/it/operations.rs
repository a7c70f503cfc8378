//! docs/OPERATIONS.md as a test: its commands are run, in order, on SQLite and on Neo4j.
//!
//! Blocks `sh` are run on both, with the store's name put in; blocks `sh neo4j` on Neo4j alone, each with an emptied
//! database. While the section on backups is run a server is running. A command that fails must be one of those that
//! the page says may.

use std::path::Path;

use crate::support::histories::{file, golden};
use crate::support::process::Server;
use crate::support::stores::{Fresh, empty, neo4j};

/// The store that the page names, and the address that it leaves open.
const STORE: &str = "sqlite:lotgraph.sqlite";
const ADDRESS: &str = "neo4j://HOST:PORT";

/// A block of the page: under which heading it stands, for which store it is, and its commands.
struct Block {
    heading: String,
    neo4j: bool,
    commands: Vec<String>,
}

fn blocks() -> Vec<Block> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md");
    let text = std::fs::read_to_string(page).unwrap();
    let (mut blocks, mut heading) = (Vec::new(), String::new());
    for (number, part) in text.split("```").enumerate() {
        if number % 2 == 0 {
            if let Some(last) = part.lines().rfind(|line| line.starts_with("## ")) {
                last["## ".len()..].clone_into(&mut heading);
            }
            continue;
        }
        let (kind, commands) = part.split_once('\n').unwrap();
        assert!(["sh", "sh neo4j"].contains(&kind), "a block of kind {kind:?}");
        let commands = commands.lines().map(str::to_owned).collect();
        blocks.push(Block { heading: heading.clone(), neo4j: kind == "sh neo4j", commands });
    }
    blocks
}

/// Runs a command of the page; what it printed.
fn run(folder: &Path, line: &str) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_lotgraph")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = std::process::Command::new("sh");
    let output = shell.arg("-c").arg(line).current_dir(folder).env("PATH", path).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{line}\n{said}");
    said
}

/// Every command, with the store named otherwise; how many there were.
async fn all_commands(folder: &Path, store: &str, database: Option<&Fresh>) -> usize {
    file(folder, "tuesday.ndjson", "{\"type\":\"operator\",\"code\":\"OP-1\",\"name\":\"Ada\"}\n");
    let mut server = None;
    let (mut count, mut last) = (0, String::new());
    for block in blocks() {
        if block.neo4j {
            let Some(database) = database else { continue };
            empty(&database.uri).await;
        }
        // One process at a time may write to a SQLite file: what imports while the server runs would go to the server.
        let serving =
            block.heading == "Back up" && !block.commands.iter().any(|line| line.contains(" import "));
        match (serving, server.is_some()) {
            (true, false) => {
                server = Some(Server::start(folder, &["--store", store, "--cache", "none"]).await)
            }
            (false, true) => {
                let stopped: Server = server.take().unwrap();
                assert!(stopped.terminate().await.success());
            }
            _ => {}
        }
        for line in &block.commands {
            let mut line = line.replace(STORE, store);
            if let Some(database) = database {
                line = line.replace(ADDRESS, &database.uri);
            }
            // The revision that the backup before it printed.
            line = line.replace("--since 120", &format!("--since {last}"));
            let folder = folder.to_owned();
            let said = tokio::task::spawn_blocking(move || run(&folder, &line)).await.unwrap();
            if let Some((_, rest)) = said.split_once("revisions 1 to ") {
                rest.split(' ').next().unwrap().clone_into(&mut last);
            }
            count += 1;
        }
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_page_works_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    drop(golden(folder.path()).await);
    std::fs::rename(folder.path().join("golden.sqlite"), folder.path().join("lotgraph.sqlite")).unwrap();
    assert!(all_commands(folder.path(), STORE, None).await >= 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_page_works_on_neo4j() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = neo4j().await;
    let source = golden(folder.path()).await;
    lotgraph::service::copy::copy(
        &crate::support::events::tester(),
        source.as_ref(),
        fresh.store.as_ref(),
        &mut |_| {},
    )
    .await
    .unwrap();
    assert!(all_commands(folder.path(), &fresh.uri, Some(&fresh)).await >= 15);
}
