//! The structural closure (docs/TRACE_RULES.md, rule 1). It is one statement, whatever the number of seeds
//! and the depth.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::connection::{Connection, Deadline, Parameters, Transaction};
use super::decode;
use super::encode::{integer, texts};
use super::error::Attempt;
use super::statement::{self, Statement};
use super::{ledger, nodes};
use lotgraph_domain::{EventId, LotId, MaterialCode, OperationKind, Pairs, PartyCode, Role};
use lotgraph_genealogy::subgraph::{RawLink, SubgraphBuilder, SubgraphLot, SubgraphOperation};
use lotgraph_store::query::Closure;
use lotgraph_store::{Direction, Result, Revision, StoreError, StoreErrorKind, Subgraph};

/// How many edges the first statement walks at most. The rare closure that is deeper is asked for again
/// without a bound. A bound is needed because the server goes through all its rounds even when there is
/// nothing left to walk, and each round takes it a tenth of a microsecond.
const HOPS_AT_FIRST: i64 = 2_000;

/// Up to this many seeds are walked by pruning expansion. That is the fastest way for a single seed, but it
/// walks what seeds share once for each of them. More seeds than this are walked together.
const FEW_SEEDS: usize = 4;

/// `[other end, position, quantity, unit, earliest, latest, continues]`.
type LinkItem = (String, u32, Option<String>, Option<String>, i64, i64, Option<String>);
/// `[hops, id, material, earliest production, overdrawn, links, work in place, degree]`.
type LotItem = (
    u32,
    LotId,
    Option<MaterialCode>,
    Option<i64>,
    Option<String>,
    Vec<LinkItem>,
    Vec<LinkItem>,
    Option<u32>,
);
/// `[hops, id, kind, start, end, party, pairs, links, links back]`.
type OperationItem =
    (u32, EventId, String, i64, i64, Option<PartyCode>, Option<String>, Vec<LinkItem>, Vec<LinkItem>);

#[derive(Deserialize)]
struct ClosureRow {
    revision: i64,
    /// Whether the walk leads on from there. Only the statement for many seeds without a depth limit tells
    /// this, because its number of rounds is bounded.
    #[serde(default)]
    more: bool,
    lots: Vec<LotItem>,
    operations: Vec<OperationItem>,
}

pub(super) async fn closure(connection: &Connection, query: &Closure) -> Result<Subgraph> {
    let deadline = Deadline::after(query.deadline);
    let walk = Walk::new(Source::Connection(connection), query, deadline);
    let (parts, revision) = walk.settled(connection).await?;
    if query.at.is_some_and(|at| at != revision) {
        return Err(StoreError::new(StoreErrorKind::Stale, "closure"));
    }
    walk.finish(parts, revision).await
}

/// The closure inside a write transaction. The transaction holds the lock, so no other commit can be half
/// written, and the revision need not be settled.
pub(super) async fn closure_within(
    transaction: &mut Transaction<'_>,
    query: &Closure,
    deadline: Deadline,
) -> Attempt<Subgraph> {
    let walk = Walk::new(Source::Transaction(Mutex::new(transaction)), query, deadline);
    let (parts, _) = walk.parts(walk.rows().await?)?;
    Ok(walk.finish(parts, Revision(0)).await?)
}

/// What a walk reads through.
enum Source<'a, 'b> {
    Connection(&'a Connection),
    Transaction(Mutex<&'a mut Transaction<'b>>),
}

impl Source<'_, '_> {
    async fn read<T: DeserializeOwned + Send>(
        &self,
        statement: &'static Statement,
        parameters: Parameters,
        deadline: Deadline,
    ) -> Result<Vec<T>> {
        match self {
            Self::Connection(connection) => connection.read("closure", statement, parameters, deadline).await,
            Self::Transaction(transaction) => {
                let rows = transaction.lock().await.rows(statement, parameters).await;
                rows.map_err(|failure| failure.into_store("closure"))
            }
        }
    }
}

/// A closure under way.
struct Walk<'a, 'b> {
    source: Source<'a, 'b>,
    query: &'a Closure,
    deadline: Deadline,
    /// The seeds in order, each once.
    seeds: Vec<&'a LotId>,
    /// The most edges that a walk may have; always an even number.
    hops_max: Option<u32>,
}

/// What was read. This may be one node more than the limit, which tells that there are more.
struct Parts {
    builder: SubgraphBuilder,
    /// The lots at the greatest distance that the walk may go to, each with how many links lead on from it.
    /// These links are not read from the side of the lot, since most of them lead out of the answer.
    last: HashMap<LotId, u32>,
}

impl<'a, 'b> Walk<'a, 'b> {
    fn new(source: Source<'a, 'b>, query: &'a Closure, deadline: Deadline) -> Self {
        let mut seeds: Vec<&LotId> = query.seeds.iter().collect();
        seeds.sort_unstable();
        seeds.dedup();
        let hops_max = query.max_depth.and_then(|depth| depth.checked_mul(2));
        Self { source, query, deadline, seeds, hops_max }
    }

    /// One node more than asked for, which tells whether there are more.
    fn limit(&self) -> i64 {
        i64::from(self.query.nodes_max) + 1
    }

    fn pick(&self, forward: &'static Statement, backward: &'static Statement) -> &'static Statement {
        match self.query.direction {
            Direction::Forward => forward,
            Direction::Backward => backward,
        }
    }

    /// What is reached, and the revision that was read before the walk. If that revision is not known to be
    /// settled yet (ledger.rs), a commit up to it may have been half written. Then it is settled first and
    /// the walk is done again, so that it sees everything up to that revision.
    async fn settled(&self, connection: &Connection) -> Result<(Parts, Revision)> {
        let rows = self.rows().await?;
        let settled = connection.settled();
        if let Some(row) = rows.first()
            && decode::unsigned(row.revision)? <= settled
        {
            return self.parts(rows);
        }
        let revision = ledger::revision(connection, "closure", self.deadline).await?;
        let (parts, _) = self.parts(self.rows().await?)?;
        Ok((parts, revision))
    }

    async fn rows(&self) -> Result<Vec<ClosureRow>> {
        if let Some(hops) = self.hops_max {
            return self.ordered_rows(i64::from(hops)).await;
        }
        let rows = if self.seeds.len() <= FEW_SEEDS {
            let statement =
                self.pick(&statement::CLOSURE_FORWARD_FROM_FEW, &statement::CLOSURE_BACKWARD_FROM_FEW);
            self.read(statement, None).await?
        } else {
            let statement = self.pick(&statement::CLOSURE_FORWARD, &statement::CLOSURE_BACKWARD);
            self.read(statement, Some(HOPS_AT_FIRST)).await?
        };
        let nodes: usize = rows.iter().map(|row| row.lots.len() + row.operations.len()).sum();
        // There are too many nodes. Only the ordered statement knows which of them to leave out.
        if nodes > self.query.nodes_max as usize || rows.iter().any(|row| row.more) {
            return self.ordered_rows(i64::MAX).await;
        }
        Ok(rows)
    }

    /// The first nodes in (hops, id) order, no farther from the seeds than so many edges.
    async fn ordered_rows(&self, hops: i64) -> Result<Vec<ClosureRow>> {
        let statement =
            self.pick(&statement::CLOSURE_FORWARD_TO_DEPTH, &statement::CLOSURE_BACKWARD_TO_DEPTH);
        // Every round but the last finds at least one node. So the node limit ends the walk before it gets
        // farther than this.
        let farthest = 2 * self.limit();
        self.read(statement, Some(hops.min(farthest))).await
    }

    async fn read(&self, statement: &'static Statement, hops_max: Option<i64>) -> Result<Vec<ClosureRow>> {
        let mut parameters = vec![("seeds", texts(&self.seeds)), ("limit", integer(self.limit()))];
        parameters.extend(hops_max.map(|hops| ("hops_max", integer(hops))));
        self.source.read(statement, parameters, self.deadline).await
    }

    fn parts(&self, rows: Vec<ClosureRow>) -> Result<(Parts, Revision)> {
        let mut parts = Parts::new(self.query.direction);
        let mut revision = Revision(0);
        for row in rows {
            revision = Revision(decode::unsigned(row.revision)?);
            for lot in row.lots {
                parts.lot(lot)?;
            }
            for operation in row.operations {
                parts.operation(operation)?;
            }
        }
        Ok((parts, revision))
    }

    async fn finish(&self, mut parts: Parts, revision: Revision) -> Result<Subgraph> {
        let cut = parts.cut(self.query.nodes_max as usize);
        parts.mark_last();
        let unknown = self.unknown_seeds(&parts.builder, cut).await?;
        Ok(parts.builder.build(revision, unknown, cut))
    }

    /// The seeds that do not exist, in the order in which they were asked for. A seed that the node limit cut
    /// off does exist.
    async fn unknown_seeds(&self, builder: &SubgraphBuilder, cut: bool) -> Result<Vec<LotId>> {
        let mut known: HashSet<LotId> =
            builder.lots.iter().filter(|lot| lot.hops == 0).map(|lot| lot.id.clone()).collect();
        if cut && known.len() < self.seeds.len() {
            let parameters = vec![("ids", texts(&self.seeds))];
            let statement = &statement::READ_LOTS;
            let rows: Vec<nodes::LotRow> = self.source.read(statement, parameters, self.deadline).await?;
            for row in rows {
                known.insert(row.lot.into_lot()?.id);
            }
        }
        let mut named = HashSet::new();
        let unknown = self.query.seeds.iter().filter(|seed| !known.contains(*seed) && named.insert(*seed));
        Ok(unknown.cloned().collect())
    }
}

impl Parts {
    fn new(direction: Direction) -> Self {
        let builder =
            SubgraphBuilder { direction, lots: Vec::new(), operations: Vec::new(), links: Vec::new() };
        Self { builder, last: HashMap::new() }
    }

    fn lot(&mut self, item: LotItem) -> Result<()> {
        let (hops, id, material, earliest_production, overdrawn, links, in_place, degree) = item;
        for (role, links) in [(leading_on(self.builder.direction), links), (Role::InPlace, in_place)] {
            for link in links {
                let operation = link.0.clone().try_into().map_err(decode::corrupt)?;
                self.link(id.clone(), operation, role, link)?;
            }
        }
        self.last.extend(degree.map(|degree| (id.clone(), degree)));
        let earliest_production = decode::optional_time(earliest_production)?;
        let overdrawn = decode::overdrawn(overdrawn.as_deref())?;
        let overdrawn = (!overdrawn.is_clear()).then(|| Box::new(overdrawn));
        self.builder.lots.push(SubgraphLot {
            id,
            material,
            hops,
            earliest_production,
            overdrawn,
            leads_on: false,
        });
        Ok(())
    }

    fn operation(&mut self, item: OperationItem) -> Result<()> {
        let (hops, id, kind, start, end, party, pairs, links, back) = item;
        let role = match self.builder.direction {
            Direction::Forward => Role::Produced,
            Direction::Backward => Role::Consumed,
        };
        for link in links {
            let lot = link.0.clone().try_into().map_err(decode::corrupt)?;
            self.link(lot, id.clone(), role, link)?;
        }
        for link in back {
            // The links of all other lots were read from the side of the lot.
            if self.last.contains_key(link.0.as_str()) {
                let lot = link.0.clone().try_into().map_err(decode::corrupt)?;
                self.link(lot, id.clone(), leading_on(self.builder.direction), link)?;
            }
        }
        let kind = OperationKind::from_name(&kind)
            .ok_or_else(|| decode::corrupt(format!("{kind:?} is no kind of operation")))?;
        let (start, end) = (decode::time(start)?, decode::time(end)?);
        let pairs = Pairs::parse(pairs.as_deref()).map_err(decode::corrupt)?;
        self.builder.operations.push(SubgraphOperation { id, kind, hops, start, end, party, pairs });
        Ok(())
    }

    fn link(&mut self, lot: LotId, operation: EventId, role: Role, link: LinkItem) -> Result<()> {
        let (_, position, amount, unit, earliest, latest, continues) = link;
        self.builder.links.push(RawLink {
            lot,
            operation,
            role,
            position,
            quantity: decode::quantity(amount.as_deref(), unit.as_deref())?,
            earliest: decode::time(earliest)?,
            latest: decode::time(latest)?,
            sense: decode::sense(continues.as_deref())?,
        });
        Ok(())
    }

    /// Marks those lots from which more links lead on than the answer contains.
    fn mark_last(&mut self) {
        let SubgraphBuilder { direction, lots, operations, links } = &mut self.builder;
        let here: HashSet<&EventId> = operations.iter().map(|operation| &operation.id).collect();
        let role = leading_on(*direction);
        for link in links.iter().filter(|link| link.role == role && here.contains(&link.operation)) {
            if let Some(missing) = self.last.get_mut(&link.lot) {
                *missing = missing.saturating_sub(1);
            }
        }
        for lot in lots {
            lot.leads_on = self.last.get(&lot.id).is_some_and(|missing| *missing > 0);
        }
    }

    /// Keeps the first nodes in (hops, id) order. Returns whether there were more.
    fn cut(&mut self, nodes_max: usize) -> bool {
        let SubgraphBuilder { lots, operations, .. } = &mut self.builder;
        if lots.len() + operations.len() <= nodes_max {
            return false;
        }
        // Lots have even hops and operations odd ones, so a lot and an operation are never compared by their
        // ids.
        let mut order: Vec<(u32, String)> =
            lots.iter().map(|lot| (lot.hops, lot.id.as_str().to_owned())).collect();
        order.extend(operations.iter().map(|o| (o.hops, o.id.as_str().to_owned())));
        order.sort_unstable();
        let first_out = order.swap_remove(nodes_max);
        let stays = |hops: u32, id: &str| (hops, id) < (first_out.0, first_out.1.as_str());
        lots.retain(|lot| stays(lot.hops, lot.id.as_str()));
        operations.retain(|operation| stays(operation.hops, operation.id.as_str()));
        true
    }
}

/// The role of the links by which a walk goes on from a lot.
fn leading_on(direction: Direction) -> Role {
    match direction {
        Direction::Forward => Role::Consumed,
        Direction::Backward => Role::Produced,
    }
}
