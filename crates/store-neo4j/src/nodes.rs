//! Nodes by reference, in the order asked.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::connection::{Connection, Deadline, Parameters};
use super::decode::{LotProperties, MasterProperties, OperationProperties, RecordProperties};
use super::encode::{text, texts};
use super::statement::{self, Statement};
use lotgraph_domain::{MasterKind, Node, NodeRef, RecordKind};
use lotgraph_store::Result;

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

#[derive(Deserialize)]
pub(super) struct RecordRow {
    pub(super) record: RecordProperties,
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

impl IntoNode for RecordRow {
    fn into_node(self) -> Result<Node> {
        self.record.into_record().map(|record| Node::Record(Box::new(record)))
    }
}

/// What ids in one statement are of.
#[derive(Clone, Copy)]
pub(super) enum Keys {
    /// Ids that are unique by themselves.
    Ids,
    /// Codes of one kind of master data.
    Codes(MasterKind),
    /// Ids of one kind of records.
    Records(RecordKind),
}

impl Keys {
    /// The parameters of a statement that reads these.
    pub(super) fn parameters(self, keys: &[impl AsRef<str>]) -> Parameters {
        match self {
            Self::Ids => vec![("ids", texts(keys))],
            Self::Codes(kind) => vec![("kind", text(kind.name())), ("codes", texts(keys))],
            Self::Records(kind) => vec![("kind", text(kind.name())), ("ids", texts(keys))],
        }
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
    let mut records: BTreeMap<RecordKind, Vec<&str>> = BTreeMap::new();
    for reference in refs {
        match reference {
            NodeRef::Lot(id) => lots.push(id.as_str()),
            NodeRef::Operation(id) => operations.push(id.as_str()),
            NodeRef::Master(master) => masters.entry(master.kind()).or_default().push(master.code()),
            NodeRef::Record(record) => records.entry(record.kind()).or_default().push(record.id()),
        }
    }
    let mut reader = Reader { connection, deadline, found: HashMap::new() };
    reader.read::<LotRow>(&statement::READ_LOTS, Keys::Ids, lots).await?;
    reader.read::<OperationRow>(&statement::READ_OPERATIONS, Keys::Ids, operations).await?;
    for (kind, codes) in masters {
        reader.read::<MasterRow>(&statement::READ_MASTERS, Keys::Codes(kind), codes).await?;
    }
    for (kind, ids) in records {
        reader.read::<RecordRow>(&statement::READ_RECORDS, Keys::Records(kind), ids).await?;
    }
    Ok(refs.iter().map(|reference| reader.found.get(reference).cloned()).collect())
}

struct Reader<'a> {
    connection: &'a Connection,
    deadline: Deadline,
    found: HashMap<NodeRef, Node>,
}

impl Reader<'_> {
    async fn read<Row>(&mut self, statement: &Statement, of: Keys, mut keys: Vec<&str>) -> Result<()>
    where
        Row: IntoNode + serde::de::DeserializeOwned + Send,
    {
        keys.sort_unstable();
        keys.dedup();
        for chunk in keys.chunks(CHUNK) {
            let parameters = of.parameters(chunk);
            let rows: Vec<Row> = self.connection.read("get", statement, parameters, self.deadline).await?;
            for row in rows {
                let node = row.into_node()?;
                self.found.insert(node.reference(), node);
            }
        }
        Ok(())
    }
}
