//! Events read from JSON, strictly. Which fields they have stands in lists/; canonical.rs writes them by the same lists.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::fields::Fields;
use super::lists::FieldList;
use super::problems::{Problems, quoted};
use super::{canonical, lists, recorded};
use lotgraph_domain::{ErrorCode, Event, EventId, EventType, Fact, Problem, with_event_type};

/// The namespace of ids derived from content (UUID version 5, RFC 9562 section 5.5).
const CONTENT_NAMESPACE: Uuid = Uuid::from_u128(0x6c6f_7467_7261_5068_9b0a_2e7d_5f31_c4a6);

/// Reads one event.
///
/// # Errors
/// Every problem found, each with its path.
pub fn parse(value: &Value) -> Result<Event, Vec<Problem>> {
    let mut problems = Problems::default();
    let event = read(value, &mut problems);
    match event {
        Some(event) if problems.is_empty() => Ok(event),
        _ => {
            if problems.is_empty() {
                problems.push(Problem::new(ErrorCode::Internal, "", "the event could not be read"));
            }
            Err(problems.into_told())
        }
    }
}

/// The id of an event without one: derived from its canonical body.
#[must_use]
pub fn derived_id(body: &str) -> EventId {
    let id = Uuid::new_v5(&CONTENT_NAMESPACE, body.as_bytes()).hyphenated().to_string();
    EventId::parse(&id).unwrap_or_else(|_| unreachable!("a UUID is a valid identifier"))
}

/// Reads an event back from its canonical body.
///
/// # Errors
/// The problems of a body that was not written by [`canonical::body`].
pub fn from_body(id: EventId, body: &str) -> Result<Event, Vec<Problem>> {
    let value = super::json::parse(body.as_bytes()).map_err(|error| vec![error.problem])?;
    let mut problems = Problems::default();
    let object = value.as_object().ok_or_else(Vec::new)?;
    match read_fact(object, &mut problems) {
        Some(fact) if problems.is_empty() => Ok(Event { id, fact }),
        _ => Err(problems.into_told()),
    }
}

fn read(value: &Value, problems: &mut Problems) -> Option<Event> {
    let Some(object) = value.as_object() else {
        problems.push(Problem::new(ErrorCode::FieldType, "", "an event must be an object in braces"));
        return None;
    };
    if let Some(problem) = recorded::refusal(object) {
        problems.push(problem);
        return None;
    }
    let fact = read_fact(object, problems)?;
    let id = match object.get("id") {
        None | Some(Value::Null) => derived_id(&canonical::body(&fact)),
        Some(_) => Fields::new(object, "", problems).parsed("id", EventId::parse)?,
    };
    if let Fact::Void(void) = &fact
        && void.event == id
    {
        problems.push(Problem::new(ErrorCode::SelfReference, "event", "an event cannot void itself"));
    }
    if let Fact::Override(permit) = &fact
        && permit.operation == id
    {
        let message = "an override cannot be the operation that it lets draw";
        problems.push(Problem::new(ErrorCode::SelfReference, "operation", message));
    }
    Some(Event { id, fact })
}

fn read_fact(object: &Map<String, Value>, problems: &mut Problems) -> Option<Fact> {
    let kind = read_type(object, problems)?;
    let mut fields = Fields::new(object, "", problems);
    // Taken here, so that they are not reported as unknown; the id is read by the caller.
    fields.take("type");
    fields.take("id");
    let fact = with_event_type!(kind, lists::List => List::read(&mut fields).map(Fact::from));
    fields.finish();
    fact
}

fn read_type(object: &Map<String, Value>, problems: &mut Problems) -> Option<EventType> {
    let known = || {
        let names: Vec<&str> = EventType::ALL.iter().map(|kind| kind.name()).collect();
        names.join(", ")
    };
    let (code, message) = match object.get("type") {
        Some(Value::String(name)) => match EventType::from_name(name) {
            Some(kind) => return Some(kind),
            None => {
                let message = format!("there is no event type {}; known: {}", quoted(name), known());
                (ErrorCode::EventTypeUnknown, message)
            }
        },
        Some(_) => (ErrorCode::FieldType, "type must be a text in quotes".to_owned()),
        None => (ErrorCode::FieldMissing, format!("type is missing; add one of {}", known())),
    };
    problems.push(Problem::new(code, "type", message));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code, path and message of everything that is wrong with an event.
    fn problems(text: &str) -> Vec<String> {
        let value = crate::json::parse(text.as_bytes()).expect("the test's own JSON");
        let problems = parse(&value).expect_err("the event is bad");
        problems
            .iter()
            .map(|problem| format!("{} {}: {}", problem.code, problem.path, problem.message))
            .collect()
    }

    #[test]
    fn a_step_without_its_kind_is_told_of_the_kind_only() {
        let missing =
            "FIELD_MISSING kind: kind is missing; add PRODUCE, SPLIT, MERGE, REWORK, REPACK or PROCESS";
        for lists in [r#""lots":["A"]"#, r#""inputs":[{"lot":"A"}],"outputs":[{"lot":"B"}]"#] {
            let text = format!(r#"{{"type":"operation","at":"2026-01-05T06:10:00Z",{lists}}}"#);
            assert_eq!(problems(&text), [missing], "{text}");
        }
    }

    #[test]
    fn a_parameter_without_its_value_may_have_all_else() {
        let text = r#"{"type":"clean","at":"2026-01-05T06:10:00Z","lots":["A"],
            "parameters":[{"name":"p","unit":"BAR","at":"2026-01-05T06:10:00Z"}]}"#;
        assert_eq!(problems(text), ["FIELD_MISSING parameters[0].value: value is missing; add it"]);
    }

    #[test]
    fn lots_are_observed_at_one_location() {
        let observe = |rest: &str| {
            problems(&format!(r#"{{"type":"observe","at":"2026-01-05T06:10:00Z","lots":["A"]{rest}}}"#))
        };
        let neither =
            "FIELD_MISSING equipment: equipment is missing, and party as well; add where the lots were seen";
        assert_eq!(observe(r#","party":null"#), [neither]);
        let both = "FIELD_NOT_ALLOWED party: party and equipment are two locations; say at which one the lots were seen";
        assert_eq!(observe(r#","party":"P","equipment":"E""#), [both]);
        assert_eq!(observe(r#","party":"""#), ["TEXT_EMPTY party: party must not be empty"]);
    }

    #[test]
    fn a_choice_of_the_wrong_type_is_not_missing() {
        let text =
            r#"{"type":"release","at":"2026-01-05T06:10:00Z","hold":"H","reason":"r","disposition":[]}"#;
        assert_eq!(problems(text), ["FIELD_TYPE disposition: disposition must be a text in quotes"]);
        let text =
            r#"{"type":"release","at":"2026-01-05T06:10:00Z","hold":"H","reason":"r","disposition":null}"#;
        let message = "disposition is missing; add RELEASED, REWORK, SCRAP or RETURN";
        assert_eq!(problems(text), [format!("FIELD_MISSING disposition: {message}")]);
    }

    #[test]
    fn what_is_unknown_is_told_with_all_that_is_known_in_the_order_of_the_list() {
        let text = r#"{"type":"void","event":"E","reason":"r","colour":"red"}"#;
        let message = "there is no field \"colour\" here; known: type, id, event, reason, replacedBy";
        assert_eq!(problems(text), [format!("FIELD_UNKNOWN colour: {message}")]);
    }
}
