//! Recent answers, kept so that further pages of a list come from the computation of the first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Lots and operations of all the answers that are kept of one kind.
const NODES_MAX: usize = 1_000_000;

/// An answer of a known size.
pub(super) trait Weighed {
    /// Lots and operations in it.
    fn nodes(&self) -> usize;
}

/// Answers of one kind, the latest first; clones share them.
#[derive(Debug)]
pub(super) struct Kept<T>(Arc<Mutex<VecDeque<Arc<T>>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Weighed> Kept<T> {
    /// The latest answer that is the one wanted.
    pub(super) fn find(&self, wanted: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|answer| wanted(answer)).cloned()
    }

    /// Keeps an answer; the oldest go when there is too much.
    pub(super) fn keep(&self, answer: Arc<T>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(answer);
        let mut nodes = 0;
        kept.retain(|answer| {
            nodes += answer.nodes();
            nodes <= NODES_MAX
        });
    }
}
