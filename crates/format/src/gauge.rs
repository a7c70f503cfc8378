//! Measures what JSON values take while they are read, so that reading stops to keep what is beyond the bounds.

use std::cell::{Cell, RefCell};

use super::json::Bounds;
use lotgraph_domain::{ErrorCode, Problem};

/// What a value takes in a list: its own 32 bytes, and what a list that grows by doubling has in reserve.
pub(super) const ITEM_BYTES: usize = 48;
/// Fields after which an object needs another node: nodes have room for 11 and may be half full.
pub(super) const NODE_FIELDS: usize = 6;
/// What a node of an object takes.
pub(super) const NODE_BYTES: usize = 640;
/// What each text takes beside its bytes.
const TEXT_BYTES: usize = 16;
/// About what an object becomes in an event: a link, a parameter, the event itself.
const PART_BYTES: usize = 160;

/// Measures one value, or several one after the other.
#[derive(Debug)]
pub(super) struct Gauge {
    pub(super) bounds: Bounds,
    /// Whether a number became a binary fraction.
    pub(super) inexact: Cell<bool>,
    memory: Cell<usize>,
    /// About what the value takes as an event.
    kept: Cell<usize>,
    depth: Cell<usize>,
    skipped: RefCell<Option<Skipped>>,
}

/// The first thing that was skipped.
#[derive(Debug)]
struct Skipped {
    code: ErrorCode,
    message: String,
    /// Where it stands inside the value at `depth`.
    path: String,
    depth: usize,
}

impl Gauge {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            inexact: Cell::new(false),
            memory: Cell::new(0),
            kept: Cell::new(0),
            depth: Cell::new(0),
            skipped: RefCell::new(None),
        }
    }

    /// Forgets the value before, even one that was not read to its end.
    pub(super) fn begin(&self) {
        self.inexact.set(false);
        self.memory.set(0);
        self.kept.set(0);
        self.depth.set(0);
        self.skipped.take();
    }

    /// A value inside the one before begins.
    pub(super) fn enter(&self) {
        self.depth.set(self.depth.get() + 1);
    }

    /// The value is an object.
    pub(super) fn part(&self) {
        self.kept.set(self.kept.get().saturating_add(PART_BYTES));
    }

    /// The value is a text of so many bytes; false when it must not be taken.
    pub(super) fn text(&self, bytes: usize) -> bool {
        self.kept.set(self.kept.get().saturating_add(bytes + TEXT_BYTES));
        self.take(bytes)
    }

    /// It ends.
    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Adds bytes of memory; false when that is more than allowed, so that they must not be taken.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let memory = self.memory.get().saturating_add(bytes + TEXT_BYTES);
        if memory <= self.bounds.memory_max {
            self.memory.set(memory);
            return true;
        }
        let message = format!(
            "the parts of the event take more than {} bytes of memory; split the event",
            self.bounds.memory_max
        );
        self.skip(message);
        false
    }

    /// A list has so many items, more than are kept.
    pub(super) fn too_many(&self, count: usize) {
        let max = self.bounds.items_max;
        self.skip(format!("the list has {count} items, at most {max} are allowed; split the event"));
    }

    fn skip(&self, message: String) {
        let depth = self.depth.get();
        let first = || Skipped { code: ErrorCode::ItemsTooMany, message, path: String::new(), depth };
        self.skipped.borrow_mut().get_or_insert_with(first);
    }

    /// What was just read stands at this step of the value around it.
    pub(super) fn locate(&self, step: impl FnOnce() -> String) {
        let here = self.depth.get();
        if let Some(skipped) = self.skipped.borrow_mut().as_mut().filter(|skipped| skipped.depth == here + 1)
        {
            skipped.path.insert_str(0, &step());
            skipped.depth = here;
        }
    }

    /// About what was read since this was asked last takes as an event.
    pub(super) fn take_kept(&self) -> usize {
        self.memory.set(0);
        self.kept.take()
    }

    /// What was skipped since this was asked last.
    pub(super) fn take_skipped(&self) -> Option<Problem> {
        let Skipped { code, message, path, .. } = self.skipped.take()?;
        Some(Problem::new(code, path.trim_start_matches('.'), message))
    }
}
