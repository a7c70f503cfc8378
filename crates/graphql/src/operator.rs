//! Operators: the people who work on operations.

use super::connection::connection;
use super::master::load_master;
use lotgraph_domain as domain;
use lotgraph_graphql_macros::Object;

/// A person who works on operations.
pub struct Operator(pub domain::Operator);

load_master!(Operator, OperatorCode);

/// A person who works on operations.
#[Object]
impl Operator {
    /// Their code.
    fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// False while only named by other events.
    fn declared(&self) -> bool {
        self.0.declared
    }

    /// Their name.
    fn name(&self) -> Option<&str> {
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
