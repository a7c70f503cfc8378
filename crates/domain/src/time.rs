//! Points in time, kept in UTC with microseconds.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use super::code::ErrorCode;

/// The first microsecond accepted: 1900-01-01T00:00:00Z.
pub const EARLIEST_MICROS: i64 = -2_208_988_800_000_000;
/// The first microsecond no longer accepted: 2200-01-01T00:00:00Z.
pub const LATEST_MICROS: i64 = 7_258_118_400_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// Why a time is refused, with the public code to report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not an RFC 3339 date and time.
    #[error("is not a date and time: write it like 2026-01-05T06:10:00+08:00")]
    Malformed,
    /// A local time whose zone nobody can know.
    #[error("has no offset from UTC: add it, for example 2026-01-05T06:10:00+08:00 or …Z")]
    WithoutOffset,
    /// Outside 1900-01-01 to 2199-12-31, surely a slip of the clock or the keyboard.
    #[error("lies outside the years 1900 to 2199")]
    OutOfRange,
}

impl TimeError {
    /// The public code of this refusal.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed => ErrorCode::TimeInvalid,
            Self::WithoutOffset => ErrorCode::TimeWithoutOffset,
            Self::OutOfRange => ErrorCode::TimeOutOfRange,
        }
    }
}

impl Timestamp {
    /// The first moment there is: nothing happened before.
    pub const EARLIEST: Self = Self(EARLIEST_MICROS);

    /// Reads an RFC 3339 date and time with an offset; digits beyond microseconds are cut.
    ///
    /// # Errors
    /// Says why the text is not one.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Self::from_micros(time.timestamp_micros()),
            Err(_) if lacks_offset(text) => Err(TimeError::WithoutOffset),
            Err(_) => Err(TimeError::Malformed),
        }
    }

    /// Wraps microseconds since the epoch.
    ///
    /// # Errors
    /// Refuses times outside the accepted years.
    pub fn from_micros(micros: i64) -> Result<Self, TimeError> {
        if (EARLIEST_MICROS..LATEST_MICROS).contains(&micros) {
            Ok(Self(micros))
        } else {
            Err(TimeError::OutOfRange)
        }
    }

    /// The current time of this machine's clock.
    #[must_use]
    pub fn now() -> Self {
        Self(Utc::now().timestamp_micros().clamp(EARLIEST_MICROS, LATEST_MICROS - 1))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0
    }

    /// The same moment as a chrono UTC time.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        // The accepted range lies far inside chrono's own.
        Utc.timestamp_micros(self.0).single().unwrap_or(DateTime::<Utc>::MIN_UTC)
    }
}

fn lacks_offset(text: &str) -> bool {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .any(|format| chrono::NaiveDateTime::parse_from_str(text, format).is_ok())
        || chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_needed_and_folded_into_utc() {
        let time = Timestamp::parse("2026-01-05T06:10:00+08:00").expect("a time with an offset");
        assert_eq!(time.to_string(), "2026-01-04T22:10:00Z");
        assert_eq!(Timestamp::parse("2026-01-05T06:10:00"), Err(TimeError::WithoutOffset));
        assert_eq!(Timestamp::parse("2026-01-05"), Err(TimeError::WithoutOffset));
        assert_eq!(Timestamp::parse("yesterday"), Err(TimeError::Malformed));
        assert_eq!(Timestamp::parse("9999-01-01T00:00:00Z"), Err(TimeError::OutOfRange));
        assert_eq!(Timestamp::parse("1899-12-31T23:59:59Z"), Err(TimeError::OutOfRange));
        let edge = Timestamp::from_micros(EARLIEST_MICROS).expect("the first moment");
        assert_eq!(edge.to_string(), "1900-01-01T00:00:00Z");
    }
}
