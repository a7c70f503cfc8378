//! Operators: the people who work on operations.

use async_graphql::{Context, Object, Result};

use super::connection::connection;
use super::loader::loaders;
use crate::domain::{self, Master, MasterRef};

/// A person who works on operations.
pub struct Operator(pub domain::Operator);

impl Operator {
    /// The operator with this code, whom other data refer to.
    pub(super) async fn load(context: &Context<'_>, code: &domain::OperatorCode) -> Result<Self> {
        match &*loaders(context).master(MasterRef::Operator(code.clone())).await? {
            Master::Operator(operator) => Ok(Self(operator.clone())),
            other => Err(super::errors::wrong_kind(other)),
        }
    }
}

/// A person who works on operations.
#[Object]
impl Operator {
    /// Their code.
    async fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while only named by other events.
    async fn declared(&self) -> bool {
        self.0.declared
    }

    /// Their name.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_ref().map(AsRef::as_ref)
    }
}

connection!(
    /// A page of operators, by code.
    OperatorConnection,
    /// An operator in a page.
    OperatorEdge,
    Operator
);
