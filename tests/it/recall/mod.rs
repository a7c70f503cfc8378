//! Recalls: what a cause touched, where it all is, and how a recall goes, over both stores and through the API.

mod answers;
mod api;
mod command;
mod course;
mod exports;
mod night;
mod plant;
mod scope;

/// Runs a case over each store.
macro_rules! on_both_stores {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(crate::support::stores::sqlite().await).await;
            })*
        }
        mod neo4j {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(crate::support::stores::neo4j().await).await;
            })*
        }
    };
}
pub(crate) use on_both_stores;
