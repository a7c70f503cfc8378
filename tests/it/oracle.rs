//! The rules of a trace (docs/TRACE_RULES.md, rules 1 to 11) checked from outside: random plants in real
//! stores against an oracle that shares nothing with the program but the events. It tries every minute at
//! which something can have happened instead of keeping minima and intervals, and spells out both directions
//! instead of mirroring one.

pub(crate) mod links;
pub(crate) mod plants;
mod stock;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lotgraph::domain::{Event, Fact, LotId, Operation, OperationKind, Role, Timestamp};
use lotgraph::genealogy::{Direction, TimeRule};
use lotgraph::service::Questions;
use lotgraph::service::trace::{TraceLimits, TraceQuestion};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use self::links::{Answer, Link, comparable, links_of, transfers_of};
use self::plants::{random_moments, random_plant, random_question, record};
use self::stock::Verdict;
use crate::support::events::minute;
use crate::support::events::tester;
use crate::support::stores::{self, Fresh};

const NEVER: i64 = i64::MIN;
const FOREVER: i64 = i64::MAX;

struct Oracle {
    links: Vec<Link>,
    by_lot: BTreeMap<String, Vec<usize>>,
    by_operation: BTreeMap<String, Vec<usize>>,
    produced: BTreeMap<String, i64>,
    /// Those links that clean a lot.
    cleans: Vec<Link>,
    stock: Verdict,
}

/// The numbers printed on lots: what was said last, in the order of recording, withdrawn or not.
fn numbers(events: &[Event]) -> BTreeMap<String, String> {
    let mut numbers = BTreeMap::new();
    for event in events {
        let Fact::Operation(operation) = &event.fact else { continue };
        for output in operation.made() {
            if let Some(number) = &output.number {
                numbers.insert(output.lot.to_string(), number.to_string());
            }
        }
    }
    numbers
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
        let live: BTreeMap<&str, &Operation> = events
            .iter()
            .filter(|event| !voided.contains(event.id.as_str()))
            .filter_map(|event| match &event.fact {
                Fact::Operation(operation) => Some((event.id.as_str(), operation)),
                _ => None,
            })
            .collect();
        let of_kind = |kind| live.iter().filter(move |(_, one)| one.kind == kind && one.document.is_some());
        let shipments = of_kind(OperationKind::Ship).map(|(id, one)| (*id, *one)).collect();
        let numbers = numbers(events);
        let transfers: Vec<Link> = of_kind(OperationKind::Receive)
            .flat_map(|(id, receipt)| transfers_of((id, receipt), &shipments, &numbers))
            .collect();
        for event in events.iter().filter(|event| !voided.contains(event.id.as_str())) {
            if let Fact::Operation(operation) = &event.fact {
                let of_event = links_of(event.id.as_str(), operation);
                if operation.kind == OperationKind::Clean {
                    cleans.extend(of_event.clone());
                }
                links.extend(of_event);
            }
        }
        let same = |link: &Link| {
            let made = |other: &Link| {
                other.operation == link.operation && other.lot == link.lot && link.takes_from(other)
            };
            link.role == Role::Produced && transfers.iter().any(made)
        };
        let links: BTreeSet<Link> =
            links.into_iter().map(|link| Link { came_back: link.came_back || same(&link), ..link }).collect();
        let links: Vec<Link> = links.into_iter().chain(transfers.iter().cloned()).collect();
        let mut produced = BTreeMap::new();
        for link in links.iter().filter(|link| link.role == Role::Produced && !link.came_back) {
            let first = produced.entry(link.lot.clone()).or_insert(link.earliest);
            *first = link.earliest.min(*first);
        }
        let (mut by_lot, mut by_operation) = (BTreeMap::new(), BTreeMap::new());
        for (n, link) in links.iter().enumerate() {
            by_lot.entry(link.lot.clone()).or_insert_with(Vec::new).push(n);
            by_operation.entry(link.operation.clone()).or_insert_with(Vec::new).push(n);
        }
        let mut oracle = Self { links, by_lot, by_operation, produced, cleans, stock: Verdict::default() };
        oracle.stock = oracle.judge_stock();
        oracle
    }

    fn conflict(&self, link: &Link) -> bool {
        let early = self.produced.get(&link.lot).is_some_and(|first| link.latest < *first);
        // It was received before it was shipped.
        let late = link.received.is_some_and(|received| link.earliest >= received && link.latest > received);
        link.role != Role::Produced && (early || late)
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
                    if link.role == Role::InPlace || !met.insert((&link.operation, moment, &link.only)) {
                        continue;
                    }
                    let outputs = self.of_operation(&link.operation, Role::Produced, lots);
                    for (m, out) in outputs.filter(|(_, out)| out.takes_from(link)) {
                        for left in moments(out.earliest.max(moment), out.latest) {
                            used.insert(m);
                            if states.insert((&out.lot, left)) {
                                queue.push((&out.lot, left));
                            }
                        }
                        // Rule 9: whatever came in with a lifted filling was there before it is on record.
                        for since in self.stock.lifted.get(&m).into_iter().flatten().copied() {
                            let mut filled = moments(out.earliest.max(moment), out.latest);
                            if filled.any(|filled| !self.cleaned(&out.lot, since, filled))
                                && states.insert((&out.lot, since))
                            {
                                queue.push((&out.lot, since));
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
                // Rule 9: a lifted filling was there since; the walk is in it at its last moment.
                let lifts = || self.stock.lifted.get(&n).into_iter().flatten().copied();
                let lifted = |filled: i64| {
                    lifts().any(|since| {
                        since <= left && !self.cleaned(lot, since, left) && !self.cleaned(lot, since, filled)
                    })
                };
                for moment in moments(link.earliest, link.latest).filter(|_| link.role != Role::Consumed) {
                    let there = moment <= left && !self.cleaned(lot, moment, left);
                    if !there && !self.conflict(link) && !lifted(moment) {
                        continue;
                    }
                    used.insert(n);
                    let lane = (&link.operation, moment, link.position);
                    if link.role == Role::InPlace || !met.insert(lane) {
                        continue;
                    }
                    let inputs = self.of_operation(&link.operation, Role::Consumed, lots);
                    for (m, out) in inputs.filter(|(_, input)| link.takes_from(input)) {
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
                let follows =
                    |next: &Link| self.links[n].role != Role::InPlace && next.goes_with(&self.links[n]);
                for (m, next) in onward.filter(|(_, next)| follows(next)) {
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
            overdrawn: used.iter().filter(|n| self.overdrawn(**n)).map(name).collect(),
            conflicts: used.iter().filter(|n| self.conflict(&self.links[**n])).map(name).collect(),
            links: used.iter().map(name).collect(),
            unknown: lot_depths.keys().filter(|lot| !self.produced.contains_key(*lot)).cloned().collect(),
            depth_limit: self.links.iter().any(beyond),
            lots: lot_depths.into_iter().filter(|(lot, _)| !seeds.contains(lot)).collect(),
            operations: operation_depths,
        }
    }

    fn overdrawn(&self, n: usize) -> bool {
        self.stock.overdrawn.contains(&n) || self.stock.lifted.contains_key(&n)
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
                    let here = next.role == out && next.operation == link.operation && next.goes_with(link);
                    if here && !lots.contains_key(&next.lot) {
                        lots.insert(next.lot.clone(), reached);
                        queue.push_back(next.lot.clone());
                    }
                }
            }
        }
        (lots, operations)
    }
}

async fn check_plants(stores: impl AsyncFn() -> Fresh, first_seed: u64, plants: u64, questions: usize) {
    let (mut conflicts, mut cut, mut reached, mut cleaned, mut overdrawn) = (0, 0, 0, 0, 0);
    let mut transferred = 0;
    for seed in first_seed..first_seed + plants {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let fresh = stores().await;
        let events = random_plant(random);
        record(random, &fresh, &events).await;
        let oracle = Oracle::new(&events);
        let dirty = Oracle { cleans: Vec::new(), ..Oracle::new(&events) };
        let unweighed = Oracle { stock: Verdict::default(), ..Oracle::new(&events) };
        let named: BTreeSet<LotId> = events
            .iter()
            .filter_map(|event| match &event.fact {
                Fact::Operation(operation) => Some(operation),
                _ => None,
            })
            .flat_map(|operation| operation.links().map(|link| link.lot.clone()))
            .collect();
        let named: Vec<LotId> = named.into_iter().collect();
        let asked = Questions::over(fresh.store.clone(), TraceLimits::default());
        for _ in 0..questions {
            let question = random_question(random, &named);
            let since = random_moments(random, &question);
            let answer = asked.tracer.trace_since(&tester(), question.clone(), &since).await.unwrap();
            let (got, wanted) = (comparable(&answer), oracle.trace(&question, &since));
            let plant = || oracle.links.iter().map(|link| format!("\n{link:?}")).collect::<String>();
            assert_eq!(got, wanted, "seed {seed}, {question:?}, {since:?}{}", plant());
            conflicts += wanted.conflicts.len();
            cut += usize::from(wanted.depth_limit);
            reached += wanted.lots.len();
            cleaned += usize::from(wanted != dirty.trace(&question, &since));
            let carried = |(operation, role, position, _): &(String, Role, u32, String)| {
                oracle.links.iter().any(|link| {
                    link.received.is_some()
                        && (&link.operation, link.role, link.position) == (operation, *role, *position)
                })
            };
            transferred += usize::from(wanted.links.iter().any(carried));
            overdrawn += usize::from(wanted.lots != unweighed.trace(&question, &since).lots);
        }
        check_inverse(&asked, &named, &format!("seed {seed}")).await;
    }
    // The plants must be worth asking about, else the comparison proves nothing.
    assert!(conflicts > 0 && cut > 0 && reached > plants as usize, "{conflicts} {cut} {reached}");
    assert!(cleaned > plants as usize / 20, "cleans made a difference in {cleaned} answers only");
    assert!(transferred > plants as usize / 20, "transfers are in {transferred} answers only");
    assert!(
        overdrawn > plants as usize / 20,
        "overdrawn stock made a difference in {overdrawn} answers only"
    );
}

/// Rule 7: y in forward(x) exactly when x in backward(y).
pub(crate) async fn check_inverse(questions: &Questions, lots: &[LotId], whose: &str) {
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
            let answer = questions.tracer.trace(&tester(), question).await.unwrap();
            for node in &answer.trace.lots {
                let other = answer.lot_id(node.index).to_string();
                let pair = if side == 0 { (lot.to_string(), other) } else { (other, lot.to_string()) };
                sides[side].insert(pair);
            }
        }
    }
    assert_eq!(sides[0], sides[1], "{whose}: forward and backward are not inverse");
}

#[tokio::test(flavor = "multi_thread")]
async fn random_plants_on_sqlite_agree_with_the_oracle() {
    check_plants(stores::sqlite, 1, 250, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_plants_on_neo4j_agree_with_the_oracle() {
    check_plants(stores::neo4j, 10_001, 30, 10).await;
}
