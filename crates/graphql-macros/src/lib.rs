//! Attributes that turn Rust types into tables of GraphQL fields.
//!
//! They read the same notation as the attributes of async-graphql that they stand for, so that a file of the API looks
//! as its manual describes. What they write is less: those of async-graphql write, for every type, the executor anew
//! with a future in each field; these write one table of fields and one function that finds a field by its name, and
//! `lotgraph_graphql::answer` executes all types with the same code.

mod notation;
mod object;
mod record;

use proc_macro::TokenStream;

/// An object whose fields are methods. Written on an `impl` block, whose doc comment is the description; clients see it
/// under the type's own name unless `name = "…"` says another.
///
/// A method that is not `async` answers at once. `#[graphql(complexity = "…")]` on a method says what the field costs;
/// `name`, `desc`, `default` and `default_with` on an argument say what clients see of it.
#[proc_macro_attribute]
#[allow(non_snake_case, reason = "It is written where async-graphql's attribute of this name would be.")]
pub fn Object(arguments: TokenStream, item: TokenStream) -> TokenStream {
    object::expand(arguments.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// An object whose fields are those of the structure. Its doc comment is the description.
#[proc_macro_derive(SimpleObject)]
pub fn simple_object(item: TokenStream) -> TokenStream {
    record::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
