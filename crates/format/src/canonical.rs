//! Facts as canonical JSON: fields in alphabetical order, times in UTC, decimals without trailing zeros, lists of codes
//! sorted, absent and empty fields left out, so that equal content is equal text.
//!
//! There are two forms, which differ only in the order of attribute names beyond the Basic Multilingual Plane: [`body`] is
//! what the ledger keeps and ids are derived from, for ever; [`line`] is RFC 8785, so that anybody can write it again.
//! docs/decisions/0091-canonical-json.md says why.

pub mod recall;

use super::lists;
use super::write::{NameOrder, Object, Out};
use lotgraph_domain::{Event, EventId, Fact, FactItem, with_event_type};

/// The canonical body of an event: JSON on one line, without the id, attribute names in the order of code points.
///
/// Its bytes never change: ids of events without one are derived from them, and an event sent again is a duplicate when
/// they are those in the ledger.
#[must_use]
pub fn body(fact: &Fact) -> String {
    text(None, fact, NameOrder::CodePoints)
}

/// An event as one line of JSON, with its id, in the form of RFC 8785 (JSON Canonicalization Scheme): any implementation of
/// it makes the same bytes of an event that was read, whatever the order and spacing it was read in.
#[must_use]
pub fn line(event: &Event) -> String {
    text(Some(&event.id), &event.fact, NameOrder::Utf16Units)
}

fn text(id: Option<&EventId>, fact: &Fact, order: NameOrder) -> String {
    let mut out = Out::new(512, order);
    Object::write(&mut out, |object| {
        with_event_type!(fact.event_type(), lists::List => {
            // The type was taken from the item, so that the item is of the type.
            if let Some(item) = FactItem::of(fact) {
                lists::write::<List>(object, item, id);
            }
        });
    });
    out.text
}

#[cfg(test)]
mod tests {
    use lotgraph_domain::Event;

    fn read(text: &str) -> Event {
        let value = crate::json::parse(text.as_bytes()).expect("the test's own JSON");
        crate::event::parse(&value).expect("the test's own event")
    }

    /// The same event read from text and written again.
    fn rewritten(text: &str) -> String {
        super::line(&read(text))
    }

    #[test]
    fn every_field_is_written_once_in_alphabetical_order() {
        let canonical = [
            r#"{"class":"RAW","code":"M","conversions":[{"factor":"0.5","unit":"GRM"}],"id":"1","inspectionRequired":true,"name":"a \"b\" \\","type":"material","unit":"KGM"}"#,
            r#"{"code":"E","id":"1","name":"n","parent":"P","type":"equipment"}"#,
            r#"{"code":"O","id":"1","name":"n","type":"operator"}"#,
            r#"{"code":"S","endsAt":"2026-01-02T00:00:00Z","id":"1","name":"n","startsAt":"2026-01-01T00:00:00Z","type":"shift"}"#,
            r#"{"code":"P","id":"1","name":"n","roles":["SUPPLIER","CUSTOMER"],"type":"party"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","attributes":{"a":"1"},"document":"d","equipment":["E","F"],"id":"1","inputs":[{"at":"2026-01-01T00:00:00.500Z","lot":"L","material":"M","quantity":"1.5","unit":"KGM"},{"lot":"K"}],"kind":"REWORK","name":"n","operators":["O"],"outputs":[{"at":"2026-01-01T00:00:00Z","attributes":{"b":"2"},"lot":"N","material":"M","number":"x","quantity":"2","supplierLot":"y","unit":"KGM"}],"parameters":[{"at":"2026-01-01T00:00:00Z","name":"t","unit":"CEL","value":"7.10"}],"reason":"r","shift":"S","startedAt":"2026-01-01T00:00:00Z","type":"operation","workOrder":"w"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","id":"1","kind":"PROCESS","lots":["L","K"],"type":"operation"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","id":"1","outputs":[{"lot":"N"}],"supplier":"P","type":"receive"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","customer":"P","id":"1","inputs":[{"lot":"N"}],"type":"ship"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","id":"1","lots":["L","K"],"startedAt":"2026-01-01T00:00:00Z","type":"clean"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","id":"1","lots":[{"lot":"L","quantity":"0","unit":"KGM"},{"lot":"K","quantity":"1.5","unit":"KGM"}],"type":"count"}"#,
            r#"{"event":"0","id":"1","reason":"r","replacedBy":"2","type":"void"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","category":"c","id":"1","lots":["K","L"],"policy":"WARN","propagate":false,"reason":"r","recall":"0","type":"hold"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","disposition":"SCRAP","hold":"0","id":"1","lots":["L"],"reason":"r","type":"release"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","id":"1","lots":["L"],"operation":"O","reason":"r","type":"override"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","category":"c","class":"II","id":"1","lots":[{"lot":"K"},{"lot":"L","since":"2026-01-01T00:00:00Z"}],"mock":true,"reason":"r","scope":{"causes":[{"equipment":"E","from":"2026-01-01T00:00:00Z","material":"M","operator":"O","parameter":{"above":"9.5","below":"-1","name":"t"},"shift":"S","step":"n","supplier":"P","supplierLot":"y","until":"2026-01-02T00:00:00Z"}],"lots":[{"lot":"K"}],"respectTime":false},"type":"recall"}"#,
            r#"{"acknowledged":true,"at":"2026-01-02T00:00:00Z","channel":"mail","customer":"P","id":"1","note":"n","recall":"0","type":"notify"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","customer":"P","disposition":"SCRAP","id":"1","items":[{"lot":"L","quantity":"2","unit":"EA"}],"note":"n","recall":"0","type":"recover"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","id":"1","recall":"0","report":"done","type":"closeRecall"}"#,
            r#"{"alert":"0","at":"2026-01-02T00:00:00Z","id":"1","note":"n","type":"acknowledge"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","equipment":"E","id":"1","lots":["K","L"],"note":"n","operator":"O","source":"s","type":"observe"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","id":"1","lots":["L"],"party":"P","type":"observe"}"#,
            r#"{"at":"2026-01-02T00:00:00Z","code":"LOT_ON_HOLD","event":"E","hold":"0","id":"1","lots":["L"],"message":"m","type":"refusal"}"#,
        ];
        for line in canonical {
            let value: serde_json::Value = serde_json::from_str(line).expect("the test's own JSON");
            assert_eq!(rewritten(line), line);
            // serde_json's own maps are sorted by name, too.
            assert_eq!(rewritten(line), value.to_string());
        }
    }

    /// Attribute names before and beyond the Basic Multilingual Plane, in a shuffled order.
    const BEYOND: &str = "{\"type\":\"receive\",\"outputs\":[{\"lot\":\"N\",\"attributes\":{\"\u{20bb7}\":\"b\",\"\u{fb33}\":\"a\"}}],\
        \"attributes\":{\"\u{ff5a}\":\"1\",\"\u{1f600}\":\"2\",\"\u{e000}\":\"3\",\"z\":\"4\"},\"at\":\"2026-01-02T00:00:00Z\"}";

    /// The body as every version wrote it, and the id that every version derived from it, by Python: `json.dumps(event,
    /// sort_keys=True, separators=(",", ":"), ensure_ascii=False)` orders by code point; `uuid.uuid5` of it.
    #[test]
    fn bodies_and_ids_are_those_of_the_first_version_for_ever() {
        let event = read(BEYOND);
        let expected = "{\"at\":\"2026-01-02T00:00:00Z\",\"attributes\":{\"z\":\"4\",\"\u{e000}\":\"3\",\"\u{ff5a}\":\"1\",\"\u{1f600}\":\"2\"},\
            \"outputs\":[{\"attributes\":{\"\u{fb33}\":\"a\",\"\u{20bb7}\":\"b\"},\"lot\":\"N\"}],\"type\":\"receive\"}";
        assert_eq!(super::body(&event.fact), expected);
        assert_eq!(event.id.as_str(), "56c8db31-295e-5412-8f5c-441c3294c5c5");
        // What a line is written from, and what is read back from it, is the same event with the same body.
        let again = read(&super::line(&event));
        assert_eq!((super::body(&again.fact).as_str(), &again.id), (expected, &event.id));
        let stored = crate::event::from_body(event.id.clone(), expected).expect("a body of the ledger");
        assert_eq!(stored, event);
    }

    /// By another implementation of RFC 8785, the Python package rfc8785 0.1.4: `rfc8785.dumps(event)`.
    #[test]
    fn a_line_is_that_of_rfc_8785() {
        let expected = "{\"at\":\"2026-01-02T00:00:00Z\",\"attributes\":{\"z\":\"4\",\"\u{1f600}\":\"2\",\"\u{e000}\":\"3\",\"\u{ff5a}\":\"1\"},\
            \"id\":\"56c8db31-295e-5412-8f5c-441c3294c5c5\",\"outputs\":[{\"attributes\":{\"\u{20bb7}\":\"b\",\"\u{fb33}\":\"a\"},\"lot\":\"N\"}],\
            \"type\":\"receive\"}";
        assert_eq!(super::line(&read(BEYOND)), expected);
    }

    /// Canonically equivalent texts stay two: RFC 8785 section 3.1 forbids normalising.
    #[test]
    fn text_is_not_normalised() {
        let composed = read(r#"{"type":"operator","code":"Jos\u00e9"}"#);
        let decomposed = read(r#"{"type":"operator","code":"Jose\u0301"}"#);
        assert_ne!(composed.id, decomposed.id);
        assert!(super::line(&decomposed).contains("Jose\u{301}"));
    }
}
