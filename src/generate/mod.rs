//! Synthetic plants, as events.
