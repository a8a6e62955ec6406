//! Waiting for a time: `sleep`, and `news`, which an event ends earlier.

use super::waiting::note_waiting;
use crate::engine::language::duration::Millis;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use crate::event::{Body, Concern, Event, Time, Wake};
use rhai::{Dynamic, Module, NativeCallContext};
use std::sync::Arc;

/// A wait with a duration.
struct Timed {
    run: Arc<ScriptRun>,
    site: Site,
    /// The end of the wait, and the end of the script's time.
    deadline: Time,
    end_of_time: Time,
}

impl Timed {
    /// `what`: describes the wait.
    fn begin(context: &NativeCallContext, what: &str, time: &Dynamic) -> Fallible<Timed> {
        let run = ScriptRun::from_call(context)?;
        let site = Site::of_call(context);
        run.may_act(&site)?;
        let time = Millis::from_script(time).map_err(wrong)?;
        let deadline = run.log().now() + time;
        let end_of_time = run.declare_wait(&site, time);
        note_waiting(&run, what.into(), time, &site);
        Ok(Timed { run, site, deadline, end_of_time })
    }
}

/// `sleep(2s)`.
fn sleep(context: NativeCallContext, time: Dynamic) -> Fallible<()> {
    let Timed { run, site, deadline, end_of_time } = Timed::begin(&context, "sleep", &time)?;
    let until = deadline.min(end_of_time);
    loop {
        let next = run.keep_up();
        run.throw_loss(&site)?;
        match run.log().wait_for(next, until, &Concern::nothing()) {
            Wake::Stopped(_) => return Err(run.stopped(&site)),
            // events may come without end
            Wake::New if run.log().now() < until => {}
            _ if end_of_time < deadline => return Err(run.end(run.too_long(), &site)),
            _ => {
                run.wait_is_over();
                return Ok(());
            }
        }
    }
}

/// `news(seen, 5s)`: waits until the log has an agent's event or a SIP message beyond its first `seen` entries. Returns
/// the new number of entries, or `seen` if none comes in time.
fn news(context: NativeCallContext, seen: i64, time: Dynamic) -> Fallible<i64> {
    let mut next = usize::try_from(seen).map_err(|_| wrong("a number of events can't be negative"))?;
    let Timed { run, site, deadline, end_of_time } = Timed::begin(&context, "an event of any agent", &time)?;
    // not commands, answers, notes and log lines: the script causes these itself
    let is_news = |event: &Event| matches!(event.body, Body::Event(_) | Body::Sip(_));
    let concern = Concern::of(is_news);
    loop {
        let wake = run.log().wait_for(next, deadline.min(end_of_time), &concern);
        match wake {
            Wake::Stopped(_) => return Err(run.stopped(&site)),
            Wake::Timeout if end_of_time < deadline => return Err(run.end(run.too_long(), &site)),
            Wake::Timeout | Wake::New => {
                run.throw_loss(&site)?;
                let events = run.log().since(next);
                let news = events.iter().any(|event| is_news(event));
                next = events.last().map_or(next, |event| event.n as usize + 1);
                run.marks().know(next);
                if news {
                    return Ok(next as i64);
                }
                if wake == Wake::Timeout {
                    return Ok(seen);
                }
            }
        }
    }
}

pub fn register_into(module: &mut Module) {
    register(module, "news", |context: NativeCallContext| -> Fallible<i64> {
        Ok(ScriptRun::from_call(&context)?.log().len() as i64)
    });
    register(module, "news", news);
    // Rhai has its own `sleep`, for numbers of seconds, which nothing can interrupt
    register(module, "sleep", |context: NativeCallContext, time: i64| sleep(context, time.into()));
    register(module, "sleep", |context: NativeCallContext, time: f64| sleep(context, time.into()));
    register(module, "sleep", sleep);
}
