//! Proves two stores, or a store and a backup, equal: the revision, counts by kind, and the digest of the ledger.

use std::path::PathBuf;

use crate::backup::{LedgerState, ledger_state};
use crate::restore;
use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{Caller, ErrorCode, MasterKind, RecordKind};
use lotgraph_store::{LotFilter, MasterFilter, OperationFilter, Reader, RecordFilter, Revision, Tally, What};

/// What a store or a backup comes to, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The identity of the ledger; two equal ledgers may have different ones.
    pub identity: String,
    /// The ledger.
    pub ledger: LedgerState,
    /// Counts of the graph by kind; a backup has none, as it is the ledger alone.
    pub graph: Option<Vec<(String, u64)>>,
}

/// Something that was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What it is.
    pub what: String,
    /// What the store has; absent when it has none.
    pub ours: Option<String>,
    /// What the other side has; absent when it has none.
    pub theirs: Option<String>,
}

impl Compared {
    /// Whether both sides have the same.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.ours == self.theirs
    }
}

/// How often a store is summed up that somebody records into meanwhile.
const ATTEMPTS: u32 = 5;

/// Sums up a store as it stands at its current revision.
///
/// # Errors
/// The store's.
pub fn of_store<'a>(
    caller: &'a Caller,
    store: &'a dyn Reader,
    progress: &'a mut (dyn FnMut(Revision) + Send),
) -> BoxFuture<'a, ServiceResult<Summary>> {
    Box::pin(async move {
        tracing::info!(actor = %caller.actor, store = store.name(), "verifies the ledger");
        for _ in 0..ATTEMPTS {
            let revision = store.settled_revision().await?;
            let ledger = ledger_state(caller, store, revision, progress).await?;
            let graph = Some(count(store).await?);
            // Counted while somebody recorded, the graph would be of no revision.
            if store.settled_revision().await? == revision {
                return Ok(Summary { identity: store.identity().await?, ledger, graph });
            }
        }
        let message = "somebody records into the store while it is summed up; run it again when it is quiet, or stop the \
                   server";
        Err(ServiceError::new(ErrorCode::StoreUnavailable, message))
    })
}

/// Sums up the files of a backup that begins at the first revision.
///
/// # Errors
/// When they cannot be used.
pub fn of_files(files: &[PathBuf], progress: &mut (dyn FnMut(Revision) + Send)) -> ServiceResult<Summary> {
    let mut step = |step| {
        if let restore::Step::Checked(revision) = step {
            progress(revision);
        }
    };
    let backup = restore::check(files, Revision(0), &mut step)?;
    Ok(Summary { identity: backup.identity, ledger: backup.end, graph: None })
}

async fn count(store: &dyn Reader) -> ServiceResult<Vec<(String, u64)>> {
    let sum = async |tally: Tally| -> ServiceResult<Vec<(Option<String>, u64)>> {
        let buckets = store.tally(&tally).await?;
        Ok(buckets.into_iter().map(|bucket| (bucket.key.map(|key| key.to_string()), bucket.count)).collect())
    };
    let mut counts = Vec::new();
    let mut add = |name: String, buckets: Vec<(Option<String>, u64)>| {
        counts.push((name, buckets.iter().map(|(_, count)| count).sum()));
    };
    add("lots".to_owned(), sum(Tally::Count(What::Lots(LotFilter::default()))).await?);
    for (kind, count) in sum(Tally::OperationsByKind(OperationFilter::default())).await? {
        add(format!("operations {}", kind.unwrap_or_default()), vec![(None, count)]);
    }
    for kind in MasterKind::ALL {
        let what = What::Masters(*kind, MasterFilter::default());
        add(format!("masters {}", kind.name()), sum(Tally::Count(what)).await?);
    }
    for kind in RecordKind::ALL {
        for (state, count) in sum(Tally::RecordsByState(*kind, RecordFilter::default())).await? {
            add(format!("records {} {}", kind.name(), state.unwrap_or_default()), vec![(None, count)]);
        }
    }
    Ok(counts)
}

/// Holds two sides against each other, line by line; what only one side has is not equal. Counts of the graph are compared
/// when both sides have them.
#[must_use]
pub fn compare(ours: &Summary, theirs: &Summary) -> Vec<Compared> {
    let one = |what: &str, ours: String, theirs: String| Compared {
        what: what.to_owned(),
        ours: Some(ours),
        theirs: Some(theirs),
    };
    let (our, their) = (&ours.ledger, &theirs.ledger);
    let mut lines = vec![one("revision", our.revision.to_string(), their.revision.to_string())];
    let named = |state: &LedgerState| {
        let counts = state.events.iter().map(|(kind, count)| (format!("events {}", kind.name()), *count));
        counts.collect::<Vec<(String, u64)>>()
    };
    lines.extend(pair(&named(our), &named(their)));
    if let (Some(ours), Some(theirs)) = (&ours.graph, &theirs.graph) {
        lines.extend(pair(ours, theirs));
    }
    lines.push(one("digest", our.digest.to_string(), their.digest.to_string()));
    lines
}

fn pair(ours: &[(String, u64)], theirs: &[(String, u64)]) -> Vec<Compared> {
    let of = |counts: &[(String, u64)], what: &str| {
        counts.iter().find(|(name, _)| name == what).map(|(_, count)| count.to_string())
    };
    let only_theirs = theirs.iter().filter(|(name, _)| ours.iter().all(|(other, _)| other != name));
    let names = ours.iter().chain(only_theirs).map(|(name, _)| name);
    names
        .map(|what| Compared { what: what.clone(), ours: of(ours, what), theirs: of(theirs, what) })
        .collect()
}
