//! The GraphQL API: its schema, its answers, its limits and its errors.

mod answers;
mod bombs;
mod errors;
mod letter;
mod schema;
