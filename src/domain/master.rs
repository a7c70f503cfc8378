//! Master data: materials, equipment, operators, shifts and parties.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::identifier::{EquipmentCode, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text, UnitCode};
use super::quantity::decimal;
use super::time::Timestamp;

/// What a material is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MaterialClass {
    /// Bought in.
    Raw,
    /// Made here and used up here.
    Intermediate,
    /// Made to be shipped.
    Finished,
    /// Wraps the product.
    Packaging,
}

impl MaterialClass {
    /// Every class.
    pub const ALL: &'static [Self] = &[Self::Raw, Self::Intermediate, Self::Finished, Self::Packaging];

    /// The class as events write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "RAW",
            Self::Intermediate => "INTERMEDIATE",
            Self::Finished => "FINISHED",
            Self::Packaging => "PACKAGING",
        }
    }
}

/// One unit of `unit` is `factor` of the material's own unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// The other unit.
    pub unit: UnitCode,
    /// How many of the material's own unit one of the other is; above zero.
    #[serde(with = "decimal")]
    pub factor: Decimal,
}

/// A material definition (ISA-95 part 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// Its code.
    pub code: MaterialCode,
    /// False while it was only named by other events and never declared itself.
    pub declared: bool,
    /// What people call it.
    pub name: Option<Text>,
    /// The unit its quantities are compared in; absent while undeclared.
    pub unit: Option<UnitCode>,
    /// What it is used as.
    pub class: Option<MaterialClass>,
    /// Other units its quantities may be given in.
    pub conversions: Vec<Conversion>,
    /// Whether its lots must be released before use.
    pub inspection_required: bool,
}

impl Material {
    /// A material that was only named so far.
    #[must_use]
    pub fn mentioned(code: MaterialCode) -> Self {
        Self {
            code,
            declared: false,
            name: None,
            unit: None,
            class: None,
            conversions: Vec::new(),
            inspection_required: false,
        }
    }

    /// How many of the material's own unit one `unit` is; `None` when no conversion is declared.
    #[must_use]
    pub fn factor(&self, unit: &UnitCode) -> Option<Decimal> {
        if self.unit.as_ref() == Some(unit) {
            return Some(Decimal::ONE);
        }
        self.conversions.iter().find(|c| &c.unit == unit).map(|c| c.factor)
    }
}

/// A piece of equipment of any level: site, area, line, unit (ISA-95 part 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equipment {
    /// Its code.
    pub code: EquipmentCode,
    /// False while it was only named by other events.
    pub declared: bool,
    /// What people call it.
    pub name: Option<Text>,
    /// The equipment it is part of.
    pub parent: Option<EquipmentCode>,
}

/// A person who works on operations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Their code.
    pub code: OperatorCode,
    /// False while only named by other events.
    pub declared: bool,
    /// Their name.
    pub name: Option<Text>,
}

/// One shift on one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Its code.
    pub code: ShiftCode,
    /// False while only named by other events.
    pub declared: bool,
    /// What people call it.
    pub name: Option<Text>,
    /// When it starts.
    pub starts_at: Option<Timestamp>,
    /// When it ends; not before it starts.
    pub ends_at: Option<Timestamp>,
}

/// What a party is to the plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PartyRole {
    /// Delivers lots.
    Supplier,
    /// Is delivered lots.
    Customer,
}

impl PartyRole {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Supplier, Self::Customer];

    /// The role as events write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supplier => "SUPPLIER",
            Self::Customer => "CUSTOMER",
        }
    }
}

/// A supplier or customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Its code.
    pub code: PartyCode,
    /// False while only named by other events.
    pub declared: bool,
    /// What people call it.
    pub name: Option<Text>,
    /// What it is to the plant, each role once, ordered.
    pub roles: Vec<PartyRole>,
}

/// The kinds of master data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MasterKind {
    /// Materials.
    Material,
    /// Equipment.
    Equipment,
    /// Operators.
    Operator,
    /// Shifts.
    Shift,
    /// Parties.
    Party,
}

impl MasterKind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::Material, Self::Equipment, Self::Operator, Self::Shift, Self::Party];

    /// The node label and the name people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Material => "Material",
            Self::Equipment => "Equipment",
            Self::Operator => "Operator",
            Self::Shift => "Shift",
            Self::Party => "Party",
        }
    }
}

/// One item of master data by kind and code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MasterRef {
    /// A material.
    Material(MaterialCode),
    /// A piece of equipment.
    Equipment(EquipmentCode),
    /// An operator.
    Operator(OperatorCode),
    /// A shift.
    Shift(ShiftCode),
    /// A party.
    Party(PartyCode),
}

impl MasterRef {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> MasterKind {
        match self {
            Self::Material(_) => MasterKind::Material,
            Self::Equipment(_) => MasterKind::Equipment,
            Self::Operator(_) => MasterKind::Operator,
            Self::Shift(_) => MasterKind::Shift,
            Self::Party(_) => MasterKind::Party,
        }
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Material(code) => code.as_str(),
            Self::Equipment(code) => code.as_str(),
            Self::Operator(code) => code.as_str(),
            Self::Shift(code) => code.as_str(),
            Self::Party(code) => code.as_str(),
        }
    }

    /// The item as it looks while it was only named by other events.
    #[must_use]
    pub fn mentioned(&self) -> Master {
        match self.clone() {
            Self::Material(code) => Master::Material(Material::mentioned(code)),
            Self::Equipment(code) => {
                Master::Equipment(Equipment { code, declared: false, name: None, parent: None })
            }
            Self::Operator(code) => Master::Operator(Operator { code, declared: false, name: None }),
            Self::Shift(code) => {
                Master::Shift(Shift { code, declared: false, name: None, starts_at: None, ends_at: None })
            }
            Self::Party(code) => {
                Master::Party(Party { code, declared: false, name: None, roles: Vec::new() })
            }
        }
    }
}

/// One item of master data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Master {
    /// A material.
    Material(Material),
    /// A piece of equipment.
    Equipment(Equipment),
    /// An operator.
    Operator(Operator),
    /// A shift.
    Shift(Shift),
    /// A party.
    Party(Party),
}

impl Master {
    /// Its kind and code.
    #[must_use]
    pub fn reference(&self) -> MasterRef {
        match self {
            Self::Material(m) => MasterRef::Material(m.code.clone()),
            Self::Equipment(e) => MasterRef::Equipment(e.code.clone()),
            Self::Operator(o) => MasterRef::Operator(o.code.clone()),
            Self::Shift(s) => MasterRef::Shift(s.code.clone()),
            Self::Party(p) => MasterRef::Party(p.code.clone()),
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> Option<&Text> {
        match self {
            Self::Material(m) => m.name.as_ref(),
            Self::Equipment(e) => e.name.as_ref(),
            Self::Operator(o) => o.name.as_ref(),
            Self::Shift(s) => s.name.as_ref(),
            Self::Party(p) => p.name.as_ref(),
        }
    }

    /// False while it was only named by other events.
    #[must_use]
    pub const fn declared(&self) -> bool {
        match self {
            Self::Material(m) => m.declared,
            Self::Equipment(e) => e.declared,
            Self::Operator(o) => o.declared,
            Self::Shift(s) => s.declared,
            Self::Party(p) => p.declared,
        }
    }
}
