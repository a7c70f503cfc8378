//! Names that nothing on record has, refused with the nearest known ones: a slip never reads as "there is nothing".
//!
//! It is asked only once a question found nothing, so that a question that finds something costs nothing more.

use std::collections::{BTreeMap, BTreeSet};

use crate::lookup::Reading;
use crate::{ServiceError, ServiceResult};
use lotgraph_domain::recall::Cause;
use lotgraph_domain::{
    AttributeCondition, ErrorCode, Lot, Master, MasterRef, Node, NodeRef, Operation, PartyRole, Problem, Text,
};
use lotgraph_store::{Find, FindKey, LotFilter, MasterFilter, OperationFilter, What};

/// The most names that are compared with the one asked for, and the most operations read to find names in.
const LOOKED_AT_MAX: usize = 20_000;
/// The most near names that a refusal lists.
const SHOWN_MAX: usize = 5;

/// Names with what people call what they name.
#[derive(Debug, Default)]
struct Known {
    names: BTreeMap<String, Option<String>>,
    /// Whether there are more than were looked at.
    more: bool,
}

impl Known {
    fn of<'t>(names: impl IntoIterator<Item = &'t Text>) -> Self {
        Self { names: names.into_iter().map(|name| (name.to_string(), None)).collect(), more: false }
    }

    /// How far a name is from the one asked for, by its code or by what people call it.
    fn distance(asked: &str, name: &str, called: Option<&String>) -> usize {
        let asked = asked.to_lowercase();
        let of = |text: &str| strsim::damerau_levenshtein(&asked, &text.to_lowercase());
        called.map_or(usize::MAX, |called| of(called)).min(of(name))
    }

    /// The end of a refusal: the nearest names.
    fn nearest(&self, asked: &str) -> String {
        if self.names.is_empty() {
            return "; none is on record at all".to_owned();
        }
        let distance = |(name, called): (&String, &Option<String>)| {
            (Self::distance(asked, name, called.as_ref()), name.clone())
        };
        let mut near: Vec<(usize, String)> = self.names.iter().map(distance).collect();
        near.sort_unstable();
        let said = near.iter().take(SHOWN_MAX).map(|(_, name)| match &self.names[name] {
            Some(called) => format!("{name} ({called})"),
            None => name.clone(),
        });
        let said: Vec<String> = said.collect();
        let among = if self.more { format!(" of the first {}", self.names.len()) } else { String::new() };
        format!("; the nearest{among} are {}", said.join(", "))
    }
}

/// A name that nothing on record has.
fn unknown(path: &str, thing: &str, asked: &str, known: &Known) -> Problem {
    let message = format!("no {thing} {asked} is on record{}", known.nearest(asked));
    Problem::new(ErrorCode::NameUnknown, path, message)
}

/// Refuses a cause that touched no lot when a name in it is unknown. `parameters` are names of parameters that operations
/// are known to have.
///
/// # Errors
/// `NAME_UNKNOWN`, and the store's.
pub(super) async fn check_cause(
    reading: Reading<'_>,
    number: usize,
    cause: &Cause,
    parameters: &BTreeSet<Text>,
) -> ServiceResult<()> {
    let path = |field: &str| format!("causes[{number}].{field}");
    let mut problems = Vec::new();
    let masters = [
        ("supplier", cause.supplier.clone().map(MasterRef::Party)),
        ("equipment", cause.equipment.clone().map(MasterRef::Equipment)),
        ("operator", cause.operator.clone().map(MasterRef::Operator)),
        ("shift", cause.shift.clone().map(MasterRef::Shift)),
        ("material", cause.material.clone().map(MasterRef::Material)),
    ];
    for (field, asked) in masters {
        let Some(asked) = asked else { continue };
        problems.extend(check_master(reading, &path(field), field, &asked).await?);
    }
    if let Some(step) = &cause.step {
        problems.extend(check_step(reading, &path("step"), step).await?);
    }
    if let Some(number) = &cause.supplier_lot {
        problems.extend(check_supplier_lot(reading, &path("supplierLot"), number).await?);
    }
    // What a wrong code selected says nothing about parameters.
    if let Some(limits) = cause.parameter.as_ref().filter(|_| problems.is_empty())
        && !parameters.contains(&limits.name)
    {
        let name = |operation: &Operation, names: &mut BTreeSet<Text>| {
            names.extend(operation.parameters.iter().map(|parameter| parameter.name.clone()));
        };
        let known = of_operations(reading, &name).await?;
        if !known.names.contains_key(limits.name.as_str()) {
            problems.push(unknown(&path("parameter.name"), "parameter", limits.name.as_str(), &known));
        }
    }
    refuse(problems)
}

/// Refuses a filter that names an unknown material.
///
/// # Errors
/// `NAME_UNKNOWN`, and the store's.
pub(super) async fn check_materials(
    reading: Reading<'_>,
    path: &str,
    filter: &LotFilter,
) -> ServiceResult<()> {
    let mut problems = Vec::new();
    for code in filter.materials.as_deref().unwrap_or_default() {
        let asked = MasterRef::Material(code.clone());
        problems.extend(check_master(reading, &format!("{path}.material"), "material", &asked).await?);
    }
    refuse(problems)
}

/// Refuses conditions on attributes that none of the lots looked through has.
///
/// # Errors
/// `NAME_UNKNOWN`.
pub(super) fn check_attributes(
    path: &str,
    conditions: &[AttributeCondition],
    seen: &[Lot],
) -> ServiceResult<()> {
    // Without any lot there is no telling which attributes lots have.
    if seen.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&Text> = seen.iter().flat_map(|lot| lot.attributes.keys()).collect();
    let missing = conditions.iter().filter(|condition| !names.contains(&condition.name));
    let known = Known::of(names.iter().copied());
    let problem = |condition: &AttributeCondition| {
        unknown(&format!("{path}.where"), "attribute", condition.name.as_str(), &known)
    };
    refuse(missing.map(problem).collect())
}

fn refuse(problems: Vec<Problem>) -> ServiceResult<()> {
    if problems.is_empty() { Ok(()) } else { Err(ServiceError::of_problems(problems)) }
}

async fn check_master(
    reading: Reading<'_>,
    path: &str,
    thing: &str,
    asked: &MasterRef,
) -> ServiceResult<Option<Problem>> {
    let found = reading.get(&[NodeRef::Master(asked.clone())]).await?;
    if found.into_iter().flatten().next().is_some() {
        return Ok(None);
    }
    let mut known = Known::default();
    let mut after = None;
    while known.names.len() < LOOKED_AT_MAX {
        let what = What::Masters(asked.kind(), MasterFilter::default());
        let page = reading.find(&Find { what, after, first: reading.limits().page_max }).await?;
        after = page.items.last().filter(|_| page.more).map(FindKey::of);
        known.names.extend(page.items.into_iter().filter_map(|node| match node {
            Node::Master(master) if fits(&master) => {
                let called = master.name().map(ToString::to_string);
                Some((master.reference().code().to_owned(), called))
            }
            _ => None,
        }));
        known.more = page.more;
        if after.is_none() {
            break;
        }
    }
    Ok(Some(unknown(path, thing, asked.code(), &known)))
}

/// Whether a master is what a cause can ask for: of parties only suppliers are, and those that nobody declared.
fn fits(master: &Master) -> bool {
    match master {
        Master::Party(party) => party.roles.is_empty() || party.roles.contains(&PartyRole::Supplier),
        Master::Material(_) | Master::Equipment(_) | Master::Operator(_) | Master::Shift(_) => true,
    }
}

async fn check_step(reading: Reading<'_>, path: &str, step: &Text) -> ServiceResult<Option<Problem>> {
    let filter = OperationFilter { name: Some(step.clone()), ..OperationFilter::default() };
    let found = reading.find(&Find { what: What::Operations(filter), after: None, first: 1 }).await?;
    if !found.items.is_empty() {
        return Ok(None);
    }
    let name = |operation: &Operation, names: &mut BTreeSet<Text>| names.extend(operation.name.clone());
    let known = of_operations(reading, &name).await?;
    Ok(Some(unknown(path, "step", step.as_str(), &known)))
}

/// The names that operations have, the first of them by time.
async fn of_operations(
    reading: Reading<'_>,
    take: &(dyn Fn(&Operation, &mut BTreeSet<Text>) + Sync),
) -> ServiceResult<Known> {
    let (mut names, mut looked_at, mut after) = (BTreeSet::new(), 0, None);
    loop {
        let what = What::Operations(OperationFilter::default());
        let page = reading.find(&Find { what, after, first: reading.limits().page_max }).await?;
        after = page.items.last().filter(|_| page.more).map(FindKey::of);
        looked_at += page.items.len();
        for node in &page.items {
            if let Node::Operation(recorded) = node {
                take(&recorded.operation, &mut names);
            }
        }
        if after.is_none() || looked_at >= LOOKED_AT_MAX {
            return Ok(Known { more: page.more, ..Known::of(&names) });
        }
    }
}

async fn check_supplier_lot(
    reading: Reading<'_>,
    path: &str,
    number: &Text,
) -> ServiceResult<Option<Problem>> {
    let what = What::LotsNamed(number.clone());
    if !reading.find(&Find { what, after: None, first: 1 }).await?.items.is_empty() {
        return Ok(None);
    }
    // Whoever mistypes a long number rarely mistypes its beginning; what is written in other letters is found too.
    let mut known = Known::default();
    for text in [number.as_str(), first_half(number.as_str())] {
        let Ok(text) = Text::parse(text.trim()) else { continue };
        let what = What::Lots(LotFilter { text: Some(text), ..LotFilter::default() });
        let page = reading.find(&Find { what, after: None, first: reading.limits().page_max }).await?;
        known.more |= page.more;
        known.names.extend(page.items.into_iter().filter_map(|node| match node {
            Node::Lot(lot) => Some((lot.supplier_lot?.to_string(), None)),
            Node::Operation(_) | Node::Master(_) | Node::Record(_) => None,
        }));
    }
    if known.names.is_empty() {
        let message = format!("no lot with the supplier's number {number} is on record, nor one like it");
        return Ok(Some(Problem::new(ErrorCode::NameUnknown, path, message)));
    }
    Ok(Some(unknown(path, "lot with the supplier's number", number.as_str(), &known)))
}

fn first_half(text: &str) -> &str {
    let half = text.chars().count().div_ceil(2);
    text.char_indices().nth(half).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(names: &[(&str, Option<&str>)], asked: &str) -> String {
        let names = names.iter().map(|(name, called)| ((*name).to_owned(), called.map(str::to_owned)));
        Known { names: names.collect(), more: false }.nearest(asked)
    }

    #[test]
    fn the_nearest_come_first_whatever_the_case_and_by_either_name() {
        let names = [("F-01", None), ("F-02", Some("Green Hill")), ("OAK", None), ("FARM-12", None)];
        assert_eq!(nearest(&names, "f2"), "; the nearest are F-02 (Green Hill), F-01, OAK, FARM-12");
        assert_eq!(nearest(&names, "green hil"), "; the nearest are F-02 (Green Hill), F-01, FARM-12, OAK");
        assert_eq!(nearest(&[], "F2"), "; none is on record at all");
        let many: Vec<String> = (0..9).map(|n| format!("F{n}")).collect();
        let many: Vec<(&str, Option<&str>)> = many.iter().map(|name| (name.as_str(), None)).collect();
        assert_eq!(nearest(&many, "F7"), "; the nearest are F7, F0, F1, F2, F3");
    }

    #[test]
    fn half_a_number_is_cut_between_characters() {
        assert_eq!((first_half("王芳-12"), first_half("A"), first_half("")), ("王芳-", "A", ""));
    }
}
