//! Facts as canonical JSON: fields in alphabetical order, times in UTC, decimals without trailing zeros, lists of codes
//! sorted, absent and empty fields left out, so that equal content is equal text.
//!
//! Written straight into one text: a bulk import writes the body of every event, and a tree of values for each cost a
//! sixth of its time.

pub mod recall;

use std::fmt::{Display, Write as _};

use crate::domain::{
    Acknowledge, Attributes, Conversion, Event, EventId, EventType, Fact, Hold, HoldPolicy, InPlace, Input,
    Master, MaterialClass, Operation, OperationKind, Output, Override, Parameter, Quantity, Refusal, Release,
    Void,
};

/// The canonical body of an event: JSON on one line, without the id.
#[must_use]
pub fn body(fact: &Fact) -> String {
    text(None, fact)
}

/// An event as one line of JSON, with its id.
#[must_use]
pub fn line(event: &Event) -> String {
    text(Some(&event.id), &event.fact)
}

fn text(id: Option<&EventId>, fact: &Fact) -> String {
    let mut out = String::with_capacity(512);
    Object::write(&mut out, |object| match fact {
        Fact::Master(master) => write_master(object, id, master),
        Fact::Operation(operation) => write_operation(object, id, operation),
        Fact::Void(void) => write_void(object, id, void),
        Fact::Hold(hold) => write_hold(object, id, hold),
        Fact::Release(release) => write_release(object, id, release),
        Fact::Override(permit) => write_override(object, id, permit),
        Fact::Recall(recall) => recall::write_recall(object, id, recall),
        Fact::Notify(notify) => recall::write_notify(object, id, notify),
        Fact::Recover(recover) => recall::write_recover(object, id, recover),
        Fact::CloseRecall(close) => recall::write_close(object, id, close),
        Fact::Acknowledge(done) => write_acknowledge(object, id, done),
        Fact::Refusal(refusal) => write_refusal(object, id, refusal),
    });
    out
}

/// A JSON object being written, field by field in alphabetical order.
struct Object<'a> {
    out: &'a mut String,
    last: &'static str,
}

impl<'a> Object<'a> {
    fn write(out: &'a mut String, fields: impl FnOnce(&mut Self)) {
        out.push('{');
        let mut object = Self { out, last: "" };
        fields(&mut object);
        object.out.push('}');
    }

    fn name(&mut self, name: &'static str) {
        debug_assert!(self.last < name, "{name} is written after {}", self.last);
        if !self.last.is_empty() {
            self.out.push(',');
        }
        self.last = name;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    fn text(&mut self, name: &'static str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.name(name);
            quote(self.out, value.as_ref());
        }
    }

    /// A value whose text needs no escaping: times and decimals.
    fn plain(&mut self, name: &'static str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.name(name);
            // Writing to a String cannot fail.
            let _ = write!(self.out, "\"{value}\"");
        }
    }

    /// A flag that is not what an absent one means.
    fn flag(&mut self, name: &'static str, value: Option<bool>) {
        if let Some(value) = value {
            self.name(name);
            self.out.push_str(if value { "true" } else { "false" });
        }
    }

    fn list<T>(&mut self, name: &'static str, items: &[T], mut write: impl FnMut(&mut String, &T)) {
        if items.is_empty() {
            return;
        }
        self.name(name);
        self.out.push('[');
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push(',');
            }
            write(self.out, item);
        }
        self.out.push(']');
    }

    fn object(&mut self, name: &'static str, fields: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        Object::write(self.out, |object| fields(object));
    }

    fn texts<T: AsRef<str>>(&mut self, name: &'static str, items: &[T]) {
        self.list(name, items, |out, item| quote(out, item.as_ref()));
    }

    fn attributes(&mut self, attributes: &Attributes) {
        if attributes.is_empty() {
            return;
        }
        self.name("attributes");
        self.out.push('{');
        for (n, (name, value)) in attributes.iter().enumerate() {
            if n > 0 {
                self.out.push(',');
            }
            quote(self.out, name.as_ref());
            self.out.push(':');
            quote(self.out, value.as_ref());
        }
        self.out.push('}');
    }
}

/// Writes a text in quotes, escaped where needed, which is rare.
fn quote(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

fn unit(quantity: Option<&Quantity>) -> Option<&str> {
    quantity.map(|quantity| quantity.unit.as_str())
}

fn amount(quantity: Option<&Quantity>) -> Option<impl Display> {
    quantity.map(|quantity| quantity.amount)
}

fn write_void(object: &mut Object<'_>, id: Option<&EventId>, void: &Void) {
    object.text("event", Some(&void.event));
    object.text("id", id);
    object.text("reason", Some(&void.reason));
    object.text("replacedBy", void.replaced_by.as_ref());
    object.text("type", Some("void"));
}

fn write_hold(object: &mut Object<'_>, id: Option<&EventId>, hold: &Hold) {
    let policy = Some(hold.policy).filter(|policy| *policy != HoldPolicy::Block);
    object.plain("at", Some(hold.at));
    object.text("category", hold.category.as_ref());
    object.text("id", id);
    object.texts("lots", &hold.lots);
    object.text("policy", policy.map(HoldPolicy::name));
    object.flag("propagate", (!hold.propagate).then_some(false));
    object.text("reason", Some(&hold.reason));
    object.text("recall", hold.recall.as_ref());
    object.text("type", Some(EventType::Hold.name()));
}

fn write_release(object: &mut Object<'_>, id: Option<&EventId>, release: &Release) {
    object.plain("at", Some(release.at));
    object.text("disposition", Some(release.disposition.name()));
    object.text("hold", release.hold.as_ref());
    object.text("id", id);
    object.texts("lots", &release.lots);
    object.text("reason", Some(&release.reason));
    object.text("type", Some(EventType::Release.name()));
}

fn write_override(object: &mut Object<'_>, id: Option<&EventId>, permit: &Override) {
    object.plain("at", Some(permit.at));
    object.text("id", id);
    object.texts("lots", &permit.lots);
    object.text("operation", Some(&permit.operation));
    object.text("reason", Some(&permit.reason));
    object.text("type", Some(EventType::Override.name()));
}

fn write_acknowledge(object: &mut Object<'_>, id: Option<&EventId>, done: &Acknowledge) {
    object.text("alert", Some(&done.alert));
    object.plain("at", Some(done.at));
    object.text("id", id);
    object.text("note", done.note.as_ref());
    object.text("type", Some(EventType::Acknowledge.name()));
}

fn write_refusal(object: &mut Object<'_>, id: Option<&EventId>, refusal: &Refusal) {
    object.plain("at", Some(refusal.at));
    object.text("code", Some(refusal.code.name()));
    object.text("event", Some(&refusal.event));
    object.text("hold", refusal.hold.as_ref());
    object.text("id", id);
    object.texts("lots", &refusal.lots);
    object.text("message", Some(&refusal.message));
    object.text("type", Some(EventType::Refusal.name()));
}

/// No two kinds of master data share a field besides code, name and type, so one list serves them all.
fn write_master(object: &mut Object<'_>, id: Option<&EventId>, master: &Master) {
    let (mut material, mut equipment, mut shift, mut party) = (None, None, None, None);
    match master {
        Master::Material(item) => material = Some(item),
        Master::Equipment(item) => equipment = Some(item),
        Master::Operator(_) => {}
        Master::Shift(item) => shift = Some(item),
        Master::Party(item) => party = Some(item),
    }
    object.text("class", material.and_then(|material| material.class).map(MaterialClass::name));
    object.text("code", Some(master.reference().code()));
    object.list("conversions", material.map_or(&[], |material| &material.conversions), write_conversion);
    object.plain("endsAt", shift.and_then(|shift| shift.ends_at));
    object.text("id", id);
    let inspected = material.is_some_and(|material| material.inspection_required);
    object.flag("inspectionRequired", inspected.then_some(true));
    object.text("name", master.name());
    object.text("parent", equipment.and_then(|equipment| equipment.parent.as_ref()));
    object.list("roles", party.map_or(&[], |party| &party.roles), |out, role| quote(out, role.name()));
    object.plain("startsAt", shift.and_then(|shift| shift.starts_at));
    object.text("type", Some(EventType::of_master(master).name()));
    object.text("unit", material.and_then(|material| material.unit.as_ref()));
}

fn write_conversion(out: &mut String, conversion: &Conversion) {
    Object::write(out, |object| {
        object.plain("factor", Some(conversion.factor.normalize()));
        object.text("unit", Some(&conversion.unit));
    });
}

fn write_operation(object: &mut Object<'_>, id: Option<&EventId>, operation: &Operation) {
    let of_kind = |kind: OperationKind| operation.party.as_ref().filter(|_| operation.kind == kind);
    let event_type = EventType::of_operation(operation.kind);
    let step = (event_type == EventType::Operation).then(|| operation.kind.name());
    object.plain("at", Some(operation.at));
    object.attributes(&operation.attributes);
    object.text("customer", of_kind(OperationKind::Ship));
    object.text("document", operation.document.as_ref());
    object.texts("equipment", &operation.equipment);
    object.text("id", id);
    object.list("inputs", &operation.inputs, write_input);
    object.text("kind", step);
    object.list("lots", &operation.lots, write_in_place);
    object.text("name", operation.name.as_ref());
    object.texts("operators", &operation.operators);
    object.list("outputs", &operation.outputs, write_output);
    object.list("parameters", &operation.parameters, write_parameter);
    object.text("reason", operation.reason.as_ref());
    object.text("shift", operation.shift.as_ref());
    object.plain("startedAt", operation.started_at);
    object.text("supplier", of_kind(OperationKind::Receive));
    object.text("type", Some(event_type.name()));
    object.text("workOrder", operation.work_order.as_ref());
}

/// A lot by itself, or with what a count found of it.
fn write_in_place(out: &mut String, item: &InPlace) {
    let counted = item.counted.as_ref();
    if counted.is_none() {
        return quote(out, item.lot.as_str());
    }
    Object::write(out, |object| {
        object.text("lot", Some(&item.lot));
        object.plain("quantity", amount(counted));
        object.text("unit", unit(counted));
    });
}

fn write_input(out: &mut String, input: &Input) {
    let quantity = input.quantity.as_ref();
    Object::write(out, |object| {
        object.plain("at", input.at);
        object.text("lot", Some(&input.lot));
        object.text("material", input.material.as_ref());
        object.plain("quantity", amount(quantity));
        object.text("unit", unit(quantity));
    });
}

fn write_output(out: &mut String, output: &Output) {
    let quantity = output.quantity.as_ref();
    Object::write(out, |object| {
        object.plain("at", output.at);
        object.attributes(&output.attributes);
        object.text("lot", Some(&output.lot));
        object.text("material", output.material.as_ref());
        object.text("number", output.number.as_ref());
        object.plain("quantity", amount(quantity));
        object.text("supplierLot", output.supplier_lot.as_ref());
        object.text("unit", unit(quantity));
    });
}

fn write_parameter(out: &mut String, parameter: &Parameter) {
    Object::write(out, |object| {
        object.plain("at", parameter.at);
        object.text("name", Some(&parameter.name));
        object.text("unit", parameter.unit.as_ref());
        object.text("value", Some(&parameter.value));
    });
}

#[cfg(test)]
mod tests {
    use crate::domain::Event;

    /// The same event read from text and written again.
    fn rewritten(text: &str) -> String {
        let value: serde_json::Value = serde_json::from_str(text).expect("the test's own JSON");
        let event: Event = crate::format::event::parse(&value).expect("the test's own event");
        super::line(&event)
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
            r#"{"at":"2026-01-02T00:00:00Z","code":"LOT_ON_HOLD","event":"E","hold":"0","id":"1","lots":["L"],"message":"m","type":"refusal"}"#,
        ];
        for line in canonical {
            let value: serde_json::Value = serde_json::from_str(line).expect("the test's own JSON");
            assert_eq!(rewritten(line), line);
            // serde_json's own maps are sorted by name, too.
            assert_eq!(rewritten(line), value.to_string());
        }
    }
}
