//! The structural closure: one statement for few seeds, a statement a level for many.

mod levels;

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::connection::{Connection, Deadline};
use super::decode;
use super::encode::{integer, texts};
use super::statement::{self, Bound, Statement};
use super::{ledger, nodes};
use crate::domain::{EventId, LotId, MaterialCode, OperationKind, PartyCode, Role};
use crate::genealogy::subgraph::{RawLink, SubgraphBuilder, SubgraphLot, SubgraphOperation};
use crate::store::query::Closure;
use crate::store::{Direction, Result, Revision, StoreError, StoreErrorKind, Subgraph};

/// Up to this many seeds one statement walks from each of them; shared parts are walked once for each seed, so more
/// are walked level by level.
const SEEDS_TOGETHER: usize = 4;

/// `[other end, position, quantity, unit, earliest, latest]`.
type LinkItem = (String, u32, Option<String>, Option<String>, i64, i64);
/// `[operation, position, earliest, latest]`.
type InPlaceItem = (EventId, u32, i64, i64);
/// `[hops, id, material, earliest production, links, work in place, degree]`.
type LotItem = (u32, LotId, Option<MaterialCode>, Option<i64>, Vec<LinkItem>, Vec<InPlaceItem>, Option<u32>);
/// `[hops, id, kind, start, end, party, links, links back]`.
type OperationItem = (u32, EventId, String, i64, i64, Option<PartyCode>, Vec<LinkItem>, Vec<LinkItem>);

#[derive(Deserialize)]
struct ClosureRow {
    lots: Vec<LotItem>,
    operations: Vec<OperationItem>,
}

pub(super) async fn closure(connection: &Connection, query: &Closure) -> Result<Subgraph> {
    let deadline = Deadline::after(query.deadline);
    // Before the walk: everything up to this revision is there for it to see.
    let revision = ledger::revision(connection, "closure", deadline).await?;
    if query.at.is_some_and(|at| at != revision) {
        return Err(StoreError::new(StoreErrorKind::Stale, "closure"));
    }
    let walk = Walk::new(connection, query, deadline);
    let parts = if walk.seeds.len() <= SEEDS_TOGETHER {
        walk.at_once().await?
    } else {
        levels::by_levels(&walk).await?
    };
    walk.finish(parts, revision).await
}

/// A closure under way.
struct Walk<'a> {
    connection: &'a Connection,
    query: &'a Closure,
    deadline: Deadline,
    /// The seeds, each once, sorted.
    seeds: Vec<&'a LotId>,
    /// The most edges a walk may have; even.
    hops_max: Option<u32>,
}

/// What was read, at most one node more than the limit.
struct Parts {
    builder: SubgraphBuilder,
    /// Lots as far from the seeds as the walk may go, with how many links lead on from them. Their links are not read
    /// from their side, since most of them leave the answer.
    last: HashMap<LotId, u32>,
}

impl<'a> Walk<'a> {
    fn new(connection: &'a Connection, query: &'a Closure, deadline: Deadline) -> Self {
        let mut seeds: Vec<&LotId> = query.seeds.iter().collect();
        seeds.sort_unstable();
        seeds.dedup();
        let hops_max = query.max_depth.and_then(|depth| depth.checked_mul(2));
        Self { connection, query, deadline, seeds, hops_max }
    }

    /// One more than asked tells that there are more.
    fn limit(&self) -> i64 {
        i64::from(self.query.nodes_max) + 1
    }

    fn pick(&self, forward: &'static Statement, backward: &'static Statement) -> &'static Statement {
        match self.query.direction {
            Direction::Forward => forward,
            Direction::Backward => backward,
        }
    }

    async fn at_once(&self) -> Result<Parts> {
        let statement = self.pick(&statement::CLOSURE_FORWARD, &statement::CLOSURE_BACKWARD);
        let bound = self.hops_max.map_or(Bound::None, |hops| Bound::for_edges(hops.into()));
        let parameters = vec![
            ("seeds", texts(&self.seeds)),
            ("hops_max", integer(self.hops_max.map_or(i64::MAX, i64::from))),
            ("bounded", self.hops_max.is_some().into()),
            ("limit", integer(self.limit())),
        ];
        let text = statement.bounded(bound);
        let rows: Vec<ClosureRow> =
            self.connection.read_text("closure", &text, parameters, self.deadline).await?;
        let mut parts = Parts::new(self.query.direction);
        for row in rows {
            for lot in row.lots {
                parts.lot(lot)?;
            }
            for operation in row.operations {
                parts.operation(operation)?;
            }
        }
        Ok(parts)
    }

    async fn finish(&self, mut parts: Parts, revision: Revision) -> Result<Subgraph> {
        let cut = parts.cut(self.query.nodes_max as usize);
        parts.mark_last();
        let unknown = self.unknown_seeds(&parts.builder, cut).await?;
        Ok(parts.builder.build(revision, unknown, cut))
    }

    /// The seeds that do not exist, in the order asked. A seed that the node limit cut off is not one of them.
    async fn unknown_seeds(&self, builder: &SubgraphBuilder, cut: bool) -> Result<Vec<LotId>> {
        let mut known: HashSet<LotId> =
            builder.lots.iter().filter(|lot| lot.hops == 0).map(|lot| lot.id.clone()).collect();
        if cut && known.len() < self.seeds.len() {
            let parameters = vec![("ids", texts(&self.seeds))];
            let rows: Vec<nodes::LotRow> =
                self.connection.read("closure", &statement::READ_LOTS, parameters, self.deadline).await?;
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
        let (hops, id, material, earliest_production, links, in_place, degree) = item;
        let role = leading_on(self.builder.direction);
        for link in links {
            let operation = link.0.clone().try_into().map_err(decode::corrupt)?;
            self.link(id.clone(), operation, role, link)?;
        }
        for (operation, position, earliest, latest) in in_place {
            let link = (String::new(), position, None, None, earliest, latest);
            self.link(id.clone(), operation, Role::InPlace, link)?;
        }
        self.last.extend(degree.map(|degree| (id.clone(), degree)));
        let earliest_production = decode::optional_time(earliest_production)?;
        self.builder.lots.push(SubgraphLot { id, material, hops, earliest_production, leads_on: false });
        Ok(())
    }

    fn operation(&mut self, item: OperationItem) -> Result<()> {
        let (hops, id, kind, start, end, party, links, back) = item;
        let role = match self.builder.direction {
            Direction::Forward => Role::Produced,
            Direction::Backward => Role::Consumed,
        };
        for link in links {
            let lot = link.0.clone().try_into().map_err(decode::corrupt)?;
            self.link(lot, id.clone(), role, link)?;
        }
        for link in back {
            // The links of all other lots were read from their side.
            if self.last.contains_key(link.0.as_str()) {
                let lot = link.0.clone().try_into().map_err(decode::corrupt)?;
                self.link(lot, id.clone(), leading_on(self.builder.direction), link)?;
            }
        }
        let kind = OperationKind::from_name(&kind)
            .ok_or_else(|| decode::corrupt(format!("{kind:?} is no kind of operation")))?;
        let (start, end) = (decode::time(start)?, decode::time(end)?);
        self.builder.operations.push(SubgraphOperation { id, kind, hops, start, end, party });
        Ok(())
    }

    fn link(&mut self, lot: LotId, operation: EventId, role: Role, link: LinkItem) -> Result<()> {
        let (_, position, amount, unit, earliest, latest) = link;
        self.builder.links.push(RawLink {
            lot,
            operation,
            role,
            position,
            quantity: decode::quantity(amount.as_deref(), unit.as_deref())?,
            earliest: decode::time(earliest)?,
            latest: decode::time(latest)?,
        });
        Ok(())
    }

    /// Marks the lots from which more links lead on than the answer has.
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

    /// Keeps the first nodes in (hops, id) order; tells whether there were more.
    fn cut(&mut self, nodes_max: usize) -> bool {
        let SubgraphBuilder { lots, operations, .. } = &mut self.builder;
        if lots.len() + operations.len() <= nodes_max {
            return false;
        }
        // Hops of lots are even and those of operations odd, so the two never meet in the order.
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

/// The role of the links that take a walk on from a lot.
fn leading_on(direction: Direction) -> Role {
    match direction {
        Direction::Forward => Role::Consumed,
        Direction::Backward => Role::Produced,
    }
}
