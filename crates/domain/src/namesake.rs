//! Lots that go by the same name: ids that look alike, and numbers that several lots may bear.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::identifier::{LotId, Text};
use super::likeness::Likeness;
use super::names::names;

/// The most lots that are named as bearers of one name; how many there are is always told.
pub const NAMESAKES_MAX: usize = 10;

/// A name that lots may have besides their id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LotName {
    /// Their id looks like this.
    Alike(Likeness),
    /// It is the number printed on them, or the supplier's number for them.
    Numbered(Text),
}

impl LotName {
    /// The number that an id would be if it is none.
    #[must_use]
    pub fn numbered(id: &LotId) -> Self {
        Self::Numbered(id.to_text())
    }
}

/// The lots that a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namesakes {
    /// The first of them by id, at most [`NAMESAKES_MAX`].
    pub lots: Vec<LotId>,
    /// How many there are.
    pub count: u64,
}

impl Namesakes {
    /// Takes the next lot, in the order of ids.
    pub fn push(&mut self, lot: LotId) {
        self.count += 1;
        if self.lots.len() < NAMESAKES_MAX {
            self.lots.push(lot);
        }
    }

    /// These and the lots of another store, each once. When neither names all of its lots, one that both have may count twice.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let beyond = self.beyond() + other.beyond();
        let all: BTreeSet<LotId> = self.lots.into_iter().chain(other.lots).collect();
        let mut both = Self::default();
        all.into_iter().for_each(|lot| both.push(lot));
        both.count += beyond;
        both
    }

    /// How many there are besides those named.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.count.saturating_sub(self.lots.len() as u64)
    }

    /// The lots in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut named: Vec<&str> = self.lots.iter().map(LotId::as_str).collect();
        let more = self.beyond();
        if more > 0 {
            return format!("{} and {more} more", named.join(", "));
        }
        match named.pop() {
            None => "none".to_owned(),
            Some(last) if named.is_empty() => last.to_owned(),
            Some(last) => format!("{} and {last}", named.join(", ")),
        }
    }
}

names! {
    /// What becomes of a number that stands where an event draws from a lot, works on it or holds it, and is no lot's id.
    pub enum NumberPolicy {
        /// The event is refused with the lots that bear the number, unless it says `resolve`.
        Strict "strict",
        /// The one lot that bears the number is taken; when several do, the event is refused.
        Resolve "resolve",
        /// A new lot is made, with a warning.
        Create "create",
    }
}

/// A number that was taken for a lot when an event was recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resolved {
    /// The number that was sent.
    pub number: LotId,
    /// The lot that it was taken for.
    pub lot: LotId,
}
