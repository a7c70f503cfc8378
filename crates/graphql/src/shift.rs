//! Shifts: one shift on one date.

use super::connection::connection;
use super::master::load_master;
use super::scalars::Moment;
use lotgraph_domain as domain;
use lotgraph_graphql_macros::Object;

/// One shift on one date.
pub struct Shift(pub domain::Shift);

load_master!(Shift, ShiftCode);

/// One shift on one date.
#[Object]
impl Shift {
    /// Its code.
    fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while only named by other events.
    fn declared(&self) -> bool {
        self.0.declared
    }

    /// What people call it.
    fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(AsRef::as_ref)
    }

    /// When it starts.
    fn starts_at(&self) -> Option<Moment> {
        self.0.starts_at.map(Moment)
    }

    /// When it ends.
    fn ends_at(&self) -> Option<Moment> {
        self.0.ends_at.map(Moment)
    }
}

connection!(
    /// A page of shifts, by code.
    ShiftConnection,
    /// A shift in a page.
    ShiftEdge,
    Shift
);
