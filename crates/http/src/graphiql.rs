//! GraphiQL from assets in the binary, and the sample questions it shows.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::RustEmbed;
use serde_json::json;

use super::State;
use super::failure::Failure;
use lotgraph_domain::ErrorCode;

/// The bundle that web/graphiql/build.mjs makes.
#[derive(RustEmbed)]
#[folder = "../../web/graphiql/dist/"]
struct Assets;

/// Nothing from elsewhere: no script but our own files, workers included; the editor sets styles from its script.
const POLICY: &str = "default-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
                      font-src 'self' data:; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; \
                      form-action 'none'";

/// `GET /`: leads to GraphiQL.
pub async fn root() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "/graphiql")).finish()
}

/// `GET /graphiql`: the page.
pub async fn page(request: HttpRequest) -> Result<HttpResponse, Failure> {
    asset(&request, "index.html")
}

/// `GET /graphiql/{file}`: one of its files.
pub async fn file(request: HttpRequest, file: web::Path<String>) -> Result<HttpResponse, Failure> {
    asset(&request, &file)
}

/// `GET /graphiql/samples.json`: questions with ids that exist in this store.
pub async fn samples(state: web::Data<State>) -> HttpResponse {
    let samples = match &state.context.samples {
        serde_json::Value::Null => json!({ "samples": [] }),
        samples => samples.clone(),
    };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(samples)
}

fn asset(request: &HttpRequest, name: &str) -> Result<HttpResponse, Failure> {
    let Some(asset) = Assets::get(name) else {
        return Err(Failure::new(ErrorCode::NotFound, format!("GraphiQL has no file {name:?}")));
    };
    let hash = asset.metadata.sha256_hash();
    let hash: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    // Weak: the same file is sent plain or compressed.
    let tag = format!("W/\"{hash}\"");
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    // The name of a chunk holds its hash; everything else is asked for again, and answered by its tag.
    let lasting = name.starts_with("chunk-");
    let caching = if lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, caching));
    response.insert_header((CONTENT_SECURITY_POLICY, POLICY)).content_type(content_type(name));
    Ok(response.body(asset.data.into_owned()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}
