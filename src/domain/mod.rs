//! What the words mean: lots, operations, master data, quantities, times and events; no async, no I/O.

pub mod alert;
pub mod attribute;
pub mod code;
pub mod event;
pub mod hold;
pub mod hold_record;
pub mod identifier;
pub mod lot;
pub mod master;
pub mod node;
pub mod operation;
pub mod problem;
pub mod quantity;
pub mod recall;
pub mod record;
pub mod revision;
pub mod time;

pub use alert::{
    Acknowledge, Acknowledgement, Alert, AlertKind, AlertState, Obstacle, Refusal, Resolution, Severity,
};
pub use attribute::{AttributeCondition, AttributeTest};
pub use code::ErrorCode;
pub use event::{Event, EventType, Fact, Void};
pub use hold::{
    Disposition, Hold, HoldMark, HoldPolicy, HoldStep, LotStatus, MarkKind, Override, Permit, Quarantine,
    Release, Stay,
};
pub use hold_record::{HoldRecord, HoldRelease, HoldState};
pub use identifier::{
    AlertId, EquipmentCode, EventId, LotId, MaterialCode, OperatorCode, PartyCode, ShiftCode, Text, UnitCode,
};
pub use lot::{Anomalies, Flow, Lot, Origin};
pub use master::{
    Conversion, Equipment, Master, MasterKind, MasterRef, Material, MaterialClass, Operator, Party,
    PartyRole, Shift,
};
pub use node::{Node, NodeKind, NodeRef};
pub use operation::{
    InPlace, Input, Operation, OperationKind, Output, Parameter, RecordedOperation, Role, Voided,
};
pub use problem::{Blocked, Problem};
pub use quantity::{Amount, Quantity};
pub use record::{Record, RecordBody, RecordKind, RecordPlace, RecordRef, RecordState};
pub use revision::Revision;
pub use time::Timestamp;

/// Free attributes of a lot or an operation: name to value, both kept verbatim, ordered by name.
pub type Attributes = std::collections::BTreeMap<Text, Text>;
