//! Fuzzing of the cursors that clients hand back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lotgraph::graphql::code_of;
use serde_json::{Value, json};

use super::graphql::Api;
use super::{Allowed, Target, ensure, linear};

/// What answers allocate, cursors aside.
const CURSOR: Allowed = Allowed { fixed: 256 << 10, per_byte: 100 };

const WORDS: &[&str] =
    &["\u{0}", "\u{1}", "\u{2}", "\u{7f}", "\u{80}", "A", "lot", "\t", " ", "\u{ff5a}", "\u{10ffff}"];

/// A question for each kind of place that a cursor can hold, and where its answer has the cursor.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "query($after: String) { lots(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } }",
        "/lots",
    ),
    (
        "query($after: String) { operations(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } }",
        "/operations",
    ),
    (
        "query($after: String) { alerts(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }",
        "/alerts",
    ),
    (
        "query($after: String) { lot(id: \"PAST-1\") { links(first: 1, after: $after) { nodes { role } pageInfo { endCursor } } } }",
        "/lot/links",
    ),
    (
        "query($after: String) { operation(id: \"O-2\") { inputs(first: 1, after: $after) { nodes { lot { id } } pageInfo { endCursor } } } }",
        "/operation/inputs",
    ),
    (
        "query($after: String) { trace(input: { lots: [\"MILK-1\"], direction: FORWARD }) { lots(first: 2, after: $after) { nodes { depth } pageInfo { endCursor } } } }",
        "/trace/lots",
    ),
];

/// For each question its number, and the bytes inside its cursor: damaging the text would hardly ever give a cursor again.
fn corpus(api: &Api) -> Vec<Vec<u8>> {
    let cursors = QUESTIONS.iter().zip(0_u8..).map(|((query, place), number)| {
        let response = api.ask(query, json!({})).unwrap();
        let data = response.data.into_json().unwrap();
        let cursor =
            data.pointer(place).and_then(|page| page.pointer("/pageInfo/endCursor")).and_then(Value::as_str);
        let cursor = cursor.unwrap_or_else(|| panic!("{query}: {data}"));
        [&[number], &*URL_SAFE_NO_PAD.decode(cursor).unwrap()].concat()
    });
    cursors.collect()
}

#[test]
fn cursors_are_read_or_refused() {
    let api = Api::new();
    let corpus = corpus(&api);
    for input in &corpus {
        let (query, _) = QUESTIONS[input[0] as usize];
        let response = api.ask(query, json!({ "after": URL_SAFE_NO_PAD.encode(&input[1..]) })).unwrap();
        assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
    }
    Target { name: "cursors", corpus, words: WORDS, property: &|input| cursor(&api, input) }.run();
}

/// The bytes are tried as the inside of a cursor, and as its text.
fn cursor(api: &Api, input: &[u8]) -> Result<(), String> {
    let (number, bytes) = input.split_first().unwrap_or((&0, &[]));
    let (query, _) = QUESTIONS[usize::from(*number) % QUESTIONS.len()];
    for text in [URL_SAFE_NO_PAD.encode(bytes), String::from_utf8_lossy(bytes).into_owned()] {
        let response = linear(text.len(), &CURSOR, || api.ask(query, json!({ "after": text })))??;
        for error in &response.errors {
            let code = code_of(error).map(|code| code.name());
            ensure(matches!(code, Some("CURSOR_MALFORMED" | "CURSOR_STALE")), || {
                format!("{query} after {text:?}: {error:?}")
            })?;
        }
    }
    Ok(())
}
