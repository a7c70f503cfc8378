//! The JSON error body: `{"error":{"code","message","remedy","requestId"}}`, with codes of the one public table.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use lotgraph_domain::ErrorCode;
use lotgraph_domain::identifier::TextError;
use lotgraph_format::json::JsonError;
use lotgraph_service::ServiceError;
use lotgraph_service::query::StoreError;

/// After how many seconds a client should try again while the store is away.
pub const RETRY_AFTER_SECONDS: u64 = 5;

tokio::task_local! {
    /// The id of the request being answered.
    pub(super) static REQUEST_ID: String;
}

/// A request that failed, as the client sees it.
#[derive(Debug)]
pub struct Failure {
    code: ErrorCode,
    message: String,
    /// For METHOD_NOT_ALLOWED: the methods that are.
    allow: Option<&'static str>,
    /// What else the body says, beside `error`.
    more: Option<Value>,
}

impl Failure {
    /// A failure with a code and words.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), allow: None, more: None }
    }

    /// A request that met a limit, by the name of its setting: it is counted, and written to the log.
    pub fn limit(name: &'static str, code: ErrorCode, message: impl Into<String>) -> Self {
        let failure = Self::new(code, message);
        limit_met(name, &failure.message);
        failure
    }

    /// A failure whose body says more: the fields of an object, beside `error`.
    pub fn with(self, more: Value) -> Self {
        Self { more: Some(more), ..self }
    }

    /// A body that cannot be read, and where.
    pub fn json(error: JsonError) -> Self {
        let JsonError { line, column, problem } = error;
        Self::new(problem.code, format!("{} at line {line} column {column}", problem.message))
    }

    /// The method is not among those that the address has.
    pub fn method(allow: &'static str) -> Self {
        let message = format!("this address answers to {allow}");
        Self { allow: Some(allow), ..Self::new(ErrorCode::MethodNotAllowed, message) }
    }

    /// An argument that cannot be read.
    pub fn argument(name: &str, why: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::ArgumentInvalid, format!("{name} {why}"))
    }

    /// An identifier that cannot be one.
    pub fn text(name: &str, error: &TextError) -> Self {
        Self::new(error.code(), format!("{name} {error}"))
    }
}

/// Reports that a limit was met, by the name of its setting.
pub(super) fn limit_met(name: &'static str, message: &str) {
    metrics::counter!("lotgraph_http_limits_met_total", "limit" => name).increment(1);
    tracing::warn!(limit = name, "{message}");
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        if error.code.is_fault() {
            tracing::error!(code = error.code.name(), error = ?error, "a request failed");
        }
        Self::new(error.code, error.message)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut error = json!({
            "code": self.code.name(),
            "message": self.message,
            "remedy": self.code.remedy(),
        });
        if let Ok(id) = REQUEST_ID.try_with(Clone::clone) {
            error["requestId"] = id.into();
        }
        let mut body = self.more.clone().unwrap_or_else(|| json!({}));
        body["error"] = error;
        let mut response = HttpResponse::build(self.status_code());
        if let Some(allow) = self.allow {
            response.insert_header((ALLOW, allow));
        }
        if self.status_code() == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        response.json(body)
    }
}
