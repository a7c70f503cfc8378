//! Materials of which every unit has a number of its own: where each unit is in the course of time, and what its records
//! say that cannot be. A serial is made or received once, is in one place at a time, and is one.

use lotgraph_domain::{EventId, Timestamp};
use rust_decimal::Decimal;

/// What a movement did to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitMoved {
    /// It was made, received, or taken out of something again.
    Came,
    /// A customer sent it back.
    CameBack,
    /// A customer sent it back, and it has another number since.
    Renamed,
    /// It went into something.
    BuiltIn,
    /// It went to a customer.
    Shipped,
    /// It was thrown away.
    Scrapped,
}

/// One movement of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitMovement {
    /// Its operation.
    pub operation: EventId,
    /// What it did.
    pub moved: UnitMoved,
    /// The last moment at which it can have happened.
    pub at: Timestamp,
    /// How much is on record, in the material's own unit; `None` when nobody measured.
    pub amount: Option<Decimal>,
}

/// Where a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitPlace {
    /// It is not on record yet.
    Nowhere,
    /// It is here.
    Here,
    /// It is part of something else.
    BuiltIn,
    /// A customer has it.
    AtCustomer,
    /// It was thrown away.
    Scrapped,
}

/// What cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitConflict {
    /// A movement says another amount than one.
    NotOne {
        /// The operation.
        operation: EventId,
    },
    /// It moved from a place where it was not.
    Elsewhere {
        /// The operation.
        operation: EventId,
        /// What that did.
        moved: UnitMoved,
        /// Where the unit was.
        place: UnitPlace,
    },
}

impl UnitPlace {
    /// Where a movement takes a unit that is here; `None` when it cannot move like that from here.
    fn after(self, moved: UnitMoved) -> Option<Self> {
        match (self, moved) {
            (Self::Nowhere | Self::BuiltIn, UnitMoved::Came) | (Self::AtCustomer, UnitMoved::CameBack) => {
                Some(Self::Here)
            }
            (Self::Here, UnitMoved::BuiltIn) | (Self::AtCustomer, UnitMoved::Renamed) => Some(Self::BuiltIn),
            (Self::Here, UnitMoved::Shipped) => Some(Self::AtCustomer),
            (Self::Here, UnitMoved::Scrapped) => Some(Self::Scrapped),
            _ => None,
        }
    }

    /// Where a movement takes a unit, whether it can or not.
    fn of(moved: UnitMoved) -> Self {
        match moved {
            UnitMoved::Came | UnitMoved::CameBack => Self::Here,
            UnitMoved::BuiltIn | UnitMoved::Renamed => Self::BuiltIn,
            UnitMoved::Shipped => Self::AtCustomer,
            UnitMoved::Scrapped => Self::Scrapped,
        }
    }

    /// Where that is, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nowhere => "not on record",
            Self::Here => "here",
            Self::BuiltIn => "part of something else",
            Self::AtCustomer => "at a customer",
            Self::Scrapped => "thrown away",
        }
    }
}

impl UnitMoved {
    /// What that is, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Came => "brings it in",
            Self::CameBack => "brings it back",
            Self::Renamed => "brings it back under another number",
            Self::BuiltIn => "uses it",
            Self::Shipped => "ships it",
            Self::Scrapped => "throws it away",
        }
    }
}

/// The first thing about a unit that cannot be, in order of time; `None` when all is well. What happened at the same moment
/// is taken in an order in which it can have happened, if there is one. A unit that was never made or received on record may
/// have been here from the start: that its origin is unknown is told otherwise.
#[must_use]
pub fn unit_conflict(mut movements: Vec<UnitMovement>) -> Option<UnitConflict> {
    movements.sort_by(|a, b| (a.at, &a.operation, a.moved).cmp(&(b.at, &b.operation, b.moved)));
    let not_one = |movement: &&UnitMovement| movement.amount.is_some_and(|amount| amount != Decimal::ONE);
    if let Some(movement) = movements.iter().find(not_one) {
        return Some(UnitConflict::NotOne { operation: movement.operation.clone() });
    }
    let came = movements.iter().any(|movement| movement.moved == UnitMoved::Came);
    let mut place = if came { UnitPlace::Nowhere } else { UnitPlace::Here };
    let mut conflict = None;
    for together in movements.chunk_by(|a, b| a.at == b.at) {
        let mut left: Vec<&UnitMovement> = together.iter().collect();
        while !left.is_empty() {
            let next = left.iter().position(|movement| place.after(movement.moved).is_some());
            let movement = left.remove(next.unwrap_or(0));
            if next.is_none() {
                let (operation, moved) = (movement.operation.clone(), movement.moved);
                conflict.get_or_insert(UnitConflict::Elsewhere { operation, moved, place });
            }
            place = UnitPlace::of(movement.moved);
        }
    }
    conflict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves(rows: &[(&str, UnitMoved, i64)]) -> Vec<UnitMovement> {
        let movement = |(id, moved, minute): &(&str, UnitMoved, i64)| UnitMovement {
            operation: EventId::parse(id).unwrap(),
            moved: *moved,
            at: Timestamp::from_micros(minute * 60_000_000).unwrap(),
            amount: Some(Decimal::ONE),
        };
        rows.iter().map(movement).collect()
    }

    fn operation(conflict: Option<UnitConflict>) -> Option<String> {
        conflict.map(|conflict| match conflict {
            UnitConflict::NotOne { operation } | UnitConflict::Elsewhere { operation, .. } => {
                operation.to_string()
            }
        })
    }

    use UnitMoved::{BuiltIn, Came, CameBack, Scrapped, Shipped};

    #[test]
    fn a_life_that_can_be() {
        let life = [
            ("MAKE", Came, 1),
            ("BUILD", BuiltIn, 2),
            ("UNBUILD", Came, 3),
            ("REWORK", BuiltIn, 4),
            ("REWORK", Came, 4),
            ("SHIP", Shipped, 5),
            ("RETURN", CameBack, 6),
            ("SCRAP", Scrapped, 7),
        ];
        assert_eq!(unit_conflict(moves(&life)), None);
        let unknown = [("SHIP", Shipped, 5), ("RETURN", CameBack, 6)];
        assert_eq!(unit_conflict(moves(&unknown)), None, "its origin is unknown, which is told otherwise");
    }

    #[test]
    fn what_cannot_be() {
        let first = |rows: &[(&str, UnitMoved, i64)]| operation(unit_conflict(moves(rows)));
        assert_eq!(first(&[("A", Came, 1), ("S", Shipped, 2), ("B", Came, 3)]), Some("B".to_owned()));
        assert_eq!(first(&[("A", Came, 1), ("B", Came, 3)]), Some("B".to_owned()));
        assert_eq!(first(&[("A", Came, 1), ("B", BuiltIn, 2), ("C", BuiltIn, 3)]), Some("C".to_owned()));
        assert_eq!(first(&[("A", Came, 1), ("B", Scrapped, 2), ("C", Shipped, 3)]), Some("C".to_owned()));
        assert_eq!(first(&[("A", Came, 1), ("R", CameBack, 2)]), Some("R".to_owned()));
        assert_eq!(
            first(&[("A", Shipped, 1), ("B", Came, 2)]),
            Some("A".to_owned()),
            "drawn before it was made"
        );
    }

    #[test]
    fn a_unit_is_one() {
        let mut movements = moves(&[("A", Came, 1), ("S", Shipped, 2)]);
        movements[1].amount = Some(Decimal::TWO);
        assert_eq!(operation(unit_conflict(movements)), Some("S".to_owned()));
    }
}
