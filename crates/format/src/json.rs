//! Strict JSON: like serde_json, but a field named twice is an error, since one of the two would be lost.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::gauge::{Gauge, ITEM_BYTES, NODE_BYTES, NODE_FIELDS};
use super::problems::{named, quoted};
use super::signature;
use lotgraph_domain::{ErrorCode, Problem};

/// What Windows programs put before UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Marks the error of a repeated field among serde_json's own.
const DUPLICATE: &str = "duplicate field";

/// JSON that cannot be read: where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// The most digits that a number with a fraction may have: with more, the nearest binary number can be another decimal
/// (DBL_DIG, IEEE 754 double precision).
const DIGITS_MAX: usize = 15;

/// How much of a text is read into memory; what is beyond is skipped, and the text is read to its end all the same.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Items of one list.
    pub items_max: usize,
    /// Bytes of memory that the values take, as they are estimated.
    pub memory_max: usize,
}

impl Bounds {
    /// Everything is read.
    pub const NONE: Self = Self { items_max: usize::MAX, memory_max: usize::MAX };
}

/// A value that was read within bounds.
#[derive(Debug)]
pub struct Bounded {
    /// The value; without what was skipped.
    pub value: Value,
    /// Why something was skipped, and where it stands in the value.
    pub skipped: Option<Problem>,
}

/// Reads one JSON value that fills the whole text; a byte order mark before it is skipped, as RFC 8259 allows.
///
/// # Errors
/// Says where the text stops being JSON, names a field twice, or has a number that would not be kept exactly.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    parse_within(bytes, Bounds::NONE).map(|bounded| bounded.value)
}

/// As [`parse`], without taking more memory than the bounds allow.
///
/// # Errors
/// As [`parse`]. That something was skipped is no error here.
pub fn parse_within(bytes: &[u8], bounds: Bounds) -> Result<Bounded, JsonError> {
    let gauge = Gauge::new(bounds);
    let value = read(bytes, &gauge, Strict(&gauge))?;
    Ok(Bounded { value, skipped: gauge.take_skipped() })
}

/// Reads a text by a seed that measures with a gauge.
pub(super) fn read<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    gauge: &Gauge,
    seed: S,
) -> Result<S::Value, JsonError> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if let Some(kind) = signature::of(bytes) {
        let problem = Problem::new(ErrorCode::FileNotText, "", kind.message("JSON"));
        return Err(JsonError { line: 1, column: 1, problem });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = seed.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    if value.is_ok()
        && gauge.inexact.get()
        && let Some(error) = overlong_number(bytes)
    {
        return Err(error);
    }
    value.map_err(|error| {
        let text = error.to_string();
        // serde_json ends its messages with the place, which has fields of its own here.
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let code =
            if message.starts_with(DUPLICATE) { ErrorCode::FieldDuplicate } else { ErrorCode::JsonMalformed };
        JsonError {
            line: error.line().max(1),
            column: error.column().max(1),
            problem: Problem::new(code, "", message),
        }
    })
}

/// The first number, outside of texts, that has a fraction or an exponent and more digits than are kept exactly.
fn overlong_number(bytes: &[u8]) -> Option<JsonError> {
    let (mut line, mut line_start, mut at) = (1, 0, 0);
    while at < bytes.len() {
        let length = match bytes[at] {
            b'"' => text_length(&bytes[at..]),
            b'-' | b'0'..=b'9' => {
                let number = bytes[at..].split(|byte| !b"+-.eE0123456789".contains(byte)).next()?;
                if !is_exact(number) {
                    let message = format!(
                        "the number {} has more than {DIGITS_MAX} digits; send it as text in quotes",
                        String::from_utf8_lossy(&number[..number.len().min(60)])
                    );
                    let problem = Problem::new(ErrorCode::NumberInexact, "", message);
                    return Some(JsonError { line, column: at - line_start + 1, problem });
                }
                number.len()
            }
            b'\n' => {
                (line, line_start) = (line + 1, at + 1);
                1
            }
            _ => 1,
        };
        at += length;
    }
    None
}

/// The bytes of a text with its quotes.
fn text_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// Whether a number is kept as it is written. Whole numbers are, when they fit 64 bits.
fn is_exact(number: &[u8]) -> bool {
    let mantissa = number.split(|byte| matches!(byte, b'e' | b'E')).next().unwrap_or_default();
    let digits = mantissa.iter().filter(|byte| byte.is_ascii_digit()).skip_while(|digit| **digit == b'0');
    let fits = std::str::from_utf8(number)
        .is_ok_and(|text| text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok());
    fits || digits.count() <= DIGITS_MAX
}

/// Reads strictly, and measures meanwhile.
#[derive(Clone, Copy)]
pub(super) struct Strict<'a>(pub(super) &'a Gauge);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        self.0.inexact.set(true);
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(if self.0.text(value.len()) { Value::String(value.to_owned()) } else { Value::Null })
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.0.enter();
        let mut array = Vec::new();
        while array.len() < self.0.bounds.items_max && self.0.take(ITEM_BYTES) {
            let Some(item) = items.next_element_seed(self)? else {
                self.0.leave();
                return Ok(Value::Array(array));
            };
            self.0.locate(|| format!("[{}]", array.len()));
            array.push(item);
        }
        let mut count = array.len();
        while items.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        if count > array.len() && array.len() == self.0.bounds.items_max {
            self.0.too_many(count);
        }
        self.0.leave();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        self.0.enter();
        self.0.part();
        let mut object = Map::new();
        while self.0.take(if object.len().is_multiple_of(NODE_FIELDS) { NODE_BYTES } else { 0 }) {
            let Some(name) = fields.next_key::<String>()? else {
                self.0.leave();
                return Ok(Value::Object(object));
            };
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("{DUPLICATE} {}", quoted(&name))));
            }
            self.0.take(name.len());
            let value = fields.next_value_seed(self)?;
            self.0.locate(|| format!(".{}", named(&name)));
            object.insert(name, value);
        }
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.0.leave();
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_field_is_an_error_with_its_place() {
        let error = parse(b"{\"a\":1,\n \"b\":{\"c\":1,\"c\":2}}").expect_err("c stands twice");
        assert_eq!(error.problem.code, ErrorCode::FieldDuplicate);
        assert_eq!((error.line, error.problem.message.as_str()), (2, "duplicate field \"c\""));
    }

    #[test]
    fn a_number_is_kept_exactly_or_refused() {
        for exact in [
            "0.123456789012345",
            "18446744073709551615",
            "-9223372036854775808",
            "12.5e3",
            "0.000000000000000000001",
            "\"1.2345678901234567\"",
        ] {
            let text = format!("{{\"a\\\"1.2345678901234567\": [{exact}, 1.5]}}");
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
        }
        for inexact in
            ["0.1234567890123456", "123456789012.123456789", "18446744073709551616", "1.00000000000000000001"]
        {
            let text = format!("{{\"a\": 1,\n \"b\": {inexact}}}");
            let error = parse(text.as_bytes()).expect_err(inexact);
            assert_eq!((error.problem.code, error.line, error.column), (ErrorCode::NumberInexact, 2, 7));
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_other_files_are_named() {
        assert!(parse(b"\xEF\xBB\xBF{\"a\":1}").is_ok());
        assert!(parse(b"\xEF\xBB\xBF\xEF\xBB\xBF{}").is_err());
        let error = parse(b"\x1f\x8b\x08\0").expect_err("gzip");
        assert_eq!(error.problem.code, ErrorCode::FileNotText);
        assert!(error.problem.message.contains("compressed with gzip"), "{error:?}");
    }

    #[test]
    fn malformed_text_has_a_place() {
        let error = parse(b"{\"a\": nope}").expect_err("not JSON");
        assert_eq!((error.problem.code, error.line), (ErrorCode::JsonMalformed, 1));
        assert!(error.column >= 7, "{error:?}");
        assert!(parse(b"{} {}").is_err());
        assert!(parse(&[b'['; 100_000]).is_err(), "nesting is bounded");
    }
}
