//! The container files: every variable that they set is a setting, and compose names what it uses.

use std::collections::BTreeSet;
use std::path::Path;

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// `LOTGRAPH__SECTION__KEY` in a text, as keys of the settings.
fn keys(text: &str) -> BTreeSet<String> {
    let names = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    let keys = names.filter_map(|name| name.strip_prefix("LOTGRAPH__"));
    keys.map(|name| name.to_lowercase().replace("__", ".")).collect()
}

#[test]
fn the_container_sets_nothing_but_settings() {
    let defaults: toml::Table = file("crates/cli/src/settings/default.toml").parse().unwrap();
    let known = |key: &str| match key.split_once('.') {
        None => defaults.contains_key(key),
        Some((section, key)) => defaults[section].as_table().unwrap().contains_key(key),
    };
    for name in ["Dockerfile", "docker-compose.yml"] {
        let keys = keys(&file(name));
        assert!(keys.len() >= 2, "{name} sets {keys:?}");
        let unknown: Vec<&String> = keys.iter().filter(|key| !known(key)).collect();
        assert!(unknown.is_empty(), "{name} sets {unknown:?}, which are no settings");
    }
}

#[test]
fn the_image_is_built_from_folders_that_are_there() {
    let dockerfile = file("Dockerfile");
    let copies = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|rest| !rest.starts_with("--"));
    for copy in copies {
        let sources: Vec<&str> = copy.split_whitespace().collect();
        for source in &sources[..sources.len() - 1] {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(source).exists(), "{source} of {copy:?}");
        }
    }
    // The toolchain of the image is the one that the project is built with.
    let toolchain: toml::Table = file("rust-toolchain.toml").parse().unwrap();
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap();
    assert!(dockerfile.contains(&format!("FROM rust:{channel}")), "rust-toolchain.toml says {channel}");
}
