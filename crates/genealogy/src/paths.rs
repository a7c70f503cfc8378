//! Why a lot is affected: the shortest walks that count, from the seeds to it.
//!
//! A graph of n diamonds in a row has 2^n walks of equal length, so it is out of the question to list all
//! walks and sort them. Instead, [`Completions`] tells for each number of operations r the latest arrival at
//! a lot from which the walk can still reach the target in exactly r operations. A depth-first search follows
//! only such lots. It meets a dead end only where a walk would go through a lot twice.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::subgraph::Subgraph;
use super::trace::TimeRule;
use super::walk::Walk;
use lotgraph_domain::{LotId, Role};

/// How many links may be looked at before the search gives up and says that its answer is not complete.
const WORK_MAX: usize = 20_000_000;

/// One step of a path: out of a lot, through an operation, into the next lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathStep {
    /// The link that leads from a lot into the operation.
    pub enter: u32,
    /// The link that leads from the operation to the next lot.
    pub leave: u32,
}

/// A walk from a seed to the target, as link indices of its subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Its steps, in walking order; at least one.
    pub steps: Vec<PathStep>,
}

/// The shortest walks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// The walks with the fewest operations first; those of equal length by the ids along the way.
    pub paths: Vec<Path>,
    /// False when the search gave up at its own limit before it had all the walks that were asked for.
    pub is_complete: bool,
}

/// Finds the `count` shortest walks that count, from any seed to `target`, that go through no lot or
/// operation twice.
///
/// Several links between the same lot and operation count as one step. Of these the search takes the one that
/// arrives earliest, because that leaves most ways open.
#[must_use]
pub fn shortest_paths(subgraph: &Subgraph, rule: TimeRule, target: &LotId, count: usize) -> Paths {
    let found = subgraph.lots.iter().position(|lot| &lot.id == target);
    let Some(target) = found.map(|index| index as u32) else {
        return Paths { paths: Vec::new(), is_complete: true };
    };
    let walk = Walk::new(subgraph, rule);
    let mut search = Search::new(&walk, target, count);
    let is_complete = search.run();
    Paths { paths: search.paths, is_complete }
}

/// For each period of a lot from which a walk can reach the target in exactly r operations, the latest
/// arrival in it that still allows this.
type Layer = HashMap<u32, i64>;

struct Search<'a> {
    walk: &'a Walk<'a>,
    target: u32,
    count: usize,
    into_period: HashMap<u32, Vec<u32>>,
    into_operation: HashMap<u32, Vec<u32>>,
    layers: Vec<Layer>,
    work: usize,
    paths: Vec<Path>,
}

/// A lot that the depth-first search stands at, with the choices that lead on from it and how many of them
/// were tried.
struct Frame {
    lot: u32,
    operation: Option<u32>,
    arrivals: Vec<Arrival>,
    choices: Vec<Choice>,
    next: usize,
}

/// A next lot, with all its periods that the step can lead into. A path is shown as lots, so walks through
/// different periods of a lot are the same path, and a period is no choice of its own.
struct Choice {
    operation: u32,
    lot: u32,
    arrivals: Vec<Arrival>,
}

/// When a walk arrives in a period of a lot, and by which step. The arrival at a seed has no step.
#[derive(Clone, Copy)]
struct Arrival {
    period: u32,
    at: i64,
    step: Option<Step>,
}

/// A step of a walk, and which of the arrivals at the lot before it was taken from.
#[derive(Clone, Copy)]
struct Step {
    links: PathStep,
    before: usize,
}

impl<'a> Search<'a> {
    fn new(walk: &'a Walk<'a>, target: u32, count: usize) -> Self {
        let mut into_period: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut into_operation: HashMap<u32, Vec<u32>> = HashMap::new();
        for lane in 0..walk.lane_count() as u32 {
            for &link in walk.from_operation.of(lane) {
                into_period.entry(walk.link(link).lot).or_default().push(link);
            }
        }
        for period in 0..walk.period_count() as u32 {
            for &link in walk.from_period.of(period) {
                if walk.link(link).role != Role::InPlace {
                    into_operation.entry(walk.link(link).operation).or_default().push(link);
                }
            }
        }
        let layers = vec![walk.periods_of(target).map(|period| (period, i64::MAX)).collect()];
        Self { walk, target, count, into_period, into_operation, layers, work: 0, paths: Vec::new() }
    }

    /// Looks for longer and longer walks. True when no shorter walk than those found can be missing.
    fn run(&mut self) -> bool {
        let operations = self.walk.subgraph.operations.len();
        for length in 1..=operations {
            let layer = self.completions(&self.layers[length - 1]);
            if layer.is_empty() {
                return true;
            }
            self.work += layer.len();
            self.layers.push(layer);
            self.walks_of(length);
            if self.paths.len() >= self.count {
                return true;
            }
            if self.work > WORK_MAX {
                return false;
            }
        }
        true
    }

    /// The layer of one operation more. It follows steps backwards, and so computes latest arrivals where the
    /// search computes earliest ones.
    fn completions(&self, layer: &Layer) -> Layer {
        let walk = self.walk;
        let mut operations: HashMap<u32, i64> = HashMap::new();
        for (period, bound) in layer {
            for &index in self.into_period.get(period).into_iter().flatten() {
                if let Some(latest) = walk.latest_leaving(index, *bound) {
                    let known = operations.entry(walk.link(index).operation).or_insert(latest);
                    *known = (*known).max(latest);
                }
            }
        }
        let mut periods = Layer::new();
        for (operation, bound) in operations {
            for &index in self.into_operation.get(&operation).into_iter().flatten() {
                if let Some(latest) = walk.latest_entering(index, bound) {
                    let known = periods.entry(walk.link(index).lot).or_insert(latest);
                    *known = (*known).max(latest);
                }
            }
        }
        periods
    }

    /// Finds all walks of exactly this many operations, in the order of the ids along the way, until there
    /// are enough.
    fn walks_of(&mut self, length: usize) {
        let mut seeds: Vec<u32> = self.walk.subgraph.seeds().collect();
        seeds.sort_unstable_by(|a, b| self.lot_id(*a).cmp(self.lot_id(*b)));
        for seed in seeds {
            let at = self.walk.start();
            let completes = |period: &u32| self.layers[length].get(period).is_some_and(|last| at <= *last);
            let periods = self.walk.starts_of(seed, at).filter(completes);
            let arrivals: Vec<Arrival> = periods.map(|period| Arrival { period, at, step: None }).collect();
            if !arrivals.is_empty() && seed != self.target {
                self.walks_from(seed, arrivals, length);
            }
        }
    }

    fn walks_from(&mut self, seed: u32, arrivals: Vec<Arrival>, length: usize) {
        let choices = self.choices(&arrivals, length);
        let mut stack = vec![Frame { lot: seed, operation: None, arrivals, choices, next: 0 }];
        let mut lots = HashSet::from([seed]);
        let mut operations = HashSet::new();
        while let Some(frame) = stack.last_mut() {
            if self.paths.len() >= self.count || self.work > WORK_MAX {
                return;
            }
            let Some(choice) = frame.choices.get(frame.next) else {
                lots.remove(&frame.lot);
                frame.operation.map(|operation| operations.remove(&operation));
                stack.pop();
                continue;
            };
            let (lot, operation, arrivals) = (choice.lot, choice.operation, choice.arrivals.clone());
            frame.next += 1;
            if lots.contains(&lot) || operations.contains(&operation) {
                continue;
            }
            let remaining = length - stack.len();
            if remaining == 0 {
                self.keep(&stack, &arrivals);
            } else if lot != self.target {
                let choices = self.choices(&arrivals, remaining);
                lots.insert(lot);
                operations.insert(operation);
                stack.push(Frame { lot, operation: Some(operation), arrivals, choices, next: 0 });
            }
        }
    }

    /// The steps from a lot after which the walk can still reach the target, with `remaining` operations in
    /// all.
    fn choices(&mut self, arrivals: &[Arrival], remaining: usize) -> Vec<Choice> {
        let mut best: BTreeMap<(u32, u32), Arrival> = BTreeMap::new();
        let layer = &self.layers[remaining - 1];
        for (before, arrival) in arrivals.iter().enumerate() {
            for &enter in self.walk.from_period.of(arrival.period) {
                let link = self.walk.link(enter);
                if link.role == Role::InPlace {
                    continue;
                }
                let Some(moment) = self.walk.enter_operation(enter, arrival.at) else { continue };
                for &leave in self.walk.from_operation.of(link.operation) {
                    self.work += 1;
                    let period = self.walk.link(leave).lot;
                    let Some(at) = self.walk.arrive_at_lot(leave, moment) else { continue };
                    if layer.get(&period).is_none_or(|latest| at > *latest) {
                        continue;
                    }
                    let (enter, leave) = (self.walk.origin(enter), self.walk.origin(leave));
                    let step = Some(Step { links: PathStep { enter, leave }, before });
                    let operation = self.walk.operation_of(link.operation);
                    let known = best.entry((operation, period)).or_insert(Arrival { period, at, step });
                    if at < known.at {
                        *known = Arrival { period, at, step };
                    }
                }
            }
        }
        self.by_lot(best)
    }

    /// Turns arrivals in periods into choices of lots. The arrivals come in the order of operation and
    /// period; the choices are returned in the order of the ids.
    fn by_lot(&self, best: BTreeMap<(u32, u32), Arrival>) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::with_capacity(best.len());
        for ((operation, period), arrival) in best {
            let lot = self.walk.lot_of(period);
            match choices.last_mut() {
                Some(last) if (last.operation, last.lot) == (operation, lot) => last.arrivals.push(arrival),
                _ => choices.push(Choice { operation, lot, arrivals: vec![arrival] }),
            }
        }
        choices.sort_unstable_by(|a, b| self.order_of(a).cmp(&self.order_of(b)));
        choices
    }

    fn order_of(&self, choice: &Choice) -> (&str, &str) {
        let operation = &self.walk.subgraph.operations[choice.operation as usize].id;
        (operation.as_str(), self.lot_id(choice.lot).as_str())
    }

    fn lot_id(&self, lot: u32) -> &LotId {
        &self.walk.subgraph.lots[lot as usize].id
    }

    /// Keeps the walk through the lots on the stack to the target. Each arrival knows only the step before
    /// it, so the steps are read from the end.
    fn keep(&mut self, stack: &[Frame], last: &[Arrival]) {
        let mut steps = Vec::with_capacity(stack.len());
        let mut step = last.iter().min_by_key(|arrival| arrival.at).and_then(|arrival| arrival.step);
        for frame in stack.iter().rev() {
            let Some(Step { links, before }) = step else { break };
            steps.push(links);
            step = frame.arrivals[before].step;
        }
        steps.reverse();
        self.paths.push(Path { steps });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subgraph::{Direction, RawLink, Revision, SubgraphBuilder, SubgraphLot, SubgraphOperation};
    use lotgraph_domain::{EventId, OperationKind, Pairs, Sense, Timestamp};

    fn lot(id: &str, hops: u32) -> SubgraphLot {
        let id = LotId::parse(id).unwrap();
        SubgraphLot { id, material: None, hops, earliest_production: None, overdrawn: None, leads_on: false }
    }

    fn time(minute: i64) -> Timestamp {
        Timestamp::from_micros(minute * 60_000_000).unwrap()
    }

    /// Builds a graph of rows like `("O", minute, ["in"], ["out"])`. The lot with the name `seed` is the
    /// seed.
    fn graph(rows: &[(&str, i64, &[&str], &[&str])], seed: &str) -> Subgraph {
        let mut builder = SubgraphBuilder {
            direction: Direction::Forward,
            lots: vec![],
            operations: vec![],
            links: vec![],
        };
        let mut names = std::collections::BTreeSet::new();
        for (id, minute, inputs, outputs) in rows {
            let operation = EventId::parse(id).unwrap();
            let (start, end) = (time(*minute), time(*minute));
            let (kind, party, pairs) = (OperationKind::Produce, None, Pairs::NONE);
            let node = SubgraphOperation { id: operation.clone(), kind, hops: 1, start, end, party, pairs };
            builder.operations.push(node);
            let sides = [(Role::Consumed, inputs), (Role::Produced, outputs)];
            for (role, lots) in sides {
                for (position, name) in lots.iter().enumerate() {
                    names.insert(*name);
                    builder.links.push(RawLink {
                        lot: LotId::parse(name).unwrap(),
                        operation: operation.clone(),
                        role,
                        position: position as u32,
                        quantity: None,
                        earliest: start,
                        latest: end,
                        sense: Sense::Moves,
                    });
                }
            }
        }
        builder.lots = names.into_iter().map(|name| lot(name, if name == seed { 0 } else { 2 })).collect();
        builder.build(Revision(1), vec![], false)
    }

    fn show(subgraph: &Subgraph, paths: &Paths) -> Vec<String> {
        let step = |step: &PathStep| {
            let enter = &subgraph.links[step.enter as usize];
            let leave = &subgraph.links[step.leave as usize];
            format!(
                "{}>{}>",
                subgraph.lots[enter.lot as usize].id, subgraph.operations[leave.operation as usize].id
            )
        };
        paths.paths.iter().map(|path| path.steps.iter().map(step).collect()).collect()
    }

    fn paths(subgraph: &Subgraph, target: &str, count: usize) -> Paths {
        shortest_paths(subgraph, TimeRule::default(), &LotId::parse(target).unwrap(), count)
    }

    #[test]
    fn fewest_operations_first_then_by_id() {
        let graph = graph(
            &[
                ("O1", 1, &["A"], &["B", "C"]),
                ("O3", 2, &["B"], &["D"]),
                ("O2", 2, &["C"], &["D"]),
                ("O4", 3, &["A"], &["D"]),
            ],
            "A",
        );
        let found = paths(&graph, "D", 5);
        assert_eq!(show(&graph, &found), ["A>O4>", "A>O1>B>O3>", "A>O1>C>O2>"]);
        assert!(found.is_complete);
    }

    #[test]
    fn the_time_rule_holds_along_the_path() {
        let graph = graph(&[("O1", 5, &["A"], &["B"]), ("O2", 3, &["B", "A"], &["C"])], "A");
        assert_eq!(show(&graph, &paths(&graph, "C", 5)), ["A>O2>"]);
    }

    #[test]
    fn cycles_are_not_walked_twice() {
        let graph =
            graph(&[("O1", 1, &["A"], &["B"]), ("O2", 2, &["B"], &["A"]), ("O3", 3, &["B"], &["C"])], "A");
        let found = paths(&graph, "C", 5);
        assert_eq!(show(&graph, &found), ["A>O1>B>O3>"]);
        assert!(found.is_complete);
    }

    #[test]
    fn a_ladder_of_forty_is_quick() {
        let names: Vec<[String; 2]> = (0..=40).map(|n| [format!("L{n:02}a"), format!("L{n:02}b")]).collect();
        let ids: Vec<String> = (0..40).map(|n| format!("O{n:02}")).collect();
        let lots: Vec<[&str; 2]> = names.iter().map(|pair| [pair[0].as_str(), pair[1].as_str()]).collect();
        let rows: Vec<(&str, i64, &[&str], &[&str])> =
            (0..40).map(|n| (ids[n].as_str(), n as i64, &lots[n][..], &lots[n + 1][..])).collect();
        let graph = graph(&rows, "L00a");
        let found = paths(&graph, "L40b", 100);
        assert_eq!(found.paths.len(), 100);
        assert!(found.paths.iter().all(|path| path.steps.len() == 40));
    }
}
