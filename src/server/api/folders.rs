//! Validation scripts and sounds: files below the data directory.

use super::waves::{Peaks, PeaksAsked, served, waveform};
use crate::event::Time;
use crate::pipeline::{BUILT_IN_SOUNDS, sound_folders};
use crate::server::access::{Reader, Writer};
use crate::server::app::{App, blocking};
use crate::server::extract::{Body, Json, Path, Query, Upload, unkept};
use crate::server::failure::{Failure, Failures};
use crate::server::files::Folder;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hound::{SampleFormat, WavReader};
use serde::Serialize;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::PathBuf;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest script, in bytes: that of `validation`.
const SCRIPT: usize = 256 * 1024;
/// The largest sound, in bytes.
const SOUND: usize = 20 * 1024 * 1024;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    let one_script = OpenApiRouter::new().routes(routes!(script, put_script, delete_script));
    OpenApiRouter::new()
        .routes(routes!(scripts))
        .routes(routes!(sounds))
        .routes(routes!(sound, put_sound, delete_sound))
        .routes(routes!(sound_peaks))
        .merge(one_script.layer(DefaultBodyLimit::max(SCRIPT)))
}

fn scripts_of(app: &App) -> Folder {
    let path = app.workplace.data_dir().join("scripts");
    Folder { path, what: "validation script", endings: &[".rhai", ".js"] }
}

fn sounds_of(app: &App) -> Folder {
    Folder { path: app.workplace.data_dir().join("sounds"), what: "sound", endings: &[".wav"] }
}

#[derive(Serialize, ToSchema)]
struct Scripts {
    scripts: Vec<ScriptFile>,
}

#[derive(Serialize, ToSchema)]
struct ScriptFile {
    name: String,
    /// Bytes.
    size: u64,
    /// Milliseconds since the epoch.
    #[schema(value_type = f64)]
    changed: Time,
}

/// The validation scripts.
#[utoipa::path(get, path = "/scripts", tag = "files", responses((status = 200, body = Scripts), Failures))]
async fn scripts(State(app): State<Arc<App>>, _: Reader) -> Result<Json<Scripts>, Failure> {
    let all = blocking(&app, |app| scripts_of(app).list()).await?.into_iter();
    let scripts = all.map(|entry| ScriptFile { name: entry.name, size: entry.size, changed: entry.changed });
    Ok(Json(Scripts { scripts: scripts.collect() }))
}

#[utoipa::path(get, path = "/scripts/{name}", tag = "files", params(("name" = String, Path)), responses((status = 200, body = String, content_type = "text/plain"), Failures))]
async fn script(State(app): State<Arc<App>>, _: Reader, Path(name): Path<String>) -> Result<Response, Failure> {
    let text = blocking(&app, move |app| scripts_of(app).read(&name)).await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// Keeps a validation script; its name ends in `.rhai` or `.js`.
#[utoipa::path(put, path = "/scripts/{name}", tag = "files", params(("name" = String, Path)),
    request_body(content = String, content_type = "text/plain"), responses((status = 204), Failures))]
async fn put_script(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(name): Path<String>,
    Body(text): Body,
) -> Result<StatusCode, Failure> {
    if std::str::from_utf8(&text).is_err() {
        return Err(Failure::bad("the script is not UTF-8").advice("save it with the encoding UTF-8"));
    }
    blocking(&app, move |app| scripts_of(app).write(&name, &*text)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(delete, path = "/scripts/{name}", tag = "files", params(("name" = String, Path)), responses((status = 204), Failures))]
async fn delete_script(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| scripts_of(app).delete(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct Sounds {
    sounds: Vec<Sound>,
}

#[derive(Serialize, ToSchema)]
struct Sound {
    name: String,
    /// Bytes.
    size: u64,
    /// None where the file is no WAV that can be read.
    seconds: Option<f64>,
    /// The program has it; one of the same name takes its place.
    built_in: bool,
}

/// The sounds that agents may send: those in the data directory, and those that the program has.
#[utoipa::path(get, path = "/sounds", tag = "files", responses((status = 200, body = Sounds), Failures))]
async fn sounds(State(app): State<Arc<App>>, _: Reader) -> Result<Json<Sounds>, Failure> {
    let sounds = blocking(&app, |app| {
        let folder = sounds_of(app);
        let own = |entry: crate::server::files::Entry| Sound {
            seconds: seconds_of(&folder.path.join(&entry.name)),
            name: entry.name,
            size: entry.size,
            built_in: false,
        };
        let mut all: Vec<Sound> = folder.list()?.into_iter().map(own).collect();
        for (name, bytes) in BUILT_IN_SOUNDS {
            if all.iter().all(|own| own.name != name) {
                let (size, seconds) = (bytes.len() as u64, seconds(bytes));
                all.push(Sound { name: name.into(), size, seconds, built_in: true });
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    });
    Ok(Json(Sounds { sounds: sounds.await? }))
}

/// Where a sound is: in the data directory, or where the program puts those that it has for its agents.
fn sound_file(app: &App, name: &str) -> Result<PathBuf, Failure> {
    let own = sounds_of(app).existing(name);
    if own.is_ok() || BUILT_IN_SOUNDS.iter().all(|(built_in, _)| *built_in != name) {
        return own;
    }
    app.workplace.prepare().map_err(|problem| Failure::of(StatusCode::SERVICE_UNAVAILABLE, &problem))?;
    // not in the folder of the user's own: that one was looked at
    let folders = sound_folders(app.workplace.data_dir()).into_iter().skip(1);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file()).map_or(own, Ok)
}

/// A sound, whole or in part (Range).
#[utoipa::path(get, path = "/sounds/{name}", tag = "files", params(("name" = String, Path)),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>), (status = 206, content_type = "audio/wav", body = Vec<u8>), (status = 416, description = "There is no such part"), (status = 304, description = "It has not changed"), (status = 412, description = "It has changed"), Failures))]
async fn sound(
    State(app): State<Arc<App>>,
    _: Reader,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let path = blocking(&app, move |app| sound_file(app, &name)).await?;
    Ok(served(&path, request).await)
}

/// The loudness of a sound over time, for drawing it.
#[utoipa::path(get, path = "/sounds/{name}/peaks", tag = "files",
    params(("name" = String, Path), PeaksAsked), responses((status = 200, body = Peaks), Failures))]
async fn sound_peaks(
    State(app): State<Arc<App>>,
    _: Reader,
    Path(name): Path<String>,
    Query(asked): Query<PeaksAsked>,
) -> Result<Json<Peaks>, Failure> {
    blocking(&app, move |app| waveform(&sound_file(app, &name)?, &asked)).await.map(Json)
}

/// How long a WAV file is; none where it is none that can be read.
pub fn seconds_of(path: &std::path::Path) -> Option<f64> {
    seconds(std::io::BufReader::new(File::open(path).ok()?))
}

fn seconds(wav: impl Read) -> Option<f64> {
    let wav = WavReader::new(wav).ok()?;
    Some(f64::from(wav.duration()) / f64::from(wav.spec().sample_rate.max(1)))
}

/// Keeps a sound: a WAV file with 16-bit samples, of at most 20 MiB; its name ends in `.wav`.
#[utoipa::path(put, path = "/sounds/{name}", tag = "files", params(("name" = String, Path)),
    request_body(content = Body, content_type = "audio/wav"), responses((status = 204), Failures))]
async fn put_sound(
    State(app): State<Arc<App>>,
    _: Writer,
    Path(name): Path<String>,
    Upload(mut wav): Upload<SOUND>,
) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| {
        // its name first: that is said sooner
        let folder = sounds_of(app);
        folder.file(&name)?;
        is_playable(BufReader::new(&wav))?;
        wav.rewind().map_err(unkept)?;
        folder.write(&name, wav)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn is_playable(wav: impl Read) -> Result<(), Failure> {
    let wrong = |why: String| {
        Failure::bad(format!("this is no WAV file that an agent could send: {why}"))
            .advice("make one: ffmpeg -i sound.mp3 -ar 8000 -ac 1 -c:a pcm_s16le sound.wav")
    };
    let mut reader = WavReader::new(wav).map_err(|error| wrong(error.to_string()))?;
    let spec = reader.spec();
    if spec.sample_format != SampleFormat::Int || spec.bits_per_sample != 16 {
        return Err(wrong(format!("its samples have {} bits, not 16", spec.bits_per_sample)));
    }
    if !(1..=2).contains(&spec.channels) || !(8000..=48_000).contains(&spec.sample_rate) {
        let why = format!(
            "it has {} channels at {} Hz; 1 or 2 at 8000 to 48000 Hz can be sent",
            spec.channels, spec.sample_rate
        );
        return Err(wrong(why));
    }
    match reader.samples::<i16>().find_map(Result::err) {
        _ if reader.duration() == 0 => Err(wrong("there is no sound in it".into())),
        Some(error) => Err(wrong(error.to_string())),
        None => Ok(()),
    }
}

/// Deletes a sound; those that the program has stay.
#[utoipa::path(delete, path = "/sounds/{name}", tag = "files", params(("name" = String, Path)), responses((status = 204), Failures))]
async fn delete_sound(State(app): State<Arc<App>>, _: Writer, Path(name): Path<String>) -> Result<StatusCode, Failure> {
    blocking(&app, move |app| sounds_of(app).delete(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
