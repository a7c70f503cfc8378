//! A plant's calendar: seconds since its first local midnight, dates, and three shifts a day.

use chrono::{DateTime, Duration, NaiveDate};

use super::record;
use lotgraph_domain::{Event, Master, Shift, ShiftCode, Timestamp};

/// Seconds since the plant's first local midnight.
pub(super) type Second = i64;

/// One minute.
pub(super) const MINUTE: Second = 60;
/// One hour.
pub(super) const HOUR: Second = 3_600;
/// One day.
pub(super) const DAY: Second = 86_400;

/// Shifts are eight hours long; the first of a day begins at six.
const SHIFT: Second = 8 * HOUR;
const FIRST_SHIFT: Second = 6 * HOUR;

/// Where and when a plant works.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    first_day: NaiveDate,
    offset_hours: i64,
}

impl Calendar {
    /// A calendar that starts on this date, in a zone with a fixed offset from UTC.
    pub(super) fn new(first_day: NaiveDate, offset_hours: i64) -> Self {
        Self { first_day, offset_hours }
    }

    /// The moment at a second of this calendar.
    pub(super) fn at(&self, second: Second) -> Timestamp {
        let midnight: DateTime<_> = self.first_day.and_time(chrono::NaiveTime::MIN).and_utc();
        let seconds = midnight.timestamp() + second - self.offset_hours * HOUR;
        Timestamp::from_micros(seconds * 1_000_000)
            .expect("plants are bounded so that their calendar stays inside the accepted years")
    }

    /// The local date at a second of this calendar.
    pub(super) fn date(&self, second: Second) -> NaiveDate {
        self.first_day + Duration::days(second.div_euclid(DAY))
    }

    /// Month and day as people write them into ids: `0314`.
    pub(super) fn label(&self, second: Second) -> String {
        self.date(second).format("%m%d").to_string()
    }

    /// The number of the shift that works at this second. It grows by one every eight hours.
    pub(super) fn shift_number(second: Second) -> i64 {
        (second - FIRST_SHIFT).div_euclid(SHIFT)
    }

    /// The code of a shift: the date on which it starts, and A, B or C.
    pub(super) fn shift(&self, number: i64) -> ShiftCode {
        let date = self.date(number.div_euclid(3) * DAY);
        record::shift(&format!("{date}/{}", ["A", "B", "C"][number.rem_euclid(3) as usize]))
    }

    /// The declaration of a shift.
    pub(super) fn declare_shift(&self, number: i64) -> Event {
        let start = number * SHIFT + FIRST_SHIFT;
        let name = ["Early shift", "Late shift", "Night shift"][number.rem_euclid(3) as usize];
        record::master(Master::Shift(Shift {
            code: self.shift(number),
            declared: true,
            name: Some(record::text(name)),
            starts_at: Some(self.at(start)),
            ends_at: Some(self.at(start + SHIFT)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_shift_belongs_to_the_date_it_starts_on() {
        let first = NaiveDate::from_ymd_opt(2026, 3, 1).expect("a date");
        let calendar = Calendar::new(first, 2);
        assert_eq!(calendar.at(6 * HOUR).to_string(), "2026-03-01T04:00:00Z");
        let night = Calendar::shift_number(DAY + 2 * HOUR);
        assert_eq!(calendar.shift(night).as_str(), "2026-03-01/C");
        assert_eq!(calendar.shift(Calendar::shift_number(DAY + 6 * HOUR)).as_str(), "2026-03-02/A");
        assert_eq!(calendar.label(13 * DAY), "0314");
    }
}
