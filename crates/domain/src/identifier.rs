//! Identifiers and short texts: never empty, bounded, free of control characters, otherwise kept verbatim.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::code::ErrorCode;

/// The most characters (Unicode scalar values) an identifier may have.
pub const IDENTIFIER_CHARS_MAX: usize = 200;
/// The most characters (Unicode scalar values) a free text (name, reason, attribute) may have.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// The most characters a unit code may have; UN/ECE Recommendation 20 codes have two or three, those of UCUM are composed.
pub const UNIT_CHARS_MAX: usize = 40;
/// What a unit code may have besides ASCII letters and digits: what UCUM composes units of, and what plants write.
pub const UNIT_SYMBOLS: &str = "%!#$&'()*+-./:=?@[]^_{}~°µμΩ‰²³·";

/// Why a text is refused, with the public code to report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or only white space.
    #[error("must not be empty")]
    Empty,
    /// Longer than allowed.
    #[error("has {got} characters, at most {max} are allowed")]
    TooLong {
        /// Characters found.
        got: usize,
        /// Characters allowed.
        max: usize,
    },
    /// Control characters (tab, newline, NUL …) cannot be printed, scanned or searched for.
    #[error("has the control character U+{0:04X}; remove it")]
    Control(u32),
    /// White space around an identifier makes two lots look alike.
    #[error("{side} with white space ({}); remove it", white_space(*.space))]
    Padded {
        /// Whether it stands at the start or the end.
        side: &'static str,
        /// The white space.
        space: char,
    },
    /// Not a unit code.
    #[error(
        "is not a unit code: {0:?}; use 1 to {UNIT_CHARS_MAX} characters of UN/ECE Recommendation 20 or UCUM without spaces, for example KGM, LTR, H87, m/s2"
    )]
    NotAUnit(String),
}

impl TextError {
    /// The public code of this refusal.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Empty => ErrorCode::TextEmpty,
            Self::TooLong { .. } => ErrorCode::TextTooLong,
            Self::Control(_) | Self::Padded { .. } => ErrorCode::TextInvalid,
            Self::NotAUnit(_) => ErrorCode::UnitInvalid,
        }
    }
}

fn check(text: &str, chars_max: usize) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if let Some(control) = text.chars().find(|c| c.is_control()) {
        return Err(TextError::Control(control as u32));
    }
    // Bytes bound characters from above: the common short text is never counted.
    if text.len() > chars_max {
        let got = text.chars().count();
        if got > chars_max {
            return Err(TextError::TooLong { got, max: chars_max });
        }
    }
    Ok(())
}

fn check_identifier(text: &str) -> Result<(), TextError> {
    check(text, IDENTIFIER_CHARS_MAX)?;
    let white = |c: &char| c.is_whitespace();
    if let Some(space) = text.chars().next().filter(white) {
        return Err(TextError::Padded { side: "starts", space });
    }
    match text.chars().next_back().filter(white) {
        Some(space) => Err(TextError::Padded { side: "ends", space }),
        None => Ok(()),
    }
}

/// What white space is called: a plain space by its name, any other by its number, because it looks like a plain one.
fn white_space(space: char) -> String {
    if space == ' ' { "a space".to_owned() } else { format!("U+{:04X}", u32::from(space)) }
}

fn check_text(text: &str) -> Result<(), TextError> {
    check(text, TEXT_CHARS_MAX)
}

fn check_unit(text: &str) -> Result<(), TextError> {
    check(text, IDENTIFIER_CHARS_MAX)?;
    let is_of_unit = |c: char| c.is_ascii_alphanumeric() || UNIT_SYMBOLS.contains(c);
    let short = text.len() <= UNIT_CHARS_MAX || text.chars().count() <= UNIT_CHARS_MAX;
    if short && text.chars().all(is_of_unit) { Ok(()) } else { Err(TextError::NotAUnit(text.to_owned())) }
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and wraps a text, verbatim.
            ///
            /// # Errors
            /// Says why the text cannot be one.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                $check(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;
            fn try_from(text: String) -> Result<Self, TextError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0.as_ref().to_owned()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }
    };
}

text_type!(
    /// The identity of a lot, unique over the whole genealogy.
    LotId, check_identifier
);
text_type!(
    /// The identity of an event; an operation is identified by the event that recorded it.
    EventId, check_identifier
);
text_type!(
    /// The identity of an alert, derived from what it tells of.
    AlertId, check_identifier
);
text_type!(
    /// The code of a material (ISA-95 material definition).
    MaterialCode, check_identifier
);
text_type!(
    /// The code of a piece of equipment, of any ISA-95 level from site to unit.
    EquipmentCode, check_identifier
);
text_type!(
    /// The code of a person who works on operations.
    OperatorCode, check_identifier
);
text_type!(
    /// The code of one shift on one date.
    ShiftCode, check_identifier
);
text_type!(
    /// The code of a supplier or customer.
    PartyCode, check_identifier
);
text_type!(
    /// A unit of measure, by its UN/ECE Recommendation 20 code (KGM kilogram, LTR litre, H87 piece), its UCUM code or the
    /// plant's own. Case matters: in UCUM `Pa` and `PA` are different units.
    UnitCode, check_unit
);
text_type!(
    /// A short free text: a name, a reason, a document number, an attribute.
    Text, check_text
);

impl LotId {
    /// The same characters as a text.
    #[must_use]
    pub fn to_text(&self) -> Text {
        Text(Arc::clone(&self.0))
    }
}

impl Text {
    /// A text that is known to be one.
    pub(super) fn known(text: &'static str) -> Self {
        Self(Arc::from(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_kept_verbatim() {
        let id = LotId::parse("批次-2026/01 ω").expect("any script is fine");
        assert_eq!(id.as_str(), "批次-2026/01 ω");
    }

    #[test]
    fn refusals_say_why() {
        assert_eq!(LotId::parse(" \u{3000}"), Err(TextError::Empty));
        assert_eq!(LotId::parse("A\u{7}"), Err(TextError::Control(7)));
        assert_eq!(LotId::parse("A "), Err(TextError::Padded { side: "ends", space: ' ' }));
        let padded = LotId::parse("\u{a0}A").expect_err("white space before it");
        assert_eq!(padded.to_string(), "starts with white space (U+00A0); remove it");
        let long = "批".repeat(IDENTIFIER_CHARS_MAX + 1);
        assert_eq!(LotId::parse(&long), Err(TextError::TooLong { got: 201, max: 200 }));
        assert!(LotId::parse(&"批".repeat(IDENTIFIER_CHARS_MAX)).is_ok());
        for unit in ["k g", "kg,", "kg\u{200b}", &"g".repeat(41)] {
            assert_eq!(UnitCode::parse(unit), Err(TextError::NotAUnit(unit.to_owned())));
        }
        for unit in
            ["nm/s", "ohm/sq", "m/s2", "Cel", "%", "10*3/uL", "[degF]", "{cells}/mL", "°C", "µm", "m³/h"]
        {
            assert_eq!(UnitCode::parse(unit).map(|unit| unit.to_string()), Ok(unit.to_owned()));
        }
    }
}
