//! An operation in the course of time: its inputs drawn for its outputs, its outputs filled from what was drawn.

use rust_decimal::Decimal;

use super::measure::Measures;
use super::share::Share;
use super::{DECIMALS, GapReason};
use crate::domain::{Role, Timestamp};
use crate::genealogy::{Subgraph, SubgraphLink};

/// Outputs that come at one moment.
pub(super) struct Group {
    pub(super) moment: Timestamp,
    /// Links with what each counts in the spreading.
    pub(super) outputs: Vec<(u32, Decimal)>,
    weight: Decimal,
    /// The weight of this group and of all that come later.
    remaining: Decimal,
    /// What was drawn for these outputs alone.
    direct: Share,
}

/// An input: its link, and how much of it was drawn so far.
struct Input {
    link: u32,
    drawn: Decimal,
}

/// An operation under way.
pub(super) struct Run {
    inputs: Vec<Input>,
    pub(super) groups: Vec<Group>,
    /// Why it is not known how inputs spread over outputs.
    pub(super) unknown: Option<GapReason>,
    /// What was drawn for outputs still to come.
    pool: Share,
}

/// What of an input is drawn at a moment, and for which outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Its place among the operation's inputs.
    pub(super) input: usize,
    pub(super) link: u32,
    /// How much of the input, 0 to 1; the last part takes what is left of it.
    fraction: Decimal,
    last: bool,
    pub(super) into: Into,
}

/// Where a part goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Into {
    /// The outputs of one moment, by place.
    Group(usize),
    /// All outputs from now on.
    Pool,
    /// No output is left to reach.
    Nothing,
}

impl Run {
    /// The run of an operation, from its links.
    pub(super) fn new(subgraph: &Subgraph, measures: &Measures<'_>, links: std::ops::Range<usize>) -> Self {
        let of = |role: Role| links.clone().filter(move |n| subgraph.links[*n].role == role);
        let inputs = of(Role::Consumed).map(|link| Input { link: link as u32, drawn: Decimal::ZERO });
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
        Self { inputs: inputs.collect(), groups, unknown, pool: Share::NOTHING }
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
        parts.filter_map(|(n, input)| self.part(n, &subgraph.links[input.link as usize], at)).collect()
    }

    fn part(&self, input: usize, link: &SubgraphLink, at: Timestamp) -> Option<Part> {
        if at < link.earliest || link.latest < at {
            return None;
        }
        let from = self.groups.partition_point(|group| group.moment < link.earliest);
        let whole =
            |into| Part { input, link: self.inputs[input].link, fraction: Decimal::ONE, last: true, into };
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

    /// Takes what was drawn; false when no output can be reached with it.
    pub(super) fn take_in(&mut self, into: Into, share: Share) -> bool {
        match into {
            Into::Group(group) => self.groups[group].direct.add(share),
            Into::Pool => self.pool.add(share),
            Into::Nothing => return false,
        }
        true
    }

    /// What the outputs of a moment take with them, each; and what stays behind, when it is not known which of them took it.
    pub(super) fn release(&mut self, at: Timestamp) -> Option<(Vec<(u32, Share)>, Share)> {
        let place = self.groups.iter().position(|group| group.moment == at)?;
        let (is_last, several) = (place + 1 == self.groups.len(), self.groups.len() > 1);
        let group = &mut self.groups[place];
        if self.unknown.is_some() {
            // With outputs at several moments nobody knows how much was drawn for which.
            let each = if several { Share::UNKNOWN } else { self.pool.unsure() };
            let outputs = group.outputs.iter().map(|(link, _)| (*link, each)).collect();
            let left =
                if is_last { std::mem::replace(&mut self.pool, Share::NOTHING) } else { Share::NOTHING };
            return Some((outputs, left));
        }
        let fraction = group.weight.checked_div(group.remaining).filter(|_| !is_last);
        let mut released = self.pool.take(fraction.unwrap_or(Decimal::ONE));
        released.add(std::mem::replace(&mut group.direct, Share::NOTHING));
        let mut weight = group.weight;
        let share = |(link, part): &(u32, Decimal)| {
            let fraction = part.checked_div(weight).unwrap_or(Decimal::ONE);
            weight -= *part;
            (*link, released.take(fraction))
        };
        Some((group.outputs.iter().map(share).collect(), Share::NOTHING))
    }
}
