//! The mass balance of lots: reads what moved, what was counted and the operations that made them, in sets.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures::future::BoxFuture;
use rust_decimal::Decimal;

use super::lookup::{Lookup, Materials, Reading};
use super::{ServiceError, ServiceResult};
use lotgraph_domain::{
    Caller, ErrorCode, EventId, Lot, LotId, MaterialCode, Node, NodeRef, OperationKind, RecordedOperation,
    Role, Scale,
};
use lotgraph_genealogy::mass_balance::{MassBalance, mass_balance};
use lotgraph_genealogy::stock_count::{Movement, StockCount};
use lotgraph_genealogy::yields::{Yield, yield_of};
use lotgraph_genealogy::{Balance, Revision, balance_counted};
use lotgraph_store::{Edge, EdgesOf};

/// A balance of a lot, and the material that it is of.
pub type BalanceOf = (Option<MaterialCode>, Balance);

/// The most lots of one balance.
pub const LOTS_MAX: usize = 100_000;
/// How often a balance is read anew when the ledger moved meanwhile.
const READS_MAX: usize = 3;
/// Lots whose links are read at once: bounds the memory that they take.
const LOTS_AT_ONCE: usize = 5_000;

/// The yield of an operation.
#[derive(Debug, Clone)]
pub struct OperationYield {
    /// The operation.
    pub operation: Arc<RecordedOperation>,
    /// What came out of what went in; `None` when the sides cannot be compared.
    pub yields: Option<Yield>,
}

/// The mass balance of some lots.
#[derive(Debug, Clone)]
pub struct BalanceAnswer {
    /// Everything committed up to this revision is in the answer.
    pub revision: Revision,
    /// The lots, in the order asked, each once.
    pub lots: Vec<Arc<Lot>>,
    /// The balance of each.
    pub balances: Vec<(Option<MaterialCode>, Balance)>,
    /// Their sums, and which of them break it.
    pub mass: MassBalance,
    /// The operations that made them from others, lowest yield first, then by id; those without a yield last.
    pub yields: Vec<OperationYield>,
    /// The share that may be unexplained, in percent of what came in.
    pub tolerance_percent: Decimal,
}

/// Says whether lots add up.
#[derive(Clone)]
pub struct Balances {
    lookup: Lookup,
}

impl Balances {
    /// Balances over a store.
    #[must_use]
    pub fn new(lookup: Lookup) -> Self {
        Self { lookup }
    }

    /// The mass balance of lots.
    ///
    /// # Errors
    /// `ARGUMENT_INVALID` for no lots or a tolerance outside 0 to 100, `LIMIT_EXCEEDED`, `LOT_UNKNOWN`, and the store's.
    pub fn mass_balance<'a>(
        &'a self,
        caller: &'a Caller,
        lots: &'a [LotId],
        tolerance_percent: Decimal,
    ) -> BoxFuture<'a, ServiceResult<BalanceAnswer>> {
        Box::pin(async move {
            check(lots, tolerance_percent)?;
            let reading = self.lookup.by(caller);
            let mut before = reading.revision().await?;
            for _ in 1..READS_MAX {
                let answer = read_balance(reading, lots, tolerance_percent, before).await?;
                let after = reading.revision().await?;
                if after == before {
                    return Ok(answer);
                }
                before = after;
            }
            // It moves all the time: everything up to the revision is in the answer, and some of what came later may be.
            read_balance(reading, lots, tolerance_percent, before).await
        })
    }

    /// The balance of each lot, with its last stock count, in the order of the lots.
    ///
    /// # Errors
    /// The store's.
    pub fn balances<'a>(
        &'a self,
        caller: &'a Caller,
        lots: &'a [Arc<Lot>],
    ) -> BoxFuture<'a, ServiceResult<Vec<BalanceOf>>> {
        Box::pin(async move { balances(self.lookup.by(caller), lots).await })
    }
}

async fn balances(
    reading: Reading<'_>,
    lots: &[Arc<Lot>],
) -> ServiceResult<Vec<(Option<MaterialCode>, Balance)>> {
    let codes = lots.iter().filter_map(|lot| lot.material.clone()).collect();
    let balances = balances_of(reading, lots, &reading.materials(codes).await?).await?;
    Ok(lots.iter().map(|lot| lot.material.clone()).zip(balances).collect())
}

/// The balance of each lot, with its last stock count, given their materials.
pub(super) async fn balances_of(
    reading: Reading<'_>,
    lots: &[Arc<Lot>],
    materials: &Materials,
) -> ServiceResult<Vec<Balance>> {
    let counts = stock_counts(reading, lots).await?;
    let balance = |lot: &Arc<Lot>| {
        let material = lot.material.as_ref().and_then(|code| materials.get(code));
        balance_counted(lot, material, counts.get(&lot.id))
    };
    Ok(lots.iter().map(balance).collect())
}

async fn read_balance(
    reading: Reading<'_>,
    lots: &[LotId],
    tolerance_percent: Decimal,
    revision: Revision,
) -> ServiceResult<BalanceAnswer> {
    let mut named = BTreeSet::new();
    let ids: Vec<LotId> = lots.iter().filter(|lot| named.insert(*lot)).cloned().collect();
    let mut lots: Vec<Arc<Lot>> = reading.known_lots(ids).await?.into_iter().map(Arc::new).collect();
    // Two names may mean one lot.
    let mut known = BTreeSet::new();
    lots.retain(|lot| known.insert(lot.id.clone()));
    let balances = balances(reading, &lots).await?;
    let mass = mass_balance(&balances, tolerance_percent);
    let yields = yields_of_makers(reading, &lots).await?;
    Ok(BalanceAnswer { revision, lots, balances, mass, yields, tolerance_percent })
}

/// The last stock count of each lot that has one. Only lots that were worked on in place can have.
async fn stock_counts(reading: Reading<'_>, lots: &[Arc<Lot>]) -> ServiceResult<HashMap<LotId, StockCount>> {
    let touched: Vec<LotId> = lots.iter().filter(|lot| lot.in_place > 0).map(|lot| lot.id.clone()).collect();
    let mut counted: Vec<(LotId, Vec<Edge>)> = Vec::new();
    for part in touched.chunks(LOTS_AT_ONCE) {
        let edges = all_edges(reading, part, &[Role::InPlace]).await?;
        let of_count = |edges: &Vec<Edge>| edges.iter().any(|edge| edge.kind == OperationKind::Count);
        counted.extend(part.iter().cloned().zip(edges).filter(|(_, edges)| of_count(edges)));
    }
    let mut counts = HashMap::new();
    for part in counted.chunks(LOTS_AT_ONCE) {
        let ids: Vec<LotId> = part.iter().map(|(lot, _)| lot.clone()).collect();
        let moved = all_edges(reading, &ids, &[Role::Consumed, Role::Produced]).await?;
        for ((lot, in_place), moved) in part.iter().zip(moved) {
            let movements: Vec<Movement<'_>> = in_place.iter().chain(&moved).map(movement).collect();
            counts.extend(StockCount::of(&movements).map(|count| (lot.clone(), count)));
        }
    }
    Ok(counts)
}

/// Every link of these lots in these roles: the first page of all in one call, and further pages of the few that have
/// more than a page, each for itself.
async fn all_edges(reading: Reading<'_>, lots: &[LotId], roles: &[Role]) -> ServiceResult<Vec<Vec<Edge>>> {
    let first = reading.limits().page_max;
    let query = EdgesOf { lots: lots.to_vec(), roles: roles.to_vec(), after: None, first };
    let mut all = Vec::with_capacity(lots.len());
    for (lot, page) in lots.iter().zip(reading.edges(&query).await?) {
        let (mut edges, mut more) = (page.edges, page.more);
        while more {
            let after = edges.last().map(|edge| edge.key.clone());
            let query = EdgesOf { lots: vec![lot.clone()], roles: roles.to_vec(), after, first };
            let next = reading.edges(&query).await?.into_iter().next();
            more = next.as_ref().is_some_and(|page| page.more);
            edges.extend(next.into_iter().flat_map(|page| page.edges));
        }
        all.push(edges);
    }
    Ok(all)
}

/// The yields of the operations that made these lots from others.
async fn yields_of_makers(reading: Reading<'_>, lots: &[Arc<Lot>]) -> ServiceResult<Vec<OperationYield>> {
    let mut makers: BTreeSet<EventId> = BTreeSet::new();
    let ids: Vec<LotId> = lots.iter().map(|lot| lot.id.clone()).collect();
    for part in ids.chunks(LOTS_AT_ONCE) {
        let edges = all_edges(reading, part, &[Role::Produced]).await?;
        let made = edges
            .into_iter()
            .flatten()
            .filter(|edge| !matches!(edge.kind, OperationKind::Receive | OperationKind::Return));
        makers.extend(made.map(|edge| edge.key.operation));
    }
    let makers: Vec<NodeRef> = makers.into_iter().map(NodeRef::Operation).collect();
    let mut yields = Vec::new();
    for part in makers.chunks(LOTS_AT_ONCE) {
        let nodes = reading.get(part).await?;
        let recorded = nodes.into_iter().filter_map(|node| match node {
            Some(Node::Operation(recorded)) => Some(Arc::from(recorded)),
            _ => None,
        });
        yields.append(&mut yields_of(reading, recorded.collect()).await?);
    }
    yields.sort_by(|a, b| {
        let key = |one: &OperationYield| one.yields.as_ref().map(|yields| yields.percent);
        let (a_key, b_key) = (key(a), key(b));
        (a_key.is_none(), a_key, &a.operation.id).cmp(&(b_key.is_none(), b_key, &b.operation.id))
    });
    Ok(yields)
}

async fn yields_of(
    reading: Reading<'_>,
    operations: Vec<Arc<RecordedOperation>>,
) -> ServiceResult<Vec<OperationYield>> {
    let named = operations.iter().flat_map(|recorded| recorded.operation.links()).map(|link| link.lot);
    let named: BTreeSet<LotId> = named.cloned().collect();
    let lots = reading.lots(named.into_iter().collect()).await?;
    let lots: HashMap<LotId, Lot> = lots.into_iter().flatten().map(|lot| (lot.id.clone(), lot)).collect();
    let codes = lots.values().filter_map(|lot| lot.material.clone());
    let materials = reading.materials(codes.collect()).await?;
    let scale = |lot: &LotId| {
        let lot = lots.get(lot);
        let material = lot.and_then(|lot| lot.material.as_ref()).and_then(|code| materials.get(code));
        lot.map_or(Scale::new(None, None, None), |lot| Scale::of(lot, material))
    };
    let with_yield = |operation: Arc<RecordedOperation>| {
        let yields = yield_of(&operation.operation, scale);
        OperationYield { operation, yields }
    };
    Ok(operations.into_iter().map(with_yield).collect())
}

/// A link of a lot as a movement.
#[must_use]
pub fn movement(edge: &Edge) -> Movement<'_> {
    Movement {
        operation: &edge.key.operation,
        kind: edge.kind,
        role: edge.key.role,
        at: edge.latest,
        quantity: edge.quantity.as_ref(),
        carried_on: edge.sense.continues(),
    }
}

fn check(lots: &[LotId], tolerance_percent: Decimal) -> ServiceResult<()> {
    let refuse = |code, message: String| Err(ServiceError::new(code, message));
    if lots.is_empty() {
        return refuse(ErrorCode::ArgumentInvalid, "lots is empty; name the lots to balance".to_owned());
    }
    if lots.len() > LOTS_MAX {
        let message = format!("a balance takes at most {LOTS_MAX} lots, not {}; ask for fewer", lots.len());
        return refuse(ErrorCode::LimitExceeded, message);
    }
    if tolerance_percent < Decimal::ZERO || tolerance_percent > Decimal::ONE_HUNDRED {
        let message = format!("the tolerance must be 0 to 100 percent, not {tolerance_percent}");
        return refuse(ErrorCode::ArgumentInvalid, message);
    }
    Ok(())
}
