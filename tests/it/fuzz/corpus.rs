//! Valid inputs, from the documents and examples that users read.

use std::path::Path;

/// A file of the repository.
pub fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of a language in a document.
pub fn blocks(path: &str, language: &str) -> Vec<String> {
    let page = file(path);
    let start = format!("```{language}\n");
    let parts = page.split(&start).skip(1);
    parts.filter_map(|part| part.split("```").next()).map(str::to_owned).collect()
}

/// Events, one a text: every example of docs/EVENTS.md, and some with attributes that need care.
pub fn events() -> Vec<Vec<u8>> {
    let blocks = blocks("docs/EVENTS.md", "json");
    let mut events: Vec<Vec<u8>> =
        blocks.iter().flat_map(|block| block.lines()).map(|line| line.as_bytes().to_vec()).collect();
    assert!(events.len() > 20, "docs/EVENTS.md lost its examples");
    events.push("{\"type\":\"receive\",\"at\":\"2026-01-02T00:00:00Z\",\"outputs\":[{\"lot\":\"N\",\"attributes\":{\"\u{20bb7}\":\"\\\"\\\\\",\"\u{fb33}\":1.5}}],\"attributes\":{\"\u{ff5a}\":true,\"\\ud83d\\ude00\":\"2\"}}".into());
    events
}
