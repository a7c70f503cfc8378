//! The ledger's tables from one format to the next: numbered steps, all of them in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Fallible, Fault};
use super::statements::{FORMAT_4_CREATE_PROJECTION, FORMAT_4_MARK_PROJECTION};
use lotgraph_store::StoreErrorKind;
use lotgraph_store::upgrade::{FORMAT, UpgradeProgress, UpgradeStep};

/// Leads to a format from the one before it. A step that was released never changes.
struct Step {
    to: u32,
    statements: &'static [&'static str],
}

/// Every step, in order.
const STEPS: &[Step] = &[Step { to: 4, statements: &[FORMAT_4_CREATE_PROJECTION, FORMAT_4_MARK_PROJECTION] }];

/// Brings the ledger's tables to this program's format; whoever calls it holds the lock. When it fails, or is killed, the
/// file is as it was.
pub(super) fn migrate(connection: &mut Connection, from: u32, progress: UpgradeProgress<'_>) -> Fallible<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut format = from;
    for step in STEPS.iter().filter(|step| step.to > from) {
        if step.to != format + 1 {
            break;
        }
        for statement in step.statements {
            transaction.execute_batch(statement)?;
        }
        format = step.to;
    }
    if format != FORMAT {
        let why = format!("there is no way from format {from} to {FORMAT}");
        return Err(Fault::Explained(StoreErrorKind::Internal, why));
    }
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()?;
    progress(UpgradeStep::Migrated { from, to: FORMAT });
    Ok(())
}
