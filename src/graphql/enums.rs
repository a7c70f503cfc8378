//! The closed lists of the API, each a mirror of the domain's own.

use async_graphql::Enum;

/// Which way a trace walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::genealogy::Direction")]
pub enum TraceDirection {
    /// Where did it go: from a lot to what was made from it (downstream, where-used).
    Forward,
    /// What went into it: from a lot to what it was made from (upstream, as-built).
    Backward,
}

/// Where a lot comes from, as far as the ledger knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::Origin")]
pub enum Origin {
    /// Delivered by a supplier.
    Received,
    /// Made by an operation.
    Produced,
    /// Only named by events that draw from it: its own receipt or production is not on record.
    Unknown,
}

/// What a material is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::MaterialClass")]
pub enum MaterialClass {
    /// Bought in.
    Raw,
    /// Made here and used up here.
    Intermediate,
    /// Made to be shipped.
    Finished,
    /// Wraps the product.
    Packaging,
}

/// What a party is to the plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::PartyRole")]
pub enum PartyRole {
    /// Delivers lots.
    Supplier,
    /// Is delivered lots.
    Customer,
}

/// What an operation does with lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::OperationKind")]
pub enum OperationKind {
    /// Lots arrive from a supplier.
    Receive,
    /// Lots become other lots.
    Produce,
    /// One lot is divided.
    Split,
    /// Lots are put together.
    Merge,
    /// A lot is worked over again; it may come out as itself.
    Rework,
    /// A lot is put into other packages.
    Repack,
    /// Work in place: the lots keep their identity.
    Process,
    /// Lots leave to a customer.
    Ship,
    /// Lots are thrown away.
    Scrap,
}

/// How a lot takes part in an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::Role")]
pub enum LinkRole {
    /// The operation consumes (some of) the lot.
    Consumed,
    /// The operation produces (some of) the lot.
    Produced,
    /// The operation works on the lot in place.
    InPlace,
}

/// What a facet counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::service::trace::FacetField")]
pub enum FacetField {
    /// Lots shown, by the code of their material.
    Material,
    /// Lots shown, by the class of their material.
    MaterialClass,
    /// Lots shown, by depth.
    Depth,
    /// Lots shown, by whether their origin is known.
    Origin,
    /// Operations reached, by kind.
    OperationKind,
    /// Shipments reached, by customer.
    Customer,
    /// Receipts reached, by supplier.
    Supplier,
}

/// Why an answer may lack something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::genealogy::Partial")]
pub enum PartialReason {
    /// More lots and operations than the node limit: those nearest the seeds are shown.
    NodeLimit,
    /// Lots at `maxDepth` lead on.
    DepthLimit,
}
