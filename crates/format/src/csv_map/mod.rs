//! CSV files of any shape to events, by a column mapping declared in TOML (docs/IMPORT.md is its reference).
//!
//! An event in a mapping has the public JSON shape, with `{column}` in its texts. So whatever an event can say, a
//! mapping can say, and every rule of [`crate::event`] holds for it.

mod cells;
mod columns;
mod decode;
mod mapping;
mod reader;
mod rows;
mod table;
mod template;
mod times;

pub use mapping::{Mapping, MappingError};
pub use reader::{CsvReader, OpenError};
pub use template::Located;

#[cfg(test)]
mod tests;
