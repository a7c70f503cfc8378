//! Refusals: the events that record that a flow was refused because a lot must stay where it is.

use lotgraph_domain::identifier::TEXT_CHARS_MAX;
use lotgraph_domain::{Event, Fact, Problem, Refusal, Text};
use lotgraph_format as format;
use lotgraph_store::{EventOutcome, Status};

/// The refusals to record for events that were judged. The same attempt again has the same refusal, so trying once more does
/// not flood the ledger.
pub(super) fn refusals(events: &[Event], outcomes: &[EventOutcome]) -> Vec<Event> {
    let refused = |(event, outcome): (&Event, &EventOutcome)| match &outcome.status {
        Status::Rejected(problem) => refusal(event, problem),
        Status::Accepted | Status::Duplicate | Status::Withheld => None,
    };
    events.iter().zip(outcomes).filter_map(refused).collect()
}

/// The refusal of an event whose lot must stay where it is.
fn refusal(event: &Event, problem: &Problem) -> Option<Event> {
    let blocked = problem.blocked.as_deref()?;
    let Fact::Operation(operation) = &event.fact else { return None };
    let hold = blocked.hold.as_ref().map_or("", |hold| hold.as_str());
    // Identifiers have no control characters, so the parts cannot run into each other.
    let name = format!("{}\n{}\n{}\n{hold}", event.id, blocked.obstacle.name(), blocked.lot);
    let refusal = Refusal {
        at: operation.at,
        event: event.id.clone(),
        code: blocked.obstacle,
        lots: vec![blocked.lot.clone()],
        hold: blocked.hold.clone(),
        message: shortened(&problem.message)?,
    };
    Some(Event { id: format::event::derived_id(&name), fact: Fact::Refusal(refusal) })
}

/// A message as a text, which is limited; what is left out shows as `…`.
fn shortened(message: &str) -> Option<Text> {
    let cut = message.char_indices().nth(TEXT_CHARS_MAX - 1);
    let text = match cut {
        Some((end, last)) if end + last.len_utf8() < message.len() => format!("{}…", &message[..end]),
        _ => message.to_owned(),
    };
    Text::parse(&text).ok()
}
