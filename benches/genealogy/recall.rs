//! The scope of a recall of one raw lot against a cold trace of it, and how it grows with what it affects.

use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::LotId;
use lotgraph::domain::recall::{RecallScope, ScopeLot};
use lotgraph::genealogy::Direction;
use lotgraph::service::Questions;
use lotgraph::service::as_of::{AsOfLimits, History};
use lotgraph::service::recall::Recalls;
use lotgraph::service::trace::TraceLimits;

use crate::paired::{Paired, show, timed};
use crate::plants::bench;
use crate::plants::{Plant, question};

/// Affected lots wanted; the nearest that the plant has are asked about.
pub const SIZES: [usize; 2] = [1_000, 10_000];
/// Raw lots of each size.
pub const SEEDS: usize = 5;
const ROUNDS: usize = 3;

pub async fn run(plant: &Plant) {
    println!("| recall scope, {} plant | lots affected | scope | cold trace | ratio |", plant.name);
    println!("|---|---|---|---|---|");
    for (name, store) in plant.stores() {
        for size in SIZES {
            let questions = Questions::over(store.clone(), TraceLimits::default());
            let (mut times, mut affected) = (Paired::default(), Vec::new());
            for _ in 0..ROUNDS {
                for lot in plant.reaching(size, SEEDS) {
                    // Anew each time: recent answers are kept.
                    let history = History::new(
                        store.clone(),
                        scratch_stores(),
                        AsOfLimits::default(),
                        TraceLimits::default(),
                    );
                    let recalls = Recalls::new(questions.clone(), history);
                    let (subject, answer) = timed(recalls.scope(&bench(), &scope_of(&lot), None)).await;
                    let (baseline, trace) =
                        timed(questions.tracer.trace(&bench(), question(&lot, Direction::Forward))).await;
                    let lots = answer.unwrap().scope.lots.len();
                    assert_eq!(
                        lots,
                        trace.unwrap().trace.lots.len() + 1,
                        "{lot}: both must find the same lots"
                    );
                    affected.push(lots);
                    times.note(subject, baseline);
                }
            }
            affected.sort_unstable();
            let (subject, baseline, ratio) = times.medians();
            let affected = affected[affected.len() / 2];
            println!("| {name} | {affected} | {} | {} | {ratio:.2} |", show(subject), show(baseline));
        }
    }
    println!();
}

fn scope_of(lot: &LotId) -> RecallScope {
    let lots = vec![ScopeLot { lot: lot.clone(), since: None }];
    RecallScope { lots, causes: Vec::new(), respect_time: true }
}
