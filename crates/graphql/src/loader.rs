//! Loaders: whatever a request asks for one by one is read from the store in one call per batch.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader, NoCache};
use async_graphql::{Context, Result};
use futures::future::BoxFuture;
use tokio::task::{spawn_local, yield_now};

use lotgraph_domain::{
    Caller, ErrorCode, EventId, Lot, LotId, Master, MasterRef, Node, NodeRef, Record, RecordedOperation, Role,
};
use lotgraph_service::ServiceError;
use lotgraph_service::lookup::Lookup;
use lotgraph_service::query::{EdgeKey, EdgePage, EdgesOf, StoreError};

/// A node as loaders hand it out: shared, not copied.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// A lot.
    Lot(Arc<Lot>),
    /// An operation.
    Operation(Arc<RecordedOperation>),
    /// An item of master data.
    Master(Arc<Master>),
    /// A record.
    Record(Arc<Record>),
}

impl From<Node> for Loaded {
    fn from(node: Node) -> Self {
        match node {
            Node::Lot(lot) => Self::Lot(Arc::from(lot)),
            Node::Operation(operation) => Self::Operation(Arc::from(operation)),
            Node::Master(master) => Self::Master(Arc::new(master)),
            Node::Record(record) => Self::Record(Arc::from(record)),
        }
    }
}

/// What loaders read from, and for whom.
#[derive(Clone)]
struct Source {
    lookup: Lookup,
    caller: Caller,
}

/// Loads nodes by reference, of all kinds in one call.
struct NodeLoader(Source);

impl Loader<NodeRef> for NodeLoader {
    type Value = Loaded;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[NodeRef]) -> std::result::Result<HashMap<NodeRef, Loaded>, Self::Error> {
        let nodes = self.0.lookup.get(&self.0.caller, keys).await.map_err(Arc::new)?;
        let pairs = keys.iter().zip(nodes);
        Ok(pairs.filter_map(|(key, node)| Some((key.clone(), node?.into()))).collect())
    }
}

/// A page of the links of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EdgesKey {
    /// The lot.
    pub lot: LotId,
    /// Only links of these roles.
    pub roles: Vec<Role>,
    /// Behind this link.
    pub after: Option<EdgeKey>,
    /// At most this many.
    pub first: u32,
}

/// What questions about links may differ in without being one call.
type EdgesGroup<'a> = (&'a [Role], Option<&'a EdgeKey>, u32);

/// Loads links: lots asked for with the same arguments share one call.
struct EdgeLoader(Source);

impl Loader<EdgesKey> for EdgeLoader {
    type Value = Arc<EdgePage>;
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[EdgesKey],
    ) -> std::result::Result<HashMap<EdgesKey, Arc<EdgePage>>, Self::Error> {
        let mut groups: HashMap<EdgesGroup<'_>, Vec<&EdgesKey>> = HashMap::new();
        for key in keys {
            groups.entry((&key.roles, key.after.as_ref(), key.first)).or_default().push(key);
        }
        let mut pages = HashMap::with_capacity(keys.len());
        for ((roles, after, first), group) in groups {
            let query = EdgesOf {
                lots: group.iter().map(|key| key.lot.clone()).collect(),
                roles: roles.to_vec(),
                after: after.cloned(),
                first,
            };
            let found = self.0.lookup.edges(&self.0.caller, &query).await.map_err(Arc::new)?;
            pages.extend(group.into_iter().cloned().zip(found.into_iter().map(Arc::new)));
        }
        Ok(pages)
    }
}

/// Counts what was asked for, so that a batch can wait until nobody asks for more.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicU64>);

impl Asked {
    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until a whole turn passed in which nothing was asked for. A long list asks over several turns, because the
    /// executor interrupts it; fetching after the first would cut one page into many batches.
    async fn settle(&self) {
        let mut quiet_turns = 0;
        let mut before = self.0.load(Ordering::Relaxed);
        while quiet_turns < 2 {
            yield_now().await;
            let now = self.0.load(Ordering::Relaxed);
            quiet_turns = if now == before { quiet_turns + 1 } else { 0 };
            before = now;
        }
    }
}
/// The loaders of one request.
pub struct Loaders {
    nodes: DataLoader<NodeLoader, HashMapCache>,
    edges: DataLoader<EdgeLoader, NoCache>,
    asked: Asked,
}

impl Loaders {
    /// Loaders for one request, which must run inside a `LocalSet`; what they read is forgotten with it.
    #[must_use]
    pub fn new(lookup: &Lookup, caller: &Caller) -> Self {
        let source = Source { lookup: lookup.clone(), caller: caller.clone() };
        let batch = lookup.limits().refs_max;
        let asked = Asked::default();
        let spawner = || {
            let asked = asked.clone();
            move |fetch: BoxFuture<'static, ()>| {
                let asked = asked.clone();
                spawn_local(async move {
                    asked.settle().await;
                    fetch.await;
                });
            }
        };
        let nodes = DataLoader::with_cache(NodeLoader(source.clone()), spawner(), HashMapCache::default());
        let edges = DataLoader::new(EdgeLoader(source), spawner());
        let (nodes, edges) = (nodes.delay(Duration::ZERO), edges.delay(Duration::ZERO));
        Self { nodes: nodes.max_batch_size(batch), edges: edges.max_batch_size(batch), asked }
    }

    /// The same for a request that goes on: nothing that was read is kept.
    #[must_use]
    pub fn forgetful(lookup: &Lookup, caller: &Caller) -> Self {
        let loaders = Self::new(lookup, caller);
        loaders.nodes.enable_all_cache(false);
        loaders
    }

    /// A node, if it exists.
    pub(super) async fn node(&self, reference: NodeRef) -> Result<Option<Loaded>> {
        self.asked.one_more();
        Ok(self.nodes.load_one(reference).await?)
    }

    /// A lot that other data refer to.
    pub(super) async fn lot(&self, id: &LotId) -> Result<Arc<Lot>> {
        match self.node(NodeRef::Lot(id.clone())).await? {
            Some(Loaded::Lot(lot)) => Ok(lot),
            _ => Err(missing("lot", id.as_str())),
        }
    }

    /// An operation that other data refer to.
    pub(super) async fn operation(&self, id: &EventId) -> Result<Arc<RecordedOperation>> {
        match self.node(NodeRef::Operation(id.clone())).await? {
            Some(Loaded::Operation(operation)) => Ok(operation),
            _ => Err(missing("operation", id.as_str())),
        }
    }

    /// An item of master data that other data refer to.
    pub(super) async fn master(&self, reference: MasterRef) -> Result<Arc<Master>> {
        match self.node(NodeRef::Master(reference.clone())).await? {
            Some(Loaded::Master(master)) => Ok(master),
            _ => Err(missing(reference.kind().name(), reference.code())),
        }
    }

    /// A page of the links of a lot.
    pub(super) async fn edges(&self, key: EdgesKey) -> Result<Arc<EdgePage>> {
        let lot = key.lot.clone();
        self.asked.one_more();
        self.edges.load_one(key).await?.ok_or_else(|| missing("links of lot", lot.as_str()))
    }
}

/// A reference that leads nowhere: the answer would be wrong without it, so it is an error and not an empty field.
fn missing(kind: &str, id: &str) -> async_graphql::Error {
    ServiceError::new(
        ErrorCode::StoreCorrupt,
        format!("the store refers to the {kind} {id}, but does not hold it"),
    )
    .into()
}

/// The loaders of this request.
pub(super) fn loaders<'a>(context: &Context<'a>) -> &'a Loaders {
    context.data_unchecked::<Loaders>()
}
