//! The problems of one event as they are found: so many are told, the others are counted.

use std::fmt::{self, Write as _};

use lotgraph_domain::{ErrorCode, Problem};

/// Problems told of one event; what is beyond is counted in a last one.
pub const EVENT_PROBLEMS_MAX: usize = 100;

/// Characters of a text of the sender that a message or a path repeats.
const SHOWN_MAX: usize = 100;

/// What is wrong with one event.
#[derive(Debug, Default)]
pub struct Problems {
    told: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Adds a problem; beyond [`EVENT_PROBLEMS_MAX`] it is counted only.
    pub fn push(&mut self, problem: Problem) {
        if self.told.len() < EVENT_PROBLEMS_MAX {
            self.told.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// How many were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.told.len() + self.more
    }

    /// Whether none was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The problems that are told, and how many more there are.
    #[must_use]
    pub fn into_told(self) -> Vec<Problem> {
        let Self { mut told, more } = self;
        told.extend(not_told(more));
        told
    }
}

/// Says how many more problems there are; nothing when there are none.
#[must_use]
pub fn not_told(more: usize) -> Option<Problem> {
    (more > 0).then(|| Problem::new(ErrorCode::ProblemsMore, "", format!("and {more} more problems")))
}

/// A text of the sender in quotes, as messages repeat it: of a long one the beginning.
///
/// A message must not be larger than what it is about, and characters that nobody sees take ten times their room in quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

/// A name of the sender in a path, without quotes: of a long one the beginning.
#[must_use]
pub fn named(name: &str) -> String {
    match name.char_indices().nth(SHOWN_MAX) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

/// A JSON value as messages repeat it: of a long one the beginning.
#[must_use]
pub fn shown(value: &serde_json::Value) -> String {
    let mut text = Beginning(String::new());
    // An error says that the beginning is full.
    match write!(text, "{value}") {
        Ok(()) => text.0,
        Err(fmt::Error) => text.0 + "…",
    }
}

/// Takes the beginning of what is written, and then no more.
struct Beginning(String);

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = SHOWN_MAX.saturating_sub(self.0.chars().count());
        match text.char_indices().nth(room) {
            None => {
                self.0.push_str(text);
                Ok(())
            }
            Some((end, _)) => {
                self.0.push_str(&text[..end]);
                Err(fmt::Error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_told_and_the_others_counted() {
        let mut problems = Problems::default();
        for n in 0..10_090 {
            problems.push(Problem::new(ErrorCode::FieldMissing, format!("[{n}]"), "missing"));
        }
        assert_eq!(problems.len(), 10_090);
        let told = problems.into_told();
        assert_eq!(told.len(), EVENT_PROBLEMS_MAX + 1);
        assert_eq!(told[EVENT_PROBLEMS_MAX].message, "and 9990 more problems");
    }

    #[test]
    fn messages_repeat_the_beginning_of_a_long_text() {
        assert_eq!(quoted("a\u{7}"), "\"a\\u{7}\"");
        assert_eq!(quoted(&"批".repeat(101)), format!("\"{}\"…", "批".repeat(100)));
        assert_eq!(named(&"批".repeat(101)), format!("{}…", "批".repeat(100)));
        assert_eq!(shown(&serde_json::json!(["a", 1])), r#"["a",1]"#);
        let long = serde_json::json!([vec!["x"; 1_000]]);
        assert_eq!(shown(&long).chars().count(), 101);
    }
}
