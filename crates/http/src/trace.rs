//! `GET /api/v1/trace`: a whole trace as JSON, NDJSON or CSV, written in chunks.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures::stream;

use super::State;
use super::arguments::Arguments;
use super::failure::Failure;
use super::who;
use lotgraph_domain::{Entry, LotId, Timestamp};
use lotgraph_genealogy::{Direction, TimeRule};
use lotgraph_service::as_of::Point;
use lotgraph_service::render::{Sheet, Table};
use lotgraph_service::trace::{TraceAnswer, TraceQuestion};

/// About how many bytes are written at once.
const CHUNK_BYTES: usize = 64 * 1024;
const KNOWN: &[&str] = &[
    "lot",
    "direction",
    "maxDepth",
    "respectTime",
    "since",
    "until",
    "format",
    "table",
    "skipCache",
    "asOf",
];

/// Answers a trace question.
pub async fn get(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Failure> {
    let caller = who::caller(&request, &state, Entry::Rest)?;
    let mut arguments = Arguments::read(request.query_string(), KNOWN)?;
    let question = question(&mut arguments)?;
    let sheet = sheet(&mut arguments)?;
    let questions = match as_of(&mut arguments)? {
        None => state.context.questions.clone(),
        Some(point) => state.context.history.at(&caller, point).await?.questions,
    };
    let answer = questions.tracer.trace(&caller, question).await?;
    let mut response = HttpResponse::Ok();
    response.content_type(sheet.content_type());
    if matches!(sheet, Sheet::Csv(_)) {
        response.insert_header(("content-disposition", "attachment; filename=\"trace.csv\""));
    }
    Ok(response.streaming(chunks(answer, sheet)))
}

fn question(arguments: &mut Arguments) -> Result<TraceQuestion, Failure> {
    let lots = arguments
        .all("lot")
        .into_iter()
        .map(|id| LotId::parse(&id).map_err(|error| Failure::text("lot", &error)));
    let lots = lots.collect::<Result<_, _>>()?;
    let direction = match arguments.one("direction")?.map(|text| text.to_ascii_lowercase()).as_deref() {
        Some("forward") => Direction::Forward,
        Some("backward") => Direction::Backward,
        Some(other) => {
            return Err(Failure::argument(
                "direction",
                format!("must be forward or backward, not {other:?}"),
            ));
        }
        None => {
            return Err(Failure::argument(
                "direction",
                "is missing; add direction=forward or direction=backward",
            ));
        }
    };
    let max_depth = arguments.one("maxDepth")?.map(|text| match text.parse() {
        Ok(depth) if depth > 0 => Ok(depth),
        _ => Err(Failure::argument("maxDepth", format!("must be a whole number above zero, not {text:?}"))),
    });
    let rule = TimeRule {
        respect_time: arguments.flag("respectTime")?.unwrap_or(true),
        since: time(arguments, "since")?,
        until: time(arguments, "until")?,
    };
    let skip_cache = arguments.flag("skipCache")?.unwrap_or(false);
    Ok(TraceQuestion { lots, direction, max_depth: max_depth.transpose()?, rule, skip_cache, at: None })
}

fn time(arguments: &mut Arguments, name: &str) -> Result<Option<Timestamp>, Failure> {
    let text = arguments.one(name)?;
    text.map(|text| {
        // A plus sign that was not escaped arrives as a space.
        let text = text.replace(' ', "+");
        Timestamp::parse(&text)
            .map_err(|error| Failure::new(error.code(), format!("{name} {text:?} {error}")))
    })
    .transpose()
}

/// A revision, or a date and time.
fn as_of(arguments: &mut Arguments) -> Result<Option<Point>, Failure> {
    let text = arguments.one("asOf")?;
    let point = |text: String| {
        // A plus sign that was not escaped arrives as a space.
        let point = Point::parse(&text.replace(' ', "+"));
        point.map_err(|error| Failure::new(error.code, format!("asOf {}", error.message)))
    };
    text.map(point).transpose()
}

fn sheet(arguments: &mut Arguments) -> Result<Sheet, Failure> {
    let table = match arguments.one("table")?.as_deref() {
        None | Some("lots") => Table::Lots,
        Some("operations") => Table::Operations,
        Some("links") => Table::Links,
        Some(other) => {
            return Err(Failure::argument(
                "table",
                format!("must be lots, operations or links, not {other:?}"),
            ));
        }
    };
    match arguments.one("format")?.as_deref() {
        None | Some("json") => Ok(Sheet::Json),
        Some("ndjson") => Ok(Sheet::Ndjson),
        Some("csv") => Ok(Sheet::Csv(table)),
        Some(other) => {
            Err(Failure::argument("format", format!("must be json, ndjson or csv, not {other:?}")))
        }
    }
}

/// The answer in a format, a chunk at a time: the text of a large trace is never in memory as a whole.
fn chunks(
    answer: Arc<TraceAnswer>,
    sheet: Sheet,
) -> impl stream::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    stream::unfold(0, move |from| {
        let answer = answer.clone();
        async move {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES + 1024);
            let mut piece = from;
            while chunk.len() < CHUNK_BYTES && sheet.write(&answer, piece, &mut chunk) {
                piece += 1;
            }
            // Other requests of this worker get their turn between chunks.
            tokio::task::yield_now().await;
            (piece > from).then(|| (Ok(Bytes::from(chunk)), piece))
        }
    })
}
