//! An operation in the course of time. It draws its inputs for certain outputs, and fills its outputs from
//! what it drew.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::measure::Measures;
use super::share::Share;
use super::{DECIMALS, GapReason};
use crate::{Subgraph, SubgraphLink};
use lotgraph_domain::{Role, Timestamp};

/// Outputs that come at one moment.
pub(super) struct Group {
    pub(super) moment: Timestamp,
    /// The links of the outputs, each with its weight when an input is spread over outputs.
    pub(super) outputs: Vec<(u32, Decimal)>,
    weight: Decimal,
    /// The weight of this group and of all that come later.
    remaining: Decimal,
    /// What was drawn for the outputs of this group and for no others.
    direct: Share,
}

/// An input: its link, the only output that it goes into if there is such a one, and how much of it was drawn so far.
struct Input {
    link: u32,
    only_for: Option<u32>,
    drawn: Decimal,
}

/// An operation under way.
pub(super) struct Run {
    inputs: Vec<Input>,
    pub(super) groups: Vec<Group>,
    /// Why it is not known how inputs spread over outputs; `None` when it is known.
    pub(super) unknown: Option<GapReason>,
    /// What was drawn for all outputs still to come, and is not yet in any of them.
    pool: Share,
    /// What was drawn for one output only, by its link.
    apart: BTreeMap<u32, Share>,
}

/// The part of an input that is drawn at one moment, and the outputs that it is drawn for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Its place among the operation's inputs.
    pub(super) input: usize,
    pub(super) link: u32,
    /// How much of the input, 0 to 1. The last part ignores this and takes whatever is left of the input.
    fraction: Decimal,
    last: bool,
    pub(super) into: Into,
}

/// Which outputs a part goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Into {
    /// The outputs of one moment, by their place in `Run::groups`.
    Group(usize),
    /// One output, by its link.
    Output(u32),
    /// All outputs from this moment on.
    Pool,
    /// None: the time rule leaves no output that the part could reach.
    Nothing,
}

impl Run {
    /// The run of an operation, from its links.
    pub(super) fn new(subgraph: &Subgraph, measures: &Measures<'_>, links: std::ops::Range<usize>) -> Self {
        let of = |role: Role| links.clone().filter(move |n| subgraph.links[*n].role == role);
        let only_for = only_outputs(subgraph, links.clone());
        let inputs = of(Role::Consumed).map(|link| link as u32).map(|link| Input {
            link,
            only_for: only_for.get(&link).copied(),
            drawn: Decimal::ZERO,
        });
        let outputs: Vec<usize> = of(Role::Produced).collect();
        let quantities = outputs.iter().map(|n| &subgraph.links[*n]).map(|l| (l.lot, l.quantity.as_ref()));
        let weights = match outputs.len() {
            1 => Ok(vec![Decimal::ONE]),
            _ => measures.weights(&quantities.collect::<Vec<_>>()),
        };
        let unknown = weights.as_ref().err().copied().filter(|_| !outputs.is_empty());
        let weights = weights.unwrap_or_else(|_| vec![Decimal::ONE; outputs.len()]);
        let mut weighed: Vec<(u32, Decimal)> = outputs.iter().map(|n| *n as u32).zip(weights).collect();
        weighed.sort_by_key(|(link, _)| subgraph.links[*link as usize].latest);
        let mut groups: Vec<Group> = Vec::new();
        for (link, weight) in weighed {
            let moment = subgraph.links[link as usize].latest;
            match groups.last_mut().filter(|group| group.moment == moment) {
                Some(group) => {
                    group.outputs.push((link, weight));
                    group.weight = group.weight.saturating_add(weight);
                }
                None => {
                    let (outputs, remaining) = (vec![(link, weight)], Decimal::ZERO);
                    groups.push(Group { moment, outputs, weight, remaining, direct: Share::NOTHING });
                }
            }
        }
        let mut remaining = Decimal::ZERO;
        for group in groups.iter_mut().rev() {
            remaining = remaining.saturating_add(group.weight);
            group.remaining = remaining;
        }
        Self { inputs: inputs.collect(), groups, unknown, pool: Share::NOTHING, apart: BTreeMap::new() }
    }

    /// Every moment at which something is drawn or comes out.
    pub(super) fn moments(&self, subgraph: &Subgraph) -> Vec<Timestamp> {
        let inputs = self.inputs.iter().map(|input| subgraph.links[input.link as usize].latest);
        let mut moments: Vec<Timestamp> =
            inputs.chain(self.groups.iter().map(|group| group.moment)).collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// What is drawn at a moment.
    pub(super) fn parts_at(&self, subgraph: &Subgraph, at: Timestamp) -> Vec<Part> {
        let parts = self.inputs.iter().enumerate();
        parts
            .filter_map(|(n, input)| self.part(subgraph, n, &subgraph.links[input.link as usize], at))
            .collect()
    }

    fn part(&self, subgraph: &Subgraph, input: usize, link: &SubgraphLink, at: Timestamp) -> Option<Part> {
        if at < link.earliest || link.latest < at {
            return None;
        }
        let from = self.groups.partition_point(|group| group.moment < link.earliest);
        let whole =
            |into| Part { input, link: self.inputs[input].link, fraction: Decimal::ONE, last: true, into };
        if let Some(output) = self.inputs[input].only_for {
            let moment = subgraph.links[output as usize].latest;
            let into = if moment < link.earliest { Into::Nothing } else { Into::Output(output) };
            let due = if into == Into::Nothing { link.latest } else { link.latest.min(moment) };
            return (at == due).then(|| whole(into));
        }
        let Some(reachable) = self.groups.get(from) else {
            return (at == link.latest).then(|| whole(Into::Nothing));
        };
        let end = self.groups.last().map_or(at, |group| group.moment);
        if self.unknown.is_some() {
            return (at == link.latest.min(end)).then(|| whole(Into::Pool));
        }
        let group = self.groups.partition_point(|group| group.moment < at);
        let here = self.groups.get(group)?;
        let part = |weight: Decimal, last, into| {
            let fraction = weight.checked_div(reachable.remaining).unwrap_or(Decimal::ONE);
            Part { fraction, last, ..whole(into) }
        };
        if at == link.latest {
            return Some(part(here.remaining, true, Into::Pool));
        }
        (here.moment == at).then(|| part(here.weight, at == end, Into::Group(group)))
    }

    /// How much of an input's amount a part is, in the lot's unit.
    pub(super) fn amount(&mut self, part: Part, whole: Decimal) -> Decimal {
        let drawn = &mut self.inputs[part.input].drawn;
        let amount = if part.last {
            whole - *drawn
        } else {
            whole.saturating_mul(part.fraction).round_dp(DECIMALS).min(whole - *drawn)
        };
        *drawn += amount;
        amount
    }

    /// Takes in what was drawn; false when there is no output that it can reach.
    pub(super) fn take_in(&mut self, into: Into, share: Share) -> bool {
        match into {
            Into::Group(group) => self.groups[group].direct.add(share),
            Into::Output(output) => self.apart.entry(output).or_insert(Share::NOTHING).add(share),
            Into::Pool => self.pool.add(share),
            Into::Nothing => return false,
        }
        true
    }

    /// What each output of a moment takes with it, and what stays behind when it is not known which of them
    /// took it.
    pub(super) fn release(&mut self, at: Timestamp) -> Option<(Vec<(u32, Share)>, Share)> {
        let place = self.groups.iter().position(|group| group.moment == at)?;
        let (is_last, several) = (place + 1 == self.groups.len(), self.groups.len() > 1);
        let group = &mut self.groups[place];
        if self.unknown.is_some() {
            // When outputs come at several moments, nobody knows how much was drawn for which of them.
            let each = match (self.pool.is_nothing(), several) {
                (true, _) => Share::NOTHING,
                (false, true) => Share::UNKNOWN,
                (false, false) => self.pool.unsure(),
            };
            let apart = &mut self.apart;
            let with_apart = |link: u32| {
                let mut share = each;
                share.add(apart.remove(&link).unwrap_or(Share::NOTHING));
                (link, share)
            };
            let outputs = group.outputs.iter().map(|(link, _)| *link).map(with_apart).collect();
            let left =
                if is_last { std::mem::replace(&mut self.pool, Share::NOTHING) } else { Share::NOTHING };
            return Some((outputs, left));
        }
        let fraction = group.weight.checked_div(group.remaining).filter(|_| !is_last);
        let mut released = self.pool.take(fraction.unwrap_or(Decimal::ONE));
        released.add(std::mem::replace(&mut group.direct, Share::NOTHING));
        let mut weight = group.weight;
        let apart = &mut self.apart;
        let share = |(link, part): &(u32, Decimal)| {
            let fraction = part.checked_div(weight).unwrap_or(Decimal::ONE);
            weight -= *part;
            let mut share = released.take(fraction);
            share.add(apart.remove(link).unwrap_or(Share::NOTHING));
            (*link, share)
        };
        Some((group.outputs.iter().map(share).collect(), Share::NOTHING))
    }
}

/// For each input of an operation that went into one output only, that output, as links. Where several outputs are of the lot
/// that it went into, it is the last of them: the lot has it all then.
fn only_outputs(subgraph: &Subgraph, links: std::ops::Range<usize>) -> BTreeMap<u32, u32> {
    let Some(first) = subgraph.links.get(links.start) else { return BTreeMap::new() };
    let pairs = &subgraph.operations[first.operation as usize].pairs;
    if pairs.is_empty() {
        return BTreeMap::new();
    }
    let by_place: BTreeMap<(Role, u32), u32> =
        links.map(|n| ((subgraph.links[n].role, subgraph.links[n].position), n as u32)).collect();
    let link = |role, position| by_place.get(&(role, position)).copied();
    let mut only: BTreeMap<u32, u32> = BTreeMap::new();
    for pair in pairs.as_slice() {
        let ends = link(Role::Consumed, pair.input).zip(link(Role::Produced, pair.output));
        let Some((input, output)) = ends else { continue };
        let latest = |link: u32| subgraph.links[link as usize].latest;
        let known = only.entry(input).or_insert(output);
        if latest(*known) < latest(output) {
            *known = output;
        }
    }
    only
}
