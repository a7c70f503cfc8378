//! Root cause: what cases have in common that controls have not, and what plain sets of lots share.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Result};

use super::connection::{page_cost, page_size};
use super::enums::{BandSide, Caution, FactorKind, TraceDirection, Verdict};
use super::filters::{AttributeCondition, LotFilter, read};
use super::freshness::Freshness;
use super::independent::IndependentCause;
use super::lot::Lot;
use super::operation::{Operation, load_lots};
use super::path::{TracePath, paths as path_list};
use super::{caller, services};
use lotgraph_domain::{self as domain, ErrorCode, LotId};
use lotgraph_genealogy::Direction;
use lotgraph_genealogy::root_cause::{self, Evidence, Factor, Group, Measure};
use lotgraph_graphql_macros::{Object, SimpleObject};
use lotgraph_service::root_cause::{Cases, Controls, RootCauseAnswer, RootCauseQuestion, SharedAnswer};
use lotgraph_service::{ServiceError, ServiceResult};

/// Lots whose attributes fulfil all of some conditions.
#[derive(InputObject)]
pub struct LotsWhere {
    /// The conditions, at least one.
    attributes: Vec<AttributeCondition>,
    /// Only among these lots.
    among: Option<LotFilter>,
}

/// A root cause question: cases, either named or found by their attributes, against controls, either named or chosen.
#[derive(InputObject)]
pub struct RootCauseInput {
    /// The ids of the lots that went wrong, at most 1000.
    cases: Option<Vec<ID>>,
    /// Instead of `cases`: the lots with these attributes, such as a result of FAIL or a dissolution below 87.
    cases_where: Option<LotsWhere>,
    /// The ids of the lots to compare with, at most 20000. Absent: chosen, lots of the cases' materials, first produced
    /// on the days from the first case to the last.
    controls: Option<Vec<ID>>,
    /// When controls are chosen: among these lots instead, cases left out. A wider period tells rare causes from what
    /// every lot of those days shares.
    controls_among: Option<LotFilter>,
    /// When controls are chosen: only lots whose attributes fulfil all of these.
    controls_where: Option<Vec<AttributeCondition>>,
    /// When controls are chosen: at most so many for each case, of the same material and week.
    controls_per_case: Option<i32>,
    /// A walk counts only if its moments never go back. False: every walk counts, whatever its times.
    #[graphql(default = true)]
    respect_time: bool,
}

impl RootCauseInput {
    fn read(self) -> ServiceResult<RootCauseQuestion> {
        let refuse = |message: &str| Err(ServiceError::new(ErrorCode::ArgumentInvalid, message));
        let ids = |name: &str, ids: Vec<ID>| -> ServiceResult<Vec<LotId>> {
            ids.iter().map(|id| read(name, id, LotId::parse)).collect()
        };
        let cases = match (self.cases, self.cases_where) {
            (Some(_), Some(_)) => {
                return refuse("cases and casesWhere exclude each other; send one of the two");
            }
            (cases, None) => Cases::Lots(ids("cases", cases.unwrap_or_default())?),
            (None, Some(LotsWhere { attributes, .. })) if attributes.is_empty() => {
                return refuse("casesWhere has no condition; without one every lot would be a case");
            }
            (None, Some(LotsWhere { attributes, among })) => Cases::Where {
                among: among.unwrap_or_default().read()?,
                conditions: conditions("casesWhere", attributes)?,
            },
        };
        let per_case = match self.controls_per_case.map(u32::try_from) {
            None => None,
            Some(Ok(count)) if count > 0 => Some(count),
            Some(_) => return refuse("controlsPerCase must be 1 or more"),
        };
        let among = self.controls_among.map(LotFilter::read).transpose()?;
        let controls = match self.controls {
            None => {
                let conditions = conditions("controlsWhere", self.controls_where.unwrap_or_default())?;
                Controls::Alike { among, conditions, per_case }
            }
            Some(_) if among.is_some() || per_case.is_some() || self.controls_where.is_some() => {
                return refuse(
                    "controlsAmong, controlsWhere and controlsPerCase are for chosen controls; leave controls out",
                );
            }
            Some(controls) => Controls::Lots(ids("controls", controls)?),
        };
        Ok(RootCauseQuestion { cases, controls, respect_time: self.respect_time })
    }

    /// Asks the question.
    pub(super) async fn ask(self, context: &Context<'_>) -> Result<RootCause> {
        let question = self.read()?;
        Ok(RootCause(Arc::new(
            services(context).questions.causes.root_cause(caller(context), &question).await?,
        )))
    }
}

fn conditions(
    argument: &str,
    conditions: Vec<AttributeCondition>,
) -> ServiceResult<Vec<domain::AttributeCondition>> {
    conditions.into_iter().map(|condition| condition.read(argument)).collect()
}

/// What cases have in common that controls have not.
pub struct RootCause(Arc<RootCauseAnswer>);

impl RootCause {
    fn group(&self, number: usize) -> FactorGroup {
        FactorGroup::new(self.0.clone(), number)
    }
}

/// What cases have in common that controls have not.
#[Object]
impl RootCause {
    /// How many cases were compared.
    fn case_count(&self) -> usize {
        self.0.cases.len()
    }

    /// How many controls they were compared with.
    fn control_count(&self) -> usize {
        self.0.controls.len()
    }

    /// How many lots were not taken as controls because they lack a number that `casesWhere` asks for.
    fn left_out_count(&self) -> usize {
        self.0.left_out
    }

    /// How many groups of factors were tested, those that no case is exposed to among them: what q corrects for.
    fn tested_count(&self) -> usize {
        self.0.common.tested
    }

    /// How many groups of factors some case is exposed to.
    fn group_count(&self) -> usize {
        self.0.common.groups.len()
    }

    /// What to doubt about the whole comparison.
    fn cautions(&self) -> Vec<Caution> {
        self.0.common.cautions.iter().map(|caution| (*caution).into()).collect()
    }

    /// Whether the node limit cut what is upstream: exposures may be missing then.
    fn is_partial(&self) -> bool {
        self.0.is_partial()
    }

    /// The groups that some case is exposed to: tested ones by p, then the others by cases exposed.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn groups(
        &self,
        #[graphql(default = 20, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<FactorGroup>> {
        let count = self.0.common.groups.len().min(page_size(first)? as usize);
        Ok((0..count).map(|number| self.group(number)).collect())
    }

    /// The finds (q at most 0.05) that stand on their own, each tested given those before it. The first is the first of
    /// `groups`. What only goes along with one of them is listed under it.
    #[graphql(complexity = "page_cost(10, child_complexity)")]
    fn independent_causes(&self) -> Vec<IndependentCause> {
        IndependentCause::all(&self.0)
    }

    /// The groups of `independentCauses`, in their order.
    #[graphql(complexity = "page_cost(10, child_complexity)")]
    fn explaining(&self) -> Vec<FactorGroup> {
        self.0.common.independent.iter().map(|cause| self.group(cause.group)).collect()
    }

    /// Cases that no independent cause touches.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn unexplained(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<Lot>> {
        let cases = self.0.common.unexplained.iter().take(page_size(first)? as usize);
        let ids: Vec<LotId> = cases.map(|case| self.0.lot_id(self.0.cases[*case as usize]).clone()).collect();
        load_lots(context, &ids).await
    }

    /// Which state of the ledger it answers for.
    fn freshness(&self) -> Freshness {
        Freshness::of(&self.0.subgraph)
    }
}

/// Factors that the very same cases and controls are exposed to: data cannot tell them apart.
pub struct FactorGroup {
    answer: Arc<RootCauseAnswer>,
    number: usize,
}

impl FactorGroup {
    /// The group with this position in an answer.
    pub(super) fn new(answer: Arc<RootCauseAnswer>, number: usize) -> Self {
        Self { answer, number }
    }

    fn group(&self) -> &Group {
        &self.answer.common.groups[self.number]
    }
}

/// Factors that the very same cases and controls are exposed to: data cannot tell them apart.
#[Object]
impl FactorGroup {
    /// The factors, nearest to the cases first.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn factors(
        &self,
        #[graphql(default = 10, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<CauseFactor>> {
        let count = self.group().members.len().min(page_size(first)? as usize);
        let factor = |member| CauseFactor { answer: self.answer.clone(), group: self.number, member };
        Ok((0..count).map(factor).collect())
    }

    /// How many factors they are.
    fn factor_count(&self) -> usize {
        self.group().members.len()
    }

    /// Cases exposed.
    fn exposed_cases(&self) -> u64 {
        self.group().table.exposed_cases
    }

    /// Controls exposed.
    fn exposed_controls(&self) -> u64 {
        self.group().table.exposed_controls
    }

    /// The share of the cases that are exposed, 0 to 1.
    fn coverage(&self) -> f64 {
        self.group().coverage()
    }

    /// Whether it was tested; if not, why there are no numbers.
    fn verdict(&self) -> Verdict {
        self.group().verdict.into()
    }

    /// How many times the odds of exposure are higher among cases (Haldane–Anscombe), with its 95 % interval.
    fn odds_ratio(&self) -> Option<OddsRatio> {
        let ratio = self.group().score?.odds_ratio;
        Some(OddsRatio { estimate: ratio.estimate, low: ratio.low, high: ratio.high })
    }

    /// One-sided p-value of Fisher's exact test; for bands, that of the searched cut.
    fn p(&self) -> Option<f64> {
        self.group().score.map(|score| score.p)
    }

    /// The false discovery rate at which it is a find (Benjamini and Hochberg).
    fn q(&self) -> Option<f64> {
        self.group().score.map(|score| score.q)
    }
}

/// An odds ratio with its 95 % interval.
#[derive(SimpleObject)]
pub struct OddsRatio {
    /// The estimate; above 1: more frequent among cases.
    estimate: f64,
    /// The lower end of the interval.
    low: f64,
    /// The upper end of the interval.
    high: f64,
}

/// Something upstream that a lot was exposed to.
pub struct CauseFactor {
    answer: Arc<RootCauseAnswer>,
    group: usize,
    member: usize,
}

impl CauseFactor {
    fn member(&self) -> &root_cause::Member {
        &self.answer.common.groups[self.group].members[self.member]
    }
}

/// Something upstream that a lot was exposed to.
#[Object]
impl CauseFactor {
    /// What kind of thing it is.
    fn kind(&self) -> FactorKind {
        self.member().factor.kind().into()
    }

    /// The factor in words.
    fn label(&self) -> String {
        self.member().factor.label()
    }

    /// The codes or names that identify it: one; or equipment and shift, supplier and its lot, step and parameter,
    /// earlier and later step.
    fn codes(&self) -> Vec<String> {
        self.member().factor.codes().into_iter().map(str::to_owned).collect()
    }

    /// Operations between the nearest case and it.
    fn depth(&self) -> u32 {
        self.member().depth
    }

    /// The band, when the factor is a number.
    fn band(&self) -> Option<FactorBand> {
        let Factor::Band(band) = &self.member().factor else { return None };
        let unit = match &band.measure {
            Measure::Parameter { unit, .. } => unit.as_ref().map(ToString::to_string),
            Measure::Elapsed { .. } => Some("SEC".to_owned()),
        };
        Some(FactorBand {
            side: band.side.into(),
            at: band.at,
            unit,
            p: band.p,
            rank_p: band.rank_test.map(|test| test.p),
            measured_cases: band.measured_cases,
            measured_controls: band.measured_controls,
        })
    }

    /// The nearest case that meets it, and where.
    fn evidence(&self) -> Option<FactorEvidence> {
        let evidence = self.member().evidence?;
        Some(FactorEvidence { answer: self.answer.clone(), evidence })
    }
}

/// A band of a number that cases fall into more often than controls.
#[derive(SimpleObject)]
pub struct FactorBand {
    /// Which side of the cut.
    side: BandSide,
    /// The cut; it belongs to the band.
    at: f64,
    /// The unit of the cut.
    unit: Option<String>,
    /// The exact p-value of the cut, corrected for having searched it.
    p: f64,
    /// The p-value of the rank test (Mann–Whitney, two-sided): do the groups differ, wherever the cut? Absent when all
    /// numbers are equal.
    rank_p: Option<f64>,
    /// Cases with a number on record.
    measured_cases: usize,
    /// Controls with a number on record.
    measured_controls: usize,
}

/// Where a case meets a factor.
pub struct FactorEvidence {
    answer: Arc<RootCauseAnswer>,
    evidence: Evidence,
}

/// Where a case meets a factor.
#[Object]
impl FactorEvidence {
    /// The case.
    async fn case(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, self.answer.ids_of(self.evidence).0).await
    }

    /// The lot that is the factor or leads to it; the case itself when the operation made it or worked on it.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, self.answer.ids_of(self.evidence).1).await
    }

    /// The operation that carries the factor; absent when the lot does.
    async fn operation(&self, context: &Context<'_>) -> Result<Option<Operation>> {
        match self.answer.ids_of(self.evidence).2 {
            Some(id) => Ok(Some(Operation::load(context, id).await?)),
            None => Ok(None),
        }
    }

    /// The shortest walks backward from the case to that lot; none when they are the same.
    #[graphql(complexity = "50 + page_cost(count, 10 * child_complexity)")]
    async fn paths(
        &self,
        context: &Context<'_>,
        #[graphql(default = 1, desc = "At most this many walks, 1 to 100.")] count: i32,
    ) -> Result<Vec<TracePath>> {
        let (case, lot, _) = self.answer.ids_of(self.evidence);
        if case == lot {
            return Ok(Vec::new());
        }
        let count = usize::try_from(count).unwrap_or(0);
        let tracer = &services(context).questions.tracer;
        let (subgraph, found) =
            tracer.why_affected(caller(context), case, lot, Direction::Backward, count).await?;
        Ok(path_list(&subgraph, &found))
    }
}

/// The lots that all of some lots have in common.
pub struct CommonLots(SharedAnswer);

impl CommonLots {
    /// Asks which lots these have in common.
    pub(super) async fn ask(context: &Context<'_>, lots: &[ID], direction: TraceDirection) -> Result<Self> {
        let lots = lots.iter().map(|id| read("lots", id, LotId::parse)).collect::<ServiceResult<_>>()?;
        Ok(Self(services(context).questions.causes.shared(caller(context), lots, direction.into()).await?))
    }
}

/// The lots that all of some lots have in common.
#[Object]
impl CommonLots {
    /// How many they are.
    fn lot_count(&self) -> usize {
        self.0.lots.len()
    }

    /// The lots, by (greatest depth, id): the nearest to all first.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn lots(
        &self,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<CommonLot>> {
        let lots = self.0.lots.iter().take(page_size(first)? as usize);
        let lot = |lot: &root_cause::SharedLot| CommonLot {
            id: self.0.subgraph.lots[lot.index as usize].id.clone(),
            least_depth: lot.least_depth,
            greatest_depth: lot.greatest_depth,
        };
        Ok(lots.map(lot).collect())
    }

    /// Whether the node limit cut what is reached: lots may be missing then.
    fn is_partial(&self) -> bool {
        self.0.is_partial()
    }

    /// Which state of the ledger it answers for.
    fn freshness(&self) -> Freshness {
        Freshness::of(&self.0.subgraph)
    }
}

/// A lot that all of some lots have in common.
pub struct CommonLot {
    id: LotId,
    least_depth: u32,
    greatest_depth: u32,
}

/// A lot that all of some lots have in common.
#[Object]
impl CommonLot {
    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<Lot> {
        Lot::load(context, &self.id).await
    }

    /// Operations between it and the nearest of them.
    fn least_depth(&self) -> u32 {
        self.least_depth
    }

    /// Operations between it and the farthest of them.
    fn greatest_depth(&self) -> u32 {
        self.greatest_depth
    }
}
