//! The fields of every event, each list in one place.
//!
//! A list says of each field its name, its kind, and in a comment what it means. By it go the reader ([`crate::event`]), the
//! writer ([`crate::canonical`]), and the tables of docs/EVENTS.md with the JSON Schema ([`crate::schema`]). The lists of events
//! bear the names of the types of events, so that the compiler asks for the list of a type that has none.

mod alert;
mod alias;
mod definitions;
mod hold;
mod kind;
mod list;
mod lot_factor;
mod master;
mod observe;
mod operation;
mod recall;
mod several;
mod void;
mod words;

pub use alert::{Acknowledge, Refusal};
pub use alias::{Alias, MergeLots};
pub use definitions::Definitions;
pub use hold::{Hold, Override, Release};
pub use list::{Column, FieldList, write};
pub use master::{Equipment, Material, Operator, Party, Shift};
pub use observe::Observe;
pub use operation::{Clean, Count, Operation, Receive, Return, Scrap, Ship};
pub use recall::{AddToRecall, CloseRecall, Notify, Recall, Recover, ReopenRecall, Scope};
pub use void::Void;

use crate::fields::Fields;
use lotgraph_domain::{ErrorCode, Timestamp};

/// Refuses an end that lies before the start.
fn check_order(
    fields: &mut Fields<'_>,
    end_field: &'static str,
    start_field: &'static str,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
) {
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        let message = format!("{end_field} {end} lies before {start_field} {start}; correct the two times");
        fields.refuse(end_field, ErrorCode::TimeOrder, message);
    }
}

/// Refuses a list that names nothing. One whose items could not be read was reported item by item.
fn check_some<T>(fields: &mut Fields<'_>, name: &str, items: Option<&Vec<T>>, message: &str) {
    if items.is_some_and(Vec::is_empty) && !fields.is_given(name) {
        fields.refuse(name, ErrorCode::ItemsNone, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists;
    use lotgraph_domain::{EventType, Fact, FactItem, with_event_type, with_fact};

    fn check_list<L: FieldList>(name: &str) {
        assert_eq!(L::NAME, name);
        let written: Vec<&str> = L::STEPS.iter().map(|step| step.name).collect();
        assert!(written.is_sorted_by(|a, b| a < b), "{name}: {written:?}");
        let columns = L::columns(&mut Definitions::default());
        let mut known: Vec<&str> = columns.iter().map(|column| column.name).chain(["id", "type"]).collect();
        known.sort_unstable();
        assert_eq!(written, known, "{name}: what is read is what is written");
        for column in columns {
            assert!(column.about.ends_with(['.', '…']), "{name}.{}: {}", column.name, column.about);
        }
    }

    #[test]
    fn the_list_of_every_event_is_written_by_the_alphabet_and_told_in_sentences() {
        for event_type in EventType::ALL {
            with_event_type!(*event_type, lists::List => check_list::<List>(event_type.name()));
            assert_eq!(EventType::from_name(event_type.name()), Some(*event_type));
            assert!(event_type.meaning().ends_with('.'), "{event_type:?}");
        }
    }

    #[test]
    fn a_fact_goes_to_its_item_and_back() {
        let operator =
            lotgraph_domain::Operator::mentioned(lotgraph_domain::OperatorCode::parse("O").expect("a code"));
        let fact = Fact::from(operator.clone());
        assert_eq!(fact.event_type(), EventType::Operator);
        assert_eq!(FactItem::of(&fact), Some(&operator));
        assert_eq!(<lotgraph_domain::Void as FactItem>::of(&fact), None);
        assert!(with_fact!(&fact, |it| format!("{it:?}")).contains("Operator"));
    }
}
