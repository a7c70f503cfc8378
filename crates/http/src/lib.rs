//! The HTTP server: GraphQL, REST, GraphiQL, health and metrics.

mod alerts;
mod arguments;
mod body;
mod connection;
mod events;
mod failure;
mod frames;
mod graphiql;
mod graphql;
mod health;
pub mod local;
mod observe;
mod origin;
mod places;
mod recall;
mod sse;
mod trace;
mod unread;
mod websocket;
mod who;

use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::UPGRADE;
use actix_web::middleware::{Compress, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{App, Handler, Resource, Responder, guard, web};
use futures::future::ready;

use body::Bodies;
pub use body::RATE_GRACE;
use connection::Connection;
pub use connection::HEAD_TIMEOUT;
use failure::Failure;
use local::LocalCommands;
use lotgraph_cache::Cache;
use lotgraph_domain::ErrorCode;
use lotgraph_graphql::limits::DocumentLimits;
use lotgraph_graphql::{Schema, Services};
use lotgraph_service::Questions;
use lotgraph_service::alerts::AlertFeed;
use lotgraph_service::as_of::History;
use lotgraph_service::recall::Recalls;
use lotgraph_service::recorder::Recorder;
pub use origin::AllowedHosts;
use places::Places;
use websocket::Sockets;
pub use who::TrustedProxies;

/// How long a connection that asks for nothing is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// How long a connection that is being closed may take for it.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// What the server serves.
#[derive(Clone)]
pub struct HttpContext {
    /// What can be asked of the ledger.
    pub questions: Questions,
    /// Records events.
    pub recorder: Recorder,
    /// Pushes alerts; closing it ends every open stream.
    pub feed: AlertFeed,
    /// The store as it was.
    pub history: History,
    /// The caches in use, for health and metrics.
    pub caches: Vec<Arc<dyn Cache>>,
    /// Sample questions for GraphiQL: `{"samples":[{"title","query","variables"}]}`, or null.
    pub samples: serde_json::Value,
    /// Renders the metrics; absent: they are off.
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
    /// Tells the metrics what is counted elsewhere, before they are rendered.
    pub counted: fn(),
}

/// How the server serves.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The longest GraphQL request, in bytes.
    pub body_bytes_max: usize,
    /// The longest body of events, in bytes.
    pub events_bytes_max: usize,
    /// Bodies that arrive or are read at once.
    pub bodies_max: usize,
    /// Bytes that all of them have together; one of the longest always has room.
    pub bodies_bytes_max: usize,
    /// Bytes a second that a body must come with, after the first seconds ([`RATE_GRACE`]).
    pub body_rate_min: u64,
    /// How long one GraphQL request may take.
    pub request_timeout: Duration,
    /// How long requests under way may still take once the server is told to stop.
    pub shutdown_timeout: Duration,
    /// How long a client may leave an answer, or 64 KiB of it, untaken.
    pub write_timeout: Duration,
    /// Worker threads; 0: one for each core.
    pub workers: usize,
    /// Connections at once; more wait for their turn.
    pub connections_max: usize,
    /// Streams open at once: WebSockets and Server-Sent Events.
    pub streams_max: usize,
    /// WebSockets open at once that have not introduced themselves.
    pub sockets_waiting_max: usize,
    /// How long a WebSocket without an operation is kept.
    pub socket_idle_timeout: Duration,
    /// Whether SIGINT and SIGTERM stop the server.
    pub handle_signals: bool,
    /// The most a GraphQL document may ask for.
    pub limits: DocumentLimits,
    /// The names under which the server may be asked.
    pub allowed_hosts: AllowedHosts,
    /// Who is believed about who asks; absent: nobody, and everybody is anonymous.
    pub trusted_proxies: Option<TrustedProxies>,
    /// What commands on this machine show to record through this server; absent: it takes nothing from them.
    pub local_commands: Option<LocalCommands>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            body_bytes_max: 1024 * 1024,
            events_bytes_max: 16 * 1024 * 1024,
            bodies_max: 100,
            bodies_bytes_max: 128 * 1024 * 1024,
            body_rate_min: 8 * 1024,
            request_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            workers: 0,
            connections_max: 1_000,
            streams_max: 500,
            sockets_waiting_max: 50,
            socket_idle_timeout: Duration::from_secs(300),
            handle_signals: true,
            limits: DocumentLimits::default(),
            allowed_hosts: AllowedHosts::local(),
            trusted_proxies: None,
            local_commands: None,
        }
    }
}

/// What handlers share.
struct State {
    context: HttpContext,
    /// Answers recall scopes, the same for GraphQL and REST.
    recalls: Recalls,
    options: HttpOptions,
    schema: Schema,
    /// Open streams: WebSockets that introduced themselves, and Server-Sent Events.
    streams: Places,
    sockets: Sockets,
    bodies: Bodies,
}

/// Binds the address and builds the server; it runs once awaited. Returns the address it really has.
///
/// # Errors
/// When the address cannot be bound.
pub fn server(context: HttpContext, options: HttpOptions) -> std::io::Result<(Server, SocketAddr)> {
    let listener = TcpListener::bind(options.listen)?;
    let address = listener.local_addr()?;
    let recalls = Recalls::new(context.questions.clone(), context.history.clone());
    let context = HttpContext { recorder: context.recorder.minding(recalls.clone()), ..context };
    let services = Services {
        questions: context.questions.clone(),
        recalls: recalls.clone(),
        recorder: context.recorder.clone(),
        feed: context.feed.clone(),
        history: context.history.clone(),
    };
    let schema = lotgraph_graphql::schema(services, options.limits);
    let streams =
        Places::new("http.streams_max", "streams are open", ErrorCode::StreamsTooMany, options.streams_max);
    let (sockets, bodies) = (Sockets::new(&options), Bodies::new(&options));
    let state = web::Data::new(State {
        context,
        recalls,
        options: options.clone(),
        schema,
        streams,
        sockets,
        bodies,
    });
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    let workers = if options.workers > 0 { options.workers } else { cores() };
    let mut builder = actix_server::Server::build()
        .max_concurrent_connections(options.connections_max.div_ceil(workers))
        .workers(workers)
        .shutdown_timeout(options.shutdown_timeout.as_secs());
    if !options.handle_signals {
        builder = builder.disable_signals();
    }
    let stopping = builder.graceful_shutdown_signal();
    let write_timeout = options.write_timeout;
    // As actix's own `HttpServer` does it, but for the connections.
    let builder = builder.listen("lotgraph", listener, move || {
        let stopping = stopping.clone();
        let app = app(state.clone()).into_factory().map_err(|error| error.error_response());
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .local_addr(address)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.phase());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            ready(Ok((Connection::new(stream, write_timeout), peer)))
        })
        .and_then(http)
    })?;
    Ok((builder.run(), address))
}

/// What answers requests.
fn app(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state)
        .wrap(Compress::default())
        .wrap(from_fn(origin::check))
        .wrap(from_fn(observe::observe))
        .wrap(from_fn(unread::follow))
        .configure(routes)
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(get("/", graphiql::root))
        .service(graphql_resource())
        .service(get("/api/v1/alerts", alerts::get))
        .service(get("/api/v1/alerts/stream", alerts::stream))
        .service(post("/api/v1/events", events::post))
        .service(get("/api/v1/trace", trace::get))
        .service(post("/api/v1/recall-scope", recall::post_scope))
        .service(get("/api/v1/recalls/{id}/{table}", recall::get_table))
        .service(get("/livez", health::live))
        .service(get("/readyz", health::ready))
        .service(get("/metrics", health::metrics))
        .service(get("/schema.graphql", health::schema))
        .service(get("/schema/events.json", health::event_schema))
        .service(get("/graphiql", graphiql::page))
        .service(get("/graphiql/", graphiql::page))
        .service(get("/graphiql/samples.json", graphiql::samples))
        .service(get("/graphiql/{file}", graphiql::file))
        .default_service(web::to(not_found));
}

/// GraphQL: requests by POST, a WebSocket by GET with its upgrade.
fn graphql_resource() -> Resource {
    let upgrades = guard::fn_guard(|context| {
        let upgrade = context.head().headers().get(UPGRADE).and_then(|value| value.to_str().ok());
        upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
    });
    web::resource("/graphql")
        .route(web::post().to(graphql::post))
        .route(web::get().guard(upgrades).to(websocket::get))
        .default_service(web::to(|| async { Err::<String, _>(Failure::method("POST")) }))
}

/// An address that is read.
fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let reads = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path)
        .route(web::route().guard(reads).to(handler))
        .default_service(web::to(|| async { Err::<String, _>(Failure::method("GET, HEAD")) }))
}

/// An address that is written to.
fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::post().to(handler))
        .default_service(web::to(|| async { Err::<String, _>(Failure::method("POST")) }))
}

async fn not_found(request: actix_web::HttpRequest) -> Result<String, Failure> {
    let message = format!("there is nothing at {}; /graphiql is the start", request.path());
    Err(Failure::new(ErrorCode::NotFound, message))
}
