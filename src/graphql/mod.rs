//! The GraphQL API: thin wrappers around the domain, one file per noun.

mod alert;
mod as_of;
mod at_risk;
mod connection;
mod cursor;
mod enums;
mod equipment;
mod errors;
mod event;
mod filters;
mod hold;
mod hold_record;
pub mod limits;
mod link;
mod loader;
mod lot;
mod material;
mod mutation;
mod operation;
mod operator;
mod order;
mod party;
mod path;
mod quantity;
mod query;
mod recall;
mod receipt;
mod record_query;
mod root_cause;
mod scalars;
mod shift;
mod stock;
mod subscription;
mod trace;
mod trace_diff;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Context, MergedObject};
pub use async_graphql::{Request, Response};
use futures::StreamExt;
use futures::future::ready;
use futures::stream::{LocalBoxStream, once};
use tokio::task::LocalSet;

use crate::domain::ErrorCode;
use crate::service::alerts::AlertFeed;
use crate::service::as_of::{History, Point, Then};
use crate::service::ingest::Ingest;
use crate::service::recall::Recalls;
use crate::service::trace::Tracer;
use crate::service::{ServiceError, ServiceResult};
use crate::store::Store;
pub use errors::{code_of, is_refusal};
use limits::{DocumentLimits, check_document, check_nesting};
use mutation::PlantMutation;
use order::Shape;
use query::PlantQuery;
use recall::{RecallMutation, RecallQuery};
use record_query::RecordQuery;
use subscription::Subscription;

/// Questions about the plant.
#[derive(MergedObject, Default)]
pub struct Query(PlantQuery, RecordQuery, RecallQuery);

/// Records what happened. Nothing is ever edited or deleted: a mistake is voided.
#[derive(MergedObject, Default)]
pub struct Mutation(PlantMutation, RecallMutation);

type Inner = async_graphql::Schema<Query, Mutation, Subscription>;

/// What resolvers work with.
#[derive(Clone)]
pub struct Services {
    /// The store, layers included.
    pub store: Arc<dyn Store>,
    /// Answers trace questions.
    pub tracer: Tracer,
    /// Answers recall scopes.
    pub recalls: Recalls,
    /// Records events.
    pub ingest: Ingest,
    /// Pushes alerts.
    pub feed: AlertFeed,
    /// The store as it was.
    pub history: History,
}

impl Services {
    /// The same over the ledger as it was. Nothing is recorded through these: a mutation names no state.
    fn as_of(&self, then: Then) -> Self {
        let Then { store, tracer, .. } = then;
        let recalls = self.recalls.over(tracer.clone());
        Self { store, tracer, recalls, ..self.clone() }
    }
}

/// The services of this request.
fn services<'a>(context: &Context<'a>) -> &'a Services {
    context.data_unchecked::<Services>()
}

/// The executable API: every document passes the limits before it is validated.
#[derive(Clone)]
pub struct Schema {
    inner: Inner,
    limits: DocumentLimits,
    services: Services,
}

/// Builds the API over services.
#[must_use]
pub fn schema(services: Services, limits: DocumentLimits) -> Schema {
    let inner = Inner::build(Query::default(), Mutation::default(), Subscription)
        .limit_complexity(limits.complexity)
        .limit_directives(limits.directives)
        .finish();
    Schema { inner, limits, services }
}

/// The schema in its definition language, as it is committed to schema/lotgraph.graphql.
#[must_use]
pub fn sdl() -> String {
    let mut text = Inner::build(Query::default(), Mutation::default(), Subscription).finish().sdl();
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

impl Schema {
    /// Answers a request; every error in the answer carries its code.
    pub async fn execute(&self, mut request: Request, deadline: Duration) -> Response {
        let document = match self.check(&request) {
            Ok(document) => document,
            Err(refusal) => return errors::refusal(refusal.code, refusal.message),
        };
        let point = match as_of::asked(&document, &request) {
            Ok(point) => point,
            Err(refusal) => return errors::refusal(refusal.code, refusal.message),
        };
        let shape = Shape::of(&document, request.operation_name.as_deref());
        request.set_parsed_query(document);
        match tokio::time::timeout(deadline, self.answer(request, point)).await {
            Ok(mut response) => {
                errors::label(&mut response);
                shape.arrange(&mut response.data);
                response
            }
            Err(_) => {
                let message = format!(
                    "the answer took longer than {} s; {}",
                    deadline.as_secs(),
                    ErrorCode::DeadlineExceeded.remedy()
                );
                errors::refusal(ErrorCode::DeadlineExceeded, message)
            }
        }
    }

    /// Answers a subscription for as long as it lasts, and anything else once. To be polled inside a `LocalSet`.
    pub fn stream(&self, mut request: Request, deadline: Duration) -> LocalBoxStream<'static, Response> {
        let schema = self.clone();
        let document = match self.check(&request) {
            Ok(document) if asks_for(&document, &request) == Some(OperationType::Subscription) => document,
            Ok(_) => return once(async move { schema.execute(request, deadline).await }).boxed_local(),
            Err(refusal) => {
                return once(ready(errors::refusal(refusal.code, refusal.message))).boxed_local();
            }
        };
        let shape = Shape::of(&document, request.operation_name.as_deref());
        request.set_parsed_query(document);
        // What was read for one item may have changed by the next.
        let services = self.services.clone();
        let request = request.data(loader::Loaders::forgetful(&services.store)).data(services);
        let label = move |mut response: Response| {
            errors::label(&mut response);
            shape.arrange(&mut response.data);
            response
        };
        self.inner.execute_stream(request).map(label).boxed_local()
    }

    /// Executes a request over the ledger as it was at a point, or as it is.
    async fn answer(&self, request: Request, point: Option<Point>) -> Response {
        let services = match point {
            None => self.services.clone(),
            Some(point) => match self.services.history.at(point).await {
                Ok(then) => self.services.as_of(then),
                Err(error) => return errors::failure(&error),
            },
        };
        let request = request.data(loader::Loaders::new(&services.store)).data(services);
        // Loaders fetch in tasks of this set, so on this thread, in turns with the question and never beside it.
        LocalSet::new().run_until(self.inner.execute(request)).await
    }

    /// Parses a document within the limits.
    fn check(&self, request: &Request) -> ServiceResult<ExecutableDocument> {
        let too_complex =
            |excess: limits::Excess| ServiceError::new(ErrorCode::QueryTooComplex, excess.to_string());
        check_nesting(&request.query, &self.limits).map_err(too_complex)?;
        let document = async_graphql::parser::parse_query(&request.query)
            .map_err(|error| ServiceError::new(ErrorCode::QueryMalformed, error.to_string()))?;
        check_document(&document, &self.limits).map_err(too_complex)?;
        Ok(document)
    }
}

/// What the operation that a request selects does; nothing when it selects none, which the executor refuses.
fn asks_for(document: &ExecutableDocument, request: &Request) -> Option<OperationType> {
    let operation = match (&document.operations, request.operation_name.as_deref()) {
        (DocumentOperations::Single(operation), _) => operation,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name)?,
        (DocumentOperations::Multiple(operations), None) => operations.values().next()?,
    };
    Some(operation.node.ty)
}
