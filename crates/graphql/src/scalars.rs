//! Scalars: moments in time and exact decimals.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::answer::leaf;
use lotgraph_domain::Timestamp;

/// A point in time: RFC 3339 with an offset when sent, in UTC (Z) when answered; kept to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

/// A point in time: RFC 3339 with an offset when sent, in UTC (Z) when answered; kept to the microsecond.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Timestamp::parse(text)
                .map(Self)
                .map_err(|error| InputValueError::custom(format!("{text:?} {error}"))),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An exact decimal number. Answered as text, because many JSON readers round numbers; sent as text or as a number.
///
/// Sent text is kept verbatim here: whether it is a fitting amount is judged, with a path, where it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Exact(String);

impl Exact {
    /// The number as it was sent.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl From<Decimal> for Exact {
    fn from(value: Decimal) -> Self {
        Self(value.normalize().to_string())
    }
}

/// An exact decimal number. Answered as text, because many JSON readers round numbers; sent as text or as a number.
#[Scalar(name = "Decimal")]
impl ScalarType for Exact {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

leaf!(Moment, Exact);
