//! The scope of a recall: which lots a cause touched and since when, and where everything that was made of
//! them is now.

mod cause;
mod difference;
mod effectiveness;
mod returns;
mod seeds;
mod totals;
mod whereabouts;

pub use cause::{Touch, parts_of, touches};
pub use difference::{ChangedCustomer, ScopeDifference, ScopeOf, scope_difference};
pub use effectiveness::{Control, Controlled, CustomerRecovery, Recovered, control, percent};
pub use returns::CameBack;
pub use seeds::{Reason, Seed, Seeds};
pub use totals::Total;
pub use whereabouts::{
    AffectedLot, CustomerShare, Drawn, Facts, Scope, Share, Shipment, Whereabouts, customer_shares, scope,
};
