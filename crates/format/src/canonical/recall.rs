//! Recall scopes as canonical JSON.

use crate::lists::{self, Scope};
use crate::write::{NameOrder, Object, Out};
use lotgraph_domain::recall::RecallScope;

/// A scope as one line of JSON: what an export says that it answers.
#[must_use]
pub fn scope_text(scope: &RecallScope) -> String {
    let mut out = Out::new(0, NameOrder::Utf16Units);
    Object::write(&mut out, |object| lists::write::<Scope>(object, scope, None));
    out.text
}
