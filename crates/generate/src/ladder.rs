//! A ladder of diamonds: few lots, but astronomically many paths.
//!
//! Rung `n` is one operation that consumes the two lots of the rung before (the seed `LADDER` for the first)
//! and produces two lots that both go into the next: 2^n paths lead from the seed to the lots of rung n, of
//! which there are two.

use chrono::NaiveDate;

use super::calendar::{Calendar, HOUR};
use super::record::{Step, lot, material, milli, output};
use super::stream::Plant;
use lotgraph_domain::{Event, LotId, MaterialClass, OperationKind};

/// The id of the lot at the foot of every ladder.
pub const SEED: &str = "LADDER";

/// A ladder, rung by rung.
#[derive(Debug)]
pub struct Ladder {
    rungs: u32,
    done: u32,
    former: Vec<LotId>,
}

impl Ladder {
    /// A ladder of this many rungs.
    #[must_use]
    pub fn new(rungs: u32) -> Self {
        Self { rungs, done: 0, former: Vec::new() }
    }
}

impl Plant for Ladder {
    fn advance(&mut self, events: &mut Vec<Event>) -> bool {
        let first = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date of the calendar");
        let calendar = Calendar::new(first, 8);
        let at = calendar.at(i64::from(self.done) * HOUR);
        let full = || milli(100_000, "KGM");
        if self.former.is_empty() {
            let seed = lot(SEED);
            let step = Step::new(OperationKind::Receive, "", "LADDER-0", at);
            // The seed comes first, so that whoever reads the stream finds the lot to ask about in its first
            // event.
            events.push(step.make(output(&seed, "RUNG", full())).event());
            events.push(material("RUNG", "Ladder material", "KGM", MaterialClass::Raw, &[]));
            self.former = vec![seed];
            return true;
        }
        if self.done == self.rungs {
            return false;
        }
        self.done += 1;
        let at = calendar.at(i64::from(self.done) * HOUR);
        let share = || milli(50_000, "KGM");
        let mut step = Step::new(OperationKind::Produce, "RUNG", &format!("LADDER-{}", self.done), at);
        for former in &self.former {
            step = step.draw(former, if self.former.len() == 1 { full() } else { share() });
        }
        self.former = ["A", "B"].map(|side| lot(&format!("RUNG-{:02}-{side}", self.done))).to_vec();
        for next in &self.former {
            step = step.make(output(next, "RUNG", share()));
        }
        events.push(step.event());
        true
    }

    fn remembered(&self) -> usize {
        self.former.len()
    }
}
