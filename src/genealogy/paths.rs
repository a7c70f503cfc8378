//! Why a lot is affected: the shortest counted walks from the seeds to it.
//!
//! A graph of n diamonds in a row has 2^n walks of equal length, so walks are never enumerated and sorted. For each
//! number of operations r, [`Completions`] holds the latest arrival from which a lot still leads to the target in
//! exactly r operations. A depth-first search guided by it meets dead ends only where a walk would repeat a lot.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::subgraph::Subgraph;
use super::trace::{TimeRule, Walk};
use crate::domain::{LotId, Role};

/// Links looked at before the search gives up and says so.
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
    /// Fewest operations first, ties by the ids along the way.
    pub paths: Vec<Path>,
    /// False when the search stopped at its own limit before it knew all that were asked for.
    pub is_complete: bool,
}

/// Finds the `count` shortest counted walks, without repetition of a lot or operation, from any seed to `target`.
///
/// Parallel links between the same lot and operation count as one step: the one that keeps most of the walk possible.
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

/// For each period of a lot from which a walk completes in exactly r operations: the latest arrival that still allows it.
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

/// A place that the depth-first search stands at: the choices that lead on from a lot, and how many were tried.
struct Frame {
    lot: u32,
    operation: Option<u32>,
    arrivals: Vec<Arrival>,
    choices: Vec<Choice>,
    next: usize,
}

/// A next lot, with every period of it that the step can lead into: a path is told by its lots, so that the periods are
/// no choice of their own.
struct Choice {
    operation: u32,
    lot: u32,
    arrivals: Vec<Arrival>,
}

/// Where in a lot's time a walk arrives, and how; a seed has no step.
#[derive(Clone, Copy)]
struct Arrival {
    period: u32,
    at: i64,
    step: Option<Step>,
}

/// The step of a walk, and from which arrival of the lot before it was taken.
#[derive(Clone, Copy)]
struct Step {
    links: PathStep,
    before: usize,
}

impl<'a> Search<'a> {
    fn new(walk: &'a Walk<'a>, target: u32, count: usize) -> Self {
        let mut into_period: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut into_operation: HashMap<u32, Vec<u32>> = HashMap::new();
        for operation in 0..walk.subgraph.operations.len() as u32 {
            for &link in walk.from_operation.of(operation) {
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

    /// Looks for longer and longer walks; true when nothing shorter can be missing.
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

    /// One operation further from the target: the mirror image of a step, with latest arrivals instead of earliest.
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

    /// All walks of exactly this many operations, in order of the ids along the way, until enough were found.
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

    /// The steps from a lot after which the target can still be reached with `remaining` operations in all.
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
                    let known = best.entry((link.operation, period)).or_insert(Arrival { period, at, step });
                    if at < known.at {
                        *known = Arrival { period, at, step };
                    }
                }
            }
        }
        self.by_lot(best)
    }

    /// Choices out of arrivals in periods, which are in order of operation and period, in order of the ids.
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

    /// The lots on the stack and the target are a whole walk, whose steps are told from its end.
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
    use crate::domain::{EventId, OperationKind, Timestamp};
    use crate::genealogy::subgraph::{
        Direction, RawLink, Revision, SubgraphBuilder, SubgraphLot, SubgraphOperation,
    };

    fn lot(id: &str, hops: u32) -> SubgraphLot {
        let id = LotId::parse(id).unwrap();
        SubgraphLot { id, material: None, hops, earliest_production: None, leads_on: false }
    }

    fn time(minute: i64) -> Timestamp {
        Timestamp::from_micros(minute * 60_000_000).unwrap()
    }

    /// `("O", minute, ["in"], ["out"])` a row; lots are placed by their first letter's order of appearance.
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
            let (kind, party) = (OperationKind::Produce, None);
            let node = SubgraphOperation { id: operation.clone(), kind, hops: 1, start, end, party };
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
