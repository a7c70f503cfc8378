//! The scope of a recall: which lots a cause touched and since when, and where everything made of them is now.

mod cause;
mod seeds;
mod whereabouts;

pub use cause::{Touch, parts_of, touches};
pub use seeds::{Reason, Seed, Seeds};
pub use whereabouts::{
    AffectedLot, CustomerShare, Drawn, Facts, Scope, Share, Shipment, Total, Whereabouts, scope,
};
