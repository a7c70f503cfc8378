//! Plants with a planted cause, and without one: what is found, and how often something is found by mistake.

use std::collections::BTreeSet;

use lotgraph::domain::LotId;
use lotgraph::genealogy::root_cause::{Factor, LEVEL, Measure, Member, Named};
use lotgraph::genealogy::{TimeRule, trace};
use lotgraph::generate::planted::{CauseKind, Culprit, MILLION, PlantedCause};
use lotgraph::generate::{PlantRequest, events};

use super::plant::Plant;

const SEEDS: u64 = 100;
const CASES: usize = 30;
const CONTROLS: usize = 150;

fn plant(kind: CauseKind, rate: u32, background: u32, seed: u64) -> Plant {
    let cause = PlantedCause { kind, rate, background };
    // Two campaigns.
    Plant(events(PlantRequest::Failing { lots: 2_600, seed, cause }).collect())
}

pub fn is_culprit(member: &Member, culprit: &Culprit) -> bool {
    match (&member.factor, culprit) {
        (Factor::Named(Named::Equipment(code)), Culprit::Equipment(culprit)) => code.as_str() == culprit,
        (Factor::Named(Named::Lot(lot)), Culprit::Lot(culprit)) => lot == culprit,
        (Factor::Named(Named::Shift(code)), Culprit::Shift(culprit)) => code.as_str() == culprit,
        (Factor::Band(band), Culprit::Parameter { step, name, .. }) => match &band.measure {
            Measure::Parameter { step: told, name: of, .. } => told.as_str() == *step && of.as_str() == *name,
            Measure::Elapsed { .. } => false,
        },
        _ => false,
    }
}

/// In how many of the seeds the culprit, or something that always occurs with it, ranks first, and in how many it is
/// the only independent cause as well.
fn found(kind: CauseKind) -> (u64, u64) {
    let (mut firsts, mut only) = (0, 0);
    for seed in 0..SEEDS {
        let plant = plant(kind, MILLION / 10 * 6, MILLION / 50, seed);
        let (cases, controls) = (plant.items("FAIL"), plant.items("PASS"));
        let (_, common) = plant.compare(&cases[..CASES], &controls[..CONTROLS]);
        let culprit = Culprit::of(kind, seed);
        let hit = common.groups[0].members.iter().any(|member| is_culprit(member, &culprit));
        let alone = hit && common.independent.len() == 1 && common.independent[0].group == 0;
        if !alone {
            let (first, causes) = (&common.groups[0].members[0].factor, common.independent.len());
            println!("seed {seed}: {culprit:?}; first is {first:?}, of {causes} independent causes");
        }
        firsts += u64::from(hit);
        only += u64::from(alone);
    }
    (firsts, only)
}

fn assert_found(kind: CauseKind) {
    let (first, only) = found(kind);
    assert!(first >= 95 && only >= 95, "first in {first} and alone in {only} of {SEEDS} seeds");
}

#[test]
fn a_planted_machine_is_first_and_the_only_cause() {
    assert_found(CauseKind::Equipment);
}

#[test]
fn a_planted_lot_is_first_and_the_only_cause() {
    assert_found(CauseKind::MaterialLot);
}

#[test]
fn a_planted_shift_is_first_and_the_only_cause() {
    assert_found(CauseKind::Shift);
}

#[test]
fn a_planted_parameter_is_first_and_the_only_cause() {
    assert_found(CauseKind::Parameter);
}

#[test]
fn without_a_cause_hardly_anything_is_found() {
    let mistaken = |seed: &u64| {
        let plant = plant(CauseKind::Shift, MILLION / 20, MILLION / 20, *seed);
        let (cases, controls) = (plant.items("FAIL"), plant.items("PASS"));
        let (_, common) = plant.compare(&cases[..CASES], &controls[..CONTROLS]);
        assert!(common.tested > 10, "{} groups tested", common.tested);
        let finds = common.groups.iter().filter(|group| group.is_find()).count();
        assert_eq!(finds == 0, common.independent.is_empty(), "{finds} finds");
        common.groups.iter().any(|group| group.score.is_some_and(|score| score.q < LEVEL))
    };
    let mistaken = (0..SEEDS).filter(mistaken).count();
    assert!(mistaken <= 5, "in {mistaken} of {SEEDS} seeds");
}

/// The walks that reuse one search against one trace for each lot alone; many of the items share panels.
#[test]
fn exposures_are_those_of_single_traces() {
    let plant = plant(CauseKind::Equipment, MILLION / 10 * 6, MILLION / 50, 1);
    let mut cases = plant.items("FAIL")[..40].to_vec();
    cases.push(LotId::parse("CTN-00000-03").unwrap());
    let controls = plant.items("PASS")[..8].to_vec();
    let (_, common) = plant.compare(&cases, &controls);
    for (position, case) in cases.iter().enumerate() {
        let alone = plant.subgraph(std::slice::from_ref(case));
        let traced = trace(&alone, TimeRule::default());
        let expected: BTreeSet<&LotId> =
            traced.lots.iter().map(|node| &alone.lots[node.index as usize].id).collect();
        let groups = common.groups.iter().filter(|group| group.cases.contains(&(position as u32)));
        let exposed: BTreeSet<&LotId> = groups
            .flat_map(|group| &group.members)
            .filter_map(|member| match &member.factor {
                Factor::Named(Named::Lot(lot)) => Some(lot),
                _ => None,
            })
            .collect();
        assert_eq!(exposed, expected, "{case}");
        assert!(expected.len() > 5, "{case} has {} lots upstream", expected.len());
    }
}
