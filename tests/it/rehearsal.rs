//! A dry run tells exactly what the import would: random files, event by event, over stores that hold something already.

use std::io::{self, Cursor};
use std::sync::Arc;

use lotgraph::cli::app::scratch_stores;
use lotgraph::domain::{AlertId, AlertKind, Entry, Event, EventId, ImportedFile};
use lotgraph::format::canonical;
use lotgraph::planner::Rules;
use lotgraph::service::import::{Counts, DryRun, Format, Observer, Options, Rejected, import};
use lotgraph::service::recorder::Recorder;
use lotgraph::store::Ledger;
use rand::Rng;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::model::random::{LOTS, Maker};
use crate::support::events::{batch, event, minute, tester};
use crate::support::stores;

/// What an import told: the counts after each batch, and every rejected row.
#[derive(Default, Debug, PartialEq)]
struct Told {
    counts: Vec<Counts>,
    rows: Vec<Rejected>,
}

impl Observer for Told {
    fn progress(&mut self, _: u64, counts: &Counts) {
        self.counts.push(*counts);
    }

    fn rejected(&mut self, row: &Rejected) -> io::Result<()> {
        self.rows.push(row.clone());
        Ok(())
    }

    fn remarked(&mut self, row: &Rejected) -> io::Result<()> {
        self.rejected(row)
    }
}

/// Random events with everything that people decide: holds, releases, overrides, recalls and their course, alerts
/// acknowledged, and each of it once more.
struct Decisions {
    maker: Maker,
    made: Vec<Event>,
    holds: Vec<String>,
    recalls: Vec<String>,
    unions: Vec<String>,
}

impl Decisions {
    fn new(seed: u64) -> Self {
        let maker = Maker::new(ChaCha8Rng::seed_from_u64(seed));
        Self { maker, made: Vec::new(), holds: Vec::new(), recalls: Vec::new(), unions: Vec::new() }
    }

    fn next(&mut self) -> Event {
        let id = format!("d{}", self.made.len());
        let next = match self.maker.rng.random_range(0..100) {
            0..8 => self.hold(&id),
            8..14 => self.release(&id),
            14..17 => self.permit(&id),
            17..21 => self.recall(&id),
            21..25 => self.course(&id),
            25..33 => self.acknowledge(&id),
            33..40 => self.made.choose(&mut self.maker.rng).cloned(),
            40..44 => self.same_lot(&id),
            44..46 => self.parted(&id),
            _ => None,
        };
        let next = next.unwrap_or_else(|| self.maker.next());
        self.made.push(next.clone());
        next
    }

    fn lots(&mut self) -> Vec<&'static str> {
        let count = self.maker.rng.random_range(1..3);
        (0..count).map(|_| *LOTS.choose(&mut self.maker.rng).unwrap()).collect()
    }

    fn at(&mut self) -> String {
        minute(self.maker.rng.random_range(0..500)).to_string()
    }

    fn said(&mut self, value: Value) -> Option<Event> {
        Some(event(&value))
    }

    fn hold(&mut self, id: &str) -> Option<Event> {
        let (lots, at) = (self.lots(), self.at());
        let mut hold = json!({"type":"hold","id":id,"at":at,"lots":lots,"reason":"smell"});
        if self.maker.rng.random_bool(0.3) {
            hold["policy"] = "WARN".into();
        }
        if let Some(recall) = self.recalls.choose(&mut self.maker.rng).filter(|_| id.len().is_multiple_of(2))
        {
            hold["recall"] = recall.as_str().into();
        }
        self.holds.push(id.to_owned());
        self.said(hold)
    }

    fn release(&mut self, id: &str) -> Option<Event> {
        let (lots, at) = (self.lots(), self.at());
        let disposition = *["RELEASED", "REWORK", "SCRAP"].choose(&mut self.maker.rng)?;
        let mut release =
            json!({"type":"release","id":id,"at":at,"lots":lots,"reason":"seen","disposition":disposition});
        if let Some(hold) = self.holds.choose(&mut self.maker.rng) {
            release["hold"] = hold.as_str().into();
            release["lots"] = json!([]);
        }
        self.said(release)
    }

    fn permit(&mut self, id: &str) -> Option<Event> {
        let (lots, at) = (self.lots(), self.at());
        let operation = format!("e{}", self.made.len() + 2);
        self.said(
            json!({"type":"override","id":id,"at":at,"lots":lots,"operation":operation,"reason":"must"}),
        )
    }

    fn same_lot(&mut self, id: &str) -> Option<Event> {
        let (lots, at) = (self.lots(), self.at());
        let lot = *LOTS.choose(&mut self.maker.rng)?;
        self.unions.push(id.to_owned());
        let said = if self.maker.rng.random_bool(0.5) {
            json!({"type":"alias","id":id,"at":at,"lot":lot,"names":lots,"reason":"misread"})
        } else {
            json!({"type":"mergeLots","id":id,"at":at,"into":lot,"lots":lots,"reason":"one lot"})
        };
        self.said(said)
    }

    fn parted(&mut self, id: &str) -> Option<Event> {
        let union = self.unions.choose(&mut self.maker.rng)?.clone();
        self.said(json!({"type":"void","id":id,"event":union,"reason":"two lots"}))
    }

    fn recall(&mut self, id: &str) -> Option<Event> {
        let at = self.at();
        let lots: Vec<Value> = self.lots().into_iter().map(|lot| json!({"lot": lot})).collect();
        let mock = self.maker.rng.random_bool(0.3);
        self.recalls.push(id.to_owned());
        self.said(json!({"type":"recall","id":id,"at":at,"reason":"glass","mock":mock,"scope":{"lots":lots},"lots":lots}))
    }

    fn course(&mut self, id: &str) -> Option<Event> {
        let (recall, at) = (self.recalls.choose(&mut self.maker.rng)?.clone(), self.at());
        let lot = self.lots()[0];
        let said = match self.maker.rng.random_range(0..4) {
            0 => json!({"type":"notify","id":id,"at":at,"recall":recall,"customer":"C-1"}),
            1 => {
                json!({"type":"recover","id":id,"at":at,"recall":recall,"items":[{"lot":lot,"quantity":"1","unit":"KGM"}]})
            }
            _ => json!({"type":"closeRecall","id":id,"at":at,"recall":recall,"report":"done"}),
        };
        self.said(said)
    }

    fn acknowledge(&mut self, id: &str) -> Option<Event> {
        let (hold, at) = (self.holds.choose(&mut self.maker.rng)?.clone(), self.at());
        let hold_id = EventId::parse(&hold).unwrap();
        let alert = AlertId::derived(AlertKind::HoldPlaced, &hold, &hold_id);
        self.said(json!({"type":"acknowledge","id":id,"at":at,"alert":alert.as_str()}))
    }
}

async fn run(store: &Arc<dyn Ledger>, text: &str, size: usize, dry: bool) -> Told {
    let entry = Entry::Import { file: ImportedFile::parse("random").unwrap() };
    let caller = lotgraph::domain::Caller { entry, ..tester() };
    let dry_run = dry.then(|| DryRun { scratch: scratch_stores(), rules: Rules::default() });
    let options = Options { format: Format::Ndjson, batch: size, dry_run, caller };
    let mut told = Told::default();
    let source = Box::new(Cursor::new(text.as_bytes().to_vec()));
    import(&Recorder::new(Arc::clone(store)), source, options, &mut told).await.unwrap();
    told
}

/// Rehearses and imports the same random file over the same random past; returns what the import rejected.
async fn a_rehearsal_is_an_import(store: &Arc<dyn Ledger>, seed: u64, size: usize) -> Vec<Rejected> {
    let mut decisions = Decisions::new(seed);
    for _ in 0..4 {
        let past: Vec<Event> = (0..12).map(|_| decisions.next()).collect();
        let sent = lotgraph::store::Batch { atomic: false, ..batch(past) };
        store.commit(&sent).await.unwrap();
    }
    let before = store.revision().await.unwrap();
    let lines: Vec<String> = (0..70).map(|_| canonical::line(&decisions.next()) + "\n").collect();
    let text = lines.concat();
    let rehearsed = run(store, &text, size, true).await;
    assert_eq!(store.revision().await.unwrap(), before, "a dry run writes nothing");
    let imported = run(store, &text, size, false).await;
    assert_eq!(rehearsed, imported, "seed {seed}, batches of {size}\n{text}");
    imported.rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_files_over_sqlite() {
    let mut rejected = std::collections::BTreeSet::new();
    for seed in 0..24 {
        for size in [1, 7, 100] {
            let fresh = stores::sqlite().await;
            let rows = a_rehearsal_is_an_import(&fresh.store, seed, size).await;
            rejected.extend(rows.into_iter().map(|row| row.code.name()));
        }
    }
    for code in [
        "LOT_ON_HOLD",
        "HOLD_RELEASED",
        "ALERT_ACKNOWLEDGED",
        "RECALL_CLOSED",
        "ID_CONFLICT",
        "ALREADY_VOIDED",
    ] {
        assert!(rejected.contains(code), "the files are to meet {code}: {rejected:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_files_over_neo4j() {
    for (seed, size) in [(100, 1), (101, 7), (102, 7), (103, 100)] {
        let fresh = stores::neo4j().await;
        a_rehearsal_is_an_import(&fresh.store, seed, size).await;
    }
}
