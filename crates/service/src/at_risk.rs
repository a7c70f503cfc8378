//! Quantities at risk: for every lot that a FORWARD trace affects, all of it, and what perfect mixing carries.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures::future::BoxFuture;
use rust_decimal::Decimal;

use super::kept::{Kept, Weighed};
use super::lookup::Reading;
use super::mass_balance::balances_of;
use super::trace::{TraceAnswer, TraceQuestion, Tracer};
use super::{ServiceError, ServiceResult};
use lotgraph_domain::{
    Caller, ErrorCode, EventId, Lot, LotId, MaterialCode, Role, Scale, Timestamp, UnitCode,
};
use lotgraph_genealogy::at_risk::{Affected, Attributed, Attribution, Inflow, attribute};
use lotgraph_genealogy::subgraph::SubgraphLot;
use lotgraph_genealogy::{Balance, Cut, Direction};
use lotgraph_store::{Closure, StoreErrorKind};

/// How often the answer is computed anew because the ledger moved on while it was.
pub const ATTEMPTS_MAX: u32 = 4;

/// Lots whose inflows are read in one closure: a closure's size is bounded, too.
const CHUNK: usize = 5_000;

/// All of a lot, in its material's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorstCase {
    /// The unit; absent when there is none to sum in.
    pub unit: Option<UnitCode>,
    /// All that was received and produced of it; absent when something was not measured or cannot be converted.
    pub quantity: Option<Decimal>,
    /// What of that is on hand now; absent when that is not known.
    pub on_hand: Option<Decimal>,
}

/// All of the affected lots of one material, in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorstTotal {
    /// The material; absent for lots without one.
    pub material: Option<MaterialCode>,
    /// The unit of the sums; absent for lots that have none to sum in.
    pub unit: Option<UnitCode>,
    /// Lots summed here.
    pub lots: usize,
    /// All of those whose quantity is known.
    pub quantity: Decimal,
    /// Lots whose quantity is not known: the sum would be larger with them.
    pub unknown: usize,
    /// What is on hand of those of which that is known.
    pub on_hand: Decimal,
    /// Lots of which it is not known what is on hand.
    pub on_hand_unknown: usize,
}

impl WorstTotal {
    /// How much came in, of the lots of which that is known; `None` when there is none.
    #[must_use]
    pub fn known_quantity(&self) -> Option<Decimal> {
        (self.unknown < self.lots).then_some(self.quantity)
    }

    /// What is on hand, of the lots of which that is known; `None` when there is none.
    #[must_use]
    pub fn known_on_hand(&self) -> Option<Decimal> {
        (self.on_hand_unknown < self.lots).then_some(self.on_hand)
    }
}

/// The quantities at risk of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtRisk {
    /// The trace that they belong to: the one asked about, or the same question at a later revision when the ledger had
    /// moved on.
    pub answer: Arc<TraceAnswer>,
    /// What perfect mixing carries: the seeds, then the lots reached, as in the trace.
    pub attribution: Attribution,
    /// For each of [`Attribution::lots`], all of it.
    pub worst: Vec<WorstCase>,
    /// The sums of the worst cases, by material and unit; lots without a material last.
    pub totals: Vec<WorstTotal>,
}

impl AtRisk {
    /// Each lot with all of it, the seeds first.
    pub fn lots(&self) -> impl Iterator<Item = (&Attributed, &WorstCase)> {
        self.attribution.lots.iter().zip(&self.worst)
    }
}

/// Says how much is at risk.
#[derive(Clone)]
pub struct Risks {
    tracer: Tracer,
    /// Answers computed lately, for their further pages.
    recent: Kept<AtRisk>,
}

impl Risks {
    /// Computes over the store of a tracer, within its limits.
    #[must_use]
    pub fn new(tracer: Tracer) -> Self {
        Self { tracer, recent: Kept::default() }
    }

    /// The quantities at risk of a FORWARD trace. They are of one revision: when the ledger has moved on since, the
    /// question is asked again, unless it is bound to its revision.
    ///
    /// # Errors
    /// `ARGUMENT_INVALID` for a BACKWARD trace or one without the time rule, `CURSOR_STALE` when the ledger moves on faster
    /// than it can be read, `LIMIT_EXCEEDED` when inflows exceed the node limit, and the store's.
    pub fn at_risk<'a>(
        &'a self,
        caller: &'a Caller,
        answer: &'a Arc<TraceAnswer>,
    ) -> BoxFuture<'a, ServiceResult<Arc<AtRisk>>> {
        Box::pin(async move {
            let question = &answer.question;
            if question.direction != Direction::Forward || !question.rule.respect_time {
                let message = "quantities at risk are those of a FORWARD trace with respectTime: ask for one";
                return Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
            }
            let mut answer = Arc::clone(answer);
            for attempt in 1..=ATTEMPTS_MAX {
                if !question.skip_cache
                    && let Some(found) = self.recent.find(|found| same(&found.answer, &answer))
                {
                    return Ok(found);
                }
                if let Some(found) = self.attempt(self.tracer.lookup().by(caller), &answer).await? {
                    let found = Arc::new(found);
                    self.recent.keep(found.clone());
                    return Ok(found);
                }
                if question.at.is_some() {
                    break;
                }
                if attempt < ATTEMPTS_MAX {
                    answer = self.tracer.trace_since(caller, question.clone(), &moments(&answer)).await?;
                }
            }
            let message = "the ledger moved on while the quantities were read; ask again from the first page";
            Err(ServiceError::new(ErrorCode::CursorStale, message))
        })
    }

    /// One try; `None` when the ledger has moved on.
    async fn attempt(
        &self,
        reading: Reading<'_>,
        answer: &Arc<TraceAnswer>,
    ) -> ServiceResult<Option<AtRisk>> {
        let (subgraph, trace) = (&answer.subgraph, &answer.trace);
        let indices: Vec<u32> =
            trace.seeds.iter().copied().chain(trace.lots.iter().map(|node| node.index)).collect();
        let ids = indices.iter().map(|index| answer.lot_id(*index).clone()).collect();
        let lots: Vec<Arc<Lot>> = reading.known_lots(ids).await?.into_iter().map(Arc::new).collect();
        let codes = subgraph.lots.iter().filter_map(|lot| lot.material.clone()).collect();
        let materials = reading.materials(codes).await?;
        let balances = balances_of(reading, &lots, &materials).await?;
        let inflows = match self.inflows(reading, answer, &indices, &lots).await? {
            Some(inflows) if reading.revision().await? == subgraph.revision => inflows,
            _ => return Ok(None),
        };
        let of = |code: &Option<MaterialCode>| code.as_ref().and_then(|code| materials.get(code));
        let structural = |lot: &SubgraphLot| Scale::new(of(&lot.material), None, lot.earliest_production);
        let mut scales: Vec<Scale<'_>> = subgraph.lots.iter().map(structural).collect();
        for (index, lot) in indices.iter().zip(&lots) {
            scales[*index as usize] = Scale::of(lot, of(&lot.material));
        }
        let affected = Affected { subgraph, trace, inflows: &inflows, scales: &scales };
        let attribution = attribute(&affected);
        let worst: Vec<WorstCase> =
            lots.iter().zip(&balances).map(|(lot, balance)| worst_case(lot, balance)).collect();
        let totals = totals(lots.iter().map(|lot| lot.material.as_ref()).zip(&worst));
        Ok(Some(AtRisk { answer: Arc::clone(answer), attribution, worst, totals }))
    }

    /// Productions of these lots by operations outside of the closure; `None` when the ledger has moved on.
    async fn inflows(
        &self,
        reading: Reading<'_>,
        answer: &TraceAnswer,
        indices: &[u32],
        lots: &[Arc<Lot>],
    ) -> ServiceResult<Option<Vec<Inflow>>> {
        let subgraph = &answer.subgraph;
        let mut there = vec![0_u32; subgraph.lots.len()];
        for link in subgraph.links.iter().filter(|link| link.role == Role::Produced) {
            there[link.lot as usize] += 1;
        }
        let lacks = |(index, lot): &(&u32, &Arc<Lot>)| {
            let came_in: u32 = lot.came_in().iter().map(|flow| flow.count).sum();
            came_in > there[**index as usize]
        };
        let short: Vec<u32> = indices.iter().zip(lots).filter(lacks).map(|(index, _)| *index).collect();
        let known: HashSet<&EventId> = subgraph.operations.iter().map(|operation| &operation.id).collect();
        let mut inflows = Vec::new();
        for chunk in short.chunks(CHUNK.min(reading.limits().seeds_max)) {
            let by_id: HashMap<&LotId, u32> =
                chunk.iter().map(|index| (answer.lot_id(*index), *index)).collect();
            let closure = Closure {
                seeds: by_id.keys().map(|id| (*id).clone()).collect(),
                direction: Direction::Backward,
                max_depth: Some(1),
                nodes_max: self.tracer.nodes_max(),
                deadline: self.tracer.deadline(),
                skip_cache: answer.question.skip_cache,
                at: Some(subgraph.revision),
            };
            let before = match reading.closure(&closure).await {
                Err(error) if matches!(error.kind, StoreErrorKind::Stale) => return Ok(None),
                other => other?,
            };
            if before.cut == Some(Cut::Nodes) {
                let message = "what came into the affected lots exceeds the node limit; ask for fewer lots";
                return Err(ServiceError::new(ErrorCode::LimitExceeded, message));
            }
            for link in before.links.iter().filter(|link| link.role == Role::Produced) {
                let lot = by_id.get(&before.lots[link.lot as usize].id);
                if let Some(lot) =
                    lot.filter(|_| !known.contains(&before.operations[link.operation as usize].id))
                {
                    let quantity = link.quantity.clone();
                    inflows.push(Inflow { lot: *lot, latest: link.latest, quantity });
                }
            }
        }
        Ok(Some(inflows))
    }
}

/// Since when each seed is bad, for asking the same again.
fn moments(answer: &TraceAnswer) -> BTreeMap<LotId, Timestamp> {
    let seeds = answer.trace.seeds.iter().zip(&answer.trace.moments);
    seeds.filter_map(|(seed, moment)| Some((answer.lot_id(*seed).clone(), (*moment)?))).collect()
}

fn worst_case(lot: &Lot, balance: &Balance) -> WorstCase {
    let measured = lot.received.unmeasured + lot.produced.unmeasured == 0;
    let came = lot.received.count + lot.produced.count > 0;
    let quantity = balance.received.zip(balance.produced).map(|(one, other)| one.saturating_add(other));
    WorstCase {
        quantity: quantity.filter(|_| measured && came && balance.unit.is_some()),
        on_hand: balance.on_hand,
        unit: balance.unit.clone(),
    }
}

fn totals<'a>(lots: impl Iterator<Item = (Option<&'a MaterialCode>, &'a WorstCase)>) -> Vec<WorstTotal> {
    let mut sums: BTreeMap<(bool, Option<&MaterialCode>, Option<&UnitCode>), WorstTotal> = BTreeMap::new();
    for (material, worst) in lots {
        let unit = worst.unit.as_ref();
        let sum = sums.entry((material.is_none(), material, unit)).or_insert_with(|| WorstTotal {
            material: material.cloned(),
            unit: unit.cloned(),
            lots: 0,
            quantity: Decimal::ZERO,
            unknown: 0,
            on_hand: Decimal::ZERO,
            on_hand_unknown: 0,
        });
        sum.lots += 1;
        match worst.quantity {
            Some(quantity) => sum.quantity = sum.quantity.saturating_add(quantity),
            None => sum.unknown += 1,
        }
        match worst.on_hand {
            Some(on_hand) => sum.on_hand = sum.on_hand.saturating_add(on_hand),
            None => sum.on_hand_unknown += 1,
        }
    }
    sums.into_values().collect()
}

impl Weighed for AtRisk {
    fn nodes(&self) -> usize {
        self.answer.subgraph.lots.len() + self.answer.subgraph.operations.len()
    }
}

/// Whether two answers are of one question at one revision: then they are equal.
fn same(one: &Arc<TraceAnswer>, other: &Arc<TraceAnswer>) -> bool {
    let question = |answer: &TraceAnswer| {
        let TraceQuestion { lots, max_depth, rule, .. } = answer.question.clone();
        (lots, max_depth, rule, answer.subgraph.revision)
    };
    Arc::ptr_eq(one, other) || (question(one) == question(other) && one.trace.moments == other.trace.moments)
}
