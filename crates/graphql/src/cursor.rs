//! Opaque cursors: a place in one answer, bound to its question and, for a trace, to its revision.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use lotgraph_domain::ErrorCode;
use lotgraph_service::query::{EdgeKey, FindKey, Revision};
use lotgraph_service::{ServiceError, ServiceResult};

/// The layout of a cursor; another one is refused.
const VERSION: u8 = 1;

/// A place in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Behind this many items of a trace at a revision.
    Trace(Revision, u32),
    /// Behind this many items of a list inside one node.
    Item(u32),
    /// Behind this node.
    Node(FindKey),
    /// Behind this link of a lot.
    Edge(EdgeKey),
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    version: u8,
    question: u64,
    place: Place,
}

/// What a cursor belongs to: the field with its arguments, without `first` and `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope(u64);

impl Scope {
    /// The scope of a field with arguments, given by their debug text.
    #[must_use]
    pub fn new(field: &str, arguments: &impl std::fmt::Debug) -> Self {
        Self(xxh3_64(format!("{field} {arguments:?}").as_bytes()))
    }

    /// The scope of one list inside this one.
    #[must_use]
    pub fn list(self, name: &str) -> Self {
        Self::new(name, &self.0)
    }

    /// The cursor of a place.
    #[must_use]
    pub fn encode(self, place: Place) -> String {
        let cursor = Cursor { version: VERSION, question: self.0, place };
        let bytes = postcard::to_stdvec(&cursor).unwrap_or_else(|error| unreachable!("plain data: {error}"));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place of a cursor that this scope gave out.
    ///
    /// # Errors
    /// `CURSOR_MALFORMED` for anything else.
    pub fn decode(self, cursor: &str) -> ServiceResult<Place> {
        read(cursor)
            .filter(|cursor| cursor.question == self.0)
            .map(|cursor| cursor.place)
            .ok_or_else(malformed)
    }
}

/// The revision that a trace's cursor is bound to; `None` for anything else.
#[must_use]
pub fn trace_revision(cursor: &str) -> Option<Revision> {
    match read(cursor)?.place {
        Place::Trace(revision, _) => Some(revision),
        Place::Item(_) | Place::Node(_) | Place::Edge(_) => None,
    }
}

fn read(cursor: &str) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (cursor, rest) = postcard::take_from_bytes::<Cursor>(&bytes).ok()?;
    (rest.is_empty() && cursor.version == VERSION).then_some(cursor)
}

/// The refusal of a cursor that does not belong here.
#[must_use]
pub fn malformed() -> ServiceError {
    let message = format!("after is not a cursor of this question; {}", ErrorCode::CursorMalformed.remedy());
    ServiceError::new(ErrorCode::CursorMalformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_belong_to_one_question() {
        let scope = Scope::new("lots", &("A", 1));
        let cursor = scope.encode(Place::Trace(Revision(7), 100));
        assert_eq!(scope.decode(&cursor).expect("its own cursor"), Place::Trace(Revision(7), 100));
        assert_eq!(trace_revision(&cursor), Some(Revision(7)));
        assert!(Scope::new("lots", &("B", 1)).decode(&cursor).is_err());
        for text in ["", "!", "AAAA", "100", "=", "\u{0}", &format!("{cursor}AA")] {
            let error = scope.decode(text).expect_err("not a cursor");
            assert_eq!(error.code, ErrorCode::CursorMalformed, "{text:?}");
        }
    }
}
