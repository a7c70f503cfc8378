//! Compares all nodes and links of two stores, page by page, and names the first difference.

use std::fmt::Debug;

use crate::{ServiceError, ServiceResult};
use futures::future::BoxFuture;
use lotgraph_domain::{Anomalies, Caller, ErrorCode, Lot, LotId, MasterKind, Node, RecordKind, Role, Stock};
use lotgraph_store::{
    EdgeKey, EdgePage, EdgesOf, Find, FindKey, LotFilter, MasterFilter, OperationFilter, Page, Reader,
    RecordFilter, What,
};

const PAGE: u32 = 1_000;

/// What was found equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compared {
    /// Lots, operations, master data and records.
    pub nodes: u64,
    /// Links between lots and operations.
    pub links: u64,
}

/// How much of two stores must be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything: the ledger was replayed commit by commit.
    Everything,
    /// The genealogy: the events are the same, but were recorded in other commits, by others, at other times. So records
    /// (alerts, holds as they were worked off) are left out, and since which event a lot does not add up.
    Genealogy,
}

/// Compares two stores, both as the caller reads them.
///
/// # Errors
/// When a store fails, and at the first difference, showing both sides.
pub fn compare<'a>(
    caller: &'a Caller,
    left: &'a dyn Reader,
    right: &'a dyn Reader,
    extent: Extent,
    progress: &'a mut (dyn FnMut(Compared) + Send),
) -> BoxFuture<'a, ServiceResult<Compared>> {
    Box::pin(async move {
        tracing::info!(actor = %caller.actor, left = left.name(), right = right.name(), "compares two stores");
        let mut kinds = vec![What::Lots(LotFilter::default()), What::Operations(OperationFilter::default())];
        kinds.extend(MasterKind::ALL.iter().map(|kind| What::Masters(*kind, MasterFilter::default())));
        if extent == Extent::Everything {
            kinds.extend(RecordKind::ALL.iter().map(|kind| What::Records(*kind, RecordFilter::default())));
        }
        let mut compared = Compared::default();
        for what in kinds {
            let mut after = None;
            loop {
                let query = Find { what: what.clone(), after, first: PAGE };
                let (ours, theirs) = futures::future::try_join(left.find(&query), right.find(&query)).await?;
                same_nodes(&ours, &theirs, extent)?;
                compared.nodes += ours.items.len() as u64;
                compared.links += same_links(left, right, &ours.items).await?;
                progress(compared);
                match ours.items.last() {
                    Some(last) if ours.more => after = Some(FindKey::of(last)),
                    _ => break,
                }
            }
        }
        Ok(compared)
    })
}

/// Whether two nodes are the same, as far as it goes.
fn same(ours: &Node, theirs: &Node, extent: Extent) -> bool {
    let (Node::Lot(ours), Node::Lot(theirs), Extent::Genealogy) = (ours, theirs, extent) else {
        return ours == theirs;
    };
    // How far the movements of a lot were compared depends on the order in which they were recorded; what the comparison
    // came to does not.
    let plain = |lot: &Lot| Lot { anomalies: Anomalies::default(), stock: Stock::default(), ..lot.clone() };
    let adds_up = |lot: &Lot| {
        let Anomalies { unknown_origin, quantity_gap, time_conflict, overdrawn, unit_conflict } =
            &lot.anomalies;
        [unknown_origin, quantity_gap, time_conflict, overdrawn, unit_conflict].map(Option::is_none)
    };
    plain(ours) == plain(theirs) && adds_up(ours) == adds_up(theirs)
}

fn same_nodes(ours: &Page<Node>, theirs: &Page<Node>, extent: Extent) -> ServiceResult<()> {
    for (our, their) in ours.items.iter().zip(&theirs.items) {
        if !same(our, their, extent) {
            return Err(difference("node", our, their));
        }
    }
    match (ours.items.get(theirs.items.len()), theirs.items.get(ours.items.len())) {
        (Some(our), _) => Err(difference("node", our, &"nothing")),
        (_, Some(their)) => Err(difference("node", &"nothing", their)),
        (None, None) if ours.more != theirs.more => {
            Err(difference("number of nodes: one has more", &ours.more, &theirs.more))
        }
        (None, None) => Ok(()),
    }
}

fn difference(what: &str, ours: &dyn Debug, theirs: &dyn Debug) -> ServiceError {
    let message = format!("the two stores differ in a {what}. Source: {ours:?}. Target: {theirs:?}");
    ServiceError::new(ErrorCode::Internal, message)
}

async fn same_links(left: &dyn Reader, right: &dyn Reader, nodes: &[Node]) -> ServiceResult<u64> {
    let lots = nodes.iter().filter_map(|node| match node {
        Node::Lot(lot) => Some(lot.id.clone()),
        Node::Operation(_) | Node::Master(_) | Node::Record(_) => None,
    });
    let lots: Vec<LotId> = lots.collect();
    if lots.is_empty() {
        return Ok(0);
    }
    let (mut links, unfinished) = same_page(left, right, lots, None).await?;
    // Few lots have more links than a page holds; each of them goes on by itself.
    for (lot, mut after) in unfinished {
        loop {
            let (more, rest) = same_page(left, right, vec![lot.clone()], Some(after)).await?;
            links += more;
            match rest.into_iter().next() {
                Some((_, next)) => after = next,
                None => break,
            }
        }
    }
    Ok(links)
}

/// Compares a page of links of each lot; returns their number and the lots that have more, with their last link.
async fn same_page(
    left: &dyn Reader,
    right: &dyn Reader,
    lots: Vec<LotId>,
    after: Option<EdgeKey>,
) -> ServiceResult<(u64, Vec<(LotId, EdgeKey)>)> {
    let query = EdgesOf { lots, roles: Role::ALL.to_vec(), after, first: PAGE };
    let (ours, theirs) = futures::future::try_join(left.edges(&query), right.edges(&query)).await?;
    let mut links = 0;
    let mut unfinished = Vec::new();
    let nothing = EdgePage { edges: Vec::new(), more: false };
    for (index, lot) in query.lots.into_iter().enumerate() {
        let our = ours.get(index).unwrap_or(&nothing);
        let their = theirs.get(index).unwrap_or(&nothing);
        let common = our.edges.iter().zip(&their.edges);
        if let Some((our, their)) = common.into_iter().find(|(our, their)| our != their) {
            return Err(difference(&format!("link of lot {lot}"), our, their));
        }
        if our != their {
            let counts = (our.edges.len(), their.edges.len());
            return Err(difference(&format!("number of links of lot {lot}"), &counts.0, &counts.1));
        }
        links += our.edges.len() as u64;
        if let (true, Some(last)) = (our.more, our.edges.last()) {
            unfinished.push((lot, last.key.clone()));
        }
    }
    Ok((links, unfinished))
}
