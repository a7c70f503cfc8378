//! The key under which an answer is kept. It names everything that the answer depends on, and nothing else.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::upgrade::PROJECTION;
use crate::{Closure, Revision};

/// The layout of cached answers. When a cached type changes so that its bytes do, a test fails. Then raise
/// this number, so that no program misreads bytes that another version wrote.
pub(super) const LAYOUT: u32 = 8;

/// A question: the method, and the hash of its query.
///
/// The hash is cryptographic because queries come from outside. Nobody can make two different queries that
/// would share an answer.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The method of the store.
    pub(super) method: &'static str,
    digest: String,
}

impl Question {
    /// The question that a query asks. It is `None` when the query cannot be encoded; then the answer is not
    /// cached.
    pub(super) fn new<Q: Serialize + ?Sized>(method: &'static str, query: &Q) -> Option<Self> {
        let bytes = postcard::to_stdvec(query).ok()?;
        // Half of the hash is long enough, and keys stay short.
        let digest = Sha256::digest(&bytes)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self { method, digest })
    }

    /// The question of a closure. The deadline, whether to look into the cache, and the revision that is
    /// asked for are not part of it, because they do not change the answer at a given revision.
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
    /// The keys for the ledger with this identity. They also name the version of the program and that of the
    /// graph. So when a new version repairs what an older one computed wrongly, or from another graph, it
    /// never serves the old answer.
    pub(super) fn new(identity: &str) -> Self {
        Self { prefix: format!("{}/{LAYOUT}.{PROJECTION}:{identity}", env!("CARGO_PKG_VERSION")) }
    }

    /// The key of a question at a revision. The parts behind the identity contain no colons. So two different
    /// questions have different keys, whatever the identity is.
    pub(super) fn key(&self, revision: Revision, question: &Question) -> String {
        format!("{}:{revision}:{}:{}", self.prefix, question.method, question.digest)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Direction;
    use lotgraph_domain::LotId;

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
