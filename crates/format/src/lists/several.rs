//! Kinds of fields that hold lists, objects and quantities.

use std::marker::PhantomData;

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, rule};
use super::kind::{Kind, Pair, Scalar, Word};
use super::list::{FieldList, write};
use super::words;
use crate::fields::Fields;
use crate::write::Object;
use lotgraph_domain::event::EVENT_ITEMS_MAX;
use lotgraph_domain::{Amount, Attributes, LotId, Quantity, Text, UnitCode};

/// A list, for a JSON Schema.
pub fn list_of(items: Value) -> Value {
    json!({ "type": "array", "items": items, "maxItems": EVENT_ITEMS_MAX })
}

/// A list of something, for a JSON Schema.
pub fn some_of(items: Value) -> Value {
    json!({ "type": "array", "items": items, "minItems": 1, "maxItems": EVENT_ITEMS_MAX })
}

/// A list of objects.
pub struct Objects<L>(PhantomData<L>);

impl<L: FieldList> Kind for Objects<L> {
    type Value = Vec<L::Item>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<L::Item>> {
        Some(fields.objects(name, L::read))
    }

    fn write(object: &mut Object<'_>, name: &'static str, items: &Vec<L::Item>) {
        object.list(name, items, |out, item| Object::write(out, |object| write::<L>(object, item, None)));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        list_of(definitions.object::<L>())
    }
}

/// A list of objects that must name at least one. That it does is tested after it was read, in the words of the event.
pub struct SomeObjects<L>(PhantomData<L>);

impl<L: FieldList> Kind for SomeObjects<L> {
    type Value = Vec<L::Item>;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<L::Item>> {
        Objects::<L>::read(fields, name)
    }

    fn write(object: &mut Object<'_>, name: &'static str, items: &Vec<L::Item>) {
        Objects::<L>::write(object, name, items);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        some_of(definitions.object::<L>())
    }
}

/// An object that may be left out.
pub struct OptionalObject<L>(PhantomData<L>);

impl<L: FieldList> Kind for OptionalObject<L> {
    type Value = Option<L::Item>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<L::Item>> {
        Some(fields.object(name, L::read))
    }

    fn write(object: &mut Object<'_>, name: &'static str, item: &Option<L::Item>) {
        if let Some(item) = item {
            object.object(name, |object| write::<L>(object, item, None));
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.object::<L>()
    }
}

/// A list of codes, each once, ordered.
pub struct Codes<T>(PhantomData<T>);

impl<T: Word> Kind for Codes<T> {
    type Value = Vec<T>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<T>> {
        Some(sorted(fields.texts(name, T::parse)))
    }

    fn write(object: &mut Object<'_>, name: &'static str, items: &Vec<T>) {
        object.texts(name, items);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        list_of(T::schema(definitions))
    }
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items.dedup();
    items
}

/// A list of lots, each once, ordered, that must name at least one.
pub struct SomeLots;

impl Kind for SomeLots {
    type Value = Vec<LotId>;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<LotId>> {
        Some(fields.some_texts(name, LotId::parse))
    }

    fn write(object: &mut Object<'_>, name: &'static str, lots: &Vec<LotId>) {
        object.texts(name, lots);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        some_of(LotId::schema(definitions))
    }
}

/// Further facts: an object of names and texts.
pub struct AttributeMap;

impl Kind for AttributeMap {
    type Value = Attributes;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Attributes> {
        Some(fields.attributes(name))
    }

    fn write(object: &mut Object<'_>, name: &'static str, attributes: &Attributes) {
        object.attributes(name, attributes);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let text = Text::schema(definitions);
        json!({
            "type": "object",
            "propertyNames": text,
            "additionalProperties": { "anyOf": [text, { "type": ["number", "boolean", "null"] }] },
        })
    }
}

/// A quantity with its unit: both, or neither. Zero lists a lot of which nothing moved.
pub struct Measured;

impl Kind for Measured {
    type Value = Option<Quantity>;

    fn read(fields: &mut Fields<'_>, _name: &'static str) -> Option<Option<Quantity>> {
        Some(fields.quantity())
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &Option<Quantity>) {
        object.plain(name, value.as_ref().map(|quantity| quantity.amount));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.named("listed", words::counted_amount)
    }
}

impl Pair for Measured {
    const SECOND_ABOUT: &'static str = UNIT;

    fn write_second(object: &mut Object<'_>, name: &'static str, value: &Option<Quantity>) {
        object.text(name, value.as_ref().map(|quantity| &quantity.unit));
    }

    fn second_schema(definitions: &mut Definitions) -> Value {
        UnitCode::schema(definitions)
    }
}

const UNIT: &str = "The unit of `quantity`; the two come together or not at all.";

/// What the schema says of an object that may have a quantity.
pub fn both_or_neither(definitions: &mut Definitions) -> Map<String, Value> {
    let (quantity, unit) = (Measured::schema(definitions), Measured::second_schema(definitions));
    rule(json!({
        "anyOf": [
            { "required": ["quantity", "unit"], "properties": { "quantity": quantity, "unit": unit } },
            { "properties": { "quantity": { "type": "null" }, "unit": { "type": "null" } } },
        ],
    }))
}

/// A quantity with its unit that was recovered: it must be there.
pub struct Recovered;

impl Kind for Recovered {
    type Value = Quantity;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, _name: &'static str) -> Option<Quantity> {
        fields.recovered()
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &Quantity) {
        object.plain(name, Some(value.amount));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.named("amount", words::amount)
    }
}

impl Pair for Recovered {
    const SECOND_ABOUT: &'static str = "The unit of `quantity`.";

    fn write_second(object: &mut Object<'_>, name: &'static str, value: &Quantity) {
        object.text(name, Some(&value.unit));
    }

    fn second_schema(definitions: &mut Definitions) -> Value {
        Measured::second_schema(definitions)
    }
}

/// An amount without a unit of its own.
pub struct AmountOnly;

impl Kind for AmountOnly {
    type Value = Option<Amount>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<Amount>> {
        Some(fields.amount(name))
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &Option<Amount>) {
        object.plain(name, *value);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Measured::schema(definitions)
    }
}

/// What a count found: it must be there, and may be zero.
pub struct Counted;

impl Kind for Counted {
    type Value = Option<Quantity>;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, _name: &'static str) -> Option<Option<Quantity>> {
        fields.counted().map(Some)
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &Option<Quantity>) {
        Measured::write(object, name, value);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Measured::schema(definitions)
    }
}

impl Pair for Counted {
    const SECOND_ABOUT: &'static str = Recovered::SECOND_ABOUT;

    fn write_second(object: &mut Object<'_>, name: &'static str, value: &Option<Quantity>) {
        Measured::write_second(object, name, value);
    }

    fn second_schema(definitions: &mut Definitions) -> Value {
        Measured::second_schema(definitions)
    }
}
