//! Short ways to write to a store and to ask it.

use std::sync::Arc;
use std::time::Duration;

use lotgraph::domain::MasterKind;
use lotgraph::domain::{
    ErrorCode, Event, EventId, Lot, LotId, Master, MasterRef, MaterialCode, Node, NodeRef, RecordedOperation,
    Text,
};
use lotgraph::store::{
    Batch, Closure, Direction, Find, FindKey, Ledger, LotFilter, MasterFilter, OperationFilter, Reader,
    Receipt, Result, Status, StoreErrorKind, Subgraph, What,
};
use serde_json::Value;

use crate::support::events::{batch, event, plant};

pub type AnyStore = Arc<dyn Ledger>;

pub fn lot_id(id: &str) -> LotId {
    LotId::parse(id).unwrap()
}

pub fn event_id(id: &str) -> EventId {
    EventId::parse(id).unwrap()
}

pub fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

pub fn material(code: &str) -> MasterRef {
    MasterRef::Material(MaterialCode::parse(code).unwrap())
}

/// Commits events of the public JSON shape as one atomic batch that must be taken whole.
pub async fn record(store: &AnyStore, events: &[Value]) -> Receipt {
    commit(store, events.iter().map(event).collect()).await
}

/// Commits a plant in short notation.
pub async fn build(store: &AnyStore, notation: &str) -> Receipt {
    commit(store, plant(notation)).await
}

/// Commits events as one atomic batch that must be taken whole.
pub async fn commit(store: &AnyStore, events: Vec<Event>) -> Receipt {
    let receipt = store.commit(&batch(events)).await.unwrap();
    assert!(receipt.applied, "{receipt:?}");
    assert!(receipt.outcomes.iter().all(|outcome| outcome.status == Status::Accepted), "{receipt:?}");
    receipt
}

/// The statuses of a receipt in short: `+` accepted, `=` duplicate, `-` rejected, `.` withheld.
pub fn marks(receipt: &Receipt) -> String {
    let mark = |status: &Status| match status {
        Status::Accepted => '+',
        Status::Duplicate => '=',
        Status::Rejected(_) => '-',
        Status::Withheld => '.',
    };
    receipt.outcomes.iter().map(|outcome| mark(&outcome.status)).collect()
}

/// The code and path with which one event, alone in its batch, is rejected.
pub async fn rejection(store: &AnyStore, value: &Value) -> (ErrorCode, String) {
    let before = store.revision().await.unwrap();
    let receipt = store.commit(&batch(vec![event(value)])).await.unwrap();
    assert!(!receipt.applied);
    assert_eq!(store.revision().await.unwrap(), before, "a rejection changes nothing");
    match &receipt.outcomes[..] {
        [outcome] => match &outcome.status {
            Status::Rejected(problem) => (problem.code, problem.path.clone()),
            other => panic!("{value} is {other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// The same batch, keeping the good events.
pub fn partial(events: Vec<Event>) -> Batch {
    Batch { atomic: false, ..batch(events) }
}

pub async fn node(store: &Arc<impl Reader + ?Sized>, reference: NodeRef) -> Option<Node> {
    let mut nodes = store.get(&[reference]).await.unwrap();
    assert_eq!(nodes.len(), 1);
    nodes.pop().unwrap()
}

pub async fn lot(store: &Arc<impl Reader + ?Sized>, id: &str) -> Lot {
    match node(store, NodeRef::Lot(lot_id(id))).await {
        Some(Node::Lot(lot)) => *lot,
        other => panic!("lot {id} is {other:?}"),
    }
}

pub async fn operation(store: &Arc<impl Reader + ?Sized>, id: &str) -> RecordedOperation {
    match node(store, NodeRef::Operation(event_id(id))).await {
        Some(Node::Operation(operation)) => *operation,
        other => panic!("operation {id} is {other:?}"),
    }
}

pub async fn master(store: &Arc<impl Reader + ?Sized>, reference: MasterRef) -> Master {
    match node(store, NodeRef::Master(reference.clone())).await {
        Some(Node::Master(master)) => master,
        other => panic!("{reference:?} is {other:?}"),
    }
}

/// The id or code of a node.
pub fn id_of(node: &Node) -> String {
    match node.reference() {
        NodeRef::Lot(id) => id.to_string(),
        NodeRef::Operation(id) => id.to_string(),
        NodeRef::Master(reference) => reference.code().to_owned(),
        NodeRef::Record(reference) => reference.id().to_owned(),
    }
}

/// The ids of everything found, in one large page.
pub async fn found(store: &Arc<impl Reader + ?Sized>, what: What) -> Vec<String> {
    let page = store.find(&Find { what, after: None, first: 1_000 }).await.unwrap();
    assert!(!page.more);
    page.items.iter().map(id_of).collect()
}

/// The same, walked in pages of a given size.
pub async fn found_in_pages(store: &Arc<impl Reader + ?Sized>, what: &What, first: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = store.find(&Find { what: what.clone(), after, first }).await.unwrap();
        assert!(page.items.len() <= first as usize);
        assert!(!page.more || page.items.len() == first as usize, "a page that is not the last is full");
        after = page.items.last().map(FindKey::of);
        ids.extend(page.items.iter().map(id_of));
        if !page.more {
            return ids;
        }
    }
}

pub fn lots(change: impl FnOnce(&mut LotFilter)) -> What {
    let mut filter = LotFilter::default();
    change(&mut filter);
    What::Lots(filter)
}

pub fn operations(change: impl FnOnce(&mut OperationFilter)) -> What {
    let mut filter = OperationFilter::default();
    change(&mut filter);
    What::Operations(filter)
}

pub fn masters(kind: MasterKind, change: impl FnOnce(&mut MasterFilter)) -> What {
    let mut filter = MasterFilter::default();
    change(&mut filter);
    What::Masters(kind, filter)
}

/// A closure without limits that matter.
pub fn question(seeds: &[&str], direction: Direction) -> Closure {
    Closure {
        seeds: seeds.iter().map(|id| lot_id(id)).collect(),
        direction,
        max_depth: None,
        nodes_max: 100_000,
        deadline: Duration::from_secs(60),
        skip_cache: false,
        at: None,
    }
}

pub async fn forward(store: &Arc<impl Reader + ?Sized>, seeds: &[&str]) -> Subgraph {
    store.closure(&question(seeds, Direction::Forward)).await.unwrap()
}

pub async fn backward(store: &Arc<impl Reader + ?Sized>, seeds: &[&str]) -> Subgraph {
    store.closure(&question(seeds, Direction::Backward)).await.unwrap()
}

/// The lots of a subgraph as `id/hops`, with `*` where one leads on.
pub fn lots_of(subgraph: &Subgraph) -> String {
    let lots = subgraph.lots.iter();
    let shown: Vec<String> =
        lots.map(|lot| format!("{}/{}{}", lot.id, lot.hops, if lot.leads_on { "*" } else { "" })).collect();
    shown.join(" ")
}

/// The operations of a subgraph as `id/hops`.
pub fn operations_of(subgraph: &Subgraph) -> String {
    let operations = subgraph.operations.iter();
    let shown: Vec<String> =
        operations.map(|operation| format!("{}/{}", operation.id, operation.hops)).collect();
    shown.join(" ")
}

/// The links of a subgraph as `lot>operation`, `operation>lot` or `lot~operation`, with the position where it is not 0.
pub fn links_of(subgraph: &Subgraph) -> String {
    use lotgraph::domain::Role;
    let shown: Vec<String> = subgraph
        .links
        .iter()
        .map(|link| {
            let lot = &subgraph.lots[link.lot as usize].id;
            let operation = &subgraph.operations[link.operation as usize].id;
            let position = if link.position == 0 { String::new() } else { format!("#{}", link.position) };
            match link.role {
                Role::Consumed => format!("{lot}>{operation}{position}"),
                Role::Produced => format!("{operation}>{lot}{position}"),
                Role::InPlace => format!("{lot}~{operation}{position}"),
            }
        })
        .collect();
    shown.join(" ")
}

/// Asserts that a request was refused because it exceeds a limit.
#[track_caller]
pub fn assert_limit<T: std::fmt::Debug>(result: Result<T>) {
    match result {
        Err(error) => assert!(matches!(error.kind, StoreErrorKind::LimitExceeded { .. }), "{error:?}"),
        Ok(answer) => panic!("not refused: {answer:?}"),
    }
}
