//! The simulation: moves the seeds' material through operations and lots, moment by moment.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::measure::Measures;
use super::order::{Step, steps};
use super::places::{Shipped, places};
use super::run::{Into, Part, Run};
use super::share::Share;
use super::vessel::Vessel;
use super::{Affected, Attributed, Attribution, Bound, Gap, GapReason};
use crate::domain::{OperationKind, Role, Timestamp};
use crate::genealogy::{SubgraphLink, TracedNode};

/// What a seed gave and got, in the unit of the seeds; `None` once that is not known.
#[derive(Clone, Copy)]
struct Source {
    came: Option<Decimal>,
    drawn_before: Option<Decimal>,
    drawn: Option<Decimal>,
}

/// A counted production that is still to come, in the order of their moments.
struct Pending {
    link: u32,
    operation: u32,
    earliest: Timestamp,
    done: bool,
}

pub(super) struct Simulation<'a> {
    affected: Affected<'a>,
    measures: Measures<'a>,
    /// For each operation, its run; none for work in place.
    runs: Vec<Option<Run>>,
    vessels: Vec<Vessel>,
    /// The seeds are the first lots.
    sources: Vec<Source>,
    used: Vec<bool>,
    pending: Vec<Vec<Pending>>,
    used_up: Share,
    shipped: Shipped,
    gaps: BTreeSet<Gap>,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(affected: &Affected<'a>) -> Self {
        let subgraph = affected.subgraph;
        let measures = Measures::new(affected);
        let mut used = vec![false; subgraph.links.len()];
        for link in &affected.trace.links {
            used[*link as usize] = true;
        }
        let mut pending: Vec<Vec<Pending>> = subgraph.lots.iter().map(|_| Vec::new()).collect();
        for (n, link) in subgraph.links.iter().enumerate() {
            if used[n] && link.role == Role::Produced {
                let (operation, earliest) = (link.operation, link.earliest);
                pending[link.lot as usize].push(Pending { link: n as u32, operation, earliest, done: false });
            }
        }
        for productions in &mut pending {
            productions.sort_by_key(|production| subgraph.links[production.link as usize].latest);
        }
        let zero = Some(Decimal::ZERO);
        Self {
            affected: *affected,
            runs: runs(affected, &measures),
            measures,
            vessels: vec![Vessel::EMPTY; subgraph.lots.len()],
            sources: vec![Source { came: zero, drawn_before: zero, drawn: zero }; affected.trace.seeds.len()],
            used,
            pending,
            used_up: Share::NOTHING,
            shipped: Shipped::default(),
            gaps: BTreeSet::new(),
        }
    }

    pub(super) fn run(mut self) -> Attribution {
        for (at, step) in steps(&self.affected, &self.runs) {
            match step {
                Step::Clean { lot, until } => self.vessels[lot as usize].clean(until),
                Step::Inflow(n) => {
                    let inflow = &self.affected.inflows[n];
                    let amount = self.measures.own(inflow.lot, inflow.quantity.as_ref());
                    if let Err(reason) = amount
                        && self.is_seed(inflow.lot)
                    {
                        self.gaps.insert(Gap { lot: inflow.lot, operation: None, reason });
                    }
                    self.fill(inflow.lot, amount.ok(), Share::NOTHING);
                }
                Step::Run(operation) => self.step(operation, at),
            }
        }
        self.answer()
    }

    fn link(&self, index: u32) -> &'a SubgraphLink {
        &self.affected.subgraph.links[index as usize]
    }

    fn gap(&mut self, link: &SubgraphLink, reason: GapReason) {
        self.gaps.insert(Gap { lot: link.lot, operation: Some(link.operation), reason });
    }

    fn is_seed(&self, lot: u32) -> bool {
        (lot as usize) < self.sources.len()
    }

    /// Draws what is due of an operation's inputs, and brings out what is due of its outputs.
    fn step(&mut self, operation: u32, at: Timestamp) {
        let Some(mut run) = self.runs[operation as usize].take() else { return };
        for part in run.parts_at(self.affected.subgraph, at) {
            let share = self.draw(&mut run, part, at);
            let link = self.link(part.link);
            let node = &self.affected.subgraph.operations[operation as usize];
            let gone = self.vessels[link.lot as usize].note(node.kind, share);
            if node.kind == OperationKind::Ship && (self.used[part.link as usize] || !share.is_nothing()) {
                self.shipped.add(node.party.as_ref(), share);
            }
            if let Some(reason) = run.unknown.filter(|_| !share.is_nothing() && part.into == Into::Pool) {
                self.gap(link, reason);
            }
            if !run.take_in(part.into, share) && !gone {
                self.used_up.add(share);
            }
        }
        if let Some((outputs, left)) = run.release(at) {
            for (index, share) in outputs {
                self.bring_out(index, share);
            }
            self.used_up.add(left);
        }
        self.runs[operation as usize] = Some(run);
    }

    /// Draws a part of an input; tells what of the seeds' goes with it.
    fn draw(&mut self, run: &mut Run, part: Part, at: Timestamp) -> Share {
        let link = self.link(part.link);
        let whole = self.measures.own(link.lot, link.quantity.as_ref());
        let amount = whole.map(|whole| run.amount(part, whole));
        if self.is_seed(link.lot) {
            return self.draw_seed(link, amount, at);
        }
        let hidden = self.hidden(part.link, link);
        let vessel = &mut self.vessels[link.lot as usize];
        let (mut share, mut reason) = vessel.draw(amount.ok());
        if reason == Some(GapReason::NoQuantity) {
            reason = amount.err();
        }
        if let Some(hidden) = hidden {
            share = Share::UNKNOWN;
            self.gap(link, hidden);
        }
        if let Some(reason) = reason {
            self.gap(link, reason);
        }
        share
    }

    /// Why trouble may be drawn that by the order of things is not there yet, or no more.
    fn hidden(&self, index: u32, link: &SubgraphLink) -> Option<GapReason> {
        if !self.used[index as usize] {
            return None;
        }
        if self.affected.subgraph.conflicts(link) {
            return Some(GapReason::TimeConflict);
        }
        let productions = self.pending[link.lot as usize].iter();
        let mut to_come = productions.filter(|production| !production.done);
        let may_precede = to_come.any(|p| p.earliest <= link.latest && p.operation != link.operation);
        let lost = may_precede || self.vessels[link.lot as usize].may_predate_clean(link.earliest);
        lost.then_some(GapReason::OrderUnknown)
    }

    /// A seed is wholly bad from its moment on.
    fn draw_seed(&mut self, link: &SubgraphLink, amount: Result<Decimal, GapReason>, at: Timestamp) -> Share {
        let known = amount.and_then(|amount| {
            let converted = self.measures.in_seed_unit(link.lot, amount);
            converted.ok_or(GapReason::UnitNotConvertible)
        });
        let since = self.affected.trace.moments[link.lot as usize];
        let before = since.is_some_and(|since| at < since);
        let source = &mut self.sources[link.lot as usize];
        let sum = if before { &mut source.drawn_before } else { &mut source.drawn };
        *sum = sum.zip(known.ok()).map(|(sum, more)| sum.saturating_add(more));
        match known {
            _ if before => Share::NOTHING,
            Ok(amount) => Share::exactly(amount),
            Err(reason) => {
                self.gap(link, reason);
                Share::UNKNOWN
            }
        }
    }

    fn bring_out(&mut self, index: u32, share: Share) {
        let link = self.link(index);
        let used = self.used[index as usize];
        let share = if used { share } else { Share::NOTHING };
        let amount = self.measures.own(link.lot, link.quantity.as_ref());
        if let Err(reason) = amount
            && (!share.is_nothing() || self.is_seed(link.lot))
        {
            self.gap(link, reason);
        }
        self.fill(link.lot, amount.ok(), share);
        let mut pending = self.pending[link.lot as usize].iter_mut();
        if let Some(production) = pending.find(|production| production.link == index) {
            production.done = true;
        }
    }

    fn fill(&mut self, lot: u32, amount: Option<Decimal>, share: Share) {
        if self.is_seed(lot) {
            let amount = amount.and_then(|amount| self.measures.in_seed_unit(lot, amount));
            let came = &mut self.sources[lot as usize].came;
            *came = came.zip(amount).map(|(came, more)| came.saturating_add(more));
            // What comes into a seed is the seed's: it is bad anyway.
            self.used_up.add(share);
            return;
        }
        self.vessels[lot as usize].fill(amount, share);
    }

    fn answer(mut self) -> Attribution {
        let sources: Vec<Option<Decimal>> = self.sources.iter().map(|source| source.total()).collect();
        let source = sources
            .iter()
            .copied()
            .try_fold(Decimal::ZERO, |sum, one| one.map(|one| sum.saturating_add(one)));
        self.tell_overdrawn_seeds();
        let seeds = self.affected.trace.seeds.iter().map(|seed| TracedNode { index: *seed, depth: 0 });
        let nodes: Vec<TracedNode> = seeds.chain(self.affected.trace.lots.iter().copied()).collect();
        let lots = nodes.into_iter().map(|node| match sources.get(node.index as usize) {
            Some(of_seed) => self.seed(node, *of_seed, source),
            None => self.lot(node, source),
        });
        let lots = lots.collect();
        let seeds: Vec<Share> = (0..sources.len()).map(|seed| self.resting_of_seed(seed)).collect();
        Attribution {
            lots,
            places: places(&self.vessels, &seeds, source),
            customers: self.shipped.received(source),
            unit: self.measures.unit,
            source,
            used_up: self.used_up.bound(source, None),
            gaps: self.gaps.into_iter().collect(),
        }
    }

    /// Reports seeds of which more was drawn than came into them, at the last draw.
    fn tell_overdrawn_seeds(&mut self) {
        let over = |source: &Source| {
            let drawn =
                source.drawn.map(|drawn| drawn.saturating_add(source.drawn_before.unwrap_or_default()));
            source.came.zip(drawn).is_some_and(|(came, drawn)| came < drawn)
        };
        let over: Vec<bool> = self.sources.iter().map(over).collect();
        let mut last: Vec<Option<&SubgraphLink>> = vec![None; over.len()];
        for link in self.affected.subgraph.links.iter().filter(|link| link.role == Role::Consumed) {
            if over.get(link.lot as usize) == Some(&true) {
                last[link.lot as usize] = Some(link);
            }
        }
        for link in last.into_iter().flatten() {
            self.gap(link, GapReason::DrawnMoreThanHeld);
        }
    }

    /// What is left of a seed.
    fn resting_of_seed(&self, seed: usize) -> Share {
        let source = &self.sources[seed];
        let left = source.total().zip(source.drawn).map(|(held, drawn)| held - drawn);
        left.map_or(Share::UNKNOWN, Share::exactly)
    }

    fn seed(&self, node: TracedNode, held: Option<Decimal>, source: Option<Decimal>) -> Attributed {
        let vessel = &self.vessels[node.index as usize];
        let all = Some(Bound { low: Decimal::ONE, high: Some(Decimal::ONE) });
        let carried = held.map_or(Share::UNKNOWN, Share::exactly).bound(source, None);
        Attributed {
            lot: node.index,
            depth: node.depth,
            carried,
            resting: self.resting_of_seed(node.index as usize).bound(source, None),
            handed_on: vessel.handed_on.bound(source, None),
            shipped: vessel.shipped.bound(source, None),
            scrapped: vessel.scrapped.bound(source, None),
            cleaned: Share::NOTHING.bound(source, None),
            source_fraction: fraction(carried, source),
            lot_fraction: all,
        }
    }

    fn lot(&self, node: TracedNode, source: Option<Decimal>) -> Attributed {
        let vessel = &self.vessels[node.index as usize];
        // Nothing else bounds what it carries: then no more than came into it.
        let came = vessel.came.and_then(|came| self.measures.in_seed_unit(node.index, came));
        let bound = |share: Share| share.bound(source, came);
        let carried = bound(vessel.carried);
        Attributed {
            lot: node.index,
            depth: node.depth,
            carried,
            resting: bound(vessel.content()),
            handed_on: bound(vessel.handed_on),
            shipped: bound(vessel.shipped),
            scrapped: bound(vessel.scrapped),
            cleaned: bound(vessel.cleaned),
            source_fraction: fraction(carried, source),
            lot_fraction: fraction(carried, came),
        }
    }
}

impl Source {
    /// All that a seed held while it was bad: what came in and was not drawn before, or what was drawn when that is more.
    fn total(&self) -> Option<Decimal> {
        let held = self.came?.saturating_sub(self.drawn_before?);
        Some(held.max(self.drawn?))
    }
}

/// A bound as a part of a whole, at most 1.
fn fraction(bound: Bound, whole: Option<Decimal>) -> Option<Bound> {
    let whole = whole.filter(|whole| !whole.is_zero())?;
    let part = |amount: Decimal| amount.checked_div(whole).map(|part| part.min(Decimal::ONE));
    let high = bound.high.map_or(Some(Decimal::ONE), part);
    Some(Bound { low: part(bound.low)?, high })
}

fn runs(affected: &Affected<'_>, measures: &Measures<'_>) -> Vec<Option<Run>> {
    let subgraph = affected.subgraph;
    let mut runs = Vec::with_capacity(subgraph.operations.len());
    let mut from = 0;
    for (operation, node) in subgraph.operations.iter().enumerate() {
        let of_operation = |link: &SubgraphLink| link.operation as usize == operation;
        let count = subgraph.links[from..].iter().take_while(|link| of_operation(link)).count();
        let run = || Run::new(subgraph, measures, from..from + count);
        runs.push((!node.kind.is_in_place()).then(run));
        from += count;
    }
    runs
}
