//! The artefacts of a run: events, files for other tools, recordings.

use super::runs::folder;
use super::waves::{Peaks, PeaksAsked, served, waveform};
use crate::event::Events;
use crate::export::{Format, Rtp, export, recordings};
use crate::pipeline::{page, replay};
use crate::record::{Header, Kept, RunFolder, lines};
use crate::report::html::Room;
use crate::report::ladder::{Builder, page as ladder_page};
use crate::report::results::Results;
use crate::report::{Kind, render};
use crate::server::access::Looker;
use crate::server::app::{App, blocking};
use crate::server::extract::{Body as FileBody, Json, Path, Query};
use crate::server::failure::{Failure, Failures};
use crate::verdict::Status;
use crate::verdict::stored_verdict;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::io::{Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most events of one answer.
const EVENTS: usize = 5000;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(events))
        .routes(routes!(ladder))
        .routes(routes!(exported))
        .routes(routes!(recording))
        .routes(routes!(peaks))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsAsked {
    /// The number of the first.
    #[serde(default)]
    from: u64,
    /// 5000 at most.
    #[serde(default = "thousand")]
    #[param(minimum = 1, maximum = 5000)]
    limit: usize,
}

fn thousand() -> usize {
    1000
}

/// Events as docs/events.md has them.
#[derive(Serialize, ToSchema)]
struct EventList {
    #[schema(value_type = Vec<Object>)]
    events: Vec<Box<RawValue>>,
    /// The number to go on from; null: there are no more.
    next: Option<u64>,
    /// More may come: the run is going on.
    live: bool,
}

/// The events of a run, by their numbers.
#[utoipa::path(get, path = "/runs/{id}/events", tag = "runs", params(("id" = String, Path), EventsAsked),
    responses((status = 200, body = EventList), Failures))]
async fn events(
    State(app): State<Arc<App>>,
    _: Looker,
    Path(id): Path<String>,
    Query(asked): Query<EventsAsked>,
) -> Result<Json<EventList>, Failure> {
    let limit = asked.limit.clamp(1, EVENTS);
    let list = blocking(&app, move |app| {
        let folder = folder(app, &id)?;
        let Some(live) = app.jobs.live().run(&id) else {
            let unreadable = |problem| Failure::of(StatusCode::CONFLICT, &problem);
            let (events, next) = lines(&folder.events(), asked.from, limit).map_err(unreadable)?;
            return Ok(EventList { events, next, live: false });
        };
        let (mut events, mut from) = (vec![], asked.from);
        while events.len() < limit {
            let found = live.log.since(from as usize);
            let Some(last) = found.last() else { break };
            from = last.n + 1;
            events.extend(found.iter().take(limit - events.len()).filter_map(|event| {
                let raw = serde_json::value::to_raw_value(&**event).ok()?;
                Some((event.n, raw))
            }));
        }
        let next = events.last().map_or(asked.from, |(n, _)| n + 1);
        Ok(EventList { events: events.into_iter().map(|(_, raw)| raw).collect(), next: Some(next), live: true })
    });
    Ok(Json(list.await?))
}

/// The SIP messages as a drawing in text, as `telefonist ladder` prints it.
#[utoipa::path(get, path = "/runs/{id}/ladder", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), Failures))]
async fn ladder(State(app): State<Arc<App>>, _: Looker, Path(id): Path<String>) -> Result<String, Failure> {
    blocking(&app, move |app| {
        let folder = folder(app, &id)?;
        let unreadable = |problem| Failure::of(StatusCode::CONFLICT, &problem);
        let header = Header::read(&folder.events()).map_err(unreadable)?;
        let mut builder = Builder::default();
        Kept(folder.events()).each(&mut |event| builder.event(event)).map_err(unreadable)?;
        let verdict = stored_verdict(folder.path()).and_then(Result::ok);
        Ok(ladder_page(&header, verdict.as_ref(), &builder.finish(), 120, false))
    })
    .await
}

/// A run as a file for other tools: pcap, flow, sip, log, json, wav, zip; or its report: html, junit.
#[utoipa::path(get, path = "/runs/{id}/export/{format}", tag = "runs", params(("id" = String, Path), ("format" = String, Path)),
    responses((status = 200, content((FileBody = "application/vnd.tcpdump.pcap"), (String = "text/plain"), (Object = "application/json"),
        (FileBody = "audio/wav"), (FileBody = "application/zip"), (String = "text/html"), (String = "application/xml"))), Failures))]
async fn exported(
    State(app): State<Arc<App>>,
    _: Looker,
    Path((id, format)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (name, kind, file) = blocking(&app, move |app| {
        let folder = folder(app, &id)?;
        let unreadable = |problem| Failure::of(StatusCode::CONFLICT, &problem);
        let mut file = tempfile::tempfile().map_err(no_room)?;
        let (name, kind) = match format.as_str() {
            "html" => {
                let text = html(&folder).map_err(unreadable)?;
                std::io::Write::write_all(&mut file, text.as_bytes()).map_err(no_room)?;
                (format!("{id}.html"), "text/html; charset=utf-8")
            }
            "junit" => {
                let text = render(Kind::Junit, &results(&folder).map_err(unreadable)?, &mut |_| None);
                std::io::Write::write_all(&mut file, text.as_bytes()).map_err(no_room)?;
                (format!("{id}.xml"), "application/xml")
            }
            word => {
                let format: Format = word.parse().map_err(|_| Failure::missing("format", word))?;
                export(&folder, format, Rtp::Included, &mut file).map_err(unreadable)?;
                (format.file_name(&folder), content_type(format, &folder))
            }
        };
        file.seek(SeekFrom::Start(0)).map_err(no_room)?;
        Ok((name, kind, file))
    })
    .await?;
    let length = file.metadata().map(|file| file.len()).unwrap_or_default();
    let body = Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(file)));
    // an id has no quotes
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    Ok((headers, body).into_response())
}

fn no_room(error: std::io::Error) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, format!("the file can't be made: {error}"))
        .advice("see that there is room in the temporary folder")
}

fn content_type(format: Format, folder: &RunFolder) -> &'static str {
    match format {
        Format::Pcap => "application/vnd.tcpdump.pcap",
        Format::Flow | Format::Sip | Format::Log => "text/plain; charset=utf-8",
        Format::Json => "application/json",
        Format::Wav if recordings(folder).len() == 1 => "audio/wav",
        Format::Wav | Format::Zip => "application/zip",
    }
}

/// The run as the only one of a report.
fn results(folder: &RunFolder) -> Result<Results, crate::diagnostic::Diagnostic> {
    let replayed = replay(folder.path(), &mut |_, _| {})?;
    let (started, host, agent) = (replayed.header.time, replayed.header.host.clone(), replayed.header.agent.clone());
    let duration = replayed.duration;
    Ok(Results { started, duration, host, agent, tests: vec![replayed.result(folder.path())], left_out: 0 })
}

fn html(folder: &RunFolder) -> Result<String, crate::diagnostic::Diagnostic> {
    let results = results(folder)?;
    let status = results.tests.first().and_then(|test| test.last()).map_or(Status::Error, |last| last.verdict.status);
    let fragment = page(folder.path(), status, &Arc::new(Room::default()))?;
    Ok(render(Kind::Html, &results, &mut |_| Some(fragment.clone())))
}

/// A recording of a run; a plain name.
fn sound(app: &App, id: &str, file: &str) -> Result<PathBuf, Failure> {
    let found =
        recordings(&folder(app, id)?).into_iter().find(|path| path.file_name().is_some_and(|name| name == file));
    found.ok_or_else(|| Failure::missing("recording", file))
}

/// A recording, whole or in part (Range).
#[utoipa::path(get, path = "/runs/{id}/recordings/{file}", tag = "runs", params(("id" = String, Path), ("file" = String, Path)),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>), (status = 206, content_type = "audio/wav", body = Vec<u8>), (status = 416, description = "There is no such part"), (status = 304, description = "It has not changed"), (status = 412, description = "It has changed"), Failures))]
async fn recording(
    State(app): State<Arc<App>>,
    _: Looker,
    Path((id, file)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Failure> {
    let path = blocking(&app, move |app| sound(app, &id, &file)).await?;
    Ok(served(&path, request).await)
}

/// The loudness of a recording over time, for drawing it.
#[utoipa::path(get, path = "/runs/{id}/recordings/{file}/peaks", tag = "runs",
    params(("id" = String, Path), ("file" = String, Path), PeaksAsked), responses((status = 200, body = Peaks), Failures))]
async fn peaks(
    State(app): State<Arc<App>>,
    _: Looker,
    Path((id, file)): Path<(String, String)>,
    Query(asked): Query<PeaksAsked>,
) -> Result<Json<Peaks>, Failure> {
    blocking(&app, move |app| waveform(&sound(app, &id, &file)?, &asked)).await.map(Json)
}
