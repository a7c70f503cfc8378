//! The closed lists of the API, each a mirror of the domain's own.

use async_graphql::Enum;
use serde::Serialize;

use super::answer::leaf;

/// The name of a value of a closed list, as documents write it.
pub(super) fn name_of<T: async_graphql::InputType>(value: &T) -> String {
    match value.to_value() {
        async_graphql::Value::Enum(name) => name.to_string(),
        other => other.to_string(),
    }
}

/// Writes a value of a closed list by its name, as the public JSON shape has it.
pub(super) fn by_name<T: async_graphql::InputType, S: serde::Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(name_of).serialize(serializer)
}

/// Which way a trace walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_genealogy::Direction")]
pub enum TraceDirection {
    /// Where did it go: from a lot to what was made from it (downstream, where-used).
    Forward,
    /// What went into it: from a lot to what it was made from (upstream, as-built).
    Backward,
}

/// Where a lot comes from, as far as the ledger knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::Origin")]
pub enum Origin {
    /// Delivered by a supplier.
    Received,
    /// Made by an operation.
    Produced,
    /// Only named by events that draw from it: its own receipt or production is not on record.
    Unknown,
}

/// Whether a lot may flow on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::LotStatus")]
pub enum LotStatus {
    /// A hold names it.
    Quarantined,
    /// It came from a lot that a hold names.
    Suspect,
    /// It was released for rework, scrapping or return only.
    Rejected,
    /// Its material must be released before use, and it was not yet.
    PendingInspection,
    /// Nothing speaks against its use.
    Available,
}

/// How a hold concerns a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "HoldKind", remote = "lotgraph_domain::MarkKind")]
pub enum MarkKind {
    /// The hold names it.
    Held,
    /// A walk of the trace leads to it from a lot that the hold names.
    Suspect,
}

/// Whether lots that a hold reaches may flow on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::HoldPolicy")]
pub enum HoldPolicy {
    /// Drawing from them is refused.
    Block,
    /// They may be drawn; what is made of them is marked too.
    Warn,
}

/// What becomes of a draw that is recorded after a hold and happened before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::LateCapture")]
pub enum LateCapture {
    /// It is recorded, and an alert says so.
    Record,
    /// It is refused, like a draw after the hold.
    Refuse,
}

/// What is to become of released lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::Disposition")]
pub enum Disposition {
    /// They are good.
    Released,
    /// They may only be worked over.
    Rework,
    /// They may only be thrown away.
    Scrap,
    /// They may only be shipped, back to whom they came from.
    Return,
}

/// What a material is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::MaterialClass")]
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

/// How the lots of a material are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::Tracking")]
pub enum Tracking {
    /// A lot is a quantity of the material.
    Lot,
    /// Every unit has a number of its own: a lot of it is one piece.
    Unit,
}

/// What a party is to the plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::PartyRole")]
pub enum PartyRole {
    /// Delivers lots.
    Supplier,
    /// Is delivered lots.
    Customer,
}

/// What an operation does with lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::OperationKind")]
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
    /// Lots (tanks, silos) are emptied and cleaned: what was in them does not outlive it.
    Clean,
    /// What is on hand of lots is measured.
    Count,
    /// Lots come back from a customer.
    Return,
}

/// How a lot takes part in an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::Role")]
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
#[graphql(remote = "lotgraph_service::trace::FacetField")]
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
#[graphql(remote = "lotgraph_genealogy::Partial")]
pub enum PartialReason {
    /// More lots and operations than the node limit: those nearest the seeds are shown.
    NodeLimit,
    /// Lots at `maxDepth` lead on.
    DepthLimit,
}

/// Why a bound of a quantity is wider than it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_genealogy::at_risk::GapReason")]
pub enum GapReason {
    /// A movement has no quantity.
    NoQuantity,
    /// A quantity cannot be converted to the unit that it is compared in.
    UnitNotConvertible,
    /// A draw lies before every production of its lot.
    TimeConflict,
    /// By the recorded times trouble may have come through before it is taken to have arrived, or after a clean.
    OrderUnknown,
    /// More was drawn than the lot held.
    DrawnMoreThanHeld,
    /// What the lot held at a draw is not known, since something before had no quantity.
    UnknownContent,
    /// A customer sent back more than was shipped to them.
    ReturnedMoreThanShipped,
    /// A stock count found more or less than there should have been.
    CountDiffers,
}

/// What kind of thing a factor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_genealogy::root_cause::FactorKind")]
pub enum FactorKind {
    /// A lot that went into it.
    Lot,
    /// A supplier of something that went into it.
    Supplier,
    /// A lot as its supplier numbers it: several deliveries may be of one.
    SupplierLot,
    /// A material that went into it.
    Material,
    /// Equipment that worked on it or on what went into it.
    Equipment,
    /// A person who did.
    Operator,
    /// A shift in which it happened.
    Shift,
    /// A step that it, or what went into it, passed.
    Step,
    /// Equipment in a shift.
    EquipmentShift,
    /// A parameter of a step within a band.
    Parameter,
    /// The time between two consecutive steps within a band.
    Elapsed,
}

/// Why a group of factors has numbers, or has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_genealogy::root_cause::Verdict")]
pub enum Verdict {
    /// It was tested.
    Tested,
    /// There are no controls to compare with.
    NoControls,
    /// So few or so many lots are exposed that no outcome would have been a find.
    Untestable,
    /// Every case and every control is exposed: nothing to compare.
    NoContrast,
}

/// What to doubt about a whole comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_genealogy::root_cause::Caution")]
pub enum Caution {
    /// There are no controls: factors are only counted.
    NoControls,
    /// Even a factor that all cases and no control are exposed to would not be a find: too few lots.
    GroupsTooSmall,
    /// Nothing is on record upstream of any case.
    NoExposure,
    /// The search for independent causes stopped at its limit of ten, so there may be more of them.
    MoreCauses,
}

/// Which side of a cut a band is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_statistics::Side")]
pub enum BandSide {
    /// At the cut or below.
    AtMost,
    /// At the cut or above.
    AtLeast,
}

/// What an alert tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::AlertKind")]
pub enum AlertKind {
    /// Lots were put into quarantine.
    HoldPlaced,
    /// Lots were freed from a hold.
    HoldReleased,
    /// An override was recorded, or an operation drew from a lot thanks to one.
    HoldOverridden,
    /// An operation was refused, because it would have drawn from a lot that must stay where it is.
    FlowRefused,
    /// A draw was recorded that happened before a hold on its lot.
    LateCapture,
    /// A draw was recorded that happened before the hold of a recall on its lot.
    RecallLateCapture,
    /// An event was recorded whose time lay more than a day ahead.
    TimeInFuture,
    /// An event touched a lot that a recall's hold marks.
    RecallTouched,
    /// A lot was drawn from before any of it is on record as received or produced.
    TimeConflict,
    /// More had been drawn from a lot, at some moment, than can have come in by then.
    Overdrawn,
    /// A single unit was made twice, used twice, in two places at once, or not one.
    UnitConflict,
    /// More was drawn from a lot than ever came in.
    QuantityGap,
    /// An operation that only divides, puts together or packs anew gave more than it took.
    QuantityGain,
    /// The yield of an operation lies outside the range declared for it.
    YieldOutOfRange,
    /// A lot was drawn from, and its own receipt or production is not on record.
    UnknownOrigin,
}

/// How grave an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::Severity")]
pub enum AlertSeverity {
    /// Good to know.
    Info,
    /// Somebody should look into it.
    Warning,
    /// Somebody must act now.
    Critical,
}

/// How far an alert is worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::AlertState")]
pub enum AlertState {
    /// Nobody took note of it yet.
    Open,
    /// Somebody did.
    Acknowledged,
    /// What it tells of is over by itself; it may have been acknowledged before.
    Resolved,
}

/// How far a hold is worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "lotgraph_domain::HoldState")]
pub enum HoldState {
    /// All its lots are held.
    Open,
    /// Some of its lots are free.
    PartlyReleased,
    /// All its lots are free.
    Released,
}

leaf!(
    Tracking,
    TraceDirection,
    Origin,
    LotStatus,
    MarkKind,
    HoldPolicy,
    LateCapture,
    Disposition,
    MaterialClass,
    PartyRole,
    OperationKind,
    LinkRole,
    FacetField,
    PartialReason,
    GapReason,
    FactorKind,
    Verdict,
    Caution,
    BandSide,
    AlertKind,
    AlertSeverity,
    AlertState,
    HoldState
);
