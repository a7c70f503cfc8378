//! Kinds of fields: how each is read, written, and described to a JSON Schema.

use std::marker::PhantomData;

use serde_json::{Value, json};

use super::definitions::Definitions;
use super::words;
use crate::fields::Fields;
use crate::problems::quoted;
use crate::write::Object;
use lotgraph_domain::quantity::parse_decimal;
use lotgraph_domain::recall::{Limit, RecallClass};
use lotgraph_domain::{
    AlertId, Disposition, EquipmentCode, ErrorCode, EventId, HoldPolicy, LateCapture, LotId, MaterialClass,
    MaterialCode, Named, Obstacle, OperatorCode, PartyCode, PartyRole, ShiftCode, Text, Timestamp, Tracking,
    UnitCode,
};

/// A kind of field.
pub trait Kind {
    /// What the field is in Rust.
    type Value;

    /// Whether an event without the field is refused, whatever else it says.
    const REQUIRED: bool = false;

    /// Reads it and reports what is wrong with it; `None` when there is no going on without it.
    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Self::Value>;

    /// Writes it, unless it says nothing.
    fn write(object: &mut Object<'_>, name: &'static str, value: &Self::Value);

    /// What a JSON Schema says of it when it is there.
    fn schema(definitions: &mut Definitions) -> Value;
}

/// A kind of value that takes two fields of JSON: [`Kind`] is about the first, this about the second.
pub trait Pair: Kind {
    /// What the second means.
    const SECOND_ABOUT: &'static str;

    /// Writes the second.
    fn write_second(object: &mut Object<'_>, name: &'static str, value: &Self::Value);

    /// What a JSON Schema says of the second when it is there.
    fn second_schema(definitions: &mut Definitions) -> Value;
}

/// A single value that a field may hold.
pub trait Scalar: Sized {
    /// Reads it if it is there, and reports what is wrong with it.
    fn take(fields: &mut Fields<'_>, name: &'static str) -> Option<Self>;

    /// Writes it.
    fn put(&self, object: &mut Object<'_>, name: &'static str);

    /// What a JSON Schema says of it.
    fn schema(definitions: &mut Definitions) -> Value;

    /// What to say when it must be there and is not.
    fn missing(name: &str) -> String {
        format!("{name} is missing; add it")
    }
}

/// A text with rules of its own.
pub trait Word: Scalar + AsRef<str> + Ord {
    /// Checks a text.
    fn parse(text: &str) -> Result<Self, lotgraph_domain::identifier::TextError>;
}

macro_rules! word_types {
    ($($definition:ident: $($type:ty),+;)+) => {
        $($(
            impl Scalar for $type {
                fn take(fields: &mut Fields<'_>, name: &'static str) -> Option<Self> {
                    fields.parsed(name, <$type>::parse)
                }

                fn put(&self, object: &mut Object<'_>, name: &'static str) {
                    object.text(name, Some(self));
                }

                fn schema(definitions: &mut Definitions) -> Value {
                    definitions.named(stringify!($definition), words::$definition)
                }
            }

            impl Word for $type {
                fn parse(text: &str) -> Result<Self, lotgraph_domain::identifier::TextError> {
                    <$type>::parse(text)
                }
            }
        )+)+
    };
}

word_types! {
    identifier: LotId, EventId, AlertId, MaterialCode, EquipmentCode, OperatorCode, ShiftCode, PartyCode;
    text: Text;
    unit: UnitCode;
}

macro_rules! choices {
    ($($type:ty),+) => {
        $(
            impl Scalar for $type {
                fn take(fields: &mut Fields<'_>, name: &'static str) -> Option<Self> {
                    fields.choice(name, Self::ALL)
                }

                fn put(&self, object: &mut Object<'_>, name: &'static str) {
                    object.text(name, Some(self.name()));
                }

                fn schema(_: &mut Definitions) -> Value {
                    one_of(Self::ALL)
                }

                fn missing(name: &str) -> String {
                    missing_choice(name, Self::ALL)
                }
            }
        )+
    };
}

choices!(MaterialClass, HoldPolicy, LateCapture, Disposition, RecallClass, Obstacle, Tracking);

/// One of a closed list, for a JSON Schema.
pub fn one_of<T: Named>(all: &[T]) -> Value {
    let names: Vec<&str> = all.iter().map(|item| item.name()).collect();
    json!({ "enum": names })
}

/// What to say when one of a closed list must be there and is not.
pub fn missing_choice<T: Named>(name: &str, all: &[T]) -> String {
    let names: Vec<&str> = all.iter().map(|item| item.name()).collect();
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    format!("{name} is missing; add {} or {last}", others.join(", "))
}

impl Scalar for Timestamp {
    fn take(fields: &mut Fields<'_>, name: &'static str) -> Option<Self> {
        fields.time(name)
    }

    fn put(&self, object: &mut Object<'_>, name: &'static str) {
        object.plain(name, Some(self));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.named("time", words::time)
    }
}

impl Scalar for Limit {
    fn take(fields: &mut Fields<'_>, name: &'static str) -> Option<Self> {
        let text = fields.number_text(name)?;
        let limit = parse_decimal(&text);
        if limit.is_none() {
            let message = format!("{name} {} is not a decimal number; write it like 72.5", quoted(&text));
            fields.refuse(name, ErrorCode::QuantityInvalid, message);
        }
        limit.map(Limit)
    }

    fn put(&self, object: &mut Object<'_>, name: &'static str) {
        object.plain(name, Some(self.0.normalize()));
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.named("decimal", words::decimal)
    }
}

/// A value that must be there.
pub struct Required<T>(PhantomData<T>);

impl<T: Scalar> Kind for Required<T> {
    type Value = T;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<T> {
        if fields.is_absent(name) {
            fields.take(name);
            fields.refuse(name, ErrorCode::FieldMissing, T::missing(name));
            return None;
        }
        T::take(fields, name)
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &T) {
        value.put(object, name);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

/// A value that may be left out.
pub struct Optional<T>(PhantomData<T>);

impl<T: Scalar> Kind for Optional<T> {
    type Value = Option<T>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<T>> {
        Some(T::take(fields, name))
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &Option<T>) {
        if let Some(value) = value {
            value.put(object, name);
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

/// A value that events must have, though what they speak of may be known without it.
pub struct Stated<T>(PhantomData<T>);

impl<T: Scalar> Kind for Stated<T> {
    type Value = Option<T>;
    const REQUIRED: bool = true;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Option<T>> {
        Required::<T>::read(fields, name).map(Some)
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &Option<T>) {
        Optional::<T>::write(object, name, value);
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

/// One of a closed list; the default is meant where it is left out, and is left out where it is meant.
pub struct Choice<T>(PhantomData<T>);

impl<T: Scalar + Named + Default> Kind for Choice<T> {
    type Value = T;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<T> {
        Some(T::take(fields, name).unwrap_or_default())
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &T) {
        if *value != T::default() {
            value.put(object, name);
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut schema = T::schema(definitions);
        schema["default"] = T::default().name().into();
        schema
    }
}

/// True or false; the default is meant where it is left out, and is left out where it is meant.
pub struct Flag<const DEFAULT: bool>;

impl<const DEFAULT: bool> Kind for Flag<DEFAULT> {
    type Value = bool;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<bool> {
        Some(fields.flag(name).unwrap_or(DEFAULT))
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &bool) {
        if *value != DEFAULT {
            object.flag(name, *value);
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "boolean", "default": DEFAULT })
    }
}

/// Any number of a closed list, each once, ordered.
pub struct Choices<T>(PhantomData<T>);

impl Kind for Choices<PartyRole> {
    type Value = Vec<PartyRole>;

    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<PartyRole>> {
        Some(fields.choices(name, PartyRole::ALL))
    }

    fn write(object: &mut Object<'_>, name: &'static str, value: &Vec<PartyRole>) {
        let names: Vec<&str> = value.iter().map(|role| role.name()).collect();
        object.texts(name, &names);
    }

    fn schema(_: &mut Definitions) -> Value {
        super::several::list_of(one_of(PartyRole::ALL))
    }
}
