//! The GraphQL API: thin wrappers around the domain, one file per noun.

mod alert;
mod alias;
mod answer;
mod as_of;
mod at_risk;
mod connection;
mod cursor;
mod described;
mod enums;
mod equipment;
mod errors;
mod event;
mod filters;
mod found;
mod freshness;
mod hold;
mod hold_record;
mod independent;
pub mod limits;
mod link;
mod loader;
mod lot;
mod mass_balance;
mod master;
mod material;
mod mutation;
mod nulls;
mod numbered;
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
mod returns;
mod root;
mod root_cause;
mod scalars;
mod shift;
mod sighting;
mod stock;
mod subscription;
mod trace;
mod trace_diff;
mod traced;

use std::time::Duration;

use async_graphql::Context;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
pub use async_graphql::{Request, Response};
use futures::future::{LocalBoxFuture, ready};
use futures::stream::{LocalBoxStream, once};
use futures::{FutureExt, StreamExt};
use tokio::task::LocalSet;

use described::Described;
pub use errors::{Sent, code_of, is_refusal};
use limits::{DocumentLimits, check_document, check_nesting};
use lotgraph_domain::{Caller, ErrorCode};
use lotgraph_service::Questions;
use lotgraph_service::alerts::AlertFeed;
use lotgraph_service::as_of::{History, Point, Then};
use lotgraph_service::recall::Recalls;
use lotgraph_service::recorder::Recorder;
use mass_balance::BalanceQuery;
use mutation::PlantMutation;
use numbered::NumberQuery;
use order::Shape;
use query::PlantQuery;
use recall::{RecallMutation, RecallQuery};
use record_query::RecordQuery;
use root::{Part, Root, Rooted};
use subscription::Subscription;

/// Questions about the plant.
pub struct Query;

impl Root for Query {
    const NAME: &'static str = "Query";
    const DESCRIPTION: &'static str = "Questions about the plant.";
    const PARTS: &'static [Part] = &[
        Part { object: &PlantQuery, fields: PlantQuery::fields },
        Part { object: &RecordQuery, fields: RecordQuery::fields },
        Part { object: &BalanceQuery, fields: BalanceQuery::fields },
        Part { object: &RecallQuery, fields: RecallQuery::fields },
        Part { object: &NumberQuery, fields: NumberQuery::fields },
    ];
}

/// Records what happened. Nothing is ever edited or deleted: a mistake is voided.
pub struct Mutation;

impl Root for Mutation {
    const NAME: &'static str = "Mutation";
    const DESCRIPTION: &'static str =
        "Records what happened. Nothing is ever edited or deleted: a mistake is voided.";
    const PARTS: &'static [Part] = &[
        Part { object: &PlantMutation, fields: PlantMutation::fields },
        Part { object: &RecallMutation, fields: RecallMutation::fields },
    ];
}

type Inner = async_graphql::Schema<Rooted<Query>, Rooted<Mutation>, Subscription>;

/// What resolvers work with.
#[derive(Clone)]
pub struct Services {
    /// What can be asked of the ledger.
    pub questions: Questions,
    /// Answers recall scopes.
    pub recalls: Recalls,
    /// Records events.
    pub recorder: Recorder,
    /// Pushes alerts.
    pub feed: AlertFeed,
    /// The store as it was.
    pub history: History,
}

impl Services {
    /// The same over the ledger as it was. Nothing is recorded through these: a mutation names no state.
    fn as_of(&self, then: Then) -> Self {
        let questions = then.questions;
        let recalls = self.recalls.over(questions.clone());
        Self { questions, recalls, ..self.clone() }
    }
}

/// The services of this request.
fn services<'a>(context: &Context<'a>) -> &'a Services {
    context.data_unchecked::<Services>()
}

/// Who asks.
fn caller<'a>(context: &Context<'a>) -> &'a Caller {
    context.data_unchecked::<Caller>()
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
    let inner = Inner::build(Rooted(Query), Rooted(Mutation), Subscription)
        .limit_complexity(limits.complexity)
        .limit_directives(limits.directives)
        .finish();
    Schema { inner, limits, services }
}

/// The schema in its definition language, as it is committed to schema/lotgraph.graphql.
#[must_use]
pub fn sdl() -> String {
    let mut text = Inner::build(Rooted(Query), Rooted(Mutation), Subscription).finish().sdl();
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

impl Schema {
    /// Answers a request; every error in the answer carries its code.
    ///
    /// Boxed, because every crate that awaits a future compiles all that is inside it anew.
    pub fn execute<'a>(
        &'a self,
        caller: &'a Caller,
        request: Request,
        deadline: Duration,
    ) -> LocalBoxFuture<'a, Response> {
        self.execute_within(caller, request, deadline).boxed_local()
    }

    async fn execute_within(&self, caller: &Caller, mut request: Request, deadline: Duration) -> Response {
        let document = match self.check(&request) {
            Ok(document) => document,
            Err(refusal) => return *refusal,
        };
        let point = match as_of::asked(&document, &request) {
            Ok(point) => point,
            Err(refusal) => return errors::refusal(refusal.code, refusal.message),
        };
        let shape = Shape::of(&document, request.operation_name.as_deref());
        request.set_parsed_query(document);
        match tokio::time::timeout(deadline, self.answer(caller, request, point)).await {
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
    pub fn stream(
        &self,
        caller: Caller,
        mut request: Request,
        deadline: Duration,
    ) -> LocalBoxStream<'static, Response> {
        let schema = self.clone();
        let document = match self.check(&request) {
            Ok(document) if asks_for(&document, &request) == Some(OperationType::Subscription) => document,
            Ok(_) => {
                return once(async move { schema.execute(&caller, request, deadline).await }).boxed_local();
            }
            Err(refusal) => return once(ready(*refusal)).boxed_local(),
        };
        let shape = Shape::of(&document, request.operation_name.as_deref());
        request.set_parsed_query(document);
        // What was read for one item may have changed by the next.
        let services = self.services.clone();
        let request = request.data(loader::Loaders::forgetful(&services.questions.lookup, &caller));
        let request = request.data(services).data(caller);
        let label = move |mut response: Response| {
            errors::label(&mut response);
            shape.arrange(&mut response.data);
            response
        };
        self.inner.execute_stream(request).map(label).boxed_local()
    }

    /// Executes a request over the ledger as it was at a point, or as it is.
    async fn answer(&self, caller: &Caller, request: Request, point: Option<Point>) -> Response {
        let services = match point {
            None => self.services.clone(),
            Some(point) => match self.services.history.at(caller, point).await {
                Ok(then) => self.services.as_of(then),
                Err(error) => return errors::failure(&error),
            },
        };
        let request = request.data(loader::Loaders::new(&services.questions.lookup, caller));
        let request = request.data(services).data(caller.clone());
        // Loaders fetch in tasks of this set, so on this thread, in turns with the question and never beside it.
        LocalSet::new().run_until(self.inner.execute(request)).await
    }

    /// Parses a document within the limits; the answer when it is refused.
    fn check(&self, request: &Request) -> Result<ExecutableDocument, Box<Response>> {
        let too_complex = |excess: limits::Excess| {
            Box::new(errors::refusal(ErrorCode::QueryTooComplex, excess.to_string()))
        };
        check_nesting(&request.query, &self.limits).map_err(too_complex)?;
        let document = async_graphql::parser::parse_query(&request.query)
            .map_err(|error| Box::new(errors::syntax(&error)))?;
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
