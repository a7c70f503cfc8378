//! The plants that are made to grow: size, equal closures, bounded memory.

use std::collections::HashSet;

use lotgraph::domain::{Fact, LotId, Role};
use lotgraph::generate::assembly::Assembly;
use lotgraph::generate::process::Process;
use lotgraph::generate::{Plant, PlantRequest, Stream, events};
use lotgraph::store::Direction;

use super::bytes;
use super::plant::PlantInMemory;

#[test]
fn a_plant_has_about_as_many_lots_as_asked_for() {
    for wanted in [100, 5_000, 20_000] {
        for request in [
            PlantRequest::Assembly { lots: wanted, seed: 3 },
            PlantRequest::Process { lots: wanted, seed: 3 },
        ] {
            let mut lots: HashSet<LotId> = HashSet::new();
            for event in events(request) {
                let Fact::Operation(operation) = event.fact else { continue };
                lots.extend(operation.outputs.into_iter().map(|output| output.lot));
            }
            let got = lots.len() as u64;
            assert!((wanted..wanted + 150).contains(&got), "{request:?}: {got} lots");
        }
    }
}

#[test]
fn a_larger_plant_begins_with_the_smaller_one() {
    for (small, large) in [
        (PlantRequest::Assembly { lots: 2_000, seed: 5 }, PlantRequest::Assembly { lots: 20_000, seed: 5 }),
        (PlantRequest::Process { lots: 2_000, seed: 5 }, PlantRequest::Process { lots: 20_000, seed: 5 }),
    ] {
        assert!(bytes(large).starts_with(&bytes(small)), "{small:?}");
    }
}

#[test]
fn assembly_closures_stay_equal_while_the_plant_grows() {
    let [small, large] =
        [3_000, 30_000].map(|lots| PlantInMemory::record(events(PlantRequest::Assembly { lots, seed: 1 })));
    for material in ["PCB", "RESISTOR", "CAPACITOR", "BATTERY", "HOUSING"] {
        let seed = Assembly::component(0, material, 1);
        let reached = small.reached(&seed, Direction::Forward);
        assert!((20..1_000).contains(&reached.len()), "{material}: {}", reached.len());
        assert_eq!(reached, large.reached(&seed, Direction::Forward), "{material}");
    }
    let carton = LotId::parse("CTN-00000-30").unwrap();
    let backward = small.reached(&carton, Direction::Backward);
    assert!((25..200).contains(&backward.len()), "{}", backward.len());
    assert_eq!(backward, large.reached(&carton, Direction::Backward));
}

#[test]
fn process_closures_are_large_and_stay_equal_while_the_plant_grows() {
    let [small, large] =
        [18_500, 24_000].map(|lots| PlantInMemory::record(events(PlantRequest::Process { lots, seed: 1 })));
    for (delivery, least) in [(1, 10_000), (50, 5_000), (90, 500)] {
        let seed = Process::delivery(1, delivery);
        let reached = small.reached(&seed, Direction::Forward);
        println!("delivery {delivery}: {} lots", reached.len());
        assert!(reached.len() >= least, "delivery {delivery}: {}", reached.len());
        assert_eq!(reached.len(), large.reached(&seed, Direction::Forward).len(), "delivery {delivery}");
    }
    let smallest = PlantInMemory::record(events(PlantRequest::Process { lots: 4_000, seed: 1 }));
    for seed in lotgraph::generate::growth_seeds() {
        let links = |plant: &PlantInMemory| plant.closure(&seed, Direction::Forward).links.len();
        assert!(links(&smallest) > 1_000);
        assert_eq!(links(&smallest), links(&large), "{seed}");
    }
    // Heels: the same lot is input and output of a step.
    let tops_up = |event: lotgraph::domain::Event| match event.fact {
        Fact::Operation(o) => o
            .links()
            .filter(|l| l.role == Role::Consumed)
            .any(|l| o.outputs.iter().any(|out| out.lot == *l.lot)),
        _ => false,
    };
    assert!(
        events(PlantRequest::Process { lots: 2_000, seed: 1 }).filter(|e| tops_up(e.clone())).count() > 20
    );
}

/// Only live stock is remembered: 200,000 lots pass, a few hundred events at most are in memory.
#[test]
fn memory_does_not_grow_with_the_plant() {
    let mut process = Stream::new(Process::new(200_000, 9));
    let mut most = (0, 0);
    let mut events = 0_u64;
    while process.next().is_some() {
        events += 1;
        most = (most.0.max(process.plant().remembered()), most.1.max(process.buffered()));
    }
    assert!(process.plant().lots() >= 200_000 && events > 50_000);
    assert!(most.0 <= 64 && most.1 <= 256, "remembered and buffered: {most:?}");
    let mut assembly = Stream::new(Assembly::new(40_000, 9));
    let mut most = (0, 0);
    while assembly.next().is_some() {
        most = (most.0.max(assembly.plant().remembered()), most.1.max(assembly.buffered()));
    }
    assert!(most.0 <= 64 && most.1 <= 256, "remembered and buffered: {most:?}");
}
