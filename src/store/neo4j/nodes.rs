//! Nodes by reference, in the order asked.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::connection::{Connection, Deadline};
use super::decode::{LotProperties, MasterProperties, OperationProperties};
use super::encode::{text, texts};
use super::statement::{self, Statement};
use crate::domain::{MasterKind, Node, NodeRef};
use crate::store::Result;

/// References in one statement: keeps a message and the server's row buffers small.
const CHUNK: usize = 5_000;

/// A row that holds a node under the name of its kind.
#[derive(Deserialize)]
pub(super) struct LotRow {
    pub(super) lot: LotProperties,
}

#[derive(Deserialize)]
pub(super) struct OperationRow {
    pub(super) operation: OperationProperties,
}

#[derive(Deserialize)]
pub(super) struct MasterRow {
    pub(super) master: MasterProperties,
}

/// Turns a row into a node.
pub(super) trait IntoNode {
    fn into_node(self) -> Result<Node>;
}

impl IntoNode for LotRow {
    fn into_node(self) -> Result<Node> {
        self.lot.into_lot().map(|lot| Node::Lot(Box::new(lot)))
    }
}

impl IntoNode for OperationRow {
    fn into_node(self) -> Result<Node> {
        self.operation.into_operation().map(|operation| Node::Operation(Box::new(operation)))
    }
}

impl IntoNode for MasterRow {
    fn into_node(self) -> Result<Node> {
        self.master.into_master().map(Node::Master)
    }
}

pub(super) async fn get(
    connection: &Connection,
    refs: &[NodeRef],
    deadline: Deadline,
) -> Result<Vec<Option<Node>>> {
    let mut lots = Vec::new();
    let mut operations = Vec::new();
    let mut masters: BTreeMap<MasterKind, Vec<&str>> = BTreeMap::new();
    for reference in refs {
        match reference {
            NodeRef::Lot(id) => lots.push(id.as_str()),
            NodeRef::Operation(id) => operations.push(id.as_str()),
            NodeRef::Master(master) => masters.entry(master.kind()).or_default().push(master.code()),
        }
    }
    let mut reader = Reader { connection, deadline, found: HashMap::new() };
    reader.read::<LotRow>(&statement::READ_LOTS, None, lots).await?;
    reader.read::<OperationRow>(&statement::READ_OPERATIONS, None, operations).await?;
    for (kind, codes) in masters {
        reader.read::<MasterRow>(&statement::READ_MASTERS, Some(kind), codes).await?;
    }
    Ok(refs.iter().map(|reference| reader.found.get(reference).cloned()).collect())
}

struct Reader<'a> {
    connection: &'a Connection,
    deadline: Deadline,
    found: HashMap<NodeRef, Node>,
}

impl Reader<'_> {
    async fn read<Row>(
        &mut self,
        statement: &Statement,
        kind: Option<MasterKind>,
        mut keys: Vec<&str>,
    ) -> Result<()>
    where
        Row: IntoNode + serde::de::DeserializeOwned,
    {
        keys.sort_unstable();
        keys.dedup();
        for chunk in keys.chunks(CHUNK) {
            let parameters = match kind {
                None => vec![("ids", texts(chunk))],
                Some(kind) => vec![("kind", text(kind.name())), ("codes", texts(chunk))],
            };
            let rows: Vec<Row> = self.connection.read("get", statement, parameters, self.deadline).await?;
            for row in rows {
                let node = row.into_node()?;
                self.found.insert(node.reference(), node);
            }
        }
        Ok(())
    }
}
