//! The rules of a trace (DESIGN §4) checked from outside: random plants in real stores against an oracle that shares
//! nothing with the program but the events. It walks every state (lot, moment) there is instead of keeping minima,
//! and spells out both directions instead of mirroring one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lotgraph::domain::{Event, Fact, LotId, Operation, Role, Timestamp};
use lotgraph::genealogy::{Direction, Partial, TimeRule};
use lotgraph::service::trace::{TraceAnswer, TraceLimits, TraceQuestion, Tracer};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::events::{batch, event, minute};
use crate::support::stores::{self, Fresh};

const NEVER: i64 = i64::MIN;
const FOREVER: i64 = i64::MAX;

/// One link of a live operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    operation: String,
    role: Role,
    position: u32,
    lot: String,
    earliest: i64,
    latest: i64,
}

/// What an answer comes to, in comparable form.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    lots: BTreeMap<String, usize>,
    operations: BTreeMap<String, usize>,
    links: BTreeSet<(String, Role, u32, String)>,
    conflicts: BTreeSet<(String, Role, u32, String)>,
    unknown: BTreeSet<String>,
    depth_limit: bool,
}

struct Oracle {
    links: Vec<Link>,
    produced: BTreeMap<String, i64>,
}

impl Oracle {
    fn new(events: &[Event]) -> Self {
        let voided: BTreeSet<&str> = events
            .iter()
            .filter_map(|event| match &event.fact {
                Fact::Void(void) => Some(void.event.as_str()),
                _ => None,
            })
            .collect();
        let mut links = BTreeSet::new();
        for event in events.iter().filter(|event| !voided.contains(event.id.as_str())) {
            if let Fact::Operation(operation) = &event.fact {
                links.extend(links_of(event.id.as_str(), operation));
            }
        }
        let links: Vec<Link> = links.into_iter().collect();
        let mut produced = BTreeMap::new();
        for link in links.iter().filter(|link| link.role == Role::Produced) {
            let first = produced.entry(link.lot.clone()).or_insert(link.earliest);
            *first = link.earliest.min(*first);
        }
        Self { links, produced }
    }

    fn conflict(&self, link: &Link) -> bool {
        link.role != Role::Produced && self.produced.get(&link.lot).is_some_and(|first| link.latest < *first)
    }

    /// Rule 1: lots and operations in the structural closure.
    fn closure(
        &self,
        seeds: &[String],
        forward: bool,
        depth_max: Option<u32>,
    ) -> (BTreeSet<String>, BTreeSet<String>) {
        let (into, out) =
            if forward { (Role::Consumed, Role::Produced) } else { (Role::Produced, Role::Consumed) };
        let mut lots: BTreeSet<String> = seeds.iter().cloned().collect();
        let mut operations = BTreeSet::new();
        let mut frontier = lots.clone();
        let mut depth = 0;
        while !frontier.is_empty() && depth_max.is_none_or(|max| depth < max) {
            depth += 1;
            let met: BTreeSet<String> = self
                .links
                .iter()
                .filter(|l| l.role == into && frontier.contains(&l.lot) && !operations.contains(&l.operation))
                .map(|l| l.operation.clone())
                .collect();
            frontier = self
                .links
                .iter()
                .filter(|l| l.role == out && met.contains(&l.operation) && !lots.contains(&l.lot))
                .map(|l| l.lot.clone())
                .collect();
            operations.extend(met);
            lots.extend(frontier.iter().cloned());
        }
        let in_place = self.links.iter().filter(|l| l.role == Role::InPlace && lots.contains(&l.lot));
        operations.extend(in_place.map(|l| l.operation.clone()));
        (lots, operations)
    }

    /// Rules 2 and 3 forward: every (lot, arrival) there is.
    fn used_forward(
        &self,
        seeds: &[(String, Option<i64>)],
        lots: &BTreeSet<String>,
        operations: &BTreeSet<String>,
        rule: TimeRule,
    ) -> BTreeSet<usize> {
        let since = rule.since.map_or(NEVER, |since| since.micros());
        let start = |(seed, own): &(String, Option<i64>)| (seed.clone(), own.unwrap_or(since));
        let mut states: BTreeSet<(String, i64)> = seeds.iter().map(start).collect();
        let mut queue: Vec<(String, i64)> = states.iter().cloned().collect();
        let mut used = BTreeSet::new();
        while let Some((lot, arrival)) = queue.pop() {
            for (n, link) in self.links.iter().enumerate() {
                if link.lot != lot || link.role == Role::Produced || !operations.contains(&link.operation) {
                    continue;
                }
                let moment = if !rule.respect_time {
                    NEVER
                } else if self.conflict(link) {
                    link.earliest
                } else if arrival <= link.latest {
                    arrival.max(link.earliest)
                } else {
                    continue;
                };
                used.insert(n);
                for (m, out) in self.links.iter().enumerate() {
                    if link.role == Role::InPlace
                        || out.role != Role::Produced
                        || out.operation != link.operation
                        || !lots.contains(&out.lot)
                        || (rule.respect_time && moment > out.latest)
                    {
                        continue;
                    }
                    used.insert(m);
                    let arrival = if rule.respect_time { moment.max(out.earliest) } else { NEVER };
                    if states.insert((out.lot.clone(), arrival)) {
                        queue.push((out.lot.clone(), arrival));
                    }
                }
            }
        }
        used
    }

    /// Rules 2 and 3 backward: every (lot, departure) there is.
    fn used_backward(
        &self,
        seeds: &[(String, Option<i64>)],
        lots: &BTreeSet<String>,
        operations: &BTreeSet<String>,
        rule: TimeRule,
    ) -> BTreeSet<usize> {
        let until = rule.until.map_or(FOREVER, |until| until.micros());
        let start = |(seed, own): &(String, Option<i64>)| (seed.clone(), own.unwrap_or(until));
        let mut states: BTreeSet<(String, i64)> = seeds.iter().map(start).collect();
        let mut queue: Vec<(String, i64)> = states.iter().cloned().collect();
        let mut used = BTreeSet::new();
        while let Some((lot, departure)) = queue.pop() {
            for (n, link) in self.links.iter().enumerate() {
                if link.lot != lot || link.role == Role::Consumed || !operations.contains(&link.operation) {
                    continue;
                }
                if rule.respect_time && departure < link.earliest && !self.conflict(link) {
                    continue;
                }
                used.insert(n);
                let moment = departure.min(link.latest);
                for (m, out) in self.links.iter().enumerate() {
                    if link.role == Role::InPlace
                        || out.role != Role::Consumed
                        || out.operation != link.operation
                        || !lots.contains(&out.lot)
                        || (rule.respect_time && moment < out.earliest)
                    {
                        continue;
                    }
                    used.insert(m);
                    let departure = if !rule.respect_time || self.conflict(out) {
                        FOREVER
                    } else {
                        moment.min(out.latest)
                    };
                    if states.insert((out.lot.clone(), departure)) {
                        queue.push((out.lot.clone(), departure));
                    }
                }
            }
        }
        used
    }

    fn trace(&self, question: &TraceQuestion, since: &BTreeMap<LotId, Timestamp>) -> Answer {
        let forward = question.direction == Direction::Forward;
        let seeds: Vec<String> = question.lots.iter().map(ToString::to_string).collect();
        let (lots, operations) = self.closure(&seeds, forward, question.max_depth);
        let own = |lot: &LotId| (lot.to_string(), since.get(lot).map(|moment| moment.micros()));
        let starts: Vec<(String, Option<i64>)> = question.lots.iter().map(own).collect();
        let used = if forward {
            self.used_forward(&starts, &lots, &operations, question.rule)
        } else {
            self.used_backward(&starts, &lots, &operations, question.rule)
        };
        let (lot_depths, operation_depths) = self.depths(&seeds, forward, &used);
        let into = if forward { Role::Consumed } else { Role::Produced };
        let beyond = |link: &Link| {
            link.role == into && lot_depths.contains_key(&link.lot) && !operations.contains(&link.operation)
        };
        let name = |n: &usize| {
            let link = &self.links[*n];
            (link.operation.clone(), link.role, link.position, link.lot.clone())
        };
        Answer {
            conflicts: used.iter().filter(|n| self.conflict(&self.links[**n])).map(name).collect(),
            links: used.iter().map(name).collect(),
            unknown: lot_depths.keys().filter(|lot| !self.produced.contains_key(*lot)).cloned().collect(),
            depth_limit: self.links.iter().any(beyond),
            lots: lot_depths.into_iter().filter(|(lot, _)| !seeds.contains(lot)).collect(),
            operations: operation_depths,
        }
    }

    /// Rule 4.
    fn depths(
        &self,
        seeds: &[String],
        forward: bool,
        used: &BTreeSet<usize>,
    ) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
        let out = if forward { Role::Produced } else { Role::Consumed };
        let mut lots: BTreeMap<String, usize> = seeds.iter().map(|seed| (seed.clone(), 0)).collect();
        let mut operations: BTreeMap<String, usize> = BTreeMap::new();
        let mut queue: VecDeque<String> = lots.keys().cloned().collect();
        while let Some(lot) = queue.pop_front() {
            let depth = lots[&lot];
            for link in used.iter().map(|n| &self.links[*n]).filter(|l| l.lot == lot && l.role != out) {
                let reached = depth + usize::from(link.role != Role::InPlace);
                let known = operations.entry(link.operation.clone()).or_insert(reached);
                *known = reached.min(*known);
                for next in used.iter().map(|n| &self.links[*n]) {
                    if next.role == out && next.operation == link.operation && !lots.contains_key(&next.lot) {
                        lots.insert(next.lot.clone(), reached);
                        queue.push_back(next.lot.clone());
                    }
                }
            }
        }
        (lots, operations)
    }
}

fn links_of(id: &str, operation: &Operation) -> Vec<Link> {
    let start = operation.started_at.unwrap_or(operation.at);
    let link = |role, position: usize, lot: &LotId, at: Option<Timestamp>| Link {
        operation: id.to_owned(),
        role,
        position: position as u32,
        lot: lot.to_string(),
        earliest: at.unwrap_or(start).micros(),
        latest: at.unwrap_or(operation.at).micros(),
    };
    let inputs = operation.inputs.iter().enumerate().map(|(n, i)| link(Role::Consumed, n, &i.lot, i.at));
    let outputs = operation.outputs.iter().enumerate().map(|(n, o)| link(Role::Produced, n, &o.lot, o.at));
    let lots = operation.lots.iter().enumerate().map(|(n, lot)| link(Role::InPlace, n, lot, None));
    inputs.chain(outputs).chain(lots).collect()
}

/// A random plant: few lots and a short calendar, so that refills, cycles and clock errors are the rule.
fn random_plant(random: &mut ChaCha8Rng) -> Vec<Event> {
    let lots: Vec<String> = (0..random.random_range(4..14)).map(|n| format!("L{n}")).collect();
    let operations = random.random_range(3..18);
    let mut events: Vec<Event> = (0..operations).map(|n| random_operation(random, n, &lots)).collect();
    // Captured out of order; a void cannot come before what it voids.
    events.shuffle(random);
    for n in 0..operations {
        if random.random_bool(0.12) {
            let void =
                json!({"type": "void", "id": format!("V{n}"), "event": format!("O{n}"), "reason": "mistake"});
            events.push(event(&void));
        }
    }
    events
}

fn random_operation(random: &mut ChaCha8Rng, n: usize, lots: &[String]) -> Event {
    let end = random.random_range(0..30);
    let mut body = json!({"id": format!("O{n}"), "at": minute(end).to_string()});
    if random.random_bool(0.5) {
        body["startedAt"] = minute(end - random.random_range(0..6)).to_string().into();
    }
    let items = |random: &mut ChaCha8Rng, most: usize| -> Vec<Value> {
        let count = random.random_range(1..=most);
        let mut item = || {
            let mut item = json!({"lot": lots.choose(random).unwrap()});
            if random.random_bool(0.3) {
                item["at"] = minute(end - random.random_range(-2..6)).to_string().into();
            }
            item
        };
        (0..count).map(|_| item()).collect()
    };
    match random.random_range(0..10) {
        0 => {
            body["type"] = "receive".into();
            body["outputs"] = items(random, 2).into();
        }
        1 => {
            body["type"] = "ship".into();
            body["inputs"] = items(random, 2).into();
        }
        2 => {
            body["type"] = "operation".into();
            body["kind"] = "PROCESS".into();
            let names: Vec<Value> = items(random, 2).iter().map(|item| item["lot"].clone()).collect();
            body["lots"] = names.into();
        }
        _ => {
            body["type"] = "operation".into();
            body["kind"] = "PRODUCE".into();
            body["inputs"] = items(random, 3).into();
            body["outputs"] = items(random, 3).into();
        }
    }
    event(&body)
}

fn random_question(random: &mut ChaCha8Rng, known: &[LotId]) -> TraceQuestion {
    let direction = if random.random_bool(0.5) { Direction::Forward } else { Direction::Backward };
    let bound = random.random_bool(0.3).then(|| minute(random.random_range(0..30)));
    let (since, until) = match direction {
        Direction::Forward => (bound, None),
        Direction::Backward => (None, bound),
    };
    let seeds = random.random_range(1..=3.min(known.len()));
    TraceQuestion {
        lots: known.choose_multiple(random, seeds).cloned().collect(),
        direction,
        max_depth: random.random_bool(0.3).then(|| random.random_range(0..4)),
        rule: TimeRule { respect_time: random.random_bool(0.85), since, until },
        skip_cache: false,
        at: None,
    }
}

/// Moments of their own for some seeds of some questions.
fn random_moments(random: &mut ChaCha8Rng, question: &TraceQuestion) -> BTreeMap<LotId, Timestamp> {
    let share = if random.random_bool(0.5) { 0.6 } else { 0.0 };
    let lots = question.lots.iter().filter(|_| random.random_bool(share)).cloned().collect::<Vec<LotId>>();
    lots.into_iter().map(|lot| (lot, minute(random.random_range(0..30)))).collect()
}

fn comparable(answer: &TraceAnswer) -> Answer {
    let (subgraph, trace) = (&answer.subgraph, &answer.trace);
    let lot = |index: u32| subgraph.lots[index as usize].id.to_string();
    let operation = |index: u32| subgraph.operations[index as usize].id.to_string();
    let link = |index: &u32| {
        let link = &subgraph.links[*index as usize];
        (operation(link.operation), link.role, link.position, lot(link.lot))
    };
    Answer {
        lots: trace.lots.iter().map(|node| (lot(node.index), node.depth as usize)).collect(),
        operations: trace
            .operations
            .iter()
            .map(|node| (operation(node.index), node.depth as usize))
            .collect(),
        links: trace.links.iter().map(link).collect(),
        conflicts: trace.time_conflicts.iter().map(link).collect(),
        unknown: trace.unknown_origin.iter().map(|index| lot(*index)).collect(),
        depth_limit: trace.partial == Some(Partial::DepthLimit),
    }
}

async fn check_plants(stores: impl AsyncFn() -> Fresh, first_seed: u64, plants: u64, questions: usize) {
    let (mut conflicts, mut cut, mut reached) = (0, 0, 0);
    for seed in first_seed..first_seed + plants {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let fresh = stores().await;
        let events = random_plant(random);
        let receipt = fresh.store.commit(&batch(events.clone())).await.unwrap();
        assert!(receipt.applied, "seed {seed}: {receipt:?}");
        let oracle = Oracle::new(&events);
        let named: BTreeSet<LotId> = events
            .iter()
            .filter_map(|event| match &event.fact {
                Fact::Operation(operation) => Some(operation),
                _ => None,
            })
            .flat_map(|operation| operation.links().map(|link| link.lot.clone()))
            .collect();
        let named: Vec<LotId> = named.into_iter().collect();
        let tracer = Tracer::new(fresh.store.clone(), TraceLimits::default());
        for _ in 0..questions {
            let question = random_question(random, &named);
            let since = random_moments(random, &question);
            let answer = tracer.trace_since(question.clone(), &since).await.unwrap();
            let (got, wanted) = (comparable(&answer), oracle.trace(&question, &since));
            assert_eq!(got, wanted, "seed {seed}, {question:?}, {since:?}");
            conflicts += wanted.conflicts.len();
            cut += usize::from(wanted.depth_limit);
            reached += wanted.lots.len();
        }
        check_inverse(&tracer, &named, seed).await;
    }
    // The plants must be worth asking about, else the comparison proves nothing.
    assert!(conflicts > 0 && cut > 0 && reached > plants as usize, "{conflicts} {cut} {reached}");
}

/// Rule 7: y in forward(x) exactly when x in backward(y).
async fn check_inverse(tracer: &Tracer, lots: &[LotId], seed: u64) {
    let mut sides: [BTreeSet<(String, String)>; 2] = Default::default();
    for (side, direction) in [Direction::Forward, Direction::Backward].into_iter().enumerate() {
        for lot in lots {
            let question = TraceQuestion {
                lots: vec![lot.clone()],
                direction,
                max_depth: None,
                rule: TimeRule::default(),
                skip_cache: false,
                at: None,
            };
            let answer = tracer.trace(question).await.unwrap();
            for node in &answer.trace.lots {
                let other = answer.lot_id(node.index).to_string();
                let pair = if side == 0 { (lot.to_string(), other) } else { (other, lot.to_string()) };
                sides[side].insert(pair);
            }
        }
    }
    assert_eq!(sides[0], sides[1], "seed {seed}: forward and backward are not inverse");
}

#[tokio::test(flavor = "multi_thread")]
async fn random_plants_on_sqlite_agree_with_the_oracle() {
    check_plants(stores::sqlite, 1, 400, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_plants_on_neo4j_agree_with_the_oracle() {
    check_plants(stores::neo4j, 10_001, 30, 10).await;
}
