//! Statistics for comparing two groups. There are only numbers here, and no words of the plant.

pub mod contingency;
pub mod cut;
pub mod discovery;
pub mod gamma;
pub mod rank;
pub mod strata;

pub use contingency::{OddsRatio, Table};
pub use cut::{Cut, Side, best_cut, cut_p};
pub use discovery::benjamini_hochberg;
pub use rank::{RankTest, mann_whitney};
pub use strata::{stratified_enrichment_p, stratified_least_p};
