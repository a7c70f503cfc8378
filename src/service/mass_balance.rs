//! The mass balance of lots: reads what moved, what was counted and the operations that made them, in sets.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rust_decimal::Decimal;

use super::trace::Tracer;
use super::{ServiceError, ServiceResult};
use crate::domain::{
    ErrorCode, EventId, Lot, LotId, Master, MasterRef, Material, MaterialCode, Node, NodeRef, OperationKind,
    RecordedOperation, Role,
};
use crate::genealogy::mass_balance::{MassBalance, mass_balance};
use crate::genealogy::stock_count::{Movement, StockCount};
use crate::genealogy::yields::{Yield, yield_of};
use crate::genealogy::{Balance, Revision, balance_counted};
use crate::store::{Edge, EdgesOf};

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

/// Materials by code.
pub(super) type Materials = HashMap<MaterialCode, Material>;

impl Tracer {
    /// The mass balance of lots.
    ///
    /// # Errors
    /// `ARGUMENT_INVALID` for no lots or a tolerance outside 0 to 100, `LIMIT_EXCEEDED`, `LOT_UNKNOWN`, and the store's.
    pub async fn mass_balance(
        &self,
        lots: &[LotId],
        tolerance_percent: Decimal,
    ) -> ServiceResult<BalanceAnswer> {
        check(lots, tolerance_percent)?;
        let mut before = self.store().revision().await?;
        for _ in 1..READS_MAX {
            let answer = self.read_balance(lots, tolerance_percent, before).await?;
            let after = self.store().revision().await?;
            if after == before {
                return Ok(answer);
            }
            before = after;
        }
        // It moves all the time: everything up to the revision is in the answer, and some of what came later may be.
        self.read_balance(lots, tolerance_percent, before).await
    }

    /// The balance of each lot, with its last stock count, in the order of the lots.
    ///
    /// # Errors
    /// The store's.
    pub async fn balances(&self, lots: &[Arc<Lot>]) -> ServiceResult<Vec<(Option<MaterialCode>, Balance)>> {
        let codes = lots.iter().filter_map(|lot| lot.material.clone()).collect();
        let balances = self.balances_of(lots, &self.materials(codes).await?).await?;
        Ok(lots.iter().map(|lot| lot.material.clone()).zip(balances).collect())
    }

    /// The same, given their materials.
    pub(super) async fn balances_of(
        &self,
        lots: &[Arc<Lot>],
        materials: &Materials,
    ) -> ServiceResult<Vec<Balance>> {
        let counts = self.stock_counts(lots).await?;
        let balance = |lot: &Arc<Lot>| {
            let material = lot.material.as_ref().and_then(|code| materials.get(code));
            balance_counted(lot, material, counts.get(&lot.id))
        };
        Ok(lots.iter().map(balance).collect())
    }

    async fn read_balance(
        &self,
        lots: &[LotId],
        tolerance_percent: Decimal,
        revision: Revision,
    ) -> ServiceResult<BalanceAnswer> {
        let mut named = BTreeSet::new();
        let ids: Vec<LotId> = lots.iter().filter(|lot| named.insert(*lot)).cloned().collect();
        let lots: Vec<Arc<Lot>> = self.known_lots(ids).await?.into_iter().map(Arc::new).collect();
        let balances = self.balances(&lots).await?;
        let mass = mass_balance(&balances, tolerance_percent);
        let yields = self.yields(&lots).await?;
        Ok(BalanceAnswer { revision, lots, balances, mass, yields, tolerance_percent })
    }

    /// The last stock count of each lot that has one. Only lots that were worked on in place can have.
    async fn stock_counts(&self, lots: &[Arc<Lot>]) -> ServiceResult<HashMap<LotId, StockCount>> {
        let touched: Vec<LotId> =
            lots.iter().filter(|lot| lot.in_place > 0).map(|lot| lot.id.clone()).collect();
        let mut counted: Vec<(LotId, Vec<Edge>)> = Vec::new();
        for part in touched.chunks(LOTS_AT_ONCE) {
            let edges = self.all_edges(part, &[Role::InPlace]).await?;
            let of_count = |edges: &Vec<Edge>| edges.iter().any(|edge| edge.kind == OperationKind::Count);
            counted.extend(part.iter().cloned().zip(edges).filter(|(_, edges)| of_count(edges)));
        }
        let mut counts = HashMap::new();
        for part in counted.chunks(LOTS_AT_ONCE) {
            let ids: Vec<LotId> = part.iter().map(|(lot, _)| lot.clone()).collect();
            let moved = self.all_edges(&ids, &[Role::Consumed, Role::Produced]).await?;
            for ((lot, in_place), moved) in part.iter().zip(moved) {
                let movements: Vec<Movement<'_>> = in_place.iter().chain(&moved).map(movement).collect();
                counts.extend(StockCount::of(&movements).map(|count| (lot.clone(), count)));
            }
        }
        Ok(counts)
    }

    /// Every link of these lots in these roles: the first page of all in one call, and further pages of the few that have
    /// more than a page, each for itself.
    async fn all_edges(&self, lots: &[LotId], roles: &[Role]) -> ServiceResult<Vec<Vec<Edge>>> {
        let first = self.store().limits().page_max;
        let query = EdgesOf { lots: lots.to_vec(), roles: roles.to_vec(), after: None, first };
        let mut all = Vec::with_capacity(lots.len());
        for (lot, page) in lots.iter().zip(self.store().edges(&query).await?) {
            let (mut edges, mut more) = (page.edges, page.more);
            while more {
                let after = edges.last().map(|edge| edge.key.clone());
                let query = EdgesOf { lots: vec![lot.clone()], roles: roles.to_vec(), after, first };
                let next = self.store().edges(&query).await?.into_iter().next();
                more = next.as_ref().is_some_and(|page| page.more);
                edges.extend(next.into_iter().flat_map(|page| page.edges));
            }
            all.push(edges);
        }
        Ok(all)
    }

    /// The yields of the operations that made these lots from others.
    async fn yields(&self, lots: &[Arc<Lot>]) -> ServiceResult<Vec<OperationYield>> {
        let mut makers: BTreeSet<EventId> = BTreeSet::new();
        let ids: Vec<LotId> = lots.iter().map(|lot| lot.id.clone()).collect();
        for part in ids.chunks(LOTS_AT_ONCE) {
            let edges = self.all_edges(part, &[Role::Produced]).await?;
            let made = edges.into_iter().flatten().filter(|edge| edge.kind != OperationKind::Receive);
            makers.extend(made.map(|edge| edge.key.operation));
        }
        let makers: Vec<NodeRef> = makers.into_iter().map(NodeRef::Operation).collect();
        let mut yields = Vec::new();
        for part in makers.chunks(LOTS_AT_ONCE) {
            let nodes = self.store().get(part).await?;
            let recorded = nodes.into_iter().filter_map(|node| match node {
                Some(Node::Operation(recorded)) => Some(Arc::from(recorded)),
                _ => None,
            });
            yields.append(&mut self.yields_of(recorded.collect()).await?);
        }
        yields.sort_by(|a, b| {
            let key = |one: &OperationYield| one.yields.as_ref().map(|yields| yields.percent);
            let (a_key, b_key) = (key(a), key(b));
            (a_key.is_none(), a_key, &a.operation.id).cmp(&(b_key.is_none(), b_key, &b.operation.id))
        });
        Ok(yields)
    }

    async fn yields_of(&self, operations: Vec<Arc<RecordedOperation>>) -> ServiceResult<Vec<OperationYield>> {
        let named = operations.iter().flat_map(|recorded| recorded.operation.links()).map(|link| link.lot);
        let named: BTreeSet<LotId> = named.cloned().collect();
        let lots = self.lots(named.into_iter().collect()).await?;
        let material_of: HashMap<LotId, MaterialCode> =
            lots.into_iter().flatten().filter_map(|lot| Some((lot.id, lot.material?))).collect();
        let materials = self.materials(material_of.values().cloned().collect()).await?;
        let material = |lot: &LotId| material_of.get(lot).and_then(|code| materials.get(code));
        let with_yield = |operation: Arc<RecordedOperation>| {
            let yields = yield_of(&operation.operation, material);
            OperationYield { operation, yields }
        };
        Ok(operations.into_iter().map(with_yield).collect())
    }

    /// The declared materials with these codes.
    pub(super) async fn materials(&self, codes: BTreeSet<MaterialCode>) -> ServiceResult<Materials> {
        let refs: Vec<NodeRef> =
            codes.into_iter().map(|code| NodeRef::Master(MasterRef::Material(code))).collect();
        let material = |node| match node {
            Some(Node::Master(Master::Material(material))) => Some((material.code.clone(), material)),
            _ => None,
        };
        Ok(self.store().get(&refs).await?.into_iter().filter_map(material).collect())
    }
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
