//! Taking over recorded revisions: the order that every store demands, and portions that a store takes at
//! once.

use std::sync::Arc;

use lotgraph_domain::Event;

use crate::{LedgerEntry, RecordedRevision, Revision, StoreErrorKind};

/// Refuses revisions without an order to take them over in, and says how many at the beginning the ledger has
/// passed already. Each must be the one after that before it, and the first at most the one after the current
/// one. Also refuses empty ones, which no ledger has.
///
/// What the ledger has passed is a repetition, as after a lost answer, if [`check_repeated`] says so.
///
/// # Errors
/// `Invalid`, which names the first revision that is out of order.
pub fn check_order(current: Revision, revisions: &[RecordedRevision]) -> Result<usize, StoreErrorKind> {
    let first = revisions.first().map_or(Revision(0), |first| first.number);
    let mut last = Revision(current.0.min(first.0.saturating_sub(1)));
    for RecordedRevision { number, events, .. } in revisions {
        if number.0 != last.0 + 1 {
            let why = format!("revision {number} cannot be taken over: the one after {last} is due");
            return Err(StoreErrorKind::Invalid(why));
        }
        if events.is_empty() {
            let why = format!("revision {number} cannot be taken over: it has no events");
            return Err(StoreErrorKind::Invalid(why));
        }
        last = *number;
    }
    Ok(revisions.iter().take_while(|revision| revision.number <= current).count())
}

/// Refuses revisions that the ledger has passed, if it has others of the same numbers: `held` are those.
///
/// # Errors
/// `Invalid`, which names the first revision that differs.
pub fn check_repeated(
    held: &[RecordedRevision],
    repeated: &[RecordedRevision],
) -> Result<(), StoreErrorKind> {
    let mut held = held.iter();
    match repeated.iter().find(|revision| held.next() != Some(revision)) {
        None => Ok(()),
        Some(RecordedRevision { number, .. }) => {
            let why =
                format!("revision {number} cannot be taken over: the ledger has another one of this number");
            Err(StoreErrorKind::Invalid(why))
        }
    }
}

/// How many events are taken over at once, unless a single revision has more. It is small, because whoever
/// takes them over may be killed meanwhile, and then only the portion under way is lost.
pub const PORTION: usize = 2_000;

/// Gathers ledger entries into whole revisions.
#[derive(Debug, Default)]
pub struct Revisions {
    open: Vec<LedgerEntry>,
}

impl Revisions {
    /// Takes the next entries of the ledger; returns the revisions that ended with them.
    pub fn take(&mut self, entries: Vec<LedgerEntry>) -> Vec<RecordedRevision> {
        let mut ended = Vec::new();
        for entry in entries {
            if self.open.last().is_some_and(|last| last.position.revision != entry.position.revision) {
                ended.extend(self.end());
            }
            self.open.push(entry);
        }
        ended
    }

    /// The last revision, once the ledger ended.
    pub fn end(&mut self) -> Option<RecordedRevision> {
        let entries = std::mem::take(&mut self.open);
        let first = entries.first()?;
        let (number, recording) = (first.position.revision, first.recording.clone());
        let events: Vec<Event> = entries.into_iter().map(|entry| entry.event).collect();
        Some(RecordedRevision { number, recording, events: Arc::new(events) })
    }
}

/// The revisions of a page of the ledger. When there is more behind it, the last one may go on there, and is left out.
#[must_use]
pub fn whole_revisions(entries: Vec<LedgerEntry>, more: bool) -> Vec<RecordedRevision> {
    let mut revisions = Revisions::default();
    let mut whole = revisions.take(entries);
    if !more {
        whole.extend(revisions.end());
    }
    whole
}

/// Puts revisions into groups of at most so many events, so that each group is planned at once. A revision
/// with more events is a group by itself.
#[must_use]
pub fn groups(revisions: Vec<RecordedRevision>, events_max: usize) -> Vec<Vec<RecordedRevision>> {
    let mut groups: Vec<Vec<RecordedRevision>> = Vec::new();
    let mut events = 0;
    for revision in revisions {
        events += revision.events.len();
        match groups.last_mut().filter(|_| events <= events_max) {
            Some(group) => group.push(revision),
            None => {
                events = revision.events.len();
                groups.push(vec![revision]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lotgraph_domain::{Event, EventId, Fact, Master, Operator, OperatorCode, Recording, Text, Timestamp};

    use super::*;

    fn revision(number: u64, events: usize) -> RecordedRevision {
        let code = OperatorCode::parse("OP").expect("a code");
        let operator = Operator { code, declared: true, name: None };
        let id = EventId::parse("E").expect("an id");
        let event = Event { id, fact: Fact::Master(Master::Operator(operator)) };
        let text = Text::parse("test").expect("a text");
        RecordedRevision {
            number: Revision(number),
            recording: Recording { recorded_at: Timestamp::now(), actor: text.clone(), source: text },
            events: Arc::new(vec![event; events]),
        }
    }

    #[test]
    fn groups_are_as_large_as_they_may_be_and_lose_nothing() {
        let revisions = [3, 3, 4, 1, 12, 2].into_iter().zip(1..).map(|(events, n)| revision(n, events));
        let grouped = groups(revisions.collect(), 10);
        let sizes: Vec<Vec<usize>> =
            grouped.iter().map(|group| group.iter().map(|one| one.events.len()).collect()).collect();
        assert_eq!(sizes, [vec![3, 3, 4], vec![1], vec![12], vec![2]]);
        assert!(groups(Vec::new(), 10).is_empty());
    }

    #[test]
    fn what_is_out_of_order_or_empty_is_refused() {
        assert_eq!(check_order(Revision(4), &[revision(5, 1), revision(6, 1)]), Ok(0));
        for wrong in [
            vec![revision(0, 1)],
            vec![revision(6, 1)],
            vec![revision(5, 1), revision(7, 1)],
            vec![revision(3, 1), revision(5, 1)],
            vec![revision(5, 1), revision(5, 1)],
            vec![revision(5, 0)],
            vec![revision(4, 0)],
        ] {
            assert!(matches!(check_order(Revision(4), &wrong), Err(StoreErrorKind::Invalid(_))));
        }
    }
    #[test]
    fn what_the_ledger_has_passed_is_a_repetition_only_if_it_is_the_same() {
        let passed = |revisions: &[RecordedRevision]| check_order(Revision(4), revisions);
        assert_eq!(passed(&[]), Ok(0));
        assert_eq!(passed(&[revision(4, 1)]), Ok(1));
        assert_eq!(passed(&[revision(3, 1), revision(4, 1), revision(5, 1)]), Ok(2));
        let repeated = [revision(3, 1), revision(4, 2)];
        assert_eq!(check_repeated(&repeated, &repeated), Ok(()));
        let mut with_more = repeated.clone();
        with_more[1].events = revision(4, 3).events;
        let mut by_another = repeated.clone();
        by_another[1].recording.actor = Text::parse("another").expect("a text");
        for held in [&repeated[..1], &with_more, &by_another] {
            let refused = check_repeated(held, &repeated);
            assert!(
                matches!(&refused, Err(StoreErrorKind::Invalid(why)) if why.contains("revision 4")),
                "{refused:?}"
            );
        }
    }
}
