//! One thing wrong with an input: its code, where, and what to do, in words.

use super::alert::Obstacle;
use super::code::ErrorCode;
use super::identifier::{EventId, LotId};

/// Something wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The public code.
    pub code: ErrorCode,
    /// What is wrong and what to do, in a sentence without a full stop.
    pub message: String,
    /// Where inside the event, like `inputs[0].quantity`; empty for the event as a whole.
    pub path: String,
    /// The lot that must stay where it is, when that is what is wrong.
    pub blocked: Option<Box<Blocked>>,
}

/// Why an operation may not draw from a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The lot.
    pub lot: LotId,
    /// Why.
    pub obstacle: Obstacle,
    /// The hold that forbids it, when a hold does.
    pub hold: Option<EventId>,
}

impl Problem {
    /// A problem at a path.
    #[must_use]
    pub fn new(code: ErrorCode, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), path: path.into(), blocked: None }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            write!(formatter, "{}: {}", self.code, self.message)
        } else {
            write!(formatter, "{} at {}: {}", self.code, self.path, self.message)
        }
    }
}
