//! Master data: materials, equipment, operators, shifts and parties.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::conversion::Conversion;
use super::identifier::{
    EquipmentCode, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text, TextError, UnitCode,
};
use super::names::names;
use super::quantity::Percent;
use super::time::Timestamp;

names! {
    /// What a material is used as.
    pub enum MaterialClass {
        /// Bought in.
        Raw "RAW",
        /// Made here and used up here.
        Intermediate "INTERMEDIATE",
        /// Made to be shipped.
        Finished "FINISHED",
        /// Wraps the product.
        Packaging "PACKAGING",
    }
}

names! {
    /// What a party is to the plant.
    pub enum PartyRole {
        /// Delivers lots.
        Supplier "SUPPLIER",
        /// Is delivered lots.
        Customer "CUSTOMER",
    }
}

/// Where the yield of an operation should lie, in percent of what went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct YieldRange {
    /// At least this.
    pub min: Option<Percent>,
    /// At most this.
    pub max: Option<Percent>,
}

impl YieldRange {
    /// Whether it bounds nothing.
    #[must_use]
    pub const fn is_open(self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Whether a yield lies in it, its ends included.
    #[must_use]
    pub fn holds(self, percent: Decimal) -> bool {
        self.min.is_none_or(|min| min.0 <= percent) && self.max.is_none_or(|max| percent <= max.0)
    }
}

impl fmt::Display for YieldRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min.map(|min| min.0.normalize()), self.max.map(|max| max.0.normalize())) {
            (Some(min), Some(max)) => write!(out, "{min} to {max} %"),
            (Some(min), None) => write!(out, "at least {min} %"),
            (None, Some(max)) => write!(out, "at most {max} %"),
            (None, None) => out.write_str("any"),
        }
    }
}

/// Somebody at a party who is to be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who it is, or what they do there.
    pub name: Text,
    /// Their address for electronic mail.
    pub email: Option<Text>,
    /// Their telephone number.
    pub phone: Option<Text>,
}

/// Defines the kinds of master data: all that is common to them is written once, here.
macro_rules! masters {
    ($(
        $(#[$about:meta])+
        $variant:ident by $code:ident {
            $($(#[$meaning:meta])+ $field:ident: $type:ty,)*
        }
    )+) => {
        $(
            $(#[$about])+
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $variant {
                /// Its code.
                pub code: $code,
                /// False while it was only named by other events and never declared itself.
                pub declared: bool,
                /// What people call it.
                pub name: Option<Text>,
                $($(#[$meaning])+ pub $field: $type,)*
            }

            impl $variant {
                /// As it looks while it was only named by other events.
                #[must_use]
                pub fn mentioned(code: $code) -> Self {
                    Self { code, declared: false, name: None, $($field: Default::default(),)* }
                }
            }

            impl From<$variant> for Master {
                fn from(item: $variant) -> Self {
                    Self::$variant(item)
                }
            }

            impl From<$code> for MasterRef {
                fn from(code: $code) -> Self {
                    Self::$variant(code)
                }
            }
        )+

        /// The kinds of master data.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum MasterKind {
            $($(#[$about])+ $variant,)+
        }

        impl MasterKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The node label and the name people see.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)+
                }
            }

            /// The kind with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }

        /// One item of master data by kind and code.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum MasterRef {
            $($(#[$about])+ $variant($code),)+
        }

        impl MasterRef {
            /// The item of a kind with this code.
            ///
            /// # Errors
            /// Says why the text is no code.
            pub fn parse(kind: MasterKind, code: &str) -> Result<Self, TextError> {
                match kind {
                    $(MasterKind::$variant => $code::parse(code).map(Self::$variant),)+
                }
            }

            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> MasterKind {
                match self {
                    $(Self::$variant(_) => MasterKind::$variant,)+
                }
            }

            /// Its code.
            #[must_use]
            pub fn code(&self) -> &str {
                match self {
                    $(Self::$variant(code) => code.as_str(),)+
                }
            }

            /// The item as it looks while it was only named by other events.
            #[must_use]
            pub fn mentioned(&self) -> Master {
                match self.clone() {
                    $(Self::$variant(code) => $variant::mentioned(code).into(),)+
                }
            }
        }

        /// One item of master data.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Master {
            $($(#[$about])+ $variant($variant),)+
        }

        impl Master {
            /// Its kind and code.
            #[must_use]
            pub fn reference(&self) -> MasterRef {
                match self {
                    $(Self::$variant(item) => item.code.clone().into(),)+
                }
            }

            /// What people call it.
            #[must_use]
            pub fn name(&self) -> Option<&Text> {
                match self {
                    $(Self::$variant(item) => item.name.as_ref(),)+
                }
            }

            /// False while it was only named by other events.
            #[must_use]
            pub const fn declared(&self) -> bool {
                match self {
                    $(Self::$variant(item) => item.declared,)+
                }
            }
        }
    };
}

names! {
    /// How the lots of a material are told apart.
    #[derive(Default)]
    pub enum Tracking {
        /// A lot is a quantity of the material.
        #[default]
        Lot "LOT",
        /// Every unit has a number of its own: a lot of it is one piece.
        Unit "UNIT",
    }
}

masters! {
    /// A material definition (ISA-95 part 2).
    Material by MaterialCode {
        /// The unit its quantities are compared in; absent while undeclared.
        unit: Option<UnitCode>,
        /// What it is used as.
        class: Option<MaterialClass>,
        /// Other units its quantities may be given in, by unit and by the moment from which on they hold.
        conversions: Vec<Conversion>,
        /// Whether its lots must be released before use.
        inspection_required: bool,
        /// How its lots are told apart.
        tracking: Tracking,
        /// Whether what customers send back of it may be used again without a release.
        returns_to_stock: bool,
        /// By how much more may be drawn of a lot than came in before it counts as overdrawn, in percent of what came
        /// in; absent: 0.5.
        tolerance_percent: Option<Percent>,
        /// The least that operations that bring it forth should yield, in percent of what goes in.
        yield_min: Option<Percent>,
        /// The most.
        yield_max: Option<Percent>,
    }
    /// A piece of equipment of any level: site, area, line, unit (ISA-95 part 1).
    Equipment by EquipmentCode {
        /// The equipment it is part of.
        parent: Option<EquipmentCode>,
    }
    /// A person who works on operations.
    Operator by OperatorCode {}
    /// One shift on one date.
    Shift by ShiftCode {
        /// When it starts.
        starts_at: Option<Timestamp>,
        /// When it ends; not before it starts.
        ends_at: Option<Timestamp>,
    }
    /// A supplier or customer.
    Party by PartyCode {
        /// What it is to the plant, each role once, ordered.
        roles: Vec<PartyRole>,
        /// Where it is: the postal address.
        address: Option<Text>,
        /// Who is to be reached there, in the order in which they are to be tried.
        contacts: Vec<Contact>,
    }
}

impl Material {
    /// Where the yield of operations that bring it forth should lie.
    #[must_use]
    pub fn yield_range(&self) -> YieldRange {
        YieldRange { min: self.yield_min, max: self.yield_max }
    }

    /// How many of the material's own unit one `unit` is, for a lot that first came in at a moment; `None` when no conversion
    /// is declared that holds for it. A lot that never came in has those that hold last.
    #[must_use]
    pub fn factor(&self, unit: &UnitCode, since: Option<Timestamp>) -> Option<Decimal> {
        if self.unit.as_ref() == Some(unit) {
            return Some(Decimal::ONE);
        }
        let holds = |known: &&Conversion| {
            known.unit == *unit && since.is_none_or(|since| known.valid_from.is_none_or(|from| from <= since))
        };
        self.conversions.iter().filter(holds).max_by_key(|known| known.valid_from).map(|known| known.factor)
    }

    /// This declaration with the conversions that were declared before: what holds from another moment, or for another unit,
    /// stays. A declaration in another own unit begins anew, since the factors before were of the other unit.
    #[must_use]
    pub fn after(mut self, before: Option<&Self>) -> Self {
        let Some(before) = before.filter(|before| before.unit == self.unit) else { return self };
        let place = |known: &Conversion| (known.unit.clone(), known.valid_from);
        for known in &before.conversions {
            if !self.conversions.iter().any(|new| place(new) == place(known)) {
                self.conversions.push(known.clone());
            }
        }
        self.conversions.sort_unstable_by_key(place);
        self
    }
}
