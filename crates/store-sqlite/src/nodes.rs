//! Reads nodes that are referred to by id or code.

use rusqlite::CachedStatement;

use super::error::Fallible;
use super::readers::Snapshot;
use super::rows;
use super::statements::{GET_LOT, GET_MASTER, GET_OPERATION, GET_RECORD};
use lotgraph_domain::{MasterRef, Node, NodeRef, Record, RecordRef};

/// The nodes referred to, in the order in which they are asked for.
pub(super) fn get(snapshot: &Snapshot<'_>, refs: &[NodeRef]) -> Fallible<Vec<Option<Node>>> {
    let mut lots = Lazy { snapshot, text: GET_LOT, statement: None };
    let mut operations = Lazy { snapshot, text: GET_OPERATION, statement: None };
    let mut masters = Lazy { snapshot, text: GET_MASTER, statement: None };
    let mut records = Lazy { snapshot, text: GET_RECORD, statement: None };
    let one = |reference: &NodeRef| -> Fallible<Option<Node>> {
        match reference {
            NodeRef::Lot(id) => {
                let mut found = lots.get()?.query([id.as_str()])?;
                let row = found.next()?;
                row.map(|row| Ok(Node::Lot(Box::new(rows::lot(row)?)))).transpose()
            }
            NodeRef::Operation(id) => {
                let mut found = operations.get()?.query([id.as_str()])?;
                let row = found.next()?;
                row.map(|row| Ok(Node::Operation(Box::new(rows::operation(row)?)))).transpose()
            }
            NodeRef::Master(reference) => master(masters.get()?, reference),
            NodeRef::Record(reference) => {
                Ok(record(records.get()?, reference)?.map(|record| Node::Record(Box::new(record))))
            }
        }
    };
    refs.iter().map(one).collect()
}

fn master(statement: &mut CachedStatement<'_>, reference: &MasterRef) -> Fallible<Option<Node>> {
    let kind = reference.kind();
    let mut found = statement.query([kind.name(), reference.code()])?;
    let row = found.next()?;
    row.map(|row| Ok(Node::Master(rows::master(row, kind)?))).transpose()
}

/// One record.
pub(super) fn record(statement: &mut CachedStatement<'_>, reference: &RecordRef) -> Fallible<Option<Record>> {
    let kind = reference.kind();
    let mut found = statement.query([kind.name(), reference.id()])?;
    found.next()?.map(|row| rows::record(row, kind)).transpose()
}

/// A statement that is compiled only when it is needed for the first time.
struct Lazy<'a, 's> {
    snapshot: &'s Snapshot<'a>,
    text: &'static str,
    statement: Option<CachedStatement<'a>>,
}

impl<'a> Lazy<'a, '_> {
    fn get(&mut self) -> Fallible<&mut CachedStatement<'a>> {
        let statement = match self.statement.take() {
            Some(statement) => statement,
            None => self.snapshot.statement(self.text)?,
        };
        Ok(self.statement.insert(statement))
    }
}
