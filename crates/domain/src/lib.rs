//! What the words mean: lots, operations, master data, quantities, times and events; no async, no I/O.

pub mod alert;
pub mod alias;
pub mod attribute;
pub mod caller;
pub mod code;
pub mod conversion;
pub mod event;
pub mod hold;
pub mod hold_record;
pub mod identifier;
pub mod ledger;
pub mod likeness;
pub mod lot;
pub mod master;
pub mod names;
pub mod namesake;
pub mod node;
pub mod observe;
pub mod operation;
pub mod pairs;
pub mod problem;
pub mod quantity;
pub mod recall;
pub mod record;
pub mod revision;
pub mod sense;
pub mod stock;
pub mod time;
pub mod transfer;
pub mod unit;

pub use alert::{
    Acknowledge, Acknowledgement, Alert, AlertKind, AlertState, Obstacle, Refusal, Resolution, Severity,
};
pub use alias::{Alias, AliasOf, Lent, MergeLots, NamesMeant, RENAMED_OPERATIONS_MAX, SameLot};
pub use attribute::{AttributeCondition, AttributeTest};
pub use caller::{Caller, CallerKind, Entry, ImportedFile};
pub use code::ErrorCode;
pub use conversion::{Conversion, LotFactor, Rate, Scale, StatedRate, StatedRates};
pub use event::{Event, EventType, Fact, FactItem, Void};
pub use hold::{
    Disposition, Hold, HoldMark, HoldPolicy, HoldStep, LateCapture, LotStatus, MarkKind, Override, Permit,
    Quarantine, Release, Stay,
};
pub use hold_record::{HoldRecord, HoldRelease, HoldState};
pub use identifier::{
    AlertId, EquipmentCode, EventId, LotId, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text, UnitCode,
};
pub use ledger::{
    Batch, CLOCKS_APART_MAX, ChangePage, Changes, EventOutcome, LedgerEntry, LedgerPosition, Receipt,
    RecordedEvent, RecordedRevision, Recording, Status,
};
pub use likeness::{Hidden, Likeness};
pub use lot::{Anomalies, Flow, Lot, Origin};
pub use master::{
    Contact, Equipment, Master, MasterKind, MasterRef, Material, MaterialClass, Operator, Party, PartyRole,
    Shift, Tracking, YieldRange,
};
pub use names::Named;
pub use namesake::{LotName, NAMESAKES_MAX, Namesakes, NumberPolicy, Resolved};
pub use node::{Node, NodeKind, NodeRef};
pub use observe::{Location, Observe, SIGHTINGS_KEPT, Sighting, Sightings};
pub use operation::{
    InPlace, Input, Operation, OperationKind, Output, Parameter, RecordedOperation, Role, Voided,
};
pub use pairs::{Pair, Pairs};
pub use problem::{Blocked, Problem};
pub use quantity::{Amount, Percent, Quantity};
pub use record::{Record, RecordBody, RecordKind, RecordPlace, RecordRef, RecordState};
pub use revision::Revision;
pub use sense::Sense;
pub use stock::{Lifted, MovementKey, Overdrawn, Shortage, Stock};
pub use time::Timestamp;
pub use transfer::Transfer;

/// Free attributes of a lot or an operation: name to value, both kept verbatim, ordered by name.
pub type Attributes = std::collections::BTreeMap<Text, Text>;
