//! Places of which there are only so many: bodies under way, streams, sockets that have not introduced themselves.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::failure::Failure;
use lotgraph_domain::ErrorCode;

/// Places of one kind.
pub(super) struct Places {
    /// The setting that says how many.
    setting: &'static str,
    /// What takes them, for people.
    what: &'static str,
    code: ErrorCode,
    max: usize,
    free: Arc<Semaphore>,
}

/// A place, until it is dropped.
pub(super) struct Place {
    setting: &'static str,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(setting: &'static str, what: &'static str, code: ErrorCode, max: usize) -> Self {
        let free = Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        Self { setting, what, code, max, free }
    }

    /// Takes a place.
    ///
    /// # Errors
    /// When all are taken.
    pub(super) fn take(&self) -> Result<Place, Failure> {
        match self.free.clone().try_acquire_owned() {
            Ok(permit) => {
                metrics::gauge!("lotgraph_http_places_taken", "limit" => self.setting).increment(1);
                Ok(Place { setting: self.setting, _permit: permit })
            }
            Err(_) => {
                let message =
                    format!("{} {}, and no more are allowed ({})", self.max, self.what, self.setting);
                Err(Failure::limit(self.setting, self.code, message))
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("lotgraph_http_places_taken", "limit" => self.setting).decrement(1);
    }
}
