//! Exports of recalls: `POST /api/v1/recall-scope` for a scope that nobody opened, `GET /api/v1/recalls/{id}/{table}` for
//! one that is under way.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures::stream;

use super::State;
use super::arguments::Arguments;
use super::body::{self, Body};
use super::failure::Failure;
use super::who;
use lotgraph_domain::{Entry, ErrorCode, EventId, MaterialCode, PartyCode};
use lotgraph_format as format;
use lotgraph_genealogy::scope::Whereabouts;
use lotgraph_service::ServiceError;
use lotgraph_service::query::LotFilter;
use lotgraph_service::recall::{Export, ExportFormat, ExportQuestion, ExportTable, ScopeFilter, place_name};

const FILTERS: [&str; 4] = ["format", "customer", "whereabouts", "material"];

/// Answers a scope given as JSON.
pub async fn post_scope(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Failure> {
    let caller = who::caller(&request, &state, Entry::Rest)?;
    let [format, customer, whereabouts, material] = FILTERS;
    let known = [format, customer, whereabouts, material, "table"];
    let mut arguments = Arguments::read(request.query_string(), &known)?;
    let table = match arguments.one("table")? {
        None => ExportTable::Lots,
        Some(name) => table(&name)?,
    };
    let question = question(&mut arguments, table)?;
    body::media_type(&request, &["application/json"])?;
    let body = state.bodies.read(&request, payload, state.options.body_bytes_max).await?;
    let Body { bytes, place } = body;
    let value = body::aside(move || body::json(&bytes)).await??;
    let scope = format::recall::parse_scope(&value).map_err(ServiceError::of_problems)?;
    drop(place);
    let answer = state.recalls.scope(&caller, &scope, None).await?;
    Ok(send(state.recalls.export(&caller, &answer, &question).await?))
}

/// Answers a recall's scope, as it was frozen or as it is now.
pub async fn get_table(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    state: web::Data<State>,
) -> Result<HttpResponse, Failure> {
    let caller = who::caller(&request, &state, Entry::Rest)?;
    let (id, name) = path.into_inner();
    let [format, customer, whereabouts, material] = FILTERS;
    let known = [format, customer, whereabouts, material, "state"];
    let mut arguments = Arguments::read(request.query_string(), &known)?;
    let frozen = match arguments.one("state")?.as_deref() {
        None | Some("frozen") => true,
        Some("current") => false,
        Some(other) => {
            return Err(Failure::argument("state", format!("must be frozen or current, not {other:?}")));
        }
    };
    let id = EventId::parse(&id).map_err(|error| Failure::text("the recall's id", &error))?;
    let mut question = question(&mut arguments, table(&name)?)?;
    let recall = state.recalls.must_find(&caller, &id).await.map_err(not_there)?;
    question.recall = Some(id);
    let answer = match frozen {
        true => state.recalls.frozen(&caller, &recall).await?,
        false => state.recalls.current(&caller, &recall).await?.ok_or_else(|| {
            let message = "the causes of this recall select nothing any more; ask for state=frozen";
            Failure::new(ErrorCode::RecallNothing, message)
        })?,
    };
    Ok(send(state.recalls.export(&caller, &answer, &question).await?))
}

/// An address that names no recall is not there.
fn not_there(error: ServiceError) -> Failure {
    match error.code {
        ErrorCode::RecallUnknown => Failure::new(ErrorCode::NotFound, error.message),
        _ => error.into(),
    }
}

fn table(name: &str) -> Result<ExportTable, Failure> {
    ExportTable::ALL.iter().copied().find(|table| table.name() == name).ok_or_else(|| {
        Failure::argument("table", format!("must be lots, shipments or customers, not {name:?}"))
    })
}

fn question(arguments: &mut Arguments, table: ExportTable) -> Result<ExportQuestion, Failure> {
    let format = match arguments.one("format")?.as_deref() {
        None | Some("json") => ExportFormat::Json,
        Some("csv") => ExportFormat::Csv,
        Some(other) => {
            return Err(Failure::argument("format", format!("must be json or csv, not {other:?}")));
        }
    };
    let customer = arguments.one("customer")?;
    let customer = customer.map(|code| PartyCode::parse(&code)).transpose();
    let customer = customer.map_err(|error| Failure::text("customer", &error))?;
    let places =
        arguments.all("whereabouts").iter().map(|name| place(name)).collect::<Result<Vec<_>, _>>()?;
    let materials = arguments.all("material");
    let materials = materials.iter().map(|code| MaterialCode::parse(code)).collect::<Result<Vec<_>, _>>();
    let materials = materials.map_err(|error| Failure::text("material", &error))?;
    let lots = LotFilter { materials: Some(materials).filter(|all| !all.is_empty()), ..LotFilter::default() };
    let filter = ScopeFilter { places: Some(places).filter(|all| !all.is_empty()), customer, lots };
    Ok(ExportQuestion { table, format, filter, recall: None })
}

fn place(name: &str) -> Result<Whereabouts, Failure> {
    Whereabouts::ALL.iter().copied().find(|place| place_name(*place) == name).ok_or_else(|| {
        let names: Vec<&str> = Whereabouts::ALL.iter().copied().map(place_name).collect();
        Failure::argument("whereabouts", format!("must be one of {}, not {name:?}", names.join(", ")))
    })
}

/// Sends an export piece by piece.
fn send(export: Export) -> HttpResponse {
    let disposition = format!("attachment; filename=\"{}\"", export.file_name);
    let pieces = export.pieces.into_iter().map(|piece| Ok::<_, std::convert::Infallible>(Bytes::from(piece)));
    HttpResponse::Ok()
        .content_type(export.content_type)
        .insert_header((CONTENT_DISPOSITION, disposition))
        .streaming(stream::iter(pieces))
}
