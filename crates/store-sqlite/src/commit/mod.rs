//! The write door inside the write transaction: what was there, the plan, and the rows it comes to.

mod load;
mod overlay;
mod write;

pub(super) use self::overlay::overlay;

use foldhash::HashMap;

use self::load::Known;
use super::error::{Fallible, Fault};
use super::ledger;
use super::readers::Snapshot;
use lotgraph_domain::MasterRef;
use lotgraph_planner::{Planning, Rules, bodies};
use lotgraph_store::project::{check_order, check_repeated};
use lotgraph_store::{Batch, Receipt, RecordedRevision};

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

/// Asks what the planner needs. Of much work the bodies are written while its lots are read.
fn prepare(snapshot: &Snapshot<'_>, planning: &mut Planning) -> Fallible<(Vec<String>, Known)> {
    let events = planning.events();
    if events.iter().map(|events| events.len()).sum::<usize>() < TOGETHER_MIN {
        return Ok((bodies(&events), load(snapshot, planning)?));
    }
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| bodies(&events));
        let known = load(snapshot, planning);
        let bodies = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((bodies, known?))
    })
}

fn load(snapshot: &Snapshot<'_>, planning: &mut Planning) -> Fallible<Known> {
    let mut known = Known::default();
    while let Some(need) = planning.next_need() {
        load::answer(snapshot, need, &mut planning.state, &mut known)?;
    }
    Ok(known)
}

/// Plans and writes what the plan comes to. Whoever calls it has opened the transaction, and ends it.
fn carry_out(snapshot: &Snapshot<'_>, keys: &mut MasterKeys, mut planning: Planning) -> Fallible<Receipt> {
    let (current, last_event) = snapshot.revision()?;
    let (bodies, known) = prepare(snapshot, &mut planning)?;
    let plan = planning.finish(current, bodies);
    if plan.applied && !plan.writes.is_empty() {
        write::write(snapshot, keys, known, &plan.writes, last_event + 1)?;
    }
    Ok(plan.into_receipt(current))
}

/// Judges a batch and writes what it comes to, inside the caller's transaction.
pub(super) fn commit(
    snapshot: &Snapshot<'_>,
    keys: &mut MasterKeys,
    batch: &Batch,
    rules: &Rules,
) -> Fallible<Receipt> {
    let planning = Planning::judge(batch.clone(), rules.clone());
    carry_out(snapshot, keys, planning)
}

/// Writes recorded revisions as they are, inside the caller's transaction; those that are there already are compared.
pub(super) fn project(
    snapshot: &Snapshot<'_>,
    keys: &mut MasterKeys,
    mut revisions: Vec<RecordedRevision>,
) -> Fallible<Receipt> {
    let (current, _) = snapshot.revision()?;
    let repeated = check_order(current, &revisions).map_err(Fault::Refused)?;
    if repeated > 0 {
        let due = revisions.split_off(repeated);
        let held = ledger::same_revisions(snapshot, &revisions)?;
        check_repeated(&held, &revisions).map_err(Fault::Refused)?;
        revisions = due;
    }
    carry_out(snapshot, keys, Planning::project(revisions))
}
