//! The simplest values in JSON Schema. The patterns are such that ECMA-262 and most other dialects read them alike.

use serde_json::{Value, json};

use lotgraph_domain::identifier::{IDENTIFIER_CHARS_MAX, TEXT_CHARS_MAX, UNIT_CHARS_MAX, UNIT_SYMBOLS};
use lotgraph_domain::quantity::AMOUNT_LIMIT;

/// White space as Unicode has it, of what is not a control character.
const SPACE: &str = r"\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// Control characters.
const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";

/// An identifier or code.
pub fn identifier() -> Value {
    json!({
        "description": "An identifier or code: no control characters, no white space at either end.",
        "type": "string",
        "minLength": 1,
        "maxLength": IDENTIFIER_CHARS_MAX,
        "not": { "pattern": format!("[{CONTROL}]|^[{SPACE}]|[{SPACE}]$") },
    })
}

/// A text.
pub fn text() -> Value {
    json!({
        "description": "A text: no control characters, and not only white space.",
        "type": "string",
        "minLength": 1,
        "maxLength": TEXT_CHARS_MAX,
        "pattern": format!("[^{SPACE}]"),
        "not": { "pattern": format!("[{CONTROL}]") },
    })
}

/// Characters inside the brackets of a pattern.
fn in_class(characters: &str) -> String {
    let escaped = |c: char| if "-[]^\\".contains(c) { format!("\\{c}") } else { c.to_string() };
    characters.chars().map(escaped).collect()
}

/// A code of a unit.
pub fn unit() -> Value {
    json!({
        "description": "A unit: a code of UN/ECE Recommendation 20 such as KGM, LTR, H87, or of UCUM such as m/s2. Case matters.",
        "type": "string",
        "minLength": 1,
        "maxLength": UNIT_CHARS_MAX,
        "not": { "pattern": format!("[^0-9A-Za-z{}]", in_class(UNIT_SYMBOLS)) },
    })
}

/// A moment. In UTC it lies in the years 1900 to 2199, so that by an offset it may seem to lie a day beside them.
pub fn time() -> Value {
    let date = "(?:1899-12-31|2200-01-01|(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))";
    let clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:[.][0-9]+)?";
    let offset = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
    json!({
        "description": "A date and time with an offset from UTC (RFC 3339), kept to the microsecond.",
        "type": "string",
        "format": "date-time",
        "pattern": format!("^{date}[Tt ]{clock}{offset}$"),
    })
}

/// An amount above zero.
pub fn amount() -> Value {
    json!({
        "description": "An exact decimal above 0, best as text: at most 9 decimal places, no exponent.",
        "type": ["string", "number"],
        "pattern": "^0*(?:[0-9]{1,12}[.]?|[0-9]{0,12}[.][0-9]{1,9}0*)$",
        "not": { "type": "string", "pattern": "^[0.]*$" },
        "exclusiveMinimum": 0,
        "exclusiveMaximum": AMOUNT_LIMIT,
    })
}

/// What a count found.
pub fn counted_amount() -> Value {
    json!({
        "description": "An exact decimal, 0 or more, best as text: at most 9 decimal places, no exponent.",
        "type": ["string", "number"],
        "pattern": "^(?:-(?:0+[.]?0*|[.]0+)|0*(?:[0-9]{1,12}[.]?|[0-9]{0,12}[.][0-9]{1,9}0*))$",
        "minimum": 0,
        "exclusiveMaximum": AMOUNT_LIMIT,
    })
}

/// How much of one unit another is.
pub fn factor() -> Value {
    json!({
        "description": "An exact decimal above 0, best as text: at most 12 decimal places, no exponent.",
        "type": ["string", "number"],
        "pattern": "^0*(?:[0-9]{1,12}[.]?|[0-9]{0,12}[.][0-9]{1,12}0*)$",
        "not": { "type": "string", "pattern": "^[0.]*$" },
        "exclusiveMinimum": 0,
        "exclusiveMaximum": AMOUNT_LIMIT,
    })
}

/// A tolerance in percent.
pub fn tolerance_percent() -> Value {
    json!({
        "description": "An exact decimal from 0 to 100, best as text: at most 6 decimal places, no exponent.",
        "type": ["string", "number"],
        "pattern": "^0*(?:100[.]?0*|[0-9]{1,2}[.]?|[0-9]{0,2}[.][0-9]{1,6}0*)$",
        "minimum": 0,
        "maximum": 100,
    })
}

/// A yield in percent.
pub fn yield_percent() -> Value {
    json!({
        "description": "An exact decimal from 0 to below 100000, best as text: at most 6 decimal places, no exponent.",
        "type": ["string", "number"],
        "pattern": "^0*(?:[0-9]{1,5}[.]?|[0-9]{0,5}[.][0-9]{1,6}0*)$",
        "minimum": 0,
        "exclusiveMaximum": 100_000,
    })
}

/// Any decimal.
pub fn decimal() -> Value {
    json!({
        "description": "An exact decimal, best as text: no exponent.",
        "type": ["string", "number"],
        "pattern": "^-?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)$",
    })
}
