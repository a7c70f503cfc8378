//! What a recall looks for: lots, and causes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::code::ErrorCode;
use crate::identifier::{EquipmentCode, LotId, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text};
use crate::problem::Problem;
use crate::quantity::{decimal, parse_decimal};
use crate::time::Timestamp;

/// The most causes of one recall scope.
pub const CAUSES_MAX: usize = 20;

/// A limit of a process parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Limit(#[serde(with = "decimal")] pub Decimal);

/// A numeric process parameter outside its limits; at least one limit is given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ParameterOutside {
    /// The parameter's name.
    pub name: Text,
    /// Outside when below this.
    pub below: Option<Limit>,
    /// Outside when above this.
    pub above: Option<Limit>,
}

impl ParameterOutside {
    /// Whether a recorded value lies outside the limits; `None` when it is not a plain decimal number.
    #[must_use]
    pub fn is_outside(&self, value: &str) -> Option<bool> {
        let value = parse_decimal(value)?;
        let below = self.below.is_some_and(|limit| value < limit.0);
        Some(below || self.above.is_some_and(|limit| value > limit.0))
    }
}

/// What went wrong, as conditions on operations that all hold; absent ones always do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Cause {
    /// Receipts from this supplier.
    pub supplier: Option<PartyCode>,
    /// Lots received under this number of the supplier.
    pub supplier_lot: Option<Text>,
    /// Operations on this equipment, or on a part of it (ISA-95).
    pub equipment: Option<EquipmentCode>,
    /// Operations with this operator.
    pub operator: Option<OperatorCode>,
    /// Operations in this shift.
    pub shift: Option<ShiftCode>,
    /// Operations of the step with this name.
    pub step: Option<Text>,
    /// Lots of this material.
    pub material: Option<MaterialCode>,
    /// Operations under way at this moment or later.
    pub from: Option<Timestamp>,
    /// Operations under way at this moment or earlier; not before `from`.
    pub until: Option<Timestamp>,
    /// Operations with this parameter outside its limits.
    pub parameter: Option<ParameterOutside>,
}

impl Cause {
    /// Whether it names no condition, so that it would select everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with it, with the path of the field inside it.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.is_empty() {
            let message = "a cause without a condition would select everything; add at least one";
            problems.push(Problem::new(ErrorCode::CauseEmpty, "", message));
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until < from
        {
            let message = format!("until {until} lies before from {from}; correct the two times");
            problems.push(Problem::new(ErrorCode::TimeOrder, "until", message));
        }
        if let Some(parameter) = &self.parameter {
            problems.extend(parameter.problem());
        }
        problems
    }
}

impl ParameterOutside {
    fn problem(&self) -> Option<Problem> {
        match (self.below, self.above) {
            (None, None) => {
                let message = "a parameter needs a limit; add below, above or both";
                Some(Problem::new(ErrorCode::FieldMissing, "parameter", message))
            }
            (Some(below), Some(above)) if below > above => {
                let message = format!(
                    "below {} and above {} leave no value inside; below is the lower limit, above the upper",
                    below.0, above.0
                );
                Some(Problem::new(ErrorCode::LimitsOrder, "parameter", message))
            }
            _ => None,
        }
    }
}

/// A lot that a recall starts from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeLot {
    /// The lot.
    pub lot: LotId,
    /// Since when it is bad: what was drawn before is not affected. Absent: always.
    pub since: Option<Timestamp>,
}

/// What a recall is about: the lots named, and those that any of the causes touched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecallScope {
    /// Lots named, each once, by id.
    pub lots: Vec<ScopeLot>,
    /// Causes, at most [`CAUSES_MAX`]; any of them suffices.
    pub causes: Vec<Cause>,
    /// Whether only what can have happened in time counts.
    pub respect_time: bool,
}
