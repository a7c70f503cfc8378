//! The scope of a recall: which lots a cause touched and since when, and where everything made of them is now.

mod cause;
mod difference;
mod effectiveness;
mod seeds;
mod whereabouts;

pub use cause::{Touch, parts_of, touches};
pub use difference::{ChangedCustomer, ScopeDifference, ScopeOf, scope_difference};
pub use effectiveness::{Control, Controlled, CustomerRecovery, Recovered, control, percent};
pub use seeds::{Reason, Seed, Seeds};
pub use whereabouts::{
    AffectedLot, CustomerShare, Drawn, Facts, Scope, Share, Shipment, Total, Whereabouts, customer_shares,
    in_own_unit, scope,
};
