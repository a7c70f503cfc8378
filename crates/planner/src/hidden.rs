//! The rule that no identifier holds a character that nobody sees.

use lotgraph_domain::{ErrorCode, Event, EventId, Fact, Hidden, LotId, Problem};
use lotgraph_format::hidden::hidden_in;

use crate::projection::Projection;

/// Refuses an event with such an identifier: to people it is the same as the one without, and to the ledger it is another.
/// What was recorded under such an identifier before this rule may still be named.
pub(crate) fn judge(event: &Event, body: &str, so_far: &Projection<'_>) -> Result<(), Problem> {
    if let Fact::Refusal(_) = event.fact {
        return Ok(());
    }
    if let Some(hidden) = Hidden::first_in(event.id.as_str()) {
        return Err(refusal("id".to_owned(), event.id.as_str(), hidden));
    }
    for at in hidden_in(body) {
        if !is_known(&at.identifier, so_far) {
            return Err(refusal(at.path, &at.identifier, at.hidden));
        }
    }
    Ok(())
}

fn is_known(identifier: &str, so_far: &Projection<'_>) -> bool {
    LotId::parse(identifier).is_ok_and(|lot| so_far.lots.get(&lot).is_some())
        || EventId::parse(identifier).is_ok_and(|event| so_far.log.get(&event).is_some())
}

fn refusal(path: String, identifier: &str, hidden: Hidden) -> Problem {
    let shown: String = identifier.chars().flat_map(shown).collect();
    let place = hidden.place;
    let message = format!(
        "the identifier \"{shown}\" has {hidden} as its character {place}, which nobody sees; remove it where the identifier comes from"
    );
    Problem::new(ErrorCode::TextInvisible, path, message)
}

/// A character as it can be seen.
fn shown(character: char) -> Vec<char> {
    match Hidden::first_in(character.encode_utf8(&mut [0; 4])) {
        Some(_) => format!("<U+{:04X}>", u32::from(character)).chars().collect(),
        None => vec![character],
    }
}
