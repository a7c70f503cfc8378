//! Under which key an answer is kept: everything the answer depends on, and nothing else.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::store::{Closure, Revision};

/// The layout of cached answers. A test over their bytes fails when a change of a cached type changes them: raise this
/// then, so that no program reads what another one meant differently.
pub(super) const LAYOUT: u32 = 5;

/// A question: the method and the hash of its query.
///
/// The hash is cryptographic because queries come from outside: nobody can make two of them share an answer.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The method of the store.
    pub(super) method: &'static str,
    digest: String,
}

impl Question {
    /// The question that a query asks; `None` when the query cannot be encoded, and then it is not cached.
    pub(super) fn new<Q: Serialize + ?Sized>(method: &'static str, query: &Q) -> Option<Self> {
        let bytes = postcard::to_stdvec(query).ok()?;
        // Half of the hash is plenty, and keys stay short.
        let digest = Sha256::digest(&bytes)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self { method, digest })
    }

    /// The question of a closure: how long to wait, whether to look into the cache and at which revision are not part
    /// of it.
    pub(super) fn closure(query: &Closure) -> Option<Self> {
        let Closure { seeds, direction, max_depth, nodes_max, deadline: _, skip_cache: _, at: _ } = query;
        Self::new("closure", &(seeds, direction, max_depth, nodes_max))
    }
}

/// Makes keys for the answers of one ledger.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    /// Keys for the ledger with this identity. They also name the program's version: an answer that an older version
    /// computed wrongly is not served by the one that repairs it.
    pub(super) fn new(identity: &str) -> Self {
        Self { prefix: format!("{}/{LAYOUT}:{identity}", env!("CARGO_PKG_VERSION")) }
    }

    /// The key of a question at a revision. The parts behind the identity are free of colons, so whatever the identity
    /// is, two different questions have two different keys.
    pub(super) fn key(&self, revision: Revision, question: &Question) -> String {
        format!("{}:{revision}:{}:{}", self.prefix, question.method, question.digest)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::LotId;
    use crate::store::Direction;

    fn closure() -> Closure {
        Closure {
            seeds: vec![LotId::parse("A").expect("an id")],
            direction: Direction::Forward,
            max_depth: None,
            nodes_max: 10,
            deadline: Duration::from_secs(1),
            skip_cache: false,
            at: None,
        }
    }

    fn key(query: &Closure) -> String {
        Keys::new("ledger").key(Revision(7), &Question::closure(query).expect("an encodable query"))
    }

    #[test]
    fn a_key_holds_what_the_answer_depends_on_and_nothing_else() {
        let same = [
            Closure { deadline: Duration::from_secs(9), ..closure() },
            Closure { skip_cache: true, ..closure() },
            Closure { at: Some(Revision(7)), ..closure() },
        ];
        for query in same {
            assert_eq!(key(&query), key(&closure()), "{query:?}");
        }
        let other = [
            Closure { seeds: vec![], ..closure() },
            Closure { direction: Direction::Backward, ..closure() },
            Closure { max_depth: Some(10), ..closure() },
            Closure { nodes_max: 11, ..closure() },
        ];
        for query in other {
            assert_ne!(key(&query), key(&closure()), "{query:?}");
        }
    }

    #[test]
    fn ledgers_revisions_and_methods_have_keys_of_their_own() {
        let question = Question::new("get", "q").expect("an encodable query");
        let here = Keys::new("a").key(Revision(1), &question);
        assert_ne!(here, Keys::new("b").key(Revision(1), &question));
        assert_ne!(here, Keys::new("a").key(Revision(2), &question));
        assert_ne!(here, Keys::new("a").key(Revision(1), &Question::new("find", "q").expect("encodable")));
    }
}
