//! What may be asked for: filters of lots, operations and master data.

use async_graphql::{ID, InputObject, OneofObject};

use super::enums::{LotStatus, MaterialClass, OperationKind, Origin, PartyRole};
use super::scalars::{Exact, Moment};
use lotgraph_domain::identifier::TextError;
use lotgraph_domain::quantity::parse_decimal;
use lotgraph_domain::{
    self as domain, EquipmentCode, ErrorCode, EventId, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text,
};
use lotgraph_service::query as store;
use lotgraph_service::{ServiceError, ServiceResult};

/// Reads an identifier or text; the refusal names the argument.
pub(super) fn read<T>(
    argument: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, TextError>,
) -> ServiceResult<T> {
    parse(text).map_err(|error| ServiceError::new(error.code(), format!("{argument} {error}")))
}

/// The same, of an argument that may be absent.
pub(super) fn optional<T>(
    argument: &str,
    text: Option<impl AsRef<str>>,
    parse: impl FnOnce(&str) -> Result<T, TextError>,
) -> ServiceResult<Option<T>> {
    text.map(|text| read(argument, text.as_ref(), parse)).transpose()
}

/// A list of choices in a fixed order, each once, so that equal questions are equal.
pub(super) fn choices<T: Into<U>, U: Ord>(items: Option<Vec<T>>) -> Option<Vec<U>> {
    items.map(|items| {
        let mut items: Vec<U> = items.into_iter().map(Into::into).collect();
        items.sort_unstable();
        items.dedup();
        items
    })
}

/// Which lots; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct LotFilter {
    /// Of one of these materials.
    pub materials: Option<Vec<ID>>,
    /// Of a material declared as one of these classes.
    pub classes: Option<Vec<MaterialClass>>,
    /// Of one of these origins.
    pub origins: Option<Vec<Origin>>,
    /// Of one of these statuses.
    pub statuses: Option<Vec<LotStatus>>,
    /// Marked by the hold with this id: named by it, or reached.
    pub hold: Option<ID>,
    /// Id, printed number or supplier's number contains this, ignoring case.
    pub text: Option<String>,
    /// Earliest production at or after.
    pub produced_from: Option<Moment>,
    /// Earliest production before.
    pub produced_before: Option<Moment>,
}

impl LotFilter {
    /// The store's filter.
    pub(super) fn read(self) -> ServiceResult<store::LotFilter> {
        let materials = self.materials.map(|codes| {
            let codes = codes.iter().map(|code| read("materials", code, MaterialCode::parse));
            codes.collect::<ServiceResult<Vec<_>>>()
        });
        Ok(store::LotFilter {
            materials: choices(materials.transpose()?),
            classes: choices(self.classes),
            origins: choices(self.origins),
            statuses: choices(self.statuses),
            hold: optional("hold", self.hold.as_deref(), EventId::parse)?,
            text: optional("text", self.text, Text::parse)?,
            produced_from: self.produced_from.map(|moment| moment.0),
            produced_before: self.produced_before.map(|moment| moment.0),
        })
    }
}

/// What the value of an attribute must be. A lot that lacks it, or has no number there, is neither within a limit nor
/// beyond it; it does have another text.
#[derive(Debug, Clone, OneofObject)]
pub enum AttributeTest {
    /// This text.
    Is(String),
    /// Any other text.
    IsNot(String),
    /// A number below this one.
    Below(Exact),
    /// A number no greater than this one.
    AtMost(Exact),
    /// A number above this one.
    Above(Exact),
    /// A number no smaller than this one.
    AtLeast(Exact),
}

/// A condition on an attribute of a lot: `{ name: "dissolution", value: { below: "87" } }`.
#[derive(Debug, Clone, InputObject)]
pub struct AttributeCondition {
    /// The name of the attribute.
    pub name: String,
    /// What its value must be.
    pub value: AttributeTest,
}

impl AttributeCondition {
    /// The condition as the services know it; a refusal names the argument.
    pub(super) fn read(self, argument: &str) -> ServiceResult<domain::AttributeCondition> {
        let text = |text: &str| read(argument, text, Text::parse);
        let number = |limit: &Exact| {
            parse_decimal(limit.text()).ok_or_else(|| {
                let message =
                    format!("{argument}: {:?} is not a plain decimal number such as 86.5", limit.text());
                ServiceError::new(ErrorCode::ArgumentInvalid, message)
            })
        };
        let test = match &self.value {
            AttributeTest::Is(value) => domain::AttributeTest::Is(text(value)?),
            AttributeTest::IsNot(value) => domain::AttributeTest::IsNot(text(value)?),
            AttributeTest::Below(limit) => domain::AttributeTest::Below(number(limit)?),
            AttributeTest::AtMost(limit) => domain::AttributeTest::AtMost(number(limit)?),
            AttributeTest::Above(limit) => domain::AttributeTest::Above(number(limit)?),
            AttributeTest::AtLeast(limit) => domain::AttributeTest::AtLeast(number(limit)?),
        };
        Ok(domain::AttributeCondition { name: text(&self.name)?, test })
    }
}

/// Which operations; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct OperationFilter {
    /// Of one of these kinds.
    pub kinds: Option<Vec<OperationKind>>,
    /// With exactly this name.
    pub name: Option<String>,
    /// On this equipment (itself, not its parts).
    pub equipment: Option<ID>,
    /// With this operator.
    pub operator: Option<ID>,
    /// In this shift.
    pub shift: Option<ID>,
    /// From this supplier or to this customer.
    pub party: Option<ID>,
    /// Ended at or after.
    pub from: Option<Moment>,
    /// Ended before.
    pub before: Option<Moment>,
    /// Started before.
    pub started_before: Option<Moment>,
    /// Only voided ones, or only live ones.
    pub voided: Option<bool>,
}

impl OperationFilter {
    /// The store's filter.
    pub(super) fn read(self) -> ServiceResult<store::OperationFilter> {
        Ok(store::OperationFilter {
            kinds: choices(self.kinds),
            name: optional("name", self.name, Text::parse)?,
            equipment: optional("equipment", self.equipment.as_deref(), EquipmentCode::parse)?
                .map(|code| vec![code]),
            operator: optional("operator", self.operator.as_deref(), OperatorCode::parse)?,
            shift: optional("shift", self.shift.as_deref(), ShiftCode::parse)?,
            party: optional("party", self.party.as_deref(), PartyCode::parse)?,
            from: self.from.map(|moment| moment.0),
            before: self.before.map(|moment| moment.0),
            started_before: self.started_before.map(|moment| moment.0),
            voided: self.voided,
        })
    }
}

/// Which materials; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct MaterialFilter {
    /// Code or name contains this, ignoring case.
    pub text: Option<String>,
    /// Only declared ones, or only those merely named by other events.
    pub declared: Option<bool>,
    /// Of this class.
    pub class: Option<MaterialClass>,
}

/// Which equipment; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct EquipmentFilter {
    /// Code or name contains this, ignoring case.
    pub text: Option<String>,
    /// Only declared ones, or only those merely named by other events.
    pub declared: Option<bool>,
    /// Directly part of this equipment.
    pub parent: Option<ID>,
}

/// Which parties; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct PartyFilter {
    /// Code or name contains this, ignoring case.
    pub text: Option<String>,
    /// Only declared ones, or only those merely named by other events.
    pub declared: Option<bool>,
    /// With this role.
    pub role: Option<PartyRole>,
}

/// Which operators or shifts; every given condition must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct NameFilter {
    /// Code or name contains this, ignoring case.
    pub text: Option<String>,
    /// Only declared ones, or only those merely named by other events.
    pub declared: Option<bool>,
}

fn master(text: Option<String>, declared: Option<bool>) -> ServiceResult<store::MasterFilter> {
    let text = optional("text", text, Text::parse)?;
    Ok(store::MasterFilter { text, declared, ..store::MasterFilter::default() })
}

impl MaterialFilter {
    /// The store's filter.
    pub(super) fn read(self) -> ServiceResult<store::MasterFilter> {
        Ok(store::MasterFilter { class: self.class.map(Into::into), ..master(self.text, self.declared)? })
    }
}

impl EquipmentFilter {
    /// The store's filter.
    pub(super) fn read(self) -> ServiceResult<store::MasterFilter> {
        let parent = optional("parent", self.parent.as_deref(), EquipmentCode::parse)?;
        Ok(store::MasterFilter { parent, ..master(self.text, self.declared)? })
    }
}

impl PartyFilter {
    /// The store's filter.
    pub(super) fn read(self) -> ServiceResult<store::MasterFilter> {
        Ok(store::MasterFilter { role: self.role.map(Into::into), ..master(self.text, self.declared)? })
    }
}

impl NameFilter {
    /// The store's filter.
    pub(super) fn read(self) -> ServiceResult<store::MasterFilter> {
        master(self.text, self.declared)
    }
}
