//! The subscriptions: what is pushed as it happens.

use std::sync::Arc;

use async_graphql::{Context, Result, Subscription as Subscribe};
use futures::{Stream, StreamExt};

use super::alert::{Alert, AlertFilter, position};
use super::root::Pushed;
use super::{caller, services};
use lotgraph_domain::{ErrorCode, Record};
use lotgraph_service::{ServiceError, ServiceResult};

/// What is pushed as it happens.
pub struct Subscription;

/// What is pushed as it happens.
#[Subscribe]
impl Subscription {
    /// Alerts, in the order in which they are raised, each once. It ends only when the server stops; then, and after any
    /// other break, resume it with the position of the last alert seen: nothing is missed and nothing comes twice.
    async fn alerts(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "Where to go on: a revision, or the position of the last alert seen. First comes what was \
                          raised behind it, then what is raised from now on. Absent: only the latter."
        )]
        after_revision: Option<String>,
        #[graphql(desc = "Which alerts; absent: all.")] filter: Option<AlertFilter>,
    ) -> Result<impl Stream<Item = Result<Pushed<Alert>>> + use<>> {
        let after = after_revision.as_deref().map(|text| position("afterRevision", text)).transpose()?;
        let filter = filter.unwrap_or_default().read()?;
        Ok(services(context).feed.read(caller(context), filter, after).map(alert))
    }
}

fn alert(record: ServiceResult<Record>) -> Result<Pushed<Alert>> {
    Alert::of(Arc::new(record?)).map(Pushed).ok_or_else(|| {
        ServiceError::new(ErrorCode::StoreCorrupt, "the feed of alerts holds another record").into()
    })
}
