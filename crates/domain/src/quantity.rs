//! Exact decimal quantities with a unit; binary floating point never touches an amount.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::code::ErrorCode;
use super::identifier::UnitCode;

/// Amounts are below this many units. With [`AMOUNT_DECIMALS_MAX`] it leaves room to sum 10^7 of the largest exactly.
pub const AMOUNT_LIMIT: i64 = 1_000_000_000_000;
/// The most decimal places of an amount.
pub const AMOUNT_DECIMALS_MAX: u32 = 9;

/// An exact decimal, not negative: the amount of one movement, which is above zero, or what a count found or a line of an
/// operation lists, which may be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

/// Why an amount is refused, with the public code to report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a decimal number at all (NaN, infinity, text, exponents).
    #[error("is not a decimal number: write digits with a point, for example 12.5")]
    NotANumber,
    /// Zero or below, for a movement.
    #[error("must be greater than zero")]
    NotPositive,
    /// Below zero, where zero is allowed.
    #[error("must not be below zero")]
    Negative,
    /// At or above [`AMOUNT_LIMIT`].
    #[error("must be below {AMOUNT_LIMIT}")]
    TooLarge,
    /// More decimal places than [`AMOUNT_DECIMALS_MAX`].
    #[error("has more than {AMOUNT_DECIMALS_MAX} decimal places")]
    TooPrecise,
}

impl AmountError {
    /// The public code of this refusal.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotANumber => ErrorCode::QuantityInvalid,
            Self::NotPositive | Self::Negative => ErrorCode::QuantityNotPositive,
            Self::TooLarge => ErrorCode::QuantityTooLarge,
            Self::TooPrecise => ErrorCode::QuantityTooPrecise,
        }
    }
}

/// Reads a plain decimal number: an optional sign, digits, at most one point. No exponents, no separators.
///
/// Returns `None` for anything else, also for more than 28 significant digits.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain =
        digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.bytes().any(|b| b.is_ascii_digit());
    if plain { Decimal::from_str_exact(text).ok().map(|d| d.normalize()) } else { None }
}

impl Amount {
    /// Reads the amount of a movement, written as plain decimal digits.
    ///
    /// # Errors
    /// Says why the text is not one.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        Self::new(read(text)?)
    }

    /// Reads what may be nothing, as what a count found or a line lists, written as plain decimal digits: like
    /// [`Amount::parse`], and zero.
    ///
    /// # Errors
    /// Says why the text is not one.
    pub fn parse_counted(text: &str) -> Result<Self, AmountError> {
        Self::counted(read(text)?)
    }

    /// Wraps the amount of a movement: a decimal above zero and within bounds.
    ///
    /// # Errors
    /// Says which bound is broken.
    pub fn new(value: Decimal) -> Result<Self, AmountError> {
        if value <= Decimal::ZERO { Err(AmountError::NotPositive) } else { Self::counted(value) }
    }

    /// Wraps what a count found: a decimal not below zero and within bounds.
    ///
    /// # Errors
    /// Says which bound is broken.
    pub fn counted(value: Decimal) -> Result<Self, AmountError> {
        let value = value.normalize();
        if value < Decimal::ZERO {
            return Err(AmountError::Negative);
        }
        if value >= Decimal::from(AMOUNT_LIMIT) {
            return Err(AmountError::TooLarge);
        }
        if value.scale() > AMOUNT_DECIMALS_MAX {
            return Err(AmountError::TooPrecise);
        }
        Ok(Self(value))
    }

    /// Whether it is nothing: a count may find that, and a line of an operation may list a lot so.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Both together; `None` when that is beyond the bounds of an amount.
    #[must_use]
    pub fn plus(self, more: Self) -> Option<Self> {
        Self::counted(self.0.checked_add(more.0)?).ok()
    }

    /// This without the other; `None` when the other is more.
    #[must_use]
    pub fn less(self, other: Self) -> Option<Self> {
        Self::counted(self.0.checked_sub(other.0)?).ok()
    }

    /// The decimal value, normalised (no trailing zeros).
    #[must_use]
    pub fn value(self) -> Decimal {
        self.0
    }
}

fn read(text: &str) -> Result<Decimal, AmountError> {
    let overlong = text.len() > 40 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match parse_decimal(text) {
        Some(value) => Ok(value),
        None if overlong || is_huge(text) => Err(AmountError::TooLarge),
        None => Err(AmountError::NotANumber),
    }
}

/// A plain number whose digits alone break the bound of a decimal.
fn is_huge(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    whole.len() > 13 && digits(whole) && digits(fraction)
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        decimal::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = decimal::deserialize(deserializer)?;
        Self::counted(value).map_err(serde::de::Error::custom)
    }
}

/// An amount of something, in a unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// How much.
    pub amount: Amount,
    /// Of what unit.
    pub unit: UnitCode,
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.amount, self.unit)
    }
}

/// An exact number of hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percent(#[serde(with = "decimal")] pub Decimal);

/// Decimals on the wire: text where people read it, sixteen bytes in caches.
pub mod decimal {
    use super::{Decimal, Deserialize, Deserializer, Serialize, Serializer};

    /// Writes a decimal.
    ///
    /// # Errors
    /// Only those of the serializer.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&value.normalize().to_string())
        } else {
            value.serialize().serialize(serializer)
        }
    }

    /// Reads a decimal.
    ///
    /// # Errors
    /// Says when the text is not a decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            super::parse_decimal(&text)
                .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a decimal")))
        } else {
            <[u8; 16]>::deserialize(deserializer).map(Decimal::deserialize)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_bounded() {
        assert_eq!(Amount::parse("4000.50").map(|a| a.to_string()), Ok("4000.5".to_owned()));
        for text in ["NaN", "inf", "1e308", "1,5", "", "-", ".", "0x10", "١٢"] {
            assert_eq!(Amount::parse(text), Err(AmountError::NotANumber), "{text}");
        }
        for text in ["0", "0.000", "-1"] {
            assert_eq!(Amount::parse(text), Err(AmountError::NotPositive), "{text}");
        }
        for text in ["1000000000000", &"9".repeat(400), "99999999999999999999999999999999"] {
            assert_eq!(Amount::parse(text), Err(AmountError::TooLarge), "{text}");
        }
        assert_eq!(Amount::parse("0.0000000001"), Err(AmountError::TooPrecise));
        assert!(Amount::parse("999999999999.999999999").is_ok());
        assert_eq!(Amount::parse_counted("0.000").map(|a| a.to_string()), Ok("0".to_owned()));
        assert_eq!(Amount::parse_counted("-1"), Err(AmountError::Negative));
    }
}
