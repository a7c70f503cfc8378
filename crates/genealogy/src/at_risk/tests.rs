//! A silo worked out by hand, and what must hold in every plant.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use super::*;
use crate::subgraph::{RawLink, SubgraphBuilder, SubgraphLot, SubgraphOperation};
use crate::{Direction, Revision, TimeRule, trace};
use lotgraph_domain::quantity::Amount;
use lotgraph_domain::{EventId, LotId, OperationKind, Pairs, Role, Scale, Sense};

/// A lot in an operation, and how much of it.
type Item = (&'static str, Option<i64>);

/// One operation: id, kind, start, end, inputs, outputs, lots in place.
#[derive(Clone)]
struct Row {
    id: String,
    kind: OperationKind,
    from: i64,
    to: i64,
    inputs: Vec<Item>,
    outputs: Vec<Item>,
    lots: Vec<&'static str>,
    /// Of a count: what it found of each.
    found: Option<i64>,
}

fn row(id: &str, kind: OperationKind, at: i64, inputs: &[Item], outputs: &[Item]) -> Row {
    let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
    Row { id: id.to_owned(), kind, from: at, to: at, inputs, outputs, lots: Vec::new(), found: None }
}

fn clean(id: &str, at: i64, lot: &'static str) -> Row {
    Row { lots: vec![lot], ..row(id, OperationKind::Clean, at, &[], &[]) }
}

fn count(id: &str, at: i64, lot: &'static str, found: i64) -> Row {
    Row { lots: vec![lot], found: Some(found), ..row(id, OperationKind::Count, at, &[], &[]) }
}

fn all(amount: i64) -> Option<i64> {
    Some(amount)
}

fn time(minute: i64) -> Timestamp {
    Timestamp::from_micros(minute * 60_000_000).unwrap()
}

fn quantity(amount: i64) -> Quantity {
    let amount = Amount::new(Decimal::from(amount)).unwrap();
    Quantity { amount, unit: UnitCode::parse("KGM").unwrap() }
}

fn links(row: &Row) -> Vec<RawLink> {
    let link = |role, position: usize, lot: &str, amount: Option<i64>| RawLink {
        lot: LotId::parse(lot).unwrap(),
        operation: EventId::parse(&row.id).unwrap(),
        role,
        position: position as u32,
        quantity: amount.map(quantity),
        earliest: time(row.from),
        latest: time(row.to),
        sense: Sense::Moves,
    };
    let side = |role, items: &[Item]| -> Vec<RawLink> {
        items.iter().enumerate().map(|(n, (lot, amount))| link(role, n, lot, *amount)).collect()
    };
    let mut links = side(Role::Consumed, &row.inputs);
    links.extend(side(Role::Produced, &row.outputs));
    links.extend(row.lots.iter().enumerate().map(|(n, lot)| link(Role::InPlace, n, lot, row.found)));
    if row.kind == Return {
        for link in links.iter_mut().filter(|link| link.role == Role::Consumed) {
            link.earliest = Timestamp::EARLIEST;
            link.sense = Sense::Continues(None);
        }
    }
    links
}

/// The customer of a shipment. There are two in turn, and now and then it is not recorded who it was.
fn customer(row: &Row) -> Option<PartyCode> {
    let number: usize = row.id.bytes().map(usize::from).sum();
    let code = ["C-1", "C-2"].get(number % 3).filter(|_| matches!(row.kind, Ship | Return));
    code.map(|code| PartyCode::parse(code).unwrap())
}

/// The closure FORWARD of one seed, and what flows into its lots from elsewhere.
fn closure(rows: &[Row], seed: &'static str) -> (Subgraph, Vec<(String, Inflow)>) {
    let mut hops: BTreeMap<&str, u32> = BTreeMap::from([(seed, 0)]);
    let mut operations: BTreeMap<&str, u32> = BTreeMap::new();
    for level in 0..rows.len() as u32 * 2 {
        for row in rows {
            let draws = row.inputs.iter().map(|(lot, _)| lot).chain(&row.lots);
            let reached = draws.filter_map(|lot| hops.get(lot)).min().copied();
            if reached == Some(level) {
                operations.entry(&row.id).or_insert(level + 1);
                for (lot, _) in &row.outputs {
                    hops.entry(lot).or_insert(level + 2);
                }
            }
        }
    }
    let mut first: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows {
        for (lot, _) in row
            .outputs
            .iter()
            .filter(|(lot, _)| !row.inputs.iter().any(|(left, _)| left == lot && row.kind == Return))
        {
            let known = first.entry(lot).or_insert(row.from);
            *known = row.from.min(*known);
        }
    }
    let (reached, outside): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| operations.contains_key(row.id.as_str()));
    let builder = SubgraphBuilder {
        direction: Direction::Forward,
        lots: hops
            .iter()
            .map(|(lot, hops)| SubgraphLot {
                id: LotId::parse(lot).unwrap(),
                material: None,
                hops: *hops,
                earliest_production: first.get(lot).map(|first| time(*first)),
                overdrawn: None,
                leads_on: false,
            })
            .collect(),
        operations: reached
            .iter()
            .map(|row| SubgraphOperation {
                pairs: Pairs::parse((row.kind == Return).then_some("0:0")).unwrap(),
                id: EventId::parse(&row.id).unwrap(),
                kind: row.kind,
                hops: operations[row.id.as_str()],
                start: time(row.from),
                end: time(row.to),
                party: customer(row),
            })
            .collect(),
        links: reached.iter().flat_map(|row| links(row)).collect(),
    };
    let inflows = outside.iter().flat_map(|row| {
        let inflow = |(lot, amount): &Item| {
            let inflow = Inflow { lot: 0, latest: time(row.to), quantity: amount.map(quantity) };
            ((*lot).to_owned(), inflow)
        };
        row.outputs.iter().map(inflow).collect::<Vec<_>>()
    });
    (builder.build(Revision(1), Vec::new(), false), inflows.collect())
}

/// How much of the seed's material is where in a plant, and the ids of its lots.
fn attribution(rows: &[Row], seed: &'static str) -> (Attribution, Vec<String>) {
    let (subgraph, inflows) = closure(rows, seed);
    let ids: Vec<String> = subgraph.lots.iter().map(|lot| lot.id.to_string()).collect();
    let known = inflows.into_iter().filter_map(|(lot, inflow)| {
        let lot = ids.iter().position(|id| *id == lot)? as u32;
        Some(Inflow { lot, ..inflow })
    });
    let inflows: Vec<Inflow> = known.collect();
    let trace = trace(&subgraph, TimeRule::default());
    let scales = vec![Scale::new(None, None, None); subgraph.lots.len()];
    let affected = Affected { subgraph: &subgraph, trace: &trace, inflows: &inflows, scales: &scales };
    (attribute(&affected), ids)
}

/// How much a lot carries, if that is known exactly.
fn carried(found: &(Attribution, Vec<String>), id: &str) -> String {
    let lot = found.0.lots.iter().find(|lot| found.1[lot.lot as usize] == id);
    lot.map_or("nothing".to_owned(), |lot| shown(lot.carried))
}

fn shown(bound: Bound) -> String {
    let low = bound.low.normalize();
    match bound.high.map(|high| high.normalize()) {
        Some(high) if high == low => low.to_string(),
        Some(high) => format!("{low} to {high}"),
        None => format!("{low} or more"),
    }
}

fn reasons(found: &(Attribution, Vec<String>)) -> Vec<GapReason> {
    found.0.gaps.iter().map(|gap| gap.reason).collect()
}

use OperationKind::{Produce, Receive, Return, Rework, Scrap, Ship};

/// BAD (100) goes into a silo with a heel of 100; three fillings of 100 follow, and a draw of 100 after each.
fn silo() -> Vec<Row> {
    vec![
        row("R", Receive, 0, &[], &[("BAD", all(100))]),
        row("G0", Receive, 1, &[], &[("T", all(100))]),
        row("F", Produce, 2, &[("BAD", all(100))], &[("T", all(100))]),
        row("D1", Produce, 3, &[("T", all(100))], &[("P1", all(100))]),
        row("G1", Receive, 4, &[], &[("T", all(100))]),
        row("D2", Produce, 5, &[("T", all(100))], &[("P2", all(60)), ("P3", all(40))]),
        row("G2", Receive, 6, &[], &[("T", all(100))]),
        row("S", Ship, 7, &[("T", all(100))], &[]),
        row("X", Scrap, 8, &[("T", all(40))], &[]),
    ]
}

#[test]
fn a_silo_with_a_heel_over_three_fillings() {
    let found = attribution(&silo(), "BAD");
    // Half of 200 is bad: 50 leave. 50 in 200 are left: 25 leave. 25 in 200: 12.5 leave, 12.5 in 100 stay; 5
    // of them go.
    assert_eq!([carried(&found, "P1"), carried(&found, "P2"), carried(&found, "P3")], ["50", "15", "10"]);
    let silo = found.0.lots.iter().find(|lot| found.1[lot.lot as usize] == "T").unwrap();
    let parts = [silo.carried, silo.resting, silo.handed_on, silo.shipped, silo.scrapped];
    assert_eq!(parts.map(shown), ["100", "7.5", "75", "12.5", "5"]);
    assert_eq!(silo.lot_fraction.map(shown), Some("0.25".to_owned()));
    assert_eq!((found.0.source, reasons(&found)), (Some(Decimal::from(100)), vec![]));
    let Places { resting, shipped, scrapped, cleaned, unexplained } = found.0.places;
    assert_eq!(
        [resting, shipped, scrapped, cleaned, unexplained].map(shown),
        ["82.5", "12.5", "5", "0", "0"]
    );
    assert!(found.0.is_certain);
    let [to] = &found.0.customers[..] else { panic!("{:?}", found.0.customers) };
    assert_eq!((to.customer.as_ref().map(AsRef::as_ref), shown(to.carried)), (None, "12.5".to_owned()));
}

#[test]
fn each_customer_gets_what_was_in_the_tank_when_their_load_left() {
    let mut rows = silo();
    // The same amount before the dilution and after it; the second customer's load holds half as much of it.
    rows[3] = row("S1", Ship, 3, &[("T", all(100))], &[]);
    rows[5] = row("S2", Ship, 5, &[("T", all(100))], &[]);
    let found = attribution(&rows, "BAD");
    let to = |received: &Received| {
        let customer = received.customer.as_ref().map_or("nobody", AsRef::as_ref);
        format!("{customer} {}", shown(received.carried))
    };
    let shipped: Vec<String> = found.0.customers.iter().map(to).collect();
    assert_eq!(shipped, ["C-1 50", "C-2 25", "nobody 12.5"]);
    assert_eq!(shown(found.0.places.shipped), "87.5");
}

#[test]
fn a_clean_ends_the_carry_over() {
    let mut rows = silo();
    rows.push(clean("C", 4, "T"));
    let found = attribution(&rows, "BAD");
    let silo = found.0.lots.iter().find(|lot| found.1[lot.lot as usize] == "T").unwrap();
    assert_eq!([silo.carried, silo.cleaned, silo.resting].map(shown), ["100", "50", "0"]);
    assert_eq!([carried(&found, "P1"), carried(&found, "P2")], ["50", "nothing"]);
}

#[test]
fn what_is_not_known_widens_the_bound() {
    let mut rows = silo();
    rows[3].inputs[0].1 = None;
    let found = attribution(&rows, "BAD");
    assert_eq!(carried(&found, "P1"), "0 to 100");
    assert!(
        reasons(&found).contains(&GapReason::NoQuantity)
            && reasons(&found).contains(&GapReason::UnknownContent)
    );
    let mut rows = silo();
    rows[5].outputs[1].1 = None;
    let found = attribution(&rows, "BAD");
    assert_eq!([carried(&found, "P2"), carried(&found, "P3")], ["0 to 25", "0 to 25"]);
    let mut rows = silo();
    rows[3].inputs[0].1 = all(201);
    let found = attribution(&rows, "BAD");
    assert_eq!(carried(&found, "P1"), "0 to 100");
    assert!(reasons(&found).contains(&GapReason::DrawnMoreThanHeld));
}

#[test]
fn a_count_that_finds_less_takes_its_share_along() {
    let mut rows = silo();
    // 100 are left after the second filling's draw, 25 of them bad. The count finds 60.
    rows.insert(6, count("N", 5, "T", 60));
    let found = attribution(&rows, "BAD");
    let silo = found.0.lots.iter().find(|lot| found.1[lot.lot as usize] == "T").unwrap();
    assert_eq!(shown(silo.unexplained), "10");
    assert_eq!(reasons(&found), [GapReason::CountDiffers]);
    assert!(!found.0.is_certain);
}

#[test]
fn what_flows_back_into_a_seed_counts_once() {
    let rows = vec![
        row("R", Receive, 0, &[], &[("A", all(100))]),
        row("O", Produce, 1, &[("A", all(60))], &[("B", all(60))]),
        row("W", Rework, 2, &[("B", all(50))], &[("A", all(50))]),
        row("S", Ship, 3, &[("A", all(90))], &[]),
    ];
    let found = attribution(&rows, "A");
    assert_eq!((found.0.source, reasons(&found)), (Some(Decimal::from(100)), vec![]));
    let Places { resting, shipped, .. } = found.0.places;
    assert_eq!([resting, shipped].map(shown), ["10", "90"]);
}

#[test]
fn a_seed_counted_short_is_not_here_any_more() {
    // 100 came, 50 were found, 50 were shipped: none is here, and 50 are not explained.
    let rows = vec![
        row("R", Receive, 0, &[], &[("A", all(100))]),
        count("N", 1, "A", 50),
        row("S", Ship, 2, &[("A", all(50))], &[]),
    ];
    let found = attribution(&rows, "A");
    let Places { resting, shipped, unexplained, .. } = found.0.places;
    assert_eq!([resting, shipped, unexplained].map(shown), ["0", "50", "50"]);
    assert_eq!(reasons(&found), [GapReason::CountDiffers]);
}

#[test]
fn an_order_that_nobody_recorded_is_a_gap() {
    let mut rows = silo();
    // The filling lasts over the first draw: by its end it comes later, by its start it may have come before.
    rows[2].to = 4;
    let found = attribution(&rows, "BAD");
    assert_eq!(carried(&found, "P1"), "0 to 100");
    assert!(reasons(&found).contains(&GapReason::OrderUnknown));
}

#[test]
fn of_one_moment_producers_come_first() {
    let at = |id, inputs: &[Item], outputs: &[Item]| row(id, Produce, 5, inputs, outputs);
    let rows = vec![
        row("R", Receive, 5, &[], &[("A", all(8))]),
        at("Z", &[("A", all(8))], &[("B", all(8))]),
        at("Y", &[("B", all(8))], &[("C", all(8))]),
        at("X", &[("C", all(8))], &[("D", all(8))]),
    ];
    let found = attribution(&rows, "A");
    assert_eq!((carried(&found, "D"), reasons(&found)), ("8".to_owned(), vec![]));
}

/// A random plant of few lots: refills, rework, cleans, missing quantities, times that overlap.
fn random_plant(seed: u64, factor: i64) -> Vec<Row> {
    const LOTS: [&str; 7] = ["A", "B", "C", "D", "E", "F", "G"];
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let exact = rng.random_bool(0.5);
    let mut rows = Vec::new();
    for (n, lot) in LOTS.iter().enumerate() {
        rows.push(row(&format!("R{n}"), Receive, 0, &[], &[(*lot, all(1_000 * factor))]));
    }
    for n in 0..rng.random_range(2..14) {
        let items = |rng: &mut ChaCha8Rng, most: usize| -> Vec<Item> {
            let count = rng.random_range(1..=most);
            let lots = LOTS.choose_multiple(rng, count).copied().collect::<Vec<_>>();
            lots.into_iter()
                .map(|lot| {
                    let amount = rng.random_range(1..40) * factor;
                    (lot, Some(amount).filter(|_| exact || rng.random_bool(0.9)))
                })
                .collect()
        };
        let (inputs, outputs) = (items(rng, 3), items(rng, 3));
        let kind = *[Produce, Produce, Produce, Ship, Scrap].choose(rng).unwrap();
        let outputs = if kind == Produce { outputs } else { Vec::new() };
        let at = n + 1;
        let mut next = row(&format!("O{n}"), kind, at, &inputs, &outputs);
        if !exact {
            next.from = at - rng.random_range(0..4);
        }
        if rng.random_bool(0.15) {
            let lots: Vec<&'static str> = LOTS.choose_multiple(rng, 2).copied().collect();
            let amount = all(rng.random_range(1..40) * factor);
            let back = if rng.random_bool(0.5) { lots[0] } else { lots[1] };
            next = row(&format!("O{n}"), Return, at, &[(lots[0], amount)], &[(back, amount)]);
        } else if rng.random_bool(0.1) {
            let found = rng.random_range(1..1_200) * factor;
            next = count(&format!("O{n}"), at, LOTS.choose(rng).unwrap(), found);
        } else if rng.random_bool(0.15) {
            next = clean(&format!("O{n}"), at, LOTS.choose(rng).unwrap());
        }
        rows.push(next);
    }
    rows
}

/// Where the seeds' material ended up. What was only handed on is left out.
fn ends(found: &Attribution) -> Vec<Bound> {
    let lots = found.lots.iter();
    let mut ends: Vec<Bound> =
        lots.flat_map(|lot| [lot.resting, lot.shipped, lot.scrapped, lot.cleaned, lot.unexplained]).collect();
    ends.push(found.used_up);
    ends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn nothing_is_made_and_without_gaps_nothing_is_lost(seed in any::<u64>()) {
        let (found, _) = attribution(&random_plant(seed, 1), "A");
        let tolerance = Decimal::new(1, 9);
        let low: Decimal = ends(&found).iter().map(|bound| bound.low).sum();
        if let Some(source) = found.source {
            prop_assert!(low <= source + tolerance, "{low} of {source}");
        }
        let received: Decimal = found.customers.iter().map(|to| to.carried.low).sum();
        prop_assert!(received <= found.places.shipped.low + tolerance, "{:?}", found.customers);
        for to in &found.customers {
            prop_assert!(to.carried.high.is_none_or(|high| to.carried.low <= high), "{to:?}");
        }
        for lot in &found.lots {
            for bound in [lot.carried, lot.resting, lot.handed_on, lot.shipped, lot.scrapped, lot.cleaned] {
                prop_assert!(Decimal::ZERO <= bound.low, "{lot:?}");
                prop_assert!(bound.high.is_none_or(|high| bound.low <= high), "{lot:?}");
                prop_assert!(bound.high.zip(found.source).is_none_or(|(high, most)| high <= most + tolerance));
            }
            for fraction in [lot.source_fraction, lot.lot_fraction].into_iter().flatten() {
                prop_assert!(fraction.low <= fraction.high.unwrap() && fraction.high.unwrap() <= Decimal::ONE);
            }
        }
        let exact = ends(&found).iter().all(|bound| bound.high == Some(bound.low));
        prop_assert!(exact || !found.gaps.is_empty());
        // A count that found something else is told of, and where it found less nothing else is less known for it.
        let only_counts = found.gaps.iter().all(|gap| gap.reason == GapReason::CountDiffers);
        if only_counts && exact {
            let all = found.source.unwrap();
            prop_assert!((low - all).abs() <= tolerance, "{low} of {all}");
            let Places { resting, shipped, scrapped, cleaned, unexplained } = found.places;
            let places = [resting, shipped, scrapped, cleaned, unexplained, found.used_up];
            let sum: Decimal = places.iter().map(|b| b.low).sum();
            prop_assert!((sum - all).abs() <= tolerance, "{:?} of {all}", found.places);
            let received: Decimal = found.customers.iter().map(|to| to.carried.low).sum();
            prop_assert!((received - shipped.low).abs() <= tolerance, "{:?}", found.customers);
        }
    }

    #[test]
    fn scaling_all_quantities_scales_the_answer(seed in any::<u64>()) {
        let (one, _) = attribution(&random_plant(seed, 1), "A");
        let (seven, _) = attribution(&random_plant(seed, 7), "A");
        prop_assert_eq!(&one.gaps, &seven.gaps);
        let near = |a: Decimal, b: Decimal| (a * Decimal::from(7) - b).abs() <= Decimal::new(1, 9);
        for (a, b) in ends(&one).into_iter().zip(ends(&seven)) {
            prop_assert!(near(a.low, b.low) && a.high.zip(b.high).is_none_or(|(a, b)| near(a, b)), "{a:?} {b:?}");
        }
    }
}
