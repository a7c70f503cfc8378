//! Quarantine: a hold with ten thousand descendants, and recorder beside a thousand open holds.

use std::time::Duration;

use lotgraph::domain::{Event, LotId};
use lotgraph::genealogy::Direction;
use lotgraph::service::Questions;
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::Ledger;
use serde_json::{Value, json};

use crate::paired::{Paired, median, show, timed};
use crate::plants::bench;
use crate::plants::{Plant, batch, lots, question};
use crate::recall;

/// Open holds beside the recorder.
const HOLDS: usize = 1_000;
/// Operations in one batch of the recorder, each with its receipt.
const CHAINS: usize = 250;
/// Batches of each turn of the recorder.
const BATCHES: usize = 12;

fn event(value: &Value) -> Event {
    lotgraph::format::event::parse(value).unwrap()
}

fn hold(id: &str, lot: &LotId) -> Event {
    event(
        &json!({"type": "hold", "id": id, "at": "2027-06-01T00:00:00Z", "lots": [lot.as_str()], "reason": "bench"}),
    )
}

fn release(id: &str, hold: &str) -> Event {
    event(&json!({"type": "release", "id": id, "at": "2027-06-02T00:00:00Z", "hold": hold, "reason": "bench",
        "disposition": "RELEASED"}))
}

async fn record(store: &dyn Ledger, events: Vec<Event>) -> Duration {
    let (time, receipt) = timed(store.commit(&batch(events))).await;
    let receipt = receipt.unwrap();
    assert!(
        receipt.applied,
        "{:?}",
        receipt.outcomes.iter().find(|outcome| !format!("{outcome:?}").contains("Accepted"))
    );
    time
}

/// Holds and releases lots, against a cold trace of the same lots, and how that grows with what is marked.
pub async fn spread(plant: &Plant) {
    println!("| {} plant | lots marked | hold | trace of the same lot | ratio | release |", plant.name);
    println!("|---|---|---|---|---|---|");
    for (name, store) in plant.stores() {
        let questions = Questions::over(store.clone(), TraceLimits::default());
        for size in recall::SIZES {
            let (mut times, mut releases, mut marked) = (Paired::default(), Vec::new(), Vec::new());
            for (n, lot) in plant.reaching(size, recall::SEEDS).iter().enumerate() {
                let (id, release_id) = (format!("BENCH-H{size}-{n}"), format!("BENCH-R{size}-{n}"));
                let (baseline, answer) =
                    timed(questions.tracer.trace(&bench(), question(lot, Direction::Forward))).await;
                marked.push(answer.unwrap().trace.lots.len());
                let subject = record(store.as_ref(), vec![hold(&id, lot)]).await;
                times.note(subject, baseline);
                releases.push(record(store.as_ref(), vec![release(&release_id, &id)]).await);
            }
            marked.sort_unstable();
            let (subject, baseline, ratio) = times.medians();
            let (marked, release) = (marked[marked.len() / 2], show(median(&releases)));
            println!(
                "| {name} | {marked} | {} | {} | {ratio:.2} | {release} |",
                show(subject),
                show(baseline)
            );
        }
    }
    println!();
}

/// One batch of new lots that no hold reaches.
fn chains(turn: &str, number: usize) -> Vec<Event> {
    let mut events = Vec::with_capacity(2 * CHAINS);
    for n in 0..CHAINS {
        let name = format!("{turn}-{number}-{n}");
        events.push(event(&json!({"type": "receive", "id": format!("BR-{name}"), "at": "2027-07-01T06:00:00Z",
            "outputs": [{"lot": format!("RAW-{name}"), "material": "BENCH", "quantity": "10", "unit": "KGM"}]})));
        events.push(event(&json!({"type": "operation", "kind": "PRODUCE", "name": "MIX", "id": format!("BO-{name}"),
            "at": "2027-07-01T08:00:00Z", "inputs": [{"lot": format!("RAW-{name}"), "quantity": "9", "unit": "KGM"}],
            "outputs": [{"lot": format!("MIX-{name}"), "material": "BENCH-MIX", "quantity": "9", "unit": "KGM"}]})));
    }
    events
}

async fn recorder(store: &dyn Ledger, turn: &str) -> Vec<Duration> {
    let mut times = Vec::new();
    for number in 0..BATCHES {
        times.push(record(store, chains(turn, number)).await);
    }
    times
}

/// The same recorder without holds, with a thousand open, and without again, so that a drift shows.
pub async fn beside(plant: &Plant) {
    let everything = lots(plant.sqlite.as_ref()).await;
    let finished: Vec<LotId> = everything.into_iter().filter(|id| id.as_str().starts_with("MOD")).collect();
    let step = (finished.len() / HOLDS).max(1);
    let held: Vec<&LotId> = finished.iter().step_by(step).take(HOLDS).collect();
    assert_eq!(held.len(), HOLDS);
    println!("| {} events a batch | none open | 1,000 open holds | released again | ratio |", 2 * CHAINS);
    println!("|---|---|---|---|---|");
    for (name, store) in plant.stores() {
        recorder(store.as_ref(), "warm").await;
        let before = recorder(store.as_ref(), "before").await;
        for (n, part) in held.chunks(100).enumerate() {
            let events = part.iter().enumerate().map(|(m, lot)| hold(&format!("BH-{n}-{m}"), lot));
            record(store.as_ref(), events.collect()).await;
        }
        let open = recorder(store.as_ref(), "open").await;
        for (n, part) in held.chunks(100).enumerate() {
            let events = (0..part.len()).map(|m| release(&format!("BR-{n}-{m}"), &format!("BH-{n}-{m}")));
            record(store.as_ref(), events.collect()).await;
        }
        let after = recorder(store.as_ref(), "after").await;
        let without = [before.clone(), after.clone()].concat();
        let ratio = median(&open).as_secs_f64() / median(&without).as_secs_f64();
        let [before, open, after] = [&before, &open, &after].map(|times| show(median(times)));
        println!("| {name} | {before} | {open} | {after} | {ratio:.2} |");
    }
    println!();
}
