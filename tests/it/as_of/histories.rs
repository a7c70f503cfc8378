//! Random histories with voids, holds, releases and late receipts: what is asked as of a revision later is what was
//! answered when the ledger stood there.

use std::sync::Arc;

use lotgraph::domain::{Event, LotId, Node, NodeRef, RecordKind, Timestamp};
use lotgraph::genealogy::{Paths, TimeRule};
use lotgraph::service::Questions;
use lotgraph::service::as_of::{AsOfLimits, Point};
use lotgraph::service::root_cause::{Cases, Controls, RootCauseQuestion};
use lotgraph::service::trace::{TraceAnswer, TraceLimits, TraceQuestion};
use lotgraph::service::{ServiceError, ServiceResult};
use lotgraph::store::{
    Batch, Bucket, Direction, EdgePage, EdgesOf, Find, Ledger, LotFilter, OperationFilter, Page, Reader,
    RecordFilter, Revision, Subgraph, Tally, What,
};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::history;
use crate::conformance::ask::lot_id;
use crate::model::random::{LOTS, Maker};
use crate::support::events::tester;
use crate::support::events::{batch, event, minute};

type AnyStore = Arc<dyn Ledger>;

/// Everything that is asked of one state.
#[derive(Debug, PartialEq)]
struct Answers {
    lots: Vec<Option<Node>>,
    all: Page<Node>,
    operations: Page<Node>,
    records: Vec<Page<Node>>,
    edges: Vec<EdgePage>,
    count: Vec<Bucket>,
    traces: Vec<Result<TraceAnswer, String>>,
    paths: Vec<Result<(Subgraph, Paths), String>>,
    causes: Vec<Result<String, String>>,
}

/// Two answers are the same whenever they were read.
fn timeless(subgraph: &mut Subgraph) {
    subgraph.computed_at = minute(0);
    subgraph.cached = false;
}

fn shown<T>(answer: ServiceResult<T>) -> Result<T, String> {
    answer.map_err(|error: ServiceError| format!("{} {}", error.code, error.message))
}

async fn trace(questions: &Questions, lot: &str, direction: Direction) -> Result<TraceAnswer, String> {
    let question = TraceQuestion {
        lots: vec![lot_id(lot)],
        direction,
        max_depth: None,
        rule: TimeRule::default(),
        skip_cache: false,
        at: None,
    };
    let answer = shown(questions.tracer.trace(&tester(), question).await)?;
    let mut answer = Arc::unwrap_or_clone(answer);
    timeless(&mut answer.subgraph);
    Ok(answer)
}

async fn root_cause(questions: &Questions, cases: &[&str], controls: &[&str]) -> Result<String, String> {
    let ids = |ids: &[&str]| ids.iter().map(|id| lot_id(id)).collect::<Vec<LotId>>();
    let question = RootCauseQuestion {
        cases: Cases::Lots(ids(cases)),
        controls: Controls::Lots(ids(controls)),
        respect_time: true,
    };
    let answer = shown(questions.causes.root_cause(&tester(), &question).await)?;
    Ok(format!("{:?} {:?} {:?}", answer.cases, answer.controls, answer.common))
}

async fn ask(store: &Arc<impl Reader + ?Sized>, questions: &Questions) -> Answers {
    let ids: Vec<LotId> = LOTS.iter().map(|id| lot_id(id)).collect();
    let refs: Vec<NodeRef> = ids.iter().cloned().map(NodeRef::Lot).collect();
    let all = What::Lots(LotFilter::default());
    let operations = What::Operations(OperationFilter::default());
    let edges = EdgesOf { lots: ids, roles: lotgraph::domain::Role::ALL.to_vec(), after: None, first: 100 };
    let records = async |kind| {
        let what = What::Records(kind, RecordFilter::default());
        store.find(&Find { what, after: None, first: 500 }).await.unwrap()
    };
    let mut answers = Answers {
        lots: store.get(&refs).await.unwrap(),
        all: store.find(&Find { what: all.clone(), after: None, first: 100 }).await.unwrap(),
        operations: store.find(&Find { what: operations, after: None, first: 500 }).await.unwrap(),
        records: vec![records(RecordKind::Alert).await, records(RecordKind::Hold).await],
        edges: store.edges(&edges).await.unwrap(),
        count: store.tally(&Tally::LotsByMaterial(LotFilter::default())).await.unwrap(),
        traces: Vec::new(),
        paths: Vec::new(),
        causes: Vec::new(),
    };
    for lot in ["A", "b", "中"] {
        for direction in [Direction::Forward, Direction::Backward] {
            answers.traces.push(trace(questions, lot, direction).await);
        }
    }
    for (seed, lot) in [("A", "B"), ("C", "9")] {
        let found = questions
            .tracer
            .why_affected(&tester(), &lot_id(seed), &lot_id(lot), Direction::Forward, 3)
            .await;
        answers.paths.push(shown(found).map(|(mut subgraph, paths)| {
            timeless(&mut subgraph);
            (subgraph, paths)
        }));
    }
    answers.causes.push(root_cause(questions, &["A", "B", "C"], &["D", "E", "a"]).await);
    answers
}

/// What a quarantine does to some lots: holds, releases of earlier holds, overrides of the inspector.
struct Quarantine {
    holds: Vec<String>,
}

impl Quarantine {
    fn next(&mut self, rng: &mut ChaCha8Rng) -> Event {
        let at = minute(rng.random_range(0..20)).to_string();
        let number = self.holds.len();
        let lots: Vec<&str> = LOTS[..8].choose_multiple(rng, 1).copied().collect();
        match self.holds.choose(rng) {
            Some(hold) if rng.random_bool(0.5) => {
                event(&json!({"type":"release","id":format!("free{number}-{hold}"),
                "at":at,"hold":hold,"reason":"tested","disposition":"RELEASED"}))
            }
            _ => {
                let id = format!("hold{number}");
                self.holds.push(id.clone());
                let policy = if rng.random_bool(0.6) { "WARN" } else { "BLOCK" };
                event(&json!({"type":"hold","id":id,"at":at,"lots":lots,"reason":"listeria","policy":policy}))
            }
        }
    }
}

/// A step of a history: most are as plants go, some hold and release.
fn step(maker: &mut Maker, quarantine: &mut Quarantine, at: Timestamp) -> Batch {
    let count = maker.rng.random_range(1..7);
    let mut events: Vec<Event> = (0..count).map(|_| maker.next()).collect();
    if maker.rng.random_bool(0.8) {
        events.push(quarantine.next(&mut maker.rng));
    }
    let mut sent = Batch { atomic: false, ..batch(events) };
    sent.recording.recorded_at = at;
    sent
}

/// Returns at how many revisions some lot was on hold.
async fn then_is_as_it_was(store: &AnyStore, seed: u64) -> usize {
    let mut maker = Maker::new(ChaCha8Rng::seed_from_u64(seed));
    let mut quarantine = Quarantine { holds: Vec::new() };
    let questions = Questions::over(store.clone(), TraceLimits::default());
    let history = history(store, AsOfLimits::default());
    let mut then = vec![(minute(0), ask(store, &questions).await)];
    for n in 1..=14 {
        let at = minute(1_000 + 10 * n);
        let receipt = store.commit(&step(&mut maker, &mut quarantine, at)).await.unwrap();
        if receipt.revision.0 as usize == then.len() {
            then.push((at, ask(store, &questions).await));
        }
    }
    let marked = then.iter().filter(|(_, answers)| format!("{answers:?}").contains("marks: [HoldMark"));
    let marked = marked.count();
    assert!(then.len() > 5);
    let mut order: Vec<usize> = (0..then.len()).collect();
    order.shuffle(&mut maker.rng);
    for n in order {
        let (at, answers) = &then[n];
        let point = match n {
            0 => Point::Revision(Revision(0)),
            _ if n % 2 == 0 => Point::RecordedAt(*at),
            _ => Point::Revision(Revision(n as u64)),
        };
        let found = history.at(&tester(), point).await.unwrap();
        assert_eq!(found.revision, Revision(n as u64), "{point:?}");
        assert_eq!(found.store.revision().await.unwrap(), found.revision);
        assert_eq!(&ask(&found.store, &found.questions).await, answers, "as of {n}");
    }
    marked
}

macro_rules! histories_over {
    ($store:ident, $seeds:literal) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $store() {
            let mut marked = 0;
            for seed in 0..$seeds {
                let fresh = crate::support::stores::$store().await;
                marked += then_is_as_it_was(&fresh.store, seed).await;
            }
            assert!(marked > 0, "some histories have holds");
        }
    };
}

histories_over!(sqlite, 6);
histories_over!(neo4j, 2);
