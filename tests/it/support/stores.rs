//! The stores under test, each fresh.
