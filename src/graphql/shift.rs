//! Shifts: one shift on one date.

use async_graphql::{Context, Object, Result};

use super::connection::connection;
use super::loader::loaders;
use super::scalars::Moment;
use crate::domain::{self, Master, MasterRef};

/// One shift on one date.
pub struct Shift(pub domain::Shift);

impl Shift {
    /// The shift with this code, which other data refer to.
    pub(super) async fn load(context: &Context<'_>, code: &domain::ShiftCode) -> Result<Self> {
        match &*loaders(context).master(MasterRef::Shift(code.clone())).await? {
            Master::Shift(shift) => Ok(Self(shift.clone())),
            other => Err(super::errors::wrong_kind(other)),
        }
    }
}

/// One shift on one date.
#[Object]
impl Shift {
    /// Its code.
    async fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while only named by other events.
    async fn declared(&self) -> bool {
        self.0.declared
    }

    /// What people call it.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(AsRef::as_ref)
    }

    /// When it starts.
    async fn starts_at(&self) -> Option<Moment> {
        self.0.starts_at.map(Moment)
    }

    /// When it ends.
    async fn ends_at(&self) -> Option<Moment> {
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
