//! The demo's sample questions for GraphiQL, with real ids in them.
