//! The Cypher files: registered, honest about their parameters, accepted by a real server, and planned as intended;
//! and what only the Neo4j store does.

mod lost;
mod plans;
mod store;

use std::collections::BTreeSet;
use std::path::Path;

use lotgraph::store::Ledger;
use lotgraph::store::neo4j::{Neo4jOptions, Neo4jStore, Statement, statements};

use super::support::servers;

/// A store on an empty, prepared database.
async fn empty_store(uri: &str) -> Neo4jStore {
    let wipe = servers::explain().replace("/explain", "/wipe");
    let answer = reqwest::Client::new().post(wipe).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    let store = connect(uri).await;
    store.prepare().await.unwrap();
    store
}

async fn connect(uri: &str) -> Neo4jStore {
    Neo4jStore::connect(&Neo4jOptions { uri: uri.to_owned(), ..Neo4jOptions::default() }).await.unwrap()
}

/// The files under `cypher/`, by the name the registry gives them.
fn files() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cypher");
    let mut names = BTreeSet::new();
    for folder in ["schema", "write", "read"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = file.strip_suffix(".cypher").unwrap_or_else(|| panic!("{file} is not Cypher"));
            names.insert(format!("{folder}/{name}"));
        }
    }
    names
}

/// The parameters that the code of a statement uses.
fn used(statement: &Statement) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for line in statement.text.lines().filter(|line| !line.starts_with("//")) {
        for part in line.split('$').skip(1) {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
            // `$(row.kind)` is a dynamic label, not a parameter.
            if end > 0 {
                names.insert(&part[..end]);
            }
        }
    }
    names
}

#[test]
fn every_file_is_registered_once_and_every_statement_has_its_file() {
    let names: Vec<String> = statements().iter().map(|statement| statement.name.to_owned()).collect();
    let registered: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(registered.len(), names.len(), "a statement is registered twice");
    assert_eq!(registered, files());
}

#[test]
fn declared_parameters_are_the_used_ones() {
    for statement in statements() {
        let declared: BTreeSet<&str> = statement.declared().collect();
        assert_eq!(declared, used(statement), "{}", statement.name);
    }
}

#[test]
fn every_file_says_what_it_does_what_it_returns_and_why() {
    for statement in statements() {
        let header: Vec<&str> = statement.text.lines().take_while(|line| line.starts_with("//")).collect();
        let name = statement.name;
        assert!(header.first().is_some_and(|line| line.ends_with('.')), "{name}: no purpose");
        assert!(header.iter().any(|line| line.starts_with("// Returns: ")), "{name}: no returns");
        assert!(header.iter().any(|line| line.starts_with("// Why: ")), "{name}: no why");
        assert!(header.iter().all(|line| line.chars().count() <= 130), "{name}: a long line");
    }
}
