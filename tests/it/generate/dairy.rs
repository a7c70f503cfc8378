//! The demo dairy: its size, what happens in it, and that its story makes good questions.

use std::collections::{BTreeSet, HashMap, HashSet};

use lotgraph::domain::{
    Event, EventId, Fact, Flow, InPlace, LotId, MaterialClass, OperationKind, PartyCode, Role,
};
use lotgraph::genealogy::{Subgraph, TimeRule, Trace};
use lotgraph::generate::dairy::{CORRECTED_EVENT, MISTAKEN_EVENT, dairy, story};
use lotgraph::store::Direction;
use rust_decimal::Decimal;

use super::plant::PlantInMemory;

fn operations() -> impl Iterator<Item = (EventId, lotgraph::domain::Operation)> {
    dairy().filter_map(|event: Event| match event.fact {
        Fact::Operation(operation) => Some((event.id, operation)),
        _ => None,
    })
}

#[test]
fn some_thousands_of_lots_of_every_class_and_every_kind_of_step() {
    let plant = PlantInMemory::record(dairy());
    assert!((3_000..6_000).contains(&plant.lots.len()), "{} lots", plant.lots.len());
    let kinds: BTreeSet<OperationKind> = operations().map(|(_, operation)| operation.kind).collect();
    // Milk that left is never taken back.
    let all = OperationKind::ALL.iter().copied().filter(|kind| *kind != OperationKind::Return);
    assert_eq!(kinds, all.collect());
    let class = |lot: &lotgraph::domain::Lot| plant.materials[lot.material.as_ref().unwrap()].class;
    let classes: BTreeSet<MaterialClass> = plant.lots.values().filter_map(class).collect();
    assert_eq!(classes, MaterialClass::ALL.iter().copied().collect());
    assert!(plant.lots.values().all(|lot| lot.earliest_production.is_some()), "no lot of unknown origin");
    let customers: BTreeSet<PartyCode> = operations()
        .filter(|(_, operation)| operation.kind == OperationKind::Ship)
        .filter_map(|(_, operation)| operation.party)
        .collect();
    assert!(customers.len() >= 10, "{customers:?}");
    let silos = plant.lots.values().filter(|lot| lot.id.as_str().starts_with("SILO-"));
    let silos: Vec<_> = silos.collect();
    assert!(silos.iter().filter(|silo| silo.produced.count >= 8 && silo.consumed.count >= 3).count() > 20);
    assert!(plant.lots.values().any(|lot| lot.printed().chars().any(|c| c > '\u{4e00}')));
}

#[test]
fn events_come_in_the_order_in_which_they_ended() {
    let ends: Vec<_> =
        operations().filter(|(id, _)| id.as_str() != CORRECTED_EVENT).map(|(_, o)| o.at).collect();
    assert!(ends.is_sorted());
}

#[test]
fn exactly_one_mistake_is_voided_and_replaced() {
    let voids: Vec<_> = dairy()
        .filter_map(|event| if let Fact::Void(void) = event.fact { Some(void) } else { None })
        .collect();
    assert_eq!(voids.len(), 1);
    assert_eq!(voids[0].event.as_str(), MISTAKEN_EVENT);
    assert_eq!(voids[0].replaced_by.as_ref().map(EventId::as_str), Some(CORRECTED_EVENT));
    let of = |id: &str| operations().find(|(event, _)| event.as_str() == id).unwrap().1;
    let (wrong, right) = (of(MISTAKEN_EVENT), of(CORRECTED_EVENT));
    assert_eq!(wrong.inputs, right.inputs);
    assert_ne!(wrong.outputs[0].lot, right.outputs[0].lot);
}

/// Mass goes in and comes out: what a step of milk or yoghurt makes is what it draws, less a few percent at most.
#[test]
fn steps_balance_within_their_losses() {
    let plant = PlantInMemory::record(dairy());
    let mut checked = 0;
    for (id, operation) in operations() {
        let mut mass = HashMap::from([(Role::Consumed, 0_f64), (Role::Produced, 0_f64)]);
        for link in operation.links().filter(|link| link.role != Role::InPlace) {
            let material = &plant.materials[plant.lots[link.lot].material.as_ref().unwrap()];
            let Some(kilograms) = kilograms(material, link.quantity.unwrap()) else { continue };
            *mass.get_mut(&link.role).unwrap() += kilograms;
        }
        let (drawn, made) = (mass[&Role::Consumed], mass[&Role::Produced]);
        if drawn > 0.0 && made > 0.0 {
            assert!(made <= drawn * 1.000_001, "{id} makes {made} of {drawn}");
            assert!(made >= drawn * 0.97, "{id} loses too much: {made} of {drawn}");
            checked += 1;
        }
    }
    assert!(checked > 1_000, "{checked}");
}

/// The mass of product in kilograms; packaging has none.
fn kilograms(material: &lotgraph::domain::Material, quantity: &lotgraph::domain::Quantity) -> Option<f64> {
    let amount: f64 = quantity.amount.to_string().parse().unwrap();
    let own: f64 = material.factor(&quantity.unit, None)?.to_string().parse().unwrap();
    match (material.class?, material.unit.as_ref()?.as_str(), material.code.as_str()) {
        (MaterialClass::Packaging, ..) => None,
        (_, "KGM", _) => Some(amount * own),
        (_, "H87", "MILK-1L") => Some(amount * 1.03),
        (_, "H87", _) => Some(amount / 8.0),
        _ => None,
    }
}

/// A reel that is changed over reaches only the pallets filled after it.
#[test]
fn a_changed_reel_reaches_fewer_pallets_than_the_filling_has() {
    let plant = PlantInMemory::record(dairy());
    let changed = operations().find_map(|(_, operation)| {
        let mut reels = operation.inputs.iter().filter(|input| input.lot.as_str().starts_with("FOIL-"));
        let (first, second) = (reels.next()?, reels.next()?);
        let is_fresh = plant.lots[&second.lot].consumed.count > 1;
        (operation.outputs.len() >= 4 && is_fresh && first.at < second.at).then_some(operation)
    });
    let filling = changed.expect("some filling changes its reel");
    let reels: Vec<&LotId> = filling.inputs.iter().map(|input| &input.lot).collect();
    let reels: Vec<&LotId> = reels.into_iter().filter(|lot| lot.as_str().starts_with("FOIL-")).collect();
    let pallets: HashSet<LotId> = filling.outputs.iter().map(|output| output.lot.clone()).collect();
    let reached = |reel: &LotId| plant.reached(reel, Direction::Forward).intersection(&pallets).count();
    assert_eq!(reached(reels[0]), pallets.len());
    assert!(reached(reels[1]) < pallets.len() && reached(reels[1]) > 0);
}

fn traced(plant: &PlantInMemory, seed: &LotId, direction: Direction) -> (Subgraph, Trace) {
    let subgraph = plant.closure(seed, direction);
    let trace = lotgraph::genealogy::trace(&subgraph, TimeRule::default());
    (subgraph, trace)
}

fn depth_of(answer: &(Subgraph, Trace), lot: &LotId) -> Option<u32> {
    let (subgraph, trace) = answer;
    trace.lots.iter().find(|node| subgraph.lots[node.index as usize].id == *lot).map(|node| node.depth)
}

/// Ingredients are counted at a quiet hour, so that a count meets what the records leave; but for a bag of sugar.
#[test]
fn counts_find_what_the_records_leave_but_for_a_bag_of_sugar() {
    let plant = PlantInMemory::record(dairy());
    let of_kind = |kind| operations().filter(move |(_, operation)| operation.kind == kind);
    assert_eq!(of_kind(OperationKind::Clean).count(), 29, "a silo a day");
    let left = |lot: &LotId| {
        let sum = |flow: &Flow| flow.sums.values().map(|sum| sum.0).sum::<Decimal>();
        sum(&plant.lots[lot].received) - sum(&plant.lots[lot].consumed)
    };
    // What was counted on the last evening is not drawn from any more.
    let last = of_kind(OperationKind::Count).filter(|(id, _)| id.as_str().starts_with("COUNT-0330-"));
    let counted: Vec<_> = last.flat_map(|(_, operation)| operation.lots).collect();
    assert!(counted.len() >= 15, "{} lots", counted.len());
    let gap = |item: &InPlace| left(&item.lot) - item.counted.as_ref().unwrap().amount.value();
    let missing = counted.iter().map(|item| (item.lot.as_str(), gap(item)));
    let missing: Vec<_> = missing.filter(|(_, gap)| !gap.is_zero()).collect();
    assert_eq!(missing, [("SUGAR-0327-1", Decimal::from(25))]);
}

#[test]
fn the_story_makes_good_questions() {
    let plant = PlantInMemory::record(dairy());
    let story = story();
    let forward = traced(&plant, &story.forward_seed, Direction::Forward);
    let (subgraph, trace) = &forward;
    println!("forward: {} lots, {} operations", trace.lots.len(), trace.operations.len());
    assert!((100..1_000).contains(&trace.lots.len()), "{}", trace.lots.len());
    let operations = trace.operations.iter().map(|node| &subgraph.operations[node.index as usize]);
    let customers: BTreeSet<_> =
        operations.filter(|o| o.kind == OperationKind::Ship).filter_map(|o| o.party.clone()).collect();
    assert!(customers.len() >= 8, "{customers:?}");
    assert_eq!(depth_of(&forward, &story.silo), Some(1), "the refilled silo is the first step of every path");
    assert!(plant.lots[&story.silo].produced.count >= 5, "the silo is refilled");
    assert!(depth_of(&forward, &story.affected_pallet).is_some_and(|depth| depth >= 6));
    assert!(plant.lots[&story.affected_pallet].shipped.count == 1, "the affected pallet has left");
    assert!(trace.time_conflicts.is_empty() && trace.unknown_origin.is_empty());
    // The time rule matters: by structure alone the silo would drag in what was drawn before.
    assert!(subgraph.lots.len() > trace.lots.len() + 1);

    let backward = traced(&plant, &story.backward_seed, Direction::Backward);
    let (subgraph, trace) = &backward;
    println!("backward: {} lots, {} operations", trace.lots.len(), trace.operations.len());
    assert!((50..1_500).contains(&trace.lots.len()), "{}", trace.lots.len());
    let raw = trace.lots.iter().map(|node| &subgraph.lots[node.index as usize]);
    assert!(raw.filter(|lot| lot.id.as_str().starts_with("MILK-")).count() >= 10);
    let exported = &plant.lots[&story.backward_seed];
    assert_eq!(exported.printed(), story.printed_number);
    assert_eq!(exported.shipped.count, 1);
}

#[test]
fn the_samples_name_lots_of_the_plant() {
    let plant = PlantInMemory::record(dairy());
    let samples = lotgraph::generate::samples::samples(&story());
    let samples = samples["samples"].as_array().unwrap();
    assert!(samples.len() >= 6);
    for sample in samples {
        assert!(
            !sample["title"].as_str().unwrap().is_empty() && sample["query"].as_str().unwrap().contains('{')
        );
        for name in ["lot", "seed"] {
            if let Some(id) = sample["variables"][name].as_str() {
                assert!(plant.lots.contains_key(id), "{id}");
            }
        }
    }
    let code = story().printed_number;
    assert!(plant.lots.values().any(|lot| lot.printed() == code));
}
