//! What a list of fields is, and the macro that makes one.

use serde_json::{Map, Value};

use super::definitions::Definitions;
use crate::fields::Fields;
use crate::write::Object;
use lotgraph_domain::EventId;

/// The fields of one type of event, or of one sort of object inside an event.
pub trait FieldList {
    /// What they make up.
    type Item: 'static;

    /// What the list is called: the event's type, or a word for the object.
    const NAME: &'static str;

    /// What is written, in alphabetical order.
    const STEPS: &'static [Step<Self::Item>];

    /// Reads the fields, in the order of the list.
    fn read(fields: &mut Fields<'_>) -> Option<Self::Item>;

    /// What is to be said of each field, in the order of the list.
    fn columns(definitions: &mut Definitions) -> Vec<Column>;

    /// What a JSON Schema has to say of the fields together.
    fn rule(definitions: &mut Definitions) -> Map<String, Value>;
}

/// Writes one field.
pub struct Step<T> {
    /// The field's name.
    pub name: &'static str,
    /// Writes it, if it says anything. The id is that of the event, where it is to be written.
    pub write: fn(&mut Object<'_>, &T, Option<&EventId>),
}

impl<T> Clone for Step<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Step<T> {}

/// What is to be said of one field.
#[derive(Debug, Clone)]
pub struct Column {
    /// The field's name.
    pub name: &'static str,
    /// Whether an event without it is refused.
    pub required: bool,
    /// What it means.
    pub about: String,
    /// What a JSON Schema says of its value.
    pub schema: Value,
}

/// Writes the fields of an item.
pub fn write<L: FieldList>(object: &mut Object<'_>, item: &L::Item, id: Option<&EventId>) {
    for step in L::STEPS {
        (step.write)(object, item, id);
    }
}

/// Steps by name, sorted by the compiler: lists are ordered for people, canonical JSON is by the alphabet.
pub const fn sorted<T, const N: usize>(mut steps: [Step<T>; N]) -> [Step<T>; N] {
    let mut end = 1;
    while end < N {
        let mut at = end;
        while at > 0 && comes_before(steps[at].name, steps[at - 1].name) {
            let step = steps[at];
            steps[at] = steps[at - 1];
            steps[at - 1] = step;
            at -= 1;
        }
        end += 1;
    }
    steps
}

const fn comes_before(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return a[at] < b[at];
        }
        at += 1;
    }
    a.len() < b.len()
}

/// A comment of several lines as one.
pub fn joined(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

/// Looks at several fields together while they are being read.
pub fn check(fields: &mut Fields<'_>, check: impl FnOnce(&mut Fields<'_>)) {
    check(fields);
}

/// Makes a [`FieldList`]: `event Hold of domain::Hold { … }` or `object Input "input" of domain::Input { … }`.
///
/// A field is a comment, which documents and schema quote, the name in Rust, the name in JSON where that is another (`as`), a
/// second field of JSON that belongs to the same value (`and`), and its [`Kind`](super::Kind). A field may be followed by a
/// `check` that looks at those read so far: they are bound to their names, as `None` when they were refused. What is written
/// of such a pair may be worked out from the whole item (`from`). After the list may follow: `with`, the parts that are no fields;
/// `made by`, what turns the item as it is written into the item as it is kept; `then`, a check of the whole; `rule`, what the
/// schema says of the whole.
macro_rules! field_list {
    (event $list:ident $($rest:tt)+) => {
        field_list! {
            @list $list, lotgraph_domain::EventType::$list.name(), [
                $crate::lists::list::Step { name: "id", write: |object, _, id| object.text("id", id) },
                $crate::lists::list::Step { name: "type", write: |object, _, _| object.text("type", Some(lotgraph_domain::EventType::$list.name())) },
            ] $($rest)+
        }
    };
    (object $list:ident $name:literal $($rest:tt)+) => {
        field_list! { @list $list, $name, [] $($rest)+ }
    };
    (
        @list $list:ident, $name:expr, [$($step:expr,)*] of $item:path {
            $(
                $(#[doc = $about:literal])+
                $field:ident $(as $json:literal)? $(and $second:literal $(from $from:path)?)?: $kind:ty $(, check $check:expr)?;
            )+
        }
        $(with { $($fixed:ident: $value:expr),+ $(,)? })?
        $(made by $made:ident)?
        $(then $then:path)?
        $(; rule $rule:expr)?
    ) => {
        #[doc = concat!("The fields of `", stringify!($list), "`.")]
        pub struct $list;

        impl $crate::lists::list::FieldList for $list {
            type Item = $item;
            const NAME: &'static str = $name;
            const STEPS: &'static [$crate::lists::list::Step<Self::Item>] = &$crate::lists::list::sorted::<$item, _>([
                $(
                    $crate::lists::list::Step {
                        name: field_list!(@name $field $($json)?),
                        write: |object, item, _| {
                            <$kind as $crate::lists::kind::Kind>::write(
                                object, field_list!(@name $field $($json)?), field_list!(@value item $field $($($from)?)?),
                            );
                        },
                    },
                    $($crate::lists::list::Step {
                        name: $second,
                        write: |object, item, _| {
                            <$kind as $crate::lists::kind::Pair>::write_second(object, $second, field_list!(@value item $field $($from)?));
                        },
                    },)?
                )+
                $($step,)*
            ]);

            fn read(fields: &mut $crate::fields::Fields<'_>) -> Option<Self::Item> {
                $(
                    let $field = <$kind as $crate::lists::kind::Kind>::read(fields, field_list!(@name $field $($json)?));
                    $($crate::lists::list::check(fields, $check);)?
                )+
                // A path cannot begin a struct in a macro; another name for it can.
                type Whole = $item;
                let item = Whole { $($field: $field?,)+ $($($fixed: $value,)+)? };
                $(let item = $made(fields, item)?;)?
                $($then(fields, &item);)?
                Some(item)
            }

            fn columns(definitions: &mut $crate::lists::Definitions) -> Vec<$crate::lists::list::Column> {
                let mut columns = Vec::new();
                $(
                    columns.extend([
                        $crate::lists::list::Column {
                            name: field_list!(@name $field $($json)?),
                            required: <$kind as $crate::lists::kind::Kind>::REQUIRED,
                            about: $crate::lists::list::joined(&[$($about),+]),
                            schema: <$kind as $crate::lists::kind::Kind>::schema(definitions),
                        },
                        $($crate::lists::list::Column {
                            name: $second,
                            required: <$kind as $crate::lists::kind::Kind>::REQUIRED,
                            about: <$kind as $crate::lists::kind::Pair>::SECOND_ABOUT.to_owned(),
                            schema: <$kind as $crate::lists::kind::Pair>::second_schema(definitions),
                        },)?
                    ]);
                )+
                columns
            }

            fn rule(_definitions: &mut $crate::lists::Definitions) -> serde_json::Map<String, serde_json::Value> {
                #[allow(unused_mut, unused_assignments)]
                let mut rule = serde_json::Map::new();
                $(rule = $rule(_definitions);)?
                rule
            }
        }
    };
    (@value $item:ident $field:ident) => { &$item.$field };
    (@value $item:ident $field:ident $from:path) => { &$from($item) };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $json:literal) => { $json };
}
pub(crate) use field_list;
