//! The ledger with its recordings, one line for each event: the form of backups (docs/EVENTS.md, "With recordings").
//!
//! The first line says whose ledger it is and from which revision to which; each further line is an event with its
//! place, its time and its sender beside it; the last line counts and proves them. So a file that is cut short,
//! reordered, has a gap or was edited is recognised, and any part of a ledger can follow the part before it.

mod digest;
mod reader;

use serde::{Deserialize, Serialize};

use super::canonical;
use lotgraph_domain::{ErrorCode, LedgerPosition, Problem, Recording, Revision};
use serde_json::{Map, Value};

pub use digest::{Digest, DigestError};
pub use reader::{RecordedError, RecordedReader, Whole};

/// The name of the form, in its first line.
pub const FORMAT: &str = "lotgraph-ledger";
/// The version of the form that this program writes, and the only one that it reads.
pub const VERSION: u32 = 1;

/// The member that holds where and how an event was recorded, beside the members of the event.
const RECORDED: &str = "recorded";
/// The one member of the first line.
const HEADER: &str = "ledger";
/// The one member of the last line.
const TRAILER: &str = "end";

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Always [`FORMAT`].
    pub format: String,
    /// The version of the form.
    pub version: u32,
    /// The identity of the ledger that was written.
    pub identity: String,
    /// The first revision in it.
    pub first: Revision,
    /// The last revision in it; one less than the first when it holds none.
    pub last: Revision,
    /// The digest of everything before the first revision.
    pub follows: Digest,
    /// The version of lotgraph that wrote it.
    pub lotgraph: String,
}

impl Header {
    /// The first line of a file with these revisions, written by this version of lotgraph.
    #[must_use]
    pub fn new(identity: String, first: Revision, last: Revision, follows: Digest) -> Self {
        let lotgraph = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT.to_owned(), version: VERSION, identity, first, last, follows, lotgraph }
    }

    /// The line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::json!({ HEADER: self }).to_string()
    }
}

/// What the last line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trailer {
    /// How many events the file holds.
    pub events: u64,
    /// The last revision, as in the header.
    pub last: Revision,
    /// The digest of the ledger from its beginning to here.
    pub digest: Digest,
}

impl Trailer {
    /// The line, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::json!({ TRAILER: self }).to_string()
    }
}

/// An event with its place and recording as one line of JSON, without its end. The digest is over these bytes.
#[must_use]
pub fn line(position: LedgerPosition, recording: &Recording, event: &lotgraph_domain::Event) -> String {
    let event = canonical::line(event);
    let quoted = |text: &str| Value::from(text).to_string();
    // The event's own members follow: its canonical line without the brace that opens it.
    format!(
        "{{\"{RECORDED}\":{{\"revision\":{},\"index\":{},\"at\":\"{}\",\"actor\":{},\"source\":{}}},{}",
        position.revision,
        position.index,
        recording.recorded_at,
        quoted(recording.actor.as_str()),
        quoted(recording.source.as_str()),
        &event[1..]
    )
}

/// Why an object of an export with recordings is no event to be judged and recorded anew; nothing for plain events.
#[must_use]
pub fn refusal(object: &Map<String, Value>) -> Option<Problem> {
    let of_history = object.contains_key(RECORDED)
        || (!object.contains_key("type") && (object.contains_key(HEADER) || object.contains_key(TRAILER)));
    of_history.then(|| {
        let message = "the line belongs to an export with recordings; lotgraph restore takes it over as it was \
                       recorded, and an export without recordings can be imported";
        Problem::new(ErrorCode::RecordingUnexpected, RECORDED, message)
    })
}
