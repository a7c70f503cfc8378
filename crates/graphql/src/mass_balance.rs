//! Mass balance: what came in against where it is, and the yields of the operations between.

use std::str::FromStr;
use std::sync::Arc;

use async_graphql::{Context, ID, Result};
use rust_decimal::Decimal;

use super::as_of::AsOfInput;
use super::connection::{page_cost, page_size};
use super::filters::read;
use super::lot::Lot;
use super::operation::Operation;
use super::quantity::LotBalance;
use super::scalars::Exact;
use super::{caller, services};
use lotgraph_domain::{ErrorCode, LotId};
use lotgraph_genealogy::mass_balance::{self, TOLERANCE_PERCENT};
use lotgraph_genealogy::yields::Yield;
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::mass_balance::BalanceAnswer;
use lotgraph_service::{ServiceError, ServiceResult};

/// Questions about what adds up.
#[derive(Default)]
pub struct BalanceQuery;

#[Object]
impl BalanceQuery {
    /// What came into lots against where it is: received + produced + returned = consumed + shipped + scrapped +
    /// on hand + unexplained.
    #[graphql(complexity = "page_cost(20, child_complexity)")]
    async fn mass_balance(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The lots, at most 100000.")] lots: Vec<ID>,
        #[graphql(desc = "How much may be unexplained, in percent of what came in; absent: 0.1.")]
        tolerance_percent: Option<Exact>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<MassBalance> {
        let lots: Vec<LotId> =
            lots.iter().map(|id| read("lots", id, LotId::parse)).collect::<ServiceResult<_>>()?;
        MassBalance::ask(context, &lots, tolerance_percent).await
    }
}

/// What came into some lots against where it is.
pub struct MassBalance(Arc<BalanceAnswer>);

impl MassBalance {
    pub(super) async fn ask(
        context: &Context<'_>,
        lots: &[LotId],
        tolerance_percent: Option<Exact>,
    ) -> Result<Self> {
        let tolerance = tolerance_percent.map(|text| tolerance(text.text())).transpose()?;
        let balances = &services(context).questions.balances;
        Ok(Self(Arc::new(
            balances.mass_balance(caller(context), lots, tolerance.unwrap_or(TOLERANCE_PERCENT)).await?,
        )))
    }
}

fn tolerance(text: &str) -> ServiceResult<Decimal> {
    Decimal::from_str(text).map_err(|error| {
        let message = format!("tolerancePercent {text:?} is not a number: {error}");
        ServiceError::new(ErrorCode::ArgumentInvalid, message)
    })
}

/// What came into some lots against where it is.
#[Object]
impl MassBalance {
    /// How many lots.
    fn lot_count(&self) -> usize {
        self.0.lots.len()
    }

    /// How many of them have a stock count: of the others what must be on hand is taken to be there.
    fn counted_count(&self) -> u32 {
        self.0.mass.counted
    }

    /// How many of them have a side that is not known: something was not measured, cannot be converted, or came from nowhere.
    fn unknown_count(&self) -> u32 {
        self.0.mass.unknown
    }

    /// How much may be unexplained, in percent of what came in.
    fn tolerance_percent(&self) -> Exact {
        self.0.tolerance_percent.into()
    }

    /// Whether everything is explained within the tolerance, as far as it is known, nothing was drawn before it was there,
    /// and no operation gave what it cannot have given.
    fn is_balanced(&self) -> bool {
        self.0.mass.is_balanced()
    }

    /// The sums, by material and unit.
    fn totals(&self) -> Vec<MaterialBalance> {
        self.0.mass.totals.iter().map(MaterialBalance::from).collect()
    }

    /// The lots beyond the tolerance, the greatest share of what came in first.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn broken(
        &self,
        #[graphql(default = 20, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<BrokenLot>> {
        let broken = self.0.mass.broken.iter().take(page_size(first)? as usize);
        Ok(broken.map(|lot| BrokenLot::new(&self.0, lot)).collect())
    }

    /// How many lots are beyond the tolerance.
    fn broken_count(&self) -> usize {
        self.0.mass.broken.len()
    }

    /// How many lots were, at some moment, drawn from before enough was there, whatever their sums say.
    fn overdrawn_count(&self) -> usize {
        self.0.mass.overdrawn.len()
    }

    /// The ids of operations that brought some of the lots forth and cannot balance: what is only divided, put together or
    /// packed anew gave more than it took, or the yield lies outside the range declared.
    fn unbalanced(&self) -> Vec<ID> {
        self.0.mass.unbalanced.iter().map(|id| ID::from(id.as_str())).collect()
    }

    /// The operations that made the lots from others, lowest yield first; those whose sides cannot be compared last.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn yields(
        &self,
        #[graphql(default = 20, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<OperationYield>> {
        let yields = self.0.yields.iter().take(page_size(first)? as usize);
        let one = |found: &lotgraph_service::mass_balance::OperationYield| OperationYield {
            operation: Operation(found.operation.clone()),
            compared: found.yields.as_ref().map(ComparedYield::from),
        };
        Ok(yields.map(one).collect())
    }

    /// The revision: everything committed up to it is in the answer.
    fn revision(&self) -> String {
        self.0.revision.to_string()
    }
}

/// The sums of the lots of one material, in one unit.
#[derive(SimpleObject)]
pub struct MaterialBalance {
    /// The code of the material; absent for lots of which no event told it.
    material: Option<ID>,
    /// The unit; absent for lots of which nothing was measured.
    unit: Option<String>,
    /// How many lots.
    lot_count: u32,
    /// How many of them have a stock count.
    counted_count: u32,
    /// How many of them have a side that is not known.
    unknown_count: u32,
    /// Received from suppliers. This sum and the next ones are absent when a part of them cannot be converted: `unconvertible`
    /// says which units those are.
    received: Option<Exact>,
    /// Produced by operations.
    produced: Option<Exact>,
    /// Consumed by operations.
    consumed: Option<Exact>,
    /// Shipped to customers.
    shipped: Option<Exact>,
    /// Scrapped.
    scrapped: Option<Exact>,
    /// Shipped before, and come back.
    returned: Option<Exact>,
    /// On hand, of the lots of which it is known; absent when there is none.
    on_hand: Option<Exact>,
    /// What makes both sides equal, of the lots of which it is known: above 0 something is missing, below 0 there is more than
    /// came in; absent when there is none.
    unexplained: Option<Exact>,
    /// Units without a conversion: because of them sums are absent.
    unconvertible: Vec<String>,
    /// Whether that is more than the tolerance allows.
    is_broken: bool,
}

impl From<&mass_balance::MaterialBalance> for MaterialBalance {
    fn from(total: &mass_balance::MaterialBalance) -> Self {
        Self {
            material: total.material.as_ref().map(|code| ID::from(code.as_str())),
            unit: total.unit.as_ref().map(ToString::to_string),
            lot_count: total.lots,
            counted_count: total.counted,
            unknown_count: total.unknown,
            received: total.received.map(Into::into),
            produced: total.produced.map(Into::into),
            consumed: total.consumed.map(Into::into),
            shipped: total.shipped.map(Into::into),
            scrapped: total.scrapped.map(Into::into),
            returned: total.returned.map(Into::into),
            on_hand: total.on_hand.map(Into::into),
            unexplained: total.unexplained.map(Into::into),
            unconvertible: total.unconvertible.iter().map(ToString::to_string).collect(),
            is_broken: total.is_broken,
        }
    }
}

/// A lot whose own balance is beyond the tolerance.
#[derive(SimpleObject)]
pub struct BrokenLot {
    /// The lot.
    lot: Lot,
    /// Its balance.
    balance: LotBalance,
    /// What is unexplained, in percent of what came in; absent when nothing did.
    percent: Option<Exact>,
}

impl BrokenLot {
    fn new(answer: &BalanceAnswer, broken: &mass_balance::BrokenLot) -> Self {
        Self {
            lot: Lot(answer.lots[broken.lot].clone()),
            balance: LotBalance(answer.balances[broken.lot].1.clone()),
            percent: broken.percent.map(Into::into),
        }
    }
}

/// What came out of an operation against what went in.
#[derive(SimpleObject)]
pub struct OperationYield {
    /// The operation.
    operation: Operation,
    /// The comparison; absent when an output was not measured or no unit fits both sides.
    compared: Option<ComparedYield>,
}

/// Output against input, in one unit.
#[derive(SimpleObject)]
pub struct ComparedYield {
    /// The unit that both sides are compared in.
    unit: String,
    /// What went in, packaging aside.
    input: Exact,
    /// What came out.
    output: Exact,
    /// The output in percent of the input.
    percent: Exact,
    /// Inputs that are not in the comparison: packaging, unmeasured, or without a conversion to the unit.
    left_out: u32,
}

impl From<&Yield> for ComparedYield {
    fn from(found: &Yield) -> Self {
        Self {
            unit: found.unit.to_string(),
            input: found.input.into(),
            output: found.output.into(),
            percent: found.percent.into(),
            left_out: found.left_out,
        }
    }
}
