//! Recalls as canonical JSON.

use super::{Object, amount, unit};
use crate::domain::recall::{
    Cause, CloseRecall, Notify, ParameterOutside, Recall, RecallClass, RecallScope, Recover, RecoveredItem,
    ScopeLot,
};
use crate::domain::{Disposition, EventId, EventType};

pub(super) fn write_recall(object: &mut Object<'_>, id: Option<&EventId>, recall: &Recall) {
    object.plain("at", Some(recall.at));
    object.text("category", recall.category.as_ref());
    object.text("class", recall.class.map(RecallClass::name));
    object.text("id", id);
    object.list("lots", &recall.lots, write_lot);
    object.flag("mock", recall.mock.then_some(true));
    object.text("reason", Some(&recall.reason));
    object.object("scope", |scope| write_scope(scope, &recall.scope));
    object.text("type", Some(EventType::Recall.name()));
}

/// A scope as one line of JSON: what an export says that it answers.
#[must_use]
pub fn scope_text(scope: &RecallScope) -> String {
    let mut out = String::new();
    Object::write(&mut out, |object| write_scope(object, scope));
    out
}

fn write_scope(object: &mut Object<'_>, scope: &RecallScope) {
    object
        .list("causes", &scope.causes, |out, cause| Object::write(out, |object| write_cause(object, cause)));
    object.list("lots", &scope.lots, write_lot);
    object.flag("respectTime", (!scope.respect_time).then_some(false));
}

fn write_lot(out: &mut String, lot: &ScopeLot) {
    Object::write(out, |object| {
        object.text("lot", Some(&lot.lot));
        object.plain("since", lot.since);
    });
}

fn write_cause(object: &mut Object<'_>, cause: &Cause) {
    object.text("equipment", cause.equipment.as_ref());
    object.plain("from", cause.from);
    object.text("material", cause.material.as_ref());
    object.text("operator", cause.operator.as_ref());
    if let Some(parameter) = &cause.parameter {
        object.object("parameter", |object| write_parameter(object, parameter));
    }
    object.text("shift", cause.shift.as_ref());
    object.text("step", cause.step.as_ref());
    object.text("supplier", cause.supplier.as_ref());
    object.text("supplierLot", cause.supplier_lot.as_ref());
    object.plain("until", cause.until);
}

fn write_parameter(object: &mut Object<'_>, parameter: &ParameterOutside) {
    object.plain("above", parameter.above.map(|limit| limit.0.normalize()));
    object.plain("below", parameter.below.map(|limit| limit.0.normalize()));
    object.text("name", Some(&parameter.name));
}

pub(super) fn write_notify(object: &mut Object<'_>, id: Option<&EventId>, notify: &Notify) {
    object.flag("acknowledged", notify.acknowledged.then_some(true));
    object.plain("at", Some(notify.at));
    object.text("channel", notify.channel.as_ref());
    object.text("customer", Some(&notify.customer));
    object.text("id", id);
    object.text("note", notify.note.as_ref());
    object.text("recall", Some(&notify.recall));
    object.text("type", Some(EventType::Notify.name()));
}

pub(super) fn write_recover(object: &mut Object<'_>, id: Option<&EventId>, recover: &Recover) {
    object.plain("at", Some(recover.at));
    object.text("customer", recover.customer.as_ref());
    object.text("disposition", recover.disposition.map(Disposition::name));
    object.text("id", id);
    object.list("items", &recover.items, write_item);
    object.text("note", recover.note.as_ref());
    object.text("recall", Some(&recover.recall));
    object.text("type", Some(EventType::Recover.name()));
}

fn write_item(out: &mut String, item: &RecoveredItem) {
    let quantity = Some(&item.quantity);
    Object::write(out, |object| {
        object.text("lot", Some(&item.lot));
        object.plain("quantity", amount(quantity));
        object.text("unit", unit(quantity));
    });
}

pub(super) fn write_close(object: &mut Object<'_>, id: Option<&EventId>, close: &CloseRecall) {
    object.plain("at", Some(close.at));
    object.text("id", id);
    object.text("recall", Some(&close.recall));
    object.text("report", Some(&close.report));
    object.text("type", Some(EventType::CloseRecall.name()));
}
