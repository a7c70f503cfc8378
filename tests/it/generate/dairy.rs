//! The demo dairy.
