//! Exports of a recall's scope: a table as CSV or JSON, with the question, the revision and a checksum of its rows.
//!
//! The text is made once, in pieces, because its header carries the checksum of what follows.

use std::collections::{HashMap, HashSet};

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::export_rows::{customer_row, lot_row, place_name, shipment_row, text};
use super::scope::{Recalls, ScopeAnswer, ScopeFilter};
use crate::ServiceResult;
use crate::render::cell_text;
use lotgraph_domain::{
    Caller, EventId, Lot, LotId, LotStatus, Master, MasterRef, MaterialClass, Node, NodeRef, Origin, Party,
    PartyCode, Timestamp,
};
use lotgraph_format::canonical;
use lotgraph_genealogy::at_risk::Bound;
use lotgraph_genealogy::scope::{AffectedLot, Shipment, customer_shares};
use lotgraph_genealogy::{Partial, Revision};
use lotgraph_store::LotFilter;

/// About how long the pieces of a text are, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// What the rows of an export are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportTable {
    /// One row for each affected lot.
    Lots,
    /// One row for each draw of an affected lot by a shipment: what a customer is sent.
    Shipments,
    /// One row for each customer, material and unit.
    Customers,
}

impl ExportTable {
    /// Every table.
    pub const ALL: &'static [Self] = &[Self::Lots, Self::Shipments, Self::Customers];

    /// The table as addresses and flags write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lots => "lots",
            Self::Shipments => "shipments",
            Self::Customers => "customers",
        }
    }

    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Lots => &[
                "lot",
                "number",
                "supplierLot",
                "material",
                "depth",
                "status",
                "whereabouts",
                "onHand",
                "consumed",
                "shipped",
                "scrapped",
                "lastOperation",
                "step",
                "equipment",
                "lastOperationAt",
                "returned",
                "carriedLow",
                "carriedHigh",
                "carriedUnit",
            ],
            Self::Shipments => &[
                "customer",
                "document",
                "shippedAt",
                "lot",
                "number",
                "material",
                "quantity",
                "unit",
                "operation",
                "returned",
                "transferred",
            ],
            Self::Customers => &[
                "customer",
                "material",
                "quantity",
                "unit",
                "lots",
                "shipments",
                "unmeasured",
                "firstShippedAt",
                "lastShippedAt",
                "returned",
                "remaining",
                "name",
                "address",
                "contacts",
                "transferred",
            ],
        }
    }
}

/// In which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, with a header of comment lines.
    Csv,
    /// One object with the header and the rows.
    Json,
}

/// What is to be exported of a scope.
#[derive(Debug, Clone)]
pub struct ExportQuestion {
    /// Which table.
    pub table: ExportTable,
    /// In which format.
    pub format: ExportFormat,
    /// Which lots; shipments and customers are those of the lots shown, and of the customer named.
    pub filter: ScopeFilter,
    /// The recall that the scope is of.
    pub recall: Option<EventId>,
}

/// An export, ready to be sent piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The media type.
    pub content_type: &'static str,
    /// What to call the file.
    pub file_name: String,
    /// The text.
    pub pieces: Vec<Vec<u8>>,
}

/// Rows of a table, as cells in the order of its columns; absent cells are null in JSON and empty in CSV.
pub(super) type Row = Vec<Option<String>>;

impl Recalls {
    /// Writes a table of a scope.
    ///
    /// # Errors
    /// The store's.
    pub fn export<'a>(
        &'a self,
        caller: &'a Caller,
        answer: &'a ScopeAnswer,
        question: &'a ExportQuestion,
    ) -> BoxFuture<'a, ServiceResult<Export>> {
        Box::pin(async move {
            let shown = self.select(caller, answer, &question.filter).await?;
            let lots: Vec<&AffectedLot> = shown.iter().map(|n| &answer.scope.lots[*n as usize]).collect();
            let ids: HashSet<u32> = lots.iter().map(|lot| lot.lot).collect();
            let customer = question.filter.customer.as_ref();
            let shipments: Vec<&Shipment> = answer
                .scope
                .shipments
                .iter()
                .filter(|s| ids.contains(&s.lot) && (customer.is_none() || s.customer.as_ref() == customer))
                .collect();
            let rows = match question.table {
                ExportTable::Lots => self.lot_rows(caller, answer, &lots).await?,
                ExportTable::Shipments => self.shipment_rows(caller, answer, &shipments).await?,
                ExportTable::Customers => self.customer_rows(caller, answer, &shipments).await?,
            };
            Ok(write(answer, question, &rows))
        })
    }

    async fn lot_rows(
        &self,
        caller: &Caller,
        answer: &ScopeAnswer,
        lots: &[&AffectedLot],
    ) -> ServiceResult<Vec<Row>> {
        let records = self
            .reading(caller)
            .lots(lots.iter().map(|lot| answer.lot_id(lot.lot).clone()).collect())
            .await?;
        // Without the time rule nothing can be said about how much of the bad material is where.
        let at_risk = match answer.asked.respect_time {
            true => Some(self.at_risk(caller, answer).await?),
            false => None,
        };
        let carried: HashMap<&LotId, Bound> = at_risk
            .iter()
            .flat_map(|found| found.lots().map(|(lot, _)| (found.answer.lot_id(lot.lot), lot.carried)))
            .collect();
        let unit = at_risk.as_ref().and_then(|found| found.attribution.unit.as_ref());
        let row = |(lot, record): (&&AffectedLot, Option<Lot>)| {
            let mut row = lot_row(answer, lot, record.as_ref());
            let bound = carried.get(answer.lot_id(lot.lot));
            row.push(bound.and_then(|bound| text(&bound.low.normalize())));
            row.push(bound.and_then(|bound| bound.high).and_then(|high| text(&high.normalize())));
            row.push(bound.and(unit).and_then(text));
            row
        };
        Ok(lots.iter().zip(records).map(row).collect())
    }

    async fn shipment_rows(
        &self,
        caller: &Caller,
        answer: &ScopeAnswer,
        shipments: &[&Shipment],
    ) -> ServiceResult<Vec<Row>> {
        let ids = shipments.iter().map(|shipment| answer.lot_id(shipment.lot).clone());
        let records = self.reading(caller).lots(ids.collect()).await?;
        let pairs = shipments.iter().zip(records);
        Ok(pairs.map(|(shipment, record)| shipment_row(answer, shipment, record.as_ref())).collect())
    }

    /// Customers with where they are and who is to be reached there, as master data say now.
    async fn customer_rows(
        &self,
        caller: &Caller,
        answer: &ScopeAnswer,
        shipments: &[&Shipment],
    ) -> ServiceResult<Vec<Row>> {
        let shares = customer_shares(shipments.iter().copied(), &answer.facts);
        let customers = shares.iter().filter_map(|share| share.customer.clone());
        let refs: Vec<NodeRef> = customers.map(|code| NodeRef::Master(MasterRef::Party(code))).collect();
        let party = |node: Node| match node {
            Node::Master(Master::Party(party)) => Some((party.code.clone(), party)),
            _ => None,
        };
        let parties = self.reading(caller).get(&refs).await?;
        let parties: HashMap<PartyCode, Party> = parties.into_iter().flatten().filter_map(party).collect();
        let mut rows = Vec::new();
        for share in &shares {
            let party = share.customer.as_ref().and_then(|code| parties.get(code));
            // A customer of whose goods nothing was measured has a row all the same.
            if share.quantities.is_empty() {
                rows.push(customer_row(share, None, party));
            }
            rows.extend(share.quantities.iter().map(|quantity| customer_row(share, Some(quantity), party)));
        }
        Ok(rows)
    }
}

fn write(answer: &ScopeAnswer, question: &ExportQuestion, rows: &[Row]) -> Export {
    let mut pieces = Pieces::default();
    let columns = question.table.columns();
    match question.format {
        ExportFormat::Csv => {
            pieces.put(&format!("{}\r\n", columns.join(",")));
            for row in rows {
                let cells = row.iter().map(|cell| cell.as_deref().map(cell_text).unwrap_or_default());
                pieces.put(&format!("{}\r\n", cells.collect::<Vec<String>>().join(",")));
            }
        }
        ExportFormat::Json => {
            for row in rows {
                let cells = columns.iter().zip(row);
                let object: Map<String, Value> =
                    cells.map(|(name, cell)| ((*name).to_owned(), cell.clone().into())).collect();
                pieces.put(&format!("{}\n", Value::Object(object)));
            }
        }
    }
    let (mut texts, checksum) = pieces.finish();
    let header = header(answer, question, rows.len(), &checksum);
    match question.format {
        ExportFormat::Csv => texts.insert(0, csv_header(&header).into_bytes()),
        ExportFormat::Json => {
            texts.insert(0, format!("{{\"header\":{header},\n\"rows\":[\n").into_bytes());
            as_array(&mut texts);
            texts.push(b"]}\n".to_vec());
        }
    }
    let suffix = match question.format {
        ExportFormat::Csv => "csv",
        ExportFormat::Json => "json",
    };
    Export {
        content_type: match question.format {
            ExportFormat::Csv => "text/csv; charset=utf-8; header=present",
            ExportFormat::Json => "application/json",
        },
        file_name: format!("recall-{}-{}.{suffix}", question.table.name(), answer.revision),
        pieces: texts,
    }
}

/// Puts commas between rows that stand one on a line; the pieces in between are full of whole lines.
fn as_array(texts: &mut [Vec<u8>]) {
    let last = texts.len() - 1;
    for (n, piece) in texts.iter_mut().enumerate().skip(1) {
        let lines = std::mem::take(piece);
        let mut rest = lines.len();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            rest -= line.len();
            piece.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
            piece.extend_from_slice(if n == last && rest == 0 { b"\n" } else { b",\n" });
        }
    }
}

fn header(answer: &ScopeAnswer, question: &ExportQuestion, rows: usize, checksum: &str) -> Value {
    let complete = match answer.traced.trace.partial {
        None => "yes",
        Some(Partial::NodeLimit) => "no: the node limit cut it",
        Some(Partial::DepthLimit) => "no: the depth limit cut it",
    };
    let verify = match question.format {
        ExportFormat::Csv => "grep -v '^#' FILE | sha256sum",
        ExportFormat::Json => "jq -c '.rows[]' FILE | sha256sum",
    };
    json!({
        "recall": question.recall.as_ref().map(EventId::as_str),
        "table": question.table.name(),
        "question": canonical::recall::scope_text(&answer.asked),
        "filter": filter_text(&question.filter),
        "revision": revision_text(answer.revision),
        "complete": complete,
        "rows": rows,
        "sha256": checksum,
        "verify": verify,
    })
}

fn revision_text(revision: Revision) -> String {
    revision.to_string()
}

fn filter_text(filter: &ScopeFilter) -> String {
    if *filter == ScopeFilter::default() {
        return "none".to_owned();
    }
    let ScopeFilter { places, customer, lots } = filter;
    let LotFilter { materials, classes, origins, statuses, hold, text, produced_from, produced_before } =
        lots;
    let list =
        |name: &str, values: Option<Vec<&str>>| values.map(|values| format!("{name} {}", values.join(" ")));
    let one = |name: &str, value: Option<&str>| value.map(|value| format!("{name} {value}"));
    let moment = |name: &str, at: Option<Timestamp>| at.map(|at| format!("{name} {at}"));
    let parts = [
        list("whereabouts", places.as_ref().map(|all| all.iter().copied().map(place_name).collect())),
        one("customer", customer.as_ref().map(AsRef::as_ref)),
        list("materials", materials.as_ref().map(|all| all.iter().map(AsRef::as_ref).collect())),
        list("classes", classes.as_ref().map(|all| all.iter().copied().map(MaterialClass::name).collect())),
        list("origins", origins.as_ref().map(|all| all.iter().copied().map(Origin::name).collect())),
        list("statuses", statuses.as_ref().map(|all| all.iter().copied().map(LotStatus::name).collect())),
        one("hold", hold.as_ref().map(AsRef::as_ref)),
        one("text", text.as_ref().map(AsRef::as_ref)),
        moment("produced from", *produced_from),
        moment("produced before", *produced_before),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// Comment lines; a text of the header cannot break out of its line, since none holds a line break.
fn csv_header(header: &Value) -> String {
    let mut lines = String::from("# lotgraph recall export\r\n");
    for name in ["recall", "table", "question", "filter", "revision", "complete", "rows", "sha256", "verify"]
    {
        let line = match &header[name] {
            Value::Null => continue,
            Value::String(text) => format!("# {name}: {text}\r\n"),
            other => format!("# {name}: {other}\r\n"),
        };
        lines.push_str(&line);
    }
    lines
}

/// A text in pieces, with the checksum of all of it.
#[derive(Default)]
struct Pieces {
    done: Vec<Vec<u8>>,
    open: Vec<u8>,
    hash: Sha256,
}

impl Pieces {
    fn put(&mut self, text: &str) {
        self.hash.update(text.as_bytes());
        self.open.extend_from_slice(text.as_bytes());
        if self.open.len() >= PIECE_BYTES {
            self.done.push(std::mem::take(&mut self.open));
        }
    }

    fn finish(mut self) -> (Vec<Vec<u8>>, String) {
        if !self.open.is_empty() {
            self.done.push(self.open);
        }
        let checksum = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        (self.done, checksum)
    }
}
