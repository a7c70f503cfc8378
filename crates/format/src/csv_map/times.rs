//! Times as files write them: chrono patterns, month names of any language, and what a date without a time means.

use std::ops::Range;

use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems};
use chrono::{Datelike, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::table::{Table, texts_of};
use lotgraph_domain::Timestamp;

/// The English names that chrono's `%b` and `%B` read.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How exactly a pattern says when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Year,
    Month,
    Day,
    /// With a time of day: a moment.
    Moment,
}

#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    items: Vec<Item<'static>>,
    precision: Precision,
    has_offset: bool,
}

/// A named way to read times, from a table `[times.NAME]`.
#[derive(Debug, Clone)]
pub struct TimeFormat {
    patterns: Vec<Pattern>,
    offset: Option<FixedOffset>,
    /// Lower-case names with the number of their month, from 0.
    months: Vec<(String, usize)>,
}

/// The span of time that a cell means: its first and last microsecond; the same for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first microsecond.
    pub first: Timestamp,
    /// The last microsecond.
    pub last: Timestamp,
}

impl TimeFormat {
    /// Reads a table `[times.NAME]`.
    pub fn read(mut table: Table<'_, '_>) -> Option<Self> {
        let patterns: Vec<Pattern> = table
            .texts("formats")
            .into_iter()
            .filter_map(|(text, span)| Pattern::read(text, &span, &table))
            .collect();
        if patterns.is_empty() {
            table
                .complaints
                .add(&table.span, "formats is missing; add at least one, like \"%d.%m.%Y %H:%M\"");
        }
        let offset = table.text("offset").and_then(|(text, span)| {
            let offset = read_offset(text);
            if offset.is_none() {
                table.complaints.add(&span, format!("offset {text:?} is not like +01:00 or Z"));
            }
            offset
        });
        let months = read_months(&mut table);
        if offset.is_none() && patterns.iter().any(|pattern| !pattern.has_offset) {
            let message = "offset is missing: a format without %z does not say its offset from UTC; add one like offset = \"+01:00\"";
            table.complaints.add(&table.span, message);
        }
        table.finish();
        Some(Self { patterns, offset, months })
    }

    /// Whether cells may mean a span of time and not a moment: then the mapping must say which end it wants.
    pub fn is_coarse(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.precision != Precision::Moment)
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// Says why it is not a time.
    pub fn parse(&self, cell: &str) -> Result<Span, String> {
        let translated = self.with_english_month(cell);
        let text = translated.as_deref().unwrap_or(cell);
        let mut failure = None;
        for pattern in &self.patterns {
            match pattern.parse(text, self.offset) {
                Some(Ok(span)) => return Ok(span),
                Some(Err(message)) => failure = Some(message),
                None => {}
            }
        }
        Err(failure.unwrap_or_else(|| {
            let formats: Vec<&str> = self.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
            let months = if self.months.is_empty() { "" } else { ", with the months that the mapping names" };
            format!("does not fit {}{months}", formats.join(" or "))
        }))
    }

    /// The cell with the first word that is a month's name replaced by the English name.
    fn with_english_month(&self, cell: &str) -> Option<String> {
        if self.months.is_empty() {
            return None;
        }
        let words = cell.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
        for word in words {
            let lower = word.to_lowercase();
            if let Some((_, month)) = self.months.iter().find(|(name, _)| *name == lower) {
                return Some(cell.replacen(word, MONTHS[*month], 1));
            }
        }
        None
    }
}

/// `months`: twelve names, or twelve lists of names.
fn read_months(table: &mut Table<'_, '_>) -> Vec<(String, usize)> {
    let Some(value) = table.take("months") else { return Vec::new() };
    let Some(array) = value.get_ref().as_array().filter(|array| array.len() == 12) else {
        table.complaints.add(&value.span(), "months must list twelve names, January first");
        return Vec::new();
    };
    let mut months = Vec::new();
    for (number, item) in array.iter().enumerate() {
        let names = match item.get_ref().as_str() {
            Some(name) => vec![(name, item.span())],
            None => texts_of(item, "months", table.complaints),
        };
        for (name, span) in names {
            let name = name.to_lowercase();
            if name.is_empty() || !name.chars().all(char::is_alphabetic) {
                table.complaints.add(&span, "a month's name must be letters only");
            } else if months.iter().any(|(known, month)| *known == name && *month != number) {
                table.complaints.add(&span, format!("{name:?} names two months"));
            }
            months.push((name, number));
        }
    }
    months
}

fn read_offset(text: &str) -> Option<FixedOffset> {
    if text == "Z" {
        return FixedOffset::east_opt(0);
    }
    let fits = text.len() == 6 && text.as_bytes()[3] == b':';
    if fits { text.parse().ok() } else { None }
}

impl Pattern {
    fn read(text: &str, span: &Range<usize>, table: &Table<'_, '_>) -> Option<Self> {
        let Ok(mut items) = StrftimeItems::new(text).parse_to_owned() else {
            table.complaints.add(span, format!("{text:?} is not a pattern of chrono's strftime"));
            return None;
        };
        if items.iter().any(|item| matches!(item, Item::Fixed(Fixed::TimezoneName))) {
            let message = format!(
                "{text:?}: %Z would take any word, and names of zones mean different offsets at different places; \
                 use %z for an offset like +01:00, or write the one word that the file has and add its offset, like \
                 \"%H:%M CET\" with offset = \"+01:00\""
            );
            table.complaints.add(span, message);
            return None;
        }
        let Some(precision) = precision(&items) else {
            table.complaints.add(span, format!("{text:?} names no year; add %Y or %y"));
            return None;
        };
        if precision != Precision::Moment && has_part_of_a_moment(&items) {
            let message = format!(
                "{text:?} reads a time of day that would be thrown away; add what is missing of the day and its hour"
            );
            table.complaints.add(span, message);
            return None;
        }
        for item in &mut items {
            // These read Z as well.
            if matches!(item, Item::Fixed(Fixed::TimezoneOffset | Fixed::TimezoneOffsetColon)) {
                *item = Item::Fixed(Fixed::TimezoneOffsetColonZ);
            }
        }
        let has_offset = items.iter().any(|item| matches!(item, Item::Fixed(fixed) if is_offset(fixed)))
            || has(&items, &[Numeric::Timestamp]);
        Some(Self { text: text.to_owned(), items, precision, has_offset })
    }

    /// `None` when the text does not fit; an error when it fits and still is no time.
    fn parse(&self, text: &str, offset: Option<FixedOffset>) -> Option<Result<Span, String>> {
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, self.items.iter()).ok()?;
        if self.precision < Precision::Day {
            parsed.set_day(1).ok()?;
        }
        if self.precision < Precision::Month {
            parsed.set_month(1).ok()?;
        }
        let offset = if self.has_offset { parsed.to_fixed_offset().ok().or(offset) } else { offset };
        let offset = offset.or_else(|| FixedOffset::east_opt(0))?;
        if self.precision == Precision::Moment {
            let moment = parsed.to_naive_datetime_with_offset(offset.local_minus_utc()).ok()?;
            return Some(timestamp(moment, offset).map(|moment| Span { first: moment, last: moment }));
        }
        let date = parsed.to_naive_date().ok()?;
        Some(self.span_of(date, offset))
    }

    fn span_of(&self, date: NaiveDate, offset: FixedOffset) -> Result<Span, String> {
        let next = match self.precision {
            Precision::Year => date.with_year(date.year() + 1),
            Precision::Month => date.checked_add_months(Months::new(1)),
            Precision::Day | Precision::Moment => date.succ_opt(),
        };
        let next = next.ok_or("lies beyond the calendar")?;
        let last = next.and_time(NaiveTime::MIN) - TimeDelta::microseconds(1);
        Ok(Span { first: timestamp(date.and_time(NaiveTime::MIN), offset)?, last: timestamp(last, offset)? })
    }
}

fn timestamp(local: NaiveDateTime, offset: FixedOffset) -> Result<Timestamp, String> {
    let moment = local.checked_sub_offset(offset).ok_or("lies beyond the calendar")?;
    Timestamp::from_micros(moment.and_utc().timestamp_micros()).map_err(|error| error.to_string())
}

fn is_offset(fixed: &Fixed) -> bool {
    matches!(
        fixed,
        Fixed::TimezoneOffset
            | Fixed::TimezoneOffsetColon
            | Fixed::TimezoneOffsetDoubleColon
            | Fixed::TimezoneOffsetTripleColon
            | Fixed::TimezoneOffsetColonZ
            | Fixed::TimezoneOffsetZ
            | Fixed::RFC2822
            | Fixed::RFC3339
    ) || is_permissive_offset(fixed)
}

/// Whether it is `%#z`, which chrono has no public name for.
fn is_permissive_offset(fixed: &Fixed) -> bool {
    matches!(StrftimeItems::new("%#z").next(), Some(Item::Fixed(known)) if known == *fixed)
}

/// Whether a pattern reads something finer than a day.
fn has_part_of_a_moment(items: &[Item<'_>]) -> bool {
    let fine = |item: &Item<'_>| match item {
        Item::Numeric(
            Numeric::Hour | Numeric::Hour12 | Numeric::Minute | Numeric::Second | Numeric::Nanosecond,
            _,
        ) => true,
        Item::Fixed(fixed) => format!("{fixed:?}").to_lowercase().contains("nano"),
        _ => false,
    };
    items.iter().any(fine)
}

fn has(items: &[Item<'_>], wanted: &[Numeric]) -> bool {
    items.iter().any(|item| matches!(item, Item::Numeric(numeric, _) if wanted.contains(numeric)))
}

fn precision(items: &[Item<'_>]) -> Option<Precision> {
    let fixed = |wanted: &[Fixed]| {
        items.iter().any(|item| matches!(item, Item::Fixed(fixed) if wanted.contains(fixed)))
    };
    let moment = has(items, &[Numeric::Timestamp]) || fixed(&[Fixed::RFC2822, Fixed::RFC3339]);
    if !moment && !has(items, &[Numeric::Year, Numeric::YearMod100, Numeric::IsoYear, Numeric::IsoYearMod100])
    {
        return None;
    }
    let month = has(items, &[Numeric::Month]) || fixed(&[Fixed::ShortMonthName, Fixed::LongMonthName]);
    let day = (month && has(items, &[Numeric::Day]))
        || has(items, &[Numeric::Ordinal, Numeric::IsoWeek, Numeric::WeekFromSun, Numeric::WeekFromMon]);
    let time = has(items, &[Numeric::Hour, Numeric::Hour12]);
    Some(match (moment || (day && time), day, month) {
        (true, _, _) => Precision::Moment,
        (_, true, _) => Precision::Day,
        (_, _, true) => Precision::Month,
        _ => Precision::Year,
    })
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::super::table::Complaints;
    use super::*;

    fn format(text: &str) -> TimeFormat {
        let complaints = Complaints::new(text);
        let table = DeTable::parse(text).expect("test mappings are TOML");
        let format = TimeFormat::read(Table::new(table.get_ref(), table.span(), &complaints));
        let problems = complaints.into_problems();
        assert!(problems.is_empty(), "{problems:?}");
        format.expect("a format without problems")
    }

    fn span(format: &TimeFormat, cell: &str) -> String {
        let span = format.parse(cell).unwrap_or_else(|message| panic!("{cell}: {message}"));
        if span.first == span.last { span.first.to_string() } else { format!("{} {}", span.first, span.last) }
    }

    #[test]
    fn a_month_is_its_first_to_its_last_microsecond() {
        let format = format(
            "formats = ['%b.%y']\noffset = '+01:00'\nmonths = ['jan','feb','mar','apr',['maj', 'may'],'jun','jul','avg','sep','okt','nov','dec']",
        );
        assert!(format.is_coarse());
        assert_eq!(span(&format, "nov.18"), "2018-10-31T23:00:00Z 2018-11-30T22:59:59.999999Z");
        assert_eq!(span(&format, "maj.19"), span(&format, "MAY.19"));
        assert_eq!(span(&format, "dec.20"), "2020-11-30T23:00:00Z 2020-12-31T22:59:59.999999Z");
        assert_eq!(span(&format, "avg.20"), "2020-07-31T23:00:00Z 2020-08-31T22:59:59.999999Z");
        for bad in ["", "18.nov", "mai.19", "nov.", "13.19", "nov.18 "] {
            assert!(format.parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn moments_days_and_years() {
        let german = format("formats = ['%d.%m.%Y %H:%M', '%d.%m.%Y', '%Y']\noffset = '+02:00'");
        assert_eq!(span(&german, "05.01.2026 06:10"), "2026-01-05T04:10:00Z");
        assert_eq!(span(&german, "05.01.2026"), "2026-01-04T22:00:00Z 2026-01-05T21:59:59.999999Z");
        assert_eq!(span(&german, "2025"), "2024-12-31T22:00:00Z 2025-12-31T21:59:59.999999Z");
        assert!(german.parse("31.02.2026").is_err());
        assert_eq!(german.parse("05.01.1066"), Err("lies outside the years 1900 to 2199".to_owned()));
        let chinese = format("formats = ['%Y年%m月%d日 %H时%M分']\noffset = '+08:00'");
        assert_eq!(span(&chinese, "2026年01月05日 06时10分"), "2026-01-04T22:10:00Z");
        assert!(!chinese.is_coarse());
        let with_offset = format("formats = ['%+', '%Y-%m-%d %H:%M %z']");
        assert_eq!(span(&with_offset, "2026-01-05T06:10:00+08:00"), "2026-01-04T22:10:00Z");
        assert_eq!(span(&with_offset, "2026-01-05 06:10 -0500"), "2026-01-05T11:10:00Z");
    }

    /// `%#z` once threw the cell's offset away: what stood in the file as 06:00-08:00 was stored as 06:00Z.
    #[test]
    fn every_way_to_write_an_offset_is_honoured() {
        for pattern in ["%z", "%:z", "%::z", "%:::z", "%#z"] {
            let format = format(&format!("formats = ['%Y-%m-%d %H:%M{pattern}']\noffset = '+05:00'"));
            assert_eq!(span(&format, "2026-01-05 06:00-08:00"), "2026-01-05T14:00:00Z", "{pattern}");
        }
        for pattern in ["%z", "%:z", "%#z"] {
            let format = format(&format!("formats = ['%Y-%m-%d %H:%M{pattern}']"));
            assert_eq!(span(&format, "2026-01-05 06:00Z"), "2026-01-05T06:00:00Z", "{pattern}");
            assert_eq!(span(&format, "2026-01-05 06:00+0100"), "2026-01-05T05:00:00Z", "{pattern}");
            assert!(format.parse("2026-01-05 06:00").is_err(), "{pattern}");
        }
        let hours = format("formats = ['%Y-%m-%d %H:%M%#z']");
        assert_eq!(span(&hours, "2026-01-05 06:00-08"), "2026-01-05T14:00:00Z");
    }

    #[test]
    fn a_pattern_that_would_throw_something_away_is_refused() {
        for (pattern, said) in [
            ("%Y-%m-%d %H:%M %Z", "%Z would take any word"),
            ("%Y-%m-%d %M", "a time of day that would be thrown away"),
            ("%Y-%m %H:%M", "a time of day that would be thrown away"),
            ("%Y-%m-%d%.3f", "a time of day that would be thrown away"),
        ] {
            let text = format!("formats = ['{pattern}']\noffset = 'Z'");
            let complaints = Complaints::new(&text);
            let table = DeTable::parse(&text).expect("test mappings are TOML");
            TimeFormat::read(Table::new(table.get_ref(), table.span(), &complaints));
            let problems = complaints.into_problems();
            assert!(problems.iter().any(|problem| problem.message.contains(said)), "{pattern}: {problems:?}");
        }
    }
}
