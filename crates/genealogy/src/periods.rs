//! Periods: cleans divide the time of a lot into periods, and a walk stays in one of them
//! (docs/TRACE_RULES.md, rule 8).

use std::collections::HashMap;
use std::ops::Range;

use super::lanes::Lanes;
use super::subgraph::{Subgraph, SubgraphLink};
use lotgraph_domain::{OperationKind, Role, Sense, Timestamp};

/// A time between two cleans, its ends included. An absent end means that the period is open on that side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    /// When the clean before it started.
    pub(super) from: Option<Timestamp>,
    /// When the clean after it ended.
    pub(super) until: Option<Timestamp>,
}

impl Period {
    const ALWAYS: Self = Self { from: None, until: None };

    /// The part of a link's time that lies in the period; `None` when no part does.
    pub(super) fn clip(self, earliest: Timestamp, latest: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let first = self.from.map_or(earliest, |from| from.max(earliest));
        let last = self.until.map_or(latest, |until| until.min(latest));
        (first <= last).then_some((first, last))
    }
}

/// A subgraph whose lots are split into periods, and whose operations are split into lanes. Each period and each lane is a
/// node of its own, with the links that may lie in it.
pub(super) struct Periods {
    /// The periods of lot n are `starts[n]..starts[n + 1]`, in order of time.
    starts: Vec<u32>,
    lots: Vec<u32>,
    spans: Vec<Period>,
    lanes: Lanes,
    /// The links, each cut down to one period and one lane; its `lot` is the number of that period, its `operation` that of
    /// the lane.
    pub(super) links: Vec<SubgraphLink>,
    origins: Vec<u32>,
}

impl Periods {
    /// Splits a subgraph. `None` when no lot was cleaned and no operation has pairs, as it is with nearly all. Without the time
    /// rule cleans say nothing, and pairs still do.
    pub(super) fn of(subgraph: &Subgraph, respect_time: bool) -> Option<Self> {
        let cleans = if respect_time { cleans(subgraph) } else { HashMap::new() };
        let lanes = Lanes::of(subgraph);
        if cleans.is_empty() && lanes.is_none() {
            return None;
        }
        let (lots, links) = (subgraph.lots.len(), subgraph.links.len());
        let mut periods = Self {
            starts: Vec::with_capacity(lots + 1),
            lots: Vec::with_capacity(lots),
            spans: Vec::with_capacity(lots),
            lanes: lanes.unwrap_or_else(|| Lanes::none(subgraph)),
            links: Vec::with_capacity(links),
            origins: Vec::with_capacity(links),
        };
        for lot in 0..lots as u32 {
            // Each clean is a link, so there are not many more periods than links, and those are far fewer
            // than 2^32.
            periods.starts.push(periods.spans.len() as u32);
            periods.spans.extend(cleans.get(&lot).map_or(vec![Period::ALWAYS], |cleans| between(cleans)));
            periods.lots.resize(periods.spans.len(), lot);
        }
        periods.starts.push(periods.spans.len() as u32);
        for (index, link) in subgraph.links.iter().enumerate() {
            periods.attach(index as u32, link, subgraph.conflicts(link));
        }
        Some(periods)
    }

    /// Attaches a link to every period that it may lie in. If the link is a clock error, nothing is known
    /// about when it happened, so it is attached to all periods of the lot.
    fn attach(&mut self, index: u32, link: &SubgraphLink, conflict: bool) {
        for period in self.of_lot(link.lot) {
            let span = self.spans[period as usize];
            let clipped = span.clip(link.earliest, link.latest);
            let clipped = if conflict { Some((link.earliest, link.latest)) } else { clipped };
            let Some((earliest, latest)) = clipped else { continue };
            for operation in self.lanes.of_link(link) {
                // The links here serve walks only, and those ask neither for quantities nor for what a link does with
                // its lot.
                self.links.push(SubgraphLink {
                    lot: period,
                    operation,
                    quantity: None,
                    sense: Sense::Moves,
                    earliest,
                    latest,
                    ..*link
                });
                self.origins.push(index);
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn of_lot(&self, lot: u32) -> Range<u32> {
        self.starts[lot as usize]..self.starts[lot as usize + 1]
    }

    pub(super) fn lot(&self, period: u32) -> u32 {
        self.lots[period as usize]
    }

    pub(super) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    pub(super) fn span(&self, period: u32) -> Period {
        self.spans[period as usize]
    }

    /// The link of the subgraph that a link of these periods stands for.
    pub(super) fn origin(&self, link: u32) -> u32 {
        self.origins[link as usize]
    }
}

/// When each lot was cleaned.
fn cleans(subgraph: &Subgraph) -> HashMap<u32, Vec<(Timestamp, Timestamp)>> {
    let mut cleans: HashMap<u32, Vec<(Timestamp, Timestamp)>> = HashMap::new();
    for link in subgraph.links.iter().filter(|link| link.role == Role::InPlace) {
        if subgraph.operations[link.operation as usize].kind == OperationKind::Clean {
            cleans.entry(link.lot).or_default().push((link.earliest, link.latest));
        }
    }
    cleans
}

/// The periods between cleans. A period begins with the start of one clean and lasts to the end of the next:
/// while a clean lasts, what comes in may be cleaned away or may stay. So neighbouring periods overlap by a
/// clean, and what only may have been cleaned away stays in the answer.
pub(super) fn between(cleans: &[(Timestamp, Timestamp)]) -> Vec<Period> {
    let mut cleans = cleans.to_vec();
    cleans.sort_unstable_by(|a, b| (a.0, b.1).cmp(&(b.0, a.1)));
    // When the time of one clean encloses that of another, only the inner one matters: whatever the outer one
    // cuts, the inner one cuts too.
    let mut first_end = None;
    let mut decisive = Vec::with_capacity(cleans.len());
    for (start, end) in cleans.into_iter().rev() {
        if first_end.is_none_or(|first| end < first) {
            first_end = Some(end);
            decisive.push((start, end));
        }
    }
    decisive.reverse();
    let starts = std::iter::once(None).chain(decisive.iter().map(|clean| Some(clean.0)));
    let ends = decisive.iter().map(|clean| Some(clean.1)).chain([None]);
    starts.zip(ends).map(|(from, until)| Period { from, until }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(cleans: &[(i64, i64)]) -> Vec<(Option<i64>, Option<i64>)> {
        let time = |minute: i64| Timestamp::from_micros(minute).unwrap();
        let cleans: Vec<_> = cleans.iter().map(|(start, end)| (time(*start), time(*end))).collect();
        let micros = |time: Option<Timestamp>| time.map(Timestamp::micros);
        between(&cleans).into_iter().map(|period| (micros(period.from), micros(period.until))).collect()
    }

    #[test]
    fn periods_overlap_while_a_clean_lasts() {
        assert_eq!(
            minutes(&[(5, 7), (1, 2)]),
            [(None, Some(2)), (Some(1), Some(7)), (Some(5), None)],
            "in order of time, whatever the order of capture"
        );
    }

    #[test]
    fn a_clean_that_encloses_another_says_nothing_more() {
        assert_eq!(minutes(&[(1, 10), (3, 4)]), minutes(&[(3, 4)]));
        assert_eq!(minutes(&[(3, 4), (3, 4), (3, 9), (1, 4)]), minutes(&[(3, 4)]));
    }
}
