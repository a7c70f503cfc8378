//! Recalls: what a cause touched, where everything made of it is now, and how its recall goes.

mod course;
mod export;
mod export_rows;
mod look_alikes;
mod open;
mod scope;
mod seeds;
mod seeds_meant;
mod slips;
mod together;

pub use course::{Consignee, FoundRecall, Progress, difference};
pub use export::{Export, ExportFormat, ExportQuestion, ExportTable};
pub use export_rows::{drawn_text, place_name};
pub use look_alikes::LookAlike;
pub use open::{Opened, Opening, Timing};
pub use scope::{LastOperation, Recalls, ScopeAnswer, ScopeFilter};
pub use seeds::{OPERATIONS_MAX, SEEDS_MAX};
pub use slips::StillOpen;
pub use together::Telling;
