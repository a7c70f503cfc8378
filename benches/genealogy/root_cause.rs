//! Root cause over all ancestors of many lots: how the cost grows, and against only reading what it reads.

use std::time::Duration;

use lotgraph::domain::LotId;
use lotgraph::genealogy::Direction;
use lotgraph::service::Questions;
use lotgraph::service::root_cause::{Cases, Controls, RootCauseQuestion};
use lotgraph::service::trace::TraceLimits;
use lotgraph::store::Closure;

use crate::paired::{Paired, show, timed};
use crate::plants::bench;
use crate::plants::{self, Plant};

/// Controls for each case.
const CONTROLS_PER_CASE: usize = 100;
/// Questions of each size.
const ROUNDS: usize = 3;

pub async fn run(plant: &Plant) {
    let everything = plants::lots(plant.sqlite.as_ref()).await;
    let units: Vec<LotId> = everything.into_iter().filter(|id| id.as_str().starts_with("SN")).collect();
    println!(
        "| root cause, {} plant | lots and operations read | answer | reading alone | ratio |",
        plant.name
    );
    println!("|---|---|---|---|---|");
    for (name, store) in plant.stores() {
        let limits = TraceLimits { deadline: Duration::from_secs(120), ..TraceLimits::default() };
        let questions = Questions::over(store.clone(), limits);
        for cases in [20, 63, 200] {
            let (cases, controls) = groups(&units, cases);
            let (mut times, mut nodes) = (Paired::default(), 0);
            for _ in 0..ROUNDS {
                let question = RootCauseQuestion {
                    cases: Cases::Lots(cases.clone()),
                    controls: Controls::Lots(controls.clone()),
                    respect_time: true,
                };
                let (subject, answer) = timed(questions.causes.root_cause(&bench(), &question)).await;
                let answer = answer.unwrap();
                assert!(!answer.is_partial());
                let (baseline, read) = timed(store.closure(&closure(&cases, &controls))).await;
                assert_eq!(read.unwrap().lots.len(), answer.subgraph.lots.len());
                nodes = answer.subgraph.lots.len() + answer.subgraph.operations.len();
                times.note(subject, baseline);
            }
            let (subject, baseline, ratio) = times.medians();
            let sizes = format!("{name}, {} against {}", cases.len(), controls.len());
            println!("| {sizes} | {nodes} | {} | {} | {ratio:.2} |", show(subject), show(baseline));
        }
    }
    println!();
}

/// Cases and controls spread over all units.
fn groups(units: &[LotId], cases: usize) -> (Vec<LotId>, Vec<LotId>) {
    let wanted = cases * (CONTROLS_PER_CASE + 1);
    assert!(units.len() >= wanted, "{wanted} units are wanted, the plant has {}", units.len());
    let step = units.len() / wanted;
    let chosen: Vec<LotId> = units.iter().step_by(step).take(wanted).cloned().collect();
    let (mut failed, mut good) = (Vec::new(), Vec::new());
    for (n, lot) in chosen.into_iter().enumerate() {
        if n % (CONTROLS_PER_CASE + 1) == 0 { failed.push(lot) } else { good.push(lot) }
    }
    (failed, good)
}

fn closure(cases: &[LotId], controls: &[LotId]) -> Closure {
    Closure {
        seeds: [cases, controls].concat(),
        direction: Direction::Backward,
        max_depth: None,
        nodes_max: TraceLimits::default().nodes_max,
        deadline: Duration::from_secs(120),
        skip_cache: true,
        at: None,
    }
}
