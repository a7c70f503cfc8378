//! What the cells of a row say: text, a number, or a time, as the mapping declares for their column.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::times::{Span, TimeFormat};
use lotgraph_domain::quantity::parse_decimal;

/// How a column's cells are read.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Verbatim.
    Text,
    /// A decimal number, handed on with a point and without separators.
    Number(NumberFormat),
    /// A time.
    Time(Arc<TimeFormat>),
    /// No column of the file: the number of the line that the row starts on.
    Line,
}

/// How a file writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberFormat {
    /// Between whole and fraction: a point or a comma.
    pub decimal: char,
    /// Between groups of three digits, if any.
    pub thousands: Option<char>,
    /// Whether a power of ten may follow, as spreadsheets write small numbers: `7.08E-05`.
    pub exponent: bool,
}

/// A column that the mapping uses.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in the file's header.
    pub name: Arc<str>,
    /// How its cells are read.
    pub kind: Kind,
    /// Whether a cell that looks like a list is a single name all the same.
    pub single: bool,
}

/// Why a cell cannot be read: its column, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellProblem {
    /// Number of the column in the mapping's list.
    pub column: usize,
    /// The reason, to be read after the column's name.
    pub message: String,
}

/// One row, seen through the mapping's list of columns.
pub struct Cells<'r> {
    /// The columns of the mapping.
    pub columns: &'r [Column],
    /// For each column of the mapping, its place in the file; none for the number of the line.
    pub places: &'r [Option<usize>],
    /// The number of the line.
    pub line: &'r str,
    /// The text of the row.
    pub text: &'r str,
    /// The cells of the file, in order.
    pub cells: &'r [Range<usize>],
    /// Texts that count as an empty cell.
    pub blanks: &'r [String],
}

impl Cells<'_> {
    /// A cell without the white space around it; `None` when it is empty.
    #[must_use]
    pub fn raw(&self, column: usize) -> Option<&str> {
        let Some(place) = self.places[column] else { return Some(self.line) };
        let cell = self.text[self.cells[place].clone()].trim();
        let blank = cell.is_empty() || self.blanks.iter().any(|blank| blank == cell);
        (!blank).then_some(cell)
    }

    fn problem(column: usize, message: String) -> CellProblem {
        CellProblem { column, message }
    }

    /// A cell as text, converted by its kind; `None` when it is empty.
    ///
    /// # Errors
    /// Says why the cell cannot be read.
    pub fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, CellProblem> {
        let Some(raw) = self.raw(column) else { return Ok(None) };
        if let Some(reason) = spreadsheet_leftover(raw) {
            return Err(Self::problem(column, format!("{raw:?} {reason}")));
        }
        match &self.columns[column].kind {
            Kind::Text | Kind::Line => Ok(Some(Cow::Borrowed(raw))),
            Kind::Number(format) => match format.plain(raw) {
                Some(number) => Ok(Some(number)),
                None => Err(Self::problem(
                    column,
                    format!("{raw:?} is not a number written like {}", format.example()),
                )),
            },
            Kind::Time(_) => Ok(self.span(column)?.map(|span| Cow::Owned(span.first.to_string()))),
        }
    }

    /// A cell as a span of time; `None` when it is empty.
    ///
    /// # Errors
    /// Says why the cell cannot be read.
    pub fn span(&self, column: usize) -> Result<Option<Span>, CellProblem> {
        let (Some(raw), Kind::Time(format)) = (self.raw(column), &self.columns[column].kind) else {
            return Ok(None);
        };
        if let Some(reason) = spreadsheet_leftover(raw) {
            return Err(Self::problem(column, format!("{raw:?} {reason}")));
        }
        let span = format.parse(raw);
        span.map(Some).map_err(|message| Self::problem(column, format!("{raw:?} {message}")))
    }
}

/// Why a cell holds what a spreadsheet shows and not a value: a formula for a text, or the name of an error.
fn spreadsheet_leftover(cell: &str) -> Option<String> {
    const ERRORS: [&str; 8] =
        ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA"];
    if let Some(formula) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return Some(format!(
            "is a spreadsheet's formula for the text {formula:?}; write {formula} without = and quotes, as by saving the column as text"
        ));
    }
    if ERRORS.contains(&cell) {
        return Some(
            "is an error of a spreadsheet; correct it there, or name it in empty under [file] if it means an empty cell"
                .to_owned(),
        );
    }
    let too_narrow = cell.len() >= 3 && cell.bytes().all(|byte| byte == b'#');
    too_narrow.then(|| {
        "is what a spreadsheet shows for a number or time that its column is too narrow for; widen it and save the file again"
            .to_owned()
    })
}

/// Whether a cell that should name one thing names several, or none: parts between commas and the like, or brackets.
#[must_use]
pub fn looks_like_list(cell: &str) -> bool {
    let bracketed = [('[', ']'), ('{', '}')]
        .iter()
        .any(|(open, close)| cell.starts_with(*open) && cell.ends_with(*close));
    bracketed || cell.contains([',', ';', '|', '\n', '\r', '\t', '、', '，', '；'])
}

impl NumberFormat {
    fn example(self) -> String {
        let group = self.thousands.map(String::from).unwrap_or_default();
        format!("1{group}234{}5", self.decimal)
    }

    /// The number in plain digits with a point; `None` when the text is not a number in this format.
    #[must_use]
    pub fn plain(self, text: &str) -> Option<Cow<'_, str>> {
        match text.split_once(['e', 'E']).filter(|_| self.exponent) {
            Some((digits, power)) => shifted(&self.digits(digits)?, power).map(Cow::Owned),
            None => self.digits(text),
        }
    }

    fn digits(self, text: &str) -> Option<Cow<'_, str>> {
        let (whole, fraction) = match text.split_once(self.decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let grouped = self.thousands.filter(|separator| digits.contains(*separator));
        let whole_fits = match grouped {
            None => is_digits(digits),
            Some(separator) => digits.split(separator).enumerate().all(|(n, group)| {
                is_digits(group) && if n == 0 { group.len() <= 3 } else { group.len() == 3 }
            }),
        };
        if !whole_fits || !fraction.is_none_or(is_digits) {
            return None;
        }
        if grouped.is_none() && (self.decimal == '.' || fraction.is_none()) {
            return Some(Cow::Borrowed(text));
        }
        let mut plain: String = whole.chars().filter(|c| Some(*c) != grouped).collect();
        if let Some(fraction) = fraction {
            plain.push('.');
            plain.push_str(fraction);
        }
        Some(Cow::Owned(plain))
    }
}

/// Plain digits times a power of ten, exactly; `None` when that is no number, or has more digits than a decimal holds.
fn shifted(digits: &str, power: &str) -> Option<String> {
    let sign_and_digits = power.strip_prefix(['+', '-']).unwrap_or(power);
    if sign_and_digits.is_empty() || !sign_and_digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let power: i32 = power.parse().ok()?;
    let mut number = parse_decimal(digits)?;
    let scale = i64::from(number.scale()) - i64::from(power);
    if scale >= 0 {
        number.set_scale(u32::try_from(scale).ok()?).ok()?;
    } else {
        number.set_scale(0).ok()?;
        for _ in scale..0 {
            number = number.checked_mul(Decimal::TEN)?;
        }
    }
    Some(number.normalize().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_declared_and_never_guessed() {
        let german = NumberFormat { decimal: ',', thousands: Some('.'), exponent: false };
        let plain = |format: NumberFormat, text: &str| format.plain(text).map(Cow::into_owned);
        assert_eq!(plain(german, "1.234.567,50").as_deref(), Some("1234567.50"));
        assert_eq!(plain(german, "-3,5").as_deref(), Some("-3.5"));
        assert_eq!(plain(german, "1234").as_deref(), Some("1234"));
        for text in
            ["1,234.5", "12.34", "1.2345", "", ",5", "5,", "1e5", "１２", "NaN", "+5", "1.23.456", "--1"]
        {
            assert_eq!(plain(german, text), None, "{text}");
        }
        let point = NumberFormat { decimal: '.', thousands: None, exponent: false };
        assert_eq!(plain(point, "109.999").as_deref(), Some("109.999"));
        assert_eq!(plain(point, "1,5"), None);
        assert_eq!(plain(point, "1,234"), None);
        assert_eq!(plain(point, "7.08E-05"), None, "only when it is declared");
        let scientific = NumberFormat { exponent: true, ..point };
        for (text, expected) in [
            ("7.08E-05", Some("0.0000708")),
            ("-1.5e3", Some("-1500")),
            ("2E+0", Some("2")),
            ("0e9", Some("0")),
            ("12.5", Some("12.5")),
            ("1e", None),
            ("1e+", None),
            ("1e1.5", None),
            ("e5", None),
            ("1e-29", None),
            ("1e30", None),
            ("1e99999999999", None),
        ] {
            assert_eq!(plain(scientific, text).as_deref(), expected, "{text}");
        }
        let comma = NumberFormat { exponent: true, ..german };
        assert_eq!(plain(comma, "1.234,5E-1").as_deref(), Some("123.45"));
    }
}
