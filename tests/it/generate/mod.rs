//! Generated plants: the same bytes for ever, valid events, believable balances, closures of the sizes promised.

mod command;
mod dairy;
mod growing;
mod plant;
mod samples;

use std::collections::HashMap;

use lotgraph::cli::commands::generate::write_events;
use lotgraph::domain::{Event, EventId, Fact, LotId, Role};
use lotgraph::generate::{PlantRequest, events};
use lotgraph::store::Direction;

use self::plant::PlantInMemory;

/// One of each, small.
const SMALL: [PlantRequest; 4] = [
    PlantRequest::Assembly { lots: 2_000, seed: 1 },
    PlantRequest::Process { lots: 3_000, seed: 1 },
    PlantRequest::Ladder { rungs: 40 },
    PlantRequest::Dairy,
];

fn bytes(request: PlantRequest) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_events(events(request), &mut bytes).unwrap();
    bytes
}

fn hash(request: PlantRequest) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes(request)).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes are part of what docs and benchmarks refer to. When a plant is changed on purpose, change its hash here and
/// every lot that docs, benchmarks and the demo's story name.
#[test]
fn the_same_arguments_give_the_same_bytes_for_ever() {
    let hashes = SMALL.map(hash);
    assert_eq!(hashes, ["5a1151aa5f3c8291", "99c1cf5c608e5b67", "ea92b01ef5272cf9", "c2d3e1b7f7e8c07a"]);
}

#[test]
fn another_seed_gives_another_plant() {
    for (one, other) in [
        (PlantRequest::Assembly { lots: 500, seed: 1 }, PlantRequest::Assembly { lots: 500, seed: 2 }),
        (PlantRequest::Process { lots: 500, seed: 1 }, PlantRequest::Process { lots: 500, seed: 2 }),
    ] {
        assert_ne!(bytes(one), bytes(other), "{one:?}");
    }
}

#[test]
fn every_event_reads_back_from_its_line() {
    for request in SMALL {
        for event in events(request) {
            let line = lotgraph::format::canonical::line(&event);
            let value = lotgraph::format::json::parse(line.as_bytes()).unwrap();
            assert_eq!(lotgraph::format::event::parse(&value), Ok(event), "{line}");
        }
    }
}

#[test]
fn no_two_events_share_an_id() {
    for request in SMALL {
        let mut seen: HashMap<EventId, Event> = HashMap::new();
        for event in events(request) {
            if let Some(other) = seen.insert(event.id.clone(), event.clone()) {
                panic!("{request:?}: {other:?} and {event:?}");
            }
        }
    }
}

/// In the order of the ledger and in time: no lot is drawn, or worked on, before it came into being.
#[test]
fn lots_come_into_being_before_they_are_drawn() {
    for request in SMALL {
        let mut produced = HashMap::new();
        for event in events(request) {
            let Fact::Operation(operation) = &event.fact else { continue };
            for link in operation.links().filter(|link| link.role == Role::Produced) {
                produced.entry(link.lot.clone()).or_insert(link.earliest);
            }
            for link in operation.links().filter(|link| link.role != Role::Produced) {
                let since = produced.get(link.lot).unwrap_or_else(|| {
                    panic!("{request:?}: {} draws {} before it is there", event.id, link.lot)
                });
                assert!(*since <= link.latest, "{request:?}: {} draws {} too early", event.id, link.lot);
            }
        }
    }
}

/// Reads the ledger in its order: at no point is more drawn from a lot than came in so far.
#[test]
fn nothing_is_overdrawn_at_any_time_or_left_unexplained() {
    for request in SMALL {
        let plant = PlantInMemory::record(events(request));
        for lot in plant.lots.values() {
            let material = lot.material.as_ref().and_then(|code| plant.materials.get(code));
            assert!(material.is_some(), "{request:?}: the material of {} is declared", lot.id);
            let balance = lotgraph::genealogy::balance(lot, material);
            assert_eq!(balance.gap, None, "{request:?}: {}: {balance:?}", lot.id);
            assert!(balance.on_hand.is_some(), "{request:?}: {}: {balance:?}", lot.id);
        }
        assert!(overdrawn(request).is_none(), "{request:?}: {:?}", overdrawn(request));
    }
}

fn overdrawn(request: PlantRequest) -> Option<(EventId, LotId, rust_decimal::Decimal)> {
    let voided: Vec<EventId> = events(request)
        .filter_map(|event| if let Fact::Void(void) = event.fact { Some(void.event) } else { None })
        .collect();
    let mut levels: HashMap<LotId, rust_decimal::Decimal> = HashMap::new();
    for event in events(request).filter(|event| !voided.contains(&event.id)) {
        let Fact::Operation(operation) = &event.fact else { continue };
        for link in operation.links() {
            let Some(quantity) = link.quantity else { continue };
            let level = levels.entry(link.lot.clone()).or_default();
            match link.role {
                Role::Produced => *level += quantity.amount.value(),
                Role::Consumed => *level -= quantity.amount.value(),
                Role::InPlace => {}
            }
            // Topping up draws the heel before it comes out again: inputs come first in an operation.
            if level.is_sign_negative() && !level.is_zero() {
                return Some((event.id.clone(), link.lot.clone(), *level));
            }
        }
    }
    None
}

#[test]
fn a_ladder_has_few_lots_and_very_many_paths() {
    let plant = PlantInMemory::record(events(PlantRequest::Ladder { rungs: 40 }));
    assert_eq!(plant.lots.len(), 81);
    let seed = LotId::parse(lotgraph::generate::ladder::SEED).unwrap();
    assert_eq!(plant.reached(&seed, Direction::Forward).len(), 80);
    let mut paths: HashMap<LotId, u128> = HashMap::from([(seed, 1)]);
    for event in events(PlantRequest::Ladder { rungs: 40 }) {
        let Fact::Operation(operation) = &event.fact else { continue };
        let into: u128 = operation.inputs.iter().map(|input| paths[&input.lot]).sum();
        for output in operation.outputs.iter().filter(|_| into > 0) {
            paths.insert(output.lot.clone(), into);
        }
    }
    // The first rung has one lot to consume, every later one two.
    assert_eq!(paths[&LotId::parse("RUNG-40-A").unwrap()], 1 << 39);
}
