//! Which lots are compared: cases by id or by their attributes, controls given or chosen.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::{CASES_MAX, CONTROLS_MAX, Cases, Controls, RootCauseQuestion};
use crate::known_names::{check_attributes, check_materials};
use crate::lookup::Reading;
use crate::{ServiceError, ServiceResult};
use lotgraph_domain::attribute::all_hold;
use lotgraph_domain::{AttributeCondition, ErrorCode, Lot, LotId, Node, Text, Timestamp};
use lotgraph_store::{Find, FindKey, LotFilter, What};

/// The most lots looked through to find cases by their attributes, or controls.
pub const CANDIDATES_MAX: usize = 250_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The lots to compare.
pub(super) struct Selected {
    pub(super) cases: BTreeSet<LotId>,
    pub(super) controls: BTreeSet<LotId>,
    /// Lots that could not be controls, as nobody can tell whether they are cases.
    pub(super) left_out: usize,
}

/// What chosen controls must be.
struct Wanted<'a> {
    among: Option<&'a LotFilter>,
    /// What makes a lot a case.
    case: &'a [AttributeCondition],
    conditions: &'a [AttributeCondition],
    per_case: Option<u32>,
}

pub(super) async fn lots_to_compare(
    reading: Reading<'_>,
    question: &RootCauseQuestion,
) -> ServiceResult<Selected> {
    let cases = failed_lots(reading, &question.cases).await?;
    let (controls, left_out) = match &question.controls {
        Controls::Lots(lots) => {
            let controls: BTreeSet<LotId> = reading.meant(lots).await?.into_iter().collect();
            check_given(&controls, &cases)?;
            (controls, 0)
        }
        Controls::Alike { among, conditions, per_case } => {
            let case: &[AttributeCondition] = match &question.cases {
                Cases::Lots(_) => &[],
                Cases::Where { conditions, .. } => conditions,
            };
            let wanted = Wanted { among: among.as_ref(), case, conditions, per_case: *per_case };
            choose_controls(reading, &cases, wanted).await?
        }
    };
    within("controls", controls.len(), CONTROLS_MAX)?;
    Ok(Selected { cases, controls, left_out })
}

async fn failed_lots(reading: Reading<'_>, cases: &Cases) -> ServiceResult<BTreeSet<LotId>> {
    let cases: BTreeSet<LotId> = match cases {
        Cases::Lots(lots) => reading.meant(lots).await?.into_iter().collect(),
        Cases::Where { among, conditions } => {
            check_materials(reading, "cases", among).await?;
            let lots = candidates(reading, among.clone()).await?;
            let is_case = |lot: &&Lot| all_hold(conditions, &lot.attributes) == Some(true);
            let found: BTreeSet<LotId> = lots.iter().filter(is_case).map(|lot| lot.id.clone()).collect();
            if found.is_empty() {
                check_attributes("cases", conditions, &lots)?;
            }
            found
        }
    };
    if cases.is_empty() {
        return Err(ServiceError::new(ErrorCode::CasesNone, "there are no cases; name lots that went wrong"));
    }
    within("cases", cases.len(), CASES_MAX)?;
    Ok(cases)
}

/// Lots like the cases. None at all is no error: the answer says so.
async fn choose_controls(
    reading: Reading<'_>,
    cases: &BTreeSet<LotId>,
    wanted: Wanted<'_>,
) -> ServiceResult<(BTreeSet<LotId>, usize)> {
    let known = reading.known_lots(cases.iter().cloned().collect()).await?;
    let Some(filter) = wanted.among.cloned().or_else(|| alike(&known)) else {
        return Ok((BTreeSet::new(), 0));
    };
    check_materials(reading, "controls", &filter).await?;
    let mut pool = candidates(reading, filter).await?;
    let fits = |lot: &Lot| all_hold(wanted.conditions, &lot.attributes) == Some(true);
    if !pool.iter().any(fits) {
        check_attributes("controls", wanted.conditions, &pool)?;
    }
    pool.retain(|lot| !cases.contains(&lot.id) && fits(lot));
    let alike = pool.len();
    if !wanted.case.is_empty() {
        pool.retain(|lot| all_hold(wanted.case, &lot.attributes).is_some());
    }
    let left_out = alike - pool.len();
    let controls = match wanted.per_case {
        None => pool.into_iter().map(|lot| lot.id).collect(),
        Some(per_case) => match_weeks(&known, &pool, per_case as usize),
    };
    Ok((controls, left_out))
}

/// All lots that a filter lets through, if they are not too many.
async fn candidates(reading: Reading<'_>, filter: LotFilter) -> ServiceResult<Vec<Lot>> {
    let mut lots: Vec<Lot> = Vec::new();
    let mut after = None;
    loop {
        let what = What::Lots(filter.clone());
        let first = reading.limits().page_max;
        let page = reading.find(&Find { what, after, first }).await?;
        lots.extend(page.items.into_iter().filter_map(|node| match node {
            Node::Lot(lot) => Some(*lot),
            Node::Operation(_) | Node::Master(_) | Node::Record(_) => None,
        }));
        within("candidates", lots.len(), CANDIDATES_MAX)?;
        let Some(last) = lots.last().filter(|_| page.more) else { return Ok(lots) };
        let id = Text::parse(last.id.as_str())
            .map_err(|error| ServiceError::new(error.code(), format!("lot {} {error}", last.id)))?;
        after = Some(FindKey::Id(id));
    }
}

fn within(what: &str, count: usize, max: usize) -> ServiceResult<()> {
    if count <= max {
        return Ok(());
    }
    let message =
        format!("there are more than {max} {what}; name fewer, or narrow their materials and period");
    Err(ServiceError::new(ErrorCode::LimitExceeded, message))
}

fn check_given(controls: &BTreeSet<LotId>, cases: &BTreeSet<LotId>) -> ServiceResult<()> {
    if controls.is_empty() {
        let message =
            "there are no controls; name lots that went well, or leave controls out to have them chosen";
        return Err(ServiceError::new(ErrorCode::ControlsNone, message));
    }
    let both: Vec<&str> = controls.intersection(cases).map(LotId::as_str).take(10).collect();
    if both.is_empty() {
        return Ok(());
    }
    let message = format!("{} cannot be a case and a control; name it in one of the two", both.join(", "));
    Err(ServiceError::new(ErrorCode::CasesAndControlsOverlap, message))
}

/// Lots of the cases' materials, first produced on the days (UTC) from the first case to the last; `None` when no case
/// has a material and a moment of production on record.
fn alike(cases: &[Lot]) -> Option<LotFilter> {
    let materials: BTreeSet<_> = cases.iter().filter_map(|lot| lot.material.clone()).collect();
    if materials.is_empty() {
        return None;
    }
    let produced = || cases.iter().filter_map(|lot| lot.earliest_production).map(Timestamp::micros);
    let first = produced().min()?.div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY;
    let end = (produced().max()?.div_euclid(MICROS_PER_DAY) + 1) * MICROS_PER_DAY;
    Some(LotFilter {
        materials: Some(materials.into_iter().collect()),
        produced_from: Timestamp::from_micros(first).ok(),
        produced_before: Timestamp::from_micros(end).ok(),
        ..LotFilter::default()
    })
}

/// Material and ISO week of a lot.
fn stratum(lot: &Lot) -> Option<(String, i32, u32)> {
    let week = lot.earliest_production?.to_utc().iso_week();
    Some((lot.material.as_ref()?.to_string(), week.year(), week.week()))
}

/// For each material and week, `per_case` controls for each case in it, in the order of a hash of their ids: as good as
/// random, and the same whenever asked.
fn match_weeks(cases: &[Lot], pool: &[Lot], per_case: usize) -> BTreeSet<LotId> {
    let mut wanted: BTreeMap<_, usize> = BTreeMap::new();
    for case in cases.iter().filter_map(stratum) {
        *wanted.entry(case).or_default() += per_case;
    }
    let mut strata: BTreeMap<_, Vec<(u64, &LotId)>> = BTreeMap::new();
    for lot in pool {
        let hash = xxhash_rust::xxh3::xxh3_64(lot.id.as_str().as_bytes());
        strata.entry(stratum(lot)).or_default().push((hash, &lot.id));
    }
    let mut chosen = BTreeSet::new();
    for (stratum, count) in wanted {
        let mut lots = strata.remove(&Some(stratum)).unwrap_or_default();
        lots.sort_unstable();
        chosen.extend(lots.into_iter().take(count).map(|(_, id)| id.clone()));
    }
    chosen
}
