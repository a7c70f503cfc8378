//! Conditions on the attributes of lots: a text that is equal, a number within a limit.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::identifier::TextError;
use super::quantity::parse_decimal;
use super::{Attributes, Text};

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeTest {
    /// This text.
    Is(Text),
    /// Any other text.
    IsNot(Text),
    /// A number below this one.
    Below(Decimal),
    /// A number no greater than this one.
    AtMost(Decimal),
    /// A number above this one.
    Above(Decimal),
    /// A number no smaller than this one.
    AtLeast(Decimal),
}

/// A condition on one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeCondition {
    /// The name of the attribute.
    pub name: Text,
    /// What its value must be.
    pub test: AttributeTest,
}

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// No operator in it.
    #[error(
        "is no condition; write NAME=TEXT, NAME!=TEXT, NAME<NUMBER, NAME<=NUMBER, NAME>NUMBER or NAME>=NUMBER"
    )]
    NoOperator,
    /// The name or the text is refused.
    #[error("has a name or a text that {0}")]
    Text(#[from] TextError),
    /// A limit that is not a number.
    #[error("compares with {0:?}, which is not a plain decimal number such as 86.5")]
    NotANumber(String),
}

impl AttributeCondition {
    /// Reads `result=FAIL`, `result!=PASS`, `dissolution<90`, and likewise `<=`, `>`, `>=`.
    ///
    /// # Errors
    /// Says why the text is no condition.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let start = text.find(['=', '!', '<', '>']).ok_or(ConditionError::NoOperator)?;
        let (name, rest) = text.split_at(start);
        let number = |text: &str| {
            parse_decimal(text.trim()).ok_or_else(|| ConditionError::NotANumber(text.trim().to_owned()))
        };
        let word = |text: &str| Text::parse(text.trim());
        // The longer operators first: `<` begins `<=` too.
        let test = if let Some(value) = rest.strip_prefix("!=") {
            AttributeTest::IsNot(word(value)?)
        } else if let Some(limit) = rest.strip_prefix("<=") {
            AttributeTest::AtMost(number(limit)?)
        } else if let Some(limit) = rest.strip_prefix(">=") {
            AttributeTest::AtLeast(number(limit)?)
        } else if let Some(limit) = rest.strip_prefix('<') {
            AttributeTest::Below(number(limit)?)
        } else if let Some(limit) = rest.strip_prefix('>') {
            AttributeTest::Above(number(limit)?)
        } else if let Some(value) = rest.strip_prefix('=') {
            AttributeTest::Is(word(value)?)
        } else {
            return Err(ConditionError::NoOperator);
        };
        Ok(Self { name: word(name)?, test })
    }

    /// Whether attributes fulfil it. `None`: nobody can tell, because a limit is set for a number that they lack. A text
    /// that is not there is simply another one: only failures may be marked.
    #[must_use]
    pub fn holds(&self, attributes: &Attributes) -> Option<bool> {
        let value = attributes.get(&self.name);
        let compared = |limit: &Decimal| {
            value.and_then(|text| parse_decimal(text.as_str())).map(|number| number.cmp(limit))
        };
        match &self.test {
            AttributeTest::Is(text) => Some(value == Some(text)),
            AttributeTest::IsNot(text) => Some(value != Some(text)),
            AttributeTest::Below(limit) => compared(limit).map(Ordering::is_lt),
            AttributeTest::AtMost(limit) => compared(limit).map(Ordering::is_le),
            AttributeTest::Above(limit) => compared(limit).map(Ordering::is_gt),
            AttributeTest::AtLeast(limit) => compared(limit).map(Ordering::is_ge),
        }
    }
}

/// Whether attributes fulfil all conditions. `None`: none is known to fail, and nobody can tell of some.
#[must_use]
pub fn all_hold(conditions: &[AttributeCondition], attributes: &Attributes) -> Option<bool> {
    let verdicts = || conditions.iter().map(|condition| condition.holds(attributes));
    if verdicts().any(|verdict| verdict == Some(false)) {
        return Some(false);
    }
    verdicts().all(|verdict| verdict.is_some()).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        let text = |text: &str| Text::parse(text).unwrap();
        pairs.iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    fn holds(condition: &str, pairs: &[(&str, &str)]) -> Option<bool> {
        AttributeCondition::parse(condition).unwrap().holds(&attributes(pairs))
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_texts_as_texts() {
        let lot = [("dissolution", "86.50"), ("result", "FAIL")];
        for (condition, expected) in [
            ("dissolution<86.5", false),
            ("dissolution<=86.5", true),
            ("dissolution > 9", true),
            ("dissolution>=100", false),
            ("dissolution=86.5", false),
            ("result=FAIL", true),
            ("result != FAIL", false),
            ("other=x", false),
            ("other!=x", true),
        ] {
            assert_eq!(holds(condition, &lot), Some(expected), "{condition}");
        }
        assert_eq!(holds("other<1", &lot), None, "nobody can tell");
        assert_eq!(holds("result<1", &lot), None);
    }

    #[test]
    fn one_failure_decides_and_one_gap_leaves_open() {
        let conditions = ["a<1", "b=x"].map(|text| AttributeCondition::parse(text).unwrap());
        assert_eq!(all_hold(&conditions, &attributes(&[("b", "y")])), Some(false));
        assert_eq!(all_hold(&conditions, &attributes(&[("b", "x")])), None);
        assert_eq!(all_hold(&conditions, &attributes(&[("a", "0.5"), ("b", "x")])), Some(true));
        assert_eq!(all_hold(&[], &attributes(&[])), Some(true));
    }

    #[test]
    fn what_is_no_condition_says_why() {
        let error = |text: &str| AttributeCondition::parse(text).unwrap_err();
        assert_eq!(error("FAIL"), ConditionError::NoOperator);
        assert_eq!(error("a!b"), ConditionError::NoOperator);
        assert_eq!(error("a<1e3"), ConditionError::NotANumber("1e3".to_owned()));
        assert_eq!(error("=x"), ConditionError::Text(TextError::Empty));
        assert_eq!(error("a="), ConditionError::Text(TextError::Empty));
    }
}
