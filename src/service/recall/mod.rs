//! Recalls: what a cause touched, where everything made of it is now, and how its recall goes.

mod course;
mod export;
mod open;
mod scope;
mod seeds;

pub use course::{Consignee, FoundRecall, Progress, difference};
pub use export::{Export, ExportFormat, ExportQuestion, ExportTable, drawn_text, place_name};
pub use open::{Opened, Opening, Timing};
pub use scope::{LastOperation, Recalls, ScopeAnswer, ScopeFilter};
pub use seeds::{OPERATIONS_MAX, SEEDS_MAX};
