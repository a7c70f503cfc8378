//! The queries: look nodes up, list them, trace them.

use async_graphql::{Context, ID, Result};

use super::as_of::AsOfInput;
use super::connection::page_cost;
use super::enums::TraceDirection;
use super::equipment::{Equipment, EquipmentConnection};
use super::errors::wrong_node;
use super::filters::{
    EquipmentFilter, LotFilter, MaterialFilter, NameFilter, OperationFilter, PartyFilter, read,
};
use super::found::find;
use super::loader::{Loaded, loaders};
use super::lot::{Lot, LotConnection};
use super::material::{Material, MaterialConnection};
use super::operation::{Operation, OperationConnection};
use super::operator::{Operator, OperatorConnection};
use super::party::{Party, PartyConnection};
use super::path::{TracePath, paths as path_list};
use super::root_cause::{CommonLots, RootCause, RootCauseInput};
use super::shift::{Shift, ShiftConnection};
use super::trace::{Trace, TraceInput, TraceSummary};
use super::trace_diff::TraceDiff;
use super::{caller, services};
use lotgraph_domain::{
    EquipmentCode, ErrorCode, EventId, LotId, Master, MasterKind, MasterRef, MaterialCode, Node, NodeRef,
    OperatorCode, PartyCode, ShiftCode, Text,
};
use lotgraph_graphql_macros::Object;
use lotgraph_service::ServiceError;
use lotgraph_service::numbers::lots_numbered;
use lotgraph_service::query::{Find, What};

/// The most lots that one printed number may stand for in an answer.
const NAMESAKES_MAX: u32 = 1_000;

/// Questions about the plant.
#[derive(Default)]
pub struct PlantQuery;

/// Builds a connection of one kind of node; a node of another kind is an error, never left out.
macro_rules! nodes {
    ($found:expr, $connection:ident, $pattern:pat => $node:expr) => {{
        let found = $found;
        let mut items = Vec::with_capacity(found.nodes.len());
        for (cursor, node) in found.nodes {
            match node {
                $pattern => items.push((cursor, $node)),
                other => return Err(wrong_node(&other)),
            }
        }
        Ok($connection::new(items, found.more, found.further, found.total))
    }};
}

/// One item of master data by code, if it exists.
async fn master(context: &Context<'_>, reference: MasterRef) -> Result<Option<Master>> {
    match loaders(context).node(NodeRef::Master(reference)).await? {
        Some(Loaded::Master(master)) => Ok(Some((*master).clone())),
        _ => Ok(None),
    }
}

/// Questions about the plant.
#[Object]
impl PlantQuery {
    /// The lot with this id.
    async fn lot(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The lot's id; `resolve` finds ids by printed numbers.")] id: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Lot>> {
        let id = read("id", &id, LotId::parse)?;
        match loaders(context).node(NodeRef::Lot(id)).await? {
            Some(Loaded::Lot(lot)) => Ok(Some(Lot(lot))),
            _ => Ok(None),
        }
    }

    /// Lots, by id.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which lots; absent: all.")] filter: Option<LotFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<LotConnection> {
        let what = What::Lots(filter.unwrap_or_default().read()?);
        nodes!(find(context, what, first, after).await?, LotConnection, Node::Lot(lot) => Lot(lot.into()))
    }

    /// Lots whose id, printed number or supplier's number is this, whatever is on the label: exactly, or when there is none
    /// ignoring case. `findNumber` also knows documents and parts of numbers.
    #[graphql(complexity = "page_cost(10, child_complexity)")]
    async fn resolve(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was read or scanned.")] code: String,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Vec<Lot>> {
        let number = read("code", code.trim(), Text::parse)?;
        let what = What::LotsNamed(number.clone());
        let page = services(context)
            .questions
            .lookup
            .find(caller(context), &Find { what, after: None, first: NAMESAKES_MAX })
            .await?;
        if page.more {
            let message = format!(
                "more than {NAMESAKES_MAX} lots have this number; ask with lots(filter: {{text: …}})"
            );
            return Err(ServiceError::new(ErrorCode::LimitExceeded, message).into());
        }
        let lot = |node| match node {
            Node::Lot(lot) => Ok(Lot(lot.into())),
            other => Err(wrong_node(&other)),
        };
        if page.items.is_empty() {
            let lookup = &services(context).questions.lookup;
            let found = lots_numbered(lookup, caller(context), &number, NAMESAKES_MAX as usize).await?;
            return Ok(found.into_iter().map(|lot| Lot(lot.into())).collect());
        }
        page.items.into_iter().map(lot).collect()
    }

    /// The operation with this id, voided or not.
    async fn operation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The operation's id, that of its event.")] id: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Operation>> {
        let id = read("id", &id, EventId::parse)?;
        match loaders(context).node(NodeRef::Operation(id)).await? {
            Some(Loaded::Operation(operation)) => Ok(Some(Operation(operation))),
            _ => Ok(None),
        }
    }

    /// Operations, by end and id.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn operations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which operations; absent: all, voided ones included.")] filter: Option<
            OperationFilter,
        >,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<OperationConnection> {
        let what = What::Operations(filter.unwrap_or_default().read()?);
        let found = find(context, what, first, after).await?;
        nodes!(found, OperationConnection, Node::Operation(operation) => Operation(operation.into()))
    }

    /// The material with this code.
    async fn material(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its code.")] code: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Material>> {
        let reference = MasterRef::Material(read("code", &code, MaterialCode::parse)?);
        match master(context, reference).await? {
            Some(Master::Material(material)) => Ok(Some(Material(material))),
            _ => Ok(None),
        }
    }

    /// Materials, by code.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn materials(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which materials; absent: all.")] filter: Option<MaterialFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<MaterialConnection> {
        let what = What::Masters(MasterKind::Material, filter.unwrap_or_default().read()?);
        let found = find(context, what, first, after).await?;
        nodes!(found, MaterialConnection, Node::Master(Master::Material(material)) => Material(material))
    }

    /// The equipment with this code.
    async fn equipment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its code.")] code: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Equipment>> {
        let reference = MasterRef::Equipment(read("code", &code, EquipmentCode::parse)?);
        match master(context, reference).await? {
            Some(Master::Equipment(equipment)) => Ok(Some(Equipment(equipment))),
            _ => Ok(None),
        }
    }

    /// Pieces of equipment, by code.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn equipments(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which equipment; absent: all.")] filter: Option<EquipmentFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<EquipmentConnection> {
        let what = What::Masters(MasterKind::Equipment, filter.unwrap_or_default().read()?);
        let found = find(context, what, first, after).await?;
        nodes!(found, EquipmentConnection, Node::Master(Master::Equipment(equipment)) => Equipment(equipment))
    }

    /// The operator with this code.
    async fn operator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Their code.")] code: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Operator>> {
        let reference = MasterRef::Operator(read("code", &code, OperatorCode::parse)?);
        match master(context, reference).await? {
            Some(Master::Operator(operator)) => Ok(Some(Operator(operator))),
            _ => Ok(None),
        }
    }

    /// Operators, by code.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn operators(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which operators; absent: all.")] filter: Option<NameFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<OperatorConnection> {
        let what = What::Masters(MasterKind::Operator, filter.unwrap_or_default().read()?);
        let found = find(context, what, first, after).await?;
        nodes!(found, OperatorConnection, Node::Master(Master::Operator(operator)) => Operator(operator))
    }

    /// The shift with this code.
    async fn shift(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its code.")] code: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Shift>> {
        let reference = MasterRef::Shift(read("code", &code, ShiftCode::parse)?);
        match master(context, reference).await? {
            Some(Master::Shift(shift)) => Ok(Some(Shift(shift))),
            _ => Ok(None),
        }
    }

    /// Shifts, by code.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn shifts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which shifts; absent: all.")] filter: Option<NameFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<ShiftConnection> {
        let what = What::Masters(MasterKind::Shift, filter.unwrap_or_default().read()?);
        let found = find(context, what, first, after).await?;
        nodes!(found, ShiftConnection, Node::Master(Master::Shift(shift)) => Shift(shift))
    }

    /// The supplier or customer with this code.
    async fn party(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its code.")] code: ID,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Option<Party>> {
        let reference = MasterRef::Party(read("code", &code, PartyCode::parse)?);
        match master(context, reference).await? {
            Some(Master::Party(party)) => Ok(Some(Party(party))),
            _ => Ok(None),
        }
    }

    /// Suppliers and customers, by code.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    async fn parties(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which parties; absent: all.")] filter: Option<PartyFilter>,
        #[graphql(default = 100, desc = "At most this many, 1 to 1000.")] first: i32,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<PartyConnection> {
        let what = What::Masters(MasterKind::Party, filter.unwrap_or_default().read()?);
        let found = find(context, what, first, after).await?;
        nodes!(found, PartyConnection, Node::Master(Master::Party(party)) => Party(party))
    }

    /// Where did these lots go (FORWARD), or what went into them (BACKWARD), over any number of operations?
    #[graphql(complexity = "50 + child_complexity")]
    async fn trace(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The question.")] input: TraceInput,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Trace> {
        input.ask(context).await
    }

    /// How much a trace reaches, without its nodes.
    #[graphql(complexity = "50 + child_complexity")]
    async fn trace_count(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The question.")] input: TraceInput,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<TraceSummary> {
        input.ask(context).await?.summarize(context).await
    }

    /// What differs between a trace and the same one later: what was added, what a void or a correction took away, whose
    /// depth or status is another. The nodes are shown as of `to`.
    #[graphql(complexity = "150 + child_complexity")]
    async fn trace_diff(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The question.")] input: TraceInput,
        #[graphql(desc = "The earlier state of the ledger.")] from: AsOfInput,
        #[graphql(desc = "The later state; absent: the current one.")] to: Option<AsOfInput>,
    ) -> Result<TraceDiff> {
        TraceDiff::ask(context, input, &from, to.as_ref()).await
    }

    /// What do the bad lots have in common that lots like them have not? Every factor upstream of them, at any depth, is
    /// compared between cases and controls.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn root_cause(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The question.")] input: RootCauseInput,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<RootCause> {
        input.ask(context).await
    }

    /// The lots that went into every one of these.
    #[graphql(complexity = "50 + child_complexity")]
    async fn common_ancestors(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The lots to start from.")] lots: Vec<ID>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<CommonLots> {
        CommonLots::ask(context, &lots, TraceDirection::Backward).await
    }

    /// The lots that every one of these went into.
    #[graphql(complexity = "50 + child_complexity")]
    async fn common_descendants(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The lots to start from.")] lots: Vec<ID>,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<CommonLots> {
        CommonLots::ask(context, &lots, TraceDirection::Forward).await
    }

    /// Why is this lot affected by that one? The shortest walks between them: fewest operations first, ties by id. An
    /// empty list: it is not.
    #[graphql(complexity = "50 + page_cost(paths, 10 * child_complexity)")]
    async fn why_affected(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The lot that the walks start from.")] seed: ID,
        #[graphql(desc = "The lot that they lead to.")] lot: ID,
        #[graphql(default_with = "TraceDirection::Forward", desc = "Which way to walk.")]
        direction: TraceDirection,
        #[graphql(default = 3, desc = "At most this many walks, 1 to 100.")] paths: i32,
        #[graphql(name = "asOf", desc = "Which state of the ledger; absent: the current one.")]
        _as_of: Option<AsOfInput>,
    ) -> Result<Vec<TracePath>> {
        let (seed, lot) = (read("seed", &seed, LotId::parse)?, read("lot", &lot, LotId::parse)?);
        let count = usize::try_from(paths).unwrap_or(0);
        let (subgraph, found) = services(context)
            .questions
            .tracer
            .why_affected(caller(context), &seed, &lot, direction.into(), count)
            .await?;
        Ok(path_list(&subgraph, &found))
    }
}
