//! Quantities at risk of a trace: two bounds for every affected lot, and what widened them.

use async_graphql::{Context, ID, Result};

use super::connection::connection;
use super::enums::GapReason;
use super::freshness::Freshness;
use super::lot::Lot;
use super::material::Material;
use super::party::Party;
use super::recall;
use super::scalars::Exact;
use lotgraph_domain::{EventId, LotId};
use lotgraph_genealogy::at_risk::{self as amounts, Attributed, MODEL};
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::at_risk::{self, WorstCase};

/// The most gaps shown of one lot.
const GAPS_MAX: usize = 100;
/// The most customers that an answer lists.
const CUSTOMERS_MAX: usize = 1_000;

/// An amount of seed material of which only bounds may be known.
#[derive(SimpleObject)]
pub struct Bound {
    /// At least this much.
    low: Exact,
    /// At most this much; absent: nothing recorded bounds it.
    high: Option<Exact>,
}

impl From<amounts::Bound> for Bound {
    fn from(bound: amounts::Bound) -> Self {
        Self { low: bound.low.into(), high: bound.high.map(Into::into) }
    }
}

/// Something that a bound had to be widened for.
#[derive(SimpleObject)]
pub struct QuantityGap {
    /// The id of the operation that moved the lot; absent: one that the trace does not reach.
    operation: Option<ID>,
    /// What is missing.
    reason: GapReason,
}

/// All of the affected lots of one material, in one unit: the worst case.
pub struct WorstCaseTotal(at_risk::WorstTotal);

/// All of the affected lots of one material, in one unit: the worst case.
#[Object]
impl WorstCaseTotal {
    /// The material; absent for lots without one.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>> {
        recall::material(context, self.0.material.as_ref()).await
    }

    /// The unit of the sums: the material's own; absent for lots that have none to sum in.
    fn unit(&self) -> Option<&str> {
        self.0.unit.as_ref().map(AsRef::as_ref)
    }

    /// Lots summed here.
    fn lot_count(&self) -> usize {
        self.0.lots
    }

    /// All that was received and produced of those of which that is known; absent when there is none.
    fn quantity(&self) -> Option<Exact> {
        self.0.known_quantity().map(Into::into)
    }

    /// Lots of which that is not known: the sum would be larger with them.
    fn unknown_count(&self) -> usize {
        self.0.unknown
    }

    /// What is on hand of those of which that is known; absent when there is none.
    fn on_hand(&self) -> Option<Exact> {
        self.0.known_on_hand().map(Into::into)
    }

    /// Lots of which it is not known what is on hand.
    fn on_hand_unknown_count(&self) -> usize {
        self.0.on_hand_unknown
    }
}

/// What a customer received of the seeds' material.
pub struct CustomerAtRisk(amounts::Received);

/// What a customer received of the seeds' material.
#[Object]
impl CustomerAtRisk {
    /// The customer; absent for shipments that name none.
    async fn customer(&self, context: &Context<'_>) -> Result<Option<Party>> {
        recall::party(context, self.0.customer.as_ref()).await
    }

    /// What perfect mixing carried to them and they have not sent back, each load as its tank was when it left, in the unit
    /// of the answer.
    fn carried(&self) -> Bound {
        self.0.carried.into()
    }
}

/// How much of the seeds' material is where.
#[derive(SimpleObject)]
pub struct AtRisk {
    /// The model behind the proportional bounds: PERFECT_MIXING.
    model: &'static str,
    /// The unit of the bounds: that of the first lot the trace started from; absent when it has none.
    unit: Option<String>,
    /// All that the lots held which the trace started from; absent when that is not known.
    source: Option<Exact>,
    /// What went into operations that put it into nothing, or into nobody knows which output.
    used_up: Bound,
    /// What is still in some lot. Where no gap widens a bound, this and what was shipped, scrapped, cleaned away, used up and
    /// not explained are the source.
    resting: Bound,
    /// What was shipped, and has not come back.
    shipped: Bound,
    /// What was scrapped.
    scrapped: Bound,
    /// What was cleaned away.
    cleaned: Bound,
    /// What is not explained: stock counts found less than there should have been.
    unexplained: Bound,
    /// The worst case: all of the affected lots, by material and unit.
    worst_case: Vec<WorstCaseTotal>,
    /// What each customer received, by code, at most 1000.
    customers: Vec<CustomerAtRisk>,
    /// How many customers there are.
    customer_count: usize,
    /// How many gaps there are over all lots.
    gap_count: usize,
    /// Whether the records leave nothing open: no gap, nothing drawn before it was there, no stock count that disagrees, no
    /// order of times that had to be chosen, and no limit that cut the trace.
    is_certain: bool,
    /// The lots, those that the trace started from first, by (depth, id).
    lots: AtRiskLotConnection,
    /// Which state of the ledger it answers for: a later one than the trace when the ledger moved on in between.
    freshness: Freshness,
}

impl AtRisk {
    /// A page, given its items with their cursors.
    pub(super) fn new(found: &at_risk::AtRisk, lots: AtRiskLotConnection) -> Self {
        let attribution = &found.attribution;
        Self {
            model: MODEL,
            unit: attribution.unit.as_ref().map(ToString::to_string),
            source: attribution.source.map(Into::into),
            used_up: attribution.used_up.into(),
            resting: attribution.places.resting.into(),
            shipped: attribution.places.shipped.into(),
            scrapped: attribution.places.scrapped.into(),
            cleaned: attribution.places.cleaned.into(),
            unexplained: attribution.places.unexplained.into(),
            worst_case: found.totals.iter().cloned().map(WorstCaseTotal).collect(),
            customers: attribution
                .customers
                .iter()
                .take(CUSTOMERS_MAX)
                .cloned()
                .map(CustomerAtRisk)
                .collect(),
            customer_count: attribution.customers.len(),
            gap_count: attribution.gaps.len(),
            is_certain: attribution.is_certain,
            lots,
            freshness: Freshness::of(&found.answer.subgraph),
        }
    }
}

/// How much of an affected lot is at risk.
pub struct AtRiskLot {
    id: LotId,
    attributed: Attributed,
    worst: WorstCase,
    gaps: Vec<(Option<EventId>, amounts::GapReason)>,
}

impl AtRiskLot {
    /// A lot of the answer, by its place.
    pub(super) fn of(found: &at_risk::AtRisk, place: usize) -> Self {
        let attributed = found.attribution.lots[place].clone();
        let subgraph = &found.answer.subgraph;
        let gaps = &found.attribution.gaps;
        // Gaps are sorted by lot.
        let from = gaps.partition_point(|gap| gap.lot < attributed.lot);
        let of_lot = gaps[from..].iter().take_while(|gap| gap.lot == attributed.lot);
        let id = |operation: u32| subgraph.operations[operation as usize].id.clone();
        let gaps = of_lot.map(|gap| (gap.operation.map(id), gap.reason));
        Self {
            id: found.answer.lot_id(attributed.lot).clone(),
            gaps: gaps.collect(),
            worst: found.worst[place].clone(),
            attributed,
        }
    }
}

/// How much of an affected lot is at risk.
#[Object]
impl AtRiskLot {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.id).await
    }

    /// Operations from the nearest lot that the trace started from.
    fn depth(&self) -> u32 {
        self.attributed.depth
    }

    /// Worst case: all that was received and produced of it, in `worstCaseUnit`; absent when that is not known.
    fn worst_case(&self) -> Option<Exact> {
        self.worst.quantity.map(Into::into)
    }

    /// Worst case, what of it is on hand now; absent when that is not known.
    fn worst_case_on_hand(&self) -> Option<Exact> {
        self.worst.on_hand.map(Into::into)
    }

    /// The unit of the worst case: the material's own.
    fn worst_case_unit(&self) -> Option<&str> {
        self.worst.unit.as_ref().map(AsRef::as_ref)
    }

    /// Proportional: what perfect mixing carried into it, in the unit of the answer; of a lot that the trace started
    /// from: all that it held, without what flowed back into it or came from another of them.
    fn proportional(&self) -> Bound {
        self.attributed.carried.into()
    }

    /// What of that is still in it.
    fn resting(&self) -> Bound {
        self.attributed.resting.into()
    }

    /// What of that operations drew to make something of it.
    fn handed_on(&self) -> Bound {
        self.attributed.handed_on.into()
    }

    /// What of that was shipped, and has not come back.
    fn shipped(&self) -> Bound {
        self.attributed.shipped.into()
    }

    /// What of that was scrapped.
    fn scrapped(&self) -> Bound {
        self.attributed.scrapped.into()
    }

    /// What of that was cleaned away.
    fn cleaned(&self) -> Bound {
        self.attributed.cleaned.into()
    }

    /// What of that is not explained: stock counts found less than there should have been.
    fn unexplained(&self) -> Bound {
        self.attributed.unexplained.into()
    }

    /// `proportional` as a part of all that the trace's lots held, 0 to 1; absent when that is not known.
    fn source_fraction(&self) -> Option<Bound> {
        self.attributed.source_fraction.map(Into::into)
    }

    /// `proportional` as a part of all that came into the lot, 0 to 1; absent when the two cannot be compared.
    fn lot_fraction(&self) -> Option<Bound> {
        self.attributed.lot_fraction.map(Into::into)
    }

    /// What the bounds had to be widened for, by operation; at most 100.
    fn gaps(&self) -> Vec<QuantityGap> {
        let gaps = self.gaps.iter().take(GAPS_MAX);
        gaps.map(|(operation, reason)| QuantityGap {
            operation: operation.as_ref().map(|id| ID::from(id.as_str())),
            reason: (*reason).into(),
        })
        .collect()
    }

    /// How many gaps there are.
    fn gap_count(&self) -> usize {
        self.gaps.len()
    }
}

connection!(
    /// A page of lots with their quantities at risk.
    AtRiskLotConnection,
    /// A lot at risk in a page.
    AtRiskLotEdge,
    AtRiskLot
);
