//! Independent causes: the finds that stand on their own, each with those that only go along with it.

use std::sync::Arc;

use async_graphql::Result;

use super::connection::{page_cost, page_size};
use super::root_cause::FactorGroup;
use lotgraph_genealogy::root_cause::{self, Follower};
use lotgraph_graphql_macros::Object;
use lotgraph_service::root_cause::RootCauseAnswer;

/// A find that the independent causes before it do not explain.
pub struct IndependentCause {
    answer: Arc<RootCauseAnswer>,
    /// Its place among the independent causes.
    number: usize,
}

impl IndependentCause {
    /// All of an answer, in the order in which they were chosen.
    pub(super) fn all(answer: &Arc<RootCauseAnswer>) -> Vec<Self> {
        let count = answer.common.independent.len();
        (0..count).map(|number| Self { answer: answer.clone(), number }).collect()
    }

    fn cause(&self) -> &root_cause::IndependentCause {
        &self.answer.common.independent[self.number]
    }
}

/// A find that the independent causes before it do not explain.
#[Object]
impl IndependentCause {
    /// The factors, which always occur together. Their own numbers are those of the comparison without strata.
    fn group(&self) -> FactorGroup {
        FactorGroup::new(self.answer.clone(), self.cause().group)
    }

    /// One-sided p-value given the causes before it: the smaller one, doubled, of the exact Cochran–Mantel–Haenszel test and
    /// of Fisher's exact test among the lots that none of them touches. Of the first cause, its p-value alone.
    fn p(&self) -> f64 {
        self.cause().p
    }

    /// The false discovery rate at which it is a find given the causes before it; at most 0.05.
    fn q(&self) -> f64 {
        self.cause().q
    }

    /// How many groups of factors it cannot be told from.
    fn alike_count(&self) -> usize {
        self.cause().alike.len()
    }

    /// Other groups that exactly the same of the lots are exposed to that none of the causes before it touches: any of them
    /// may be the cause in its place. They are ordered by p.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn alike(
        &self,
        #[graphql(default = 10, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<FactorGroup>> {
        let alike = self.cause().alike.iter().take(page_size(first)? as usize);
        Ok(alike.map(|group| FactorGroup::new(self.answer.clone(), *group)).collect())
    }

    /// How many finds it explains.
    fn follower_count(&self) -> usize {
        self.cause().followers.len()
    }

    /// The finds that it explains: significant alone, and no longer when the independent causes are given. They are
    /// ordered by p.
    #[graphql(complexity = "page_cost(first, child_complexity)")]
    fn followers(
        &self,
        #[graphql(default = 10, desc = "At most this many, 1 to 1000.")] first: i32,
    ) -> Result<Vec<FollowingGroup>> {
        let followers = self.cause().followers.iter().take(page_size(first)? as usize);
        let following =
            |follower: &Follower| FollowingGroup { answer: self.answer.clone(), follower: *follower };
        Ok(followers.map(following).collect())
    }
}

/// A find that an independent cause explains.
pub struct FollowingGroup {
    answer: Arc<RootCauseAnswer>,
    follower: Follower,
}

/// A find that an independent cause explains.
#[Object]
impl FollowingGroup {
    /// The factors, with their numbers alone.
    fn group(&self) -> FactorGroup {
        FactorGroup::new(self.answer.clone(), self.follower.group)
    }

    /// One-sided p-value given that cause alone; 1 when no outcome could have been a find then.
    fn p_given_cause(&self) -> f64 {
        self.follower.p
    }
}
