//! Looking things up in a store: the one place through which questions read, and where it will be decided who may.
//!
//! Nothing is decided yet. Every use case reads through here with its caller, so that roles need no second look at each.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{ServiceError, ServiceResult};
use lotgraph_domain::{
    Caller, ErrorCode, EventId, Lot, LotId, LotName, Master, MasterRef, Material, MaterialClass,
    MaterialCode, Namesakes, Node, NodeRef, Record, RecordedEvent, Timestamp,
};
use lotgraph_store::{
    Bucket, ChangePage, Closure, EdgePage, EdgesOf, Find, LedgerPosition, Limits, LotFilter, Page, Reader,
    Readiness, Result, Revision, StoreError, StoreErrorKind, Subgraph, Tally, What,
};

/// How many names of names lead to a lot at most. Each is an event that somebody sent; a ledger with more is damaged.
const NAMES_DEEP_MAX: usize = 1_000;
/// The most unknown ids that a refusal names.
const UNKNOWN_SHOWN_MAX: usize = 10;

/// Materials by code.
pub(super) type Materials = HashMap<MaterialCode, Material>;

/// Looks nodes, links and counts up in a store.
#[derive(Clone)]
pub struct Lookup {
    store: Arc<dyn Reader>,
}

impl Lookup {
    /// Looks up in this store.
    #[must_use]
    pub fn new(store: Arc<dyn Reader>) -> Self {
        Self { store }
    }

    /// The store as somebody reads it.
    pub(super) fn by<'a>(&'a self, caller: &'a Caller) -> Reading<'a> {
        Reading { store: self.store.as_ref(), caller }
    }

    /// The kind of store with its layers, for people.
    #[must_use]
    pub fn name(&self) -> String {
        self.store.name()
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.store.limits()
    }

    /// Statements sent to the database since the start.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// Whether the database answers; health is nobody's secret.
    ///
    /// # Errors
    /// The store's.
    pub async fn ready(&self) -> Result<Readiness> {
        self.store.ready().await
    }

    /// The name of the ledger, which tells it apart from all others.
    ///
    /// # Errors
    /// The store's.
    pub async fn identity(&self, caller: &Caller) -> Result<String> {
        self.by(caller).identity().await
    }

    /// The current revision.
    ///
    /// # Errors
    /// The store's.
    pub async fn revision(&self, caller: &Caller) -> Result<Revision> {
        self.by(caller).revision().await
    }

    /// The nodes referred to, in the order asked.
    ///
    /// # Errors
    /// The store's.
    pub async fn get(&self, caller: &Caller, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        self.by(caller).get(refs).await
    }

    /// A page of nodes.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, caller: &Caller, query: &Find) -> Result<Page<Node>> {
        self.by(caller).find(query).await
    }

    /// For each lot, in the order asked, a page of its links.
    ///
    /// # Errors
    /// The store's.
    pub async fn edges(&self, caller: &Caller, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.by(caller).edges(query).await
    }

    /// Counts, grouped, by key.
    ///
    /// # Errors
    /// The store's.
    pub async fn tally(&self, caller: &Caller, query: &Tally) -> Result<Vec<Bucket>> {
        self.by(caller).tally(query).await
    }

    /// The ledger after a position, in order.
    ///
    /// # Errors
    /// The store's.
    pub async fn changes(&self, caller: &Caller, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.by(caller).changes(after, limit).await
    }
}

/// A store as somebody reads it.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    store: &'a dyn Reader,
    caller: &'a Caller,
}

impl Reading<'_> {
    /// Everybody may read everything; what is read, and by whom, can be followed in the log.
    fn admit(&self, what: &'static str) -> &dyn Reader {
        tracing::trace!(actor = %self.caller.actor, kind = self.caller.kind.name(), what, "reads");
        self.store
    }

    pub(super) fn limits(&self) -> Limits {
        self.store.limits()
    }

    pub(super) async fn identity(&self) -> Result<String> {
        self.admit("identity").identity().await
    }

    pub(super) async fn revision(&self) -> Result<Revision> {
        self.admit("revision").revision().await
    }

    pub(super) async fn revision_at(&self, at: Timestamp) -> Result<Revision> {
        self.admit("revision").revision_at(at).await
    }

    /// The nodes referred to, in the order asked. For a further name of a lot this is the lot that it means.
    pub(super) async fn get(&self, refs: &[NodeRef]) -> Result<Vec<Option<Node>>> {
        let store = self.admit("nodes");
        let mut nodes = store.get(refs).await?;
        put_meant(store, nodes.iter_mut().flatten()).await?;
        Ok(nodes)
    }

    /// The lots that names mean, in the order asked. What is unknown stays as it is.
    pub(super) async fn meant(&self, names: &[LotId]) -> Result<Vec<LotId>> {
        let lots = self.lots(names.to_vec()).await?;
        Ok(names.iter().zip(lots).map(|(name, lot)| lot.map_or_else(|| name.clone(), |lot| lot.id)).collect())
    }

    pub(super) async fn events(&self, ids: &[EventId]) -> Result<Vec<Option<RecordedEvent>>> {
        self.admit("ledger").events(ids).await
    }

    /// A page of nodes. When it is the whole answer to a search for a number, there are lots in the place of their further
    /// names; a page that others follow has its names, since the next one begins behind the last of them.
    pub(super) async fn find(&self, query: &Find) -> Result<Page<Node>> {
        let store = self.admit("nodes");
        let mut page = store.find(query).await?;
        if matches!(query.what, What::LotsNamed(_)) && !page.more {
            put_meant(store, page.items.iter_mut()).await?;
            let mut seen = BTreeSet::new();
            page.items.retain(|node| !matches!(node, Node::Lot(lot) if !seen.insert(lot.id.clone())));
        }
        Ok(page)
    }

    pub(super) async fn namesakes(&self, names: &[LotName]) -> Result<Vec<Namesakes>> {
        self.admit("names").namesakes(names).await
    }

    pub(super) async fn edges(&self, query: &EdgesOf) -> Result<Vec<EdgePage>> {
        self.admit("links").edges(query).await
    }

    pub(super) async fn closure(&self, query: &Closure) -> Result<Subgraph> {
        self.admit("closure").closure(query).await
    }

    pub(super) async fn tally(&self, query: &Tally) -> Result<Vec<Bucket>> {
        self.admit("counts").tally(query).await
    }

    pub(super) async fn changes(&self, after: LedgerPosition, limit: u32) -> Result<ChangePage> {
        self.admit("ledger").changes(after, limit).await
    }

    /// Lots by id, in the order asked.
    pub(super) async fn lots(&self, ids: Vec<LotId>) -> Result<Vec<Option<Lot>>> {
        let refs: Vec<NodeRef> = ids.into_iter().map(NodeRef::Lot).collect();
        let nodes = self.get(&refs).await?;
        let lot = |node: Option<Node>| match node {
            Some(Node::Lot(lot)) => Some(*lot),
            Some(Node::Operation(_) | Node::Master(_) | Node::Record(_)) | None => None,
        };
        Ok(nodes.into_iter().map(lot).collect())
    }

    /// Lots that must exist.
    ///
    /// # Errors
    /// `LOT_UNKNOWN` with the ids that do not, and the store's.
    pub(super) async fn known_lots(&self, ids: Vec<LotId>) -> ServiceResult<Vec<Lot>> {
        let found = self.lots(ids.clone()).await?;
        let missing = ids.into_iter().zip(&found).filter(|(_, lot)| lot.is_none());
        let missing: Vec<LotId> = missing.map(|(id, _)| id).collect();
        if missing.is_empty() {
            Ok(found.into_iter().flatten().collect())
        } else {
            Err(self.unknown_lots(&missing).await?)
        }
    }

    /// The refusal of ids that no lot has. When they are numbers, it names the lots that bear them.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn unknown_lots(&self, ids: &[LotId]) -> Result<ServiceError> {
        let first = &ids[..ids.len().min(UNKNOWN_SHOWN_MAX)];
        let names: Vec<LotName> = first.iter().map(LotName::numbered).collect();
        let bearers = self.namesakes(&names).await?;
        Ok(unknown_lots(ids, &bearers))
    }

    /// For each lot, whether a filter lets it through.
    pub(super) async fn pass(&self, filter: &LotFilter, ids: Vec<LotId>) -> Result<Vec<bool>> {
        let lots = self.lots(ids).await?;
        let classes = match &filter.classes {
            None => HashMap::new(),
            Some(_) => self.classes(lots.iter().flatten().filter_map(|lot| lot.material.clone())).await?,
        };
        let shown = |lot: &Option<Lot>| {
            lot.as_ref().is_some_and(|lot| {
                let class = lot.material.as_ref().and_then(|code| classes.get(code).copied());
                filter.matches(lot, class)
            })
        };
        Ok(lots.iter().map(shown).collect())
    }

    /// The declared materials with these codes.
    pub(super) async fn materials(&self, codes: BTreeSet<MaterialCode>) -> Result<Materials> {
        let refs: Vec<NodeRef> =
            codes.into_iter().map(|code| NodeRef::Master(MasterRef::Material(code))).collect();
        let material = |node| match node {
            Some(Node::Master(Master::Material(material))) => Some((material.code.clone(), material)),
            _ => None,
        };
        Ok(self.get(&refs).await?.into_iter().filter_map(material).collect())
    }

    /// The classes of the materials that have one.
    pub(super) async fn classes(
        &self,
        codes: impl Iterator<Item = MaterialCode>,
    ) -> Result<HashMap<MaterialCode, MaterialClass>> {
        let materials = self.materials(codes.collect()).await?;
        Ok(materials.into_iter().filter_map(|(code, material)| Some((code, material.class?))).collect())
    }
}

/// Puts lots in the place of their further names.
///
/// # Errors
/// `STORE_CORRUPT` when names lead to no lot, and the store's.
async fn put_meant(store: &dyn Reader, nodes: impl Iterator<Item = &mut Node>) -> Result<()> {
    let alias = |node: &Node| match node {
        Node::Lot(lot) => lot.alias_of.as_ref().map(|alias| alias.lot.clone()),
        Node::Operation(_) | Node::Master(_) | Node::Record(_) => None,
    };
    let mut names: Vec<&mut Node> = nodes.filter(|node| alias(node).is_some()).collect();
    for _ in 0..NAMES_DEEP_MAX {
        names.retain(|node| alias(node).is_some());
        if names.is_empty() {
            return Ok(());
        }
        let refs: Vec<NodeRef> = names.iter().filter_map(|node| alias(node)).map(NodeRef::Lot).collect();
        for (name, meant) in names.iter_mut().zip(store.get(&refs).await?) {
            let Some(meant) = meant else { return Err(leads_nowhere(name)) };
            **name = meant;
        }
    }
    names.retain(|node| alias(node).is_some());
    names.first().map_or(Ok(()), |node| Err(leads_nowhere(node)))
}

fn leads_nowhere(name: &Node) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt(format!("{:?} leads to no lot", name.reference())), "get")
}

/// The refusal of ids that no lot has; of the first ten, the lots that bear them as numbers are known.
fn unknown_lots(ids: &[LotId], bearers: &[Namesakes]) -> ServiceError {
    let named: Vec<&str> = ids.iter().map(LotId::as_str).take(UNKNOWN_SHOWN_MAX).collect();
    let more = match ids.len().saturating_sub(UNKNOWN_SHOWN_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let numbers = ids.iter().zip(bearers).filter(|(_, bearers)| bearers.count > 0);
    let numbers = numbers.map(|(id, bearers)| match bearers.count {
        1 => format!("{id} is the printed or supplier's number of lot {}", bearers.in_words()),
        count => format!("{id} is the printed or supplier's number of {count} lots: {}", bearers.in_words()),
    });
    let numbers: Vec<String> = numbers.collect();
    let code = match bearers.iter().map(|bearers| bearers.count).max() {
        None | Some(0) => ErrorCode::LotUnknown,
        Some(1) => ErrorCode::LotByNumber,
        Some(_) => ErrorCode::LotAmbiguous,
    };
    let what = if numbers.is_empty() {
        "check it with resolve(code), which also knows printed and supplier's numbers".to_owned()
    } else {
        format!("{}; name the lot that is meant by its id", numbers.join("; "))
    };
    ServiceError::new(code, format!("no lot with the id {}{more}; {what}", named.join(", ")))
}

/// The record of a node that must be one.
///
/// # Errors
/// `STORE_CORRUPT` for anything else.
pub(super) fn record(node: Node) -> ServiceResult<Record> {
    match node {
        Node::Record(record) => Ok(*record),
        other => {
            let message = format!("the store answered with {:?}", other.reference());
            Err(ServiceError::new(ErrorCode::StoreCorrupt, message))
        }
    }
}
