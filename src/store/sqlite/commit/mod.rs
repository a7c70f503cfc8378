//! One batch inside the write transaction: what was there, the planner's judgement, and the rows it comes to.

mod load;
mod write;

use foldhash::HashMap;

use self::load::Known;
use super::error::Fallible;
use super::readers::Snapshot;
use crate::domain::MasterRef;
use crate::store::planner::{State, bodies, plan};
use crate::store::{Batch, Receipt};

/// Keys of master data met so far: they never change, and a bulk load meets the same few again and again.
#[derive(Debug, Default)]
pub(super) struct MasterKeys(HashMap<MasterRef, i64>);

/// More than any plant's master data in use; then the map starts anew.
const MASTER_KEYS_MAX: usize = 200_000;

impl MasterKeys {
    /// After a rollback: keys given since then may be given to others.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    fn get(&self, reference: &MasterRef) -> Option<i64> {
        self.0.get(reference).copied()
    }

    fn put(&mut self, reference: MasterRef, key: i64) {
        if self.0.len() >= MASTER_KEYS_MAX {
            self.0.clear();
        }
        self.0.insert(reference, key);
    }
}

/// From this many events on another thread is worth its start.
const TOGETHER_MIN: usize = 500;

/// What the planner needs. Of a large batch the bodies are written while its lots are read.
fn prepare(snapshot: &Snapshot<'_>, batch: &Batch) -> Fallible<(Vec<String>, (State, Known))> {
    if batch.events.len() < TOGETHER_MIN {
        return Ok((bodies(batch), load::load(snapshot, batch)?));
    }
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| bodies(batch));
        let loaded = load::load(snapshot, batch);
        let bodies = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((bodies, loaded?))
    })
}

/// Judges a batch and writes what it comes to. Whoever calls it has opened the transaction, and ends it.
pub(super) fn commit(snapshot: &Snapshot<'_>, keys: &mut MasterKeys, batch: &Batch) -> Fallible<Receipt> {
    let (current, last_event) = snapshot.revision()?;
    let (bodies, (state, known)) = prepare(snapshot, batch)?;
    let plan = plan(batch, bodies, state);
    let mut revision = current;
    if plan.applied && !plan.writes.is_empty() {
        revision.0 += 1;
        write::write(snapshot, keys, known, batch, &plan.writes, revision, last_event + 1)?;
    }
    Ok(Receipt { revision, applied: plan.applied, outcomes: plan.outcomes })
}
