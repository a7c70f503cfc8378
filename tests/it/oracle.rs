//! The rules of a trace (DESIGN §4) checked from outside: random plants in real stores against an oracle that shares
//! nothing with the program but the events. It tries every minute at which something can have happened instead of keeping
//! minima and intervals, and spells out both directions instead of mirroring one.

mod plants;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lotgraph::domain::{Event, Fact, LotId, Operation, OperationKind, Role, Timestamp};
use lotgraph::genealogy::{Direction, Partial, TimeRule};
use lotgraph::service::trace::{TraceAnswer, TraceLimits, TraceQuestion, Tracer};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::plants::random_plant;
use crate::support::events::{batch, minute};
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
    by_lot: BTreeMap<String, Vec<usize>>,
    by_operation: BTreeMap<String, Vec<usize>>,
    produced: BTreeMap<String, i64>,
    /// Those links that clean a lot.
    cleans: Vec<Link>,
}

/// Every minute that the plants know of, and some around.
fn calendar() -> impl Iterator<Item = i64> {
    (-12..40).map(|n| minute(n).micros())
}

/// The minutes between two, ends included.
fn moments(earliest: i64, latest: i64) -> impl Iterator<Item = i64> {
    calendar().filter(move |moment| earliest <= *moment && *moment <= latest)
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
        let (mut links, mut cleans) = (BTreeSet::new(), Vec::new());
        for event in events.iter().filter(|event| !voided.contains(event.id.as_str())) {
            if let Fact::Operation(operation) = &event.fact {
                let of_event = links_of(event.id.as_str(), operation);
                if operation.kind == OperationKind::Clean {
                    cleans.extend(of_event.clone());
                }
                links.extend(of_event);
            }
        }
        let links: Vec<Link> = links.into_iter().collect();
        let mut produced = BTreeMap::new();
        for link in links.iter().filter(|link| link.role == Role::Produced) {
            let first = produced.entry(link.lot.clone()).or_insert(link.earliest);
            *first = link.earliest.min(*first);
        }
        let (mut by_lot, mut by_operation) = (BTreeMap::new(), BTreeMap::new());
        for (n, link) in links.iter().enumerate() {
            by_lot.entry(link.lot.clone()).or_insert_with(Vec::new).push(n);
            by_operation.entry(link.operation.clone()).or_insert_with(Vec::new).push(n);
        }
        Self { links, by_lot, by_operation, produced, cleans }
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

    /// Rules 2, 3 and 8 forward: every moment at which trouble can be in a lot, and in an operation.
    fn used_forward<'a>(
        &'a self,
        seeds: &'a [(String, Option<i64>)],
        lots: &BTreeSet<String>,
        operations: &BTreeSet<String>,
        rule: TimeRule,
    ) -> BTreeSet<usize> {
        let since = rule.since.map_or(NEVER, |since| since.micros());
        let bad = |(seed, own): &'a (String, Option<i64>)| {
            let since = own.unwrap_or(since);
            let moments = calendar().filter(move |moment| since <= *moment).chain([since]);
            moments.map(|moment| (seed.as_str(), moment))
        };
        let mut states: BTreeSet<(&str, i64)> = seeds.iter().flat_map(bad).collect();
        let mut queue: Vec<(&str, i64)> = states.iter().copied().collect();
        let (mut used, mut met) = (BTreeSet::new(), BTreeSet::new());
        while let Some((lot, arrived)) = queue.pop() {
            for n in self.of_lot(lot, operations) {
                let link = &self.links[n];
                for moment in moments(link.earliest, link.latest).filter(|_| link.role != Role::Produced) {
                    let there = arrived <= moment && !self.cleaned(lot, arrived, moment);
                    if !there && !self.conflict(link) {
                        continue;
                    }
                    used.insert(n);
                    if link.role == Role::InPlace || !met.insert((&link.operation, moment)) {
                        continue;
                    }
                    for (m, out) in self.of_operation(&link.operation, Role::Produced, lots) {
                        for left in moments(out.earliest.max(moment), out.latest) {
                            used.insert(m);
                            if states.insert((&out.lot, left)) {
                                queue.push((&out.lot, left));
                            }
                        }
                    }
                }
            }
        }
        used
    }

    /// Rules 2, 3 and 8 backward: every moment up to which a lot, and an operation, matters.
    fn used_backward<'a>(
        &'a self,
        seeds: &'a [(String, Option<i64>)],
        lots: &BTreeSet<String>,
        operations: &BTreeSet<String>,
        rule: TimeRule,
    ) -> BTreeSet<usize> {
        let until = rule.until.map_or(FOREVER, |until| until.micros());
        let of_interest = |(seed, own): &'a (String, Option<i64>)| {
            let until = own.unwrap_or(until);
            let moments = calendar().filter(move |moment| *moment <= until).chain([until]);
            moments.map(|moment| (seed.as_str(), moment))
        };
        let mut states: BTreeSet<(&str, i64)> = seeds.iter().flat_map(of_interest).collect();
        let mut queue: Vec<(&str, i64)> = states.iter().copied().collect();
        let (mut used, mut met) = (BTreeSet::new(), BTreeSet::new());
        while let Some((lot, left)) = queue.pop() {
            for n in self.of_lot(lot, operations) {
                let link = &self.links[n];
                for moment in moments(link.earliest, link.latest).filter(|_| link.role != Role::Consumed) {
                    let there = moment <= left && !self.cleaned(lot, moment, left);
                    if !there && !self.conflict(link) {
                        continue;
                    }
                    used.insert(n);
                    if link.role == Role::InPlace || !met.insert((&link.operation, moment)) {
                        continue;
                    }
                    for (m, out) in self.of_operation(&link.operation, Role::Consumed, lots) {
                        let drawn: Vec<i64> = moments(out.earliest, out.latest.min(moment)).collect();
                        if drawn.is_empty() {
                            continue;
                        }
                        used.insert(m);
                        let anytime = calendar().chain([FOREVER]).filter(|_| self.conflict(out));
                        for drawn in anytime.chain(drawn) {
                            if states.insert((&out.lot, drawn)) {
                                queue.push((&out.lot, drawn));
                            }
                        }
                    }
                }
            }
        }
        used
    }

    /// Every link that any walk has, whatever its times.
    fn used_anyhow(
        &self,
        seeds: &[String],
        forward: bool,
        lots: &BTreeSet<String>,
        operations: &BTreeSet<String>,
    ) -> BTreeSet<usize> {
        let out = if forward { Role::Produced } else { Role::Consumed };
        let mut met: BTreeSet<&str> = seeds.iter().map(String::as_str).collect();
        let mut queue: Vec<&str> = met.iter().copied().collect();
        let mut used = BTreeSet::new();
        while let Some(lot) = queue.pop() {
            for n in self.of_lot(lot, operations).filter(|n| self.links[*n].role != out) {
                used.insert(n);
                let onward = self.of_operation(&self.links[n].operation, out, lots);
                for (m, next) in onward.filter(|_| self.links[n].role != Role::InPlace) {
                    used.insert(m);
                    if met.insert(&next.lot) {
                        queue.push(&next.lot);
                    }
                }
            }
        }
        used
    }

    /// Whether a clean surely lies between what came in and what left.
    fn cleaned(&self, lot: &str, arrived: i64, left: i64) -> bool {
        let mut cleans = self.cleans.iter().filter(|clean| clean.lot == lot);
        cleans.any(|clean| arrived < clean.earliest && clean.latest < left)
    }

    fn of_lot<'a>(&'a self, lot: &str, operations: &'a BTreeSet<String>) -> impl Iterator<Item = usize> + 'a {
        let links = self.by_lot.get(lot).map_or(&[][..], Vec::as_slice).iter().copied();
        links.filter(|n| operations.contains(&self.links[*n].operation))
    }

    fn of_operation<'a>(
        &'a self,
        operation: &str,
        role: Role,
        lots: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = (usize, &'a Link)> + 'a {
        let links = self.by_operation.get(operation).map_or(&[][..], Vec::as_slice).iter();
        let links = links.map(|n| (*n, &self.links[*n]));
        links.filter(move |(_, link)| link.role == role && lots.contains(&link.lot))
    }

    fn trace(&self, question: &TraceQuestion, since: &BTreeMap<LotId, Timestamp>) -> Answer {
        let forward = question.direction == Direction::Forward;
        let seeds: Vec<String> = question.lots.iter().map(ToString::to_string).collect();
        let (lots, operations) = self.closure(&seeds, forward, question.max_depth);
        let own = |lot: &LotId| (lot.to_string(), since.get(lot).map(|moment| moment.micros()));
        let starts: Vec<(String, Option<i64>)> = question.lots.iter().map(own).collect();
        let used = if !question.rule.respect_time {
            self.used_anyhow(&seeds, forward, &lots, &operations)
        } else if forward {
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
    let lots = operation.lots.iter().enumerate().map(|(n, l)| link(Role::InPlace, n, &l.lot, None));
    inputs.chain(outputs).chain(lots).collect()
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
    let (mut conflicts, mut cut, mut reached, mut cleaned) = (0, 0, 0, 0);
    for seed in first_seed..first_seed + plants {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let fresh = stores().await;
        let events = random_plant(random);
        let receipt = fresh.store.commit(&batch(events.clone())).await.unwrap();
        assert!(receipt.applied, "seed {seed}: {receipt:?}");
        let oracle = Oracle::new(&events);
        let dirty = Oracle { cleans: Vec::new(), ..Oracle::new(&events) };
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
            cleaned += usize::from(wanted != dirty.trace(&question, &since));
        }
        check_inverse(&tracer, &named, seed).await;
    }
    // The plants must be worth asking about, else the comparison proves nothing.
    assert!(conflicts > 0 && cut > 0 && reached > plants as usize, "{conflicts} {cut} {reached}");
    assert!(cleaned > plants as usize / 20, "cleans made a difference in {cleaned} answers only");
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
    check_plants(stores::sqlite, 1, 250, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_plants_on_neo4j_agree_with_the_oracle() {
    check_plants(stores::neo4j, 10_001, 30, 10).await;
}
