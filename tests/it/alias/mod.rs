//! Further names of lots, over both stores: a misread number is corrected in one step, and a void takes that back.

mod equal;
mod questions;
mod refused;
